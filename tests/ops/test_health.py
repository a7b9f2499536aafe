"""What watches from outside is told: whether the service lives, and how it fares; never what people look at."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connection
from django.test import Client

from openbeat.ops import health


@pytest.mark.django_db
def test_alive(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"web": "ok", "database": "ok"})


@pytest.mark.django_db
def test_the_database_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise Error("connection to 10.0.0.7 refused for user openbeat_app")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"web": "ok", "database": "does not answer"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", "", 404),
        ("", "Bearer ", 404),
        ("secret", "", 404),
        ("secret", "Bearer guess", 404),
        ("secret", "secret", 404),
        ("secret", "Bearer secret", 200),
    ],
)
def test_figures_need_their_token(
    client: Client, monkeypatch: pytest.MonkeyPatch, token: str, given: str, status: int
) -> None:
    monkeypatch.setenv("OPENBEAT_METRICS_TOKEN", token)
    assert client.get("/metrics", headers={"Authorization": given}).status_code == status


@pytest.mark.django_db
def test_figures_name_pages_and_never_addresses(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENBEAT_METRICS_TOKEN", "secret")
    settings.VAR = tmp_path
    heard = datetime.now(UTC) - timedelta(seconds=3)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "sequencer.json").write_text(json.dumps({"at": heard.isoformat(), "size": 51}))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'x')")
    client.get("/healthz")
    client.get("/no/such/page/of/Ann-Other")
    told = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()
    assert 'openbeat_request_seconds_count{method="GET",page="healthz",status="200"}' in told
    assert 'page="unknown",status="404"' in told
    assert "Ann-Other" not in told
    assert 'openbeat_jobs{state="todo"} 1.0' in told
    assert "openbeat_log_entries 51.0" in told
    age = next(line for line in told.splitlines() if line.startswith("openbeat_sequencer_age_seconds"))
    assert 3 <= float(age.split()[1]) < 60


def test_a_sequencer_never_heard(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    assert health.sequencer_word() == {}
    assert health.sequencer_age({}) == float("inf")
