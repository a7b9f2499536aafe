"""A check of the log as the worker does it: once, to its end, or told as not made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.kernel.errors import NotInThisState
from openbeat.kernel.time import now
from openbeat.ops import tasks
from openbeat.oversight import actions, queries
from openbeat.oversight.models import LogCheck
from openbeat.oversight.states import MOVES, State, moved
from openbeat.seeing.scope import scope


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("target", list(State))
def test_every_move_is_in_the_table_or_refused(state: State, target: State) -> None:
    if target in MOVES[state]:
        assert moved(state.value, target) is target
        return
    with pytest.raises(NotInThisState, match=f"this check is {state.value} already"):
        moved(state.value, target)


@pytest.fixture
def check(db: None, settings: Settings, tmp_path: Path) -> Iterator[LogCheck]:
    settings.LOG_TILES = tmp_path / "tiles"
    agency = Agency.objects.create(name="North", slug="north")
    overseer = Actor(None, agency.id, (Holding(Role.OVERSEER, agency.id, None, frozenset({agency.id})),))
    with scope(overseer):
        yield actions.ask_for_check(overseer, agency, at=now())


def work(check: LogCheck) -> LogCheck:
    tasks.check_log(agency_id=str(check.agency_id), check_id=str(check.pk))
    check.refresh_from_db()
    return check


def test_a_check_is_made_once(check: LogCheck) -> None:
    assert work(check).state in {State.HOLDS, State.BROKEN}
    before = Entry.objects.count()
    work(check)  # its worker was killed after the check and before it could say so
    assert Entry.objects.count() == before


def test_a_check_that_breaks_off_says_so(check: LogCheck, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(queries, "checked", broken)
    with pytest.raises(ZeroDivisionError):
        work(check)
    check.refresh_from_db()
    assert check.state == State.FAILED
    assert check.findings[0]["failure"] == "not-checked"
    assert str(check.pk) in check.findings[0]["words"]
    assert check.finished_at is not None


def test_a_check_given_up_is_told_and_one_that_is_done_stays(check: LogCheck) -> None:
    house = tasks.service(check.agency_id)
    tasks.FAILS["oversight.check"](house, "its worker ended", str(check.pk))
    check.refresh_from_db()
    assert (check.state, check.findings) == (State.FAILED, [{"failure": "not-checked", "words": "its worker ended"}])
    tasks.FAILS["oversight.check"](house, "too late to matter", str(check.pk))
    check.refresh_from_db()
    assert check.findings[0]["words"] == "its worker ended"
