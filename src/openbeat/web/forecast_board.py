"""What the forecast desk shows: lists, stats, charts and tables made from a run and its back-test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import exp, floor, isfinite, log10
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.forecast import queries
from openbeat.forecast.queries import Run, SurfaceArrays
from openbeat.forecast.question import PLANNED_SHARE
from openbeat.forecast.rules import usable
from openbeat.forecast.states import State
from openbeat.places import queries as places
from openbeat.web.forecast_fairness import fairness_card
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge
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

BADGES = {
    State.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    State.RUNNING: (gettext_lazy("Running"), "info"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.CANCELLED: (gettext_lazy("Stopped"), "neutral"),
    State.NOT_BETTER: (gettext_lazy("Not better than the count"), "bad"),
    State.READY: (gettext_lazy("To be approved"), "warn"),
    State.OFFERED: (gettext_lazy("Offered"), "good"),
    State.WITHDRAWN: (gettext_lazy("Withdrawn"), "neutral"),
}

NAMES = {
    "count3y": gettext_lazy("Plain 3-year count"),
    "count1y": gettext_lazy("Plain 1-year count"),
    "count5y": gettext_lazy("Plain 5-year count"),
    "ewma": gettext_lazy("Fading counts"),
    "kde": gettext_lazy("Kernel density"),
    "promap": gettext_lazy("Prospective kernel"),
    "lgbm": gettext_lazy("Boosted trees"),
    "etas": gettext_lazy("Self-exciting"),
    "ours": gettext_lazy("Openbeat's combination"),
}


def badge(run: Run, today: date) -> Badge:
    """The run's state as shape and word; one that was offered may have expired."""
    if run.state == State.OFFERED and not usable(State.OFFERED, run.expires, today):
        return Badge(_("Expired"), "neutral")
    return Badge(*BADGES[State(run.state)])


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


def days(first: date, after: date) -> str:
    """A period in words, by its first and its last day; `after` is the day behind it."""
    return f"{first} – {after - timedelta(days=1)}"


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


MADE_OF = {
    "the same everywhere": gettext_lazy("the same everywhere"),
    "incidents of the last months in the place itself": gettext_lazy(
        "incidents of the last months in the place itself"
    ),
    "incidents of the last months within some 400 m": gettext_lazy("incidents of the last months within some 400 m"),
    "incidents of the last months in the wider surroundings": gettext_lazy(
        "incidents of the last months in the wider surroundings"
    ),
    "incidents of about the last year in the place itself": gettext_lazy(
        "incidents of about the last year in the place itself"
    ),
    "incidents of about the last year within some 400 m": gettext_lazy(
        "incidents of about the last year within some 400 m"
    ),
    "incidents of about the last year in the wider surroundings": gettext_lazy(
        "incidents of about the last year in the wider surroundings"
    ),
    "incidents of several years in the place itself": gettext_lazy("incidents of several years in the place itself"),
    "incidents of several years within some 400 m": gettext_lazy("incidents of several years within some 400 m"),
    "incidents of several years in the wider surroundings": gettext_lazy(
        "incidents of several years in the wider surroundings"
    ),
}
"""What a combination may be made of, as the analytics say it."""


def made_of(run: Run) -> list[tuple[str, Any]]:
    """What the forecast is made of: per cent and words, the largest part first; nothing for a method of one kind."""
    parts = (run.explanation or {}).get("made_of", [])
    return [(f"{100 * one['share']:.0f} %", _part(one["what"])) for one in parts if one["share"] >= 0.005]


def _part(what: str) -> Any:
    """A part in words; that of another class by its name."""
    before, _colon, name = what.partition(": ")
    if before == "incidents of another class" and name:
        return _("incidents of another class: %(name)s") % {"name": name}
    return MADE_OF.get(what, what)


def verdict_words(report: Backtest, estimator: str) -> list[str]:
    """The two comparisons on which the verdict rests, each with its interval."""
    if estimator == report.baseline or estimator not in report.models:
        return []
    against = report.models[estimator].against_baseline
    hit, log = against["mean_hit_rate"], against["log_score"]
    parts = ("difference", "low", "high")
    points = {name: f"{100 * getattr(hit, name):+.2f}" for name in parts}
    times = {name: number(exp(getattr(log, name)), 2) for name in parts}
    caught = _(
        "Incidents caught, mean over 1 to 10 %% of the area: %(difference)s in a hundred against the plain count "
        "(95 %% interval %(low)s to %(high)s)"
    )
    likely = _(
        "What happened was %(difference)s times as likely by this forecast as by the plain count, incident by incident "
        "(95 %% interval %(low)s to %(high)s)"
    )
    return [caught % points, likely % times]


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


def _name(model: str) -> str:
    return str(NAMES.get(model, model))


