"""The check-suite that every estimator passes: each check takes an estimator and says by CheckFailed what is wrong."""

import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import LineString

from placewise.forecast.base import Estimator, ForecastOfThePast, NotFitted
from placewise.kernels.arrays import Floats, floats
from placewise.space.area import Area
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.surface import Surface

UNTIL, END = "2021-07-05", "2021-07-12"
_MIB = 1 << 20


class CheckFailed(AssertionError):
    """An estimator breaks the contract; the message says how."""


def town(n: int = 4000, seed: int = 7) -> tuple[Events, Cells]:
    """A made-up town of 5 by 4 km with hot spots, three and a half years of incidents and some after `UNTIL`."""
    rng = np.random.default_rng(seed)
    spots = rng.random((12, 2)) * [4600, 3600] + 200
    pick = rng.choice(12, n, p=np.arange(12, 0, -1) / 78)
    x, y = (spots[pick] + rng.normal(0, 250, (n, 2))).clip([5, 5], [4995, 3995]).T
    day = rng.random(n) * 1350
    ground = Area.projected(shapely.box(500_000, 4_800_000, 505_000, 4_804_000), "EPSG:32617")
    lon, lat = _degrees(500_000 + x, 4_800_000 + y)
    times = np.datetime64("2018-01-01", "us") + (day * 86400e6).astype("timedelta64[us]")
    kinds = np.where(rng.random(n) < 0.7, "burglary", "theft")
    return Events.from_arrays(times, lon, lat, kinds), Cells.squares(ground, 250)


def demand(holds: object, reason: str) -> None:
    """Fail the check, with the reason, unless it holds."""
    if not holds:
        raise CheckFailed(reason)


def check_settings(model: Estimator) -> None:
    """A clone has equal settings and nothing learned; the settings stand in its repr."""
    events, cells = town(300)
    fitted = model.clone().fit(events, cells, until=UNTIL)
    again = fitted.clone()
    demand(again.settings() == model.settings(), "the clone's settings differ")
    demand(not [name for name in vars(again) if name.endswith("_")], "the clone has learned something")
    demand(repr(again) == repr(model), "the clone's repr differs")
    demand(all(f"{name}=" in repr(model) for name in model.settings()), "a setting is missing from the repr")


def check_fit_returns_self(model: Estimator) -> None:
    """`fit` hands back the estimator itself, and leaves its settings as they were."""
    events, cells = town(300)
    before = model.settings()
    demand(model.fit(events, cells, until=UNTIL) is model, "fit did not return self")
    demand(model.settings() == before, "fit changed a setting")


def check_unfitted(model: Estimator) -> None:
    """Forecasting before learning is refused by name."""
    try:
        model.clone().predict(UNTIL, END)
    except NotFitted:
        return
    raise CheckFailed("an unfitted estimator made a forecast")


def check_past_refused(model: Estimator) -> None:
    """An interval that begins before `until` is refused."""
    events, cells = town(300)
    fitted = model.clone().fit(events, cells, until=UNTIL)
    for start, end in (("2021-07-04", END), (END, END)):
        try:
            fitted.predict(start, end)
        except ForecastOfThePast:
            continue
        raise CheckFailed(f"{start} to {end} was forecast")


def check_repeatable(model: Estimator) -> None:
    """Fitting twice, on one object or on clones, gives the same forecast to the last bit."""
    events, cells = town()
    one = model.clone().fit(events, cells, until=UNTIL)
    first = one.predict(UNTIL, END)
    _same(first, model.clone().fit(events, cells, until=UNTIL).predict(UNTIL, END), "a clone forecasts otherwise")
    other, _ = town(500, seed=8)
    one.fit(other, cells, until=UNTIL).fit(events, cells, until=UNTIL)
    _same(first, one.predict(UNTIL, END), "an earlier fit left something behind")


def check_pure_predict(model: Estimator) -> None:
    """`predict` changes nothing: asking for another interval in between makes no difference."""
    events, cells = town(1500)
    fitted = model.clone().fit(events, cells, until=UNTIL)
    first = fitted.predict(UNTIL, END)
    fitted.predict("2021-08-01", "2021-09-01")
    _same(first, fitted.predict(UNTIL, END), "predict is not pure")


def check_no_future_leak(model: Estimator) -> None:
    """Incidents at or after `until`, of the target or of the context, change nothing."""
    events, cells = town()
    known = events.before(UNTIL)
    demand(len(known) < len(events), "the town has no future to leak")
    whole = model.clone().fit(events, cells, until=UNTIL, context=events).predict(UNTIL, END)
    cut = model.clone().fit(known, cells, until=UNTIL, context=known).predict(UNTIL, END)
    _same(whole, cut, "incidents after `until` changed the forecast")


