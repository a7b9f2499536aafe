"""The ground: the environment read with its types, secrets on disk, places and times as values."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from openbeat.kernel import env, keys, logs
from openbeat.kernel.errors import Misconfigured
from openbeat.kernel.geometry import Position
from openbeat.kernel.time import in_utc, on_training_day

NAME = "OPENBEAT_OF_THIS_TEST"


@pytest.mark.parametrize(
    ("value", "read", "answer"),
    [
        ("x", lambda: env.text(NAME), "x"),
        (None, lambda: env.text(NAME, "d"), "d"),
        (None, lambda: env.flag(NAME, default=True), True),
        ("Yes ", lambda: env.flag(NAME, default=False), True),
        ("", lambda: env.flag(NAME, default=True), False),
        (None, lambda: env.number(NAME, 3), 3),
        ("12", lambda: env.number(NAME, 3, least=1, most=12), 12),
        ("a, b,,c", lambda: env.words(NAME), ["a", "b", "c"]),
        (None, lambda: env.words(NAME), []),
        ("/tmp/../tmp/x", lambda: env.folder(NAME, Path("/y")), Path("/tmp/x")),
        ("", lambda: env.folder(NAME, Path("/y")), Path("/y")),
    ],
)
def test_a_setting_is_read_with_its_type(
    value: str | None, read: Callable[[], object], answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, value)
    assert read() == answer


@pytest.mark.parametrize(
    ("value", "read", "words"),
    [
        (None, lambda: env.text(NAME), "is not set"),
        ("maybe", lambda: env.flag(NAME, default=True), "'maybe', not yes or no"),
        ("many", lambda: env.number(NAME, 3), "'many', not a whole number"),
        ("13", lambda: env.number(NAME, 3, most=12), "13, not between 0 and 12"),
        ("-1", lambda: env.number(NAME, 3), "-1, not between 0"),
    ],
)
def test_a_wrong_setting_stops_the_start_in_words(
    value: str | None, read: Callable[[], object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, value)
    with pytest.raises(Misconfigured, match=words) as refused:
        read()
    assert NAME in refused.value.mend


def _set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if value is not None:
        monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:p%40ss@h:5433/n", ("n", "u", "p@ss", "h", "5433", {})),
        ("postgres:///n?host=/run/pg&port=7&sslmode=require", ("n", "", "", "/run/pg", "7", {"sslmode": "require"})),
        ("postgresql://h/a%20b", ("a b", "", "", "h", "", {})),
    ],
)
def test_a_database_is_told_by_its_address(url: str, told: tuple[object, ...]) -> None:
    read = env.database(url)
    assert tuple(read[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")) == told


@pytest.mark.parametrize("url", ["mysql://h/n", "postgresql://h", "postgresql://h/", "h/n", ""])
def test_what_is_no_postgresql_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="not postgresql://"):
        env.database(url)


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "web.key"
    made = keys.secret(path)
    assert (len(made), keys.secret(path)) == (32, made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("content", "mode", "words"), [("00ff", 0o640, "read by others .mode 640."), ("", 0o600, "is empty")]
)
def test_a_loose_or_empty_secret_is_refused(tmp_path: Path, content: str, mode: int, words: str) -> None:
    path = tmp_path / "web.key"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match=words):
        keys.secret(path)


# --- values ----------------------------------------------------------------------------------------------------------


def test_a_position_has_its_cell() -> None:
    assert f"{Position(-79.3832, 43.6532).cell(9):x}".startswith("892b9bc")
    assert Position(-79.3832, 43.6532).cell() >> 52 & 0xF == 11


@pytest.mark.parametrize(("lon", "lat"), [(180.1, 0), (-180.1, 0), (0, 90.1), (0, -90.1), (float("nan"), 0)])
def test_what_is_not_on_earth_is_no_position(lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match="not a longitude and latitude"):
        Position(lon, lat)


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        in_utc(datetime(2026, 1, 1))
    almaty = datetime(2026, 1, 1, 5, tzinfo=ZoneInfo("Asia/Almaty"))
    assert (in_utc(almaty), in_utc(almaty).tzinfo) == (datetime(2026, 1, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("wall", "zone", "moved"),
    [
        (datetime(2026, 11, 22, 10, 30, tzinfo=UTC), "UTC", datetime(2022, 1, 1, 10, 30, tzinfo=UTC)),
        # in Toronto it is still the evening before, and the training day's evening is the next day in UTC
        (datetime(2026, 11, 22, 4, 0, tzinfo=UTC), "America/Toronto", datetime(2022, 1, 2, 4, 0, tzinfo=UTC)),
    ],
)
def test_a_training_day_keeps_the_walls_time_of_day(wall: datetime, zone: str, moved: datetime) -> None:
    assert on_training_day(wall, date(2022, 1, 1), ZoneInfo(zone)) == moved


# --- logs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [True, False])
def test_logs_tell_events_and_never_people(
    as_json: bool, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    held = logging.root.handlers[:], logging.root.level, structlog.get_config()
    request.addfinalizer(lambda: _restore(*held))
    logs.configure("INFO", as_json=as_json)
    structlog.get_logger("of-this-test").info("plan.made", plan=7, name="Ann Other", reason="because")
    said = capsys.readouterr().err
    assert "plan.made" in said
    assert "Ann" not in said
    assert "because" not in said
    if as_json:
        told = json.loads(said)
        assert (told["plan"], told["name"], told["level"]) == (7, "(not logged)", "info")


def _restore(handlers: list[logging.Handler], level: int, config: dict[str, object]) -> None:
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.configure(**config)  # type: ignore[arg-type]