def hit_chart(run: Run, report: Backtest) -> BarChart:
    """Share of incidents caught by share of the area, for every model that was tried."""
    ours, base = report.models[run.estimator], report.models[report.baseline]
    gain = 100 * (ours.scores["hit_rate@0.05"].value - base.scores["hit_rate@0.05"].value)
    finding = _(
        "In 5 %% of the area %(name)s catches %(ours)s %% of incidents, %(gain)s points against the plain count"
    )
    series = [_hit_series(report, model) for model in _ordered(run, report)]
    words = {"name": _name(run.estimator), "ours": number(100 * ours.scores["hit_rate@0.05"].value, 1)}
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
    return Series(_name(model.name), value, low, high, plain=model.name == report.baseline)


def origin_chart(run: Run, report: Backtest) -> LineChart:
    """How the gain over the plain count fell out at each forecast of the past."""
    ours, base = report.models[run.estimator].hits_by_origin, report.models[report.baseline].hits_by_origin
    ahead = sum(a >= b for a, b in zip(ours, base, strict=True))
    series = [Series(_name(run.estimator), ours)] if run.estimator != report.baseline else []
    finding = _("At least as many incidents caught as by the plain count in %(ahead)d of %(all)d forecasts")
    return LineChart(
        finding=finding % {"ahead": ahead, "all": len(ours)},
        what=_("Incidents caught in 10 % of the area, by forecast"),
        unit=_("incidents"),
        basis=_basis(report),
        labels=[origin[:10] for origin in report.origins],
        x_name=_("Forecast from"),
        series=[*series, Series(_name(report.baseline), base, plain=True)],
    )


def score_table(report: Backtest) -> Table:
    """Every score of every model with its 95 % interval."""
    models = list(report.models.values())
    columns = [Column("score", _("Score")), *(Column(one.name, _name(one.name), kind="number") for one in models)]
    listed = sorted(report.titles.items(), key=lambda pair: (_family(pair[0]), _share(pair[0])))
    rows = [Row([_title(key, title), *(_score(model, key) for model in models)]) for key, title in listed]
    note = _(
        "In brackets: 95 % interval, bootstrap over forecasts. Definitions and sources: docs/explanation/forecasting.md"
    )
    return Table(
        _("All scores of the back-test"), columns, rows, dense=True, stacks=False, note=note, show_caption=False
    )


SCORES = {
    "hit_rate": gettext_lazy("Hit rate in %(share)s %% of the area"),
    "pai": gettext_lazy("PAI at %(share)s %%"),
    "pei": gettext_lazy("PEI* at %(share)s %%"),
    "rri": gettext_lazy("RRI at %(share)s %%"),
    "area_to": gettext_lazy("Share of the area that catches %(share)s %%"),
    "auc": gettext_lazy("Chance that an incident's place ranks above a random place"),
    "deviance": gettext_lazy("Poisson deviance of a forecast, all cells"),
    "log_score": gettext_lazy("Log likelihood of an incident, in nats, as a Poisson process over km²"),
    "count_score": gettext_lazy("Log probability of the cells' counts in a forecast, with its own uncertainty"),
    "observed_to_expected": gettext_lazy("Incidents that happened for each one expected (1 is calibrated)"),
}
"""The scores in words, as they stand in the table."""
FAMILIES = tuple(SCORES)


def _title(key: str, title: str) -> str:
    """A score's name; one that is new keeps the name that the analytics give it."""
    words = SCORES.get(key.partition("@")[0])
    return str(words) % {"share": f"{100 * _share(key):g}"} if words is not None else title


def _family(key: str) -> int:
    """Where a score stands in the table; what is kept as JSON has no order of its own."""
    family = key.partition("@")[0]
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


def _share(key: str) -> float:
    return float(key.partition("@")[2] or 0)


def _score(model: ModelReport, key: str) -> str:
    score = model.scores[key]
    return _("%(value)s (%(low)s to %(high)s)") % {
        "value": _three(score.value), "low": _three(score.low), "high": _three(score.high),
    }  # fmt: skip


def _three(value: float) -> str:
    """Three digits that tell; whole numbers as they are."""
    if not isfinite(value):
        return "–"
    return number(value, max(0, 2 - floor(log10(abs(value)))) if value else 0)


def calibration_words(ratio: float) -> str:
    """What happened for each incident expected, as a finding."""
    off = round(abs(ratio - 1) * 100)
    if not off:
        return _("As many incidents happened as were expected")
    words = {"share": off, "side": _("more") if ratio > 1 else _("fewer")}
    return _("%(share)d %% %(side)s incidents happened than were expected") % words


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


NAMED = 5
"""Classes that the card names of those that informed a forecast; the others are counted."""


def informed_by(context: Sequence[Mapping[str, Any]]) -> str:
    """The other reported classes that a method learned from: the largest by name, and how many more."""
    named = ", ".join(f"{one['name']} ({number(one['reports'], 0)})" for one in context[:NAMED])
    more = len(context) - NAMED
    if more <= 0:
        return named
    rest = number(sum(one["reports"] for one in context[NAMED:]), 0)
    words = ngettext(
        "%(named)s and %(more)d class more (%(rest)s)", "%(named)s and %(more)d classes more (%(rest)s)", more
    )
    return words % {"named": named, "more": more, "rest": rest}


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
        (_("Method"), _name(run.estimator)),
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
