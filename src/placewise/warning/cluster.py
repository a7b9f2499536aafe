"""A cluster that a scan found: where, when, how many, and how rarely chance alone would show one like it."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

OFTEN = 0.5  # p from which on a cluster is no news
EARTH_RADIUS = 6_371_009.0  # metres, the mean of the ellipsoid


def so_many(n: int, what: str) -> str:
    """1 case, 2 cases."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


@dataclass(frozen=True)
class Cluster:
    """More cases than expected within a circle, over the last days.

    centre: longitude and latitude of the circle's middle; radius: metres to its farthest place, that one included;
    places: numbers of its places, nearest first: of the cells given, or of `SpaceTimeScan.cases_`;
    start, end: its first and its last day, both included; days: how many these are;
    observed, expected: cases; statistic: logarithm of the likelihood ratio; p: share of the replications, the
    observed data among them, whose greatest statistic is at least as large; gumbel: the same from a Gumbel
    distribution fitted to the replications, which reaches further out; recurrence: days of such analyses until
    chance alone would show one like it, also where p is for earlier analyses as well; case_rows: rows of its cases in
    what was scanned.
    """

    centre: tuple[float, float]
    radius: float
    places: tuple[int, ...]
    start: date
    end: date
    days: int
    observed: int
    expected: float
    statistic: float
    p: float
    gumbel: float
    recurrence: float
    case_rows: tuple[int, ...]

    @property
    def ratio(self) -> float:
        """Observed cases for each expected."""
        return self.observed / self.expected

    def to_dict(self) -> dict[str, Any]:
        """The cluster in plain values, dates as ISO text."""
        plain = asdict(self) | {"ratio": self.ratio, "start": self.start.isoformat(), "end": self.end.isoformat()}
        return plain | {name: list(plain[name]) for name in ("centre", "places", "case_rows")}

    def outline(self, least: float = 50.0) -> dict[str, Any]:
        """The circle as a GeoJSON polygon, drawn with a radius of at least so many metres; centre in degrees."""
        lon, lat = self.centre
        turn = np.linspace(0, 2 * np.pi, 65)
        degree = np.pi / 180 * EARTH_RADIUS
        reach = max(self.radius, least)
        x = lon + reach * np.cos(turn) / (degree * np.cos(np.radians(lat)))
        y = lat + reach * np.sin(turn) / degree
        ring = np.column_stack([x, y])
        ring[-1] = ring[0]
        return {"type": "Polygon", "coordinates": [ring.round(6).tolist()]}

    def describe(self) -> str:
        """One sentence for a person who decides."""
        when = f"on {self.end}" if self.days == 1 else f"from {self.start} to {self.end}"
        where = f"within {self.radius:,.0f} m of" if self.radius else "at"
        return (
            f"{so_many(self.observed, 'case')} {when} {where} {self.centre[1]:.5f}, {self.centre[0]:.5f}, "
            f"where {self.expected:.2g} were expected; {self._how_rare()}"
        )

    def _how_rare(self) -> str:
        """How often chance alone shows one like it."""
        if self.p > OFTEN:
            return "chance alone shows one like it in most analyses"
        often = "less than once" if self.gumbel < self.p / 2 else "about once"  # beyond what replications can tell
        return f"chance alone shows one like it {often} in {self.recurrence:,.0f} days of such analyses"
