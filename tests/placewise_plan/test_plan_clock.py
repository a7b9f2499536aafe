"""The time given to a search is spent searching, however long its loops take to compile."""

import pytest
from tests.placewise_plan.small_city import made_up

from placewise.plan import Stop, check, ruin, solve


def test_the_clock_begins_after_the_loops_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call of `improve` takes longer than the whole search may; each look at the clock a second."""
    clock = [0.0]
    first = ruin.improve

    def slow_at_first(*given: object) -> None:
        monkeypatch.setattr(ruin, "improve", first)
        clock[0] += 1_000
        first(*given)

    def tick() -> float:
        clock[0] += 1
        return clock[0]

    monkeypatch.setattr(ruin, "improve", slow_at_first)
    monkeypatch.setattr(ruin, "perf_counter", tick)
    told: list[float] = []
    problem = made_up(7)
    plan = solve(problem, Stop(seconds=20, workers=1), 1, progress=lambda share, _prize: told.append(share))
    assert len(told) > 10
    assert check(problem, plan) == []
