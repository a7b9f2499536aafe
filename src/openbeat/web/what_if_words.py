"""The words of what-ifs: states, policies, what an alternative changes."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import Asked, Beats, Policy, Preemption, Setup, shift_hours
from openbeat.patrol.what_if.states import State
from openbeat.web.ui.bits import Badge, Words

BADGES = {
    State.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    State.RUNNING: (gettext_lazy("Being simulated"), "info"),
    State.DONE: (gettext_lazy("Done"), "good"),
    State.FAILED: (gettext_lazy("Failed"), "bad"),
    State.CANCELLED: (gettext_lazy("Stopped"), "neutral"),
}

POLICIES: Mapping[str, Words] = {
    Policy.CLOSEST: gettext_lazy("The closest free unit"),
    Policy.KEEP_COVER: gettext_lazy("Close enough, and most ground left covered"),
    Policy.BEAT_FIRST: gettext_lazy("The beat's own unit first"),
}
PREEMPTIONS: Mapping[str, Words] = {
    Preemption.NONE: gettext_lazy("Never"),
    Preemption.DRIVING: gettext_lazy("While it still drives"),
    Preemption.ALWAYS: gettext_lazy("Also from the scene"),
}
BEATS: Mapping[str, Words] = {
    Beats.STATIONS: gettext_lazy("Each station its surroundings"),
    Beats.NONE: gettext_lazy("No beats"),
}
CHANGED: Mapping[str, Words] = {
    Policy.CLOSEST: gettext_lazy("the closest unit sent"),
    Policy.KEEP_COVER: gettext_lazy("units sent so that cover is kept"),
    Policy.BEAT_FIRST: gettext_lazy("the beat's own unit sent first"),
    Preemption.NONE: gettext_lazy("no unit called away"),
    Preemption.DRIVING: gettext_lazy("driving units called away to urgent calls"),
    Preemption.ALWAYS: gettext_lazy("units called away from scenes to urgent calls"),
}
"""A changed rule in words that fit into a sentence."""
SHIFTS = (gettext_lazy("Day"), gettext_lazy("Evening"), gettext_lazy("Night"))
IN_SHIFT = (
    ngettext_lazy("%(then)d car by day instead of %(now)d", "%(then)d cars by day instead of %(now)d", "then"),
    ngettext_lazy(
        "%(then)d car in the evening instead of %(now)d", "%(then)d cars in the evening instead of %(now)d", "then"
    ),
    ngettext_lazy("%(then)d car at night instead of %(now)d", "%(then)d cars at night instead of %(now)d", "then"),
)
PRIORITIES = (
    gettext_lazy("All calls"),
    gettext_lazy("1 · urgent"),
    gettext_lazy("2 · soon"),
    gettext_lazy("3 · can wait"),
)
SPOKEN = (
    gettext_lazy("calls"),
    gettext_lazy("urgent calls"),
    gettext_lazy("calls of priority 2"),
    gettext_lazy("calls of priority 3"),
)
SPOKEN_IN = (
    gettext_lazy("%(calls)s by day"),
    gettext_lazy("%(calls)s in the evening"),
    gettext_lazy("%(calls)s at night"),
)
"""Calls that came in a shift, in words that fit into a sentence."""


def spoken(level: int, shift: int | None = None) -> str:
    """Calls of a priority (0: of any), of a shift where one is meant."""
    calls = str(SPOKEN[level]) if level else _("all calls")
    return calls if shift is None else str(SPOKEN_IN[shift]) % {"calls": calls}


def shift_name(asked: Asked, shift: int) -> str:
    """A shift with its hours: «Night 22–06»."""
    first, last = shift_hours(asked.first_hour)[str(shift)]
    return f"{SHIFTS[shift]} {first:02d}–{last:02d}"


def badge(found: WhatIf) -> Badge:
    """Its state as shape and word."""
    return Badge(*BADGES[State(found.state)])


def names(asked: Asked) -> list[str]:
    """The setups' names, today first."""
    return [_("Today"), *(str(capfirst(one.name)) for one in asked.setups[1:])]


def changes(
    today: Setup, setup: Setup, beats: Mapping[str, str], plans: Mapping[str, str], standby: Mapping[str, str]
) -> list[str]:
    """What an alternative changes, each in a few words; the others name areas and plans by id."""
    told = _units(today, setup)
    if setup.policy != today.policy:
        told.append(str(CHANGED[setup.policy]))
    if setup.preemption != today.preemption:
        told.append(str(CHANGED[setup.preemption]))
    if setup.beats != today.beats:
        told.append(_("beats: %(name)s") % {"name": beats_name(setup.beats, beats)})
    if setup.plan != today.plan:
        told.append(_("plan: %(name)s") % {"name": plans.get(setup.plan) or _("none")})
    if setup.standby != today.standby:
        told.append(_("units wait as in %(name)s") % {"name": standby.get(setup.standby) or _("a standby plan")})
    return told


def beats_name(key: str, beats: Mapping[str, str]) -> str:
    """The name of a choice of beats."""
    return str(BEATS.get(key) or beats.get(key) or _("withdrawn beats"))


def _units(today: Setup, setup: Setup) -> list[str]:
    gaps = [then - now for now, then in zip(today.units, setup.units, strict=True)]
    if not any(gaps):
        return []
    if len(set(gaps)) == 1:
        return [_cars(gaps[0], setup.station)]
    parts = [
        IN_SHIFT[shift] % {"then": then, "now": now}
        for shift, (now, then) in enumerate(zip(today.units, setup.units, strict=True))
        if now != then
    ]
    where = f" ({setup.station})" if setup.station else ""
    return [" + ".join(parts) + where]


def _cars(gap: int, station: str) -> str:
    many = abs(gap)
    less = ngettext("one car fewer", "%(count)d cars fewer", many)
    more = ngettext("one car more", "%(count)d cars more", many)
    words = (less if gap < 0 else more) % {"count": many}
    return f"{words} ({station})" if station else words
