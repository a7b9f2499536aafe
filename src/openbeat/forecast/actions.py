"""Changes to forecasts: ask, begin, finish, fail, cancel, approve, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from openbeat.access import Actor, Permission
from openbeat.acting import action, note
from openbeat.acting.later import later
from openbeat.audit.words import Operation
from openbeat.forecast.compute import Computed
from openbeat.forecast.models import Run, RunClass, Surface
from openbeat.forecast.rules import move, period, require_ahead, require_method, require_reported
from openbeat.forecast.states import State
from openbeat.incidents.queries import OffenceClass
from openbeat.kernel.errors import Contradiction
from openbeat.places.queries import AreaSet
from openbeat.seeing import progress
from placewise.forecast.registry import names


@action(Permission.FORECAST_RUN, operation=Operation.COMBINATION)
def ask_for_forecast(
    actor: Actor,
    area_set: AreaSet,
    /,
    *,
    title: str,
    classes: Sequence[OffenceClass],
    starts: date,
    horizon: int,
    resolution: int,
    estimator: str,
    at: datetime,
    seed: int = 1,
    peers: Sequence[str] = (),
) -> Run:
    """Queue a forecast of these classes for the days from `starts`, made from what is known until then."""
    require_reported([(one.name, one.reported_by_victims) for one in classes])
    for method in (estimator, *peers):
        require_method(resolution, method, names())
    days = period(starts, horizon)
    run = Run.objects.create(
        agency_id=area_set.agency_id, author_id=actor.person_id, title=title, made_at=at, area_set=area_set,
        resolution=resolution, starts=days.start, ends=days.end, data_until=days.start, estimator=estimator, seed=seed,
        peers=list(dict.fromkeys(peers)),
    )  # fmt: skip
    RunClass.objects.bulk_create(RunClass(run=run, offence_class=one) for one in dict.fromkeys(classes))
    note(classes=[one.code for one in classes])
    later("forecast.run", agency_id=run.agency_id, run_id=str(run.id))
    return run


@action(Permission.FORECAST_RUN)
def begin_run(actor: Actor, run: Run, /) -> Run:
    """The worker takes the run up."""
    return _become(run, State.RUNNING)


@action(Permission.FORECAST_RUN)
def finish_run(actor: Actor, run: Run, /, *, computed: Computed, at: datetime) -> Run:
    """Keep what was computed; whether it beats the plain count decides what may become of it."""
    run.report, run.explanation, run.exposure = computed.report, computed.explanation, computed.exposure
    run.fairness, run.context = computed.fairness, computed.context
    run.verdict, run.better = computed.verdict, computed.better
    run.events_used, run.first_event, run.finished_at = computed.events_used, computed.first_event, at
    Surface.objects.create(run=run, **computed.arrays)
    progress.forget(run.id)
    return _become(run, State.READY if computed.better else State.NOT_BETTER)


@action(Permission.FORECAST_RUN)
def fail_run(actor: Actor, run: Run, /, *, words: str, at: datetime) -> Run:
    """The run ended without a forecast; what happened is kept in words."""
    run.failure, run.finished_at = words, at
    progress.forget(run.id)
    return _become(run, State.FAILED)


@action(Permission.FORECAST_RUN)
def cancel_run(actor: Actor, run: Run, /, *, at: datetime) -> Run:
    """Stop a run that waits or is under way; nothing of it is kept but the fact."""
    if run.state == State.RUNNING:
        progress.ask_to_stop(run.id, run.agency_id)
    run.finished_at = at
    return _become(run, State.CANCELLED)


@action(Permission.FORECAST_RUN)
def retry_run(actor: Actor, run: Run, /) -> Run:
    """Queue a run that failed once more, as it was asked."""
    run.failure, run.finished_at = "", None
    _become(run, State.QUEUED)
    later("forecast.run", agency_id=run.agency_id, run_id=str(run.id))
    return run


@action(Permission.FORECAST_APPROVE)
def approve_forecast(actor: Actor, run: Run, /, *, expires: date, at: datetime) -> Run:
    """A named analyst offers the forecast for planning until a day."""
    if run.better is not True:
        raise Contradiction(
            "this forecast did not beat the plain count in its own back-test, so it is not offered",
            mend="forecast another class, area or horizon, or several classes together",
        )
    if actor.person_id is None or actor.token_id is not None:
        raise Contradiction("a forecast is approved by a named person, never by a programme")
    require_ahead(run.ends, at.astimezone(run.agency.tz).date())
    if not run.starts <= expires <= run.ends:
        raise Contradiction(
            "it may be used from {starts} until {ends}; choose a day between them", starts=run.starts, ends=run.ends
        )
    run.approved_by_id, run.approved_at, run.expires = actor.person_id, at, expires
    return _become(run, State.OFFERED)


@action(Permission.FORECAST_WITHDRAW)
def withdraw_forecast(actor: Actor, run: Run, /, *, reason: str) -> Run:
    """Take a forecast out of use, saying why; plans made from it keep their link to it."""
    if not reason.strip():
        raise Contradiction("say why the forecast is withdrawn")
    run.withdrawn_why = reason
    return _become(run, State.WITHDRAWN)


def _become(run: Run, state: State) -> Run:
    """Move the row under its lock, so that two people can't move it at once."""
    current = Run.objects.select_for_update().only("state").get(pk=run.pk)
    run.state = move(State(current.state), state)
    run.save()
    return run
