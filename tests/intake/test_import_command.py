"""`openbeat import` and the worker's tasks, with progress told on a connection of its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from django.core.management import call_command
from tests.shared_data import shared

from openbeat.access.actors import service
from openbeat.accounts import actions as accounts
from openbeat.accounts.models import Agency
from openbeat.incidents.models import Incident
from openbeat.intake import actions
from openbeat.intake.models import Import
from openbeat.intake.profile import shipped, to_toml
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now
from openbeat.ops import import_work
from openbeat.seeing import progress
from openbeat.seeing.scope import scope

SAMPLE = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "ops" / "sample" / "toronto" / "incidents.parquet"


@pytest.fixture
def agency(settings, tmp_path: Path) -> Agency:
    settings.VAR = tmp_path / "var"
    founding = accounts.Founding()
    house = service(founding.pk)
    with scope(house):
        return accounts.found_agency(
            house, founding, name="Toronto", zone="America/Toronto", slug="toronto", training_today=date(2022, 1, 1)
        )


@pytest.fixture
def slice_(tmp_path: Path) -> Path:
    path = tmp_path / "slice.parquet"
    pl.scan_parquet(SAMPLE).slice(100_000, 2_000).sink_parquet(path)
    return path


@pytest.mark.django_db
def test_a_file_is_brought_in_by_the_profile_that_fits(agency, slice_, capsys):
    call_command("import_file", str(slice_))
    assert "2,000 new" in capsys.readouterr().err
    call_command("import_file", str(slice_), profile="toronto-mci", agency="toronto")
    assert "2,000 as they were" in capsys.readouterr().err
    with scope(service(agency.pk)):
        assert set(Incident.objects.values_list("precision", flat=True)) == {"hour"}


@pytest.mark.django_db
def test_a_dry_run_brings_nothing_in(agency, slice_, tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    mine.write_text(to_toml(shipped("toronto-mci")))
    call_command("import_file", str(slice_), profile=str(mine), dry_run=True)
    assert "2,000 can be brought in" in capsys.readouterr().err
    with scope(service(agency.pk)):
        assert not Incident.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "text", "options", "words"),
    [
        ("none.csv", None, {}, "there is no file"),
        ("a.csv", "a,b\n1,2\n", {}, "no profile fits"),
        ("a.csv", "a,b\n1,2\n", {"profile": "nowhere"}, "no profile is called"),
        ("a.csv", "a,b\n1,2\n", {"agency": "elsewhere"}, "say for which agency"),
    ],
)
def test_what_cannot_be_done_is_said(agency, tmp_path, name, text, options, words):
    if text:
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=words):
        call_command("import_file", str(tmp_path / name), **options)


@pytest.mark.django_db(transaction=True)
def test_the_worker_brings_a_file_in_and_tells_of_it(agency, slice_, monkeypatch):
    told = []
    tell = progress.tell
    monkeypatch.setattr(progress, "tell", lambda *said: told.append(said[2:]) or tell(*said))
    with scope(service(agency.pk)):
        actor = service(agency.pk)
        imported = actions.receive_file(actor, agency, path=slice_, file_name="slice.parquet", at=now())
        actions.map_columns(actor, imported, profile=shipped("toronto-mci"))
        actions.ask_for_check(actor, imported)
    import_work.check.func(agency_id=str(agency.pk), import_id=str(imported.pk))
    with scope(service(agency.pk)):
        actions.ask_for_import(actor, Import.objects.get())
    import_work.bring_in.func(agency_id=str(agency.pk), import_id=str(imported.pk))
    assert told == [(0.0, "2,000 rows"), (1.0, "2,000 rows")]
    with scope(service(agency.pk)):
        assert Import.objects.get().state == "done"
        assert progress.standing(imported.pk).words == ""


@pytest.mark.django_db(transaction=True)
def test_work_asked_to_stop_stops_and_leaves_nothing(agency, slice_, monkeypatch):
    monkeypatch.setattr("openbeat.intake.readers.BATCH", 100)
    with scope(service(agency.pk)):
        actor = service(agency.pk)
        imported = actions.receive_file(actor, agency, path=slice_, file_name="slice.parquet", at=now())
        actions.map_columns(actor, imported, profile=shipped("toronto-mci"))
        actions.ask_for_check(actor, imported)
        actions.stop_import(actor, imported)

    class Told(Exception):
        pass

    def listening(_share, _words):
        with scope(service(agency.pk)):
            return progress.standing(imported.pk).stop_asked

    from contextlib import contextmanager

    @contextmanager
    def heard(_actor, _imported):
        yield listening

    monkeypatch.setattr(import_work, "telling_aside", heard)
    import_work.check.func(agency_id=str(agency.pk), import_id=str(imported.pk))
    with scope(service(agency.pk)):
        failed = Import.objects.get()
        assert (failed.state, failed.failure) == ("failed", "stopped, as was asked. nothing was imported")


@pytest.mark.slow
@pytest.mark.django_db
def test_real_chicago_comes_in_whole(agency, tmp_path):
    slice_ = tmp_path / "chicago.parquet"
    pl.scan_parquet(shared("chicago/chicago_slim_2012-2018.parquet")).slice(900_000, 60_000).sink_parquet(slice_)
    call_command("import_file", str(slice_), profile="chicago-slim")
    call_command("import_file", str(slice_), profile="chicago-slim")
    with scope(service(agency.pk)):
        first, again = Import.objects.order_by("id")
        assert first.rows_new + first.rows_left_out == 60_000
        assert (again.rows_new, again.rows_changed) == (0, 0)
