"""The overseer: each deed of the main path is in the trail, the log verifies, and a changed byte is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import deeds
from tests.browser.conftest import Enter
from tests.browser.stack import Stack
from tests.chromium import ROOT, needed

pytestmark = needed

REASON = "Yearly review of forecasts, file 2022-17"
DEEDS = [
    ("import.run", "Alteration", "Noor Analyst"),  # who had it brought in
    ("import.run", "Collection", "the service itself"),
    ("forecast.run", "Combination", "Noor Analyst"),
    ("forecast.approve", "Alteration", "Noor Analyst"),
    ("plan.make", "Combination", "Sasha Commander"),
    ("plan.approve", "Alteration", "Sasha Commander"),
    ("visit.record", "Collection", "Jo Officer"),
    ("publication.make", "Disclosure", "Sasha Commander"),
]


@pytest.mark.parametrize(("deed", "operation", "who"), DEEDS)
def test_each_deed_is_in_the_trail(
    enter: Enter, recorded: str, published: str, deed: str, operation: str, who: str
) -> None:
    page = enter("overseer")
    deeds.give_reason(page, REASON)
    page.get_by_label("Deed").fill(deed)
    page.get_by_role("button", name="Show").click()
    lines = page.get_by_role("table", name="Trail").locator("tbody tr").filter(has_text=who)
    expect(lines.filter(has_text=operation).first).to_contain_text(deed)


def test_reading_the_trail_is_in_the_trail_with_its_reason(enter: Enter, stack: Stack) -> None:
    page = enter("overseer")
    deeds.give_reason(page, REASON)
    page.goto("/trail/?deed=trail.read")
    first = page.get_by_role("table", name="Trail").locator("tbody tr").first
    expect(first).to_contain_text("Mina Overseer")
    expect(first).to_contain_text(REASON)


def test_a_refused_try_is_in_the_trail(enter: Enter, offered: str) -> None:
    commander = enter("commander")
    commander.goto("/")
    token = next(each["value"] for each in commander.context.cookies() if each.get("name") == "csrftoken")
    tried = commander.request.post("/forecasts/new/", form={"horizon": "7"}, headers={"X-CSRFToken": token})
    assert tried.status == 403
    page = enter("overseer")
    deeds.give_reason(page, REASON)
    page.goto("/trail/?deed=forecast.run&refused=1")
    first = page.get_by_role("table", name="Trail").locator("tbody tr").first
    expect(first).to_contain_text("Refusal")
    expect(first).to_contain_text("Sasha Commander")


def test_the_log_holds_and_says_so(enter: Enter, published: str) -> None:
    page = enter("overseer")
    deeds.check_log(page)
    first = page.locator("#checks tbody tr").first
    expect(first).to_contain_text("Mina Overseer")


@pytest.fixture
def handed_out(stack: Stack, enter: Enter, plan: str) -> Path:
    """An entry of the trail as its recipient gets it."""

    def hand_out() -> Path:
        page = enter("overseer")
        deeds.give_reason(page, REASON)
        page.goto("/trail/?deed=plan.make")
        page.get_by_role("table", name="Trail").locator("tbody tr").last.get_by_role("link").first.click()
        page.get_by_role("button", name="Hand out…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("To whom").fill("Prosecutor of the district")
        dialog.get_by_label("Reason").fill("Order 12 of 2022")
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Hand out").click()
        file = stack.folder / "entry.json"
        download.value.save_as(file)
        return file

    return stack.once("entry", hand_out)


def verify(log: Path | str, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """The stranger's program, which knows nothing of Openbeat."""
    command = [sys.executable, "-m", "witness", "verify", str(log), *map(str, more)]
    return subprocess.run(command, cwd=ROOT / "src", capture_output=True, text=True, check=False)


def test_a_stranger_verifies_the_log_and_the_entry(stack: Stack, handed_out: Path) -> None:
    assert json.loads(handed_out.read_text())["entry"]["deed"] == "plan.make"
    by_folder = verify(stack.var / "tiles", "--entry", handed_out)
    assert by_folder.returncode == 0, by_folder.stdout + by_folder.stderr
    by_address = verify(f"{stack.address}/log", "--entry", handed_out)
    assert by_address.returncode == 0, by_address.stdout + by_address.stderr


@pytest.mark.parametrize(
    ("file", "failure"), [("tile/entries/**/*", "BundleAltered"), ("tile/0/**/*", "TileAltered"), ("checkpoint", "Bad")]
)
def test_one_changed_byte_is_named(stack: Stack, published: str, tmp_path: Path, file: str, failure: str) -> None:
    copy = shutil.copytree(stack.var / "tiles", tmp_path / "tiles")
    victim = next(path for path in sorted(copy.glob(file)) if path.is_file())
    content = bytearray(victim.read_bytes())
    content[40] ^= 1
    victim.write_bytes(content)
    told = verify(copy)
    assert told.returncode == 1
    assert failure in told.stdout + told.stderr


def test_a_changed_entry_is_not_the_one_that_was_logged(stack: Stack, handed_out: Path, tmp_path: Path) -> None:
    entry = json.loads(handed_out.read_text())
    entry["entry"]["reason"] = "another reason"
    changed = tmp_path / "entry.json"
    changed.write_text(json.dumps(entry))
    told = verify(stack.var / "tiles", "--entry", changed)
    assert told.returncode == 1
    assert "EntryDiffers" in told.stdout + told.stderr
