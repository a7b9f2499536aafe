"""Forecasts on three cities against their peers, their speed, and compiled kernels against plain twins.

`python -m benchmarks.forecast [chicago] [portland] [toronto] [speed] [kernels]`, all without a name.

Chicago: 250 m squares, 26 forecasts of a week, every second Monday from 2 January 2017; hits pooled over forecasts.
Portland: the rules of the forecasting challenge of the National Institute of Justice (2017), 24 monthly origins from
March 2015 on. Toronto: 26 forecasts of a week in 2019. LightGBM is trained once, on the two years before the
first origin (all cell-weeks with an incident, a weighted tenth of those without), and then forecasts from what is known
at each origin; all other models are fitted at every origin.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from benchmarks._cities import chicago, portland_cells, portland_events, toronto
from benchmarks._forecast_speed import measured
from benchmarks.common import Figure, best_of, report
from tests.placewise.plain_kernels import plain_gaussian, plain_prospective

from placewise.evaluate import Backtest, Forecaster, backtest
from placewise.evaluate.tally import Curve
from placewise.forecast import estimator
from placewise.forecast.boosting import PoissonBoosting
from placewise.kernels.arrays import Floats, floats
from placewise.kernels.density import binned, gaussian_sums
from placewise.kernels.prospective import prospective_sums
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.time.origins import Horizon, Origins

SHARES = (0.01, 0.02, 0.05, 0.10)
CHICAGO = ("BURGLARY", "MOTOR VEHICLE THEFT", "ROBBERY")
STATED = {  # hits in % stated with the protocol for the plain count and LightGBM
    ("count3y", "BURGLARY"): (6.1, 10.1, 19.6, 31.4),
    ("count3y", "MOTOR VEHICLE THEFT"): (5.7, 9.5, 19.1, 32.2),
    ("count3y", "ROBBERY"): (9.6, 15.5, 29.3, 45.4),
    ("promap", "BURGLARY"): (4.4, 7.9, 16.0, 26.5),
    ("promap", "MOTOR VEHICLE THEFT"): (5.0, 8.3, 15.6, 26.2),
    ("promap", "ROBBERY"): (7.3, 12.1, 22.3, 34.4),
    ("sepp", "BURGLARY"): (5.6, 9.8, 19.2, 31.0),
    ("sepp", "MOTOR VEHICLE THEFT"): (5.6, 8.9, 18.5, 30.9),
    ("sepp", "ROBBERY"): (9.5, 15.2, 28.5, 44.8),
    ("lgbm", "BURGLARY"): (6.4, 10.4, 20.8, 33.2),
    ("lgbm", "MOTOR VEHICLE THEFT"): (5.9, 10.2, 21.1, 35.0),
    ("lgbm", "ROBBERY"): (9.8, 16.0, 30.1, 45.8),
}
PEERS = ("count3y", "promap", "sepp", "lgbm")
PORTLAND = (("veh", "vehicle theft", 25.0), ("bur", "burglary", 14.0))
MILES = (0.25, 0.5, 0.75)  # square miles of the challenge's rules
SIDES = (250.0, 600.0)  # feet: the smallest and the largest cells allowed
HORIZONS = ("P7D", "P14D", "P1M")


class TrainedOnce(PoissonBoosting):
    """Poisson boosting whose trees grow at the first origin and stay; the counts that they read are always new."""

    def __init__(self, kept: list[Any]) -> None:
        super().__init__()
        self.kept = kept

    def _grow(self, history: int, weeks: int) -> Any:
        if not self.kept:
            self.kept.append(super()._grow(history, weeks))
        return self.kept[0]


class Alone(Forecaster):
    """An estimator that is shown no other class."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def clone(self) -> "Alone":
        """The same settings, nothing learned."""
        return Alone(self.inner.clone())

    def fit(self, events: Events, cells: Cells, *, until: Any = None, context: Events | None = None) -> "Alone":
        """Learn from this class only."""
        self.inner.fit(events, cells, until=until)
        return self

    def predict(self, start: Any, end: Any) -> Any:
        """As the inner one."""
        return self.inner.predict(start, end)

    def describe(self) -> str:
        """As the inner one, and that it saw no other class."""
        return f"{self.inner.describe()}; no other class"


def run_chicago() -> list[Figure]:
    """The protocol of the reference table; takes some ten minutes of processor time."""
    found = _side_by_side(_chicago_class, CHICAGO)
    figures = [one for kind in CHICAGO for one in _hits(f"Chicago {kind.lower()}", found[kind])]
    return [*figures, *_chicago_goals(found)]


def _chicago_class(kind: str) -> Backtest:
    city = chicago()
    own, context = city.split(kind)
    models: dict[str, Forecaster] = {name: estimator(name) for name in PEERS if name != "lgbm"}
    models |= {"lgbm": TrainedOnce([]), "ours": Alone(estimator("ours")), "ours with others": estimator("ours")}
    origins = "2017-01-02/2017-12-18/P14D"
    found = backtest(models, own, city.cells, origins=origins, horizon="P7D", context=context)
    _table(f"Chicago, {kind.lower()}", found)
    return found


