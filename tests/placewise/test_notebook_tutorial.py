"""The notebook tutorial on the sample city: its blocks run in order and print what the page says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "forecast-in-a-notebook.md"
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
BLOCK = re.compile(r"```python\n(.*?)```\n(?:```text\n(.*?)```\n)?", re.DOTALL)

pytestmark = pytest.mark.slow


def test_every_block_prints_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    known: dict[str, object] = {}
    for code, said in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, PAGE.name, "exec"), known)
        if said:
            assert NUMBER.sub("#", printed.getvalue()) == NUMBER.sub("#", said)
            assert figures(printed.getvalue()) == pytest.approx(figures(said), rel=0.15, abs=1.0)
    drawn = known["axes"]
    assert drawn.get_title() == f"{known['surface'].total:.0f} incidents expected, 2021-01-04 to 2021-01-11"  # type: ignore[attr-defined]


def figures(text: str) -> list[float]:
    """The numbers of a text; another machine may round the last of them otherwise."""
    return [float(one) for one in NUMBER.findall(text)]
