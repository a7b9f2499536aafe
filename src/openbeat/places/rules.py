"""Decisions about places: which set is in force, which file is a street file, what a page says of travel times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, TypeVar

from openbeat.kernel.errors import BadInput, Contradiction

DETOUR = 1.3
"""How much longer a drive is than the great circle, where no streets are known: the common value for street grids."""
DEFAULT_KMH = 30.0
"""The speed of such a drive, until the agency states its own."""
SLOWEST_KMH, FASTEST_KMH = 5.0, 130.0
LONGEST_CODE, LONGEST_NAME = 80, 160


class Layer(StrEnum):
    """What the areas of a set are."""

    BEATS = "beats"
    SECTORS = "sectors"
    DISTRICTS = "districts"
    NEIGHBOURHOODS = "neighbourhoods"
    WARDS = "wards"
    TRACTS = "tracts"
    OTHER = "other"


class NotAStreetFile(BadInput):
    """The file is neither an extract nor a list of streets."""

    code = "not-a-street-file"


class Dated(Protocol):
    """What is in force from a day on."""

    @property
    def layer(self) -> str:
        """Which layer it belongs to."""
        ...

    @property
    def valid_from(self) -> date:
        """The first day on which it holds."""
        ...


D = TypeVar("D", bound=Dated)


def in_force(sets: Iterable[D], day: date) -> dict[str, D]:
    """Of each layer, the set that holds on the day: the latest that has begun."""
    begun = sorted((one for one in sets if one.valid_from <= day), key=lambda one: one.valid_from)
    return {one.layer: one for one in begun}


def stated_speed(kmh: float) -> float:
    """A speed that a patrol car can drive on average through a city."""
    if not SLOWEST_KMH <= kmh <= FASTEST_KMH:
        raise BadInput(
            "{kmh:g} km/h is no average speed of a patrol car",
            mend="state one from {slowest_kmh:g} to {fastest_kmh:g} km/h",
            kmh=kmh,
            slowest_kmh=SLOWEST_KMH,
            fastest_kmh=FASTEST_KMH,
        )
    return kmh


def require_extract(name: str) -> None:
    """Only OpenStreetMap's binary form is taken: it is the one that every provider gives."""
    if not name.lower().endswith(".osm.pbf"):
        raise NotAStreetFile(
            "{name} is not an OpenStreetMap extract", mend="give your city's extract as an .osm.pbf file", name=name
        )


def require_reason(reason: str) -> str:
    """Why areas are taken out of use."""
    if not reason.strip():
        raise Contradiction("say why these areas are withdrawn")
    return reason.strip()


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station as a list names it; degrees, WGS 84."""

    code: str
    name: str
    lon: float
    lat: float


STATION_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "code": ("code", "district", "id", "number"),
        "name": ("name", "district name", "station", "title"),
        "lon": ("lon", "longitude", "lng", "x"),
        "lat": ("lat", "latitude", "y"),
    }
)


def stations_of(rows: Iterable[Mapping[str, str | None]]) -> list[StationRow]:
    """Stations from a table whose columns are named in one of the usual ways."""
    found = [_station(number, {_plain(k): v or "" for k, v in row.items()}) for number, row in enumerate(rows, start=1)]
    if not found:
        raise BadInput("the list holds no stations", mend="give one row a station: code, name, longitude, latitude")
    if len({station.code for station in found}) < len(found):
        raise BadInput("two stations have the same code", mend="give each its own")
    return found


def _plain(column: str | None) -> str:
    return (column or "").strip().lower().replace("_", " ")


def _station(number: int, row: Mapping[str, str]) -> StationRow:
    found = {field: next((row[w].strip() for w in words if row.get(w)), "") for field, words in STATION_COLUMNS.items()}
    try:
        lon, lat = float(found["lon"]), float(found["lat"])
    except ValueError:
        lon = lat = 1e9
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadInput(
            "row {number} has no place in degrees",
            mend="name the columns longitude and latitude, in degrees (WGS 84)",
            number=number,
        )
    code = found["code"] or str(number)
    return StationRow(code[:40], (found["name"] or code)[:LONGEST_NAME], lon, lat)
