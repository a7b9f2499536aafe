"""The sample city, and any other city that is given as a folder: founded, with its people, places and records.

The records come in by the import that every user takes: received, mapped, tried, brought in.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from openbeat.access import Actor, Role
from openbeat.access.actors import service
from openbeat.accounts import actions as accounts
from openbeat.accounts import founding
from openbeat.accounts.identity import Agency, agency_now
from openbeat.acting import together
from openbeat.intake import actions as intake
from openbeat.intake import queries as imports
from openbeat.intake import store as uploads
from openbeat.intake.queries import Import
from openbeat.kernel.errors import BadInput
from openbeat.kernel.time import now
from openbeat.ops.files import receive
from openbeat.ops.sample.folder import AreasPart, CityFolder, IncidentsPart, read_folder
from openbeat.patrol import actions as patrol
from openbeat.places import actions as places
from openbeat.places import queries as placed
from openbeat.places.readers import read_area_file
from openbeat.places.rules import Layer, stations_of
from openbeat.places.shapes import Columns, guess_columns, make_areas
from openbeat.seeing.scope import scope

SAMPLE = Path(__file__).parent / "toronto"

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much (0: not known)."""

PEOPLE = (
    (Role.ANALYST, "Noor Analyst", "Analysis unit"),
    (Role.COMMANDER, "Sasha Commander", "Command"),
    (Role.DISPATCHER, "Kim Dispatcher", "Dispatch"),
    (Role.OFFICER, "Jo Officer", "Patrol"),
    (Role.INVESTIGATOR, "Lee Investigator", "Investigations"),
    (Role.CUSTODIAN, "Max Custodian", "Evidence store"),
    (Role.PARTNER, "Ali Partner", "Partner agencies"),
    (Role.OVERSEER, "Mina Overseer", "Oversight office"),
)
"""Nobody: the synthetic people of a training agency, one for each role."""
ADMINISTRATOR = "Toni Administrator"


def load(tell: Tell) -> Agency:
    """Found the training agency of the sample city, «Toronto (training)», with everything in it."""
    return load_city(SAMPLE, tell)


def load_city(folder: Path, tell: Tell) -> Agency:
    """Found an agency from a city's folder: all of it, or nothing."""
    city = read_folder(folder)
    with together():
        agency = _found(city)
        house = service(agency.pk)
        with scope(house):
            _add_people(house, agency, city)
            received = _receive(house, agency, city, tell)
            _add_places(house, agency, city, tell)
            for imported in received:
                _bring_in(house, agency, imported, tell)
    return agency


def _found(city: CityFolder) -> Agency:
    """The agency and its first administrator. In training, its clock is set when its records are known."""
    told, at = city.agency, now()
    slug = told.slug or slugify(told.name)
    agency, _ = founding.found(
        name=told.name, zone=told.zone, slug=slug, country=told.country, attribution=told.attribution,
        administrator=f"administrator.{slug}", administrator_name=ADMINISTRATOR, at=at,
        training_today=(told.training_today or at.date()) if told.training else None,
    )  # fmt: skip
    return agency


def _add_people(house: Actor, agency: Agency, city: CityFolder) -> None:
    if not city.agency.training:
        return
    at = now()
    for role, name, post in PEOPLE:
        person = accounts.add_person(house, agency, username=f"{role.value}.{agency.slug}", name=name, at=at)
        held = accounts.add_post(house, agency, name=post)
        accounts.give_role(house, person, post=held, role=role, since=at)


# --- places ----------------------------------------------------------------------------------------------------------


def _add_places(house: Actor, agency: Agency, city: CityFolder, tell: Tell) -> None:
    for done, part in enumerate(city.areas, start=1):
        _add_areas(house, agency, city.file(part.file), part)
        tell("areas", done, len(city.areas))
    if city.travel:
        places.state_speed(house, agency, kmh=city.travel.kmh, at=_at(agency))
    _add_streets(house, agency, city)
    if city.stations:
        text = city.file(city.stations.file).read_text(encoding="utf-8-sig")
        places.set_stations(house, agency, stations=stations_of(csv.DictReader(text.splitlines())))
    _add_units(house, agency, city.units.count)


