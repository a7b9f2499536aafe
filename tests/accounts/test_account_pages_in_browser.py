"""Signing in, the lock and the People desk in a real browser: axe, widths, a passkey, and typing that is not lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.accounts.conftest import District

from openbeat.access import Role
from openbeat.accounts import actions, entering
from openbeat.accounts.models import Holding
from openbeat.kernel.time import now
from openbeat.seeing.scope import scope

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "openbeat" / "web" / "static" / "build" / "app.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not BUILT.exists(), reason="the front end is not built: npm run build"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver keeps a loop in this thread
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, live_server: Any) -> Iterator[Page]:
    """A page at the live server; afterwards no script must have failed and nothing been asked of anyone else."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900}, locale="en-GB")
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith((live_server.url, "data:")) else wrong.append(asked.url)
    )
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert wrong == []


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]]


def link_for(district: District, role: Role, *, password: str | None = None) -> str:
    person = district.person(role, password=password)
    with scope(district.house):
        return reverse("sign_in_link", args=[actions.issue_sign_in_link(district.house, person, at=now())])


def enter(page: Page, district: District, role: Role, **how: Any) -> None:
    page.goto(link_for(district, role, **how))
    page.get_by_role("button", name="Sign in").click()


def test_first_sign_in_sets_up_a_passkey_that_then_signs_in(page: Page, north: District) -> None:
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    phone = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
             "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": phone})
    enter(page, north, Role.ADMINISTRATOR)
    expect(page.get_by_role("heading", level=1)).to_have_text("Secure your account")
    assert violations(page) == []
    page.get_by_role("link", name="Set up a passkey").click()
    assert violations(page) == []
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="To work").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now")

    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert violations(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now")


def test_the_lock_covers_the_page_and_what_was_typed_stays(page: Page, school: District) -> None:
    enter(page, school, Role.ADMINISTRATOR, password="a long and quiet sentence")
    page.clock.install()
    page.goto(reverse("person_add"))
    page.get_by_label("Name", exact=True).fill("Half a name")
    page.clock.fast_forward(timedelta(minutes=31).total_seconds() * 1000)
    cover = page.get_by_role("dialog", name="Locked")
    expect(cover.get_by_label("Password")).to_be_visible()
    assert violations(page) == []
    assert not page.get_by_label("Name", exact=True).is_visible()
    page.keyboard.press("Escape")
    expect(cover).to_be_visible()
    cover.get_by_label("Password").fill("wrong")
    cover.get_by_role("button", name="Go on").click()
    expect(cover.get_by_label("Password")).to_have_value("")
    cover.get_by_label("Password").fill("a long and quiet sentence")
    cover.get_by_role("button", name="Go on").click()
    expect(cover).to_be_hidden()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Half a name")
    page.get_by_label("Sign-in name").fill("half")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Half a name")


def prepared(school: District) -> list[str]:
    """Every page of the desk with something on it."""
    person = school.person(Role.ANALYST)
    with scope(school.house):
        admin = school.actor(Role.ADMINISTRATOR)
        profile = actions.add_device_profile(admin, school.agency, name="Console", idle_minutes=None, again_hours=9)
        actions.assign_device(admin, profile, name="Console 1", at=now())
        holding = Holding.objects.get(person=person)
        ends = now() + timedelta(days=3)
        actions.issue_token(
            admin, school.agency, holding=holding, name="Feed", permissions=["incident.view"], at=now(), expires=ends
        )
        for _ in range(5):
            entering.check_password(person.pk, "wrong", at=now(), source_address="192.0.2.1")
    names = ("home", "people", "person_add", "agencies", "agency_below", "devices", "tokens", "token_add", "mfa_index",
             "mfa_list_webauthn", "account_secure", "mfa_add_webauthn", "mfa_activate_totp")  # fmt: skip
    by_person = [reverse(name, args=[person.pk]) for name in ("person", "person_change", "person_role")]
    by_agency = [reverse(name, args=[school.agency.pk]) for name in ("agency", "post_add", "profile_add")]
    return [reverse(name) for name in names] + by_person + by_agency


def test_axe_finds_nothing_and_nothing_hangs_over(page: Page, school: District) -> None:
    enter(page, school, Role.ADMINISTRATOR)
    page.emulate_media(color_scheme="dark")
    wrong = {}
    for address in prepared(school):
        page.goto(address)
        page.set_viewport_size({"width": 320, "height": 700})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        page.set_viewport_size({"width": 1280, "height": 700})
        if (found := violations(page)) or over:
            wrong[address] = (over, found)
    assert wrong == {}


def test_the_pages_outside_are_right_too(page: Page, north: District) -> None:
    wrong = {}
    for address in (link_for(north, Role.ANALYST), "/enter/spent", reverse("account_login"), reverse("account_locked"),
                    reverse("account_inactive"), reverse("socialaccount_login_cancelled")):  # fmt: skip
        page.goto(address)
        if found := violations(page):
            wrong[address] = found
    assert wrong == {}
