"""Forecasts in plain words: names of methods and scores, where a run stands, its verdict, what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import exp, floor, isfinite, log10
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.forecast.queries import Run
from openbeat.forecast.rules import usable
from openbeat.forecast.states import State
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.scales import number
from placewise.evaluate.report import Backtest

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


def days(first: date, after: date) -> str:
    """A period in words, by its first and its last day; `after` is the day behind it."""
    return f"{first} – {after - timedelta(days=1)}"


def model_name(model: str) -> str:
    """A method as people say it; one that is new keeps its own name."""
    return str(NAMES.get(model, model))


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


def score_title(key: str, title: str) -> str:
    """A score's name; one that is new keeps the name that the analytics give it."""
    words = SCORES.get(key.partition("@")[0])
    return str(words) % {"share": f"{100 * score_share(key):g}"} if words is not None else title


def score_family(key: str) -> int:
    """Where a score stands in the table; what is kept as JSON has no order of its own."""
    family = key.partition("@")[0]
    return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)


def score_share(key: str) -> float:
    """The share in a score's key."""
    return float(key.partition("@")[2] or 0)


def three_digits(value: float) -> str:
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
