"""When a search ends."""

from collections.abc import Callable
from dataclasses import dataclass

from placewise.plan.errors import PlanError

Progress = Callable[[float, float], bool | None]
"""Told the share of the search that is done (0 to 1) and the best prize so far; returning False ends the search."""


@dataclass(frozen=True)
class Stop:
    """After `seconds`, after `rounds` of each worker, or whichever comes first.

    With rounds alone the same seed gives the same plan; `workers` search beside each other and the best one counts.
    """

    seconds: float | None = None
    rounds: int | None = None
    workers: int = 2

    def __post_init__(self) -> None:
        if self.seconds is None and self.rounds is None:
            raise PlanError("a search needs an end: seconds, rounds or both")
        if (self.seconds is not None and self.seconds <= 0) or (self.rounds is not None and self.rounds < 1):
            raise PlanError("a search of no time finds nothing")
        if self.workers < 1:
            raise PlanError("a search needs at least one worker")

    def share(self, seconds: float, rounds: int) -> float:
        """How much of the search is done, 0 to 1."""
        by_time = seconds / self.seconds if self.seconds else 0.0
        by_rounds = rounds / self.rounds if self.rounds else 0.0
        return min(1.0, max(by_time, by_rounds))
