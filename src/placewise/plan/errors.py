"""The refusals of patrol planning, by name."""

from placewise.kernels.errors import PlacewiseError


class PlanError(PlacewiseError):
    """Something about a planning problem, a plan or an edit does not hold; the message says what and where."""


class BadProblem(PlanError):
    """A problem that contradicts itself or names what it does not hold."""


class BadPlan(PlanError):
    """A plan that names what its problem does not hold."""


class BadEdit(PlanError):
    """An edit that names what the plan or problem does not hold, or contradicts another."""


class UnknownEngine(PlanError):
    """No engine of this name."""


class NoRoom(PlanError):
    """Breaks or locked visits alone do not fit a unit's shift."""


class CannotKeep(PlanError):
    """An engine can't keep a promise that the problem asks for."""


class NoEvenBeats(PlanError):
    """The search found no beats of even workload, each in one piece."""
