"""`/api/v1`: the same questions and deeds as the desks, for programmes with a token."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI, Path, Query, Router
from ninja.errors import AuthenticationError, ValidationError

from openbeat.access import Permission, scopes
from openbeat.api.auth import TokenAuth, actor, seen
from openbeat.api.shapes import (
    AreaSetOut,
    ForecastAsk,
    ForecastOut,
    ForecastPage,
    IncidentOut,
    IncidentPage,
    Me,
    OffenceClassOut,
    PlanOut,
    PlanPage,
    PlanWhole,
    Problem,
    SurfaceOut,
    VisitIn,
    VisitOut,
    WarningOut,
    WarningPage,
    WarningWhole,
)
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.forecast.warning import queries as warnings
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import BadInput, NotFound, OpenbeatError, Refusal
from openbeat.patrol import actions as patrol_actions
from openbeat.patrol import queries as patrol
from openbeat.places import queries as places

MOST = 200
"""Rows of one answer."""

STATUS: tuple[tuple[type[OpenbeatError], int], ...] = ((NotFound, 404), (BadInput, 400), (Refusal, 403))

REFUSALS: dict[int, Any] = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem}

api = NinjaAPI(
    title="Openbeat",
    version="1.0.0",
    urls_namespace="api",
    auth=TokenAuth(),
    docs_url=None,
    openapi_url="/openapi.json",
    description="Openbeat's records, forecasts and plans for programmes. Every call acts with the rights of its token.",
)
router = Router()


@api.exception_handler(OpenbeatError)
def refused(request: HttpRequest, error: OpenbeatError) -> HttpResponse:
    """A named refusal as a problem."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 409)
    said = error.said(gettext)
    return api.create_response(request, Problem(code=error.code, detail=said.words, mend=said.mend), status=status)


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No token, or one that is not in force."""
    mend = "send Authorization: Bearer TOKEN with a token that an administrator issued"
    problem = Problem(code="not-signed-in", detail="there is no token, or it is not in force", mend=mend)
    response = api.create_response(request, problem, status=401)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def not_understood(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What was sent does not fit."""
    words = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors[:10])
    return api.create_response(request, Problem(code="bad-input", detail=words, mend="correct the request"), status=422)


@router.get("/me", response={200: Me, **REFUSALS}, tags=["token"])
def me(request: HttpRequest) -> dict[str, Any]:
    """Who the token is and what it may do."""
    who, agency = actor(request), seen(request).agency
    if agency is None:
        raise NotFound("the token belongs to no agency")
    return {
        "agency": agency.name, "agency_id": agency.id, "training": agency.training, "now": seen(request).now,
        "roles": sorted(role.value for role in who.roles),
        "permissions": sorted(permission.value for permission in Permission if scopes(who, permission)),
    }  # fmt: skip


@router.get("/offence-classes", response={200: list[OffenceClassOut], **REFUSALS}, tags=["incidents"])
def offence_classes(request: HttpRequest) -> list[Any]:
    """The classes of the code lists, with whether victims report them."""
    return list(incidents.offence_classes(actor(request)))


@router.get("/incidents", response={200: IncidentPage, **REFUSALS}, tags=["incidents"])
def list_incidents(
    request: HttpRequest,
    first: Annotated[date | None, Query(description="First local day")] = None,
    last: Annotated[date | None, Query(description="Last local day")] = None,
    offence_class: Annotated[list[str] | None, Query(description="Ids of classes, such as NIBRS-220")] = None,
    older: Annotated[str | None, Query(description="The cursor of the page before", max_length=80)] = None,
) -> dict[str, Any]:
    """Incidents in reach, newest first."""
    filters = incidents.Filters(classes=tuple(offence_class or ()), first=first, last=last)
    page = incidents.page(actor(request), filters, older=_cursor(older))
    following = f"{page.older.at.isoformat()}~{page.older.id}" if page.older else None
    return {"incidents": [IncidentOut.from_orm(row) for row in page.rows], "older": following}


def _cursor(text: str | None) -> incidents.Cursor | None:
    if not text:
        return None
    at, _tilde, row = text.partition("~")
    try:
        moment = datetime.fromisoformat(at.replace(" ", "+"))
        cursor = incidents.Cursor(moment, UUID(row))
    except ValueError:
        raise BadInput("this cursor is not one of ours", mend="send the one from the last answer") from None
    if moment.tzinfo is None:
        raise BadInput("this cursor is not one of ours", mend="send the one from the last answer")
    return cursor


@router.get("/incidents/{uuid:incident_id}", response={200: IncidentOut, **REFUSALS}, tags=["incidents"])
def one_incident(request: HttpRequest, incident_id: Annotated[UUID, Path()]) -> Any:
    """One incident."""
    return incidents.incident(actor(request), incident_id)


@router.get("/area-sets", response={200: list[AreaSetOut], **REFUSALS}, tags=["places"])
def area_sets(request: HttpRequest) -> list[Any]:
    """Sets of areas."""
    return list(places.area_sets(actor(request)))


