"""Forms of the warning desk: a watch, what an alarm led to, how it ended, and the register's filters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from openbeat.forecast.warning import actions, queries
from openbeat.forecast.warning.queries import Filters, Watch
from openbeat.forecast.warning.rules import DISMISSALS, INTERVALS, LENGTHS, MOST_LEAST_CASES, RADII, LinkKind, Outcome
from openbeat.forecast.warning.states import AlarmState
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import BadInput
from openbeat.patrol import queries as patrol
from openbeat.patrol.states import State as PlanState
from openbeat.places import queries as places
from openbeat.web.request import Request
from openbeat.web.ui.scales import number
from openbeat.web.warning_words import ALARMS, OUTCOMES
from placewise.warning.thresholds import LEAST_RECURRENCE_DAYS

SHOWN_PLANS = 20
LIVING_PLANS = (PlanState.DRAFT, PlanState.APPROVED)


class WatchForm(forms.Form):
    """What is to be scanned each night."""

    title = forms.CharField(
        label=_("Name"), max_length=160, required=False, help_text=_("Left empty, it is named by its offences.")
    )
    classes = forms.MultipleChoiceField(
        label=_("Offences"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "They are counted together. Only offences that victims or callers report: those found by patrols would"
            " raise a warning wherever patrols went."
        ),
    )
    area_set = forms.ChoiceField(label=_("Area"))
    radius = forms.TypedChoiceField(
        label=_("Greatest circle"),
        coerce=int,
        widget=forms.RadioSelect,
        initial=1000,
        help_text=_("Every smaller circle is tried too."),
    )
    days = forms.TypedChoiceField(
        label=_("Longest stretch"),
        coerce=int,
        widget=forms.RadioSelect,
        initial=28,
        help_text=_("Every shorter stretch that lasts to the newest day is tried too."),
    )
    least_cases = forms.IntegerField(
        label=_("Least reports"),
        initial=3,
        min_value=2,
        max_value=MOST_LEAST_CASES,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    least_interval = forms.IntegerField(
        label=_("Warn from once in so many days"),
        initial=round(LEAST_RECURRENCE_DAYS),
        min_value=INTERVALS[0],
        max_value=INTERVALS[1],
        widget=forms.NumberInput(attrs={"class": "short"}),
        help_text=_("The higher, the fewer false alarms, and the later a true one. See below."),
    )
    by_weekday = forms.BooleanField(
        label=_("Weekends differ from weekdays, place by place"),
        required=False,
        help_text=_("For offences of shops, schools or nightlife."),
    )

    def __init__(self, request: Request, data: Any = None, like: Watch | None = None) -> None:
        super().__init__(data, initial=_as(like) if like else {})
        self.request = request
        present = incidents.classes_present(request.actor, reported=True)
        self._classes = {one.id: one for one, _count in present}
        sets = places.area_sets_to_choose(request.actor, localdate(request.now))
        self._areas = {str(one.id): one for one in sets}
        circle, stretch = _("%(metres)s m around a point"), _("%(days)s days")
        for name, choices in (
            ("classes", [(one.id, f"{one.name} ({number(count, 0)})") for one, count in present]),
            ("area_set", [(key, one.name) for key, one in self._areas.items()]),
            ("radius", [(radius, circle % {"metres": number(radius, 0)}) for radius in RADII]),
            ("days", [(days, stretch % {"days": days}) for days in LENGTHS]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def set_up(self) -> Watch:
        """Propose the watch that was asked for."""
        given = self.cleaned_data
        chosen = [self._classes[key] for key in given["classes"]]
        return actions.set_up_watch(
            self.request.actor,
            self._areas[given["area_set"]],
            title=given["title"] or ", ".join(one.name for one in chosen)[:160],
            classes=chosen,
            at=self.request.now,
            **{name: given[name] for name in ("radius", "days", "least_cases", "least_interval", "by_weekday")},
        )


def _as(watch: Watch) -> dict[str, Any]:
    """The settings of a watch, to begin another from."""
    plain = {name: getattr(watch, name) for name in ("radius", "days", "least_cases", "least_interval", "by_weekday")}
    classes = [one.offence_class_id for one in watch.classes.all()]
    return plain | {"classes": classes, "area_set": str(watch.area_set_id)}


class LinkForm(forms.Form):
    """What is done about a warning: a patrol plan, or a programme outside of Openbeat by its name."""

    plan = forms.ChoiceField(label=_("Patrol plan"), required=False)
    programme = forms.CharField(
        label=_("Or a programme"),
        max_length=200,
        required=False,
        help_text=_("What else is done, and by whom: crime prevention advice, lighting, a partner's work."),
    )

    def __init__(self, request: Request, data: Any = None) -> None:
        super().__init__(data)
        found = patrol.plans(request.actor).filter(state__in=LIVING_PLANS).defer("solution")[:SHOWN_PLANS]
        self._plans = {str(one.pk): one.title for one in found}
        self.fields["plan"].choices = [("", _("none")), *self._plans.items()]  # type: ignore[attr-defined]

    def link(self) -> dict[str, Any]:
        """Kind, id and words of what was chosen."""
        if not self.is_valid():
            raise BadInput(str(_("choose one of the plans offered, or name a programme")))
        plan, programme = self.cleaned_data["plan"], self.cleaned_data["programme"]
        if plan:
            return {"kind": LinkKind.PLAN, "thing_id": UUID(plan), "words": self._plans[plan]}
        return {"kind": LinkKind.PROGRAMME, "words": programme}


class EndForm(forms.Form):
    """How a warning ended: what it was, and why in a few words."""

    outcome = forms.ChoiceField(label=_("What was it?"))
    reason = forms.CharField(
        label=_("Why, in a few words"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the register with your name. No personal data."),
    )

    def __init__(self, data: Any = None, *, dismiss: bool, prefix: str = "") -> None:
        super().__init__(data, auto_id=f"{prefix}_%s")
        offered = DISMISSALS if dismiss else tuple(Outcome)
        choices = [("", _("Choose")), *((one.value, OUTCOMES[one]) for one in offered)]
        self.fields["outcome"].choices = choices  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """Outcome and reason, refused in words where one is missing."""
        if not self.is_valid():
            raise BadInput(str(_("say what it was, and why in a few words")))
        return {"outcome": Outcome(self.cleaned_data["outcome"]), "reason": self.cleaned_data["reason"]}


class RegisterForm(forms.Form):
    """Which alarms; everything here lives in the address."""

    watch = forms.ChoiceField(label=_("Watch"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    near = forms.CharField(label=_("Area"), required=False, max_length=80)

    def __init__(self, request: Request) -> None:
        super().__init__(request.GET)
        anything = ("", _("any"))
        for name, choices in (
            ("watch", [(str(one.pk), one.title) for one in queries.watches(request.actor)]),
            ("state", [(state.value, words) for state, (words, _tone) in ALARMS.items()]),
            ("outcome", [(outcome.value, words) for outcome, words in OUTCOMES.items()]),
        ):
            self.fields[name].choices = [anything, *choices]  # type: ignore[attr-defined]

    def filters(self) -> Filters:
        """The filters as the questions take them; what cannot be read is left out and told beside its field."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        return Filters(
            watch=UUID(given["watch"]) if given.get("watch") else None,
            states=(AlarmState(given["state"]),) if given.get("state") else (),
            outcome=given.get("outcome") or "",
            first=given.get("first"),
            last=given.get("last"),
            near=given.get("near") or "",
        )
