"""Questions about beat drawings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from shapely import MultiPolygon

from openbeat.access import Actor, Permission
from openbeat.kernel.errors import NotFound
from openbeat.patrol.beats.ground import Small, dissolved
from openbeat.patrol.beats.models import Drawing
from openbeat.patrol.beats.rules import AS_THEY_ARE, Asked, asked_from
from openbeat.places import queries as places
from openbeat.seeing.visible import visible

__all__ = ["Drawing", "asked_of", "beat_shapes", "drawing", "drawings", "plan_of", "small_areas"]


def drawings(actor: Actor) -> QuerySet[Drawing]:
    """Drawings in reach, the newest first, without their results."""
    seen = visible(actor, Permission.BEATS_VIEW, Drawing.objects.all())
    return seen.defer("result").select_related("author", "agency", "area_set", "today").order_by("-made_at")


def drawing(actor: Actor, drawing_id: UUID | str) -> Drawing:
    """One drawing in reach, whole."""
    seen = visible(actor, Permission.BEATS_VIEW, Drawing.objects.all())
    whole = seen.select_related("author", "agency", "area_set", "today", "adopted", "adopter")
    found = whole.filter(pk=drawing_id).first()
    if found is None:
        raise NotFound("there is no such beat drawing, or it is not yours to see")
    return found


def asked_of(actor: Actor, found: Drawing) -> Asked:
    """What was asked, as values."""
    return asked_from(found.asked)


def plan_of(actor: Actor, found: Drawing, name: str) -> Mapping[str, Any]:
    """One alternative of a finished drawing."""
    plans = found.result["plans"] if found.result else []
    plan = next((one for one in plans if one["name"] == name), None)
    if plan is None:
        raise NotFound("this drawing has no such alternative")
    return dict(plan)


def small_areas(actor: Actor, found: Drawing) -> Small:
    """The small areas that beats are drawn of: those of the set, or cells of its ground."""
    fineness = asked_of(actor, found).fineness
    if fineness != AS_THEY_ARE:
        small = Small.of_cells(places.ground(actor, found.area_set), fineness)
        cells = np.array([int(key, 16) for key in small.keys], dtype=np.int64)
        return small.told_by(places.names_of_cells(actor, found.area_set, cells))
    keys, shapes = places.shapes(actor, found.area_set)
    told = {
        key: (code, name) for key, code, name in places.areas(actor, found.area_set).values_list("id", "code", "name")
    }
    return Small.of_areas([told[key] for key in keys], shapes)


def beat_shapes(actor: Actor, found: Drawing, plan: Mapping[str, Any]) -> dict[str, MultiPolygon]:
    """The exact ground of each beat of an alternative, in degrees."""
    return dissolved(small_areas(actor, found), {beat["name"]: beat["areas"] for beat in plan["beats"]})
