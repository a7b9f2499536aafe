"""Tests of the log do not wait for the disk."""

import os

import pytest


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is in the kernel's memory, which a test's end does not lose."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
