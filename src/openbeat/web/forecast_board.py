"""What the forecast desk shows: lists, stats, charts and tables made from a run and its back-test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.forecast import queries
from openbeat.forecast.queries import Run, SurfaceArrays
from openbeat.forecast.question import PLANNED_SHARE
from openbeat.forecast.states import State
from openbeat.places import queries as places
from openbeat.web.forecast_fairness import fairness_card
from openbeat.web.forecast_words import (
    BADGES,
    badge,
    calibration_words,
    days,
    informed_by,
    made_of,
    model_name,
    score_family,
    score_share,
    score_title,
    three_digits,
    verdict_words,
)
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.charts import BarChart, Basis, LineChart, Series
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import number, top_classes
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.ui.times import exact
from placewise.evaluate.report import Backtest, ModelReport

SHOWN_CELLS = 50
"""Rows of the map's twin table."""
SHOWN_FROM = 0.001
"""Expected incidents below which a cell is left to the ground."""


def listing(request: Request, *, can_run: bool) -> dict[str, Any]:
    """The page of all forecasts."""
    state = request.GET.get("state", "")
    runs = queries.runs(request.actor)
    shown = list((runs.filter(state=state) if state in list(State) else runs)[:200])
    columns = [
        Column("title", _("Forecast")),
        Column("state", _("State")),
        Column("days", _("Days")),
        Column("hit", _("Caught in 5 % of the area, %"), kind="number", hint=_("Of the incidents in its back-test")),
        Column("count", _("By the plain count, %"), kind="number"),
        Column("expires", _("Usable until")),
        Column("made", _("Asked for"), kind="time"),
    ]
    empty = Empty(
        _("No forecast yet"),
        _("A forecast says where incidents are to be expected, and how well it would have done in the past."),
        "trending-up",
        _("New forecast") if can_run else "",
        reverse("forecast_ask") if can_run else "",
    )  # fmt: skip
    today = timezone.localdate(request.now)
    rows = [Row(_line(run, today), url=reverse("forecast", args=[run.id])) for run in shown]
    table = Table(_("Forecasts"), columns, rows, request.GET, empty=empty, now=request.now, total=len(shown))
    choices = [(key.value, label) for key, (label, _tone) in BADGES.items()]
    return {"table": table, "can_run": can_run, "states": choices, "state": state}


def _line(run: Run, today: date) -> list[object]:
    hit = _percent(run.report, run.estimator)
    return [
        run.title,
        badge(run, today),
        days(run.starts, run.ends),
        hit,
        _percent(run.report, "count3y"),
        run.expires or "",
        run.made_at,
    ]


def _percent(report: Mapping[str, Any] | None, model: str) -> str | None:
    value = ((report or {}).get("models", {}).get(model, {}).get("scores", {}).get("hit_rate@0.05") or {}).get("value")
    return None if value is None else number(100 * value, 1)


def board(request: Request, run: Run) -> dict[str, Any]:
    """Everything a finished run shows."""
    context: dict[str, Any] = {"badge": badge(run, timezone.localdate(request.now)), "card": card_facts(run)}
    if run.report is None:
        return context
    report = Backtest.from_dict(run.report)
    surface = queries.surface(request.actor, run)
    return context | {
        "stats": stats(run, report),
        "map": surface_map(request, run, surface),
        "twin": surface_twin(request, run, surface),
        "hits": hit_chart(run, report),
        "origins": origin_chart(run, report),
        "scores": score_table(report),
        "calibration": calibration_chart(run, report),
        "exposure": exposure_table(run),
        "fairness": fairness_card(run),
        "reasons": verdict_words(report, run.estimator) or (run.verdict or {}).get("reasons", []),
        "method": report.models[run.estimator].description if run.estimator in report.models else "",
        "made_of": made_of(run),
    }


def _basis(report: Backtest) -> Basis:
    days = int(report.horizon.strip("PD"))  # every run asks for whole days
    words = ngettext(
        "back-test, %(count)d forecasts of %(days)d day", "back-test, %(count)d forecasts of %(days)d days", days
    )
    source = words % {"count": len(report.origins), "days": days}
    return Basis(source=source, period=f"{report.origins[0][:10]} – {report.origins[-1][:10]}", n=report.events_scored)


