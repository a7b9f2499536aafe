"""Calls and units simulated on the streets: what fewer cars, other beats or another rule would come to."""

from placewise.simulate.arrivals import Arrivals, Recorded
from placewise.simulate.compare import Difference, compare
from placewise.simulate.errors import (
    BadArrivals,
    BadHypercube,
    BadQueue,
    BadScenario,
    BadSpan,
    NotComparable,
    Overloaded,
    SimulateError,
    SimulationStopped,
)
from placewise.simulate.outcome import Estimate, Outcome, Response, UnitLoad
from placewise.simulate.run import Progress, simulate
from placewise.simulate.scenario import (
    IDLE,
    POLICIES,
    PREEMPTION,
    Patrol,
    Priority,
    Scenario,
    Shift,
    Station,
    Unit,
    Zone,
    every_day,
    travel_seconds,
)

__all__ = [
    "IDLE",
    "POLICIES",
    "PREEMPTION",
    "Arrivals",
    "BadArrivals",
    "BadHypercube",
    "BadQueue",
    "BadScenario",
    "BadSpan",
    "Difference",
    "Estimate",
    "NotComparable",
    "Outcome",
    "Overloaded",
    "Patrol",
    "Priority",
    "Progress",
    "Recorded",
    "Response",
    "Scenario",
    "Shift",
    "SimulateError",
    "SimulationStopped",
    "Station",
    "Unit",
    "UnitLoad",
    "Zone",
    "compare",
    "every_day",
    "simulate",
    "travel_seconds",
]
