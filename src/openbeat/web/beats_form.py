"""The forms of beat drawings: what is asked, and how chosen beats are adopted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from openbeat.incidents import queries as incidents
from openbeat.patrol import queries as patrol
from openbeat.patrol.beats import actions
from openbeat.patrol.beats.queries import Drawing
from openbeat.patrol.beats.rules import (
    AS_THEY_ARE,
    COUNTS,
    LONGEST_BEAT,
    MINUTES,
    SECONDS,
    TOLERANCES,
    Asked,
    fineness_for,
)
from openbeat.patrol.what_if.rules import default_level
from openbeat.places import queries as places
from openbeat.places.rules import Layer
from openbeat.web.beats_words import FINENESS
from openbeat.web.request import Request
from openbeat.web.ui.scales import number

NOTHING = "none"
COUNTED, TIMED = "incidents", "minutes"
TWO_YEARS = timedelta(days=728)
"""104 whole weeks, so that each weekday counts as often."""
USUAL = {1: 40.0, 2: 35.0, 3: 30.0}
"""Minutes of work by how pressing a class is, until the agency says its own."""
SMALLEST_FIRST = (Layer.TRACTS, Layer.NEIGHBOURHOODS, Layer.OTHER, Layer.WARDS, Layer.SECTORS, Layer.DISTRICTS)
DAY = forms.DateInput(attrs={"type": "date", "class": "short"})
SHORT = forms.NumberInput(attrs={"class": "short"})


class AskForm(forms.Form):
    """What a drawing is asked: areas, work, how many beats, today's, and how long to seek."""

    use_required_attribute = False

    title = forms.CharField(
        label=gettext_lazy("Name"), max_length=160, required=False,
        help_text=gettext_lazy("Left empty, it is named by its areas and the number of beats."),
    )  # fmt: skip
    area_set = forms.ChoiceField(label=gettext_lazy("Areas"))
    fineness = forms.TypedChoiceField(
        label=gettext_lazy("Beats are made of"), coerce=int, widget=forms.RadioSelect, initial=AS_THEY_ARE,
        choices=[*FINENESS.items()],
        help_text=gettext_lazy("Whole ones: nobody's street is cut. Cells cut the same ground along a grid."),
    )  # fmt: skip
    count = forms.IntegerField(
        label=gettext_lazy("Number of beats"), min_value=COUNTS[0], max_value=COUNTS[1], widget=SHORT
    )
    tolerance = forms.FloatField(
        label=gettext_lazy("Tolerance, per cent"), min_value=TOLERANCES[0], max_value=TOLERANCES[1], initial=15.0,
        widget=forms.NumberInput(attrs={"class": "short", "step": "any"}),
        help_text=gettext_lazy("How far a beat's workload may lie above or below the mean."),
    )  # fmt: skip
    today = forms.ChoiceField(
        label=gettext_lazy("Today's beats"), required=False,
        help_text=gettext_lazy("To compare with. With them there is also an alternative that changes least."),
    )  # fmt: skip
    first = forms.DateField(label=gettext_lazy("Work from"), widget=DAY)
    last = forms.DateField(label=gettext_lazy("to"), widget=DAY)
    work = forms.ChoiceField(
        label=gettext_lazy("Workload is"), widget=forms.RadioSelect, initial=COUNTED,
        choices=[
            (COUNTED, gettext_lazy("the number of incidents: each counts the same")),
            (TIMED, gettext_lazy("minutes of work: each counts as the minutes of its class below")),
        ],
    )  # fmt: skip
    classes = forms.MultipleChoiceField(
        label=gettext_lazy("Offences that make the work"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Only offences that victims or callers report: those found by patrols would lead patrols in circles."
        ),
    )  # fmt: skip
    seconds = forms.IntegerField(
        label=gettext_lazy("Seconds of search and proof"), min_value=SECONDS[0], max_value=SECONDS[1], initial=60,
        widget=SHORT, help_text=gettext_lazy("Longer finds little better beats and proves more."),
    )  # fmt: skip
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"), min_value=0, max_value=2**31 - 1, initial=1, widget=SHORT,
        help_text=gettext_lazy("Another one begins from other middles."),
    )  # fmt: skip

    def __init__(self, request: Request, data: Any = None, like: Drawing | None = None) -> None:
        self.request = request
        super().__init__(data)
        self._things()
        self.initial.update(self._usual())
        if like is not None:
            self.initial.update(self._like(like))

    # --- what there is ---

    def _things(self) -> None:
        actor, agency = self.request.actor, self.request.agency
        sets = places.area_sets_to_choose(actor, localdate(self.request.now), agency.id) if agency else []
        self.areas = {str(one.id): one for one in sets}
        self.present = incidents.classes_present(actor, reported=True)
        network = places.network_in_use(actor, agency.id) if agency else None
        self.has_streets = network is not None and network.extract is not None
        beats = [(key, one.name) for key, one in self.areas.items() if one.layer == Layer.BEATS]
        told = [(key, _told(one)) for key, one in self.areas.items()]
        self._choose("area_set", told)
        self._choose("today", [(NOTHING, _("None to compare with")), *beats])
        self._choose("classes", [(one.pk, f"{one.name} ({number(count, 0)})") for one, count in self.present])
        for one, _count in self.present:
            self.fields[f"minutes_{one.pk}"] = forms.FloatField(
                label=one.name, min_value=MINUTES[0], max_value=MINUTES[1], required=False,
                widget=forms.NumberInput(attrs={"class": "short", "step": "any"}),
            )  # fmt: skip

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _usual(self) -> dict[str, Any]:
        """The smallest areas, today's beats as many as they are, the two years before the newest record."""
        span = incidents.span(self.request.actor)
        days = {"first": max(span[0], span[1] - TWO_YEARS + timedelta(days=1)), "last": span[1]} if span else {}
        ranked = sorted(self.areas, key=lambda key: _rank(self.areas[key].layer))
        beats = [key for key, one in self.areas.items() if one.layer == Layer.BEATS]
        count = min(max(self.areas[beats[0]].count if beats else self._units(), COUNTS[0]), COUNTS[1])
        ground = self.areas[ranked[0]] if ranked else None
        return {
            **days, **self._minutes(), "area_set": ranked[0] if ranked else "", "today": beats[0] if beats else NOTHING,
            "fineness": fineness_for(ground.count, ground.km2, count) if ground else AS_THEY_ARE,
            "count": count, "classes": [one.pk for one, _count in self.present],
        }  # fmt: skip

    def _units(self) -> int:
        agency = self.request.agency
        return len(patrol.units(self.request.actor, agency.id)) if agency else 0

    def _minutes(self) -> dict[str, float]:
        return {f"minutes_{one.pk}": USUAL[default_level(one.code, one.against)] for one, _count in self.present}

    def _like(self, found: Drawing) -> dict[str, Any]:
        """As an earlier one was asked."""
        plain = dict(found.asked)
        classes = plain.pop("classes")
        timed = plain.pop("timed")
        minutes = {f"minutes_{key}": value for key, value in classes.items()} if timed else {}
        return plain | minutes | {
            "classes": list(classes), "work": TIMED if timed else COUNTED, "area_set": str(found.area_set_id),
            "today": str(found.today_id or NOTHING), "title": "",
        }  # fmt: skip

    # --- drawn ---

    def minute_fields(self) -> list[BoundField]:
        """The minutes of each class."""
        return [self[f"minutes_{one.pk}"] for one, _count in self.present]

    def minutes_wanted(self) -> bool:
        """Whether the minutes are to be looked at: they are chosen, or something in them is wrong."""
        return self["work"].value() == TIMED or any(name.startswith("minutes_") for name in self.errors)

    # --- asked ---

    def clean(self) -> dict[str, Any]:
        """Where minutes are counted, each chosen class has some; and there is work in the period at all."""
        given = super().clean() or {}
        for key in given.get("classes", ()) if given.get("work") == TIMED else ():
            if not given.get(f"minutes_{key}") and f"minutes_{key}" not in self.errors:
                self.add_error(f"minutes_{key}", _("Say how many minutes an incident of this class takes."))
        if {"first", "last", "classes"} <= given.keys() and not self._any_work(given):
            self.add_error("first", _("There is no incident of these classes in these days. Choose others."))
        return given

    def _any_work(self, given: Mapping[str, Any]) -> bool:
        agency = self.request.agency
        filters = incidents.Filters(
            first=given["first"], last=given["last"], classes=tuple(given["classes"]),
        )  # fmt: skip
        return agency is not None and incidents.total(self.request.actor, filters) > 0

    def ask(self) -> Drawing:
        """Queue what was asked for."""
        given = self.cleaned_data
        area_set = self.areas[given["area_set"]]
        title = given["title"] or _("%(count)d beats of %(areas)s") % {"count": given["count"], "areas": area_set.name}
        return actions.ask_beats(
            self.request.actor, area_set, title=title[:160], asked=self.asked(),
            today=self.areas.get(given["today"]), at=self.request.now,
        )  # fmt: skip

    def asked(self) -> Asked:
        """The form's values as the domain takes them."""
        given = self.cleaned_data
        timed = given["work"] == TIMED
        classes = {key: given[f"minutes_{key}"] if timed else 1.0 for key in given["classes"]}
        names = ("first", "last", "count", "fineness", "tolerance", "seconds", "seed")
        return Asked(classes=classes, timed=timed, **{name: given[name] for name in names})


