"""The deeds of the main path, each as its person does it with mouse and keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
from playwright.sync_api import Locator, Page, expect
from tests.browser.stack import last_week

LONG = 600_000
"""Milliseconds for the worker's long tasks."""
TROUBLE = ".notice.bad, .toast.tone-bad"
"""Where a page tells of a refusal or a breakdown."""
WEEK_FILE = "crimes 2021-12-25 to 31.csv"
SPOILT = 7
"""The row of the week's file whose date was mistyped."""


def until(page: Page, sign: Locator) -> None:
    """Waits for what the worker brings about; a refusal or a breakdown told by the page ends the waiting."""
    trouble = page.locator(TROUBLE)
    expect(sign.or_(trouble).first).to_be_visible(timeout=LONG)
    assert trouble.all_inner_texts() == []


def week_file(folder: Path) -> Path:
    """The held-back week as a CSV file, one date of it mistyped."""
    rows = last_week().with_columns(pl.col("occurrence_date").cast(pl.String)).with_row_index("row")
    spoilt = rows.with_columns(
        occurrence_date=pl.when(pl.col("row") == SPOILT).then(pl.lit("2021-13-25")).otherwise("occurrence_date")
    )
    spoilt.drop("row").write_csv(folder / WEEK_FILE)
    return folder / WEEK_FILE


def sign_in(page: Page, link: str) -> None:
    """By a one-time link: it is used up by the button, not by looking at it."""
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now")


def bring_in(page: Page, file: Path, profile: str) -> str:
    """A file through the wizard: upload, columns by a profile, dry run, import; the import's address."""
    page.goto("/imports/")
    page.get_by_role("link", name="Import a file").first.click()
    page.get_by_label("Drop a file here, or choose one").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Columns of {file.name}")
    page.get_by_label("Profile", exact=True).first.select_option(profile)
    page.get_by_role("button", name="Use it").click()
    page.get_by_role("button", name="Try it: a dry run").click()
    until(page, page.get_by_role("heading", level=1, name=f"Dry run of {file.name}"))
    page.get_by_role("button", name="Bring it in").click()
    until(page, page.get_by_text("Done", exact=True).first)
    return page.url


def mend_row(page: Page, address: str) -> str:
    """The mistyped date of the refused row put right on its page, and the row brought again."""
    page.goto(address)
    page.get_by_role("link", name="Mend them").click()
    page.get_by_label("occurrence_date").fill("2021-12-25")
    page.get_by_role("button", name="Bring the corrected rows again").click()
    until(page, page.get_by_role("button", name="Bring it in"))
    page.get_by_role("button", name="Bring it in").click()
    until(page, page.get_by_text("Done", exact=True).first)
    return page.url


def figure(page: Page, label: str) -> int:
    """A whole number of a page's row of figures."""
    text = page.locator(".stat", has_text=label).locator(".value").first.inner_text()
    return int(re.sub(r"\D", "", text))


def run_forecast(page: Page) -> str:
    """Burglary for a week in cells of resolution 9; the forecast's address."""
    page.goto("/forecasts/")
    page.get_by_role("link", name="New forecast").first.click()
    page.get_by_label(re.compile("^Burglary")).check()
    page.get_by_role("button", name="Run the forecast").click()
    until(page, page.get_by_role("heading", name="Back-test"))
    return page.url


def approve_forecast(page: Page, address: str) -> None:
    """The analyst's name under the forecast."""
    page.goto(address)
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The forecast is offered for planning.")).to_be_visible()


def set_up_watch(page: Page) -> str:
    """A watch of stolen cars with the settings offered, let to scan; its address."""
    page.goto("/warnings/watches/")
    page.get_by_role("link", name="Set up a watch").first.click()
    page.get_by_label(re.compile("^Motor Vehicle Theft")).check()
    page.get_by_role("button", name="Propose the watch").click()
    page.get_by_role("button", name="Let it scan…").click()
    page.get_by_role("dialog").get_by_role("button", name="Let it scan").click()
    expect(page.get_by_text("The watch scans each night.")).to_be_visible()
    return page.url


def scan(page: Page, watch: str) -> str:
    """The watch scanned at once; the address of the rarest warning that it raised."""
    page.goto(watch)
    page.get_by_role("button", name="Scan now").click()
    until(page, page.get_by_role("table", name="Scans").get_by_text("Done"))
    page.goto("/warnings/")
    page.get_by_role("article").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="What this means, and what not")).to_be_visible()
    return page.url


def make_plan(page: Page) -> str:
    """A night shift with all eight units; the plan's address."""
    page.goto("/plans/")
    page.get_by_role("link", name="New plan").first.click()
    expect(page.get_by_role("group", name="Units").get_by_role("checkbox", checked=True)).to_have_count(8)
    page.get_by_label("Begins").fill("22:00")
    page.get_by_role("button", name="Make the plan").click()
    until(page, page.get_by_text("Every promise holds"))
    return page.url


