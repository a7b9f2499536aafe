"""The result of a back-test as values: every score with its interval, every comparison, the verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from placewise.kernels.errors import PlacewiseError

FEWEST_ORIGINS = 4


class NotInBacktest(PlacewiseError):
    """A model that this back-test did not score."""


@dataclass(frozen=True)
class Score:
    """A score over all origins and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """A model's score minus the baseline's, with a paired 95 % interval and p; positive difference may be worse."""

    difference: float
    low: float
    high: float
    p: float
    better: bool


@dataclass(frozen=True)
class Tenth:
    """A tenth of what was expected: how much that was, what happened, and the 95 % interval of their ratio."""

    expected: float
    observed: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class ModelReport:
    """One model: what it does, its scores, its comparison with the baseline, its calibration, seconds a forecast."""

    name: str
    description: str
    scores: Mapping[str, Score]
    against_baseline: Mapping[str, Comparison]
    calibration: tuple[Tenth, ...]
    hits_by_origin: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """Whether a model may be offered, and why in words."""

    offered: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Backtest:
    """All models on the same cells, origins and horizon; `titles` names the scores, `lower_is_better` says which."""

    cells: Mapping[str, Any]
    origins: tuple[str, ...]
    horizon: str
    shares: tuple[float, ...]
    events_scored: int
    baseline: str
    models: Mapping[str, ModelReport]
    titles: Mapping[str, str]
    sources: Mapping[str, str]
    lower_is_better: tuple[str, ...]
    seed: int
    replicates: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not finite becomes None."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> "Backtest":
        """The back-test that `as_dict` wrote."""
        values = dict(plain)
        values |= {name: tuple(values[name]) for name in ("origins", "shares", "lower_is_better")}
        values["models"] = {name: _model(one) for name, one in plain["models"].items()}
        return Backtest(**values)

    def verdict(self, name: str) -> Verdict:
        """The stop-use rule: offered only if the model beats the plain baseline here.

        It must be ahead both in hit rate (mean over the shares) and in log score, and on at least one of these the
        paired 95 % interval must lie wholly above nothing. Of fewer than `FEWEST_ORIGINS` forecasts nothing is said:
        drawing from so few again and again makes an interval that is far too narrow.
        """
        if name not in self.models:
            raise NotInBacktest(f"{name} was not scored here; there are {', '.join(self.models)}")
        if name == self.baseline:
            return Verdict(offered=False, reasons=("it is the plain count that a forecast has to beat",))
        if len(self.origins) < FEWEST_ORIGINS:
            words = f"{len(self.origins)} forecasts are too few to tell; score at least {FEWEST_ORIGINS}"
            return Verdict(offered=False, reasons=(words,))
        against = self.models[name].against_baseline
        hits, likelihood = against["mean_hit_rate"], against["log_score"]
        reasons = [_words(hits, "hit rate", 100.0, "points"), _words(likelihood, "log score", 1.0, "nats an incident")]
        ahead = hits.difference > 0 and likelihood.difference > 0 and (hits.low > 0 or likelihood.low > 0)
        if not self.events_scored:
            return Verdict(offered=False, reasons=("no incident fell in the scored weeks, so nothing is shown",))
        return Verdict(offered=bool(ahead), reasons=tuple(reasons))


def _words(one: Comparison, title: str, times: float, unit: str) -> str:
    """A comparison as a sentence, its figures times `times` in `unit`."""
    if not np.isfinite(one.difference):
        return f"{title}: nothing to compare"
    side = "above" if one.difference > 0 else "below" if one.difference < 0 else "level with"
    by, low, high = (times * part for part in (abs(one.difference), one.low, one.high))
    return (
        f"{title} {side} the plain count by {by:.2f} {unit} (95 % interval of the difference {low:+.2f} to {high:+.2f})"
    )


def _plain(value: Any) -> Any:
    """Values that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value


def _number(value: float | None) -> float:
    """A stored number; None was not finite."""
    return float("nan") if value is None else value


def _comparison(plain: Mapping[str, Any]) -> Comparison:
    """A comparison from plain values."""
    difference, low, high, p = (_number(plain[key]) for key in ("difference", "low", "high", "p"))
    return Comparison(difference, low, high, p, better=plain["better"])


def _tenth(plain: Mapping[str, Any]) -> Tenth:
    """A tenth from plain values; reports written before intervals were kept have none."""
    return Tenth(plain["expected"], plain["observed"], _number(plain.get("low")), _number(plain.get("high")))


def _model(plain: Mapping[str, Any]) -> ModelReport:
    """One model's report from plain values."""
    return ModelReport(
        name=plain["name"],
        description=plain["description"],
        scores={
            key: Score(*(_number(one[k]) for k in ("value", "low", "high"))) for key, one in plain["scores"].items()
        },
        against_baseline={key: _comparison(one) for key, one in plain["against_baseline"].items()},
        calibration=tuple(_tenth(one) for one in plain["calibration"]),
        hits_by_origin=tuple(plain["hits_by_origin"]),
        seconds=plain["seconds"],
    )
