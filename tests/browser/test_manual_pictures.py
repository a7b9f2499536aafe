"""The manual's pictures: taken here, of the pages as they are; kept where OPENBEAT_PICTURES is set to 1."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from tests.browser.conftest import Enter
from tests.chromium import ROOT, needed

pytestmark = needed

FOLDER = ROOT / "docs" / "pictures"
COLOURS = 256
LARGEST = 200_000
"""Bytes of a picture."""


def taken(page: Page, height: int) -> bytes:
    """The top of the page, once its map is drawn, in few colours."""
    expect(page.locator(".map-wait:visible")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1_000)  # labels are faded in
    whole = Image.open(io.BytesIO(page.screenshot(animations="disabled", full_page=True)))
    top = whole.crop((0, 0, whole.width, min(height, whole.height)))
    small = io.BytesIO()
    top.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def keep(name: str, picture: bytes) -> None:
    """Checks that there is something to see, and keeps the picture where that is wanted."""
    assert len(picture) < LARGEST
    assert len(Image.open(io.BytesIO(picture)).getcolors() or []) > 16, "an empty page"
    assert (FOLDER / f"{name}.png").exists(), "OPENBEAT_PICTURES=1 makes it"
    if os.environ.get("OPENBEAT_PICTURES") == "1":
        Path(FOLDER / f"{name}.png").write_bytes(picture)


@pytest.mark.parametrize(
    ("name", "role", "width", "height"),
    [("forecast", "analyst", 1120, 1400), ("plan", "commander", 1120, 1300), ("sheet", "officer", 390, 760)],
)
def test_pictures_of_the_manual(
    enter: Enter, name: str, role: str, width: int, height: int, request: pytest.FixtureRequest
) -> None:
    address = request.getfixturevalue({"forecast": "forecast", "plan": "plan", "sheet": "recorded"}[name])
    page = enter(role, width=width, height=900)
    page.goto(address)
    keep(name, taken(page, height))