def _side_by_side(work: Callable[[str], Backtest], kinds: Sequence[str]) -> dict[str, Backtest]:
    """One class a process, two at a time: what a machine of two cores has room for.

    Spawned, not forked: a fork has its parent's locks, but not the threads of Polars and OpenMP that would free them.
    """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return dict(zip(kinds, pool.map(work, kinds), strict=True))


def _chicago_goals(found: Mapping[str, Backtest]) -> list[Figure]:
    """Ours beside its peers over the three classes and four shares; peers beside what is stated of them."""
    figures = []
    for ours in ("ours", "ours with others"):
        trees, count = (sum(_at_least(one, ours, name) for one in found.values()) for name in ("lgbm", "count3y"))
        lowest = sum(all(_deviance(one, ours) < _deviance(one, peer) for peer in PEERS) for one in found.values())
        figures += [
            Figure(f"Chicago, {ours}: at least LightGBM's, of 12", trees, "", 10.0, ">=", "lgbm"),
            Figure(f"Chicago, {ours}: above the count, of 12", count, "", 12.0, ">=", "count3y"),
            Figure(f"Chicago, {ours}: deviance below all peers', of 3 classes", lowest, "", 3.0, ">="),
        ]
    for name in PEERS:
        apart = max(np.abs(np.subtract(_rates(one, name), STATED[name, kind])).max() for kind, one in found.items())
        figures.append(Figure(f"{name}: greatest difference from the stated hit rates", float(apart), "points"))
    return figures


def run_toronto() -> list[Figure]:
    """Five classes of the sample city, with the settings of Chicago."""
    kinds = toronto().events.classes
    found = _side_by_side(_toronto_class, kinds)
    goal = float(len(SHARES) * len(kinds))
    figures = [one for kind in kinds for one in _hits(f"Toronto {kind.lower()}", found[kind])]
    for ours in ("ours", "ours with others"):
        above = sum(_at_least(one, ours, "count3y") for one in found.values())
        figures.append(Figure(f"Toronto, {ours}: above the count, of {goal:g}", above, "", goal, ">=", "count3y"))
    return figures


def _toronto_class(kind: str) -> Backtest:
    city = toronto()
    own, context = city.split(kind)
    models: dict[str, Forecaster] = {"count3y": estimator("count3y")}
    models |= {"ours": Alone(estimator("ours")), "ours with others": estimator("ours")}
    origins = "2019-01-07/2019-12-23/P14D"
    found = backtest(models, own, city.cells, origins=origins, horizon="P7D", context=context)
    _table(f"Toronto, {kind.lower()}", found)
    return found


def run_portland() -> list[Figure]:
    """PAI by the challenge's rules: pooled over 24 monthly origins, for two sizes of cell, three areas and horizons."""
    figures = []
    for short, kind, goal in PORTLAND:
        events = portland_events(short)
        best: dict[str, list[Floats]] = {}
        for side in SIDES:
            cells = portland_cells(side)
            for name in ("count3y", "count5y", "ours"):
                pai = _pai(events, cells, name)
                best.setdefault(name, []).append(pai)
                values = "  ".join(" ".join(f"{value:5.1f}" for value in row) for row in pai)
                print(f"Portland {kind}, {side:g} ft, {name:8} {values}", flush=True)
        for name, found in best.items():
            figures += _portland_figures(kind, goal, name, found[0])
    return figures


def _portland_figures(kind: str, goal: float, name: str, pai: Floats) -> list[Figure]:
    """On the smallest cells allowed: the mean over areas and horizons, and over horizons in half a square mile."""
    words, aim = f"Portland {kind}, 250 ft, PAI, mean over", ((goal, ">=") if name == "ours" else ())
    return [
        Figure(f"{words} areas and horizons: {name}", float(pai.mean()), "", *aim),
        Figure(f"{words} horizons in half a square mile: {name}", float(pai[:, 1].mean()), "", *aim),
    ]


def _pai(events: Events, cells: Cells, name: str) -> Floats:
    """(3, 3) prediction accuracy index by horizon and area: part of incidents caught over part of area, all origins."""
    hits, total = np.zeros((len(HORIZONS), len(MILES))), np.zeros(len(HORIZONS))
    shares = [miles * 5280.0**2 * 0.3048**2 / cells.areas.sum() for miles in MILES]
    for start in Origins.of("2015-03-01/2017-02-01/P1M"):
        model = estimator(name).fit(events.before(start), cells, until=start)
        for k, length in enumerate(HORIZONS):
            end = Horizon.of(length).after(start)
            counts = cells.counts(events, start, end)
            hits[k] += Curve.of(model.predict(start, end).density, counts, cells.areas).at(shares)
            total[k] += counts.sum()
    return floats(hits / total[:, None] / np.asarray(shares))


