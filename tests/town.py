"""A small town for tests: three neighbourhoods of the sample city with four years of records, founded as cities are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.db import transaction
from django.test import Client
from django.urls import reverse

from openbeat.access import Actor, Role
from openbeat.access.actors import service
from openbeat.accounts import actions as accounts
from openbeat.accounts import founding
from openbeat.accounts.identity import Agency, Person, actor_of, agency_now
from openbeat.kernel.time import now
from openbeat.ops.sample import SAMPLE, load_city
from openbeat.places.models import AreaSet
from openbeat.seeing.scope import scope

NEIGHBOURHOODS = ("Bay Street Corridor", "Church-Yonge Corridor", "Moss Park")
SINCE = date(2018, 9, 1)
TODAY = date(2022, 1, 1)


@dataclass(frozen=True)
class Town:
    """An agency with its people, areas, units and records; and another far away."""

    agency: Agency
    far: Agency
    areas: AreaSet
    incidents: int

    @property
    def house(self) -> Actor:
        """The service at work here."""
        return service(self.agency.pk)

    @property
    def at(self) -> datetime:
        """Now, on the training day."""
        return agency_now(self.agency, now())

    def person(self, role: Role) -> Person:
        """Who holds the role."""
        with scope(self.house):
            return Person.objects.get(username=f"{role.value}.{self.agency.slug}")

    def actor(self, role: Role) -> Actor:
        """Them, acting."""
        person = self.person(role)
        with scope(self.house):
            return actor_of(person, at=now(), source_address="192.0.2.1")

    def stranger(self, role: Role) -> Actor:
        """Somebody who holds the role far away."""
        return actor_of(_someone(self.far, role), at=now())

    def client(self, role: Role) -> Client:
        """A browser in which they are signed in."""
        return _signed_in(self.agency, self.person(role))

    def strangers_client(self, role: Role) -> Client:
        """A browser of somebody who holds the role far away."""
        return _signed_in(self.far, _someone(self.far, role))


def _someone(agency: Agency, role: Role) -> Person:
    house = service(agency.pk)
    with scope(house):
        known = Person.objects.filter(username=f"{role.value}.far").first()
        if known:
            return known
        person = accounts.add_person(house, agency, username=f"{role.value}.far", name="Far Away", at=now())
        post = accounts.add_post(house, agency, name=f"Far {role.value}")
        accounts.give_role(house, person, post=post, role=role, since=now())
        return person


def _signed_in(agency: Agency, person: Person) -> Client:
    house = service(agency.pk)
    with scope(house):
        secret = accounts.issue_sign_in_link(house, person, at=now())
    client = Client()
    client.post(reverse("sign_in_link", args=[secret]))
    return client


@contextmanager
def raised(folder: Path) -> Iterator[Town]:
    """The town, founded in a transaction that is taken back in the end; its rows are open."""

    class TakeBack(Exception):
        pass

    incidents = _city(folder)
    try:
        with transaction.atomic():
            agency = load_city(folder, lambda *_told: None)
            far, _ = founding.found(
                name="Far", zone="Asia/Almaty", slug="far", country="KZ", attribution="",
                administrator="administrator.far", administrator_name="Far Admin", at=now(), training_today=TODAY,
            )  # fmt: skip
            with scope(service(agency.pk)):
                yield Town(agency, far, AreaSet.objects.get(), incidents)
            raise TakeBack
    except TakeBack:
        return


def _city(folder: Path) -> int:
    """The folder of a city: what the sample city's holds of three neighbourhoods since 2018."""
    shutil.copy(SAMPLE / "stations.csv", folder)
    text = (SAMPLE / "agency.toml").read_text().replace('"toronto"', '"town"').replace("count = 8", "count = 2")
    (folder / "agency.toml").write_text(text)
    rows = pl.read_parquet(SAMPLE / "incidents.parquet")
    kept = rows.filter(pl.col("neighbourhood").is_in(NEIGHBOURHOODS), pl.col("occurrence_date") >= SINCE)
    kept.write_parquet(folder / "incidents.parquet")
    areas = json.loads((SAMPLE / "neighbourhoods.geojson").read_text())
    areas["features"] = [one for one in areas["features"] if one["properties"]["name"] in NEIGHBOURHOODS]
    (folder / "neighbourhoods.geojson").write_text(json.dumps(areas))
    return len(kept)


@contextmanager
def taken_back() -> Iterator[None]:
    """What is done inside is undone after."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)
