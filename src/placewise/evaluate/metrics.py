"""The scores, each a formula over sums, so that pooling, bootstrap and paired tests are the same for all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from placewise.evaluate.tally import CATCHES
from placewise.kernels.arrays import Floats
from placewise.kernels.errors import PlacewiseError

Sums: TypeAlias = Mapping[str, Floats]

_MASKED = ("masked", "nonzero", "positive_only", "events_only", "where_events", "mape")


class UnknownMetric(PlacewiseError):
    """A score that is not among those offered."""


class MaskedOnOutcome(PlacewiseError):
    """A score over only those cells where something happened."""


@dataclass(frozen=True)
class Metric:
    """A score: its key, what it is called, whether more is better, where it is from, and the formula over sums."""

    key: str
    title: str
    higher: bool
    source: str
    formula: Callable[[Sums], Floats]


def metrics(shares: Sequence[float]) -> tuple[Metric, ...]:
    """Every score, those by share of area once for each of `shares`."""
    by_share = [make(share) for make in (_hit_rate, _pai, _pei, _rri) for share in shares]
    return (*by_share, *(_area_to(part) for part in CATCHES), *_WHOLE)


def chosen(names: Sequence[str] | None, shares: Sequence[float]) -> tuple[Metric, ...]:
    """The scores asked for by key (hit_rate, pai@0.05, …), all of them without names."""
    every = metrics(shares)
    if names is None:
        return every
    for name in names:
        refuse_masked(name)
        if not any(name in {metric.key, metric.key.split("@")[0]} for metric in every):
            raise UnknownMetric(f"no score {name!r}; there are {', '.join(metric.key for metric in every)}")
    return tuple(metric for metric in every if {metric.key, metric.key.split("@")[0]} & set(names))


def refuse_masked(name: str) -> None:
    """Refuse a score that looks only where events happened."""
    if any(word in name.lower() for word in _MASKED):
        raise MaskedOnOutcome(
            f"{name}: a score over only the cells with events is chosen by the outcome. A forecast of «many, "
            "everywhere» wins it, false alarms cost nothing, and no one could have known beforehand which cells "
            "to look at. Use deviance or log_score over all cells"
        )


def ratio(top: Floats, bottom: Floats) -> Floats:
    """top / bottom, NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.nan)


def _hit_rate(share: float) -> Metric:
    """Part of all incidents that fell in the densest `share` of the area."""
    source = "Chainey, Tompson and Uhlig 2008, Security Journal 21"
    title = f"hit rate in {100 * share:g} % of the area"
    formula = lambda s: ratio(s[f"hits@{share:g}"], s["events"])  # noqa: E731
    return Metric(f"hit_rate@{share:g}", title, higher=True, source=source, formula=formula)


def _pai(share: float) -> Metric:
    """Prediction accuracy index: hit rate divided by the share of the area."""
    source = "Chainey, Tompson and Uhlig 2008, Security Journal 21"
    title = f"PAI at {100 * share:g} %"
    formula = lambda s: ratio(s[f"hits@{share:g}"], s["events"]) / share  # noqa: E731
    return Metric(f"pai@{share:g}", title, higher=True, source=source, formula=formula)


def _pei(share: float) -> Metric:
    """Prediction efficiency index with the best possible choice of the same area in the denominator."""
    source = "Hunt 2016, NIJ challenge; PEI* as in Joshi, Curtis-Ham, D'Ath and Searle 2021, ISPRS Int. J. Geo-Inf. 10"
    title = f"PEI* at {100 * share:g} %"
    formula = lambda s: ratio(s[f"hits@{share:g}"], s[f"best@{share:g}"])  # noqa: E731
    return Metric(f"pei@{share:g}", title, higher=True, source=source, formula=formula)


def _rri(share: float) -> Metric:
    """Recapture rate index: hits now over hits of the year before in the same cells, against the change in all."""
    source = "Levine 2008, Security Journal 21"
    title = f"RRI at {100 * share:g} %"

    def formula(s: Sums) -> Floats:
        return ratio(ratio(s[f"hits@{share:g}"], s[f"before@{share:g}"]), ratio(s["events"], s["past"]))

    return Metric(f"rri@{share:g}", title, higher=True, source=source, formula=formula)


def _area_to(part: float) -> Metric:
    """Mean share of the area, densest first, that catches `part` of the incidents."""
    source = "surveillance plot of Mohler 2014, Int. J. Forecasting 30"
    title = f"share of area that catches {100 * part:g} %"
    formula = lambda s: ratio(s[f"area@{part:g}"], s["any"])  # noqa: E731
    return Metric(f"area_to@{part:g}", title, higher=False, source=source, formula=formula)


_WHOLE = (
    Metric(
        "auc",
        "chance that an incident's place ranks above a random place",
        higher=True,
        source="Hanley and McNeil 1982, Radiology 143; ties count half",
        formula=lambda s: ratio(s["under"], s["events"]),
    ),
    Metric(
        "deviance",
        "Poisson deviance a forecast, all cells",
        higher=False,
        source="McCullagh and Nelder 1989, § 2.3",
        formula=lambda s: ratio(s["deviance"], s["one"]),
    ),
    Metric(
        "log_score",
        "log likelihood an incident, nats, as a Poisson process a km²",
        higher=True,
        source="Gneiting and Raftery 2007, JASA 102; Daley and Vere-Jones 2003, § 7.1",
        formula=lambda s: ratio(s["log_point"], s["events"]),
    ),
    Metric(
        "count_score",
        "log probability of the cells' counts a forecast, with the forecast's own uncertainty",
        higher=True,
        source="Czado, Gneiting and Held 2009, Biometrics 65",
        formula=lambda s: ratio(s["log_count"], s["one"]),
    ),
    Metric(
        "observed_to_expected",
        "incidents that happened for each one expected (1 is calibrated)",
        higher=True,
        source="ratio of sums",
        formula=lambda s: ratio(s["events"], s["expected"]),
    ),
)
