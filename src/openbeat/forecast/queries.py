"""Questions about forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.forecast.models import Run, Surface
from openbeat.forecast.states import State
from openbeat.kernel.errors import NotFound
from openbeat.seeing.visible import visible

__all__ = ["Run", "SurfaceArrays", "card", "offered", "run", "runs", "surface"]


@dataclass(frozen=True, slots=True)
class SurfaceArrays:
    """A run's surface: (n,) cells (int64), expected counts and the ends of their 90 % interval, densest first."""

    cells: np.ndarray[Any, np.dtype[np.int64]]
    expected: np.ndarray[Any, np.dtype[np.float64]]
    low: np.ndarray[Any, np.dtype[np.float64]]
    high: np.ndarray[Any, np.dtype[np.float64]]


def runs(actor: Actor) -> QuerySet[Run]:
    """Forecasts in reach, newest first, without their reports."""
    seen = visible(actor, Permission.FORECAST_VIEW, Run.objects.all())
    return (
        seen.select_related("author", "approved_by", "area_set")
        .prefetch_related("classes__offence_class")
        .order_by("-made_at")
    )


def run(actor: Actor, run_id: UUID | str) -> Run:
    """One forecast in reach."""
    found = runs(actor).filter(pk=run_id).first()
    if found is None:
        raise NotFound("there is no such forecast, or it is not yours to see")
    return found


def offered(actor: Actor, today: date) -> QuerySet[Run]:
    """Forecasts that plans may be made from today."""
    return runs(actor).filter(state=State.OFFERED, expires__gte=today)


def surface(actor: Actor, run: Run) -> SurfaceArrays:
    """The run's surface."""
    if not visible(actor, Permission.FORECAST_VIEW, Run.objects.all()).filter(pk=run.pk).exists():
        raise NotFound("there is no such forecast, or it is not yours to see")
    row = Surface.objects.filter(run_id=run.pk).first()
    if row is None:
        raise NotFound("this forecast has no surface", mend="it did not finish; see what it says")
    floats = (np.frombuffer(part, dtype="<f8") for part in (row.expected, row.low, row.high))
    return SurfaceArrays(np.frombuffer(row.cells, dtype="<i8"), *floats)


def card(actor: Actor, run: Run) -> Mapping[str, Any]:
    """What everybody may know of a forecast: data, accuracy, exposure, verdict, approval, expiry."""
    return {
        "title": run.title,
        "state": run.state,
        "classes": [one.offence_class.name for one in run.classes.all()],
        "period": [run.starts.isoformat(), run.ends.isoformat()],
        "data": {
            "first": run.first_event.isoformat() if run.first_event else None,
            "until": run.data_until.isoformat(),
            "incidents": run.events_used,
        },
        "estimator": run.estimator,
        "back_test": run.report,
        "verdict": run.verdict,
        "exposure": run.exposure,
        "fairness": run.fairness,
        "approved_at": run.approved_at.isoformat() if run.approved_at else None,
        "expires": run.expires.isoformat() if run.expires else None,
    }
