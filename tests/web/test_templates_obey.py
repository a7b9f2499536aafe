"""What no template may do, because the security policy or the design language refuses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
ICONS = {line for line in (WEB / "icons.txt").read_text(encoding="utf-8").split("\n") if line and line[0] != "#"}
REFUSED = {
    "a style attribute": re.compile(r"<[^>]*\sstyle="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+="),
    "hx-on": re.compile(r"\shx-on"),
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)"),
    "a style sheet in the page": re.compile(r"<style"),
    "the browser's own «are you sure?»": re.compile(r"hx-confirm"),
    "an address elsewhere": re.compile(r"""(?:src|href|action)=["'](?:https?:)?//"""),
}
NAMED = re.compile(r"""(?:\{%\s*icon\s+|\bicon=)["']([a-z0-9-]+)["']""")


@pytest.mark.parametrize("what", REFUSED)
def test_no_template_has(what: str) -> None:
    guilty = [
        str(path.relative_to(WEB)) for path in TEMPLATES if REFUSED[what].search(path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


def test_every_icon_named_is_in_the_sprite() -> None:
    sources = [*TEMPLATES, *WEB.rglob("*.py")]
    named = {(str(p.relative_to(WEB)), name) for p in sources for name in NAMED.findall(p.read_text(encoding="utf-8"))}
    assert sorted((place, name) for place, name in named if name not in ICONS) == []
