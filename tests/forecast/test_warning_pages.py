"""The warning desk page by page: what it says, what may be done, and what comes back when something is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from tests.town import TODAY, Town, raised, taken_back

from openbeat.access import Actor, Role
from openbeat.audit.models import Entry
from openbeat.forecast import actions as forecasts
from openbeat.forecast.warning import actions
from openbeat.forecast.warning.compute import Found, Scanned
from openbeat.forecast.warning.models import Alarm, Scan, Step, Watch
from openbeat.forecast.warning.rules import Outcome, Stretch, reach
from openbeat.forecast.warning.states import AlarmState, WatchState
from openbeat.incidents.models import OffenceClass
from openbeat.patrol.models import Plan
from openbeat.places.models import AreaSet
from openbeat.seeing import progress
from openbeat.web import warning_lists as lists
from openbeat.web import warning_words as words
from placewise.warning.thresholds import LEAST_RECURRENCE_DAYS

BURGLARY = "NIBRS-220"
HERE = Stretch(-79.3700, 43.6560, 480.0, date(2021, 12, 18), date(2021, 12, 31))
"""In Moss Park."""


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def analyst(town: Town) -> Actor:
    return town.actor(Role.ANALYST)


@pytest.fixture
def client(town: Town) -> Client:
    return town.client(Role.ANALYST)


@pytest.fixture
def proposed(town: Town, analyst: Actor) -> Watch:
    return actions.set_up_watch(
        analyst, town.areas, title="Burglary", classes=[OffenceClass.objects.get(pk=BURGLARY)], radius=1000, days=28,
        least_interval=100, at=town.at,
    )  # fmt: skip


@pytest.fixture
def watch(town: Town, analyst: Actor, proposed: Watch) -> Watch:
    return actions.approve_watch(analyst, proposed, at=town.at)


def found(**settings: object) -> Found:
    given = {
        "stretch": HERE, "observed": 14, "expected": 4.2, "statistic": 7.1, "p": 0.003, "recurrence": 340.0,
        "cells": [["8a2b9bc7495ffff", 9], ["8a2b9bc74947fff", 5]],
        "timeline": {"first": "2021-07-03", "observed": [0] * 168 + [1] * 14, "expected": [0.3] * 182},
    }  # fmt: skip
    return Found(**given | settings)  # type: ignore[arg-type]


def brought(town: Town, watch: Watch, *clusters: Found, night: date = TODAY) -> Scan:
    scan = actions.ask_for_scan(town.house, watch, night=night, nightly=False, at=town.at)
    actions.begin_scan(town.house, scan)
    names = ["Moss Park"] * len(clusters)
    told = Scanned(cases=1900, clusters=len(clusters), found=clusters)
    return actions.finish_scan(town.house, scan, scanned=told, names=names, at=town.at)


@pytest.fixture
def alarm(town: Town, watch: Watch) -> Alarm:
    brought(town, watch, found())
    return Alarm.objects.get()


def text(client: Client, view: str, *given: object, query: str = "", status: int = 200) -> str:
    """The page's words, its markup taken out."""
    answer = client.get(reverse(view, args=given) + query)
    assert answer.status_code == status
    return plain(answer.content.decode())


def plain(page: str) -> str:
    main = page.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main).replace("&#x27;", "'").replace("&amp;", "&"))


def post(client: Client, view: str, *given: object, query: str = "", **data: str) -> str:
    answer = client.post(reverse(view, args=given) + query, data, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "said"), [("1932", "area 1932"), ("Annex", "Annex"), ("12th Ward", "12th Ward")])
def test_an_area_with_but_a_number_is_not_read_as_a_year(name: str, said: str) -> None:
    assert words.near(Alarm(near=name)) == said


