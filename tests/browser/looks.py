"""How a page is looked at: light and dark, wide and narrow, by axe, and for what hangs over at 320 pixels."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, Response
from tests.chromium import RULES, overhang, violations

COLOURS = ["color-contrast"]
LOOKS = [("light", 1280, RULES), ("dark", 1280, COLOURS), ("dark", 375, RULES), ("light", 375, COLOURS)]
"""Structure is looked at wide and narrow; what light and dark change is colours alone."""
NARROWEST = 320
BAR = "position => document.querySelector('.desks')?.style.setProperty('position', position)"
"""The bar of desks at a phone's lower edge: axe takes what lies under it for too small, though it is scrolled away."""


def look(page: Page) -> dict[str, Any]:
    """What is wrong with the page as it stands, by the look in which it is; nothing, if all is well."""
    wrong: dict[str, Any] = {}
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(BAR, "static" if width < 640 else "")
        page.evaluate("scrollTo(0, 0)")  # the head covers part of what has been scrolled beneath it
        page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
        if found := violations(page, rules):
            wrong[f"{scheme} {width}"] = found
        if over := overhang(page):
            wrong[f"over at {width}"] = over
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    if over := overhang(page):
        wrong[f"over at {NARROWEST}"] = over
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(BAR, "")
    page.emulate_media(color_scheme="light")
    return wrong


POLICY = {
    "default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "worker-src": "'self'", "form-action": "'self'", "img-src": "'self' data: blob:",
    "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
"""What a page may load and send: from and to ourselves, no inline script or style, no frame, no plug-in."""
HEADERS = {
    "x-frame-options": "DENY", "x-content-type-options": "nosniff", "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}  # fmt: skip
MOST_SCRIPT = 300_000
"""Bytes of script, unpacked, on any page without a map."""


def loose(response: Response) -> dict[str, str]:
    """Heads of the answer that are not as strict as they must be; nothing, if all are."""
    told = response.all_headers()
    policy = dict(part.strip().split(" ", 1) for part in told.get("content-security-policy", "none no").split(";"))
    found = {name: told.get(name, "") for name, value in HEADERS.items() if told.get(name) != value}
    return found | ({} if policy == POLICY else {"content-security-policy": str(policy)})


def script(page: Page) -> int:
    """Bytes of script that the page loaded, unpacked."""
    entries = "performance.getEntriesByType('resource').filter(one => new URL(one.name).pathname.endsWith('.js'))"
    return int(page.evaluate(f"{entries}.reduce((sum, one) => sum + one.decodedBodySize, 0)"))
