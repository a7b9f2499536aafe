"""Programme evaluation: incidents before and after at places, against places where nothing was done."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from openbeat.access import Permission
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import NotFound, OpenbeatError
from openbeat.patrol.evaluation import Question, evaluated
from openbeat.places import queries as places
from openbeat.web import evaluation_board as board
from openbeat.web.evaluation_map import zone_map, zone_table
from openbeat.web.people import require
from openbeat.web.refusals import sentences
from openbeat.web.request import Request

WEEKS = 26
LONGEST = 104
"""Weeks on either side."""


class Picked(forms.MultipleChoiceField):
    """Several of a list; where none is, the words say what that means."""

    def __init__(self, *, none_words: Any, **given: Any) -> None:
        super().__init__(required=False, **given)
        self.none_words = none_words


class QuestionForm(forms.Form):
    """What is compared with what; everything here lives in the address."""

    offence = Picked(label=_("Offence"), none_words=_("Choose…"))
    start = forms.DateField(label=_("Began on"), widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(
        label=_("Weeks before"), initial=WEEKS, min_value=4, max_value=LONGEST, required=False,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    after = forms.IntegerField(
        label=_("Weeks after"), initial=WEEKS, min_value=4, max_value=LONGEST, required=False,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    area_set = forms.ChoiceField(label=_("Areas of"))
    areas = Picked(label=_("Where something was done"), none_words=_("Places visited"))
    against = Picked(label=_("Compared with"), none_words=_("All others"))
    ring = forms.IntegerField(
        label=_("Ring, metres"), initial=500, min_value=0, max_value=3000, required=False,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self.agency = request.agency
        if self.agency is None:
            raise NotFound(gettext("Places belong to an agency"))
        self.actor, self.asked = request.actor, bool(request.GET)
        day = request.now.astimezone(self.agency.tz).date()
        self.sets = {str(one.pk): one for one in places.area_sets_in_force(self.actor, self.agency.pk, day).values()}
        present = incidents.classes_present(self.actor, reported=True)
        self.classes = {one.pk: one for one, _count in present}
        super().__init__(_filled(request, next(iter(self.sets), ""), incidents.span(self.actor)))
        named = self._areas()
        for name, choices in (
            ("offence", [(key, one.name) for key, one in self.classes.items()]),
            ("area_set", [(key, one.name) for key, one in self.sets.items()]),
            ("areas", named),
            ("against", named),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _areas(self) -> list[tuple[str, str]]:
        chosen = self.sets.get(str(self.data.get("area_set", "")))
        return [(str(one.pk), one.name) for one in places.areas(self.actor, chosen)] if chosen else []

    def clean_offence(self) -> list[str]:
        """One offence at least, where anything is asked at all."""
        told: list[str] = self.cleaned_data["offence"]
        if self.asked and not told:
            raise forms.ValidationError(gettext("Choose one offence at least"))
        return told

    def question(self) -> Question:
        """What the address asks."""
        told = self.cleaned_data
        return Question(
            classes=tuple(self.classes[key] for key in told["offence"]),
            area_set=self.sets[told["area_set"]],
            start=told["start"],
            before=told["before"] or WEEKS,
            after=told["after"] or WEEKS,
            ring=500 if told["ring"] is None else told["ring"],
            areas=tuple(UUID(one) for one in told["areas"]),
            against=tuple(UUID(one) for one in told["against"] if one not in told["areas"]),
        )

    def names(self, field: str) -> list[str]:
        """The names of the areas chosen in a field."""
        named = dict(self._areas())
        return [named[one] for one in self.cleaned_data[field]]


def _filled(request: Request, area_set: str, span: tuple[date, date] | None) -> Any:
    """The address with what it leaves out: half a year on either side of a Monday, the first areas there are."""
    found = request.GET.copy()
    if "start" not in found and span is not None:
        day = span[1] - timedelta(weeks=WEEKS) + timedelta(days=1)
        found["start"] = (day - timedelta(days=day.weekday())).isoformat()
    for name, value in (("before", WEEKS), ("after", WEEKS), ("ring", 500), ("area_set", area_set)):
        found.setdefault(name, str(value))
    return found


@login_required
@require_GET
def evaluation(request: HttpRequest) -> HttpResponse:
    """Before and after: the question is the address, the answer the page."""
    seen = require(request, Permission.INCIDENT_VIEW)
    form = QuestionForm(seen)
    context: dict[str, Any] = {"form": form}
    if form.asked and form.is_valid():
        asked = form.question()
        try:
            answer = evaluated(seen.actor, form.agency, asked)  # type: ignore[arg-type]
        except OpenbeatError as refusal:
            return render(request, "evaluation/evaluation.html", context | {"refused": sentences(refusal)}, status=422)
        context |= board.page(asked, answer, form.names("areas"), form.names("against"))
        context |= {"map": zone_map(seen, asked, answer), "zones": zone_table(seen, asked, answer)}
    return render(request, "evaluation/evaluation.html", context)


urlpatterns = [path("evaluation/", evaluation, name="evaluation")]
