"""The sequencer on the real database: every committed entry gets its place, and a contradiction stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from openbeat.audit import trail
from openbeat.audit.body import canonical_entry, commitment
from openbeat.audit.models import Entry, Leaf, Pending
from openbeat.audit.sequencer import Sequencer, take_lock
from openbeat.audit.words import Draft, Operation
from openbeat.kernel.ids import new_id
from openbeat.ops.sequencing import keep_sequencing
from witness.failures import LeavesDiffer, TilesAhead
from witness.log import Log

pytestmark = pytest.mark.django_db(transaction=True)

T0 = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def log_folders(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    settings.LOG_TILES = tmp_path / "tiles"
    settings.LOG_KEYS = tmp_path / "keys"
    settings.LOG_LAST_CHECKPOINT = tmp_path / "keys" / "last-checkpoint"
    return tmp_path


@pytest.fixture
def sequencer() -> Iterator[Sequencer]:
    made = Sequencer()
    yield made
    made.close()


def write(count: int) -> list[str]:
    draft = Draft(at=T0, operation=Operation.ALTERATION, deed="test", actor_id=new_id())
    return [str(trail.append(draft)) for _ in range(count)]


def signed(folder: Path) -> int:
    with Log(folder / "tiles", folder / "keys", "openbeat.local/log") as log:
        return log.signed.size


def test_entries_get_their_places_in_order(sequencer: Sequencer, as_owner: psycopg.Connection) -> None:
    written = write(300)
    assert sequencer.step().added == 300
    assert [str(leaf.entry_id) for leaf in Leaf.objects.order_by("index")] == written
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(300))
    assert not Pending.objects.exists()
    assert sequencer.step().added == 0


def test_a_leaf_commits_to_the_row_as_the_database_keeps_it(sequencer: Sequencer, as_owner: psycopg.Connection) -> None:
    (entry_id,) = write(1)
    sequencer.step()
    cursor = as_owner.execute("SELECT * FROM audit_entry WHERE id = %s", [entry_id])
    names = [column.name for column in cursor.description or ()]
    row = dict(zip(names, cursor.fetchone() or (), strict=True))
    assert commitment(bytes(row["salt"]), canonical_entry(row)) == bytes(Leaf.objects.get().commitment)


def test_cut_off_between_database_and_log_it_catches_up(log_folders: Path, sequencer: Sequencer) -> None:
    write(5)
    sequencer.step()
    sequencer.close()
    with connection.cursor() as cursor:  # numbered and committed, never published
        cursor.execute("INSERT INTO audit_leaf VALUES (5, gen_random_uuid(), %s)", [b"\x07" * 32])
    again = Sequencer()
    assert again.step().size == 6
    again.close()
    assert signed(log_folders) == 6


def test_a_database_that_lost_entries_is_not_signed_over(sequencer: Sequencer, as_owner: psycopg.Connection) -> None:
    write(4)
    sequencer.step()
    sequencer.close()
    as_owner.execute("ALTER TABLE audit_leaf DISABLE TRIGGER USER; DELETE FROM audit_leaf WHERE index = 3")
    for _ in range(2):  # the second try says the same, not that the first still holds the log
        with pytest.raises(TilesAhead, match="lost some"):
            Sequencer()


def test_a_database_with_another_history_is_not_signed_over(
    log_folders: Path, sequencer: Sequencer, as_owner: psycopg.Connection
) -> None:
    write(4)
    sequencer.step()
    sequencer.close()
    with Log(log_folders / "tiles", log_folders / "keys", "openbeat.local/log") as log, pytest.raises(LeavesDiffer):
        log.catch_up(0, [b"\x00" * 32])


def test_only_one_sequencer_works(as_application: psycopg.Connection) -> None:
    assert take_lock()
    from openbeat.audit.sequencer import ADVISORY_LOCK

    row = as_application.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    assert row == (False,)


def test_the_watch_signs_what_is_written_and_tells(log_folders: Path) -> None:
    stop = threading.Event()
    watch = threading.Thread(target=keep_sequencing, args=(stop,))
    watch.start()
    try:
        write(3)
        for _ in range(100):
            if Leaf.objects.count() == 3:
                break
            stop.wait(0.1)
        assert Leaf.objects.count() == 3
    finally:
        stop.set()
        watch.join(20)
    assert '"signing"' in (log_folders / "run" / "sequencer.json").read_text()
    assert Entry.objects.count() == 0  # closed rows: nobody is signed in here
