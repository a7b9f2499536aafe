"""The keeper's commands: founding, a way back in, words instead of traces."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from tests.database import TestDatabase

from openbeat.accounts import founding
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


def test_a_training_agency_gets_a_link_for_each_role_that_leads_in(db: None, client: Client) -> None:
    at = datetime(2026, 1, 2, 9, tzinfo=UTC)
    founding.found(
        name="Training city", zone="UTC", administrator="tony", administrator_name="Tony", at=at,
        training_today=date(2022, 1, 1),
    )  # fmt: skip
    (link,) = ready.training_links()
    assert (link["agency"], link["role"]) == ("Training city", "administrator")
    address = link["link"].removeprefix(settings.BASE_URL)
    assert address == reverse("sign_in_link", args=[address.rpartition("/")[2]])
    assert client.get(address).status_code == 200


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