def _add_areas(house: Actor, agency: Agency, file: Path, part: AreasPart) -> None:
    table = read_area_file(file)
    guess = guess_columns(table)
    reading = make_areas(table, Columns(part.code or guess.code, part.label or guess.name), epsg=part.epsg)
    places.add_areas(
        house, agency, layer=Layer(part.layer), name=part.name, valid_from=part.valid_from, areas=reading.areas,
        source=file.name, attribution=part.attribution, at=_at(agency),
    )  # fmt: skip


def _add_streets(house: Actor, agency: Agency, city: CityFolder) -> None:
    streets, at = city.streets, _at(agency)
    if streets is None:
        return
    if streets.extract:
        file = city.file(streets.extract)
        places.receive_extract(house, agency, file=file, name=file.name, at=at)
        return
    edges = city.file(streets.edges)
    places.receive_street_lists(
        house, agency, nodes=city.file(streets.nodes), edges=edges, name=edges.name, kmh=streets.kmh,
        attribution=streets.attribution, at=at,
    )  # fmt: skip


def _add_units(house: Actor, agency: Agency, count: int) -> None:
    stations = list(placed.stations(house, agency.pk))
    for number in range(count):
        station = stations[number % len(stations)]
        patrol.add_unit(house, agency, call_sign=f"U{number + 1:02d}", station=station)


# --- records ---------------------------------------------------------------------------------------------------------


def _receive(house: Actor, agency: Agency, city: CityFolder, tell: Tell) -> list[Import]:
    """The files of incidents; in training the clock is first set to the day after the last incident of all."""
    if city.agency.training and city.agency.training_today is None and city.incidents:
        last = _last_day_of_all(house, agency, city, tell)
        accounts.set_training_day(house, agency, today=last + timedelta(days=1))
    return [_received(house, agency, city, part) for part in city.incidents]


def _last_day_of_all(house: Actor, agency: Agency, city: CityFolder, tell: Tell) -> date:
    """The day of the last incident in all files, by a try that leaves nothing: it was made before its clock was set."""
    with transaction.atomic():
        received = [_received(house, agency, city, part) for part in city.incidents]
        last = max(_last_day(house, agency, imported, tell) for imported in received)
        transaction.set_rollback(True)
    for imported in received:
        uploads.drop(imported.pk)
    return last


def _received(house: Actor, agency: Agency, city: CityFolder, part: IncidentsPart) -> Import:
    profile = str(city.file(part.profile)) if part.profile.endswith(".toml") else part.profile
    return receive(house, agency, city.file(part.file), profile)


def _last_day(house: Actor, agency: Agency, imported: Import, tell: Tell) -> date:
    report = imports.dry_run(house, imported, at=_at(agency), tell=_telling(f"trying {imported.file_name}", tell))
    if report.last is None:
        raise BadInput(f"{imported.file_name} holds no incident that can be read", mend="try it on the pages first")
    return date.fromisoformat(str(report.last)[:10])


def _bring_in(house: Actor, agency: Agency, imported: Import, tell: Tell) -> None:
    done = intake.bring_in(house, imported, at=_at(agency), tell=_telling(imported.file_name, tell))
    counts = (done.rows_new, done.rows_changed, done.rows_same, done.rows_refused, done.rows_left_out)
    rows = sum(count or 0 for count in counts)
    tell(imported.file_name, rows, rows)


def _telling(what: str, tell: Tell) -> Callable[[float, str], bool]:
    def told(_share: float, words: str) -> bool:
        tell(what, int(words.replace(",", "").split()[0]), 0)
        return False

    return told


def _at(agency: Agency) -> datetime:
    return agency_now(agency, now())
