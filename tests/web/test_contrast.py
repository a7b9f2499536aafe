"""The tokens keep their promise: AA in light and dark, AAA where more contrast is asked for (WCAG 1.4.3, 1.4.6)."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "web" / "styles" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
GROUNDS = ("canvas", "surface")
TEXTS = ("ink", "ink-2", "ink-3", "accent", "good", "warn", "bad")


def tokens(selector: str) -> dict[str, tuple[str, str]]:
    """The colours of the first block that begins with the selector: name → light, dark."""
    text = TOKENS.read_text(encoding="utf-8")
    block = text[text.index(selector) :].partition("\n}")[0]
    return {name: (light, dark) for name, light, dark in PAIR.findall(block)}


PLAIN = tokens(":root {")
MORE = PLAIN | tokens('[data-contrast="more"] {')


def luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, definitions)."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", [*GROUNDS, "sunken", "raised", "hover"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_aa(text: str, ground: str, theme: int) -> None:
    assert contrast(PLAIN[text][theme], PLAIN[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["accent", "good", "warn", "bad"])
def test_words_on_their_own_tint_are_aa(tone: str, theme: int) -> None:
    assert contrast(PLAIN[tone][theme], PLAIN[f"{tone}-soft"][theme]) >= 4.5
    assert contrast(PLAIN["ink"][theme], PLAIN[f"{tone}-soft"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_on_full_colour_and_edges_of_controls(theme: int) -> None:
    assert contrast(PLAIN["on-accent"][theme], PLAIN["accent"][theme]) >= 4.5
    assert contrast(PLAIN["on-accent"][theme], PLAIN["accent-strong"][theme]) >= 4.5
    assert contrast(PLAIN["on-bad"][theme], PLAIN["bad"][theme]) >= 4.5
    for ground in GROUNDS:
        assert contrast(PLAIN["edge"][theme], PLAIN[ground][theme]) >= 3
        assert contrast(PLAIN["focus"][theme], PLAIN[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_more_contrast_is_aaa(text: str, ground: str, theme: int) -> None:
    assert contrast(MORE[text][theme], MORE[ground][theme]) >= 7


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_sequential_ramp_goes_one_way_in_lightness(theme: int) -> None:
    ramp = [luminance(PLAIN[f"seq-{step}"][theme]) for step in range(1, 8)]
    steps = [contrast(PLAIN[f"seq-{i}"][theme], PLAIN[f"seq-{i + 1}"][theme]) for i in range(1, 7)]
    falls = [later < earlier for earlier, later in pairwise(ramp)]
    assert all(falls) or not any(falls)
    assert min(steps) >= 1.15


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("series", range(1, 6))
def test_series_stand_out_from_the_ground(series: int, theme: int) -> None:
    assert contrast(PLAIN[f"cat-{series}"][theme], PLAIN["surface"][theme]) >= 3
