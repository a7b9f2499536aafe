"""One running service for all browser tests, pages of each role, and the deeds of the main path, each done once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect
from tests.browser import deeds
from tests.browser.stack import Stack
from tests.chromium import chromium

expect.set_options(timeout=60_000)
Enter = Callable[..., Page]
NAP = 15 * 60
"""Seconds after which a session may be about to lock."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The service, started once and stopped by Ctrl-C; it must end in order."""
    folder = Path(tempfile.mkdtemp(prefix="openbeat-browser-"))
    running = Stack(folder)
    yield running
    said = running.stop()
    shutil.rmtree(folder)
    assert "Everything is saved." in said


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def enter(browser: Browser, stack: Stack) -> Iterator[Enter]:
    """Pages as a role, or as nobody. No script may fail, and nothing be asked of anyone else."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def enter(role: str = "", *, width: int = 1280, height: int = 900, **how: Any) -> Page:
        known = stack.once("sign-ins", lambda: {who: signed_in(browser, link) for who, link in stack.links.items()})
        context = browser.new_context(
            base_url=stack.address, viewport={"width": width, "height": height}, locale="en-GB",
            storage_state=known.get(role), **how,
        )  # fmt: skip
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        watch(page, stack.address, wrong)
        if role and stack.unused_for(role) > NAP:
            known[role] = awake(page)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []


def awake(page: Page) -> Any:
    """The cookies of somebody whose session may be locked: on a slow machine nobody used it for half an hour."""
    page.goto("/")
    go_on = page.get_by_role("button", name="Go on")
    if go_on.is_visible():
        go_on.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs me now")
    return page.context.storage_state()


def signed_in(browser: Browser, link: str) -> Any:
    """The cookies of somebody who used their link."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(60_000)
    deeds.sign_in(context.new_page(), link)
    state = context.storage_state()
    context.close()
    return state


def watch(page: Page, address: str, wrong: list[str]) -> None:
    """Writes down what must not happen on any page; a page whose server failed is closed: nobody waits for it."""

    def answered(response: Response) -> None:
        if 400 <= response.status < 500 and not response.request.is_navigation_request():
            wrong.append(f"{page.url}: {response.status} for {response.url}")
        if response.status >= 500:
            wrong.append(f"{page.url}: {response.status} for {response.url}")
            page.context.close()

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):  # told by `answered`
            wrong.append(f"{page.url}: {message.text}")

    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("console", said)
    page.on("response", answered)
    page.on("request", lambda asked: None if is_ours(asked.url, address) else wrong.append(f"{page.url} → {asked.url}"))


def is_ours(url: str, address: str) -> bool:
    """Whether a request stays in this service or this page."""
    return url.startswith((f"{address}/", "data:", "blob:"))


@pytest.fixture
def week(stack: Stack) -> Path:
    """The file of the week that has not come in yet."""
    return stack.once("week", lambda: deeds.week_file(stack.folder))


@pytest.fixture
def imported(stack: Stack, enter: Enter, week: Path) -> str:
    """The week brought in by the analyst; the import's address."""
    return stack.once("import", lambda: deeds.bring_in(enter("analyst"), week, "toronto-mci"))


@pytest.fixture
def mended(stack: Stack, enter: Enter, imported: str) -> str:
    """The refused row of the week mended; the address of the import that mends."""
    return stack.once("mending", lambda: deeds.mend_row(enter("analyst"), imported))


@pytest.fixture
def forecast(stack: Stack, enter: Enter, mended: str) -> str:
    """A forecast of burglary, not yet approved when it is made; its address."""
    return stack.once("forecast", lambda: deeds.run_forecast(enter("analyst")))


@pytest.fixture
def offered(stack: Stack, enter: Enter, forecast: str) -> str:
    """The forecast with the analyst's name under it."""
    stack.once("approval", lambda: deeds.approve_forecast(enter("analyst"), forecast))
    return forecast


@pytest.fixture
def watched(stack: Stack, enter: Enter, mended: str) -> str:
    """A watch of stolen cars that scans each night; its address."""
    return stack.once("watch", lambda: deeds.set_up_watch(enter("analyst")))


@pytest.fixture
def warned(stack: Stack, enter: Enter, watched: str) -> str:
    """A warning that the watch raised on the sample city; its address."""
    return stack.once("warning", lambda: deeds.scan(enter("analyst"), watched))


@pytest.fixture
def plan(stack: Stack, enter: Enter, offered: str) -> str:
    """A draft of a night shift; its address."""
    return stack.once("plan", lambda: deeds.make_plan(enter("commander")))


@pytest.fixture
def changed(stack: Stack, enter: Enter, plan: str) -> dict[str, str]:
    """What the commander changed of the draft by hand."""
    return stack.once("changes", lambda: deeds.change_plan(enter("commander"), plan))


@pytest.fixture
def approved(stack: Stack, enter: Enter, plan: str, changed: dict[str, str]) -> str:
    """The plan with the commander's name under it."""
    stack.once("plan approval", lambda: deeds.approve_plan(enter("commander"), plan))
    return plan


@pytest.fixture
def recorded(stack: Stack, enter: Enter, approved: str) -> str:
    """Two visits of the first unit recorded by an officer on a phone; the address of its sheet."""
    return stack.once("visits", lambda: deeds.record_visits(enter("officer", width=390, height=844), approved))


@pytest.fixture
def published(stack: Stack, enter: Enter, offered: str) -> str:
    """The figures for everybody; the public page's path."""
    stack.once("publication", lambda: deeds.publish(enter("commander")))
    return "/public/toronto/"
