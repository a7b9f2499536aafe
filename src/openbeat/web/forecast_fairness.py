"""The fairness card of a forecast: by groups of areas, with less reporting, and over a simulated year."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.forecast.fairness import BY_REPORTS
from openbeat.forecast.queries import Run
from openbeat.web.ui.tables import Column, Row, Table

FIFTHS = {
    "lowest fifth": gettext_lazy("lowest fifth"),
    "second fifth": gettext_lazy("second fifth"),
    "third fifth": gettext_lazy("third fifth"),
    "fourth fifth": gettext_lazy("fourth fifth"),
    "highest fifth": gettext_lazy("highest fifth"),
}


def fairness_card(run: Run) -> dict[str, Any] | None:
    """Tables and sentences; None for a run from before the card."""
    if run.fairness is None:
        return None
    return {
        "tables": [_table(one) for one in run.fairness["groupings"]],
        "less_reporting": _less_reporting(run.fairness["less_reporting"]),
        "feedback": _feedback(run.fairness["feedback"]),
        "holds": not run.fairness["feedback"]["runs_away"],
        "brought": len(run.fairness["groupings"]) > 1,
    }


def _table(grouping: dict[str, Any]) -> Table:
    """A row for each group of areas; per cent, except the ratio."""
    people = any(one["chosen_km2_per_100k"] is not None for one in grouping["groups"])
    columns = [
        Column("group", _("Areas")),
        Column("area", _("Share of the ground, %"), kind="number", digits=1),
        Column("reported", _("of incidents reported, %"), kind="number", digits=1),
        Column("expected", _("of incidents expected, %"), kind="number", digits=1),
        Column("chosen", _("of the ground chosen, %"), kind="number", digits=1),
        Column("ratio", _("Chosen to reported"), kind="number", digits=2, hint=_("1 is even; above 1, more is asked")),
        Column("hits", _("Incidents caught, %"), kind="number", digits=1),
    ]
    if people:
        columns.append(Column("people", _("Chosen km² for 100,000 residents"), kind="number", digits=2))
    rows = [Row(_cells(one, people=people)) for one in grouping["groups"]]
    by_reports = grouping["name"] == BY_REPORTS
    caption = _("By incidents reported for each km²") if by_reports else grouping["name"]
    return Table(caption, columns, rows, QueryDict(), dense=True, note=grouping["source"], stacks=False)


def _cells(one: dict[str, Any], *, people: bool) -> list[object]:
    parts = ("area_share", "reported_share", "expected_share", "chosen_share")
    cells = [FIFTHS.get(one["group"], one["group"]), *(_percent(one[part]) for part in parts), one["ratio"]]
    return [*cells, _percent(one["hit_rate"]), *([one["chosen_km2_per_100k"]] if people else [])]


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _less_reporting(found: dict[str, Any]) -> str:
    words = _(
        "If the areas that report most reported only %(kept)s %% of it, %(moved)s %% of the chosen ground would move "
        "to other groups of areas, and %(same)s %% of the chosen cells would stay."
    )
    return words % {
        "kept": f"{100 * found['kept']:.0f}",
        "moved": f"{100 * found['moved']:.1f}",
        "same": f"{100 * found['same_cells']:.0f}",
    }


def _feedback(found: dict[str, Any]) -> str:
    points = {"low": f"{100 * found['interval'][0]:+.1f}", "high": f"{100 * found['interval'][1]:+.1f}"}
    facts = {"weeks": found["weeks"], "change": f"{100 * found['change']:+.1f}", **points}
    words = (
        _(
            "In %(weeks)d simulated weeks of patrols that follow it, with true rates known, what it asks moved away "
            "from them by %(change)s points (95 %% interval %(low)s to %(high)s): it runs away."
        )
        if found["runs_away"]
        else _(
            "In %(weeks)d simulated weeks of patrols that follow it, with true rates known, what it asks changed its "
            "distance to them by %(change)s points (95 %% interval %(low)s to %(high)s): it does not feed on itself."
        )
    )
    return words % facts
