"""From a city's records to tomorrow's plan, signed and published: each step by the person whose it is."""

from __future__ import annotations

import re
from pathlib import Path

import gpxpy
import icalendar
import polars as pl
from playwright.sync_api import expect
from tests.browser import deeds
from tests.browser.conftest import Enter
from tests.browser.stack import SAMPLE, Stack, last_week
from tests.chromium import needed

pytestmark = needed

BURGLARY = "Break and Enter"


def test_a_link_signs_in_once(stack: Stack, enter: Enter) -> None:
    enter("analyst")
    again = enter().request.get(stack.links["analyst"])
    assert again.status == 410
    assert "This sign-in link no longer works" in again.text()


def test_the_analyst_brings_a_week_in(enter: Enter, imported: str) -> None:
    page = enter("analyst")
    page.goto(imported)
    assert deeds.figure(page, "New incidents") == last_week().height - 1
    assert deeds.figure(page, "Refused") == 1


def test_the_mistyped_row_comes_in_once_it_is_mended(enter: Enter, imported: str, mended: str) -> None:
    page = enter("analyst")
    page.goto(mended)
    assert deeds.figure(page, "New incidents") == 1
    page.goto(f"{imported}refused/")
    expect(page.get_by_text("No refused row waits")).to_be_visible()


def test_the_same_file_again_changes_nothing(enter: Enter, week: Path, mended: str) -> None:
    page = enter("analyst")
    deeds.bring_in(page, week, "toronto-mci")
    assert deeds.figure(page, "New incidents") == 0
    assert deeds.figure(page, "Changed") == 0
    assert deeds.figure(page, "As they were") == last_week().height - 1


def test_every_record_is_there(enter: Enter, mended: str) -> None:
    page = enter("analyst")
    page.goto("/forecasts/new/")
    codes = pl.read_parquet(SAMPLE / "incidents.parquet")["category"]
    burglaries = f"{(codes == BURGLARY).sum():,}"
    expect(page.get_by_label(re.compile("^Burglary"))).to_have_accessible_name(re.compile(re.escape(burglaries)))


def test_the_forecast_stands_beside_its_back_test(enter: Enter, forecast: str) -> None:
    page = enter("analyst")
    page.goto(forecast)
    expect(page.get_by_text("Better than the plain count in its own back-test")).to_be_visible()
    caught = page.get_by_role("figure").filter(has_text="of the area looked at")
    caught.get_by_text("The same as a table").click()
    expect(caught.get_by_role("row")).to_have_count(5)  # a head and 1, 2, 5, 10 %
    page.get_by_text("All scores of the back-test").first.click()
    expect(page.get_by_role("table", name="All scores of the back-test")).to_contain_text("Plain 3-year count")
    expect(page.get_by_role("table", name=re.compile("Exposure by area"))).to_contain_text("Annex")


def test_the_approved_forecast_is_offered(enter: Enter, offered: str) -> None:
    page = enter("commander")
    page.goto(offered)
    expect(page.locator(".facts", has_text="Approved by")).to_contain_text("Noor Analyst")
    page.goto("/plans/new/")
    expect(page.get_by_label("Forecast")).to_contain_text("Burglary")


def test_the_plan_of_a_night_keeps_every_promise(enter: Enter, plan: str) -> None:
    page = enter("commander")
    page.goto(plan)
    expect(page.get_by_text("Every promise holds")).to_be_visible()
    expect(page.locator("ol.sortable")).to_have_count(8)
    expect(page.get_by_text("no street extract: great circle × 1.3 at 30 km/h")).to_be_visible()


def test_the_commander_changes_the_plan_by_hand(enter: Enter, plan: str, changed: dict[str, str]) -> None:
    page = enter("commander")
    page.goto(plan)
    assert changed["locked"] in deeds.stops(page, 0)
    whole = [stop for unit in range(8) for stop in deeds.stops(page, unit)]
    assert changed["dropped"] not in whole
    assert changed["given, then undone"] in whole
    listed = page.locator(".card", has_text="Changes by hand").get_by_role("listitem")
    expect(listed).to_contain_text(["Road works all night", "School fête in this street"])
    expect(page.get_by_text("Every promise holds")).to_be_visible()


def test_the_approved_plan_is_taken_along(enter: Enter, approved: str) -> None:
    page = enter("commander")
    page.goto(approved)
    expect(page.locator(".facts", has_text="Approved by")).to_contain_text("Sasha Commander")
    expect(page.get_by_role("button", name="Drop")).to_have_count(0)
    stops = page.locator("ol.sortable li[data-label]").count()
    unit = page.locator("ol.sortable").first.locator("xpath=../header//a").inner_text()
    ask = page.request.get
    assert ask(f"{approved}download.pdf").body().startswith(b"%PDF")
    gpx = gpxpy.parse(ask(f"{approved}download.gpx?unit={unit}").text())
    assert len(gpx.waypoints) + sum(len(route.points) for route in gpx.routes) > 0
    calendar = icalendar.Calendar.from_ical(ask(f"{approved}download.ics").text())
    assert sum("GEO" in event for event in calendar.walk("VEVENT")) == stops
    features = ask(f"{approved}download.geojson").json()["features"]
    assert sum(feature["geometry"]["type"] == "Point" for feature in features) >= stops


def test_an_officer_records_visits_on_a_phone(enter: Enter, approved: str, recorded: str) -> None:
    phone = enter("officer", width=390, height=844, has_touch=True, is_mobile=True)
    phone.goto("/")
    phone.get_by_role("link", name="Open").first.click()
    phone.goto(recorded)
    expect(phone.locator(".sheet").get_by_text("Done", exact=True)).to_have_count(2)


def test_the_commander_sees_what_was_asked_and_given(enter: Enter, approved: str, recorded: str) -> None:
    page = enter("commander")
    page.goto(approved)
    expect(page.get_by_role("figure", name=re.compile(r"\d % of the minutes asked were given"))).to_be_visible()
    table = page.get_by_role("table", name="Dosage by cell, least given first")
    given = [int(text) for text in table.locator("tbody tr td:nth-of-type(3)").all_inner_texts()]
    assert sum(given) == 2


def test_the_public_reads_figures_without_an_account(enter: Enter, published: str) -> None:
    page = enter()
    page.goto("/public/")
    expect(page).to_have_url(re.compile(f"{published}$"))
    expect(page.get_by_role("table", name=re.compile("Incidents by area"))).to_be_visible()
    expect(page.get_by_role("table", name="Forecasts that were used")).to_contain_text("Burglary")
    expect(page.get_by_role("table", name="Who may do what")).to_contain_text("Approve a forecast")
    areas = pl.read_csv(page.request.get(f"{published}areas.csv").body())
    assert areas["incidents"].drop_nulls().min() >= 5  # type: ignore[operator]
    assert areas["incidents"].null_count() > 0
    items = page.request.get("/ogc/toronto/collections/areas/items?limit=5").json()
    assert items["numberReturned"] == 5
    assert {feature["geometry"]["type"] for feature in items["features"]} <= {"Polygon", "MultiPolygon"}
