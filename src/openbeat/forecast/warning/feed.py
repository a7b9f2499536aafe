"""Rows into arrays: what a watch may know. Times, places and classes; there is no column for a person."""

from __future__ import annotations

import numpy as np

from openbeat.access import Actor
from openbeat.forecast.warning.models import Scan
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction
from placewise.space.events import Events


def events_of(actor: Actor, scan: Scan) -> Events:
    """The incidents of the watch's classes before the scan's night, on the agency's wall clock."""
    watch = scan.watch
    classes = [one.offence_class for one in watch.classes.select_related("offence_class")]
    rows = incidents.feed(actor, watch.agency, classes=classes, until=scan.night)
    if not len(rows.times):
        raise Contradiction(
            "there is no report of {names} before {night}",
            mend="import records first, or watch other classes",
            names=", ".join(one.name for one in classes),
            night=scan.night,
        )
    return Events.from_arrays(
        rows.times, rows.lon, rows.lat, rows.classes, ends=rows.ends, zone=watch.agency.zone,
        since=np.datetime64(rows.since),
    )  # fmt: skip
