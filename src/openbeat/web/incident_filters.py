"""The incidents that an address asks for: filters read from it, and written back to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from openbeat.incidents import queries
from openbeat.incidents.queries import Cursor, Filters
from openbeat.kernel.errors import BadInput
from openbeat.places import queries as places
from openbeat.web.request import Request

PERIOD = timedelta(days=364)
"""What is shown when no period is asked for: the last year of the records."""
WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]


class FilterForm(forms.Form):
    """Which incidents to show; everything here lives in the address."""

    offence = forms.MultipleChoiceField(label=_("Offence"), required=False)
    source = forms.MultipleChoiceField(label=_("Source"), required=False)
    area = forms.ChoiceField(label=_("Area"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    since = forms.TypedChoiceField(label=_("From hour"), required=False, coerce=int, empty_value=None)
    until = forms.TypedChoiceField(label=_("To hour"), required=False, coerce=int, empty_value=None)
    weekday = forms.TypedMultipleChoiceField(label=_("Weekdays"), required=False, coerce=int, choices=WEEKDAYS)
    unmapped = forms.BooleanField(label=_("Only those without a class"), required=False)

    def __init__(self, request: Request) -> None:
        span = queries.span(request.actor)
        super().__init__(_with_period(request.GET, span))
        classes = [(one.pk, f"{one.name} ({rows:,})") for one, rows in queries.classes_present(request.actor)]
        hours = [("", _("any"))] + [(hour, f"{hour:02}:00") for hour in range(24)]
        self.request = request
        for name, choices in (
            ("offence", classes),
            ("source", [(str(one.pk), one.title) for one in queries.sources(request.actor)]),
            ("area", [("", _("everywhere")), *area_choices(request)]),
            ("since", hours),
            ("until", hours),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name in ("offence", "source", "weekday"):
            self.fields[name].widget.attrs["size"] = 4

    def filters(self) -> Filters:
        """The filters as the questions take them; what cannot be read is left out and told beside its field."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        found = Filters(
            classes=tuple(given.get("offence") or ()),
            sources=tuple(UUID(key) for key in given.get("source") or ()),
            first=given.get("first"),
            last=given.get("last"),
            hours=_hours(given.get("since"), given.get("until")),
            weekdays=tuple(given.get("weekday") or ()),
            unmapped=bool(given.get("unmapped")),
        )
        return _in_area(self.request, found, given.get("area") or "")


def _with_period(given: QueryDict, span: tuple[date, date] | None) -> QueryDict:
    """The address's own filters; without a period, the last year of the records."""
    found = given.copy()
    if span and "first" not in found and "last" not in found:
        found["first"], found["last"] = (span[1] - PERIOD).isoformat(), span[1].isoformat()
    return found


def area_choices(request: Request) -> list[tuple[str, Any]]:
    """Every area of the sets in force, by layer."""
    if request.agency is None:
        return []
    day = request.now.astimezone(request.agency.tz).date()
    sets = places.area_sets_in_force(request.actor, request.agency.pk, day)
    return [
        (layer, [(str(area.pk), area.name) for area in places.areas(request.actor, one)])
        for layer, one in sorted(sets.items())
    ]


def _in_area(request: Request, filters: Filters, area: str) -> Filters:
    if not area:
        return filters
    cells, resolution = places.cells_of_area(request.actor, UUID(area))
    return replace(filters, cells=tuple(int(cell) for cell in cells), resolution=resolution)


def _hours(since: int | None, until: int | None) -> tuple[int, ...]:
    """The hours from one to another, over midnight where the second is the smaller; one alone is that hour."""
    if since is None and until is None:
        return ()
    first = until if since is None else since
    last = since if until is None else until
    if first is None or last is None:
        return ()
    return tuple((first + step) % 24 for step in range((last - first) % 24 + 1))


def cursor(text: str) -> Cursor | None:
    """A place in the list, as the address writes it: microseconds and id."""
    if not text:
        return None
    try:
        micros, _dot, key = text.partition(".")
        return Cursor(datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(micros)), UUID(key))
    except (ValueError, OverflowError):
        raise BadInput("this page of the list does not exist", mend="start from the first page") from None


def as_text(place: Cursor | None) -> str:
    """A place in the list for the address."""
    if place is None:
        return ""
    return f"{(place.at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)}.{place.id}"
