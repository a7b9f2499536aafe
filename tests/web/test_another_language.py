"""The main job in a language of this test's own: whatever stands outside of its brackets was never asked for.

Data stay as they are: names, titles, codes, files. All other words come through gettext, or a reader can't read them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Permission, Role
from openbeat.accounts.models import Person, Post
from openbeat.forecast import actions as forecast_actions
from openbeat.forecast import queries as forecasts
from openbeat.forecast.models import Run
from openbeat.incidents.models import Incident, OffenceClass
from openbeat.intake.models import Import
from openbeat.kernel.ids import new_id
from openbeat.ops import tasks
from openbeat.patrol import actions as patrol_actions
from openbeat.patrol import queries as patrol
from openbeat.patrol.models import Plan
from openbeat.patrol.rules import Asked
from openbeat.places.models import Area, AreaSet, Station

STARTS = datetime(2022, 1, 2, 18, tzinfo=ZoneInfo("America/Toronto"))
ASKED = Asked(places=6, visits=2, dwell=10, slot=60, spacing=30, rest=20, max_share=100, balance=100, seconds=1)
SPOKEN = ("title", "aria-label", "placeholder", "alt", "label", "aria-valuetext")
UNSPOKEN = {"script", "style", "code", "pre"}
INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[A-Za-z]{3,}")
DIGEST = re.compile(r"\b[0-9a-f]{9,}\b")


class Heard(HTMLParser):
    """What a page says: its texts, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSPOKEN:
            self._inside.append(tag)
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.said.append(data)


def bare(page: str, known: Collection[str] = ()) -> set[str]:
    """Words outside of the brackets and of the data."""
    heard = Heard()
    heard.feed(page)
    text = " ¶ ".join(heard.said)
    while (shorter := INNERMOST.sub(" ", text)) != text:
        text = shorter
    for phrase in sorted(known, key=len, reverse=True):
        text = text.replace(phrase, " ")
    return set(WORD.findall(DIGEST.sub(" ", text)))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>⟦All of it⟧</p>", set()),
        ("<p>⟦one ⟦two⟧ three⟧ four</p>", {"four"}),
        ('<a title="Away" href="/there">⟦x⟧</a><script>let bare = 1</script>', {"Away"}),
        ("<p>Ann · 12 km</p>", {"Ann"}),
    ],
)
def test_the_finder_finds(page: str, words: set[str]) -> None:
    assert bare(page) == words


# --- the town in another language ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock(), raised(folder) as made, pytest.MonkeyPatch.context() as patch:  # type: ignore[attr-defined]
        patch.setattr(tasks, "TELL_PAUSE", 1e9)
        yield made


@pytest.fixture(scope="module")
def run(town: Town) -> Run:
    asked = forecast_actions.ask_for_forecast(
        town.actor(Role.ANALYST), town.areas, title="QQQ", classes=[OffenceClass.objects.get(pk="NIBRS-220")],
        starts=TODAY, horizon=7, resolution=9, estimator="ewma", at=town.at,
    )  # fmt: skip
    computed = tasks._compute(town.house, forecasts.run(town.house, asked.id))
    forecast_actions.begin_run(town.house, asked)
    found = forecast_actions.finish_run(town.house, asked, computed=replace(computed, better=True), at=town.at)
    return forecast_actions.approve_forecast(town.actor(Role.ANALYST), found, expires=date(2022, 1, 7), at=town.at)


@pytest.fixture(scope="module")
def plan(town: Town, run: Run) -> Plan:
    asked = patrol_actions.ask_for_plan(
        town.actor(Role.COMMANDER), run, title="QQQ", starts=STARTS, ends=STARTS + timedelta(hours=4),
        units=list(patrol.units(town.house, town.agency.pk)), asked=ASKED, at=town.at,
    )  # fmt: skip
    tasks.solve_plan(agency_id=str(asked.agency_id), plan_id=str(asked.id))
    return patrol.plan(town.house, asked.id)


@pytest.fixture(autouse=True)
def undone(request: pytest.FixtureRequest) -> Iterator[None]:
    if "town" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("plan")
    with taken_back():
        yield


@pytest.fixture
def in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text that is asked for in the reader's language is answered in brackets."""
    real = translation._trans
    ask: dict[str, Any] = {name: getattr(real, name) for name in ("gettext", "pgettext", "ngettext", "npgettext")}

    def answer(name: str) -> Any:
        def said(*given: Any) -> Any:
            found = ask[name](*given)
            return f"⟦{found}⟧" if found else found

        return said

    for name in ask:
        monkeypatch.setattr(real, name, answer(name))


