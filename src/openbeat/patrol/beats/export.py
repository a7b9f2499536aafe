"""An alternative as it leaves the house: a table of its beats, or their ground with the same figures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shapely import MultiPolygon

from openbeat.kernel.csv_file import as_csv
from openbeat.places.shapes import as_geojson

COLUMNS = (
    "beat", "small_areas", "workload", "of_the_mean", "mean_minutes", "minutes_90", "compactness", "middle",
)  # fmt: skip


def as_table(plan: Mapping[str, Any]) -> bytes:
    """A row for each beat, in UTF-8."""
    return as_csv([(*COLUMNS, "areas"), *((*_figures(plan, beat), "; ".join(beat["areas"])) for beat in plan["beats"])])


def as_collection(plan: Mapping[str, Any], shapes: Mapping[str, MultiPolygon]) -> bytes:
    """A GeoJSON feature for each beat, degrees."""
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(COLUMNS, _figures(plan, beat), strict=True)) | {"areas": beat["areas"]},
            "geometry": as_geojson(shapes[beat["name"]]),
        }
        for beat in plan["beats"]
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _figures(plan: Mapping[str, Any], beat: Mapping[str, Any]) -> tuple[object, ...]:
    share = round(beat["workload"] / plan["mean"], 4) if plan["mean"] else 0.0
    return (
        beat["name"], len(beat["areas"]), beat["workload"], share, round(beat["seconds"] / 60, 3),
        round(beat["p90"] / 60, 3), round(beat["compactness"], 3), beat["middle"],
    )  # fmt: skip
