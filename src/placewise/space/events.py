"""Reported incidents: when, where and of which class. By construction there is nowhere to put a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Bools, Floats, Ints, Moments, floats, frozen, ints
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import DAY, Moment, local_times, midnight, moment


class BadEvents(PlacewiseError):
    """Arrays that do not make events: unequal lengths, missing times or positions off the globe."""


class UnknownClass(PlacewiseError):
    """A class of incident that is not among the events."""


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """Incidents sorted by time; a time known only to lie in a span (a date, a weekend) has `ends` after `times`.

    times, ends: (n,) datetime64[us] on the city's wall clock; lon, lat: (n,) degrees WGS 84;
    codes: (n,) index into `classes`; zone: the city's IANA time zone, used for moments that carry one;
    since: the first moment that the records cover, by default the day of the first incident.
    """

    times: Moments
    ends: Moments
    lon: Floats
    lat: Floats
    codes: Ints
    classes: tuple[str, ...]
    zone: str
    since: np.datetime64
    root: "Events | None" = field(default=None)
    rows: Ints | None = field(default=None)

    def __post_init__(self) -> None:
        for part in (self.times, self.ends, self.lon, self.lat, self.codes):
            frozen(part)

    @staticmethod
    def from_arrays(
        times: npt.ArrayLike,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        classes: Sequence[str] | npt.ArrayLike | None = None,
        *,
        ends: npt.ArrayLike | None = None,
        date_only: bool | npt.ArrayLike = False,
        zone: str = "UTC",
        local: bool = False,
        since: Moment | None = None,
    ) -> "Events":
        """Events from parallel arrays; times (and `ends` of spans) in UTC, or on the wall clock if `local`.

        `date_only`, one flag or one each, says that only the local day is known: it becomes a span of that whole day.
        """
        start = _wall(times, zone, local=local)
        end = start if ends is None else np.maximum(_wall(ends, zone, local=local), start)
        x, y = floats(lon), floats(lat)
        names, codes = _encode(classes, start.size)
        _check(start, end, x, y, codes)
        start, end = _whole_days(start, end, np.broadcast_to(np.asarray(date_only, dtype=bool), start.shape))
        order = np.argsort(start, kind="stable")
        covered = _covered(start) if since is None else moment(since, zone)
        start, end, x, y, codes = start[order], end[order], x[order], y[order], codes[order]
        return Events(start, end, x, y, codes, names, zone, covered)

    def __len__(self) -> int:
        """How many incidents there are."""
        return int(self.times.size)

    def __repr__(self) -> str:
        if not len(self):
            return f"Events(none, zone={self.zone})"
        span = f"{str(self.times[0])[:10]} to {str(self.times[-1])[:10]}"
        return f"Events({len(self):,}, {span}, {len(self.classes)} classes, zone={self.zone})"

    def moment(self, value: Moment) -> np.datetime64:
        """The moment on this city's wall clock."""
        return moment(value, self.zone)

    @property
    def middles(self) -> Moments:
        """(n,) the middle of each span, the time itself where it is exact."""
        return self.times + (self.ends - self.times) // 2

    @property
    def date_only(self) -> bool:
        """Whether no incident's hour is known."""
        return len(self) > 0 and bool(np.all(self.ends - self.times >= DAY))

    def of(self, *names: str) -> "Events":
        """The incidents of these classes."""
        if missing := sorted(set(names) - set(self.classes)):
            raise UnknownClass(f"no incident is of class {', '.join(missing)}; there are {', '.join(self.classes)}")
        return self._where(np.isin(self.codes, [self.classes.index(name) for name in names]))

    def before(self, until: Moment) -> "Events":
        """What was known at `until`: incidents that began before it and whose span had ended by then."""
        at = self.moment(until)
        return self._where((self.times < at) & (self.ends <= at))

    def within(self, start: Moment, end: Moment) -> "Events":
        """The incidents whose middle lies in [start, end)."""
        middles = self.middles
        return self._where((middles >= self.moment(start)) & (middles < self.moment(end)))

    def thinned(self, keep: Floats, seed: int) -> "Events":
        """A random part of the incidents, each kept with its own probability in `keep` (n,)."""
        return self._where(np.random.default_rng(seed).random(len(self)) < keep)

    def joined(self, others: Iterable["Events"]) -> "Events":
        """These and others together, in time order."""
        every = [self, *others]
        names = np.concatenate([np.array(e.classes, dtype=object)[e.codes] for e in every])
        return Events.from_arrays(
            np.concatenate([e.times for e in every]),
            np.concatenate([e.lon for e in every]),
            np.concatenate([e.lat for e in every]),
            names,
            ends=np.concatenate([e.ends for e in every]),
            zone=self.zone,
            local=True,
            since=min(e.since for e in every),
        )

    def _where(self, mask: Bools) -> "Events":
        """The rows in the mask, remembering whose rows they are so that nothing is located twice."""
        rows = frozen(np.flatnonzero(mask).astype(np.int64))
        root, own = (self, rows) if self.root is None else (self.root, cast("Ints", self.rows)[rows])
        times, ends, codes = self.times[rows], self.ends[rows], self.codes[rows]
        return Events(
            times, ends, self.lon[rows], self.lat[rows], codes, self.classes, self.zone, self.since, root, own
        )


def _covered(start: Moments) -> np.datetime64:
    """Midnight before the earliest time; the epoch where there is none."""
    first = start.min() if start.size else np.datetime64(0, "us")
    return midnight(first)


def _wall(times: npt.ArrayLike, zone: str, *, local: bool) -> Moments:
    """Times as datetime64[us] on the wall clock."""
    raw = np.atleast_1d(np.asarray(times, dtype="datetime64[us]"))
    return raw if local else local_times(raw, zone)


def _encode(classes: Sequence[str] | npt.ArrayLike | None, n: int) -> tuple[tuple[str, ...], Ints]:
    """Class names in sorted order and the code of each event."""
    if classes is None:
        return ("incident",), np.zeros(n, dtype=np.int64)
    names, codes = np.unique(np.asarray(classes, dtype=str), return_inverse=True)
    return tuple(str(name) for name in names), ints(codes)


def _check(start: Moments, end: Moments, lon: Floats, lat: Floats, codes: Ints) -> None:
    """Refuse what can't be events."""
    if len({a.size for a in (start, end, lon, lat, codes)}) != 1:
        raise BadEvents("times, positions and classes differ in length")
    if np.isnat(start).any() or np.isnat(end).any():
        raise BadEvents("some times are missing; drop or mend these rows first")
    if not (np.all(np.abs(lon) <= 180) and np.all(np.abs(lat) <= 90)):
        raise BadEvents("some positions are missing or not longitude and latitude in degrees")


def _whole_days(start: Moments, end: Moments, flags: Bools) -> tuple[Moments, Moments]:
    """Spans of the whole local day where the flag says that only the date is known."""
    midnight = start.astype("datetime64[D]").astype("datetime64[us]")
    last = end.astype("datetime64[D]").astype("datetime64[us]") + DAY
    return np.where(flags, midnight, start), np.where(flags, last, end)