def data_of(town: Town) -> set[str]:
    """The data, as they are told: people, agencies, areas, stations, offences, files, sources, codes of rights.

    How a method describes itself is told by the analytics, in English, and kept with the run.
    """
    agencies = [town.agency.name, town.far.name, town.agency.attribution, town.agency.slug, *available_timezones()]
    told = (
        Person.objects.values_list("name", "username"),
        Post.objects.values_list("name"),
        OffenceClass.objects.values_list("name", "code", "id"),
        Import.objects.values_list("file_name", "sha256"),
        Incident.objects.values_list("local_code", "area_hint", "source__title", "source__name").distinct(),
        AreaSet.objects.values_list("name", "source", "attribution"),
        Area.objects.values_list("name", "code"),
        Station.objects.values_list("name", "code"),
        [(one.value,) for one in Permission],
        [(model["description"],) for model in Run.objects.get().report["models"].values()],
        [name for one in Import.objects.all() for name in zip(one.found["columns"])],
    )
    found = {str(text) for rows in told for row in rows for text in row} | {*agencies, *KEPT}
    return {text for text in found if WORD.search(text)}


HELD = (Role.ANALYST, Role.COMMANDER, Role.OFFICER, Role.OVERSEER, Role.ADMINISTRATOR)
KEPT = ("Openbeat", "QQQ", "Ctrl", "Esc", "English", "Oʻzbek tili", "CSV", "GeoJSON", "TOML", "NIBRS", "EPSG", "GPX")
"""The product's own name, keys, and names of formats and measures."""


def pages(town: Town, run: Run, plan: Plan) -> dict[Role, list[str]]:
    incident, imported = Incident.objects.order_by("id")[3], Import.objects.get()
    unit = patrol.units(town.house, town.agency.pk)[0].call_sign
    every = ["home", "search", "mfa_index"]
    named: dict[Role, list[Any]] = {
        Role.ANALYST: [
            *every, "imports", "import_upload", ("import", imported.pk), ("import_refused", imported.pk), "incidents",
            ("incident", incident.pk), "offences", "forecasts", "forecast_ask", ("forecast", run.pk), "places",
            ("area_set", town.areas.pk), "area_upload", "streets", "stations", "log_checks",
        ],
        Role.COMMANDER: [
            *every, ("forecast", run.pk), "plans", "plan_ask", ("plan", plan.pk), "units", "publishing",
        ],
        Role.OFFICER: [*every, "plans", ("plan", plan.pk), ("plan_sheet", plan.pk, unit)],
        Role.OVERSEER: [*every, "trail", "log_checks", "people"],
        Role.ADMINISTRATOR: [
            *every, "people", "person_add", ("person", town.person(Role.ANALYST).pk), "agencies",
            ("agency", town.agency.pk), "devices", "tokens", "token_add", "trail",
        ],
    }  # fmt: skip
    return {
        role: [reverse(one) if isinstance(one, str) else reverse(one[0], args=one[1:]) for one in views]
        for role, views in named.items()
    }


@pytest.mark.parametrize("role", HELD)
def test_no_page_speaks_outside_of_the_readers_language(
    town: Town, run: Run, plan: Plan, role: Role, in_brackets: None
) -> None:
    known, client = data_of(town), town.client(role)
    found = {}
    for address in pages(town, run, plan)[role]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        if words := bare(answer.content.decode(), known):
            found[address] = sorted(words)
    assert not found, "\n".join(f"{address}: {sorted(words)}" for address, words in found.items())


def test_no_public_page_speaks_outside_of_the_readers_language(town: Town, run: Run, in_brackets: None) -> None:
    known = data_of(town)
    every = (reverse("public"), reverse("public_agency", args=[town.agency.slug]), reverse("account_login"))
    found = {address: bare(Client().get(address).content.decode(), known) for address in every}
    found = {address: words for address, words in found.items() if words}
    assert not found, "\n".join(f"{address}: {sorted(words)}" for address, words in found.items())


def test_no_refusal_speaks_outside_of_the_readers_language(town: Town, run: Run, plan: Plan, in_brackets: None) -> None:
    known = data_of(town)
    analyst, commander, officer = (town.client(role) for role in (Role.ANALYST, Role.COMMANDER, Role.OFFICER))
    shift = {"forecast": str(run.pk), "day": "2022-02-01", "begins": "22:00", "hours": "8"}
    refused = [
        officer.get(reverse("incidents")),
        officer.get(reverse("forecast", args=[run.pk])),
        analyst.get(reverse("forecast", args=[new_id()])),
        officer.post(reverse("plan_approve", args=[plan.pk]), follow=True),
        analyst.post(reverse("forecast_retry", args=[run.pk]), follow=True),
        analyst.post(reverse("forecast_withdraw", args=[run.pk]), {"reason": " "}, follow=True),
        analyst.post(reverse("import_check", args=[Import.objects.get().pk]), follow=True),
        commander.post(reverse("plan_withdraw", args=[plan.pk]), {"reason": ""}, follow=True),
        commander.post(reverse("plan_edit", args=[plan.pk]), {"kind": "drop", "stop": "x"}, follow=True),
        commander.post(reverse("units"), {"call_sign": "U01", "station": "x", "crew": "2"}),
        commander.post(reverse("plan_ask"), shift),
        analyst.post(reverse("streets"), {"speed": "1", "kmh": "900"}),
    ]
    found = {answer.request["PATH_INFO"]: bare(answer.content.decode(), known) for answer in refused}
    found = {address: words for address, words in found.items() if words}
    assert not found, "\n".join(f"{address}: {sorted(words)}" for address, words in found.items())
