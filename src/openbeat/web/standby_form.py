"""The form of a standby plan: stations as they are today, calls, hours, units, and how busy they are."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.incidents import queries as incidents
from openbeat.patrol import queries as patrol
from openbeat.patrol.standby import actions
from openbeat.patrol.standby.queries import StandbyPlan
from openbeat.patrol.standby.rules import AT_WORK, BUSY, CALLS_EACH, MINUTES, MOST_UNITS, Asked, Stand, Waiting
from openbeat.places import queries as places
from openbeat.web.request import Request
from openbeat.web.standby_words import WAITING

YEAR = timedelta(days=364)
"""52 whole weeks, so that each weekday counts as often."""


class OrNothing(forms.IntegerField):
    """A number that may be left empty, which the page says once for all of them."""

    def clean(self, value: Any) -> int | None:
        """The number, or nothing."""
        return None if value in self.empty_values else super().clean(value)


def _number(label: Any, ends: tuple[float, float], **more: Any) -> forms.FloatField:
    """A number between two ends."""
    widget = forms.NumberInput(attrs={"class": "short", "step": "any"})
    return forms.FloatField(label=label, min_value=ends[0], max_value=ends[1], widget=widget, **more)


def _whole(label: Any, ends: tuple[int, int], **more: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "short"})
    return forms.IntegerField(label=label, min_value=ends[0], max_value=ends[1], widget=widget, **more)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date", "class": "short"}))


class AskForm(forms.Form):
    """What a standby plan is asked: units, reach, calls, how busy units are, stations and waiting places."""

    use_required_attribute = False

    title = forms.CharField(
        label=gettext_lazy("Name"), max_length=160, required=False,
        help_text=gettext_lazy("Left empty, it is named by its units, minutes and hours."),
    )  # fmt: skip
    units = _whole(gettext_lazy("Units on duty at once"), (1, MOST_UNITS))
    minutes = _number(gettext_lazy("To be reached within, minutes"), MINUTES, initial=8)
    waiting = forms.ChoiceField(label=gettext_lazy("Where units may wait"))
    stations = _whole(
        gettext_lazy("At no more places than"), (1, MOST_UNITS), required=False,
        help_text=gettext_lazy("Left empty, at as many as help."),
    )  # fmt: skip
    busy = _number(
        gettext_lazy("Per cent of its time that a unit is busy"), BUSY, required=False,
        help_text=gettext_lazy("Left empty, it is worked out: calls an hour × minutes at work, shared by the units."),
    )  # fmt: skip
    calls_each = _number(
        gettext_lazy("Calls for each incident"), CALLS_EACH, initial=1,
        help_text=gettext_lazy("Above 1 where many calls leave no record of an offence."),
    )  # fmt: skip
    at_work = _number(
        gettext_lazy("Minutes at work on a call"), AT_WORK, initial=45,
        help_text=gettext_lazy("The way there included."),
    )  # fmt: skip
    first = _day(gettext_lazy("Calls as from"))
    last = _day(gettext_lazy("to"))
    first_hour = _whole(gettext_lazy("Hours of the day, from"), (0, 23), initial=0)
    last_hour = _whole(gettext_lazy("until"), (0, 24), initial=24)
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Offences that stand for calls"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only offences that victims or callers report."),
    )  # fmt: skip
    area_set = forms.ChoiceField(label=gettext_lazy("Told by these areas"))

    def __init__(self, request: Request, data: Any = None, like: Asked | None = None, area_set: str = "") -> None:
        self.request = request
        super().__init__(data)
        self._things()
        for number in range(len(self.stands)):
            self._add_stand(number)
        self.initial.update(self._usual())
        if like is not None:
            self.initial.update(self._like(like) | {"area_set": area_set})

    # --- what there is ---

    def _things(self) -> None:
        actor, agency = self.request.actor, self.request.agency
        self.stands = [one.name for one in places.stations(actor, agency.id)] if agency else []
        self.parked = Counter(one.station.name for one in patrol.units(actor, agency.id)) if agency else Counter()
        known = places.area_sets_to_choose(actor, localdate(self.request.now), agency.id) if agency else []
        self.areas = {str(one.id): one for one in known}
        self.reported = incidents.classes_present(actor, reported=True)
        sets = [(key, _("Stations, and the middles of %(areas)s") % {"areas": one.name})
                for key, one in self.areas.items()]  # fmt: skip
        self._choose("area_set", [(key, one.name) for key, one in self.areas.items()])
        self._choose("waiting", [*WAITING.items(), *sets])
        self._choose("classes", [(one.pk, one.name) for one, _count in self.reported])

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _add_stand(self, number: int) -> None:
        labels = {"today": gettext_lazy("Today"), "least": gettext_lazy("At least"), "most": gettext_lazy("At most")}
        for part, label in labels.items():
            widget = forms.NumberInput(attrs={"class": "short"})
            field = OrNothing(label=label, min_value=0, max_value=MOST_UNITS, widget=widget)
            self.fields[f"{part}_{number}"] = field

    # --- filled in ---

    def _usual(self) -> dict[str, Any]:
        """Every unit in use at its own station, all reported offences of the year before the newest record."""
        span = incidents.span(self.request.actor)
        days = {"first": max(span[0], span[1] - YEAR + timedelta(days=1)), "last": span[1]} if span else {}
        today = {f"today_{number}": self.parked[name] for number, name in enumerate(self.stands)}
        units = min(MOST_UNITS, max(1, self.parked.total()))
        return {**days, **today, "units": units, "classes": [one.pk for one, _count in self.reported]}

    def _like(self, asked: Asked) -> dict[str, Any]:
        """As an earlier one was asked; stations that have come since are as they are today."""
        plain = asked.as_plain()
        found: dict[str, Any] = {name: plain[name] for name in self.base_fields if name in plain}
        kept = {one.station: one for one in asked.stands}
        for number, name in enumerate(self.stands):
            if one := kept.get(name):
                found |= {
                    f"today_{number}": one.today,
                    f"least_{number}": one.least or None,
                    f"most_{number}": one.most,
                }
        return found

    # --- drawn ---

    def stations_rows(self) -> list[tuple[str, list[BoundField]]]:
        """Each station with its units today, at least and at most."""
        parts = ("today", "least", "most")
        return [(name, [self[f"{part}_{number}"] for part in parts]) for number, name in enumerate(self.stands)]

    def stations_wrong(self) -> bool:
        """Whether something may be wrong among what is folded away."""
        folded = ("today_", "least_", "most_", "__all__")
        return any(name.startswith(folded) for name in self.errors)

    # --- asked ---

    def ask(self) -> StandbyPlan:
        """Queue what was asked for."""
        asked = self.asked()
        title = self.cleaned_data["title"] or _named(asked)
        return actions.ask_standby_plan(
            self.request.actor, self.areas[self.cleaned_data["area_set"]], title=title[:160], asked=asked,
            at=self.request.now,
        )  # fmt: skip

    def asked(self) -> Asked:
        """The form's values as the domain takes them."""
        given = self.cleaned_data
        names = (
            "first", "last", "units", "minutes", "busy", "calls_each", "at_work", "waiting", "stations",
            "first_hour", "last_hour",
        )  # fmt: skip
        stands = tuple(
            Stand(name, given[f"today_{i}"] or 0, given[f"least_{i}"] or 0, given[f"most_{i}"])
            for i, name in enumerate(self.stands)
        )
        return Asked(stands=stands, classes=tuple(given["classes"]), **{name: given[name] for name in names})


def _named(asked: Asked) -> str:
    """A name for a plan that was given none."""
    words = ngettext(
        "%(count)d unit within %(minutes)s minutes", "%(count)d units within %(minutes)s minutes", asked.units
    )
    found = words % {"count": asked.units, "minutes": f"{asked.minutes:g}"}
    if asked.hours < 24:
        found += f", {asked.first_hour:02d}–{asked.last_hour:02d}"
    return found if asked.waiting == Waiting.NONE else _("%(plan)s, also between stations") % {"plan": found}
