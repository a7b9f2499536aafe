"""The form of a what-if: today filled in, what is changed, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.forecast import queries as forecasts
from openbeat.incidents import queries as incidents
from openbeat.patrol import queries as patrol
from openbeat.patrol.standby import queries as standby
from openbeat.patrol.standby.rules import Waiting
from openbeat.patrol.standby.states import State as StandbyState
from openbeat.patrol.states import State as PlanState
from openbeat.patrol.what_if import actions
from openbeat.patrol.what_if.queries import WhatIf
from openbeat.patrol.what_if.rules import (
    CALLS_EACH,
    COVERS,
    HANDLING,
    LEVELS,
    MOST_UNITS,
    RUNS,
    SERVED,
    SHARES,
    SIMULATED,
    SPREADS,
    TARGETS,
    Asked,
    Level,
    Setup,
    default_level,
    shift_hours,
)
from openbeat.places import queries as places
from openbeat.web.request import Request
from openbeat.web.what_if_words import BEATS, POLICIES, PREEMPTIONS, PRIORITIES, SHIFTS, changes

ALTERNATIVES = ("a", "b", "c")
NO_PLAN = "none"
YEAR = timedelta(days=364)
"""52 whole weeks, so that each weekday counts as often."""
USUAL = (Level(40, 80, 8), Level(35, 80, 20), Level(30, 80, 60))
"""Minutes at the scene, their spread in per cent and the target, until the agency says its own."""
SAME = "same"
AS_TODAY = (SAME, gettext_lazy("As today"))


class OrAsToday(forms.IntegerField):
    """A number that may be left empty: then it is as today, which the fields' legend says once for all of them."""

    def clean(self, value: Any) -> int | None:
        """The number, or nothing."""
        return None if value in self.empty_values else super().clean(value)


def _number(label: Any, ends: tuple[float, float], *, whole: bool = False, **more: Any) -> forms.IntegerField:
    """A number between two ends."""
    given: dict[str, Any] = {"label": label, **more}
    if whole:
        widget = forms.NumberInput(attrs={"class": "short"})
        return forms.IntegerField(min_value=int(ends[0]), max_value=int(ends[1]), widget=widget, **given)
    widget = forms.NumberInput(attrs={"class": "short", "step": "any"})
    return forms.FloatField(min_value=ends[0], max_value=ends[1], widget=widget, **given)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date", "class": "short"}))


