"""Rows into arrays: what a drawing of beats may know. Places, times and classes of incidents, and areas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon

from openbeat.access import Actor
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.beats import queries
from openbeat.patrol.beats.ground import Small
from openbeat.patrol.beats.models import Drawing
from openbeat.patrol.beats.rules import Asked
from openbeat.places import queries as places
from placewise.space.events import Events

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Known:
    """Small areas; incidents (m,) by longitude, latitude and work; today's beats by name, if there are any."""

    small: Small
    lon: Floats
    lat: Floats
    work: Floats
    today: dict[str, MultiPolygon]


def known_of(actor: Actor, found: Drawing, asked: Asked) -> Known:
    """Everything that beats are drawn from."""
    events = _events(actor, found, asked)
    named = {one.pk: one.name for one in incidents.offence_classes(actor)}
    by_code = {named[key]: minutes for key, minutes in asked.classes.items()}
    work = np.array([by_code[name] for name in events.classes])[events.codes]
    return Known(queries.small_areas(actor, found), events.lon, events.lat, work, _today(actor, found))


def _events(actor: Actor, found: Drawing, asked: Asked) -> Events:
    """The period's incidents of the classes that make work, on the agency's wall clock."""
    wanted = [one for one in incidents.offence_classes(actor, reported=True) if one.pk in asked.classes]
    after = asked.last + timedelta(days=1)
    rows = incidents.feed(actor, found.agency, classes=wanted, until=after)
    if len(rows.times):
        zone = found.agency.zone
        every = Events.from_arrays(rows.times, rows.lon, rows.lat, rows.classes, ends=rows.ends, zone=zone)
        kept = every.within(np.datetime64(asked.first, "us"), np.datetime64(after, "us"))
        if len(kept):
            return kept
    raise Contradiction(
        "there is no incident of these classes from {first} to {last}",
        mend="choose another period, or import records first",
        first=asked.first,
        last=asked.last,
    )


def _today(actor: Actor, found: Drawing) -> dict[str, MultiPolygon]:
    if found.today is None:
        return {}
    keys, shapes = places.shapes(actor, found.today)
    told = {key: (code, name) for key, code, name in places.areas(actor, found.today).values_list("id", "code", "name")}
    names = [told[key][1] for key in keys]
    clear = len(set(names)) == len(names)  # two beats of one name are told by their codes
    return {told[key][1 if clear else 0]: shape for key, shape in zip(keys, shapes, strict=True)}
