"""What a worker tells of its work, as a reader sees it."""

from __future__ import annotations

import pytest

from openbeat.web.progress_words import step_words


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("reading the reports", "Reading the reports"),
        ("trying chance: 1136 of 9999", "Trying what chance alone brings: 1,136 of 9,999 tries"),
        ("testing on the past: 12 of 104", "Testing on the past: 12 of 104 forecasts"),
        ("simulating a year of patrols: 92 of 104", "Who bears it: week 92 of 104 simulated"),
        ("counting sheep: 3 of 9", "counting sheep: 3 of 9"),
    ],
)
def test_a_step_is_said_with_how_many_of_how_many(told: str, seen: str) -> None:
    assert step_words(told) == seen
