"""Ways from a warning to other desks, with its area, offences and days filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from openbeat.access import Permission, scopes
from openbeat.forecast.warning import queries
from openbeat.forecast.warning.queries import Alarm
from openbeat.places import queries as places
from openbeat.web.request import Request
from openbeat.web.ui.bits import Link
from openbeat.web.warning_words import day, near

WEEK = 7
LEAST_WEEKS, MOST_WEEKS = 4, 26
"""Weeks of records after something was done that the before-after page is asked for."""

Fact = tuple[Any, Any]


def records(request: Request, alarm: Alarm) -> Iterable[Fact]:
    """The way to the incidents of its area, offences and days; the circle may lie in more than this area."""
    found = _in_force(request, alarm)
    if found is None:
        return
    asked = {
        "offence": _classes(alarm), "area": found[1],
        "first": alarm.starts.isoformat(), "last": alarm.ends.isoformat(),
    }  # fmt: skip
    url = f"{reverse('incidents')}?{urlencode(asked, doseq=True)}"
    yield _("Records"), Link(_("all of these days in %(area)s") % {"area": near(alarm)}, url)


def comparison(request: Request, alarm: Alarm) -> Iterable[Fact]:
    """The way to the before-after page, from the day on which something was done; when, if it is too early."""
    done, newest = queries.linked_at(request.actor, alarm), queries.last_record(request.actor, alarm.agency_id)
    found = _in_force(request, alarm)
    if done is None or newest is None or found is None:
        return
    start = timezone.localdate(done)
    weeks = (newest + timedelta(days=1) - start).days // WEEK
    if weeks < LEAST_WEEKS:
        words = _("can be compared once four weeks of records are in, from %(day)s on")
        yield _("Before and after"), words % {"day": day(start + timedelta(weeks=LEAST_WEEKS))}
        return
    url = _comparison_address(alarm, found, start, min(weeks, MOST_WEEKS))
    yield _("Before and after"), Link(_("compare %(area)s with other areas") % {"area": near(alarm)}, url)


def _comparison_address(alarm: Alarm, found: tuple[str, str], start: date, weeks: int) -> str:
    area_set, area = found
    asked: dict[str, str | int | list[str]] = {
        "offence": _classes(alarm), "start": start.isoformat(), "after": weeks, "area_set": area_set, "areas": area,
    }  # fmt: skip
    return f"{reverse('evaluation')}?{urlencode(asked, doseq=True)}"


def _in_force(request: Request, alarm: Alarm) -> tuple[str, str] | None:
    """The warning's area set and area, by their ids; nothing where they hold no longer or incidents are not shown."""
    areas, today = alarm.watch.area_set, timezone.localdate(request.now)
    if not scopes(request.actor, Permission.INCIDENT_VIEW):
        return None
    if areas not in places.area_sets_in_force(request.actor, alarm.agency_id, today).values():
        return None
    area = places.areas(request.actor, areas).filter(name=alarm.near).first()
    return None if area is None else (str(areas.pk), str(area.pk))


def _classes(alarm: Alarm) -> list[str]:
    return [one.offence_class_id for one in alarm.watch.classes.all()]
