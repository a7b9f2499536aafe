"""Rows into arrays: what a what-if may know. Times, places and classes of incidents, units, areas, a plan's stops."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

import h3
import numpy as np
import shapely

from openbeat.access import Actor
from openbeat.forecast import queries as forecasts
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction
from openbeat.patrol import queries as patrol
from openbeat.patrol.build import Crew
from openbeat.patrol.standby import queries as standby
from openbeat.patrol.what_if.models import WhatIf
from openbeat.patrol.what_if.rules import Asked, Beats
from openbeat.patrol.what_if.scenario import Expected, Ground, Known, Stop, stops_of
from openbeat.places import queries as places
from placewise.simulate import Station
from placewise.space.events import Events


def known_of(actor: Actor, found: WhatIf, asked: Asked) -> Known:
    """Everything that the scenarios are built from."""
    events = _events(actor, found, asked)
    expected = _expected(actor, asked)
    ground = _ground(events, expected)
    named = {one.pk: one.name for one in incidents.offence_classes(actor)}
    return Known(
        events=events,
        ground=ground,
        areas=_areas(actor, found, ground),
        crews=_crews(actor, found),
        stations=[Station(one.name, one.lon, one.lat) for one in places.stations(actor, found.agency_id)],
        priorities={named[key]: level - 1 for key, level in asked.priorities.items() if level},
        beats={one.beats: _beats(actor, found, one.beats) for one in asked.setups if one.beats not in set(Beats)},
        plans={one.plan: _stops(actor, found, one.plan) for one in asked.setups if one.plan},
        stands={one.standby: _stands(actor, one.standby) for one in asked.setups if one.standby},
        expected=expected,
    )


def _events(actor: Actor, found: WhatIf, asked: Asked) -> Events:
    """The period's incidents of the classes that stand for calls, on the agency's wall clock."""
    wanted = [one for one in incidents.offence_classes(actor, reported=True) if asked.priorities.get(one.pk)]
    after = asked.last + timedelta(days=1)
    rows = incidents.feed(actor, found.agency, classes=wanted, until=after)
    first, last = np.datetime64(asked.first, "us"), np.datetime64(after, "us")
    if not len(rows.times):
        raise _nothing(asked)
    every = Events.from_arrays(rows.times, rows.lon, rows.lat, rows.classes, ends=rows.ends, zone=found.agency.zone)
    kept = every.within(first, last)
    if not len(kept):
        raise _nothing(asked)
    names = np.array(kept.classes, dtype=object)[kept.codes]
    times, ends = np.clip(kept.times, first, last), np.clip(kept.ends, first, last)
    return Events.from_arrays(
        times, kept.lon, kept.lat, names, ends=ends, zone=found.agency.zone, local=True, since=first
    )


def _nothing(asked: Asked) -> Contradiction:
    return Contradiction(
        "there is no incident of these classes from {first} to {last}",
        mend="choose another period, or import records first",
        first=asked.first,
        last=asked.last,
    )


def _expected(actor: Actor, asked: Asked) -> Expected | None:
    if not asked.forecast:
        return None
    run = forecasts.run(actor, asked.forecast)
    surface = forecasts.surface(actor, run)
    weeks = max(1, (run.ends - run.starts).days) / 7
    classes = {one.offence_class.name for one in run.classes.all()}
    return Expected(surface.cells, surface.expected / weeks, classes)


def _ground(events: Events, expected: Expected | None) -> Ground:
    """The ground of the incidents, and of the forecast where one says where calls come from."""
    if expected is None:
        return Ground.of(events.lon, events.lat)
    centres = np.array([h3.cell_to_latlng(h3.int_to_str(cell)) for cell in expected.cells.tolist()])
    return Ground.of(np.concatenate([events.lon, centres[:, 1]]), np.concatenate([events.lat, centres[:, 0]]))


def _areas(actor: Actor, found: WhatIf, ground: Ground) -> list[str]:
    """The name of the area that each zone's place lies in; empty outside of all."""
    keys, at = places.areas_at(actor, found.area_set, ground.lon, ground.lat)
    names = dict(places.areas(actor, found.area_set).values_list("id", "name"))
    return [names[keys[index]] if index >= 0 else "" for index in at.tolist()]


def _crews(actor: Actor, found: WhatIf) -> list[Crew]:
    rows = patrol.units(actor, found.agency_id)
    crews = [Crew(one.call_sign, one.station.name, one.station.lon, one.station.lat, one.crew) for one in rows]
    if not crews:
        raise Contradiction("there is no unit in use", mend="add the agency's units first")
    return crews


def _beats(actor: Actor, found: WhatIf, set_id: str) -> Mapping[str, Collection[str]]:
    """Beat → the areas whose middle lies in it."""
    drawn = places.area_set(actor, set_id)
    keys, shapes = places.shapes(actor, drawn)
    names = dict(places.areas(actor, drawn).values_list("id", "name"))
    tree = shapely.STRtree(shapes)
    beats: dict[str, list[str]] = {}
    for name, lon, lat in places.areas(actor, found.area_set).values_list("name", "lon", "lat"):
        for index in tree.query(shapely.Point(lon, lat), predicate="intersects")[:1].tolist():
            beats.setdefault(names[keys[index]], []).append(name)
    if not beats:
        raise Contradiction("no area lies in a beat of {name}", mend="choose other beats", name=drawn.name)
    return beats


def _stops(actor: Actor, found: WhatIf, plan_id: str) -> list[Stop]:
    plan = patrol.plan(actor, plan_id)
    if plan.solution is None:
        raise Contradiction("{title} is not made yet", mend="choose another plan", title=plan.title)
    local = plan.starts.astimezone(found.agency.tz)
    return stops_of(plan.solution, local.hour * 3600 + local.minute * 60)


def _stands(actor: Actor, standby_plan_id: str) -> Mapping[str, int]:
    """Units of each station as a standby plan has them."""
    plan = standby.standby_plan(actor, standby_plan_id)
    if plan.result is None:
        raise Contradiction("{title} is not made yet", mend="choose another plan", title=plan.title)
    return {one["name"]: one["units"] for one in plan.result["places"] if one["station"]}
