"""Back-tests on rolling origins: at each, every model sees only what was known then, and is scored on what came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from placewise.evaluate.metrics import Metric, Sums, chosen, ratio
from placewise.evaluate.report import Backtest, Comparison, ModelReport, NotInBacktest, Score, Tenth
from placewise.evaluate.resampling import bootstrap_weights, central, paired_p, pooled, resampled, table
from placewise.evaluate.tally import Tally, tally
from placewise.kernels.arrays import Floats
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import iso
from placewise.space.cells import Cells
from placewise.space.contract import Forecaster
from placewise.space.events import Events
from placewise.space.surface import Surface
from placewise.time.origins import Horizon, Origins

SHARES = (0.01, 0.02, 0.05, 0.10)
_YEAR = np.timedelta64(365, "D")


class BacktestStopped(PlacewiseError):
    """The back-test was asked to stop before its end."""


class HorizonTooFine(PlacewiseError):
    """A horizon shorter than the spans in which the incidents' times are known."""


@dataclass(frozen=True)
class Step:
    """How far a back-test has come: `done` of `total` forecasts; the model and origin just scored."""

    done: int
    total: int
    model: str
    origin: str


@dataclass
class _Run:
    """Tallies and seconds of one model so far."""

    model: Forecaster
    tallies: list[Tally]
    seconds: float = 0.0


