"""The whole service, started as a user starts it, on a city whose last week has not come in yet."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from tests.chromium import ROOT

Made = TypeVar("Made")
SAMPLE = ROOT / "src" / "openbeat" / "ops" / "sample" / "toronto"
LAST_WEEK = date(2021, 12, 25)
"""From this day on the sample's records are held back, for the analyst to bring in."""
PATIENCE = 900
"""Seconds for the first start, on a machine with other things to do."""


def city_until_last_week(folder: Path) -> Path:
    """The sample city without its last week."""
    shutil.copytree(SAMPLE, folder)
    records = pl.read_parquet(SAMPLE / "incidents.parquet")
    records.filter(pl.col("occurrence_date") < LAST_WEEK).write_parquet(folder / "incidents.parquet")
    return folder


def last_week() -> pl.DataFrame:
    """The records held back, as they came."""
    return pl.read_parquet(SAMPLE / "incidents.parquet").filter(pl.col("occurrence_date") >= LAST_WEEK)


class Stack:
    """A running `openbeat up`: its address, its sign-in links, and what was done on it so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.done: dict[str, Any] = {}
        self.began = time.monotonic()
        self.used: dict[str, float] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBEAT_", "DATABASE_"))}
        environment = {
            **kept, "OPENBEAT_VAR": str(self.var), "OPENBEAT_PORT": "8600", "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "openbeat.settings",
        }  # fmt: skip
        city = city_until_last_week(folder / "city")
        self.told = folder / "told.txt"
        with self.told.open("w") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "openbeat.ops.main", "up", "--city", str(city)],
                stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT, env=environment,
                start_new_session=True,
            )  # fmt: skip
        self.address, self.links = self._greeting()

    def _greeting(self) -> tuple[str, dict[str, str]]:
        for _ in range(10 * PATIENCE):
            text = self.told.read_text()
            if "Ctrl-C stops it." in text:
                break
            try:
                self.process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            break
        found = re.search(r"Openbeat runs at (\S+)", text)
        assert found, text
        return found[1], dict(re.findall(r"^  (\w+)\s+(http\S+)$", text, re.MULTILINE))

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What was made under this name; made now if it wasn't. What failed once is not tried again."""
        if name not in self.done:
            self.done[name] = AssertionError(f"«{name}» was tried before and failed")
            self.done[name] = make()
        made = self.done[name]
        if isinstance(made, AssertionError):
            raise made
        return made  # type: ignore[no-any-return]

    def unused_for(self, role: str) -> float:
        """Seconds since a page was last asked for as the role; from now on it is in use."""
        now = time.monotonic()
        before, self.used[role] = self.used.get(role, self.began), now
        return now - before

    def stop(self) -> str:
        """Ctrl-C; what it said last. It must have ended by itself, in order."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(120)
        text = self.told.read_text()
        assert status == 0, text
        return text
