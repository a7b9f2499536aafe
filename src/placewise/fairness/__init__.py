"""Who bears a forecast: exposure by area, what under-reporting does to it, whether it feeds on itself."""

from placewise.fairness.exposure import Exposure, exposure, shift
from placewise.fairness.feedback import BadSimulation, Drift, FeedbackStopped, simulate_feedback
from placewise.fairness.groups import AreaGroups, NoGroups
from placewise.fairness.reporting import ReportingTest, thin_reports

__all__ = [
    "AreaGroups",
    "BadSimulation",
    "Drift",
    "Exposure",
    "FeedbackStopped",
    "NoGroups",
    "ReportingTest",
    "exposure",
    "shift",
    "simulate_feedback",
    "thin_reports",
]
