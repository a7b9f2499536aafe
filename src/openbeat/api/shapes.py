"""What the interface takes and gives: plain shapes, one for each answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema


class Problem(Schema):
    """Why a request was turned away: its name, what happened, what to do."""

    code: str
    detail: str
    mend: str = ""


class Me(Schema):
    """Who the token is."""

    agency: str
    agency_id: UUID
    training: bool
    now: datetime
    roles: list[str]
    permissions: list[str]


class OffenceClassOut(Schema):
    """A class of a code list."""

    id: str
    scheme: str
    code: str
    name: str
    reported_by_victims: bool
    reason: str


class IncidentOut(Schema):
    """An incident as its source tells it; times are UTC, `day` and `hour` local to the agency."""

    id: UUID
    source_id: UUID
    source_key: str
    offence_class_id: str | None
    local_code: str
    occurred_from: datetime
    occurred_to: datetime | None
    precision: str
    day: date
    hour: int | None
    lon: float | None
    lat: float | None


class IncidentPage(Schema):
    """Incidents, newest first; `older` is the cursor of the page that follows."""

    incidents: list[IncidentOut]
    older: str | None


class AreaSetOut(Schema):
    """A set of areas."""

    id: UUID
    layer: str
    name: str
    valid_from: date
    count: int
    km2: float


class ForecastOut(Schema):
    """A forecast run."""

    id: UUID
    title: str
    state: str
    starts: date
    ends: date
    resolution: int
    estimator: str
    made_at: datetime
    expires: date | None
    better: bool | None


class ForecastPage(Schema):
    """Forecasts, newest first."""

    forecasts: list[ForecastOut]
    total: int


class ForecastAsk(Schema):
    """What a forecast is to be of."""

    title: str = Field("", max_length=160)
    classes: list[str] = Field(min_length=1, max_length=50)
    area_set_id: UUID
    starts: date
    horizon: int = 7
    resolution: int = 9
    estimator: str = Field("ewma", max_length=40)
    seed: int = Field(1, ge=1, le=2**31 - 1)


class SurfaceOut(Schema):
    """Expected counts by H3 cell, densest first, with the ends of the 90 % interval."""

    cells: list[str]
    expected: list[float]
    low: list[float]
    high: list[float]


class WarningOut(Schema):
    """An early warning: more reports than expected in a circle over some days, and what became of it."""

    id: UUID
    watch_id: UUID
    state: str
    living: bool
    near: str
    starts: date
    ends: date
    radius: float
    observed: int
    expected: float
    recurrence: float
    first_seen: date
    last_seen: date
    outcome: str


class WarningPage(Schema):
    """Early warnings, the latest raised first."""

    warnings: list[WarningOut]
    total: int


class WarningWhole(WarningOut):
    """A warning with its cells ([H3 cell, reports]) and its time line by day."""

    cells: list[list[Any]]
    timeline: dict[str, Any]


class PlanOut(Schema):
    """A patrol plan."""

    id: UUID
    title: str
    state: str
    starts: datetime
    ends: datetime
    forecast_id: UUID
    made_at: datetime


class PlanPage(Schema):
    """Plans, the latest shift first."""

    plans: list[PlanOut]
    total: int


class PlanWhole(PlanOut):
    """A plan with its problem, its tours and what the checker found."""

    problem: dict[str, Any] | None
    solution: dict[str, Any] | None
    findings: list[dict[str, Any]]


class VisitIn(Schema):
    """A visit given."""

    unit: str = Field(max_length=24)
    place: str = Field(max_length=80)
    arrived_at: datetime
    minutes: int = Field(ge=1, le=720)
    note: str = Field("", max_length=300)


class VisitOut(Schema):
    """A recorded visit."""

    id: UUID
    unit_name: str
    place: str
    arrived_at: datetime
    minutes: int | None
    source: str


class ImportOut(Schema):
    """An import and how far it has come."""

    id: UUID
    state: str
    file_name: str
