"""A city's folder that says no training day: the clock follows its records before anything of it is dated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from tests.town import _city

from openbeat.access.actors import service
from openbeat.accounts.identity import Agency, agency_now
from openbeat.intake.models import Import
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now
from openbeat.ops.sample import load_city
from openbeat.places.models import AreaSet, StreetNetwork
from openbeat.seeing.scope import scope


@pytest.fixture
def city(tmp_path: Path) -> Path:
    _city(tmp_path)
    told = (tmp_path / "agency.toml").read_text()
    kept = [line for line in told.splitlines() if not line.startswith("training_today")]
    assert len(kept) == len(told.splitlines()) - 1
    (tmp_path / "agency.toml").write_text("\n".join(kept))
    return tmp_path


@pytest.fixture
def agency(city: Path, db: None, settings: object, tmp_path: Path) -> Iterator[Agency]:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    with transaction.atomic():
        made = load_city(city, lambda *_told: None)
        with scope(service(made.pk)):
            yield Agency.objects.get(pk=made.pk)
        transaction.set_rollback(True)


def test_all_of_it_is_dated_on_the_day_after_its_last_incident(agency: Agency, tmp_path: Path) -> None:
    day = date(2022, 1, 1)
    assert (agency.training_today, agency_now(agency, now()).astimezone(agency.tz).date()) == (day, day)
    imported = Import.objects.get()
    moments = [imported.made_at, imported.finished_at, AreaSet.objects.get().made_at]
    moments += [one.made_at for one in StreetNetwork.objects.all()]
    assert {moment.astimezone(agency.tz).date() for moment in moments if moment} == {day}
    assert imported.state == "done"
    # the try's file is gone; the import's own goes with the transaction's end
    assert [one.name for one in (tmp_path / "var" / "imports").iterdir()] == [str(imported.pk)]


def test_a_try_that_fails_founds_nothing(city: Path, db: None, settings: object, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "var"  # type: ignore[attr-defined]
    (city / "incidents.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadInput):
        load_city(city, lambda *_told: None)
    assert not Agency.objects.exists()
