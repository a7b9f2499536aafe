"""Tables, charts and cards of the public page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.transparency.queries import MonthTable, Release
from openbeat.web.forecast_words import NAMES, days
from openbeat.web.rights import deed_name, who_may
from openbeat.web.ui.bits import Badge, Suppressed
from openbeat.web.ui.charts import Basis, ColumnChart, Series
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table

REACHES = {
    "post": gettext_lazy("their own post"),
    "agency": gettext_lazy("their agency"),
    "reach": gettext_lazy("their agency and those below it"),
}


def rights_table(rights: Sequence[tuple[str, Sequence[str], str, bool, bool]]) -> Table:
    """Who may do what: the very table by which the service decides."""
    columns = [
        Column("deed", _("Deed")),
        Column("roles", _("Who")),
        Column("reach", _("For things of")),
        Column("conditions", _("And only")),
    ]
    rows = []
    for deed, roles, reach, reason, second in rights:
        conditions = [_("with a reason and a legal basis")] if reason else []
        conditions += [_("by someone other than its author")] if second else []
        rows.append(
            Row([deed_name(deed), who_may(roles), REACHES[reach], "; ".join(conditions) or _("no other condition")])
        )
    return Table(_("Who may do what"), columns, rows, dense=True)


def counts_chart(tables: Sequence[MonthTable]) -> ColumnChart:
    """All incidents by month."""
    totals = [table.total for table in tables]
    most = max(tables, key=lambda table: table.total)
    finding = _("Most incidents were recorded in %(month)s: %(count)s")
    return ColumnChart(
        finding=finding % {"month": f"{most.month:%Y-%m}", "count": number(most.total, 0)},
        what=_("Recorded incidents by month"),
        unit=_("incidents"),
        labels=[f"{table.month:%Y-%m}" for table in tables],
        series=(Series(_("Incidents"), [float(total) for total in totals]),),
        label_name=_("Month"),
        basis=Basis(
            source=_("the agency's records"),
            period=f"{tables[0].month:%Y-%m} – {tables[-1].month:%Y-%m}",
            n=sum(totals),
        ),
    )


def _counted(count: int | None, threshold: int) -> object:
    return Suppressed(threshold) if count is None else count


def area_table(table: MonthTable, names: Mapping[str, str]) -> Table:
    """One month by area."""
    columns = [Column("area", _("Area")), Column("n", _("Incidents"), kind="number")]
    rows = [Row([names.get(code, code), _counted(count, table.release.threshold)]) for code, count in table.areas]
    foot = [_("All"), table.total]
    caption = _("Incidents by area, %(month)s") % {"month": f"{table.month:%Y-%m}"}
    return Table(caption, columns, rows, dense=True, tall=True, stacks=False, foot=foot)


def class_table(table: MonthTable) -> Table:
    """One month by offence."""
    columns = [Column("offence", _("Offence")), Column("n", _("Incidents"), kind="number")]
    rows = [Row([name, _counted(count, table.release.threshold)]) for name, count in table.classes]
    caption = _("Incidents by offence, %(month)s") % {"month": f"{table.month:%Y-%m}"}
    return Table(caption, columns, rows, dense=True, tall=True, stacks=False, foot=[_("All"), table.total])


def forecast_cards(release: Release) -> Table:
    """Forecasts that were used, with how well each did in its own back-test against the plain count."""
    columns = [
        Column("title", _("Offences and days")),
        Column("state", _("State")),
        Column("hit", _("Caught in 5 % of the area, %"), kind="number"),
        Column("count", _("Plain count, %"), kind="number"),
        Column("tests", _("Tests"), kind="number"),
        Column("data", _("Learned from"), kind="number"),
    ]
    rows = [Row(_card(card)) for card in release.forecasts]
    empty = Empty(
        _("No forecast was in use"), _("A forecast is listed here once an analyst has approved it."), "trending-up"
    )
    return Table(_("Forecasts that were used"), columns, rows, empty=empty, dense=True)


def _card(card: Mapping[str, Any]) -> list[object]:
    offered = card["state"] == "offered"
    badge = Badge(_("Offered"), "good") if offered else Badge(_("Withdrawn"), "neutral")
    method = NAMES.get(card["estimator"], card["estimator"])
    words = f"{', '.join(card['classes'])} · {days(*map(date.fromisoformat, card['period']))} · {method}"
    scores = card["scores"]
    hit, count = (_hit(scores.get(name)) for name in (card["estimator"], "count3y"))
    return [words, badge, hit, count, card["tests"], card["data"]["incidents"]]


def _hit(scores: Mapping[str, Any] | None) -> str | None:
    score = (scores or {}).get("hit_rate@0.05")
    if not score or score["value"] is None:
        return None
    return f"{100 * score['value']:.1f} ({100 * score['low']:.1f}–{100 * score['high']:.1f})"
