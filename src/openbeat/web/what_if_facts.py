"""What a what-if rests on, what must be known before its figures, and what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import SHIFTS, Asked
from openbeat.web.plan_board import is_guessed
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Row, Table
from openbeat.web.ui.times import exact
from openbeat.web.what_if_figures import Result
from openbeat.web.what_if_words import POLICIES, PREEMPTIONS, PRIORITIES, beats_name, names, shift_name

BUSY = 0.85
"""Unit load above which queues grow so long that the means depend on the days simulated."""


def setups_table(asked: Asked, choices: Mapping[str, Mapping[str, str]]) -> Table:
    """Today and each alternative as they were asked; `choices` names plans and beats by id."""
    columns = [
        Column("setup", _("Setup")),
        Column("units", _("Units by day, evening, night")),
        Column("policy", _("Who is sent")),
        Column("preemption", _("Called away to urgent calls")),
        Column("beats", _("Beats")),
        Column("plan", _("Patrol plan")),
        Column("standby", _("Where units wait")),
    ]
    rows = [
        Row([
            name, " / ".join(map(str, one.units)), POLICIES[one.policy], PREEMPTIONS[one.preemption],
            beats_name(one.beats, choices["beats"]), choices["plans"].get(one.plan) or _("none"),
            choices["standby"].get(one.standby) or _("at their own stations"),
        ])
        for name, one in zip(names(asked), asked.setups, strict=True)
    ]  # fmt: skip
    return Table(_("Units in each shift, and rules"), columns, rows, dense=True)


def assumptions(found: WhatIf, asked: Asked, choices: Mapping[str, Mapping[str, str]]) -> list[tuple[Any, Any]]:
    """What was asked, as facts; `choices` names plans, beats and forecasts by id."""
    weekly, travel = (found.result or {}).get("weekly"), (found.result or {}).get("travel")
    calls = _("incidents of %(first)s to %(last)s stand for calls, %(each)s for each, a unit goes to %(share)s %%")
    shifts = ", ".join(shift_name(asked, shift) for shift in range(SHIFTS))
    return [
        (_("Calls"), calls % {
            "first": asked.first, "last": asked.last, "each": f"{asked.calls_each:g}", "share": f"{asked.answered:g}",
        }),
        (_("Calls a week to which a unit goes"), number(weekly, 0) if weekly is not None else None),
        (_("Where calls come from"), choices["forecasts"].get(asked.forecast) or _("where they came from")),
        (_("Shifts"), shifts),
        (_("Free units"), _("wait where they are") if asked.stay else _("drive back to their station")),
        (_("Travel times"), travel_words(travel) if travel else None),
        (_("Minutes until a unit can be sent"), f"{asked.handling:g}"),
        *_level_facts(asked),
        (_("Simulated"), _("%(days)d days, %(runs)d times, seed %(seed)d") % {
            "days": asked.days, "runs": asked.runs, "seed": asked.seed,
        }),
        (_("Areas"), found.area_set.name),
        (_("Asked by"), f"{found.author.name}, {exact(localtime(found.made_at))}" if found.author else ""),
    ]  # fmt: skip


def _level_facts(asked: Asked) -> list[tuple[Any, Any]]:
    words = _("%(minutes)s minutes at the scene on average (spread %(spread)s %%), target %(target)s minutes")
    return [
        (_("Priority %(level)s") % {"level": PRIORITIES[number]}, words % {
            "minutes": f"{level.minutes:g}", "spread": f"{level.spread:g}", "target": f"{level.target:g}",
        })
        for number, level in enumerate(asked.levels, start=1)
    ]  # fmt: skip


def travel_words(facts: Mapping[str, Any]) -> str:
    """What travel times rest on; `facts` are what they say of themselves."""
    if is_guessed(facts):
        return _("no street extract: great circle × %(factor)s at %(kmh)s km/h") % {
            "factor": facts["factor"], "kmh": f"{facts['kmh']:g}",
        }  # fmt: skip
    return _("over the agency's streets, at the speed of ordinary traffic")


def notes(result: Result, asked: Asked) -> list[str]:
    """What must be known before the figures."""
    found = [_far_words(result.plain["moved"])] if result.plain["moved"] else []
    if is_guessed(result.plain.get("travel") or {}):
        found.append(_("Driving times are guessed, for there is no street extract: an analyst can bring one in."))
    for name, setup in zip(names(asked), result.setups, strict=True):
        if setup["unanswered"]:
            found.append(
                _("%(name)s: %(count)s calls still waited a week after the end; their times are not counted.")
                % {"name": name, "count": number(setup["unanswered"], 0)}
            )
        if (setup["together"]["utilisation"][0] or 0) > BUSY:
            found.append(
                _("%(name)s: units are on calls nearly always; queues may never settle, and times depend on the days.")
                % {"name": name}
            )
        if setup["stops_left_out"]:
            found.append(
                _("%(name)s: %(count)d stops of the plan have no unit on duty at their hour and are left out.")
                % {"name": name, "count": setup["stops_left_out"]}
            )
    return found


def _far_words(moved: int) -> str:
    words = ngettext(
        "%(count)s incident lies too far from any street that is known; it counts at the nearest place on one.",
        "%(count)s incidents lie too far from any street that is known; they count at the nearest place on one.",
        moved,
    )
    return words % {"count": number(moved, 0)}


def unknowns() -> list[str]:
    """What no what-if knows."""
    return [
        _(
            "Nothing here was measured: hold today's simulated times against those of last year before you trust the "
            "alternatives'. Differences are surer than the times themselves."
        ),
        _(
            "Calls are not recorded here yet: incidents stand for calls. False alarms and calls without an offence "
            "are missing unless «calls for each incident» makes up for them."
        ),
        _("Times at the scene are assumed, not measured; reports, arrests and courts count only within these minutes."),
        _("One unit is enough for each call; no second one is sent."),
        _("Nobody is ill, no car breaks down, and no breaks are taken."),
        _("What people or offenders would do differently is not simulated; neither is crime."),
    ]
