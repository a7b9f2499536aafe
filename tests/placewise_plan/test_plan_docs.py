"""The worked examples of the explanations run and print what the page says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "docs" / "explanation"


@pytest.mark.parametrize("page", ["streets.md", "patrol-plans.md", "beats-and-stations.md"])
def test_worked_example_prints_what_the_page_says(page, tmp_path, monkeypatch):
    text = (PAGES / page).read_text()
    (code, said), *_ = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, page, "exec"), {})
    assert printed.getvalue() == said
