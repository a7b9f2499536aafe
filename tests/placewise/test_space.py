"""Events, study areas, cells and surfaces: a table in, a stated answer out."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from scipy import stats

from placewise.kernels.moments import UnknownMoment
from placewise.space import Area, BadEvents, Cells, Events, NoArea, Surface
from placewise.space.area import NoLines
from placewise.space.cells import NoCells, TooManyCells
from placewise.space.events import UnknownClass
from placewise.space.smoothing import Smoother
from placewise.space.surface import BadSurface

TOWN = Area.projected(shapely.box(500_000, 4_800_000, 502_000, 4_801_000), "EPSG:32617")


def events(*rows: tuple[str, str], zone: str = "UTC", **more: Any) -> Events:
    times, classes = zip(*rows, strict=True)
    return Events.from_arrays(times, [-81.0] * len(rows), [43.3] * len(rows), classes, zone=zone, **more)


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2017-01-02T05:59:59", "2017-01-01T23:59:59"),
        ("2017-07-02T05:00:00", "2017-07-02T00:00:00"),
        ("2017-11-05T06:30:00", "2017-11-05T01:30:00"),
        ("2017-11-05T07:30:00", "2017-11-05T01:30:00"),
    ],
)
def test_times_in_utc_become_the_citys_wall_clock(utc: str, local: str) -> None:
    assert events((utc, "a"), zone="America/Chicago").times[0] == np.datetime64(local)


def test_a_moment_with_a_zone_is_put_on_the_citys_wall_clock() -> None:
    chicago = events(("2017-01-02", "a"), zone="America/Chicago")
    assert chicago.moment(datetime(2017, 1, 2, 6, tzinfo=UTC)) == np.datetime64("2017-01-02")
    assert chicago.moment("2017-01-02") == np.datetime64("2017-01-02")
    for text in ("2017-01-02T06:00+00:00", "2017-01-02T06:00Z", "2017-01-02T12:00:00+06:00"):
        assert chicago.moment(text) == np.datetime64("2017-01-02")
    with pytest.raises(UnknownMoment):
        chicago.moment("soon")


def test_date_only_becomes_the_whole_local_day() -> None:
    day = events(("2017-01-02T06:00", "a"), zone="America/Chicago", date_only=True)
    assert (day.times[0], day.ends[0]) == (np.datetime64("2017-01-02"), np.datetime64("2017-01-03"))
    assert day.date_only
    assert day.middles[0] == np.datetime64("2017-01-02T12:00")


def test_what_was_known_before_a_moment() -> None:
    known = events(
        ("2017-01-01T10:00", "exact"), ("2017-01-01T11:00", "open"), ("2017-01-02T00:00", "late"),
        ends=["2017-01-01T10:00", "2017-01-02T03:00", "2017-01-02T00:00"],
    ).before("2017-01-02")  # fmt: skip
    assert [known.classes[code] for code in known.codes] == ["exact"]


def test_a_span_is_counted_once_where_its_middle_lies() -> None:
    weekend = events(("2017-01-07", "a"), ends=["2017-01-09T12:00"])
    parts = [len(weekend.within(*ends)) for ends in (("2017-01-07", "2017-01-08"), ("2017-01-08", "2017-01-09"))]
    assert parts == [0, 1]


def test_classes_are_picked_by_name_and_unknown_ones_refused() -> None:
    mixed = events(("2017-01-01", "theft"), ("2017-01-02", "arson"), ("2017-01-03", "theft"))
    assert mixed.classes == ("arson", "theft")
    assert len(mixed.of("theft")) == 2
    assert len(mixed.of("theft").of("theft", "arson")) == 2
    with pytest.raises(UnknownClass, match="arson, theft"):
        mixed.of("fraud")


@pytest.mark.parametrize(
    ("times", "lon", "lat", "reason"),
    [
        (["2017-01-01"], [200.0], [0.0], "degrees"),
        (["2017-01-01"], [np.nan], [0.0], "degrees"),
        (["NaT"], [0.0], [0.0], "missing"),
        (["2017-01-01"], [0.0, 1.0], [0.0], "length"),
    ],
)
def test_what_is_no_event_is_refused(times: Any, lon: Any, lat: Any, reason: str) -> None:
    with pytest.raises(BadEvents, match=reason):
        Events.from_arrays(times, lon, lat)


def test_events_have_no_place_for_a_person() -> None:
    with pytest.raises(TypeError):
        Events.from_arrays(["2017-01-01"], [0.0], [0.0], suspect=["J. D."])  # type: ignore[call-arg]


def test_events_can_not_be_changed() -> None:
    one = events(("2017-01-01", "a"))
    with pytest.raises(ValueError, match="read-only"):
        one.lon[0] = 1.0


def test_squares_lie_on_multiples_of_their_size() -> None:
    cells = Cells.squares(TOWN, 250, crs="EPSG:32617")
    assert len(cells) == 8 * 4
    assert set(cells.x % 250) == {125.0}
    assert cells.areas.sum() == 2_000_000


def test_squares_in_feet_are_told_in_metres() -> None:
    ground = Area.projected(shapely.box(7_650_000, 680_000, 7_653_000, 681_200), "EPSG:2913")
    cells = Cells.squares(ground, 600, crs="EPSG:2913")
    assert len(cells) == 10
    assert cells.size == pytest.approx(182.88)


def test_h3_cells_are_those_whose_centre_lies_inside() -> None:
    cells = Cells.h3(TOWN, 9)
    assert abs(cells.areas.sum() - 2e6) < 3e5
    assert all(TOWN.geometry.contains(shapely.Point(*centre)) for centre in zip(*cells.degrees, strict=True))


@pytest.mark.parametrize("cells", [Cells.squares(TOWN, 250), Cells.h3(TOWN, 9)], ids=["squares", "h3"])
def test_a_position_is_in_the_cell_whose_outline_holds_it(cells: Cells) -> None:
    rng = np.random.default_rng(1)
    west, south, east, north = TOWN.geometry.bounds
    lon, lat = rng.uniform(west, east, 300), rng.uniform(south, north, 300)
    some = Events.from_arrays(np.full(300, np.datetime64("2020-01-01")), lon, lat)
    found, outlines = cells.index(some), cells.outlines()
    held = [i for i, cell in enumerate(found) if cell >= 0]
    assert len(held) > 200
    inside = [shapely.distance(outlines[found[i]], shapely.Point(some.lon[i], some.lat[i])) < 1e-6 for i in held]
    assert all(inside)


def test_counts_by_cell_and_interval() -> None:
    cells = Cells.squares(TOWN, 250, crs="EPSG:32617")
    lon, lat = cells.degrees
    some = Events.from_arrays(["2020-01-01", "2020-01-07", "2020-01-08"], lon[[3, 3, 5]], lat[[3, 3, 5]])
    counts = cells.counts(some, "2020-01-01", "2020-01-08")
    assert (counts[3], counts.sum()) == (2, 2)


def test_picked_events_are_located_as_if_alone() -> None:
    cells = Cells.squares(TOWN, 250)
    lon, lat = cells.degrees
    some = Events.from_arrays(["2020-01-01", "2020-01-02"], lon[[1, 2]], lat[[1, 2]], ["a", "b"])
    assert cells.locate(some.of("b")).cell.tolist() == [2]
    assert cells.locate(some.of("a", "b").of("b").before("2021-01-01")).cell.tolist() == [2]


def test_ground_without_an_inside_is_refused() -> None:
    with pytest.raises(NoArea):
        Area.of(shapely.Point(0, 0))
    with pytest.raises(NoArea):
        Area.of({"features": []})
    with pytest.raises(NoCells):
        Cells.squares(TOWN, 100_000)
    with pytest.raises(NoArea, match="degrees"):
        Cells.squares(TOWN, 1, crs="EPSG:4326")


def test_ground_around_events_covers_them_all() -> None:
    some = Events.from_arrays(["2020-01-01"] * 2, [-81.0, -81.01], [43.3, 43.31])
    ground = Area.covering(some, reach=100)
    assert ground.contains(some.lon, some.lat).all()
    assert ground.square_metres() == pytest.approx(2 * np.pi * 100**2, rel=0.05)


def surface(values: list[float], errors: list[float] | None = None) -> Surface:
    cells = Cells.squares(Area.projected(shapely.box(500_000, 4_800_000, 501_000, 4_800_250), "EPSG:32617"), 250)
    start, end = np.datetime64("2020-01-01", "us"), np.datetime64("2020-01-08", "us")
    return Surface(cells, start, end, np.array(values), np.array(errors or [0.0] * len(values)))


def test_a_surface_ranks_its_cells() -> None:
    one = surface([1.0, 3.0, 2.0, 3.0])
    assert one.order().tolist() == [1, 3, 2, 0]
    assert one.top(0.5).tolist() == [1, 3]
    assert one.top(0.01).tolist() == [1]
    assert one.frame()["expected"].sum() == one.total == 9.0
    assert one.geojson()["features"][1]["properties"] == {"expected": 3.0, "stderr": 0.0}


def test_the_predictive_interval_is_poisson_without_error_and_wider_with_it() -> None:
    low, high = surface([4.0] * 4).interval(0.9)
    assert (low[0], high[0]) == (stats.poisson.ppf(0.05, 4), stats.poisson.ppf(0.95, 4))
    assert surface([4.0] * 4, [3.0] * 4).interval(0.9)[1][0] > high[0]


@pytest.mark.parametrize("values", [[1.0], [np.nan] * 4, [-1.0] * 4])
def test_what_is_no_surface_is_refused(values: list[float]) -> None:
    with pytest.raises(BadSurface):
        surface(values, [0.0] * len(values))


@pytest.mark.parametrize("cells", [Cells.squares(TOWN, 100), Cells.h3(TOWN, 10)], ids=["squares", "h3"])
def test_smoothing_keeps_the_total_flat_ground_flat_and_spreads_like_a_gaussian(cells: Cells) -> None:
    smooth = Smoother(cells, 200.0)
    assert smooth(cells.areas) == pytest.approx(cells.areas, rel=1e-9)
    middle = int(np.argmin((cells.x - cells.x.mean()) ** 2 + (cells.y - cells.y.mean()) ** 2))
    spread = smooth(np.eye(len(cells))[middle])
    assert spread.sum() == pytest.approx(1.0)
    variance = np.sum(spread * (cells.x - cells.x[middle]) ** 2)
    assert np.sqrt(variance) == pytest.approx(200, rel=0.12)


def test_a_map_shows_every_cell_and_outlines_the_densest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    axes = surface([1.0, 3.0, 2.0, 3.0]).plot(share=0.5)
    filled, outlined = axes.collections
    assert filled.get_array().tolist() == (np.array([1.0, 3.0, 2.0, 3.0]) / 0.0625).tolist()
    assert len(outlined.get_paths()) == 2
    assert axes.get_title() == "9 incidents expected, 2020-01-01 to 2020-01-08"
    again = surface([0.0] * 4).plot(axes)
    assert again is axes
    axes.figure.canvas.draw()


@pytest.mark.parametrize(
    ("ground", "reason"),
    [
        (shapely.box(500_000, 4_800_000, 501_000, 4_800_250), "not in longitude and latitude"),
        ({"type": "Feature", "geometry": {"type": "Circle"}}, "Circle|type"),
        ({"type": "Topology"}, "its type is Topology"),
    ],
)
def test_what_is_no_area_is_refused(ground: Any, reason: str) -> None:
    with pytest.raises(NoArea, match=reason):
        Area.of(ground)


def test_an_area_from_files(tmp_path: Path) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": TOWN.geojson()}]})
    (tmp_path / "a.geojson").write_text(text)
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "list.geojson").write_text("[1]")
    areas = [Area.of(tmp_path / name) for name in ("a.geojson", "a.geojson.gz")]
    assert [area.square_metres() for area in areas] == pytest.approx([TOWN.square_metres()] * 2)
    assert Area.of(str(tmp_path / "a.geojson")).geometry.equals(areas[0].geometry)
    with pytest.raises(NoArea, match="names no type"):
        Area.of(tmp_path / "list.geojson")


def test_ground_scattered_over_the_globe_is_refused() -> None:
    far = Events.from_arrays(["2020-01-01"] * 3, [-81.0, -81.01, 20.0], [43.3, 43.31, 50.0])
    with pytest.raises(TooManyCells, match="scattered"):
        Cells.squares(Area.covering(far), 100)
    with pytest.raises(TooManyCells, match="larger cells"):
        Cells.h3(TOWN, 15)
    with pytest.raises(NoCells, match="0 to 15"):
        Cells.h3(TOWN, 16)


def test_no_incidents_have_no_ground() -> None:
    with pytest.raises(NoArea, match="no events"):
        Area.covering(Events.from_arrays([], [], []))


def test_positions_on_the_other_side_of_the_globe_lie_outside() -> None:
    far = Events.from_arrays(["2020-01-01"] * 2, [99.0, 100.0], [0.0, 0.0])
    assert Cells.squares(TOWN, 250).index(far).tolist() == [-1, -1]


def streets() -> list[shapely.LineString]:
    """Two parallel streets of the town, 200 m apart, in two segments each, and one that leads out of it."""
    metres = [((0, 100), (400, 100)), ((400, 100), (1000, 100)), ((0, 300), (400, 300)), ((400, 300), (1000, 300)),
              ((1900, 500), (2500, 500))]  # fmt: skip
    back = Transformer.from_crs("EPSG:32617", "EPSG:4326", always_xy=True)
    return [shapely.LineString([back.transform(500_000 + x, 4_800_000 + y) for x, y in one]) for one in metres]


def test_incidents_belong_to_the_nearest_street_segment_within_reach() -> None:
    cells = Cells.segments(TOWN, streets(), reach=60, width=20)
    assert cells.names == ["0", "1", "2", "3"]
    assert cells.areas == pytest.approx([8000, 12000, 8000, 12000], rel=1e-3)
    assert cells.size == pytest.approx(500, rel=1e-3)
    spots = [(200, 140), (800, 290), (200, 200), (390, 90), (200, 900)]
    back = Transformer.from_crs("EPSG:32617", "EPSG:4326", always_xy=True)
    lon, lat = zip(*(back.transform(500_000 + x, 4_800_000 + y) for x, y in spots), strict=True)
    found = cells.index(Events.from_arrays(["2020-01-01"] * 5, lon, lat)).tolist()
    assert found == [0, 3, -1, 0, -1]
    bands = cells.outlines()
    assert Area(bands[1]).square_metres() == pytest.approx(12000, rel=1e-2)


def test_street_segments_from_a_file(tmp_path: Path) -> None:
    whole = shapely.MultiLineString(streets())
    (tmp_path / "s.geojson").write_text(json.dumps(shapely.geometry.mapping(whole)))
    assert len(Cells.segments(TOWN, tmp_path / "s.geojson")) == 4


@pytest.mark.parametrize("lines", [[], [shapely.Point(0, 0)], [shapely.LineString([(0, 0), (0, 0)])]])
def test_what_is_no_street_is_refused(lines: Any) -> None:
    with pytest.raises(NoLines):
        Cells.segments(TOWN, lines)


def test_streets_elsewhere_are_refused() -> None:
    with pytest.raises(NoCells):
        Cells.segments(TOWN, [shapely.LineString([(0, 0), (0, 1)])])


def test_things_say_what_they_are() -> None:
    one = surface([1.0, 3.0, 2.0, 3.0])
    assert repr(one).endswith("2020-01-01 to 2020-01-08, 9.0 expected, Cells(squares 250, 4 cells, 0.2 km²))")
    assert repr(events(("2017-01-01", "a"), ("2017-02-01", "b"))) == (
        "Events(2, 2017-01-01 to 2017-02-01, 2 classes, zone=UTC)"
    )
    assert repr(Events.from_arrays([], [], [])) == "Events(none, zone=UTC)"
    assert Cells.squares(TOWN, 250).summary() == {
        "kind": "squares", "size": 250.0, "cells": 32, "km2": 2.0, "crs": "EPSG:32617"
    }  # fmt: skip