@router.get("/area-sets/{uuid:set_id}/areas", response={200: dict[str, Any], **REFUSALS}, tags=["places"])
def areas(request: HttpRequest, set_id: Annotated[UUID, Path()]) -> dict[str, Any]:
    """The areas of a set as GeoJSON."""
    who = actor(request)
    return places.area_collection(who, places.area_set(who, set_id))


@router.get("/forecasts", response={200: ForecastPage, **REFUSALS}, tags=["forecasts"])
def list_forecasts(
    request: HttpRequest,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Forecasts in reach, newest first."""
    found = forecasts.runs(actor(request))
    rows = [ForecastOut.from_orm(run) for run in found[offset : offset + limit]]
    return {"forecasts": rows, "total": found.count()}


@router.post("/forecasts", response={201: ForecastOut, **REFUSALS, 409: Problem}, tags=["forecasts"])
def ask_for_forecast(request: HttpRequest, asked: ForecastAsk) -> tuple[int, Any]:
    """Queue a forecast. A named analyst offers it later: a programme never does."""
    who = actor(request)
    known = {one.id: one for one in incidents.offence_classes(who)}
    if missing := sorted(set(asked.classes) - set(known)):
        raise BadInput("there is no class {missing}", mend="see /offence-classes", missing=", ".join(missing))
    title = asked.title or f"{', '.join(known[key].name for key in asked.classes)[:140]}, {asked.starts}"
    run = forecast_actions.ask_for_forecast(
        who, places.area_set(who, asked.area_set_id), title=title, classes=[known[key] for key in asked.classes],
        starts=asked.starts, horizon=asked.horizon, resolution=asked.resolution, estimator=asked.estimator,
        seed=asked.seed, at=seen(request).now,
    )  # fmt: skip
    return 201, run


@router.get("/forecasts/{uuid:run_id}", response={200: dict[str, Any], **REFUSALS}, tags=["forecasts"])
def one_forecast(request: HttpRequest, run_id: Annotated[UUID, Path()]) -> dict[str, Any]:
    """A forecast's card: data, accuracy, exposure, verdict, approval, expiry."""
    who = actor(request)
    return {"id": str(run_id), **forecasts.card(who, forecasts.run(who, run_id))}


@router.get("/forecasts/{uuid:run_id}/surface", response={200: SurfaceOut, **REFUSALS}, tags=["forecasts"])
def surface(request: HttpRequest, run_id: Annotated[UUID, Path()]) -> dict[str, Any]:
    """Expected counts by cell."""
    who = actor(request)
    found = forecasts.surface(who, forecasts.run(who, run_id))
    columns = {name: getattr(found, name).tolist() for name in ("expected", "low", "high")}
    return {"cells": [f"{cell:x}" for cell in found.cells.tolist()], **columns}


@router.get("/warnings", response={200: WarningPage, **REFUSALS}, tags=["warnings"])
def list_warnings(
    request: HttpRequest,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Early warnings in reach, the latest raised first. What is done about one is for a named person to say."""
    found = warnings.alarms(actor(request))
    return {"warnings": [WarningOut.from_orm(one) for one in found[offset : offset + limit]], "total": found.count()}


@router.get("/warnings/{uuid:warning_id}", response={200: WarningWhole, **REFUSALS}, tags=["warnings"])
def one_warning(request: HttpRequest, warning_id: Annotated[UUID, Path()]) -> Any:
    """One early warning, with its cells and its time line."""
    return warnings.alarm(actor(request), warning_id)


@router.get("/plans", response={200: PlanPage, **REFUSALS}, tags=["plans"])
def list_plans(
    request: HttpRequest,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> dict[str, Any]:
    """Plans in reach, the latest shift first."""
    found = patrol.plans(actor(request))
    return {"plans": [PlanOut.from_orm(plan) for plan in found[offset : offset + limit]], "total": found.count()}


@router.get("/plans/{uuid:plan_id}", response={200: PlanWhole, **REFUSALS}, tags=["plans"])
def one_plan(request: HttpRequest, plan_id: Annotated[UUID, Path()]) -> Any:
    """A plan, whole: with it anybody can run the independent checker again."""
    return patrol.plan(actor(request), plan_id)


@router.post("/plans/{uuid:plan_id}/visits", response={201: VisitOut, **REFUSALS, 409: Problem}, tags=["plans"])
def record_visit(request: HttpRequest, plan_id: Annotated[UUID, Path()], visit: VisitIn) -> tuple[int, Any]:
    """A visit given; telling the same one twice changes nothing."""
    if visit.arrived_at.tzinfo is None:
        raise BadInput("arrived_at has no time zone", mend="send it as 2022-01-01T22:15:00-05:00")
    who = actor(request)
    made = patrol_actions.record_visit(
        who, patrol.plan(who, plan_id), unit_name=visit.unit, place=visit.place, arrived_at=visit.arrived_at,
        minutes=visit.minutes, note_text=visit.note, at=seen(request).now,
    )  # fmt: skip
    return 201, made


api.add_router("", router)