def stats(run: Run, report: Backtest) -> list[dict[str, Any]]:
    """The numbers that a commander asks first, each with interval, n and period."""
    ours, basis = report.models[run.estimator], _basis(report)
    words = f"n = {basis.n_words()} · {basis.period}"
    against = ours.against_baseline["hit_rate@0.05"]
    gain = _("%(gain)s points against the plain count") % {"gain": f"{100 * against.difference:+.1f}"}
    hit, pai = ours.scores["hit_rate@0.05"], ours.scores["pai@0.05"]
    ratio = ours.scores["observed_to_expected"]
    return [
        {
            "label": _("Incidents caught in 5 % of the area"),
            "value": number(100 * hit.value, 1), "unit": _("per cent"),
            "interval": f"{number(100 * hit.low, 1)}–{number(100 * hit.high, 1)} (95 %)", "basis": words,
            "change": gain, "tone": "good" if against.difference > 0 else "bad",
        },
        {
            "label": _("Incidents in that 5 %, for its size"), "value": number(pai.value, 2),
            "unit": _("times the average (PAI)"),
            "interval": f"{number(pai.low, 2)}–{number(pai.high, 2)} (95 %)", "basis": words,
        },
        {
            "label": _("Happened for each one expected"), "value": number(ratio.value, 2), "unit": "",
            "interval": f"{number(ratio.low, 2)}–{number(ratio.high, 2)} (95 %)", "basis": words,
        },
        {
            "label": _("Incidents learned from"), "value": number(run.events_used or 0, 0), "unit": "",
            "basis": days(run.first_event, run.data_until) if run.first_event else "",
        },
    ]  # fmt: skip


def surface_map(request: Request, run: Run, surface: SurfaceArrays) -> Map:
    """Hexes coloured by expected counts; the cells come after the page, which needn't wait for thousands of them."""
    expected = surface.expected[surface.expected >= SHOWN_FROM].tolist() or [0.0]
    bounds = sorted({float(f"{bound:.2g}") for bound in top_classes(expected)})
    return Map(
        "surface",
        _("Incidents expected per cell, %(days)s") % {"days": days(run.starts, run.ends)},
        id="surface",
        tall=True,
        url=reverse("forecast_surface", args=[run.id]),
        legend=Legend(_("Incidents expected"), _("per cell in these days"), bounds, digits=3),
        **map_ground(request, run.area_set),
    )


def surface_cells(surface: SurfaceArrays) -> list[dict[str, Any]]:
    """The cells as the map takes them; those where next to nothing is expected are left to the ground."""
    shown = surface.expected >= SHOWN_FROM
    columns = (surface.cells, surface.expected, surface.low, surface.high)
    return [
        {"cell": f"{cell:x}", "value": round(value, 4), "words": f"{low:.0f}–{high:.0f} (90 %)"}
        for cell, value, low, high in zip(*(column[shown].tolist() for column in columns), strict=True)
    ]


def surface_twin(request: Request, run: Run, surface: SurfaceArrays) -> Table:
    """The densest cells in words: the area each lies in, what is expected, how sure that is."""
    top = surface.cells[:SHOWN_CELLS]
    homes = places.names_of_cells(request.actor, run.area_set, top)
    columns = [
        Column("rank", _("Rank"), kind="number"),
        Column("area", _("Area")),
        Column("expected", _("Expected"), kind="number", digits=3),
        Column("range", _("Likely range (90 %)")),
        Column("cell", _("Cell"), kind="code"),
    ]
    ends = zip(surface.low.tolist(), surface.high.tolist(), strict=True)
    spans = [f"{low:.0f}–{high:.0f}" for low, high in ends]
    rows = [
        Row([rank + 1, homes[rank], float(surface.expected[rank]), spans[rank], f"{cell:x}"])
        for rank, cell in enumerate(top.tolist())
    ]
    caption = _("The %(count)d densest of %(all)s cells") % {"count": len(rows), "all": number(len(surface.cells), 0)}
    return Table(caption, columns, rows, dense=True, stacks=False, show_caption=False)


def _ordered(run: Run, report: Backtest) -> list[ModelReport]:
    """The run's own estimator first, the plain count last."""
    others = [one for name, one in report.models.items() if name not in {run.estimator, report.baseline}]
    own = [report.models[run.estimator]] if run.estimator != report.baseline else []
    return [*own, *others, report.models[report.baseline]]


def hit_chart(run: Run, report: Backtest) -> BarChart:
    """Share of incidents caught by share of the area, for every model that was tried."""
    ours, base = report.models[run.estimator], report.models[report.baseline]
    gain = 100 * (ours.scores["hit_rate@0.05"].value - base.scores["hit_rate@0.05"].value)
    finding = _(
        "In 5 %% of the area %(name)s catches %(ours)s %% of incidents, %(gain)s points against the plain count"
    )
    series = [_hit_series(report, model) for model in _ordered(run, report)]
    words = {"name": model_name(run.estimator), "ours": number(100 * ours.scores["hit_rate@0.05"].value, 1)}
    return BarChart(
        finding=finding % (words | {"gain": f"{gain:+.1f}"}),
        what=_("Incidents caught, by share of the area looked at"),
        unit=_("per cent"),
        basis=_basis(report),
        digits=1,
        labels=[f"{100 * share:g} %" for share in report.shares],
        label_name=_("Share of the area"),
        series=series,
    )  # fmt: skip


def _hit_series(report: Backtest, model: ModelReport) -> Series:
    """A model's hit rates with their intervals, per cent."""
    scores = [model.scores[f"hit_rate@{share:g}"] for share in report.shares]
    value, low, high = ([100 * getattr(score, part) for score in scores] for part in ("value", "low", "high"))
    return Series(model_name(model.name), value, low, high, plain=model.name == report.baseline)


