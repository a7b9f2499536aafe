"""A city of a few objects as an OpenStreetMap file: coast in the west, a lake with an island, a park, streets."""

from pathlib import Path

import osmium

WEST, SOUTH, EAST, NORTH = 10.00, 50.00, 10.04, 50.03

WAYS: dict[int, tuple[list[tuple[float, float]], dict[str, str]]] = {
    # northward, hence the sea is on the right, in the east
    1: ([(10.03, 49.99), (10.03, 50.04)], {"natural": "coastline"}),
    2: ([(10.005, 50.005), (10.015, 50.005), (10.015, 50.015), (10.005, 50.015)], {}),
    3: ([(10.008, 50.008), (10.012, 50.008), (10.012, 50.012), (10.008, 50.012)], {}),
    4: ([(10.018, 50.018), (10.025, 50.018), (10.025, 50.025), (10.018, 50.025)], {"leisure": "park", "name": "Green"}),
    5: ([(10.0, 50.002), (10.028, 50.002)], {"highway": "primary", "name": "High Street"}),
    6: ([(10.002, 50.0), (10.002, 50.029)], {"highway": "residential", "name": "Mill Lane"}),
    7: ([(10.0, 50.028), (10.028, 50.028)], {"highway": "footway"}),
    8: ([(10.001, 50.003), (10.0014, 50.003), (10.0014, 50.0032), (10.001, 50.0032)], {"building": "yes"}),
    9: ([(10.0, 50.016), (10.02, 50.0165)], {"waterway": "stream"}),
    10: ([(10.0, 50.017), (10.02, 50.0175)], {"railway": "rail"}),
    11: ([(10.0, 50.026), (10.02, 50.0265)], {"highway": "construction"}),
}
CLOSED = {2, 3, 4, 8}


def write(path: Path, *, backward: bool = False) -> Path:
    """The file, its ways in the order of their ids or against it."""
    points = {(way, index): at for way, (line, _) in WAYS.items() for index, at in enumerate(line)}
    number = {key: position for position, key in enumerate(points, start=1)}
    nodes = [f'<node id="{number[key]}" version="1" lon="{x}" lat="{y}"/>' for key, (x, y) in points.items()]
    nodes.append(
        '<node id="900" version="1" lon="10.01" lat="50.02"><tag k="place" v="town"/><tag k="name" v="Ås"/></node>'
    )
    ways = [_way(way, number) for way in sorted(WAYS, reverse=backward)]
    lake = (
        '<relation id="1" version="1"><member type="way" ref="2" role="outer"/>'
        '<member type="way" ref="3" role="inner"/>'
        '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/><tag k="name" v="Lake"/></relation>'
    )
    bounds = f'<bounds minlon="{WEST}" minlat="{SOUTH}" maxlon="{EAST}" maxlat="{NORTH}"/>'
    path.write_text(f'<osm version="0.6">{bounds}{"".join(nodes)}{"".join(ways)}{lake}</osm>', encoding="utf-8")
    return path


def _way(way: int, number: dict[tuple[int, int], int]) -> str:
    line, tags = WAYS[way]
    refs = [number[way, index] for index in range(len(line))] + ([number[way, 0]] if way in CLOSED else [])
    inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return (
        f'<way id="{way}" version="1">{inside}{"".join(f"""<tag k="{k}" v="{v}"/>""" for k, v in tags.items())}</way>'
    )


def binary(folder: Path) -> Path:
    """The small city as an extract in the binary form."""
    target = folder / "city.osm.pbf"
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(10.0, 50.0, 10.04, 50.03))
    with osmium.SimpleWriter(str(target), header=header) as writer:
        for item in osmium.FileProcessor(str(write(folder / "city.osm"))):
            writer.add(item)
    return target
