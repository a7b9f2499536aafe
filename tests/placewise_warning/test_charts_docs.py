"""The worked examples of near repeats, charts, the synthetic city and false alarms print what the pages say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "docs" / "explanation"


@pytest.mark.parametrize("page", ["near-repeats.md", "charts.md", "synthetic-city.md", "false-alarms.md"])
def test_worked_example_prints_what_the_page_says(page):
    text = (PAGES / page).read_text(encoding="utf-8")
    ((code, said),) = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", text, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, page, "exec"), {})
    assert printed.getvalue() == said
