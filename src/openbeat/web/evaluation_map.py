"""Where before and after is compared: treated places, the ring, the comparison, as a map and as its table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import h3
import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry import shape

from openbeat.patrol.evaluation import Answer, Question
from openbeat.places import queries as places
from openbeat.web.evaluation_board import ZONES
from openbeat.web.ground import map_ground
from openbeat.web.plan_board import ROOM
from openbeat.web.request import Request
from openbeat.web.ui.maps import Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Row, Table
from placewise.kernels.arrays import Bools


def zone_map(request: Request, asked: Question, answer: Answer) -> Map:
    """The three sets of cells, each told apart by its pattern; what is near the treated places comes into view."""
    near = answer.zones.treated | answer.zones.ring
    lon, lat = (part[near] for part in answer.cells.degrees)
    around = (float(lon.min()) - ROOM, float(lat.min()) - ROOM, float(lon.max()) + ROOM, float(lat.max()) + ROOM)
    data = [one for name, part in reversed(answer.zones.named()) for one in _zones(answer, name, part)]
    swatches = [(f"zone-{name}", ZONES[name]) for name, part in answer.zones.named() if part.any()]
    ground = map_ground(request, asked.area_set) | {"bounds": around}
    return Map("zones", _("Where it is compared"), id="zones", data=data, swatches=swatches, **ground)


def _zones(answer: Answer, name: str, part: Bools) -> list[dict[str, Any]]:
    """A set's pieces of touching cells, each with its incidents; the comparison is one piece."""
    if not part.any():
        return []
    whole = h3.cells_to_geo([h3.int_to_str(cell) for cell in answer.cells.ids[part].tolist()], tight=False)
    pieces = [whole] if name == "comparison" else [_polygon(one) for one in whole["coordinates"]]
    return [_zone(answer, f"{name}-{i}", name, part, piece) for i, piece in enumerate(pieces)]


def _polygon(rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}


def _zone(answer: Answer, key: str, name: str, part: Bools, piece: dict[str, Any]) -> dict[str, Any]:
    outline = shape(piece)
    inside = part & shapely.contains_xy(outline, *answer.cells.degrees) if name != "comparison" else part
    middle = outline.representative_point()
    told = {
        "before": number(float(answer.before[inside].sum()), 0),
        "after": number(float(answer.after[inside].sum()), 0),
        "cells": number(int(inside.sum()), 0),
    }
    return {
        "id": key, "kind": name, "at": [middle.x, middle.y], "title": str(ZONES[name]), "shape": piece,
        "detail": _("%(before)s incidents before, %(after)s after · %(cells)s cells") % told,
    }  # fmt: skip


def zone_table(request: Request, asked: Question, answer: Answer) -> Table:
    """The map as a table: each set by the areas that it lies in, most incidents before first."""
    columns = [
        Column("set", _("What")),
        Column("area", _("Area")),
        Column("cells", _("Cells"), kind="number"),
        Column("before", _("Incidents before"), kind="number"),
        Column("after", _("Incidents after"), kind="number"),
    ]
    names = places.names_of_cells(request.actor, asked.area_set, answer.cells.ids)
    rows = [Row(line) for name, part in answer.zones.named() for line in _lines(answer, names, name, part)]
    title = _("Where it is compared, by area")
    return Table(title, columns, rows, dense=True, tall=True, stacks=False, show_caption=False)


def _lines(answer: Answer, names: list[str], name: str, part: Bools) -> list[list[object]]:
    cells, before, after = Counter[str](), Counter[str](), Counter[str]()
    for i in np.flatnonzero(part).tolist():
        cells[names[i]] += 1
        before[names[i]] += int(answer.before[i])
        after[names[i]] += int(answer.after[i])
    areas = sorted(cells, key=lambda area: (-before[area], area))
    outside = _("outside of areas")
    return [[str(ZONES[name]), area or outside, cells[area], before[area], after[area]] for area in areas]
