"""Real cities for benchmarks: Chicago, Portland and Toronto as incidents and ground."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import shapefile
import shapely
from benchmarks.common import DATA

from placewise.kernels.arrays import floats
from placewise.space.area import Area
from placewise.space.cells import Cells
from placewise.space.events import Events
from placewise.space.readers import Columns, read_events

TORONTO = Path(__file__).resolve().parents[1] / "src" / "openbeat" / "ops" / "sample" / "toronto"
SQUARE_MILE = 5280.0**2  # square feet
REPORTED = (
    "ARSON", "ASSAULT", "BATTERY", "BURGLARY", "CRIMINAL DAMAGE", "DECEPTIVE PRACTICE", "HOMICIDE", "INTIMIDATION",
    "KIDNAPPING", "MOTOR VEHICLE THEFT", "ROBBERY", "STALKING", "THEFT",
)  # fmt: skip
"""Chicago's classes that victims and callers report; what patrols find is left out."""


@dataclass(frozen=True)
class City:
    """Incidents of several classes on one set of cells."""

    events: Events
    cells: Cells

    def split(self, kind: str) -> tuple[Events, Events]:
        """The incidents of one class, and those of all others."""
        return self.events.of(kind), self.events.of(*(name for name in self.events.classes if name != kind))


def chicago() -> City:
    """250 m squares in EPSG:26916 whose centre lies in a community area; records from Monday, 2 January 2012, on."""
    table = pl.read_parquet(DATA / "chicago" / "chicago_slim_2012-2018.parquet")
    kind = pl.col("category").cast(pl.String)
    rows = table.filter(kind.is_in(REPORTED))
    events = Events.from_arrays(
        rows["datetime"].to_numpy(),
        floats(rows["lon"].cast(pl.Float64).to_numpy()),
        floats(rows["lat"].cast(pl.Float64).to_numpy()),
        rows["category"].cast(pl.String).to_numpy(),
        zone="America/Chicago",
        local=True,
        since="2012-01-02",
    )
    ground = DATA / "chicago" / "boundaries" / "commareas.geojson.gz"
    return City(events, Cells.squares(ground, 250, crs="EPSG:26916"))


def portland_events(short: str) -> Events:
    """Incidents of one of the challenge's classes: `veh` or `bur`; dates without an hour."""
    columns = Columns(
        "occ_date", "x_coordina", "y_coordina", crs="EPSG:2913", date_only=True, zone="America/Los_Angeles"
    )
    return read_events([DATA / "portland" / f"nij_portland_{short}_2012-03_2017-05.csv"], columns).events


def portland_cells(side: float) -> Cells:
    """Squares of `side` feet whose centre lies in a police district: 147.70 square miles in all."""
    file = DATA / "portland" / "Portland_Police_Districts" / "Portland_Police_Districts.shp"
    with shapefile.Reader(str(file)) as reader:
        shapes = [shapely.make_valid(shapely.geometry.shape(one.__geo_interface__)) for one in reader.shapes()]
    return Cells.squares(Area.projected(shapely.union_all(shapes), "EPSG:2913"), side, crs="EPSG:2913")


def toronto() -> City:
    """The sample city on 250 m squares: hours known, points set to intersections."""
    rows = pl.read_parquet(TORONTO / "incidents.parquet")
    hour = rows["occurrence_hour"].to_numpy().astype("timedelta64[h]")
    times = rows["occurrence_date"].to_numpy().astype("datetime64[us]") + hour
    events = Events.from_arrays(
        times,
        rows["longitude"].to_numpy(),
        rows["latitude"].to_numpy(),
        rows["category"].cast(pl.String).to_numpy(),
        ends=times + np.timedelta64(1, "h"),
        zone="America/Toronto",
        local=True,
    )
    return City(events, Cells.squares(TORONTO / "neighbourhoods.geojson", 250))