@pytest.mark.parametrize(
    ("p", "least_interval", "said"),
    [
        (0.001, 200, "none of 999 tries of chance brought as much"),
        (0.002, 200, "1 of 999 tries of chance brought as much"),
        (0.005, 200, "4 of 999 tries of chance brought as much"),
        (0.0001, 365, "none of 9,999 tries of chance brought as much"),
        (0.0012, 365, "11 of 9,999 tries of chance brought as much"),
    ],
)
def test_p_is_told_as_tries_of_chance(p: float, least_interval: int, said: str) -> None:
    assert words.chance_words(Alarm(p=p, watch=Watch(least_interval=least_interval))) == said


def test_a_warning_in_plain_words(alarm: Alarm) -> None:
    assert words.found(alarm) == (
        "14 reports of Burglary/Breaking & Entering within 600 m of a point in Moss Park "
        "from 18 December to 31 December 2021, where 4.2 would be expected."
    )
    assert words.by_chance(alarm) == "By chance alone, something like this would be flagged about once in 340 days."
    assert words.since(alarm) == "New on 1 January 2022"


@pytest.mark.parametrize(
    ("days", "most", "often", "short"),
    [
        (30, 1000, "about once in 30 days", "30"),
        (999.4, 1000, "about once in 999 days", "999"),
        (1000, 1000, "less than once in 1,000 days", "> 1,000"),
        (1000, 10_000, "about once in 1,000 days", "1,000"),
    ],
)
def test_how_often_chance_alone_would_be_told(days: float, most: int, often: str, short: str) -> None:
    assert words.once_in(days, most) == often
    assert words.days_between(days, most) == short


