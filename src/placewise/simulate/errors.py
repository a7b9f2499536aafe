"""The refusals of the simulation, by name."""

from placewise.kernels.errors import PlacewiseError


class SimulateError(PlacewiseError):
    """Something about a simulation does not hold; the message says what and where."""


class BadScenario(SimulateError):
    """A scenario that contradicts itself or names what it does not hold."""


class BadArrivals(SimulateError):
    """Calls that no simulation can draw from: none at all, of no known zone, or with rates that are no rates."""


class OffStreets(SimulateError):
    """No call lies where the known streets lead."""


class BadSpan(SimulateError):
    """A simulation of no days or no runs."""


class Overloaded(SimulateError):
    """Calls ask for more time than units have: no steady state, the queue grows for ever."""


class NotComparable(SimulateError):
    """Two outcomes that do not rest on the same calls."""


class SimulationStopped(SimulateError):
    """The caller asked to stop; nothing is half done."""


class BadQueue(SimulateError):
    """Rates, times or numbers of servers that describe no queue."""


class BadHypercube(SimulateError):
    """A hypercube model whose parts do not fit each other."""