def _told(area_set: Any) -> str:
    return _("%(name)s (%(count)s areas)") % {"name": area_set.name, "count": number(area_set.count, 0)}


def _rank(layer: str) -> int:
    """Which areas beats are best made of: small ones, never beats themselves."""
    return SMALLEST_FIRST.index(Layer(layer)) if layer in SMALLEST_FIRST else len(SMALLEST_FIRST)


class AdoptForm(forms.Form):
    """The second step: what the beats are called, from which day they hold, and why."""

    name = forms.CharField(label=gettext_lazy("Name of the set"), max_length=120)
    valid_from = forms.DateField(
        label=gettext_lazy("They hold from"), widget=DAY,
        help_text=gettext_lazy("Until a later set of beats takes their place. A day ahead leaves time to try them."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Reason"), min_length=5, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Written to the trail with your name. No personal data."),
    )  # fmt: skip

    def __init__(self, beats: Sequence[str], data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.beats = list(beats)
        for place, beat in enumerate(self.beats):
            self.fields[f"beat_{place}"] = forms.CharField(
                label=_("Beat %(name)s is called") % {"name": beat}, max_length=LONGEST_BEAT, initial=beat
            )

    def beat_fields(self) -> Iterator[BoundField]:
        """What each beat is called."""
        return (self[f"beat_{place}"] for place in range(len(self.beats)))

    def names(self) -> dict[str, str]:
        """Beat → what it is to be called."""
        return {beat: self.cleaned_data[f"beat_{place}"] for place, beat in enumerate(self.beats)}