def change_plan(page: Page, address: str) -> dict[str, str]:
    """Locks a stop, drops one, gives one away and takes that back, each with its reason; the stops by what was done."""
    page.goto(address)
    done = {}
    done["locked"] = change_stop(page, 0, "Lock", "School fête in this street")
    done["dropped"] = change_stop(page, by_stops(page)[-1], "Drop", "Road works all night")
    done["given, then undone"] = give_a_stop(page)
    page.get_by_role("button", name="Undo the last change").click()
    until(page, page.get_by_text("The last edit is taken back."))
    return done


def by_stops(page: Page) -> list[int]:
    """The units, fewest stops first: what is taken from the last of them leaves the tours more even than before."""
    units = range(page.locator("ol.sortable").count())
    return sorted(units, key=lambda unit: len(stops(page, unit)))


def give_a_stop(page: Page) -> str:
    """Gives the second stop of the unit with the most to the first that has room for it; its place and slot."""
    names = page.locator("ol.sortable").locator("xpath=../header//a").all_inner_texts()
    *others, unit = by_stops(page)
    for place in others:
        stop = ask_for_change(page, unit, "Give", "Knows the shopkeepers", to=names[place])
        done = page.get_by_text("The plan is changed and checked again.")
        expect(done.or_(page.locator(TROUBLE)).first).to_be_visible(timeout=LONG)
        if done.count():
            assert stop in stops(page, place)
            return stop
        assert stop in stops(page, unit), "a refused change left its mark"
    raise AssertionError("no other unit took the stop")


def stops(page: Page, unit: int) -> list[str]:
    """The places and slots of a unit's stops, in order."""
    rows = page.locator("ol.sortable").nth(unit).locator("li[data-label] > input[name=stop]")
    return [row.input_value() for row in rows.all()]


def change_stop(page: Page, unit: int, deed: str, reason: str) -> str:
    """Lock or drop a unit's second stop by the stop's own menu; its place and slot."""
    stop = ask_for_change(page, unit, deed, reason)
    until(page, page.get_by_text("The plan is changed and checked again."))
    return stop


def ask_for_change(page: Page, unit: int, deed: str, reason: str, to: str = "") -> str:
    """Send a change of a unit's second stop; its place and slot. The page that comes says whether it was made."""
    row = page.locator("ol.sortable").nth(unit).locator("li[data-label]").nth(1)
    stop = row.locator("input[name=stop]").first.input_value()
    row.locator("summary").click()
    button = row.get_by_role("button", name=deed, exact=True)
    button.click()
    assert row.get_by_label("Reason").evaluate("input => input.validity.valueMissing"), "a change without a reason"
    row.get_by_label("Reason").fill(reason)
    if to:
        row.get_by_label("Give to").select_option(to)
    with page.expect_navigation(timeout=LONG):  # the words of the change before are still on the page before
        button.click()
    return stop


def approve_plan(page: Page, address: str) -> None:
    """The commander's name under the plan."""
    page.goto(address)
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The plan is approved.")).to_be_visible()


def record_visits(page: Page, plan: str) -> str:
    """The first two stops of the first unit, each with a tap on coming and on leaving; the address of its sheet."""
    page.goto(plan)
    page.locator("section.card header h3 a").first.click()
    for order in (1, 2):
        page.get_by_role("button", name="We are here").first.click()
        expect(page.get_by_text(f"At stop {order} since")).to_be_visible()
        page.get_by_role("button", name="We leave").click()
        expect(page.get_by_text("Left after 1 minute.")).to_be_visible()
    return page.url


def give_reason(page: Page, reason: str) -> None:
    """Before the trail opens: why, and on what ground; a reason given before is put down first."""
    page.goto("/trail/")
    stop = page.get_by_role("button", name="Stop looking")
    if stop.is_visible():
        stop.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Is the log whole?")
        page.goto("/trail/")
    page.get_by_label("Why do you look?").fill(reason)
    page.get_by_label("On what ground?").select_option("oversight")
    page.get_by_role("button", name="Read the trail").click()
    expect(page.get_by_text(f"You are looking because: {reason}")).to_be_visible()


def check_log(page: Page) -> None:
    """A check of the whole log by the worker."""
    page.goto("/log-checks/")
    page.get_by_role("button", name="Check now").click()
    until(page, page.locator("#checks tbody tr").first.get_by_text("Holds"))


def publish(page: Page) -> None:
    """The figures of two years for everybody."""
    page.goto("/publishing/")
    page.get_by_label("Reason").fill("Monthly figures, council decision of 2021")
    page.get_by_role("button", name="Publish").click()
    until(page, page.get_by_text(re.compile("months are published")))
