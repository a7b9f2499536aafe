"""Larson's hypercube: units that answer by fixed preference, worked out without chance.

Exact to 16 units (Larson 1974, Computers and Operations Research 1), approximate beyond (Larson 1975, Operations
Research 23). Service is exponential and does not depend on the zone; the simulation needs neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from placewise.kernels.arrays import Floats, Ints, floats, frozen, ints
from placewise.kernels.hypercube import by_level, dispatch_rates, sent_shares, sweep
from placewise.simulate.errors import BadHypercube, Overloaded
from placewise.simulate.scenario import Scenario

MOST_EXACT = 16
CLOSE = 1e-13
MOST_SWEEPS = 10_000
HOUR = 3600.0
CALIBRATIONS = 6  # rounds until mean service holds the mean driving time; each shrinks the error by the load


@dataclass(frozen=True, eq=False)
class Steady:
    """The long run: `utilisation` (units,); `dispatches` (zones, units) share of each zone's calls a unit answers.

    `travel` (zones,) mean seconds of driving to a zone's calls, `mean_travel` over all; `queued` is the share of calls
    that wait, `lost` that are handed to somebody else, `wait` mean seconds over all calls served. `states` (2^units,)
    is the chance of each set of busy units (bit i is unit i), none where it is approximate; a queue is in the last.
    """

    utilisation: Floats
    dispatches: Floats
    travel: Floats
    mean_travel: float
    queued: float
    lost: float
    wait: float
    states: Floats | None


class Hypercube:
    """`rates` (zones,) calls an hour; `travel` (units, zones) seconds from where units stand; `service` mean seconds.

    `service` is one number or one for each unit. `order` (zones, units) is who is sent first, by default the closest.
    `between` (zones, zones) seconds is needed where calls wait: who takes one comes from another call.
    """

    def __init__(
        self,
        rates: npt.ArrayLike,
        travel: npt.ArrayLike,
        service: float | Sequence[float],
        *,
        order: npt.ArrayLike | None = None,
        between: npt.ArrayLike | None = None,
        waiting: bool = True,
    ) -> None:
        driven = np.atleast_2d(floats(travel))
        ranked = np.argsort(driven.T, axis=1, kind="stable") if order is None else order
        self.rates = frozen(np.atleast_1d(floats(rates)).copy())
        self.travel = frozen(driven.copy())
        self.service = frozen(floats(np.broadcast_to(floats(service), (len(driven),))).copy())
        self.order = frozen(np.atleast_2d(ints(ranked)).copy())
        self.between = None if between is None else frozen(floats(between).copy())
        self.waiting = waiting
        self._check()

    @classmethod
    def of(cls, scenario: Scenario) -> "Hypercube":
        """The model of a scenario whose units stand at their stations, all on duty: mean rates, closest first.

        Mean service is that of all calls with the mean driving time of the model itself (Larson's calibration).
        """
        if any(unit.shifts for unit in scenario.units):
            raise BadHypercube("the hypercube knows no shifts: give units that are always on duty")
        zones = len(scenario.zones)
        station = {spot.name: zones + i for i, spot in enumerate(scenario.stations)}
        rows = [station[unit.station] for unit in scenario.units]
        weekly = scenario.arrivals.weekly
        scene = float((weekly.sum(axis=1) @ [one.work for one in scenario.priorities]) / weekly.sum())
        driving = 0.0
        for _ in range(CALIBRATIONS):
            model = cls(
                weekly.sum(axis=0) / 168, scenario.travel[rows, :zones], scene + driving,
                between=scenario.travel[:zones, :zones], waiting=scenario.waiting,
            )  # fmt: skip
            driving = model.solve().mean_travel
        return model

    def solve(self) -> Steady:
        """Exact where there are at most 16 units, otherwise approximate."""
        return self.exact() if len(self.service) <= MOST_EXACT else self.approximate()

    def exact(self) -> Steady:
        """The steady state of all 2^N sets of busy units."""
        units, total = len(self.service), float(self.rates.sum())
        if units > MOST_EXACT:
            raise BadHypercube(f"exact to {MOST_EXACT} units, and there are {units}: use approximate()")
        ends = HOUR / self.service
        up = dispatch_rates(self.order, self.rates)
        ordered, first = by_level(units)
        chance = np.full(1 << units, 1.0 / (1 << units))
        for _ in range(MOST_SWEEPS):
            if sweep(chance, up, ends, ordered, first, total) < CLOSE:
                break
        else:
            raise BadHypercube("the steady state did not settle")
        states = self._with_queue(chance, total / float(ends.sum()))
        busy = np.array([states[(np.arange(len(states)) >> unit & 1) == 1].sum() for unit in range(units)])
        return self._steady(busy, sent_shares(self.order, states), float(states[-1]), states)

    def approximate(self) -> Steady:
        """Utilisations that agree with each other, given what M/M/N says of units that are busy together."""
        units, total = len(self.service), float(self.rates.sum())
        busy = np.full(units, min(total * float(self.service.mean()) / HOUR / units, 0.99))
        shares = np.zeros(self.order.shape)
        for _ in range(MOST_SWEEPS):
            weight = shares.T @ self.rates
            mean = float(weight @ self.service / weight.sum()) if weight.sum() > 0 else float(self.service.mean())
            number = _busy_together(total * mean / HOUR, units, waiting=self.waiting)
            shares = _shared(self.order, busy, _corrections(number)) * (1.0 - number[-1])
            waits = total * number[-1] / float((HOUR / self.service).sum()) if self.waiting else 0.0
            odds = (shares.T @ self.rates) * self.service / HOUR / (1.0 - busy)
            new = (odds + waits) / (1.0 + odds)
            moved, busy = float(np.abs(new - busy).max()), new
            if moved < CLOSE * units:
                break
        return self._steady(busy, shares, float(number[-1]), None)

    def _with_queue(self, chance: Floats, load: float) -> Floats:
        """The states once calls wait: the last one holds the queue too."""
        if not self.waiting:
            return chance
        states = chance.copy()
        states[-1] /= 1.0 - load  # all busy with 0, 1, 2 … waiting: a geometric series
        return floats(states / states.sum())

    def _steady(self, busy: Floats, shares: Floats, full: float, states: Floats | None) -> Steady:
        """All that follows; `full` is the chance that all are busy."""
        ends = HOUR / self.service
        answered = shares.copy()
        seconds = (shares * self.travel.T).sum(axis=1)
        wait = 0.0
        if self.waiting:
            answered += full * ends / ends.sum()  # who is free first takes the call that waits longest
            seconds += full * self._from_calls()
            wait = full * HOUR / float(ends.sum() - self.rates.sum())
        served = answered.sum(axis=1)
        travel = np.divide(seconds, served, out=np.zeros(len(served)), where=served > 0)
        mean = float(self.rates @ seconds / (self.rates @ served))
        lost = 0.0 if self.waiting else full
        return Steady(busy, answered, travel, mean, full if self.waiting else 0.0, lost, wait, states)

    def _from_calls(self) -> Floats:
        """(zones,) mean seconds from another call's place to a call of each zone."""
        if self.between is None:
            return np.zeros(len(self.rates))
        return floats(self.rates / self.rates.sum() @ self.between)

    def _check(self) -> None:
        """Refuses parts that do not fit."""
        units, zones = self.travel.shape
        wrong = {
            "there are no units or no zones": units < 1 or zones < 1,
            "each zone needs a rate from 0, and one of them above": self.rates.shape != (zones,)
            or not (np.isfinite(self.rates).all() and (self.rates >= 0).all() and self.rates.sum() > 0),
            "driving times are seconds from 0: there is no way between some places": not np.isfinite(self.travel).all()
            or bool((self.travel < 0).any()),
            "mean service is seconds above 0": not (np.isfinite(self.service).all() and (self.service > 0).all()),
            "each zone's order names every unit once": self.order.shape != (zones, units)
            or bool((np.sort(self.order, axis=1) != np.arange(units)).any()),
            "seconds between zones have shape (zones, zones)": self.between is not None
            and self.between.shape != (zones, zones),
        }
        for says, is_so in wrong.items():
            if is_so:
                raise BadHypercube(says)
        load = float(self.rates.sum() / (HOUR / self.service).sum())
        if self.waiting and load >= 1:
            raise Overloaded(f"calls ask for {load:.2f} times what all units can do: the queue would grow for ever")


def _busy_together(load: float, units: int, *, waiting: bool) -> Floats:
    """(units + 1,) chance that so many units are busy in M/M/N, with a queue (in the last) or without."""
    chance = np.ones(units + 1)
    for n in range(1, units + 1):
        chance[n] = chance[n - 1] * load / n
    if waiting:
        if load >= units:
            raise Overloaded(f"calls keep {load:g} units busy and there are {units}: the queue would grow for ever")
        chance[-1] /= 1.0 - load / units
    return floats(chance / chance.sum())


def _corrections(number: Floats) -> Floats:
    """(units,) how much likelier it is that j units are busy and another is not than were they independent.

    Larson 1975: over random orders of units, from the chance of each number busy.
    """
    units = len(number) - 1
    busy = float(number @ np.arange(units + 1)) / units
    together, found = number.copy(), np.ones(units)
    k = np.arange(units + 1)
    for j in range(units):
        free = float((together * (units - k)).sum()) / (units - j)
        found[j] = free / (busy**j * (1.0 - busy))
        together = together * np.maximum(k - j, 0) / (units - j)
    return found


def _shared(order: Ints, busy: Floats, corrections: Floats) -> Floats:
    """(zones, units) share of a zone's calls that each unit answers at once; rows sum to 1 (Jarvis 1985)."""
    zones, units = order.shape
    shares, before = np.zeros((zones, units)), np.ones(zones)
    for j in range(units):
        unit = order[:, j]
        shares[np.arange(zones), unit] = corrections[j] * before * (1.0 - busy[unit])
        before = before * busy[unit]
    return floats(shares / shares.sum(axis=1, keepdims=True))