class AskForm(forms.Form):
    """What a what-if is asked: today, one to three alternatives, calls, times, runs."""

    use_required_attribute = False

    title = forms.CharField(
        label=gettext_lazy("Name of the what-if"), max_length=160, required=False,
        help_text=gettext_lazy("Left empty, it is named by what is changed."),
    )  # fmt: skip
    area_set = forms.ChoiceField(label=gettext_lazy("Told by these areas"))
    first = _day(gettext_lazy("Calls as from"))
    last = _day(gettext_lazy("to"))
    forecast = forms.ChoiceField(
        label=gettext_lazy("Where calls come from"), initial=SAME,
        help_text=gettext_lazy("A forecast moves the calls of its own classes; the others stay as they came."),
    )  # fmt: skip
    calls_each = _number(
        gettext_lazy("Calls for each incident"), CALLS_EACH, initial=1.0,
        help_text=gettext_lazy("Above 1 where many calls leave no record of an offence."),
    )  # fmt: skip
    answered = _number(
        gettext_lazy("Calls that a unit goes to, per cent"), (1, 100), initial=100.0,
        help_text=gettext_lazy("The others are dealt with by telephone."),
    )  # fmt: skip
    handling = _number(gettext_lazy("Minutes until a unit can be sent"), HANDLING, initial=1.5)
    share = forms.TypedChoiceField(
        label=gettext_lazy("Calls told by: so many per cent are reached within"), coerce=int, initial=90,
        choices=[(one, f"{one} %") for one in SHARES],
    )  # fmt: skip
    cover = _number(gettext_lazy("Covered: a free unit within minutes"), COVERS, initial=8.0)
    first_hour = _number(gettext_lazy("The first shift begins at, hour"), (0, 23), whole=True, initial=6)
    stay = forms.BooleanField(label=gettext_lazy("Free units wait where they are"), required=False)
    days = _number(gettext_lazy("Days simulated"), SIMULATED, whole=True, initial=28)
    runs = _number(gettext_lazy("Times"), RUNS, whole=True, initial=12)
    seed = _number(gettext_lazy("Seed"), (0, 2**31 - 1), whole=True, initial=1)

    def __init__(self, request: Request, data: Any = None, like: Asked | None = None, area_set: str = "") -> None:
        self.request = request
        super().__init__(data)
        self._things()
        self._add_setups()
        self._add_levels()
        self._add_classes()
        self.initial.update(self._usual() if like is None else self._like(like, area_set))

    # --- what there is ---

    def _things(self) -> None:
        actor, agency = self.request.actor, self.request.agency
        self.units = list(patrol.units(actor, agency.id)) if agency else []
        self.stations = [one.name for one in places.stations(actor, agency.id)] if agency else []
        self.classes = incidents.classes_present(actor, reported=True)
        today = self.request.now.astimezone(agency.tz).date() if agency else self.request.now.date()
        sets = places.area_sets_to_choose(actor, today, agency.id) if agency else []
        self.areas = {str(one.id): one for one in sets}
        self.forecasts = {str(one.id): one.title for one in forecasts.offered(actor, today)}
        made = [one for one in patrol.plans(actor)[:50] if one.solution and one.state != PlanState.WITHDRAWN]
        self.plans = {str(one.id): one.title for one in made}
        placed = [one for one in standby.standby_plans(actor)[:50] if one.state == StandbyState.DONE]
        self.standby = {str(one.id): one.title for one in placed if one.asked["waiting"] == Waiting.NONE}
        self._choose("area_set", [(key, one.name) for key, one in self.areas.items()])
        self._choose("forecast", [(SAME, _("Where they came from")), *self.forecasts.items()])

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _add_setups(self) -> None:
        beats = [*BEATS.items(), *((key, one.name) for key, one in self.areas.items())]
        for shift, name in enumerate(SHIFTS):
            self.fields[f"today_{shift}"] = _number(name, (1, MOST_UNITS), whole=True)
        self._add_rules("today", beats, [], [(NO_PLAN, _("None")), *self.plans.items()])
        for key in ALTERNATIVES:
            called = gettext_lazy("Name of this alternative")
            self.fields[f"{key}_name"] = forms.CharField(label=called, max_length=60, required=False)
            for shift, name in enumerate(SHIFTS):
                widget = forms.NumberInput(attrs={"class": "short"})
                self.fields[f"{key}_{shift}"] = OrAsToday(label=name, min_value=1, max_value=MOST_UNITS, widget=widget)
            stations = [(SAME, _("Wherever most, or fewest, are")), *((one, one) for one in self.stations)]
            label = gettext_lazy("Cars are taken or added at")
            self.fields[f"{key}_station"] = forms.ChoiceField(label=label, choices=stations, initial=SAME)
            self._add_rules(key, beats, [AS_TODAY], [AS_TODAY, (NO_PLAN, _("None")), *self.plans.items()])
            waits = [(SAME, _("At their own stations")), *self.standby.items()]
            label = gettext_lazy("Where units wait")
            self.fields[f"{key}_standby"] = forms.ChoiceField(label=label, choices=waits, initial=SAME, required=False)

    def _add_rules(self, key: str, beats: list[Any], before: list[Any], plans: list[Any]) -> None:
        rules = {
            "policy": (gettext_lazy("Who is sent"), [*before, *POLICIES.items()]),
            "preemption": (gettext_lazy("An urgent call takes a unit from another"), [*before, *PREEMPTIONS.items()]),
            "beats": (gettext_lazy("Beats"), [*before, *beats]),
            "plan": (gettext_lazy("Patrol plan, driven each day"), plans),
        }
        for name in self._rules():
            label, choices = rules[name]
            self.fields[f"{key}_{name}"] = forms.ChoiceField(label=label, choices=choices, initial=choices[0][0])

    def _add_levels(self) -> None:
        for level in range(1, LEVELS + 1):
            self.fields[f"level_{level}_minutes"] = _number(gettext_lazy("Minutes at the scene"), SERVED)
            self.fields[f"level_{level}_spread"] = _number(gettext_lazy("Spread, per cent of it"), SPREADS)
            self.fields[f"level_{level}_target"] = _number(gettext_lazy("Target, minutes"), TARGETS)

    def _add_classes(self) -> None:
        choices = [*((level, PRIORITIES[level]) for level in range(1, LEVELS + 1)), (0, _("No unit goes"))]
        for one, _count in self.classes:
            self.fields[f"class_{one.pk}"] = forms.TypedChoiceField(label=one.name, coerce=int, choices=choices)

    # --- filled in ---

    def _usual(self) -> dict[str, Any]:
        """Today: every unit in use in each shift, the year before the newest record."""
        span = incidents.span(self.request.actor)
        days = {"first": max(span[0], span[1] - YEAR + timedelta(days=1)), "last": span[1]} if span else {}
        units = {f"today_{shift}": max(1, len(self.units)) for shift in range(len(SHIFTS))}
        rules = {"today_policy": next(iter(POLICIES)), "today_preemption": next(iter(PREEMPTIONS))}
        classes = {f"class_{one.pk}": default_level(one.code, one.against) for one, _count in self.classes}
        return {**days, **units, **rules, "today_beats": next(iter(BEATS)), **_levels(USUAL), **classes}

    def _like(self, asked: Asked, area_set: str) -> dict[str, Any]:
        """As an earlier one was asked; of an alternative only what it changes."""
        plain = asked.as_plain()
        same = {name: plain[name] for name in self.base_fields if name in plain}
        same["forecast"] = asked.forecast if asked.forecast in self.forecasts else SAME
        classes = {f"class_{one.pk}": asked.priorities.get(one.pk, 0) for one, _count in self.classes}
        today, *others = asked.setups
        found = self._usual() | same | {"area_set": area_set} | _levels(asked.levels) | classes
        found |= {f"today_{shift}": count for shift, count in enumerate(today.units)}
        found |= {f"today_{rule}": getattr(today, rule) for rule in ("policy", "preemption", "beats")}
        found["today_plan"] = today.plan or NO_PLAN
        for key, setup in zip(ALTERNATIVES, others, strict=False):
            found |= _changed(key, today, setup)
        return found

    # --- drawn ---

    def today_units(self) -> list[BoundField]:
        """Units on duty in each shift today."""
        return [self[f"today_{shift}"] for shift in range(len(SHIFTS))]

    def shifts(self) -> str:
        """The hours of the three shifts, as the form stands."""
        told = str(self["first_hour"].value())
        first = int(told) if told in map(str, range(24)) else int(self.fields["first_hour"].initial)
        hours = [f"{start:02d}–{end:02d}" for start, end in shift_hours(first).values()]
        return " · ".join(f"{name} {span}" for name, span in zip(SHIFTS, hours, strict=True))

    def today_rules(self) -> list[BoundField]:
        """Today's rules."""
        return [self[f"today_{name}"] for name in self._rules()]

    def alternatives(self) -> Iterator[dict[str, Any]]:
        """Each alternative's fields, and whether it has something to show."""
        for place, key in enumerate(ALTERNATIVES):
            units = [self[f"{key}_{shift}"] for shift in range(len(SHIFTS))]
            rules = [self[f"{key}_station"], *(self[f"{key}_{name}"] for name in self._rules())]
            rules += [self[f"{key}_standby"]] if self.standby else []
            every = [self[f"{key}_name"], *units, *rules]
            used = any(field.value() not in (None, "", SAME) or field.errors for field in every)
            yield {"key": key.upper(), "name": every[0], "units": units, "rules": rules, "open": used or not place}

    def _rules(self) -> list[str]:
        return ["policy", "preemption", "beats", *(["plan"] if self.plans else [])]

    def levels(self) -> list[tuple[Any, list[BoundField]]]:
        """Each priority with its times."""
        parts = ("minutes", "spread", "target")
        return [
            (PRIORITIES[level], [self[f"level_{level}_{part}"] for part in parts]) for level in range(1, LEVELS + 1)
        ]

    def class_fields(self) -> list[BoundField]:
        """The priority of each class."""
        return [self[f"class_{one.pk}"] for one, _count in self.classes]

    def assumptions_wrong(self) -> bool:
        """Whether something may be wrong among what is folded away; what is refused as a whole may rest on it."""
        folded = ("level_", "class_")
        return any(name == "__all__" or name.startswith(folded) or name in self.base_fields for name in self.errors)

    # --- asked ---

    def ask(self) -> WhatIf:
        """Queue what was asked for."""
        asked = self.asked()
        told = " · ".join(one.name for one in asked.setups[1:])
        title = self.cleaned_data["title"] or _("What if: %(changes)s") % {"changes": told}
        return actions.ask_what_if(
            self.request.actor, self.areas[self.cleaned_data["area_set"]], title=title[:160], asked=asked,
            at=self.request.now,
        )  # fmt: skip

    def asked(self) -> Asked:
        """The form's values as the domain takes them; alternatives that change nothing are left out."""
        given = self.cleaned_data
        names = (
            "first", "last", "calls_each", "answered", "handling", "share", "cover", "first_hour", "stay",
            "days", "runs", "seed",
        )  # fmt: skip
        return Asked(
            setups=tuple(self._setups()),
            levels=tuple(
                Level(*(given[f"level_{level}_{part}"] for part in ("minutes", "spread", "target")))
                for level in range(1, LEVELS + 1)
            ),
            priorities={one.pk: given[f"class_{one.pk}"] for one, _count in self.classes},
            forecast="" if given["forecast"] == SAME else given["forecast"],
            **{name: given[name] for name in names},
        )

    def _setups(self) -> Iterator[Setup]:
        given = self.cleaned_data
        today = Setup(
            _("Today"),
            tuple(given[f"today_{shift}"] for shift in range(len(SHIFTS))),
            **{rule: given[f"today_{rule}"] for rule in ("policy", "preemption", "beats")},
            plan=_plan(given.get("today_plan", NO_PLAN)),
        )
        yield today
        for key in ALTERNATIVES:
            told = self._changes(today, self._alternative(key, today))
            if told:
                yield self._named(key, today, told)

    def _named(self, key: str, today: Setup, told: list[str]) -> Setup:
        setup = self._alternative(key, today)
        name = self.cleaned_data[f"{key}_name"] or ", ".join(told)
        return replace(setup, name=name[:100])

    def _alternative(self, key: str, today: Setup) -> Setup:
        given = self.cleaned_data

        def chosen(rule: str) -> str:
            told = str(given.get(f"{key}_{rule}", SAME))
            return str(getattr(today, rule)) if told == SAME else told

        return Setup(
            "",
            tuple(given[f"{key}_{shift}"] or today.units[shift] for shift in range(len(SHIFTS))),
            chosen("station"),
            chosen("policy"),
            chosen("preemption"),
            chosen("beats"),
            _plan(chosen("plan")),
            "" if (where := given.get(f"{key}_standby") or SAME) == SAME else where,
        )

    def _changes(self, today: Setup, setup: Setup) -> list[str]:
        return changes(today, setup, {key: one.name for key, one in self.areas.items()}, self.plans, self.standby)


def _plan(told: str) -> str:
    """The id of a plan, or nothing."""
    return "" if told == NO_PLAN else told


def _levels(levels: tuple[Level, ...]) -> dict[str, float]:
    return {
        f"level_{number}_{part}": getattr(level, part)
        for number, level in enumerate(levels, start=1)
        for part in ("minutes", "spread", "target")
    }


def _changed(key: str, today: Setup, setup: Setup) -> dict[str, Any]:
    """The initial values of an alternative: empty where it is as today."""
    pairs = enumerate(zip(today.units, setup.units, strict=True))
    found: dict[str, Any] = {f"{key}_{shift}": then for shift, (now, then) in pairs if now != then}
    for rule in ("policy", "preemption", "beats"):
        if getattr(setup, rule) != getattr(today, rule):
            found[f"{key}_{rule}"] = getattr(setup, rule)
    if setup.plan != today.plan:
        found[f"{key}_plan"] = setup.plan or NO_PLAN
    found[f"{key}_standby"] = setup.standby or SAME
    return found | {f"{key}_name": setup.name, f"{key}_station": setup.station or SAME}
