"""Calls and units simulated on the streets: what fewer cars, other beats or another rule would come to."""

from placewise.simulate.arrivals import Arrivals, Recorded, nearest_zone
from placewise.simulate.city import BadCity, CitySize, Planted, SyntheticCity
from placewise.simulate.city_incidents import CityCalls, Happened, city_calls, happen
from placewise.simulate.city_truth import Kind, Repeats
from placewise.simulate.compare import Difference, compare
from placewise.simulate.erlang import (
    erlang_b,
    erlang_c,
    mean_wait,
    preemptive_times,
    priority_waits,
    priority_waits_single,
)
from placewise.simulate.errors import (
    BadArrivals,
    BadHypercube,
    BadQueue,
    BadScenario,
    BadSpan,
    NotComparable,
    OffStreets,
    Overloaded,
    SimulateError,
    SimulationStopped,
)
from placewise.simulate.hypercube import Hypercube, Steady
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
from placewise.simulate.zones import areas_from, driven_to, zones_of

__all__ = [
    "IDLE",
    "POLICIES",
    "PREEMPTION",
    "Arrivals",
    "BadArrivals",
    "BadCity",
    "BadHypercube",
    "BadQueue",
    "BadScenario",
    "BadSpan",
    "CityCalls",
    "CitySize",
    "Difference",
    "Estimate",
    "Happened",
    "Hypercube",
    "Kind",
    "NotComparable",
    "OffStreets",
    "Outcome",
    "Overloaded",
    "Patrol",
    "Planted",
    "Priority",
    "Progress",
    "Recorded",
    "Repeats",
    "Response",
    "Scenario",
    "Shift",
    "SimulateError",
    "SimulationStopped",
    "Station",
    "Steady",
    "SyntheticCity",
    "Unit",
    "UnitLoad",
    "Zone",
    "areas_from",
    "city_calls",
    "compare",
    "driven_to",
    "erlang_b",
    "erlang_c",
    "every_day",
    "happen",
    "mean_wait",
    "nearest_zone",
    "preemptive_times",
    "priority_waits",
    "priority_waits_single",
    "simulate",
    "travel_seconds",
    "zones_of",
]
