"""Oversight on the real database and a real log: what is read is written, what is changed is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from openbeat.access import Actor, Holding, Permission, Role
from openbeat.accounts.models import Agency, Person
from openbeat.acting import action
from openbeat.audit.models import Entry
from openbeat.audit.queries import Filters
from openbeat.audit.sequencer import Sequencer
from openbeat.kernel.errors import NotFound, NotPermitted, ReasonMissing
from openbeat.kernel.ids import new_id
from openbeat.kernel.time import now
from openbeat.oversight import actions, queries
from openbeat.oversight.states import State
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db(transaction=True)

WHY = {"reason": "yearly review 2026", "basis": "oversight"}


@action(Permission.AGENCY_ADMINISTER)
def set_banner(actor: Actor, agency: Agency, /, *, words: str) -> Agency:
    """A deed of this test."""
    agency.banner = words
    return agency


@pytest.fixture(autouse=True)
def log_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.LOG_TILES = tmp_path / "tiles"
    settings.LOG_KEYS = tmp_path / "keys"
    settings.LOG_LAST_CHECKPOINT = tmp_path / "keys" / "last-checkpoint"
    return tmp_path / "tiles"


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="North", slug="north")


def someone(agency: Agency, *roles: Role) -> Actor:
    reach = frozenset({agency.id})
    return Actor(new_id(), agency.id, tuple(Holding(role, agency.id, None, reach) for role in roles), "192.0.2.1")


@pytest.fixture
def overseer(agency: Agency) -> Iterator[Actor]:
    actor = someone(agency, Role.OVERSEER, Role.ADMINISTRATOR)
    with scope(actor):
        yield actor


@pytest.fixture
def signed(agency: Agency, overseer: Actor) -> Iterator[Sequencer]:
    """Ten deeds, in the log."""
    for number in range(10):
        set_banner(overseer, agency, words=f"banner {number}")
    sequencer = Sequencer()
    sequencer.step()
    yield sequencer
    sequencer.close()


def witness(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "witness", "verify", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_reading_needs_a_reason_and_is_written(overseer: Actor, agency: Agency, signed: Sequencer) -> None:
    with pytest.raises(ReasonMissing):
        actions.read_trail(overseer, agency, reason="", basis="oversight")
    found = actions.read_trail(overseer, agency, filters=Filters(operation="alteration"), **WHY)
    assert [line.index for line in found] == list(reversed(range(10)))
    entry = Entry.objects.filter(operation="consultation").get()
    assert (entry.reason, entry.legal_basis) == ("yearly review 2026", "oversight")
    assert entry.changes == {"asked": {"operation": "alteration"}, "shown": 10}


def test_a_stranger_reads_nothing(agency: Agency, signed: Sequencer) -> None:
    other = Agency.objects.create(name="Far", slug="far")
    stranger = someone(other, Role.OVERSEER)
    with scope(stranger):
        with pytest.raises(NotPermitted):
            actions.read_trail(stranger, agency, **WHY)
        assert actions.read_trail(stranger, other, **WHY) == []


def test_a_colleague_without_the_role_reads_nothing(agency: Agency, overseer: Actor, signed: Sequencer) -> None:
    with pytest.raises(NotPermitted):
        actions.read_trail(someone(agency, Role.COMMANDER), agency, **WHY)


def test_an_entry_handed_out_is_found_in_the_log_by_a_stranger(
    overseer: Actor, agency: Agency, signed: Sequencer, log_folder: Path, tmp_path: Path
) -> None:
    line = actions.read_trail(overseer, agency, **WHY)[3]
    file = tmp_path / "entry.json"
    file.write_bytes(actions.hand_out_entry(overseer, agency, entry_id=line.id, recipient="court", **WHY))
    done = witness(str(log_folder), "--entry", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_bytes(file.read_bytes().replace(b"banner 6", b"banner 7"))
    assert witness(str(log_folder), "--entry", str(file)).returncode == 1


def test_an_untouched_log_holds(overseer: Actor, agency: Agency, signed: Sequencer) -> None:
    found = queries.checked(overseer, now=now() + timedelta(minutes=1))
    assert found.state is State.HOLDS
    assert (found.size, found.compared) == (10, 10)


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE audit_entry SET reason = 'none' WHERE id = %s",
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = %s",
        "UPDATE audit_entry SET changes = '{}' WHERE id = %s",
        "UPDATE audit_entry SET actor_id = gen_random_uuid() WHERE id = %s",
        "UPDATE audit_entry SET salt = '\\x00' WHERE id = %s",
        "UPDATE audit_leaf SET commitment = decode(repeat('00', 32), 'hex') WHERE entry_id = %s",
    ],
)
def test_a_change_in_the_table_is_found(
    words: str, overseer: Actor, agency: Agency, signed: Sequencer, as_owner: psycopg.Connection
) -> None:
    entry = Entry.objects.order_by("id")[4]
    as_owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    as_owner.execute("ALTER TABLE audit_leaf DISABLE TRIGGER USER")
    as_owner.execute(words, [entry.id])  # type: ignore[arg-type]
    found = queries.checked(overseer, now=now())
    assert found.state is State.BROKEN
    assert [one["failure"] for one in found.findings if one["failure"]] == ["EntryChanged"]
    assert f"entry 4 ({entry.id})" in str(found.findings)


def test_a_flipped_byte_on_disk_is_found(overseer: Actor, agency: Agency, signed: Sequencer, log_folder: Path) -> None:
    bundle = next(path for path in sorted((log_folder / "tile" / "entries").rglob("*")) if path.is_file())
    data = bytearray(bundle.read_bytes())
    data[40] ^= 1
    bundle.write_bytes(bytes(data))
    assert queries.checked(overseer, now=now()).state is State.BROKEN
    done = witness(str(log_folder))
    assert done.returncode == 1
    assert "BundleAltered" in done.stdout + done.stderr


def test_what_never_reaches_the_log_is_told(overseer: Actor, agency: Agency, signed: Sequencer) -> None:
    set_banner(overseer, agency, words="late")
    assert queries.checked(overseer, now=now()).state is State.HOLDS
    found = queries.checked(overseer, now=now() + timedelta(minutes=1))
    assert "EntriesWaiting" in [one["failure"] for one in found.findings]


def test_erasure_is_real_and_the_log_still_holds(
    overseer: Actor, agency: Agency, signed: Sequencer, as_owner: psycopg.Connection, log_folder: Path
) -> None:
    entry = Entry.objects.order_by("id")[2]
    actions.erase_entry(overseer, agency, entry_id=entry.id, reason="court order 7", basis="order")
    left = as_owner.execute("SELECT count(*) FROM audit_entry WHERE id = %s OR salt = %s", [entry.id, entry.salt])
    assert left.fetchone() == (0,)
    told = Entry.objects.get(operation="erasure")
    assert told.changes == {"entry": str(entry.id)}
    signed.step()
    found = queries.checked(overseer, now=now())
    assert (found.state, found.size) == (State.HOLDS, 11)
    assert witness(str(log_folder)).returncode == 0
    with pytest.raises(NotFound):
        actions.erase_entry(overseer, agency, entry_id=entry.id, reason="again", basis="order")


def test_a_check_is_kept_with_its_findings(overseer: Actor, agency: Agency, signed: Sequencer) -> None:
    Person.objects.create(id=overseer.person_id, agency=agency, username="o", name="Ona Seer", joined_at=now())
    check = actions.ask_for_check(overseer, agency, at=now())
    found = queries.checked(overseer, now=now())
    actions.finish_check(
        overseer, check, state=found.state, findings=found.findings, size=found.size, root=found.root,
        compared=found.compared, at=now(),
    )  # fmt: skip
    kept = queries.check(overseer, check.id)
    assert (kept.state, kept.size) == ("holds", 10)
    assert len(kept.root) == 64
