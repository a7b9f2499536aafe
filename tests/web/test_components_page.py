"""The page of all components in a real browser: axe, widths, keys, light and dark, and nothing from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, Route, sync_playwright

from openbeat.web.components import components

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src" / "openbeat" / "web" / "static"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"""
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
HOST = "http://openbeat.test"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (STATIC / "build" / "app.js").exists(), reason="the front end is not built: npm run build"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def policy() -> str:
    """The product's own content security policy as a header."""
    directives: dict[str, list[str]] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(map(str, sources))}" for name, sources in directives.items())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The components page; afterwards nothing must have failed, and nothing been asked of anyone else."""
    theme, width = getattr(request, "param", ("light", 1280))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-GB")
    page, wrong = context.new_page(), list[str]()
    html = components(RequestFactory().get("/components")).content
    maps_drawn = "map" in request.node.name  # drawing without a graphics card is slow

    def answer(route: Route) -> None:
        url = urlsplit(route.request.url)
        file = STATIC / url.path.removeprefix("/static/")
        if f"{url.scheme}://{url.netloc}" != HOST:
            wrong.append(f"asked elsewhere: {url.geturl()}")
            route.abort()
        elif url.path == "/components":
            route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy()})
        elif url.path.startswith("/static/build/map-") and not maps_drawn:
            route.fulfill(body="", content_type="text/javascript")
        elif file.is_file():
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        else:
            wrong.append(f"not there: {url.path}")
            route.fulfill(status=404)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.route("**/*", answer)
    page.goto(f"{HOST}/components")
    page.locator("html.scripted").wait_for()
    yield page
    context.close()
    assert wrong == []


def violations(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]]


@pytest.mark.parametrize(
    "page", [("light", 1280), ("dark", 1280), ("light", 375), ("dark", 375), ("light", 320)], indirect=True
)
def test_axe_finds_nothing_and_nothing_hangs_over(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("page", [("light", 1280), ("dark", 1280)], indirect=True)
def test_an_open_dialog_is_right_too(page: Page) -> None:
    page.get_by_role("button", name="Withdraw…").click()
    assert page.get_by_role("dialog", name="Withdraw this forecast?").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("dialog[open]").count()


def test_rows_are_walked_by_keys(page: Page) -> None:
    page.evaluate("document.activeElement?.blur()")
    walked = []
    for key in "jjjk":
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.textContent"))
    assert [name[-1] for name in walked] == ["1", "2", "3", "2"]


def test_filters_of_many_choices_fold_into_a_list(page: Page) -> None:
    summary = page.locator(".picker > summary").first
    assert summary.inner_text() == "All"
    summary.click()
    page.get_by_label("Robbery").first.check()
    page.keyboard.press("Escape")
    assert page.evaluate("new FormData(document.querySelector('.filters')).getAll('offence')") == ["120"]
    assert not page.locator(".picker[open]").count()


def test_a_list_is_put_in_order_by_keys_and_a_locked_row_stays(page: Page) -> None:
    page.locator("[data-sortable] .grip").first.focus()
    for key in ("Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    order = page.locator("[data-sortable] input").evaluate_all("all => all.map(each => each.value)")
    assert order == ["3", "2", "1", "4"]
    assert page.locator("[data-sortable] .order").all_inner_texts() == ["1", "2", "3", "4"]


def test_escape_puts_a_held_row_back(page: Page) -> None:
    page.locator("[data-sortable] .grip").first.focus()
    for key in ("Enter", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    order = page.locator("[data-sortable] input").evaluate_all("all => all.map(each => each.value)")
    assert order == ["1", "2", "3", "4"]


def test_light_and_dark_are_chosen_and_kept(page: Page) -> None:
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".top details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert "theme=dark" in page.evaluate("document.cookie")
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_the_map_is_walked_by_arrow_keys_and_tells_the_value(page: Page) -> None:
    if not page.evaluate("!!document.createElement('canvas').getContext('webgl2')"):
        pytest.skip("this browser has no WebGL")
    canvas = page.locator("#surface .map-canvas")
    page.locator("#surface .map-wait").wait_for(state="hidden")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    told = page.locator("#surface .map-value")
    told.wait_for()
    first = told.inner_text()
    page.keyboard.press("ArrowRight")
    assert "per cell and week" in first
    assert told.inner_text() != first
    assert violations(page) == []
