"""What the worker does: each task opens the scope of its agency, calls one use of a domain, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from threading import current_thread
from time import monotonic
from typing import Concatenate, ParamSpec
from uuid import UUID

import shapely
from django.db import connection
from procrastinate.contrib.django import app

from openbeat.access import Actor
from openbeat.access.actors import service
from openbeat.accounts.identity import agency_now
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.forecast.compute import Computed, compute
from openbeat.forecast.feed import known_of
from openbeat.forecast.queries import Run
from openbeat.forecast.question import NamedArea, Question, Statistic
from openbeat.forecast.states import UNDER_WAY, State
from openbeat.kernel.errors import OpenbeatError
from openbeat.kernel.time import now
from openbeat.oversight import actions as oversight_actions
from openbeat.oversight import queries as oversight
from openbeat.oversight.states import State as CheckState
from openbeat.patrol import actions as patrol_actions
from openbeat.patrol import queries as patrol
from openbeat.patrol.build import routes_of, solved
from openbeat.patrol.states import UNDER_WAY as PLAN_UNDER_WAY
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.seeing.scope import scope
from placewise.evaluate.backtest import BacktestStopped
from placewise.kernels.errors import PlacewiseError
from placewise.plan import Plan, PlanError, Problem
from placewise.streets import StreetsError

P = ParamSpec("P")

TELL_PAUSE = 0.5
"""Seconds between two words of progress."""


@contextmanager
def at_work(agency_id: UUID) -> Iterator[Actor]:
    """The service itself at work for one agency, its rows open."""
    actor = service(agency_id)
    with scope(actor):
        yield actor


Fail = Callable[[Actor, str, str], None]
"""Marks the thing of this id, if it is still under way, as failed, with these words."""

FAILS: dict[str, Fail] = {}
"""By task: what becomes of its thing when the work is given up."""


def task(name: str, *, fails: Fail | None = None) -> Callable[[Callable[Concatenate[Actor, P], None]], object]:
    """Register a function `(actor, **arguments)` as the task that `acting.later` names.

    A killed worker's task is run again, so it begins anew whatever it left half done, and does nothing to what is done.
    """
    if fails:
        FAILS[name] = fails

    def register(function: Callable[Concatenate[Actor, P], None]) -> object:
        @wraps(function)
        def run(agency_id: str, **arguments: object) -> None:
            with at_work(UUID(agency_id)) as actor:
                function(actor, **arguments)  # type: ignore[arg-type, call-arg]

        return app.task(name=name, pass_context=False)(run)

    return register


def _fail_run(actor: Actor, words: str, run_id: str) -> None:
    run = forecasts.run(actor, run_id)
    if run.state in UNDER_WAY:
        forecast_actions.fail_run(actor, run, words=words, at=agency_now(run.agency, now()))


@task("forecast.run", fails=_fail_run)
def run_forecast(actor: Actor, *, run_id: str) -> None:
    """Test the method on the past, forecast the days, keep both; what goes wrong is kept in words."""
    run = forecasts.run(actor, run_id)
    if run.state not in UNDER_WAY:
        return  # it was stopped while it waited, or is done
    forecast_actions.begin_run(actor, run)
    with kept_in_words(lambda words: _fail_run(actor, words, run_id), run.id), suppress(BacktestStopped):
        computed = _compute(actor, run)
        if not _stopped(actor, run):
            forecast_actions.finish_run(actor, run, computed=computed, at=agency_now(run.agency, now()))
    progress.forget(run.id)


def _stopped(actor: Actor, run: Run) -> bool:
    """Whether somebody stopped the run meanwhile: then nothing of it is kept but the fact."""
    return forecasts.run(actor, run.id).state == State.CANCELLED


def _compute(actor: Actor, run: Run) -> Computed:
    keys, shapes = places.shapes(actor, run.area_set)
    named = places.areas(actor, run.area_set).in_bulk()
    areas = [NamedArea(named[key].code, named[key].name, one) for key, one in zip(keys, shapes, strict=True)]
    brought = places.statistics(actor, run.area_set)
    statistics = [Statistic(one.name, one.source, one.values, one.residents) for one in brought]
    question = Question(run.starts, run.ends, run.resolution, run.estimator, run.seed, tuple(run.peers))
    ground, tell = shapely.union_all(shapes), teller(actor, run.id, run.agency_id)
    return compute(question, known_of(actor, run), ground, areas, tell, statistics)


def teller(actor: Actor, thing_id: UUID, agency_id: UUID) -> Callable[[float, str], bool]:
    """Tells of the work on a thing at most twice a second, from whichever thread does it; answers whether to stop."""
    home, last, stop = current_thread(), -TELL_PAUSE, False

    def tell(share: float, words: str) -> bool:
        nonlocal last, stop
        if monotonic() - last < TELL_PAUSE:
            return stop
        last = monotonic()
        with scope(actor):
            stop = progress.tell(thing_id, agency_id, share, words)
        if current_thread() is not home:
            connection.close()  # a solver's own thread ends without a word
        return stop

    return tell


def _fail_check(actor: Actor, words: str, check_id: str) -> None:
    check = oversight.check(actor, check_id)
    if check.state == CheckState.ASKED:
        oversight_actions.fail_check(actor, check, words=words, at=agency_now(check.agency, now()))


@task("oversight.check", fails=_fail_check)
def check_log(actor: Actor, *, check_id: str) -> None:
    """Verify the log as a stranger would, and the table against it."""
    check = oversight.check(actor, check_id)
    if check.state != CheckState.ASKED:
        return
    with kept_in_words(lambda words: _fail_check(actor, words, check_id), check.id):
        found = oversight.checked(actor, now=now())
        oversight_actions.finish_check(
            actor, check, state=found.state, findings=found.findings, size=found.size, root=found.root,
            compared=found.compared, at=agency_now(check.agency, now()),
        )  # fmt: skip


def _fail_plan(actor: Actor, words: str, plan_id: str) -> None:
    plan = patrol.plan(actor, plan_id)
    if plan.state in PLAN_UNDER_WAY:
        patrol_actions.fail_plan(actor, plan, words=words)


@task("patrol.solve", fails=_fail_plan)
def solve_plan(actor: Actor, *, plan_id: str) -> None:
    """Put the problem, seek a plan, check it; what goes wrong is kept in words."""
    plan = patrol.plan(actor, plan_id)
    if plan.state not in PLAN_UNDER_WAY:
        return
    patrol_actions.begin_plan(actor, plan)
    tell = teller(actor, plan.id, plan.agency_id)
    with kept_in_words(lambda words: _fail_plan(actor, words, plan_id), plan.id):
        tell(0.02, "reading streets and travel times")
        times = places.travel_times(actor, plan.agency_id)
        problem = patrol.problem(actor, plan, times)
        asked = patrol.asked_of(actor, plan)
        patrol_actions.finish_plan(actor, plan, solved=solved(problem, asked, plan.seed, times, tell))


@task("patrol.ways")
def draw_ways(actor: Actor, *, plan_id: str) -> None:
    """The units' ways over the streets, after a commander's edits."""
    plan = patrol.plan(actor, plan_id)
    times = places.travel_times(actor, plan.agency_id)
    problem, solution = plan.values
    routes = routes_of(Problem.from_dict(problem), Plan.from_dict(solution), times)
    patrol_actions.redraw_ways(actor, plan, routes=routes)


@contextmanager
def kept_in_words(fail: Callable[[str], object], thing_id: UUID) -> Iterator[None]:
    """Work whose failure is a state of its thing: a refusal in its own words, anything else by the log."""
    try:
        yield
    except (OpenbeatError, PlacewiseError, PlanError, StreetsError) as failure:
        fail(str(failure))
    except Exception:
        fail(f"an unexpected error; the service's log tells of it under {thing_id}")
        raise