def test_the_false_alarms_told_are_those_measured() -> None:
    """As the table of docs/explanation/false-alarms.md has them."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "explanation" / "false-alarms.md").read_text()
    page = page.partition("## The nightly scan")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| \**(\d+) days\** \|(.*)\|$", page, re.MULTILINE)
    kept = []
    for days, line in lines:
        quiet, all_, nights, *found = (part.strip() for part in line.split("|"))
        kept.append(
            (int(days), float(quiet), float(all_), float(nights), *(int(part.split("%")[0]) for part in found[-3:]))
        )
    assert tuple(kept) == lists.MEASURED
    assert LEAST_RECURRENCE_DAYS in {days for days, *_rest in kept}


@pytest.mark.parametrize(("radius", "told"), [(0, 100), (25, 100), (26, 150), (480, 600), (925, 1000)])
def test_a_circle_is_told_with_its_cells_and_rounded_up(radius: float, told: int) -> None:
    assert reach(radius) == told


def test_one_report_on_one_day_reads_well(town: Town, watch: Watch) -> None:
    brought(town, watch, found(observed=1, stretch=replace(HERE, starts=HERE.ends)))
    assert words.found(Alarm.objects.get()).startswith("1 report of Burglary/Breaking & Entering within 600 m")
    assert "Moss Park on 31 December 2021, where" in words.found(Alarm.objects.get())


def test_that_most_reports_are_of_one_day_is_told(town: Town, watch: Watch) -> None:
    counts = [0] * 182
    counts[-10], counts[-1] = 9, 5
    brought(town, watch, found(timeline={"first": "2021-07-03", "observed": counts, "expected": [0.3] * 182}))
    alarm = Alarm.objects.get()
    assert words.of_one_day(alarm) == (
        "9 of them are of 22 December 2021: one event may be behind them, reported many times."
    )
    alarm.observed = 9
    assert words.of_one_day(alarm).startswith("All of them are of 22 December 2021")
    alarm.observed = 19
    assert words.of_one_day(alarm) == ""
    alarm.timeline = {}
    assert words.of_one_day(alarm) == ""


@pytest.mark.parametrize(
    ("first", "last", "told", "short"),
    [
        (date(2021, 12, 31), date(2021, 12, 31), "on 31 December 2021", "31 Dec 2021"),
        (date(2021, 12, 1), date(2021, 12, 31), "from 1 December to 31 December 2021", "1 – 31 Dec 2021"),
        (date(2021, 11, 30), date(2021, 12, 31), "from 30 November to 31 December 2021", "30 Nov – 31 Dec 2021"),
        (date(2021, 12, 31), date(2022, 1, 3), "from 31 December 2021 to 3 January 2022", "31 Dec 2021 – 3 Jan 2022"),
    ],
)
def test_days_in_words_and_in_tables(first: date, last: date, told: str, short: str) -> None:
    assert words.span(first, last) == told
    assert words.days(first, last) == short


@pytest.mark.parametrize(("value", "told"), [(4.24, "4.2"), (1.0, "1.0"), (0.99, "0.99"), (0.041, "0.04")])
def test_an_expected_count_has_the_digits_that_tell(value: float, told: str) -> None:
    assert words.expected_words(value) == told


# --- the inbox -------------------------------------------------------------------------------------------------------


def test_an_empty_inbox_says_what_will_be_here_and_how_it_comes(town: Town, client: Client, analyst: Actor) -> None:
    page = text(client, "warnings")
    assert "No watch is set up yet" in page
    assert "Set up a watch" in page
    assert "Set up a watch" not in text(town.client(Role.COMMANDER), "warnings")


def test_an_inbox_with_a_watch_that_waits_and_one_that_found_nothing(
    town: Town, client: Client, analyst: Actor, proposed: Watch
) -> None:
    page = text(client, "warnings")
    assert "waits until somebody approves it" in page
    assert "Waits for approval." in page
    actions.approve_watch(analyst, proposed, at=town.at)
    assert "Not scanned yet" in text(client, "warnings")
    brought(town, proposed)
    page = text(client, "warnings")
    assert "Nothing stands out" in page
    assert "Scanned up to 31 December 2021: 1,900 reports of a year, 0 new and 0 continuing." in page


def test_the_inbox_puts_first_what_waits(town: Town, client: Client, analyst: Actor, watch: Watch) -> None:
    apart = [replace(HERE, lat=HERE.lat + 0.02 * step) for step in range(4)]
    brought(town, watch, *(found(stretch=where) for where in apart))
    _new, seen, known, ended = Alarm.objects.order_by("lat")
    actions.acknowledge_alarm(analyst, seen, at=town.at)
    actions.dismiss_alarm(analyst, known, outcome=Outcome.KNOWN_CAUSE, reason="A fair", at=town.at)
    actions.acknowledge_alarm(analyst, ended, at=town.at)
    brought(town, watch, *(found(stretch=where) for where in apart[:3]))
    page = text(client, "warnings")
    heads = ["To look at", "Ended: say what came of it", "In hand", "Dismissed, and still found"]
    places = [page.index(head) for head in heads]
    assert places == sorted(places)
    assert "1 new" not in page


def test_a_failed_scan_and_one_under_way_are_told(town: Town, client: Client, watch: Watch) -> None:
    scan = actions.ask_for_scan(town.house, watch, night=TODAY, nightly=True, at=town.at)
    assert "A scan is under way." in text(client, "warnings")
    actions.fail_scan(town.house, scan, words="the disk is full", at=town.at)
    assert "The latest scan failed: the disk is full" in text(client, "warnings")
    assert "The scan failed; see why" in text(client, "home")
    assert "the disk is full" in text(client, "warning_watch", watch.pk)


def test_what_needs_me_and_the_badge_of_the_desk(
    town: Town, client: Client, watch: Watch, analyst: Actor, alarm: Alarm
) -> None:
    assert "14 reports of Burglary" in text(client, "home")
    assert "14 reports of Burglary" in text(town.client(Role.COMMANDER), "home")
    assert "14 reports" not in text(town.client(Role.OVERSEER), "home")
    page = client.get(reverse("warnings")).content.decode()
    assert re.search(r'href="/warnings/".*?<span class="word">Warnings</span><span class="count">1</span>', page)
    actions.acknowledge_alarm(analyst, alarm, at=town.at)
    assert "14 reports of Burglary" not in text(client, "home")
    brought(town, watch, night=TODAY + timedelta(days=1))
    assert "say what came of it" in text(client, "home")


def test_a_watch_to_approve_and_none_at_all_are_needs(town: Town, client: Client, analyst: Actor) -> None:
    assert "No watch is set up" in text(client, "home")
    actions.set_up_watch(
        analyst, town.areas, title="Robbery", classes=[OffenceClass.objects.get(pk="NIBRS-120")], radius=500, days=14,
        least_interval=365, at=town.at,
    )  # fmt: skip
    assert "let it scan each night?" in text(town.client(Role.COMMANDER), "home")
    assert "No watch is set up" not in text(client, "home")


def test_other_roles_are_turned_away(town: Town, watch: Watch, alarm: Alarm) -> None:
    officer, stranger = town.client(Role.OFFICER), town.strangers_client(Role.ANALYST)
    for view, given in (("warnings", ()), ("warning_watches", ()), ("warning_register", ()), ("warning", (alarm.pk,))):
        assert officer.get(reverse(view, args=given)).status_code == 403, view
    for view, thing in (("warning", alarm), ("warning_watch", watch), ("warning_progress", watch)):
        assert stranger.get(reverse(view, args=[thing.pk])).status_code == 404, view
    assert "Moss Park" not in text(stranger, "warnings")


# --- one warning -----------------------------------------------------------------------------------------------------


def test_the_page_of_a_warning(client: Client, alarm: Alarm) -> None:
    page = text(client, "warning", alarm.pk)
    assert "14 reports of Burglary/Breaking & Entering within 600 m of a point in Moss Park" in page
    assert "about once in 340 days" in page
    assert "3.3 times as many" in page
    assert "Reports on 14 of the last 28 days" in page
    assert "3.5 reports a week in the last four weeks, 0.0 a week before" in page
    assert "It does not say why, how long it will last, or who." in page
    assert "8a2b9bc7495ffff" in page
    assert "I look into it" in page
    assert "Take back" not in page


def test_a_table_twin_names_its_first_column_once(client: Client, alarm: Alarm) -> None:
    page = client.get(reverse("warning", args=[alarm.pk])).content.decode()
    assert '<th scope="col">Week from</th>' in page
    assert '<th scope="col">Day</th>' in page


def test_a_warning_without_a_time_line_still_opens(town: Town, client: Client, watch: Watch) -> None:
    brought(town, watch, found(timeline={}, cells=[], expected=0.0))
    page = text(client, "warning", Alarm.objects.get().pk)
    assert "Reports inside the circle" not in page


def test_an_overseer_reads_and_does_nothing(town: Town, alarm: Alarm) -> None:
    page = text(town.client(Role.OVERSEER), "warning", alarm.pk)
    assert "14 reports" in page
    assert "I look into it" not in page


def test_looked_into_linked_and_closed_by_the_pages(town: Town, client: Client, watch: Watch, alarm: Alarm) -> None:
    assert "It is yours to look into." in post(client, "warning_acknowledge", alarm.pk)
    assert "What is done is noted." in post(
        client, "warning_link", alarm.pk, plan="", programme="Lighting, with the city"
    )
    page = text(client, "warning", alarm.pk)
    assert "Programme Lighting, with the city" in page
    assert "Close…" not in page
    assert "still finds it" in post(client, "warning_close", alarm.pk, outcome="acted", reason="Lamps mended")
    brought(town, watch, night=TODAY + timedelta(days=1))
    assert "No longer found; last on 1 January 2022" in text(client, "warning", alarm.pk)
    assert "The warning is closed." in post(client, "warning_close", alarm.pk, outcome="acted", reason="Lamps mended")
    page = text(client, "warning", alarm.pk)
    assert "Something was done" in page
    assert "Lamps mended" in page
    assert "It is taken back." in post(client, "warning_undo", alarm.pk)
    alarm.refresh_from_db()
    assert alarm.state == AlarmState.ACKNOWLEDGED


def test_dismissed_with_a_reason(client: Client, alarm: Alarm) -> None:
    refused = "Say what it was, and why in a few words"
    assert refused.lower() in post(client, "warning_dismiss", alarm.pk, outcome="", reason="").lower()
    assert refused.lower() in post(client, "warning_dismiss", alarm.pk, outcome="acted", reason="x").lower()
    assert "The warning is dismissed." in post(
        client, "warning_dismiss", alarm.pk, outcome="known_cause", reason="The fair of the week"
    )
    assert "The fair of the week" in text(client, "warning", alarm.pk)


def test_linked_to_a_plan(town: Town, client: Client, analyst: Actor, alarm: Alarm) -> None:
    burglary = [OffenceClass.objects.get(pk=BURGLARY)]
    run = forecasts.ask_for_forecast(
        analyst, town.areas, title="Burglary", classes=burglary, starts=TODAY, horizon=7, resolution=9,
        estimator="ewma", at=town.at,
    )  # fmt: skip
    plan = Plan.objects.create(
        agency=town.agency, forecast=run, title="Night shift of 1 January", state="draft", made_at=town.at,
        starts=town.at, ends=town.at + timedelta(hours=8), seed=1,
        settings={"places": 60, "visits": 4, "dwell": 12, "spacing": 45, "rest": 30, "max_share": 30, "units": []},
    )  # fmt: skip
    assert "Night shift of 1 January" in text(client, "warning", alarm.pk)
    assert "What is done is noted." in post(client, "warning_link", alarm.pk, plan=str(plan.pk), programme="")
    page = client.get(reverse("warning", args=[alarm.pk])).content.decode()
    assert f'<a href="{reverse("plan", args=[plan.pk])}">Night shift of 1 January</a>' in page
    shown = client.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "The warning that it answers" in shown
    assert f'<a href="{reverse("warning", args=[alarm.pk])}">Burglary/Breaking &amp; Entering, Moss Park' in shown
    for reader in (town.client(Role.OFFICER), town.strangers_client(Role.ANALYST)):
        assert "that it answers" not in reader.get(reverse("plan", args=[plan.pk])).content.decode()
    assert "It is taken back." in post(client, "warning_undo", alarm.pk)
    assert "that it answers" not in text(client, "plan", plan.pk)


def test_before_and_after_is_one_step_from_what_was_done(town: Town, client: Client, alarm: Alarm) -> None:
    assert "weeks of records" not in text(client, "warning", alarm.pk)
    post(client, "warning_link", alarm.pk, plan="", programme="Lighting, with the city")
    early = text(client, "warning", alarm.pk)
    assert "can be compared once four weeks of records are in, from 29 January 2022 on" in early
    Step.objects.filter(alarm=alarm).update(at=town.at - timedelta(days=60))
    page = client.get(reverse("warning", args=[alarm.pk])).content.decode()
    link = re.search(r'<a href="([^"]+)">compare Moss Park with other areas</a>', page)
    assert link
    address = link[1].replace("&amp;", "&")
    assert f"offence={BURGLARY}&start=2021-11-02&after=8&area_set={town.areas.pk}&areas=" in address
    compared = client.get(address)
    assert compared.status_code == 200
    assert compared.context["form"].is_valid()
    assert compared.context["form"].names("areas") == ["Moss Park"]
    AreaSet.objects.filter(pk=town.areas.pk).update(withdrawn_at=town.at, withdrawn_why="drawn wrongly")
    assert "other areas" not in text(client, "warning", alarm.pk)


def test_a_night_scanned_twice_stands_once(town: Town, client: Client, watch: Watch, alarm: Alarm) -> None:
    brought(town, watch, found(observed=15))
    brought(town, watch, found(observed=16, stretch=replace(HERE, ends=TODAY)), night=TODAY + timedelta(days=1))
    page = text(client, "warning", alarm.pk).partition("Night by night")[2]
    assert re.findall(r"(\d+ \w+ 202\d) \d+ \w* ?\w* ?\w* ?– .*? (1[456]) ", page) == [
        ("1 January 2022", "16"), ("31 December 2021", "15"),
    ]  # fmt: skip


def test_a_paused_watch_is_told_on_its_warnings(town: Town, client: Client, watch: Watch, alarm: Alarm) -> None:
    post(client, "warning_watch_pause", watch.pk, reason="too many")
    page = text(client, "warning", alarm.pk)
    assert "Its watch is paused; last found on 1 January 2022" in page
    assert "it is followed no longer" in page
    assert "latest scan no longer" not in page
    post(client, "warning_close", alarm.pk, outcome="nothing_found", reason="Asked the shopkeepers")
    assert "Closed: Looked into, nothing found" in text(client, "warning_register")


def test_the_records_behind_a_warning_are_one_step_away(town: Town, client: Client, alarm: Alarm) -> None:
    page = client.get(reverse("warning", args=[alarm.pk])).content.decode()
    link = re.search(r'<a href="([^"]+)">all of these days in Moss Park</a>', page)
    assert link
    shown = client.get(link[1].replace("&amp;", "&"))
    assert shown.status_code == 200
    given = shown.context["form"].cleaned_data
    assert (given["offence"], given["first"], given["last"]) == ([BURGLARY], HERE.starts, HERE.ends)
    assert given["area"]
    assert "all of these days" not in text(town.client(Role.OVERSEER), "warning", alarm.pk)


def test_a_link_to_nothing_is_refused(client: Client, alarm: Alarm) -> None:
    assert "ay why" in post(client, "warning_link", alarm.pk, plan="", programme="")
    assert "one of the plans offered" in post(client, "warning_link", alarm.pk, plan="none of ours", programme="")


def test_continuing_since_is_told(town: Town, client: Client, watch: Watch, alarm: Alarm) -> None:
    night = TODAY + timedelta(days=1)
    brought(town, watch, found(stretch=replace(HERE, ends=TODAY)), night=night)
    page = text(client, "warning", alarm.pk)
    assert "Continuing since 1 January 2022" in page
    assert "2 January 2022" in page


# --- watches ---------------------------------------------------------------------------------------------------------


def test_a_watch_is_set_up_approved_scanned_and_paused_by_the_pages(town: Town, client: Client) -> None:
    assert "No watch yet" in text(client, "warning_watches")
    asked = {
        "classes": BURGLARY, "area_set": str(town.areas.pk), "radius": "500", "days": "14", "least_cases": "4",
        "least_interval": "365", "by_weekday": "on",
    }  # fmt: skip
    page = post(client, "warning_watch_new", **asked)
    watch = Watch.objects.get()
    assert (watch.radius, watch.days, watch.least_cases, watch.least_interval) == (500, 14, 4, 365)
    assert watch.by_weekday is True
    assert "about once in 365 days" in page
    assert "The watch scans each night." in post(client, "warning_watch_approve", watch.pk)
    assert "The scan is queued." in post(client, "warning_scan", watch.pk)
    assert "under way" in post(client, "warning_scan", watch.pk)
    assert "Waiting for the worker" in client.get(reverse("warning_progress", args=[watch.pk])).content.decode()
    scan = Scan.objects.get()
    assert (scan.nightly, scan.night) == (False, TODAY)
    actions.begin_scan(town.house, scan)
    assert "Reading the reports" in text(client, "warning_watch", watch.pk)
    progress.tell(scan.pk, scan.agency_id, 0.4, "trying chance: 336 of 9999")
    under_way = client.get(reverse("warning_progress", args=[watch.pk])).content.decode()
    assert "Trying what chance alone brings: 336 of 9,999 tries" in under_way
    assert "40 %" in under_way
    actions.finish_scan(town.house, scan, scanned=Scanned(1900, 0, ()), names=[], at=town.at)
    done = client.get(reverse("warning_progress", args=[watch.pk]))
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    assert "ay why" in post(client, "warning_watch_pause", watch.pk, reason=" ")
    assert "The watch is paused." in post(client, "warning_watch_pause", watch.pk, reason="too many")
    assert "too many" in text(client, "warning_watch", watch.pk)
    assert "does not scan" in post(client, "warning_scan", watch.pk)
    assert "Burglary" in text(client, "warning_watches")


def test_what_is_wrong_with_a_watch_is_told_beside_it(town: Town, client: Client) -> None:
    answer = client.post(reverse("warning_watch_new"), {"least_interval": "5"})
    assert answer.status_code == 422
    assert not Watch.objects.exists()


def test_a_watch_that_the_rules_refuse_is_told(town: Town, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openbeat.forecast.warning.rules.RADII", (250,))
    asked = {"classes": BURGLARY, "area_set": str(town.areas.pk), "radius": "500", "days": "14", "least_cases": "4",
             "least_interval": "365"}  # fmt: skip
    answer = client.post(reverse("warning_watch_new"), asked)
    assert answer.status_code == 422
    assert "looks within 250 metres" in plain(answer.content.decode())


def test_another_watch_begins_from_one_that_is_there(client: Client, watch: Watch) -> None:
    page = client.get(reverse("warning_watch_new") + f"?like={watch.pk}").content.decode()
    assert re.search(r'name="least_interval" value="100"', page)
    assert re.search(rf'value="{BURGLARY}"[^>]*checked', page)


def test_records_that_lie_back_are_told(town: Town, client: Client, watch: Watch) -> None:
    assert "Records lie back" not in text(client, "warning_watch", watch.pk)
    town.agency.training_today = TODAY + timedelta(days=9)
    town.agency.save()
    page = text(client, "warning_watch", watch.pk)
    assert "The newest record is 10 days old" in page


def test_without_records_or_areas_the_page_says_what_is_missing(town: Town) -> None:
    page = text(town.strangers_client(Role.ANALYST), "warning_watch_new")
    assert "No records to watch yet" in page


# --- the register ----------------------------------------------------------------------------------------------------


def test_the_register_and_its_filters(town: Town, client: Client, analyst: Actor, alarm: Alarm) -> None:
    actions.dismiss_alarm(analyst, alarm, outcome=Outcome.FALSE_ALARM, reason="A new shop", at=town.at)
    page = text(client, "warning_register")
    assert "Moss Park" in page
    assert "2022-01" in page
    assert "False alarm" in page
    assert "No warning passes" in text(client, "warning_register", query="?outcome=acted")
    kept = f"?watch={alarm.watch_id}&state=dismissed&outcome=false_alarm&first=2022-01-01&last=2022-01-31&near=moss"
    assert "No warning passes" not in text(client, "warning_register", query=kept)
    assert "No warning passes" in text(client, "warning_register", query="?near=nowhere")
    assert text(client, "warning_register", query="?first=nonsense")


def test_the_register_is_exported_with_a_reason(client: Client, town: Town, alarm: Alarm) -> None:
    told = {"reason": "Report to the council", "legal_basis": "task"}
    file = client.post(reverse("warning_export") + "?near=moss", told)
    assert file["Content-Disposition"] == 'attachment; filename="warnings.csv"'
    assert "Moss Park" in file.content.decode()
    assert Entry.objects.filter(deed="warning.export", operation="disclosure").count() == 1
    assert "reason" in post(client, "warning_export", reason="", legal_basis="").lower()
    assert "nothing to hand over" in post(client, "warning_export", query="?near=nowhere", **told)
    assert "Export…" not in text(town.client(Role.OVERSEER), "warning_register")


def test_every_state_is_named(watch: Watch) -> None:
    assert set(words.ALARMS) == set(AlarmState)
    assert set(words.WATCHES) == set(WatchState)
    assert set(words.OUTCOMES) == set(Outcome)