def backtest(
    models: Mapping[str, Forecaster],
    events: Events,
    cells: Cells,
    *,
    origins: Origins | str,
    horizon: Horizon | str,
    baseline: str = "count3y",
    shares: Sequence[float] = SHARES,
    scores: Sequence[str] | None = None,
    context: Events | None = None,
    seed: int = 0,
    replicates: int = 2000,
    progress: Callable[[Step], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Backtest:
    """Score `models` (by name; `baseline` among them) at each origin on the incidents of [origin, origin + horizon).

    A model is given nothing later than the origin, so whatever it tunes it tunes on the past. `stop` is asked before
    every forecast; where it says true, BacktestStopped is raised. Equal seeds give equal results.
    """
    if baseline not in models:
        raise NotInBacktest(f"the baseline {baseline} must be among the models, or nothing can be said to be better")
    metrics = chosen(scores, shares)
    walk, length = Origins.of(origins), Horizon.of(horizon)
    _check_horizon(events, walk, length)
    runs = {name: _Run(model, []) for name, model in models.items()}
    done, total = 0, len(walk) * len(runs)
    for origin in walk:
        known, other = events.before(origin), None if context is None else context.before(origin)
        counts, past = _outcome(events, cells, origin, length)
        for name, run in runs.items():
            if stop is not None and stop():
                raise BacktestStopped(f"stopped after {done} of {total} forecasts")
            surface = _forecast(run, known, other, cells, (origin, length.after(origin)))
            run.tallies.append(tally(surface, counts, past, shares))
            done += 1
            if progress is not None:
                progress(Step(done, total, name, iso(origin)))
    judge = _Judge(runs[baseline], metrics, tuple(shares), bootstrap_weights(len(walk), replicates, seed), seed)
    return _report(runs, judge, cells, (walk, length), baseline)


def _check_horizon(events: Events, origins: Origins, horizon: Horizon) -> None:
    """Refuse to score hours on incidents whose hour nobody knows."""
    first = origins.moments[0]
    length = horizon.after(first) - first
    if len(events) and float(np.median((events.ends - events.times).astype(np.int64))) > int(length.astype(np.int64)):
        raise HorizonTooFine(f"times are known to spans longer than the horizon {horizon}; take a longer horizon")


def _outcome(events: Events, cells: Cells, origin: np.datetime64, horizon: Horizon) -> tuple[Floats, Floats]:
    """What happened in the horizon, and in the year before the origin, by cell."""
    return cells.counts(events, origin, horizon.after(origin)), cells.counts(events, origin - _YEAR, origin)


def _forecast(
    run: _Run, known: Events, context: Events | None, cells: Cells, interval: tuple[np.datetime64, np.datetime64]
) -> Surface:
    """Fit and predict one model at one origin, on the clock."""
    began = perf_counter()
    surface = run.model.clone().fit(known, cells, until=interval[0], context=context).predict(*interval)
    run.seconds += perf_counter() - began
    return surface


@dataclass(frozen=True)
class _Judge:
    """What turns tallies into scores: the baseline, the metrics, the bootstrap."""

    base: _Run
    metrics: tuple[Metric, ...]
    shares: tuple[float, ...]
    weights: Floats
    seed: int

    def report(self, name: str, run: _Run) -> ModelReport:
        """One model's scores, comparisons and calibration."""
        sums, base = table(run.tallies), table(self.base.tallies)
        return ModelReport(
            name=name,
            description=run.model.describe(),
            scores={metric.key: self._score(metric, sums) for metric in self.metrics},
            against_baseline={metric.key: self._compare(metric, sums, base) for metric in self._compared()},
            calibration=self._calibration(run.tallies),
            hits_by_origin=tuple(float(value) for value in sums[f"hits@{self.shares[-1]:g}"]),
            seconds=run.seconds / len(run.tallies),
        )

    def _compared(self) -> list[Metric]:
        """The chosen scores, and those that the stop-use rule looks at."""
        needed = [one for one in chosen(["log_score"], self.shares) if one not in self.metrics]
        return [*self.metrics, *needed, _mean_hit_rate(self.shares)]

    def _calibration(self, tallies: Sequence[Tally]) -> tuple[Tenth, ...]:
        """What was expected and what happened in each tenth, and the interval of their ratio over origins."""
        expected, observed = (
            np.array([getattr(one, name) for one in tallies]) for name in ("expected_bins", "observed_bins")
        )
        ratios = ratio(self.weights @ observed, self.weights @ expected)
        sums = zip(expected.sum(axis=0), observed.sum(axis=0), strict=True)
        return tuple(Tenth(float(e), float(o), *central(ratios[:, k])) for k, (e, o) in enumerate(sums))

    def _score(self, metric: Metric, sums: Sums) -> Score:
        """A pooled score with its bootstrap interval."""
        return Score(pooled(metric, sums), *central(resampled(metric, sums, self.weights)))

    def _compare(self, metric: Metric, sums: Sums, base: Sums) -> Comparison:
        """Paired difference to the baseline."""
        difference = pooled(metric, sums) - pooled(metric, base)
        spread = resampled(metric, sums, self.weights) - resampled(metric, base, self.weights)
        p = paired_p(metric, sums, base, self.weights.shape[0], self.seed)
        better = difference > 0 if metric.higher else difference < 0
        return Comparison(difference, *central(spread), p, better=bool(better))


def _report(
    runs: Mapping[str, _Run], judge: _Judge, cells: Cells, walk: tuple[Origins, Horizon], baseline: str
) -> Backtest:
    """The scores of all models with intervals and paired tests."""
    return Backtest(
        cells=cells.summary(),
        origins=tuple(iso(origin) for origin in walk[0]),
        horizon=str(walk[1]),
        shares=judge.shares,
        events_scored=int(table(judge.base.tallies)["events"].sum()),
        baseline=baseline,
        models={name: judge.report(name, run) for name, run in runs.items()},
        titles={metric.key: metric.title for metric in judge.metrics},
        sources={metric.key: metric.source for metric in judge.metrics},
        lower_is_better=tuple(metric.key for metric in judge.metrics if not metric.higher),
        seed=judge.seed,
        replicates=judge.weights.shape[0],
    )


def _mean_hit_rate(shares: tuple[float, ...]) -> Metric:
    """Hit rate averaged over the shares of area: the one number that the stop-use rule looks at."""

    def formula(sums: Sums) -> Floats:
        return ratio(np.sum([sums[f"hits@{share:g}"] for share in shares], axis=0) / len(shares), sums["events"])

    return Metric("mean_hit_rate", "hit rate, mean over the shares", higher=True, source="", formula=formula)