def check_unknown_spans(model: Estimator) -> None:
    """A span that had not ended at `until` was not known then and changes nothing; dates alone are enough to learn."""
    events, cells = town(1500)
    known = events.before(UNTIL)
    late = Events.from_arrays(["2021-07-04T20:00"], known.lon[:1], known.lat[:1], ["burglary"], ends=["2021-07-06"])
    first = model.clone().fit(known, cells, until=UNTIL).predict(UNTIL, END)
    _same(first, model.clone().fit(known.joined([late]), cells, until=UNTIL).predict(UNTIL, END), "an open span leaked")
    dated = Events.from_arrays(known.times, known.lon, known.lat, date_only=True)
    demand(model.clone().fit(dated, cells, until=UNTIL).predict(UNTIL, END).total > 0, "dates alone gave nothing")


def check_few_events(model: Estimator) -> None:
    """No incident at all, and a single one, give a finite surface that expects little."""
    events, cells = town(300)
    for n in (0, 1):
        few = Events.from_arrays(events.times[:n], events.lon[:n], events.lat[:n], since="2018-01-01")
        surface = model.clone().fit(few, cells, until=UNTIL).predict(UNTIL, END)
        demand(surface.total < 1.0, f"{n} incidents in three years make {surface.total:.2f} a week")


def check_scale(model: Estimator) -> None:
    """The total expected is of the size of what came before, and two weeks expect about twice one."""
    events, cells = town()
    fitted = model.clone().fit(events, cells, until=UNTIL)
    week, fortnight = fitted.predict(UNTIL, END), fitted.predict(UNTIL, "2021-07-19")
    weekly = len(events.within("2021-01-04", UNTIL)) / 26
    demand(0.6 * weekly < week.total < 1.6 * weekly, f"{week.total:.1f} expected where {weekly:.1f} a week happened")
    demand(1.6 < fortnight.total / week.total < 2.4, "two weeks are not about twice one")
    demand(np.all(week.stderr > 0), "a standard error is nought")


def check_better_than_even(model: Estimator) -> None:
    """Hot spots that lasted for years are found: the top tenth of the area holds more than a quarter of what comes."""
    events, cells = town()
    surface = model.clone().fit(events, cells, until=UNTIL).predict(UNTIL, END)
    counts = cells.counts(events, UNTIL, "2021-09-30")
    caught = counts[surface.top(0.1)].sum() / counts.sum()
    demand(caught > 0.25, f"only {caught:.0%} of incidents in the densest tenth")


def check_other_cells(model: Estimator) -> None:
    """Hexagons and street segments are forecast as squares are: about the same total, the hot spots found."""
    events, squares = town(2000)
    total = model.clone().fit(events, squares, until=UNTIL).predict(UNTIL, END).total
    for cells in (Cells.h3(squares.ground, 9), Cells.segments(squares.ground, _streets(), reach=150.0)):
        surface = model.clone().fit(events, cells, until=UNTIL).predict(UNTIL, END)
        demand(0.8 < surface.total / total < 1.25, f"{surface.total:.1f} on {cells!r}, {total:.1f} on squares")
        counts = cells.counts(events, UNTIL, "2021-09-30")
        caught = counts[surface.top(0.2)].sum() / counts.sum()
        demand(caught > 0.35, f"only {caught:.0%} of incidents in the densest fifth of {cells!r}")


def check_memory(model: Estimator) -> None:
    """Learning from 4,000 incidents on 320 cells needs less than 64 MiB at its peak."""
    events, cells = town()
    model.clone().fit(events, cells, until=UNTIL)
    tracemalloc.start()
    try:
        model.clone().fit(events, cells, until=UNTIL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    demand(peak < 64 * _MIB, f"{peak / _MIB:.0f} MiB at the peak")


CHECKS: tuple[Callable[[Estimator], None], ...] = (
    check_settings,
    check_fit_returns_self,
    check_unfitted,
    check_past_refused,
    check_repeatable,
    check_pure_predict,
    check_no_future_leak,
    check_unknown_spans,
    check_few_events,
    check_scale,
    check_better_than_even,
    check_other_cells,
    check_memory,
)


def _same(one: Surface, other: Surface, reason: str) -> None:
    """Two surfaces agree to the last bit."""
    equal = np.array_equal(one.expected, other.expected) and np.array_equal(one.stderr, other.stderr)
    demand(equal, f"{reason} (by up to {np.abs(one.expected - other.expected).max():.3g})")


def _streets() -> list[LineString]:
    """A grid of streets over the town, a segment between every two crossings 200 m apart."""
    x, y = np.meshgrid(np.arange(500_000, 505_001, 200), np.arange(4_800_000, 4_804_001, 200))
    lon, lat = (part.reshape(x.shape) for part in _degrees(floats(x.ravel()), floats(y.ravel())))
    spots = np.dstack([lon, lat])
    along = [LineString(ends) for row in spots for ends in pairwise(row)]
    return along + [LineString(ends) for column in spots.swapaxes(0, 1) for ends in pairwise(column)]


def _degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Positions of the made-up town in degrees."""
    from pyproj import Transformer

    lon, lat = Transformer.from_crs("EPSG:32617", "EPSG:4326", always_xy=True).transform(x, y)
    return floats(lon), floats(lat)
