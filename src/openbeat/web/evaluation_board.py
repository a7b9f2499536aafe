"""What the page of before and after shows: the finding in words, figures, weeks as a chart, and what chance makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.patrol.evaluation import Answer, Question
from openbeat.web.ui.charts import Basis, LineChart, Series
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Row, Table
from placewise.evaluate.before_after import BeforeAfter, Displacement, Prevented, Ratio

CHOSEN_HIGH = 0.3
SMALLEST_P = 0.001
"""Part of the treated places among the highest of the weeks before, from which regression to the mean is told first."""
ZONES = {
    "treated": gettext_lazy("Where something was done"),
    "ring": gettext_lazy("Ring around it"),
    "comparison": gettext_lazy("Compared with"),
}
MEANINGS = {
    "diffusion": gettext_lazy("The ring did better too: the benefit reached beyond the places (diffusion)."),
    "none": gettext_lazy("Nothing moved into the ring."),
    "displacement": gettext_lazy("Part of it moved into the ring (displacement), less than was won."),
    "backfire": gettext_lazy("More moved into the ring than was won at the places."),
    "undefined": gettext_lazy("The places did no better than the comparison places: there was nothing to move."),
}


def page(asked: Question, answer: Answer, areas: Sequence[str], against: Sequence[str]) -> dict[str, Any]:
    """Everything the page shows."""
    result = answer.result
    return {
        "answer": answer,
        "finding": finding(asked, result),
        "stats": stats(result),
        "chart": chart(asked, result),
        "table": estimates(result),
        "facts": facts(asked, answer, areas, against),
        "meaning": MEANINGS[result.displacement.meaning] if result.displacement else "",
        "regression": regression(result),
        "placebos": bool(result.placebos),
    }


def classes_words(asked: Question) -> str:
    """The classes by name."""
    return ", ".join(one.name for one in asked.classes)


def percent(ratio: float) -> str:
    """A ratio as change: +3 %, −24 %."""
    change = round(100 * (ratio - 1))
    return f"{'−' if change < 0 else '+' if change > 0 else ''}{number(abs(change), 0)} %"


def finding(asked: Question, result: BeforeAfter) -> str:
    """One sentence: what happened, how sure it is, and whether the choice of places alone would do the same."""
    told = {
        "what": classes_words(asked),
        "change": number(abs(100 * (result.effect.value - 1)), 0),
        "low": percent(result.effect.low),
        "high": percent(result.effect.high),
    }
    if result.effect.value <= 1:
        words = _("%(what)s fell by %(change)s %% more than in comparison places; 95 %% interval %(low)s to %(high)s")
    else:
        words = _("%(what)s rose by %(change)s %% more than in comparison places; 95 %% interval %(low)s to %(high)s")
    return f"{words % told}: {verdict(result)}"


def verdict(result: BeforeAfter) -> str:
    """The end of the finding."""
    if not result.effect.sure:
        return _("chance can't be ruled out")
    if by_choice_alone(result):
        return _("places chosen like these do so with nothing done")
    if result.against_years is not None and not result.against_years.sure:
        return _("but these places may do so at this time of every year")
    return _("more than chance explains")


def by_choice_alone(result: BeforeAfter) -> bool:
    """Whether places chosen by their weeks before fell as much in an earlier year, when nothing was done."""
    if result.overlap < CHOSEN_HIGH or result.effect.value > 1:
        return False
    return any(one.chosen is not None and one.chosen.low <= result.effect.high for one in result.placebos)


def stats(result: BeforeAfter) -> list[dict[str, Any]]:
    """The comparison in four numbers."""
    effect, prevented, moved = result.effect, result.prevented, result.displacement
    n = ngettext("%(n)s incident counted", "%(n)s incidents counted", result.n) % {"n": number(result.n, 0)}
    found = [
        {"label": _("Against comparison places"), "value": percent(effect.value), "unit": "", "basis": n,
         "interval": _interval(effect)},
        _prevented(prevented, result.weeks_after),
    ]  # fmt: skip
    if moved is not None:
        found.append({"label": _("Ring around them"), "value": percent(moved.ring.value), "unit": "",
                      "interval": _interval(moved.ring), "basis": _("against comparison places")})  # fmt: skip
        found.append(_quotient(moved))
    return found


def _prevented(one: Prevented, weeks: int) -> dict[str, Any]:
    more = one.value < 0
    low, high = (-one.high, -one.low) if more else (one.low, one.high)
    label = _("More incidents than expected") if more else _("Fewer incidents than expected")
    return {"label": label, "value": number(abs(one.value), 0), "unit": "", "basis": _("in %(n)d weeks") % {"n": weeks},
            "interval": f"{number(low, 0)} … {number(high, 0)}".replace("-", "−")}  # fmt: skip


def _interval(one: Ratio) -> str:
    return f"{percent(one.low)} … {percent(one.high)}"


def _quotient(moved: Displacement) -> dict[str, Any]:
    if moved.quotient is None:
        value, interval = "–", ""
    else:
        value = number(moved.quotient, 2).replace("-", "−")
        known = moved.low is not None and moved.high is not None
        interval = f"{number(moved.low or 0, 1)} … {number(moved.high or 0, 1)}".replace("-", "−") if known else ""
    return {"label": _("Weighted displacement quotient"), "value": value, "unit": "", "interval": interval,
            "basis": _("Bowers and Johnson 2003")}  # fmt: skip


def chart(asked: Question, result: BeforeAfter) -> LineChart:
    """Weekly counts at the treated places, and what the comparison places let expect."""
    weeks, before = result.weeks, result.weeks_before
    (tb, _after), (cb, _later) = weeks.sums("treated"), weeks.sums("comparison")
    expected = (weeks.comparison * tb / cb).tolist()
    treated = weeks.treated.tolist()
    none: list[float | None] = [None] * len(treated)
    return LineChart(
        finding=_("In %(n)d weeks after, %(seen)s incidents where %(expected)s were to be expected") % {
            "n": result.weeks_after, "seen": number(sum(treated[before:]), 0),
            "expected": number(sum(expected[before:]), 0),
        },
        what=_("Incidents a week at the places, before and after %(day)s") % {"day": result.start},
        unit=_("incidents a week"), digits=1, x_name=_("Week that begins on"), label_name=_("Week"),
        labels=list(result.week_starts),
        basis=Basis(classes_words(asked), f"{result.week_starts[0]} … {asked.until}", result.n),
        series=(
            Series(_("Before"), [*treated[:before], *none[before:]]),
            Series(_("After"), [*none[:before], *treated[before:]]),
            Series(_("Expected by comparison places"), expected, plain=True),
        ),
    )  # fmt: skip


def estimates(result: BeforeAfter) -> Table:
    """The effect beside what chance and choice alone made of earlier years."""
    columns = [
        Column("what", _("What")),
        Column("change", _("Against comparison places"), kind="number"),
        Column("interval", _("95 % interval"), kind="number"),
        Column("p", _("p"), kind="number"),
    ]
    rows = [_line(_("What was done, from %(day)s") % {"day": result.start}, result.effect, here=True)]
    if result.displacement is not None:
        rows.append(_line(_("The ring around the places"), result.displacement.ring))
    if result.against_years is not None:
        rows.append(_line(_("What was done, over the same places in earlier years"), result.against_years))
    for one in result.placebos:
        told = {"day": one.start}
        if one.same is not None:
            rows.append(_line(_("Placebo: the same places from %(day)s, nothing done") % told, one.same))
        if one.chosen is not None:
            rows.append(_line(_("Placebo: the highest places of then, from %(day)s, nothing done") % told, one.chosen))
    return Table(_("The effect beside years in which nothing was done"), columns, rows, dense=True)


def _line(words: str, one: Ratio, *, here: bool = False) -> Row:
    p = number(one.p, 3) if one.p >= SMALLEST_P else f"< {number(SMALLEST_P, 3)}"
    return Row([words, percent(one.value), _interval(one), p], here=here)


def regression(result: BeforeAfter) -> str:
    """What the choice of high places alone brings about, in words; empty of a rise, or where no earlier year tells."""
    found = [one.chosen.value for one in result.placebos if one.chosen is not None]
    if not found or result.effect.value > 1:
        return ""
    told = {"overlap": number(100 * result.overlap, 0), "low": percent(min(found)), "high": percent(max(found))}
    return (
        _(
            "%(overlap)s %% of the places are among as many with the most incidents in the weeks before. Places chosen "
            "in that way changed by %(low)s to %(high)s in earlier years, with nothing done: what was high by chance "
            "falls back by itself."
        )
        % told
    )


def no_ring(metres: int) -> str:
    """Why nothing is told of a ring: none was asked for, or the cells are larger than it is wide."""
    return (
        _("%(metres)d metres reach no other cell: ask for a wider ring") % {"metres": metres} if metres else _("none")
    )


def facts(asked: Question, answer: Answer, areas: Sequence[str], against: Sequence[str]) -> list[tuple[Any, Any]]:
    """What it rests on."""
    result, sizes = answer.result, answer.result.cells
    visited = ngettext(
        "the places of %(visits)s visit on %(plans)d plan in the weeks after",
        "the places of %(visits)s visits on %(plans)d plans in the weeks after",
        answer.visits,
    ) % {"visits": number(answer.visits, 0), "plans": answer.shifts}

    def ground(name: str) -> str:
        km2 = number(result.km2[name], 1)
        return _("%(cells)s cells, %(km2)s km²") % {"cells": number(sizes[name], 0), "km2": km2}

    told_ring = _("%(metres)d metres · %(ground)s") % {"metres": asked.ring, "ground": ground("ring")}
    return [
        (_("Offences"), classes_words(asked)),
        (_("Weeks"), _("%(before)d before and %(after)d after %(day)s") % {
            "before": result.weeks_before, "after": result.weeks_after, "day": result.start}),
        (_("Where something was done"), f"{', '.join(areas) or visited} · {ground('treated')}"),
        (_("Ring"), told_ring if sizes["ring"] else no_ring(asked.ring)),
        (_("Compared with"), f"{', '.join(against) or _('the rest of the areas')} · {ground('comparison')}"),
        (_("Weeks vary beyond chance by"), f"× {number(result.effect.dispersion, 2)}"),
        (_("Neighbourhoods' own trends"), f"± {number(100 * result.effect.trends, 0)} %"),
        (_("Seed"), number(result.seed, 0)),
    ]  # fmt: skip
