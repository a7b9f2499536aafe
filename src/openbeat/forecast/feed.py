"""Rows into arrays: what a forecast may know. Times, places and classes; there is no column for a person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from openbeat.access import Actor
from openbeat.forecast.models import Run
from openbeat.forecast.question import Known
from openbeat.incidents import queries as incidents
from openbeat.incidents.queries import OffenceClass
from openbeat.kernel.errors import Contradiction
from placewise.forecast.registry import estimator
from placewise.space.events import Events


def known_of(actor: Actor, run: Run) -> Known:
    """The run's incidents before `data_until`; the other reported ones too where a method learns from them."""
    classes = [one.offence_class for one in run.classes.select_related("offence_class")]
    own = _events(actor, run, classes)
    if not len(own):
        names = ", ".join(one.name for one in classes)
        raise Contradiction(
            "there is no incident of {names} before {data_until}",
            mend="import records first",
            names=names,
            data_until=run.data_until,
        )
    if not any(estimator(name).learns_from_others for name in (run.estimator, *run.peers)):
        return Known(own)
    others = [one for one, _count in incidents.classes_present(actor, reported=True) if one not in classes]
    context = _events(actor, run, others)
    return Known(own, context if len(context) else None)


def _events(actor: Actor, run: Run, classes: Sequence[OffenceClass]) -> Events:
    """Incidents of these classes before `data_until`, on the agency's wall clock."""
    rows = incidents.feed(actor, run.agency, classes=classes, until=run.data_until)
    return Events.from_arrays(
        rows.times,
        rows.lon,
        rows.lat,
        rows.classes,
        ends=rows.ends,
        zone=run.agency.zone,
        since=np.datetime64(rows.since),
    )
