"""The clock of work in parts: each part has its share of the time, and one listener hears of all."""

from dataclasses import dataclass
from threading import Lock
from time import perf_counter

import numpy as np

from placewise.plan.stop import Progress, Stop


class Clock:
    """Begins to count when it is made; tells the listener the share done and the least worth so far."""

    def __init__(self, stop: Stop, progress: Progress | None) -> None:
        self.stop, self.progress = stop, progress
        self.begun, self.least, self.ended = perf_counter(), np.inf, False
        self.lock = Lock()

    def left(self, share: float) -> float:
        """Seconds until this share of the time is over; without seconds, endless; none once the work was ended."""
        if self.ended:
            return 0.0
        if self.stop.seconds is None:
            return np.inf
        return max(0.0, self.begun + share * self.stop.seconds - perf_counter())

    def tell(self, share: float, worth: float) -> None:
        """Tells the listener; remembers whether it has ended the work."""
        with self.lock:
            self.least = min(self.least, worth)
            if self.progress and not self.ended and self.progress(share, float(self.least)) is False:
                self.ended = True


@dataclass(frozen=True)
class Phase:
    """A part of the work, from one share of the whole to another."""

    clock: Clock
    first: float
    last: float

    def done(self, rounds: int, worth: float) -> float:
        """How much of this part is done, 0 to 1: by time or by rounds, whichever is further."""
        stop = self.clock.stop
        by_rounds = rounds / stop.rounds if stop.rounds else 0.0
        by_time = 0.0
        if stop.seconds is not None:
            span = (self.last - self.first) * stop.seconds
            by_time = 1 - min(1.0, self.clock.left(self.last) / span)
        share = min(1.0, max(by_rounds, by_time))
        self.clock.tell(self.first + share * (self.last - self.first), worth)
        return 1.0 if self.clock.ended else share
