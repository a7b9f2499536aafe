"""Rows into arrays: what a standby plan may know. Times, places and classes of incidents, stations, areas."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from openbeat.access import Actor
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction
from openbeat.patrol.standby.demand import MOST_WAITING, Ground, Known, Place, named_apart, share_in_hours
from openbeat.patrol.standby.models import StandbyPlan
from openbeat.patrol.standby.rules import Asked, Waiting
from openbeat.places import queries as places
from placewise.space.events import Events


def known_of(actor: Actor, found: StandbyPlan, asked: Asked) -> Known:
    """Everything that the search is built from."""
    events = _events(actor, found, asked)
    weight = share_in_hours(events.times, events.ends, asked.first_hour, asked.hours)
    if not weight.any():
        raise _nothing(asked)
    ground = Ground.of(events.lon, events.lat, weight)
    stations = {one.name: one for one in places.stations(actor, found.agency_id)}
    if missing := [one.station for one in asked.stands if one.station not in stations]:
        raise Contradiction("there is no station {name} any more", mend="copy and change it", name=missing[0])
    own = [Place(one.station, stations[one.station].lon, stations[one.station].lat) for one in asked.stands]
    further = _waiting(actor, found, asked, Ground.of(events.lon, events.lat, weight, MOST_WAITING))
    return Known(
        ground=ground,
        areas=_areas(actor, found, ground),
        places=named_apart([*own, *further]),
        calls_an_hour=float(weight.sum()) * asked.calls_each / (asked.days * asked.hours),
    )


def _events(actor: Actor, found: StandbyPlan, asked: Asked) -> Events:
    """The period's incidents of the classes that stand for calls, on the agency's wall clock."""
    wanted = [one for one in incidents.offence_classes(actor, reported=True) if one.pk in asked.classes]
    after = asked.last + timedelta(days=1)
    rows = incidents.feed(actor, found.agency, classes=wanted, until=after)
    if not len(rows.times):
        raise _nothing(asked)
    every = Events.from_arrays(rows.times, rows.lon, rows.lat, rows.classes, ends=rows.ends, zone=found.agency.zone)
    kept = every.within(np.datetime64(asked.first, "us"), np.datetime64(after, "us"))
    if not len(kept):
        raise _nothing(asked)
    return kept


def _nothing(asked: Asked) -> Contradiction:
    return Contradiction(
        "there is no incident of these classes from {first} to {last}",
        mend="choose another period or other hours, or import records first",
        first=asked.first,
        last=asked.last,
    )


def _areas(actor: Actor, found: StandbyPlan, ground: Ground) -> list[str]:
    """The name of the area that each zone's place lies in; empty outside of all."""
    keys, at = places.areas_at(actor, found.area_set, ground.lon, ground.lat)
    names = dict(places.areas(actor, found.area_set).values_list("id", "name"))
    return [names[keys[index]] if index >= 0 else "" for index in at.tolist()]


def _waiting(actor: Actor, found: StandbyPlan, asked: Asked, ground: Ground) -> list[Place]:
    """Waiting places besides the stations: middles of areas, or of cells as fine as their number allows."""
    if asked.waiting == Waiting.NONE:
        return []
    if asked.waiting == Waiting.CELLS:
        rows = zip(_areas(actor, found, ground), ground.lon.tolist(), ground.lat.tolist(), strict=True)
        return [Place(area or "–", lon, lat, station=False) for area, lon, lat in rows]
    chosen = places.area_set(actor, asked.waiting)
    middles = list(places.areas(actor, chosen).values_list("name", "lon", "lat"))
    if len(middles) > MOST_WAITING:
        raise Contradiction(
            "{name} has {count} areas; units can wait in the middles of at most {most}",
            mend="choose a set of fewer areas, or cells", name=chosen.name, count=len(middles), most=MOST_WAITING,
        )  # fmt: skip
    return [Place(name, lon, lat, station=False) for name, lon, lat in middles]