def run_speed() -> list[Figure]:
    """One class of Chicago, and growth from ten thousand incidents to two million.

    The goals are set for the processor's seconds: what the clock shows depends on who else uses the machine.
    """
    one, sizes = measured(0), (10_000, 100_000, 1_000_000, 2_000_000)
    many = {size: measured(size) for size in sizes}
    figures = _speed("burglary with the other classes as context", one, 10.0)
    for size, found in many.items():
        figures += _speed(f"{size:,} incidents", found, 60.0 if size == 1_000_000 else None)
    slope = np.log(many[2_000_000]["processor"] / many[100_000]["processor"]) / np.log(20)
    return [*figures, Figure("growth: power of the number of incidents, 100,000 to 2,000,000", float(slope), "", 1.1)]


def _speed(words: str, found: Mapping[str, float], goal: float | None) -> list[Figure]:
    return [
        Figure(f"speed: {words}, of the processor", found["processor"], "s", goal),
        Figure(f"speed: {words}, on the clock", found["seconds"], "s"),
        Figure(f"memory: {words}, with all of Chicago read", found["peak"], "MiB", 2048.0),
    ]


def run_kernels() -> list[Figure]:
    """Compiled kernels against plain Python on Chicago's cells and a thousand burglaries."""
    city = chicago()
    own, _ = city.split("BURGLARY")
    lately = city.cells.locate(own, "2017-01-02")
    lately = lately.where(np.arange(len(lately) - 1000, len(lately)))
    cells, ones = city.cells, np.ones(1000)
    age = np.floor((lately.day.max() - lately.day) / 7.0)
    x, y, at = lately.x.tolist(), lately.y.tolist(), (cells.x.tolist(), cells.y.tolist())
    return [
        *_twins(
            "kernel density",
            lambda: gaussian_sums(lately.x, lately.y, ones, cells.x, cells.y, *binned(cells.x, cells.y, 900.0), 225.0),
            lambda: plain_gaussian(x, y, ones.tolist(), *at, 900.0, 225.0),
        ),
        *_twins(
            "prospective kernel",
            lambda: prospective_sums(
                lately.x, lately.y, floats(age), cells.x, cells.y, *binned(cells.x, cells.y, 400.0), 125.0
            ),
            lambda: plain_prospective(x, y, age.tolist(), *at, 400.0, 125.0),
        ),
    ]


def _twins(name: str, compiled: Callable[[], Floats], plain: Callable[[], list[float]]) -> list[Figure]:
    """How far two ways differ, relative to the largest value, and how many times quicker the compiled one is."""
    got, want = compiled(), np.array(plain())
    apart = float(np.abs(got - want).max() / np.abs(want).max())
    ratio = best_of(1, plain) / best_of(5, compiled)
    return [
        Figure(f"{name}: greatest relative difference from plain Python", apart, "", 1e-12),
        Figure(f"{name}: quicker than plain Python", ratio, "times", 100.0, ">="),
    ]


def _score(found: Backtest, name: str, key: str) -> float:
    return found.models[name].scores[key].value


def _deviance(found: Backtest, name: str) -> float:
    return _score(found, name, "deviance")


def _rates(found: Backtest, name: str) -> list[float]:
    """Hits in % by share."""
    return [100 * _score(found, name, f"hit_rate@{share:g}") for share in SHARES]


def _at_least(found: Backtest, one: str, other: str) -> int:
    """At how many shares one model hits at least what LightGBM hits, or more than another."""
    pairs = zip(_rates(found, one), _rates(found, other), strict=True)
    return sum(a >= b if other == "lgbm" else a > b for a, b in pairs)


def _table(title: str, found: Backtest) -> None:
    """Hit rates with intervals, deviance and seconds, a line a model."""
    print(f"\n{title}: {found.events_scored:,} incidents in {len(found.origins)} forecasts of {found.horizon}")
    for name, one in found.models.items():
        scores = [one.scores[f"hit_rate@{share:g}"] for share in found.shares]
        rates = "  ".join(f"{100 * s.value:5.2f} ({100 * s.low:5.2f} to {100 * s.high:5.2f})" for s in scores)
        deviance, ratio = (one.scores[key].value for key in ("deviance", "observed_to_expected"))
        print(f"  {name:17} {rates}  {deviance:8.1f}  {ratio:.3f}  {one.seconds:6.1f} s", flush=True)


def _hits(title: str, found: Backtest) -> list[Figure]:
    """Hit rates and deviance of every model."""
    figures = []
    for name in found.models:
        rates = zip(SHARES, _rates(found, name), strict=True)
        figures += [Figure(f"{title}, {name}, hits at {share:.0%}", value, "%") for share, value in rates]
        figures.append(Figure(f"{title}, {name}, deviance", _deviance(found, name), "a week"))
    return figures


PARTS: Mapping[str, Callable[[], list[Figure]]] = {
    "chicago": run_chicago,
    "portland": run_portland,
    "toronto": run_toronto,
    "speed": run_speed,
    "kernels": run_kernels,
}

if __name__ == "__main__":
    chosen = sys.argv[1:] or list(PARTS)
    report("forecast", [figure for part in chosen for figure in PARTS[part]()])
