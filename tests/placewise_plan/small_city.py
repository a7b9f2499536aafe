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
