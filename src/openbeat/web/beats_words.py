"""The words of beat drawings: states, alternatives, promises, units of work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.patrol.beats.queries import Drawing
from openbeat.patrol.beats.rules import AS_THEY_ARE, TODAY, Asked
from openbeat.patrol.beats.states import State
from openbeat.web.ui.bits import Badge, Words
from openbeat.web.ui.scales import number

BADGES = {
    State.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    State.RUNNING: (gettext_lazy("Being drawn"), "info"),
    State.DONE: (gettext_lazy("To choose from"), "good"),
    State.ADOPTED: (gettext_lazy("Adopted"), "good"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.CANCELLED: (gettext_lazy("Stopped"), "neutral"),
}
PLANS: Mapping[str, Words] = {
    TODAY: gettext_lazy("Today"),
    "quickest": gettext_lazy("Quickest"),
    "compact": gettext_lazy("Compact"),
    "even": gettext_lazy("Even"),
    "familiar": gettext_lazy("Familiar"),
}
SEEKS: Mapping[str, Words] = {
    TODAY: gettext_lazy("as they are, told by the same small areas"),
    "quickest": gettext_lazy("the least mean time"),
    "compact": gettext_lazy("the shortest borders, at most a tenth slower"),
    "even": gettext_lazy("a third of the tolerance in workload"),
    "familiar": gettext_lazy("the fewest changes, at most a tenth slower"),
}
"""What each alternative seeks."""
FINENESS: Mapping[int, Words] = {
    AS_THEY_ARE: gettext_lazy("These areas as they are"),
    7: gettext_lazy("Cells about 2.5 km across (5 km²)"),
    8: gettext_lazy("Cells about 900 m across (0.7 km²)"),
    9: gettext_lazy("Cells about 350 m across (0.11 km²)"),
}
BROKEN: Mapping[str, Words] = {
    "wrong_count": gettext_lazy("not as many beats as asked"),
    "twice_named": gettext_lazy("two beats of one name"),
    "middle_outside": gettext_lazy("a middle lies outside of its beat"),
    "unknown_area": gettext_lazy("an area that nobody knows"),
    "not_once": gettext_lazy("an area in no beat, or in two"),
    "in_pieces": gettext_lazy("a beat in more than one piece"),
    "uneven": gettext_lazy("a workload beyond the tolerance"),
    "wrong_total": gettext_lazy("a figure that its parts do not come to"),
    "better_middle": gettext_lazy("a middle that is not the best"),
}
"""What the check may find."""


def badge(found: Drawing) -> Badge:
    """Its state as shape and word."""
    return Badge(*BADGES[State(found.state)])


def plan_name(plan: str) -> str:
    """An alternative's name."""
    return str(PLANS.get(plan, plan))


def share(value: float | None, digits: int = 1) -> str | None:
    """A part as per cent."""
    return None if value is None else f"{number(100 * value, digits)} %"


def off_mean(workload: float, mean: float) -> str:
    """How far above or below the mean, with its sign."""
    gap = 100 * (workload / mean - 1) if mean else 0.0
    told = number(abs(gap), 0)
    return f"±{told} %" if told == "0" else f"{'+' if gap > 0 else '−'}{told} %"


def minutes(seconds: float) -> str:
    """Minutes with one digit."""
    return number(seconds / 60, 1)


def weekly(workload: float, asked: Asked) -> float:
    """A workload by the week: hours of work, or incidents."""
    weeks = asked.days / 7
    return workload / weeks / (60 if asked.timed else 1)


def work_unit(asked: Asked) -> str:
    """What a workload is told in."""
    return _("hours of work a week") if asked.timed else _("incidents a week")


def promises(plan: Mapping[str, Any], tolerance: float) -> list[tuple[Badge, str]]:
    """Every promise of an alternative, said as held or as broken by the check."""
    broken = {one["name"]: one for one in plan["findings"]}
    told = (
        (_("Every small area lies in just one beat."), {"not_once", "unknown_area", "wrong_count", "twice_named"}),
        (_("Each beat is one piece."), {"in_pieces"}),
        (_("Each workload lies within %(part)s %% of the mean.") % {"part": f"{tolerance:g}"}, {"uneven"}),
        (_("All figures, worked out anew, are those stated."), {"wrong_total", "better_middle", "middle_outside"}),
    )
    return [_promise(words, sorted(names & broken.keys())) for words, names in told]


def _promise(words: str, broken: list[str]) -> tuple[Badge, str]:
    if not broken:
        return Badge(_("Held"), "good"), words
    return Badge(_("Not held"), "bad"), f"{words.rstrip('.')}: {', '.join(str(BROKEN[name]) for name in broken)}."
