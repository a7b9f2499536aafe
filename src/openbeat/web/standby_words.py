"""The words of standby plans: states, waiting places, steps of the work, hours."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import Asked, Waiting
from openbeat.patrol.standby.states import State
from openbeat.web.ui.bits import Badge, Words
from openbeat.web.ui.scales import number

BADGES = {
    State.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    State.RUNNING: (gettext_lazy("Being worked out"), "info"),
    State.DONE: (gettext_lazy("Done"), "good"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.CANCELLED: (gettext_lazy("Stopped"), "neutral"),
}
WAITING: Mapping[str, Words] = {
    Waiting.NONE: gettext_lazy("Stations alone"),
    Waiting.CELLS: gettext_lazy("Stations, and wherever calls come from"),
}
STEPS: Mapping[str, Promise] = {
    "reading the incidents": gettext_lazy("Reading the incidents"),
    "working out travel times": gettext_lazy("Working out travel times"),
    "placing the units": gettext_lazy("Placing the units"),
    "trying other numbers of units": gettext_lazy("Trying other numbers of units: %(done)s of %(total)s"),
}
"""The steps of the search, as the worker tells them."""


def badge(found: StandbyPlan) -> Badge:
    """Its state as shape and word."""
    return Badge(*BADGES[State(found.state)])


def step_words(told: str) -> str:
    """A step of the work in the reader's language, with how many of how many where they are told."""
    step, _colon, counts = told.partition(": ")
    done, _of, total = counts.partition(" of ")
    return str(STEPS.get(step, step)) % {"done": done, "total": total}


def waiting_name(key: str, sets: Mapping[str, str]) -> str:
    """Where units may wait, in words; `sets` names sets of areas by id."""
    if key in WAITING:
        return str(WAITING[key])
    return _("Stations, and the middles of %(areas)s") % {"areas": sets.get(key) or _("withdrawn areas")}


def hours_words(asked: Asked) -> str:
    """The hours of the day whose calls count."""
    if asked.hours == 24:
        return _("all hours")
    return f"{asked.first_hour:02d}:00 – {asked.last_hour:02d}:00"


def percent(share: float, digits: int = 1) -> str:
    """A share as per cent, without the sign."""
    return number(100 * share, digits)


def points(share: float, digits: int = 1) -> str:
    """A difference of shares in percentage points, with its sign."""
    text = number(abs(100 * share), digits)
    if not any(one in text for one in "123456789"):
        return text
    return f"+{text}" if share > 0 else f"−{text}"