def origin_chart(run: Run, report: Backtest) -> LineChart:
    """How the gain over the plain count fell out at each forecast of the past."""
    ours, base = report.models[run.estimator].hits_by_origin, report.models[report.baseline].hits_by_origin
    ahead = sum(a >= b for a, b in zip(ours, base, strict=True))
    series = [Series(model_name(run.estimator), ours)] if run.estimator != report.baseline else []
    finding = _("At least as many incidents caught as by the plain count in %(ahead)d of %(all)d forecasts")
    return LineChart(
        finding=finding % {"ahead": ahead, "all": len(ours)},
        what=_("Incidents caught in 10 % of the area, by forecast"),
        unit=_("incidents"),
        basis=_basis(report),
        labels=[origin[:10] for origin in report.origins],
        x_name=_("Forecast from"),
        series=[*series, Series(model_name(report.baseline), base, plain=True)],
    )


def score_table(report: Backtest) -> Table:
    """Every score of every model with its 95 % interval."""
    models = list(report.models.values())
    columns = [Column("score", _("Score")), *(Column(one.name, model_name(one.name), kind="number") for one in models)]
    listed = sorted(report.titles.items(), key=lambda pair: (score_family(pair[0]), score_share(pair[0])))
    rows = [Row([score_title(key, title), *(_score(model, key) for model in models)]) for key, title in listed]
    note = _(
        "In brackets: 95 % interval, bootstrap over forecasts. Definitions and sources: docs/explanation/forecasting.md"
    )
    return Table(
        _("All scores of the back-test"), columns, rows, dense=True, stacks=False, note=note, show_caption=False
    )


def _score(model: ModelReport, key: str) -> str:
    score = model.scores[key]
    return _("%(value)s (%(low)s to %(high)s)") % {
        "value": three_digits(score.value), "low": three_digits(score.low), "high": three_digits(score.high),
    }  # fmt: skip


def calibration_chart(run: Run, report: Backtest) -> BarChart:
    """What happened in each tenth of what was expected, the quietest cells first."""
    model = report.models[run.estimator]
    ratio = model.scores["observed_to_expected"].value
    observed = [tenth.observed for tenth in model.calibration]
    spread = [1.96 * value**0.5 for value in observed]  # Poisson
    return BarChart(
        finding=calibration_words(ratio),
        what=_("Incidents in each tenth of what was expected, quietest cells first"),
        unit=_("incidents in all forecasts"),
        basis=_basis(report),
        labels=[_("tenth %(number)d") % {"number": number + 1} for number in range(len(observed))],
        label_name=_("Tenth"),
        series=(
            Series(
                _("Happened"),
                observed,
                [max(0.0, value - wide) for value, wide in zip(observed, spread, strict=True)],
                [value + wide for value, wide in zip(observed, spread, strict=True)],
            ),
        ),
        reference=sum(tenth.expected for tenth in model.calibration) / max(1, len(observed)),
        reference_name=_("Expected"),
    )


def exposure_table(run: Run) -> Table:
    """Area by area: is more asked of it than its share of incidents?"""
    columns = [
        Column("area", _("Area")),
        Column("ground", _("Share of the ground, %"), kind="number", digits=1),
        Column("past", _("of incidents so far, %"), kind="number", digits=1),
        Column("expected", _("of incidents expected, %"), kind="number", digits=1),
        Column("planned", _("of the cells planned for, %"), kind="number", digits=1),
    ]
    ordered = sorted(run.exposure or [], key=lambda one: -one["planned"])
    rows = [
        Row([one["area"], *(100 * one[key] for key in ("ground", "past", "expected", "planned"))]) for one in ordered
    ]
    caption = _("Exposure by area: who would be visited, if plans look at %(share)s %% of the ground") % {
        "share": f"{100 * PLANNED_SHARE:g}"
    }
    return Table(caption, columns, rows, QueryDict(), dense=True, tall=True, stacks=False)


def card_facts(run: Run) -> list[tuple[Any, Any]]:
    """The card that goes with the forecast wherever it is used."""
    names = ", ".join(one.offence_class.name for one in run.classes.all())
    approved = (
        f"{run.approved_by.name}, {exact(localtime(run.approved_at))}" if run.approved_by and run.approved_at else ""
    )
    return [
        (_("Offences"), names),
        (_("Days"), days(run.starts, run.ends)),
        (_("Area"), run.area_set.name),
        (_("Cells"), _("H3 resolution %(resolution)d") % {"resolution": run.resolution}),
        (_("Method"), model_name(run.estimator)),
        *([(_("Informed by"), informed_by(run.context))] if run.context else []),
        (
            _("Data"),
            f"{days(run.first_event, run.data_until)}, n = {number(run.events_used, 0)}"
            if run.first_event and run.events_used
            else "",
        ),
        (_("Asked for by"), run.author.name if run.author else ""),
        (_("Approved by"), approved),
        (_("Usable until"), run.expires or ""),
        (
            _("What it does not know"),
            _("It counts reports. Where people report less, it sees less; it says nothing about any person."),
        ),
    ]
