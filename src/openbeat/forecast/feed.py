"""Rows into arrays: what a forecast may know. Times, places and classes; there is no column for a person."""

from __future__ import annotations

import numpy as np

from openbeat.access import Actor
from openbeat.forecast.models import Run
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction
from placewise.space.events import Events


def events_of(actor: Actor, run: Run) -> Events:
    """The run's incidents before `data_until`, on the agency's wall clock."""
    classes = [one.offence_class for one in run.classes.select_related("offence_class")]
    rows = incidents.feed(actor, run.agency, classes=classes, until=run.data_until)
    if not len(rows.times):
        names = ", ".join(one.name for one in classes)
        raise Contradiction(
            "there is no incident of {names} before {data_until}",
            mend="import records first",
            names=names,
            data_until=run.data_until,
        )
    return Events.from_arrays(
        rows.times,
        rows.lon,
        rows.lat,
        rows.classes,
        ends=rows.ends,
        zone=run.agency.zone,
        since=np.datetime64(rows.since),
    )
