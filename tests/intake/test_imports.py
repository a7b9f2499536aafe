"""Imports on the real database: received, mapped, tried, brought in, brought again, mended, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.audit.models import Entry
from openbeat.incidents import queries as incidents
from openbeat.incidents.models import Incident, LocalCode, OffenceClass, Source, Version
from openbeat.intake import actions, queries, store
from openbeat.intake.bringing import MostRefused, Stopped, ahead
from openbeat.intake.models import Import, RefusedRow
from openbeat.intake.profile import BadProfile, Identity, Moment, Offence, Place, Profile, Times
from openbeat.intake.states import State
from openbeat.kernel.errors import Contradiction, NotInThisState, NotPermitted
from openbeat.kernel.ids import new_id
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEAD = "id,when,lon,lat,kind,caught"
ROWS = (
    "a1,2020-06-01 10:30,-87.65,41.85,B,no",
    "a2,2020-06-01 23:45,-87.66,41.86,N,yes",
    "a3,2020-06-02 04:30,,,?,",
)
PROFILE = Profile(
    name="mine",
    title="My records",
    source="records",
    id=Identity(("id",)),
    time=Times(Moment("when"), zone="America/Chicago"),
    place=Place("lon", "lat"),
    offence=Offence(("kind",), codes={"B": "220", "N": "35A"}, names={"B": "Break-in"}),
)


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="North", slug=f"north-{new_id()}", zone="America/Chicago")


def someone(agency: Agency, role: Role) -> Actor:
    return Actor(None, agency.id, (Holding(role, agency.id, None, frozenset({agency.id})),), "192.0.2.7")


@pytest.fixture
def analyst(agency: Agency) -> Iterator[Actor]:
    actor = someone(agency, Role.ANALYST)
    with scope(actor):
        yield actor


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path) -> None:
    settings.VAR = tmp_path / "var"


def quiet(_share: float, _words: str) -> bool:
    return False


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "records.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.fixture
def bring(analyst: Actor, agency: Agency, tmp_path: Path):
    def bringer(*rows: str, profile: Profile = PROFILE, tell=quiet, at: datetime = AT) -> Import:
        path = written(tmp_path, *rows)
        imported = actions.receive_file(analyst, agency, path=path, file_name="records.csv", at=at)
        actions.map_columns(analyst, imported, profile=profile)
        actions.finish_check(analyst, _checking(imported), report=queries.dry_run(analyst, imported, at=at, tell=quiet))
        return actions.bring_in(analyst, imported, at=at, tell=tell)

    return bringer


def _checking(imported: Import) -> Import:
    Import.objects.filter(pk=imported.pk).update(state=State.CHECKING)
    return imported


def test_a_file_is_received_looked_into_and_guessed(analyst, agency, tmp_path):
    imported = actions.receive_file(analyst, agency, path=written(tmp_path, *ROWS), file_name="../a/records.csv", at=AT)
    assert (imported.state, imported.file_name) == (State.UPLOADED, "records.csv")
    assert imported.found["columns"] == HEAD.split(",")
    guessed = queries.profile_of(analyst, imported)
    assert guessed.id.columns == ("id",)
    assert queries.first_rows(analyst, imported).rows[0] == (2, ROWS[0].split(","))


def test_a_file_that_cannot_be_read_leaves_nothing(analyst, agency, tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(Exception, match="cannot be read"):
        actions.receive_file(analyst, agency, path=path, file_name="a.parquet", at=AT)
    assert not Import.objects.exists()
    assert not [path for path in (tmp_path / "var" / "imports").glob("*") if path.exists()]


def test_an_import_brings_incidents_with_their_provenance(analyst, bring):
    imported = bring(*ROWS)
    assert (imported.state, imported.rows_new, imported.rows_changed, imported.rows_same) == ("done", 3, 0, 0)
    first, second, third = Incident.objects.order_by("source_key")
    assert (first.source_key, first.offence_class_id, first.local_code) == ("a1", "NIBRS-220", "B")
    assert (first.day, first.hour, first.occurred_from) == (
        date(2020, 6, 1),
        10,
        datetime(2020, 6, 1, 15, 30, tzinfo=UTC),
    )
    assert (second.day, second.hour) == (date(2020, 6, 1), 23)
    assert (third.offence_class_id, third.cell, third.lon) == (None, None, None)
    assert first.batch.fields["place"] == "lon + lat (EPSG:4326)"
    assert first.batch.sha256 == imported.sha256
    assert LocalCode.objects.get(code="B").name == "Break-in"


def test_a_file_that_came_in_is_not_kept(bring, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        imported = bring(*ROWS)
    assert imported.file == ""
    assert not store.folder(imported.pk).exists()


def test_it_is_one_collection_in_the_trail(analyst, bring):
    imported = bring(*ROWS)
    collected = Entry.objects.filter(operation="collection")
    assert [(entry.deed, entry.object_id) for entry in collected] == [("import.run", str(imported.pk))]
    assert collected[0].changes["rows_new"] == [None, 3]


def test_the_same_file_twice_changes_nothing(bring):
    bring(*ROWS)
    before = list(Incident.objects.order_by("pk").values())
    again = bring(*ROWS)
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 0, 3)
    assert list(Incident.objects.order_by("pk").values()) == before


def test_a_changed_row_updates_and_keeps_what_it_said(bring):
    bring(*ROWS)
    again = bring(ROWS[0].replace("-87.65", "-87.70").replace(",B,", ",N,"), ROWS[1])
    assert (again.rows_new, again.rows_changed, again.rows_same) == (0, 1, 1)
    changed = Incident.objects.get(source_key="a1")
    assert (changed.lon, changed.offence_class_id) == (-87.70, "NIBRS-35A")
    assert set(changed.provenance) == {"lon", "cell", "local_code", "offence_class_id"}
    assert set(changed.provenance.values()) == {str(again.batch_id)}
    version = Version.objects.get()
    assert version.before["lon"] == -87.65
    assert version.before["offence_class_id"] == "NIBRS-220"


def test_a_corrected_mapping_updates_the_rows(bring):
    bring(*ROWS)
    corrected = replace(PROFILE, time=replace(PROFILE.time, zone="UTC"))
    assert bring(*ROWS, profile=corrected).rows_changed == 3
    assert Incident.objects.get(source_key="a1").occurred_from == datetime(2020, 6, 1, 10, 30, tzinfo=UTC)


def test_two_sources_may_use_the_same_ids(bring):
    bring(*ROWS)
    assert bring(*ROWS, profile=replace(PROFILE, source="other")).rows_new == 3
    assert Source.objects.count() == 2


def test_dates_without_hours_stay_days(bring):
    days = replace(PROFILE, time=replace(PROFILE.time, precision="day", zone="UTC"))
    bring("a1,2020-06-01,-87.65,41.85,B,no", profile=days)
    only = Incident.objects.get()
    assert (only.day, only.hour, only.precision) == (date(2020, 6, 1), None, "day")


def test_refused_rows_are_kept_with_reason_and_told_as_csv(analyst, bring):
    imported = bring(*ROWS, "a4,soon,-87.65,41.85,B,no", "a1,2020-06-01,-87.65,41.85,B,no")
    assert imported.rows_refused == 2
    refused = queries.refused_rows(analyst, imported)
    assert [(row.row, row.reason, row.detail) for row in refused] == [
        (5, "unreadable-time", "soon"),
        (6, "duplicate-id", "a1"),
    ]
    assert refused[0].fields["lon"] == "-87.65"
    lines = list(queries.refused_csv(analyst, imported))
    assert lines[0].strip() == "row number,why refused,text at fault," + HEAD
    assert lines[1].strip() == "5,the date is in none of the formats of the profile,soon,a4,soon,-87.65,41.85,B,no"
    assert queries.refused_by_reason(analyst, imported)[0][2] == 1


def test_a_row_mended_on_the_page_is_brought_in_under_its_old_number(analyst, bring):
    imported = bring(*ROWS, "a4,soon,-87.65,41.85,B,no", "a5,late,-87.65,41.85,B,no")
    row = RefusedRow.objects.get(row=5)
    mending = actions.mend_rows(analyst, imported, rows={row.pk: {"when": "2020-06-03 11:00"}}, at=AT)
    assert (mending.state, mending.mends_id) == (State.MAPPED, imported.pk)
    actions.finish_check(analyst, _checking(mending), report=queries.dry_run(analyst, mending, at=AT, tell=quiet))
    done = actions.bring_in(analyst, mending, at=AT, tell=quiet)
    assert (done.rows_new, done.rows_refused) == (1, 0)
    assert [left.row for left in queries.refused_rows(analyst, imported)] == [6]
    assert Incident.objects.filter(source_key="a4").exists()
    with pytest.raises(Contradiction, match="none of these rows"):
        actions.mend_rows(analyst, imported, rows={row.pk: {}}, at=AT)


def test_the_downloaded_rows_can_be_mended_and_uploaded(analyst, agency, bring, tmp_path):
    imported = bring(*ROWS, "a4,soon,-87.65,41.85,B,no", "a5,late,-87.65,41.85,B,no")
    path = tmp_path / "mended.csv"
    path.write_text("".join(queries.refused_csv(analyst, imported)).replace("a4,soon", "a4,2020-06-03"))
    mending = actions.receive_file(analyst, agency, path=path, file_name="mended.csv", at=AT, mends=imported)
    actions.finish_check(analyst, _checking(mending), report=queries.dry_run(analyst, mending, at=AT, tell=quiet))
    done = actions.bring_in(analyst, mending, at=AT, tell=quiet)
    assert (done.rows_new, done.rows_refused) == (1, 1)
    assert RefusedRow.objects.get(of=done).row == 6
    assert "row number" not in RefusedRow.objects.get(of=done).fields


def test_a_corrected_file_that_lost_its_row_numbers_ticks_nothing_off(analyst, agency, bring, tmp_path):
    imported = bring(*ROWS, "a4,soon,-87.65,41.85,B,no")
    path = written(tmp_path, "x1,2020-06-03,-87.65,41.85,B,no", "x2,2020-06-03,-87.65,41.85,B,no",
                   "x3,2020-06-03,-87.65,41.85,B,no", "x4,2020-06-03,-87.65,41.85,B,no")  # fmt: skip
    mending = actions.receive_file(analyst, agency, path=path, file_name="mended.csv", at=AT, mends=imported)
    actions.finish_check(analyst, _checking(mending), report=queries.dry_run(analyst, mending, at=AT, tell=quiet))
    assert actions.bring_in(analyst, mending, at=AT, tell=quiet).rows_new == 4
    assert [left.row for left in queries.refused_rows(analyst, imported)] == [5]


def test_a_file_of_which_most_is_refused_is_not_brought_in(analyst, agency, tmp_path):
    path = written(tmp_path, ROWS[0], "a2,soon,,,B,", "a3,late,,,B,")
    imported = actions.receive_file(analyst, agency, path=path, file_name="a.csv", at=AT)
    actions.map_columns(analyst, imported, profile=PROFILE)
    report = queries.dry_run(analyst, imported, at=AT, tell=quiet)
    actions.finish_check(analyst, _checking(imported), report=report)
    with pytest.raises(Contradiction, match="dry run stands against"):
        actions.ask_for_import(analyst, imported)
    with pytest.raises(MostRefused):
        actions.bring_in(analyst, imported, at=AT, tell=quiet)
    assert not Incident.objects.exists()
    assert not RefusedRow.objects.exists()


def test_work_that_is_stopped_half_way_leaves_nothing(bring):
    with pytest.raises(Stopped):
        bring(*ROWS, tell=lambda _share, _words: True)
    assert not Incident.objects.exists()
    assert not Source.objects.exists()


def test_a_file_that_breaks_half_way_leaves_nothing(bring, monkeypatch):
    from openbeat.intake import bringing

    def breaking(*arguments, **settings):
        yield from judged(*arguments, **settings)
        raise OSError("the disk is gone")

    judged = bringing.judged
    bring(ROWS[2])
    before = list(Incident.objects.values())
    monkeypatch.setattr(bringing, "judged", breaking)
    with pytest.raises(OSError, match="disk"):
        bring(*ROWS)
    assert list(Incident.objects.values()) == before


def test_what_a_thread_makes_ahead_is_given_in_order_and_its_error_is_raised():
    def failing():
        yield 1
        yield 2
        raise ValueError("three")

    taken = []
    with pytest.raises(ValueError, match="three"):
        taken.extend(ahead(failing()))
    assert list(ahead(iter(range(50)))) == list(range(50))
    first = ahead(iter(range(50)))
    assert next(first) == 0
    first.close()


def test_an_import_is_withdrawn_with_what_it_brought_and_changed(analyst, bring):
    bring(*ROWS)
    before = list(Incident.objects.order_by("pk").values("source_key", "lon", "offence_class_id", "provenance"))
    again = bring(ROWS[0].replace("-87.65", "-87.70"), "a9,2020-06-09 10:00,-87.65,41.85,B,no")
    withdrawn = actions.withdraw_import(analyst, again, reason="wrong file", at=AT)
    assert withdrawn.state == State.WITHDRAWN
    assert list(Incident.objects.order_by("pk").values("source_key", "lon", "offence_class_id", "provenance")) == before
    assert not Version.objects.exists()
    entry = Entry.objects.get(operation="erasure")
    assert (entry.changes["incidents_deleted"], entry.changes["incidents_restored"]) == (1, 1)
    assert bring(*ROWS).rows_same == 3


def test_an_import_on_which_a_later_one_is_built_is_not_withdrawn_first(analyst, bring):
    first = bring(*ROWS)
    second = bring(ROWS[0].replace("-87.65", "-87.70"))
    with pytest.raises(Contradiction, match="later imports"):
        actions.withdraw_import(analyst, first, reason="wrong", at=AT)
    actions.withdraw_import(analyst, second, reason="wrong", at=AT)
    actions.withdraw_import(analyst, first, reason="wrong", at=AT)
    assert not Incident.objects.exists()


def test_withdrawing_needs_a_reason(analyst, bring):
    with pytest.raises(Contradiction, match="say why"):
        actions.withdraw_import(analyst, bring(*ROWS), reason=" ", at=AT)


def test_a_profile_that_names_other_columns_is_refused(analyst, agency, tmp_path):
    imported = actions.receive_file(analyst, agency, path=written(tmp_path, *ROWS), file_name="a.csv", at=AT)
    with pytest.raises(BadProfile, match="no column elsewhere"):
        actions.map_columns(analyst, imported, profile=replace(PROFILE, id=Identity(("elsewhere",))))


def test_a_file_given_up_is_removed(analyst, agency, tmp_path, django_capture_on_commit_callbacks):
    imported = actions.receive_file(analyst, agency, path=written(tmp_path, *ROWS), file_name="a.csv", at=AT)
    assert store.folder(imported.pk).exists()
    with django_capture_on_commit_callbacks(execute=True):
        actions.discard_import(analyst, imported, at=AT)
    assert not store.folder(imported.pk).exists()
    with pytest.raises(NotInThisState):
        actions.map_columns(analyst, imported, profile=PROFILE)


def test_a_profile_is_saved_chosen_replaced_and_forgotten(analyst, agency, tmp_path):
    actions.save_profile(analyst, agency, profile=PROFILE, at=AT)
    saved = actions.save_profile(analyst, agency, profile=replace(PROFILE, title="Better"), at=AT)
    imported = actions.receive_file(analyst, agency, path=written(tmp_path, *ROWS), file_name="a.csv", at=AT)
    first = queries.choices(analyst, imported)[0]
    assert (first.name, first.title, first.fits, first.saved) == ("mine", "Better", True, saved.pk)
    assert queries.named_profile(analyst, "mine").title == "Better"
    actions.forget_profile(analyst, queries.saved_profile(analyst, saved.pk))
    assert not queries.saved_profiles(analyst).exists()


def test_an_analysts_class_for_an_unknown_code_holds_for_old_and_new_rows(analyst, bring):
    from openbeat.incidents.actions import map_local_code

    bring(*ROWS)
    code = incidents.local_code(analyst, LocalCode.objects.get(code="?").pk)
    map_local_code(analyst, code, offence_class=OffenceClass.objects.get(pk="NIBRS-290"))
    bring(*ROWS, "a4,2020-06-04 01:00,,,?,")
    assert set(Incident.objects.filter(local_code="?").values_list("offence_class_id", flat=True)) == {"NIBRS-290"}


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.OFFICER, Role.OVERSEER])
def test_only_analysts_bring_files_in(agency, analyst, tmp_path, role):
    with pytest.raises(NotPermitted):
        actions.receive_file(someone(agency, role), agency, path=written(tmp_path, *ROWS), file_name="a.csv", at=AT)


def test_another_agency_sees_nothing_of_it(bring):
    imported = bring(*ROWS, "a4,soon,,,B,")
    other = Agency.objects.create(name="Far", slug="far")
    stranger = someone(other, Role.ANALYST)
    with scope(stranger):
        assert not queries.imports(stranger).exists()
        assert not queries.refused_rows(stranger, imported).exists()
        assert not Incident.objects.exists()
        assert incidents.total(stranger) == 0
