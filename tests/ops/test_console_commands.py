"""The keeper's commands: founding, a way back in, words instead of traces."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from tests.database import TestDatabase

from openbeat.kernel.errors import BadInput, NotFound
from openbeat.ops import main
from openbeat.ops.management.commands import found, ready


def said(*words: str) -> str:
    """What a command writes to standard output."""
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def ann(db: None) -> str:
    """A founded agency's first administrator: the link they got."""
    return said(
        "found", "--name", "Test city", "--zone", "Asia/Almaty", "--administrator", "ann", "--administrator-name", "Ann"
    )


def test_founding_prints_a_link_for_the_first_administrator(ann: str) -> None:
    assert ann.startswith("http://")
    assert len(ann.rpartition("/")[2]) >= 40


def test_another_link_is_another_secret(ann: str) -> None:
    assert said("link", "ann") not in {ann, said("link", "ANN")}


@pytest.mark.parametrize("name", ["bob", "Ann Other", "", "%"])
def test_nobody_gets_a_link_by_another_name(ann: str, name: str) -> None:
    with pytest.raises(NotFound, match="nobody signs in"):
        said("link", name)


@pytest.mark.parametrize("name", ["Almaty", "Asia/Nowhere", "", "../etc/passwd"])
def test_a_time_zone_must_exist(name: str) -> None:
    with pytest.raises(BadInput, match="no time zone"):
        found.zone(name)


def test_an_agency_at_work_gets_no_links_at_the_console(ann: str) -> None:
    assert ready.training_links() == []


@pytest.mark.parametrize(
    ("arguments", "city"), [([], ""), (["--city", "none"], "none"), (["--city", "/data/city"], "/data/city")]
)
def test_which_city_is_loaded(arguments: list[str], city: str) -> None:
    assert main.read_city(arguments) == city


def test_a_command_before_the_first_start_says_what_to_do(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.db import ProgrammingError

    def break_off(_arguments: list[str]) -> int:
        raise ProgrammingError('relation "accounts_agency" does not exist\nLINE 1: …')

    monkeypatch.setattr(main, "manage", break_off)
    monkeypatch.setattr("sys.argv", ["openbeat", "link", "ann"])
    with pytest.raises(SystemExit, match="1"):
        main.main()
    told = capsys.readouterr().err
    assert 'relation "accounts_agency" does not exist' in told
    assert "What to do: run `make up` once" in told
    assert "LINE 1" not in told


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["help"]) == 0
    told = capsys.readouterr().err
    for name in main.COMMANDS:
        assert name in told
