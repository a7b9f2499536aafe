"""Planning problems small enough to think through, and made-up ones of any size."""

import numpy as np

from placewise.plan import Break, Place, Problem, Station, Unit, Window

MINUTE = 60
HOUR = 3600


def line(places, units, *, slots=((0, 8 * HOUR),), step=5 * MINUTE, spacing=0, **rest) -> Problem:
    """Places on a line `step` seconds apart, in the order given; the station stands before the first."""
    count = len(places)
    at = np.array([*range(1, count + 1), 0])
    travel = np.abs(at[:, None] - at[None, :]) * step
    station = Station("home", 0.0, 0.0)
    windows = tuple(Window(*slot) for slot in slots)
    return Problem(tuple(places), (station,), tuple(units), windows, travel.astype(np.int64), spacing, **rest)


def place(name, prize=(1.0,), **rest) -> Place:
    return Place(name, 0.0, 0.0, tuple(prize), **rest)


def unit(name="a", start=0, end=8 * HOUR, breaks=(), **rest) -> Unit:
    return Unit(name, "home", "home", Window(start, end), tuple(Break(*each) for each in breaks), **rest)


def made_up(seed, *, places=25, units=4, slots=3, spacing=20 * MINUTE, breaks=True, **rest) -> Problem:
    """A made-up city: places on a plane, driving at a steady speed, more wanted than can be given."""
    rng = np.random.default_rng(seed)
    spots = rng.uniform(0, 20 * MINUTE, (places + 2, 2))
    travel = np.ceil(np.hypot(*(spots[:, None] - spots[None, :]).T)).astype(np.int64)
    length = 6 * HOUR
    windows = tuple(Window(i * length // slots, (i + 1) * length // slots) for i in range(slots))
    listed = tuple(
        Place(
            f"p{i}", *spots[i].tolist(), tuple(rng.integers(1, 30, slots).astype(float).tolist()),
            int(rng.integers(1, slots + 1)), int(rng.integers(10, 16)) * MINUTE,
            area="north" if spots[i, 1] > 600 else "south",
            skills=("dog",) if i == 3 else (), crew=2 if i % 5 == 4 else 1,
        )
        for i in range(places)
    )  # fmt: skip
    crews = tuple(
        Unit(
            f"u{i}", f"s{i % 2}", "s0", Window(0, length), (Break(30 * MINUTE, 2 * HOUR, 4 * HOUR),) * breaks,
            ("dog",) if i == 1 else (), 1 + i % 2,
        )
        for i in range(units)
    )  # fmt: skip
    stations = (Station("s0", *spots[-2].tolist()), Station("s1", *spots[-1].tolist()))
    return Problem(listed, stations, crews, windows, travel, spacing, **rest)


def strange(seed) -> Problem:
    """Anything a problem may be: driving without a triangle rule, slots with gaps, several breaks, caps, no prizes."""
    rng = np.random.default_rng(seed)
    count, slots, stations, length = (int(rng.integers(*span)) for span in ((1, 25), (1, 5), (1, 3), (1, 9)))
    length *= HOUR
    travel = rng.integers(0, 20 * MINUTE, (count + stations,) * 2)
    np.fill_diagonal(travel, 0)
    cuts = np.sort(rng.choice(np.arange(1, length), 2 * slots, replace=False)).reshape(-1, 2)
    windows = tuple(Window(int(start), int(end)) for start, end in cuts)
    places = tuple(
        Place(
            f"p{i}", 0.0, 0.0, tuple(rng.integers(0, 20, slots).astype(float).tolist()),
            int(rng.integers(0, slots + 2)), int(rng.integers(0, 20)) * MINUTE,
            str(rng.choice(["", "a", "b"])), ("dog",) * int(rng.random() < 0.1),
            1 + int(rng.random() < 0.2),
        )
        for i in range(count)
    )  # fmt: skip
    units = tuple(_strange_unit(f"u{i}", length, stations, rng) for i in range(int(rng.integers(1, 5))))
    caps = {area: float(rng.uniform(0.2, 1)) for area in "ab" if rng.random() < 0.4}
    named = tuple(Station(f"s{i}", 0.0, 0.0) for i in range(stations))
    return Problem(places, named, units, windows, travel, int(rng.integers(0, 60)) * MINUTE, caps)


def _strange_unit(name, length, stations, rng) -> Unit:
    start, end = int(rng.integers(0, length // 3)), int(rng.integers(2 * length // 3, length))
    breaks, now = [], start
    while now < end - 50 * MINUTE and rng.random() < 0.5:
        breaks.append(Break(int(rng.integers(0, 40)) * MINUTE, now, now + int(rng.integers(0, HOUR))))
        now = breaks[-1].latest + breaks[-1].seconds
    fits = now <= end - 25 * MINUTE
    at = [f"s{rng.integers(stations)}" for _ in range(2)]
    return Unit(
        name, *at, Window(start, end), tuple(breaks) * fits, ("dog",) * int(rng.random() < 0.4), int(rng.integers(1, 3))
    )
