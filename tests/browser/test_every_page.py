"""Every page there is, by the list of addresses itself: axe finds nothing, nothing hangs over, nobody else is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page, expect
from tests.browser import deeds
from tests.browser.conftest import Enter
from tests.browser.looks import MOST_SCRIPT, look, loose, script
from tests.browser.stack import SAMPLE, Stack
from tests.chromium import needed, overhang

pytestmark = needed

PAGES = {
    "home": "commander",
    "search": "analyst",
    "account_login": "",
    "account_locked": "",
    "account_inactive": "",
    "socialaccount_login_error": "",
    "socialaccount_login_cancelled": "",
    "account_logout": "officer",
    "mfa_index": "officer",
    "account_secure": "officer",
    "account_set_password": "officer",
    "account_change_password": "officer",
    "mfa_activate_totp": "officer",
    "mfa_list_webauthn": "officer",
    "mfa_add_webauthn": "officer",
    "account_again": "officer",
    "account_notice": "officer",
    "people": "administrator",
    "person_add": "administrator",
    "agencies": "administrator",
    "agency_below": "administrator",
    "devices": "administrator",
    "tokens": "administrator",
    "token_add": "administrator",
    "imports": "analyst",
    "import_upload": "analyst",
    "incidents": "analyst",
    "offences": "analyst",
    "forecasts": "analyst",
    "forecast_ask": "analyst",
    "warnings": "commander",
    "warning_watches": "analyst",
    "warning_watch_new": "analyst",
    "warning_register": "analyst",
    "plans": "commander",
    "plan_ask": "commander",
    "units": "commander",
    "what_ifs": "commander",
    "what_if_ask": "commander",
    "standby_plans": "commander",
    "standby_ask": "commander",
    "beats": "commander",
    "beats_ask": "commander",
    "dosage": "commander",
    "evaluation": "analyst",
    "log_checks": "overseer",
    "public": "",
    "publishing": "commander",
    "places": "analyst",
    "area_upload": "analyst",
    "streets": "analyst",
    "stations": "analyst",
    "components": "analyst",
}
"""Pages without an id, and whom they are for."""

REFUSALS = {"account_locked": 403, "socialaccount_login_error": 401}
"""Pages whose answer is no."""
FOUND = {
    "person": ("administrator", "people", r"/people/[0-9a-f-]{36}$"),
    "person_change": ("administrator", "person", r"/change$"),
    "person_role": ("administrator", "person", r"/role$"),
    "agency": ("administrator", "agencies", r"/people/agencies/[0-9a-f-]{36}$"),
    "post_add": ("administrator", "agencies", r"/posts/add$"),
    "post_change": ("administrator", "agencies", r"/people/posts/"),
    "profile_add": ("administrator", "devices", r"/profiles/add$"),
    "incident": ("analyst", "incidents", r"/incidents/[0-9a-f-]{36}/$"),
    "area_set": ("analyst", "places", r"/places/areas/[0-9a-f-]{36}/$"),
}
"""Pages of one thing: whom they are for, where they are linked, and how the link ends."""

MADE = {
    "profile_change",
    "area_columns",
    "import",
    "import_refused",
    "forecast",
    "warning",
    "warning_watch",
    "plan",
    "plan_sheet",
    "what_if",
    "standby_plan",
    "beats_drawing",
    "beats_adopt",
    "plan_dosage",
    "plan_positions",
    "trail",
    "trail_entry",
    "public_agency",
}
"""Pages of what the main path made; each has its own test below."""

NOT_PAGES = {
    "sign_in_link", "mfa_login_webauthn", "mfa_authenticate", "mfa_deactivate_totp", "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_remove_webauthn", "mfa_edit_webauthn",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_go_on", "account_lock",
    "account_still_here", "set_language", "appearance", "openid_connect_login", "openid_connect_callback",
    "person_link", "person_release", "person_close", "person_reopen", "person_sign_out", "person_forget", "role_end",
    "device_withdraw", "token_revoke", "import_profile_forget", "import_progress", "import_profile", "import_toml",
    "import_check", "import_bring", "import_stop", "import_discard", "import_withdraw", "import_refused_csv",
    "incidents_export", "offence_map", "forecast_surface", "forecast_progress", "forecast_approve",
    "warning_progress", "warning_watch_approve", "warning_watch_pause", "warning_scan", "warning_export",
    "warning_acknowledge", "warning_link", "warning_dismiss", "warning_close", "warning_undo",
    "forecast_withdraw", "forecast_cancel", "forecast_retry", "plan_retry", "streets_retry", "basemap_retry",
    "unit_retire", "plan_progress", "plan_approve", "plan_withdraw", "plan_edit", "plan_undo", "plan_visit",
    "what_if_progress", "what_if_retry", "what_if_cancel", "what_if_export", "what_if_delete",
    "beats_progress", "beats_retry", "beats_cancel", "beats_export",
    "standby_progress", "standby_retry", "standby_cancel", "standby_export",
    "plan_here", "plan_leave", "plan_tap_undo", "dosage_export", "plan_dosage_export",
    "plan_positions_take",
    "plan_download", "trail_stop", "trail_hand_out", "trail_erase", "log_check", "public_csv", "log_file",
    "area_set_geojson", "area_withdraw", "statistic_remove", "streets_progress", "basemap_tiles", "healthz", "metrics",
}  # fmt: skip
"""Deeds, parts of pages, files, and steps of signing in that need a means of their own (tested with accounts)."""


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    """The name of every address of the pages; the interfaces for programmes have their own tests."""
    for each in patterns:
        if isinstance(each, URLResolver):
            if not str(each.pattern).startswith("api/"):
                yield from names(each.url_patterns)
        elif each.name and each.name != "ogc":
            yield each.name


def test_no_address_is_forgotten() -> None:
    known = PAGES.keys() | FOUND.keys() | MADE | NOT_PAGES
    assert set(names(get_resolver().url_patterns)) == known


def seen(page: Page, address: str, status: int = 200) -> dict[str, object]:
    """What is wrong with the page at this address."""
    response = page.goto(address)
    assert response is not None
    assert response.status == status, address
    assert loose(response) == {}
    expect(page.locator(".map-wait:visible")).to_have_count(0)  # each map is drawn
    assert script(page) <= MOST_SCRIPT or page.locator("[data-map]").count(), address
    return look(page)


@pytest.mark.parametrize(("name", "role"), PAGES.items())
def test_pages_without_an_id(enter: Enter, name: str, role: str) -> None:
    assert seen(enter(role), reverse(name), REFUSALS.get(name, 200)) == {}


def find(page: Page, name: str) -> str:
    """The address of a page of one thing, by following the links."""
    if name in PAGES:
        return reverse(name)
    _role, listed, ending = FOUND[name]
    page.goto(find(page, listed))
    links: list[str] = page.locator("a[href]").evaluate_all("all => all.map(each => each.href)")
    return next(link for link in links if re.search(ending, link))


@pytest.mark.parametrize(("name", "role"), [(name, role) for name, (role, _listed, _end) in FOUND.items()])
def test_pages_of_one_thing(enter: Enter, name: str, role: str) -> None:
    page = enter(role)
    assert seen(page, find(page, name)) == {}


def test_the_board_of_a_forecast(enter: Enter, offered: str) -> None:
    assert seen(enter("analyst"), offered) == {}


def test_a_watch_and_a_warning_that_it_raised(enter: Enter, watched: str, warned: str) -> None:
    page = enter("analyst")
    assert seen(page, watched) == {}
    assert seen(page, warned) == {}
    for words in ("Say what is done…", "Dismiss…"):
        page.get_by_role("button", name=words).click()
        assert look(page) == {}
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_before_and_after_with_its_map(enter: Enter) -> None:
    page = enter("commander")
    page.goto(reverse("evaluation"))
    page.locator("details.picker").nth(1).locator("summary").click()
    page.get_by_role("checkbox", name="Moss Park").check()
    page.locator("details.picker").nth(0).locator("summary").click()
    page.get_by_role("checkbox", name=re.compile("^Burglary")).check()
    page.get_by_label("Began on").fill("2021-03-01")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("comparison places")
    assert seen(page, page.url) == {}
    page.get_by_role("application").press("ArrowRight")
    expect(page.locator(".map-value strong")).to_have_text("Where something was done")


def test_an_open_list_of_filters_stays_on_a_narrow_page(enter: Enter) -> None:
    page = enter("commander", width=320)
    page.goto(reverse("evaluation"))
    for picker in page.locator("details.picker").all():
        picker.locator("summary").click()
        assert overhang(page) == 0
        page.keyboard.press("Escape")


def test_the_board_of_an_approved_plan(enter: Enter, recorded: str, approved: str) -> None:
    assert seen(enter("commander"), approved) == {}


def test_the_sheet_of_a_unit(enter: Enter, recorded: str) -> None:
    assert seen(enter("officer"), recorded) == {}


def test_the_dosage_of_a_plan(enter: Enter, recorded: str, approved: str) -> None:
    page = enter("commander")
    assert seen(page, f"{approved}dosage/") == {}
    page.get_by_role("button", name="Export…").click()
    assert look(page) == {}


def test_a_comparison_of_before_and_after(enter: Enter, mended: str) -> None:
    page = enter("analyst")
    page.goto(reverse("evaluation"))
    page.locator(".field", has_text="Offence").locator("summary").click()
    page.get_by_label("Burglary/Breaking & Entering").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("This can't be compared")).to_be_visible()  # nobody was anywhere
    assert look(page) == {}
    page.locator(".field", has_text="Where something was done").locator("summary").click()
    page.get_by_label("Moss Park", exact=True).first.check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("more than in comparison places")
    assert look(page) == {}


def test_visits_from_positions(enter: Enter, approved: str) -> None:
    page = enter("officer")
    assert seen(page, f"{approved}positions/") == {}
    file = {"name": "night.csv", "mimeType": "text/csv", "buffer": b"unit,time,lon,lat\nU99,soon,-79,43\n"}
    page.get_by_label("Drop a file here, or choose one").set_input_files(file)
    page.get_by_role("button", name="Look at the visits").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Visits in this file")
    assert look(page) == {}


def test_the_result_of_an_import(enter: Enter, imported: str) -> None:
    assert seen(enter("analyst"), imported) == {}


def test_the_public_page(enter: Enter, published: str) -> None:
    assert seen(enter(), published) == {}


def test_the_trail_and_an_entry(enter: Enter, stack: Stack) -> None:
    page = enter("overseer")
    assert seen(page, reverse("trail")) == {}
    deeds.give_reason(page, "Yearly review, file 2022-17")
    assert look(page) == {}
    entry = page.get_by_role("table", name="Trail").locator("tbody a").first.get_attribute("href")
    assert seen(page, str(entry)) == {}
    page.get_by_role("button", name="Hand out…").click()
    assert look(page) == {}


def test_the_steps_of_an_import(enter: Enter, imported: str, week: object) -> None:
    page = enter("analyst")
    page.goto("/imports/new/")
    page.get_by_label("Drop a file here, or choose one").set_input_files(str(week))
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Columns of")
    assert look(page) == {}
    page.get_by_role("button", name="Try it: a dry run").click()
    deeds.until(page, page.get_by_role("heading", level=1, name="Dry run of"))
    assert look(page) == {}
    page.get_by_role("button", name="Bring it in").click()
    deeds.until(page, page.get_by_text("Done", exact=True).first)
    assert seen(page, f"{page.url}refused/") == {}


def test_a_run_that_waits_and_is_stopped(enter: Enter, mended: str) -> None:
    page = enter("analyst")
    page.goto("/forecasts/new/")
    page.get_by_label(re.compile("^Robbery")).check()
    page.get_by_role("button", name="Run the forecast").click()
    stop = page.get_by_role("button", name="Stop the run")
    expect(stop).to_be_visible()
    assert look(page) == {}
    stop.click()
    deeds.until(page, page.get_by_text("This run was stopped"))
    assert look(page) == {}


def test_a_draft_that_may_be_changed(enter: Enter, approved: str) -> None:
    page = enter("commander")
    page.goto("/plans/new/")
    for unit in page.get_by_role("group", name="Units").get_by_role("checkbox").all()[2:]:
        unit.uncheck()
    page.get_by_label("Places", exact=True).fill("8")
    page.get_by_role("button", name="Make the plan").click()
    deeds.until(page, page.get_by_text("Every promise holds"))
    page.locator("ol.sortable summary").first.click()
    assert look(page) == {}
    page.get_by_role("button", name="Withdraw…").click()
    dialog = page.get_by_role("dialog")
    assert look(page) == {}
    dialog.get_by_label("Reason").fill("Only to look at it")
    dialog.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("The plan is withdrawn.")).to_be_visible()
    assert look(page) == {}


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("analyst", "/forecasts/00000000-0000-7000-8000-000000000000/", 404),
        ("commander", "/forecasts/new/", 403),
        ("analyst", "/incidents/?cursor=nonsense", 400),
        ("", "/log/tile/9/999", 404),
    ],
)
def test_answers_that_are_no(enter: Enter, role: str, address: str, status: int) -> None:
    assert seen(enter(role), address, status) == {}


def test_a_kind_of_device_and_a_programme(enter: Enter) -> None:
    page = enter("administrator")
    page.goto(find(page, "profile_add"))
    page.get_by_label("Name", exact=True).fill("Front desk")
    page.get_by_role("button", name="Save").click()
    page.locator(".todo", has_text="Front desk").get_by_role("link", name="Change").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Front desk")
    assert look(page) == {}
    page.goto(reverse("token_add"))
    page.get_by_label("Name of the programme").fill("Dashboard of the city")
    page.get_by_label("Stands on the role of").select_option("Noor Analyst · Analyst · Analysis unit")
    page.get_by_label("forecast.view").check()
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_text("The token, shown this once")).to_be_visible()
    assert look(page) == {}


def test_the_columns_of_a_file_of_areas(enter: Enter) -> None:
    page = enter("analyst")
    page.goto(reverse("area_upload"))
    page.get_by_label("Drop a file here, or choose one").set_input_files(SAMPLE / "neighbourhoods.geojson")
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What do the columns mean?")
    assert look(page) == {}
