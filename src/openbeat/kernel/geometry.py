"""Places as values: longitude, latitude (WGS 84, in that order) and the H3 cell that holds them."""

from __future__ import annotations

from dataclasses import dataclass

import h3

CELL_RESOLUTION = 11
"""Resolution of a place's own cell: edge about 25 m."""


@dataclass(frozen=True, slots=True)
class Position:
    """A point in degrees, WGS 84."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180 <= self.lon <= 180 and -90 <= self.lat <= 90):
            raise ValueError(f"not a longitude and latitude: {self.lon}, {self.lat}")

    def cell(self, resolution: int = CELL_RESOLUTION) -> int:
        """The H3 cell (64-bit integer) that holds the point."""
        return int(h3.str_to_int(h3.latlng_to_cell(self.lat, self.lon, resolution)))
