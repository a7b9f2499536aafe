"""Neighbouring beats can be told apart by every kind of colour vision, light and dark."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

TOKENS = Path(__file__).resolve().parents[2] / "src" / "openbeat" / "web" / "styles" / "tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
PAIRS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS.read_text(encoding="utf-8"))}
OPACITY = 0.5
"""Of a beat on the map."""
LEAST = 10.0
"""CIE 1976 colour difference: 2.3 is just seen."""
VISIONS = {
    "usual": np.eye(3),
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "without blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""Linear RGB as somebody sees it (Machado, Oliveira and Fernandes 2009, severity 1)."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def lab(shares: NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """An sRGB colour as somebody sees it, in CIE L*a*b*."""
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    x, y, z = TO_XYZ @ np.clip(np.asarray(VISIONS[vision]) @ linear, 0, 1) / WHITE
    fx, fy, fz = (np.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def test_the_measure_itself() -> None:
    assert lab(rgb("#ffffff"), "usual") == pytest.approx([100, 0, 0], abs=0.05)
    assert lab(rgb("#ff0000"), "usual") == pytest.approx([53.2, 80.1, 67.2], abs=0.1)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISIONS)
def test_beats_can_be_told_apart(vision: str, theme: int) -> None:
    ground = rgb(PAIRS["map-ground"][theme])
    seen = {
        step: lab(OPACITY * rgb(PAIRS[f"beat-{step}"][theme]) + (1 - OPACITY) * ground, vision) for step in range(1, 6)
    }
    for one, other in combinations(seen, 2):
        assert float(np.linalg.norm(seen[one] - seen[other])) >= LEAST, (one, other)
