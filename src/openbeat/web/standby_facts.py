"""What a standby plan rests on, what must be known before its figures, what it does not know, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.access import Actor
from openbeat.incidents import queries as incidents
from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import Asked, is_swamped
from openbeat.web.standby_words import hours_words, percent, waiting_name
from openbeat.web.ui.scales import number
from openbeat.web.ui.times import exact

HEAD = (
    "what", "name", "lon", "lat", "units", "units_today", "calls_a_week", "chance_of_a_free_unit",
    "chance_today",
)  # fmt: skip
DEGREES = 6


def assumptions(actor: Actor, found: StandbyPlan, asked: Asked, sets: Mapping[str, str]) -> list[tuple[Any, Any]]:
    """What was asked, as facts; `sets` names sets of areas by id."""
    named = {one.pk: one.name for one in incidents.offence_classes(actor)}
    calls = _("incidents of %(first)s to %(last)s stand for calls, %(each)s for each")
    return [
        (_("Calls"), calls % {"first": asked.first, "last": asked.last, "each": f"{asked.calls_each:g}"}),
        (_("Offences"), ", ".join(named.get(key, key) for key in asked.classes)),
        (_("Hours of the day"), hours_words(asked)),
        (_("Units on duty at once"), number(asked.units, 0)),
        (_("To be reached within"), _("%(minutes)s minutes") % {"minutes": f"{asked.minutes:g}"}),
        (_("How busy a unit is"), busy_words(found.result, asked)),
        (_("Where units may wait"), waiting_name(asked.waiting, sets)),
        (_("At no more places than"), number(asked.stations, 0) if asked.stations else _("as many as help")),
        (_("Asked of stations"), limits_words(asked)),
        (_("Travel times"), travel_words(found)),
        (_("Areas"), found.area_set.name),
        (_("Asked by"), f"{found.author.name}, {exact(localtime(found.made_at))}" if found.author else ""),
    ]  # fmt: skip


def busy_words(result: Mapping[str, Any] | None, asked: Asked) -> str:
    """The busy share and how it came: as given, or calls × minutes ÷ units."""
    if asked.busy is not None:
        return _("%(share)s %% of its time, as given") % {"share": f"{asked.busy:g}"}
    told = (result or {}).get("together")
    if told is None:
        return _("worked out from calls an hour and %(minutes)s minutes at work on each") % {
            "minutes": f"{asked.at_work:g}"
        }
    words = _("%(calls)s calls an hour × %(minutes)s minutes at work ÷ %(units)s units = %(share)s %% of its time")
    return words % {
        "calls": number(told["calls_an_hour"], 2), "minutes": f"{asked.at_work:g}", "units": number(asked.units, 0),
        "share": percent(told["busy"], 0),
    }  # fmt: skip


def limits_words(asked: Asked) -> str:
    """What is asked of single stations."""
    told = []
    for one in asked.stands:
        parts = [_("at least %(count)d") % {"count": one.least}] if one.least else []
        parts += [_("at most %(count)d") % {"count": one.most}] if one.most is not None else []
        if parts:
            told.append(f"{one.station}: {', '.join(parts)}")
    return " · ".join(told) or _("nothing: each may hold none, or all")


def travel_words(found: StandbyPlan) -> str | None:
    """What travel times rest on; nothing before the search has ended."""
    facts = (found.result or {}).get("travel")
    if not facts:
        return None
    if "factor" in facts and "kmh" in facts:
        return _("no street extract: great circle × %(factor)s at %(kmh)s km/h") % {
            "factor": facts["factor"], "kmh": f"{facts['kmh']:g}",
        }  # fmt: skip
    return _("over the agency's streets, at the speed of ordinary traffic")


def notes(result: Mapping[str, Any], asked: Asked) -> list[str]:
    """What must be known before the figures."""
    told, found = result["together"], []
    if result["off"]:
        words = ngettext(
            "%(count)s place of calls lies far from any street that is known; the way to it is a guess.",
            "%(count)s places of calls lie far from any street that is known; the way to them is a guess.",
            result["off"],
        )
        found.append(words % {"count": number(result["off"], 0)})
    if told["units_today"] != asked.units:
        words = _("Today %(today)d units are on duty, here %(units)d: the difference is not of their places alone.")
        found.append(words % {"today": told["units_today"], "units": asked.units})
    if is_swamped(told["busy_today"] + 1e-9) or told["busy"] > 0.7:
        found.append(_("Units are busy most of the time: calls will queue, and what is told here is too hopeful."))
    if not any(one.today for one in asked.stands):
        found.append(_("Where units stand today was not given: they are spread equally over the stations."))
    return [*found, *(_("A promise is not kept: %(words)s") % {"words": words} for words in result["unkept"])]


def unknowns() -> list[str]:
    """What no standby plan knows."""
    return [
        _(
            "Calls are not recorded here yet: incidents stand for calls. False alarms and calls without an offence "
            "are missing unless «calls for each incident» makes up for them."
        ),
        _("Each unit counts as busy by itself and as often as any other. In truth the central ones are busier."),
        _("A unit is counted at its place: not on the way back, and not on patrol."),
        _("Queues, second units and urgent calls that take a unit from others: those are the simulation's."),
        _("Whether there is a place to park, light and a toilet. Who knows the ground has the last word."),
    ]


def lines(result: Mapping[str, Any]) -> list[list[object]]:
    """The names of the columns, then a line for each place and for each area."""
    if not result:
        return [list(HEAD)]
    places = [
        ["station" if one["station"] else "waiting place", one["name"], round(one["lon"], DEGREES),
         round(one["lat"], DEGREES), one["units"], one["today"], None, None, None]
        for one in result["places"] if one["station"] or one["units"] or one["today"]
    ]  # fmt: skip
    areas = [
        ["area", one["area"], None, None, None, None, one["calls"], one["chance"], one["today"]]
        for one in result["areas"]
    ]
    return [list(HEAD), *places, *areas]
