"""The sample city is founded whole, by the import that every user takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl
import pytest

from openbeat.access import Role
from openbeat.access.actors import service
from openbeat.accounts import founding
from openbeat.accounts.models import Agency, Holding
from openbeat.audit.models import Entry
from openbeat.incidents.models import Incident
from openbeat.intake.models import Import
from openbeat.kernel.time import now
from openbeat.ops.sample import SAMPLE, load
from openbeat.patrol.models import Unit
from openbeat.places import queries as places
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.slow

INCIDENTS = 239_935
TOLD: list[tuple[str, int, int]] = []


@pytest.fixture(scope="module")
def toronto(django_db_setup: None, django_db_blocker: object) -> Iterator[Agency]:
    """Loaded once for this file, and taken back after it. (Each test by itself would check every foreign key anew.)"""
    from django.db import transaction

    class TakeBack(Exception):
        pass

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                agency = load(lambda *told: TOLD.append(told))
                with scope(service(agency.pk)):
                    yield agency
                raise TakeBack
        except TakeBack:
            return


def test_it_is_a_training_agency_whose_today_follows_its_last_incident(toronto: Agency) -> None:
    assert (toronto.name, toronto.training, toronto.training_today) == ("Toronto (training)", True, date(2022, 1, 1))
    assert "Open Government Licence" in toronto.attribution
    last = Incident.objects.order_by("-occurred_from").first()
    assert last is not None
    assert last.occurred_from.astimezone(toronto.tz).date() == date(2021, 12, 31)


def test_every_incident_came_in_by_the_import(toronto: Agency) -> None:
    imported = Import.objects.get()
    assert (imported.rows_new, imported.rows_refused, imported.file_name) == (INCIDENTS, 0, "incidents.parquet")
    assert Incident.objects.count() == INCIDENTS
    assert Entry.objects.filter(operation="collection", object_type="Import").count() == 1
    assert TOLD[-1] == ("incidents.parquet", INCIDENTS, INCIDENTS)


def test_someone_holds_each_role_and_can_sign_in(toronto: Agency) -> None:
    held = {holding.role: holding.person.name for holding in Holding.objects.select_related("person")}
    assert set(held) == {role.value for role in Role} - {"resident", "service"}
    links = founding.training_links(toronto, at=now())
    assert {link.role for link in links} == set(held)


def test_neighbourhoods_are_drawn_around_their_incidents(toronto: Agency) -> None:
    house = service(toronto.pk)
    force = places.area_sets_in_force(house, toronto.pk, date(2022, 1, 1))
    drawn = force["neighbourhoods"]
    assert (drawn.count, 560 < drawn.km2 < 640) == (140, True)
    rows = pl.read_parquet(SAMPLE / "incidents.parquet")
    keys, found = places.areas_at(house, drawn, rows["longitude"].to_numpy(), rows["latitude"].to_numpy())
    names = dict(places.areas(house, drawn).values_list("id", "name"))
    own = np.array([names[keys[index]] if index >= 0 else "" for index in found.tolist()])
    assert (own == rows["neighbourhood"].to_numpy()).mean() > 0.9
    assert (found < 0).sum() < 50


def test_units_start_from_stations_and_drives_are_guessed(toronto: Agency) -> None:
    house = service(toronto.pk)
    assert places.stations(house, toronto.pk).count() == 8
    assert Unit.objects.values("station").distinct().count() == 8
    assert places.travel_times(house, toronto.pk).facts == {"source": "great circle", "kmh": 30.0, "factor": 1.3}
    assert places.basemap_in_use(house, toronto.pk) is None
