"""Early warnings in plain words: what was found, how rare it is, since when, and what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from openbeat.forecast.warning.queries import Alarm, Scan, Watch
from openbeat.forecast.warning.rules import LinkKind, Outcome, reach, tries
from openbeat.forecast.warning.states import AlarmState, ScanState, WatchState
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.scales import number

LEAST_OF_ONE_DAY = 3
"""Reports of one day from which it is worth a word."""
ALARMS: dict[AlarmState, tuple[Promise, str]] = {
    AlarmState.NEW: (gettext_lazy("New"), "warn"),
    AlarmState.ACKNOWLEDGED: (gettext_lazy("Being looked into"), "info"),
    AlarmState.LINKED: (gettext_lazy("Something is done"), "info"),
    AlarmState.DISMISSED: (gettext_lazy("Dismissed"), "neutral"),
    AlarmState.CLOSED: (gettext_lazy("Closed"), "good"),
}
WATCHES: dict[WatchState, tuple[Promise, str]] = {
    WatchState.PROPOSED: (gettext_lazy("To be approved"), "warn"),
    WatchState.WATCHING: (gettext_lazy("Scans each night"), "good"),
    WatchState.PAUSED: (gettext_lazy("Paused"), "neutral"),
}
SCANS: dict[ScanState, tuple[Promise, str]] = {
    ScanState.QUEUED: (gettext_lazy("Waiting"), "neutral"),
    ScanState.RUNNING: (gettext_lazy("Running"), "info"),
    ScanState.DONE: (gettext_lazy("Done"), "good"),
    ScanState.FAILED: (gettext_lazy("Failed"), "bad"),
}
OUTCOMES: dict[Outcome, Promise] = {
    Outcome.ACTED: gettext_lazy("Something was done"),
    Outcome.KNOWN_CAUSE: gettext_lazy("Known cause"),
    Outcome.NOTHING_FOUND: gettext_lazy("Looked into, nothing found"),
    Outcome.FALSE_ALARM: gettext_lazy("False alarm"),
    Outcome.RECORDS: gettext_lazy("Error in the records"),
}
LINKS: dict[LinkKind, Promise] = {
    LinkKind.PLAN: gettext_lazy("Patrol plan"),
    LinkKind.PROGRAMME: gettext_lazy("Programme"),
}


def alarm_badge(alarm: Alarm) -> Badge:
    """The alarm's state as shape and word, with what it was once it has ended."""
    words, tone = ALARMS[AlarmState(alarm.state)]
    if not alarm.outcome:
        return Badge(words, tone)
    told = {"state": words, "outcome": outcome_words(alarm.outcome)}
    return Badge(_("%(state)s: %(outcome)s") % told, tone)


def watch_badge(watch: Watch) -> Badge:
    """The watch's state as shape and word."""
    return Badge(*WATCHES[WatchState(watch.state)])


def scan_badge(scan: Scan) -> Badge:
    """The scan's state as shape and word."""
    return Badge(*SCANS[ScanState(scan.state)])


def day(value: date) -> str:
    """A day in the reader's language."""
    return date_format(value, "DATE_FORMAT")


def span(first: date, last: date) -> str:
    """Days in words: on one, or from one to another."""
    if first == last:
        return _("on %(day)s") % {"day": day(first)}
    begins = date_format(first, "MONTH_DAY_FORMAT") if first.year == last.year else day(first)
    return _("from %(first)s to %(last)s") % {"first": begins, "last": day(last)}


def days(first: date, last: date) -> str:
    """Days as tables have them: short, and no month or year said twice."""
    if first == last:
        return short_day(last)
    same_month = (first.year, first.month) == (last.year, last.month)
    begins = "j" if same_month else "j M" if first.year == last.year else "j M Y"
    return f"{date_format(first, begins)} – {short_day(last)}"


def short_day(value: date) -> str:
    """A day as tables have it."""
    return date_format(value, "j M Y")


def scanned_to(night: date) -> date:
    """The last day that a scan of a night read."""
    return night - timedelta(days=1)


def classes_of(watch: Watch) -> str:
    """The offences of a watch, by name."""
    return ", ".join(one.offence_class.name for one in watch.classes.all())


def near(alarm: Alarm) -> str:
    """The area that the middle lies in; one that has but a number is called an area, lest it be read as a year."""
    return _("area %(number)s") % {"number": alarm.near} if alarm.near.isdigit() else alarm.near


def headline(alarm: Alarm) -> str:
    """The warning in a line: offences, area, days, and where it stands."""
    state = ALARMS[AlarmState(alarm.state)][0]
    return f"{classes_of(alarm.watch)}, {near(alarm)}, {days(alarm.starts, alarm.ends)} ({state})"


def found(alarm: Alarm) -> str:
    """What was found, in one sentence."""
    words = ngettext(
        "%(count)s report of %(what)s within %(metres)s m of a point in %(near)s %(span)s,"
        " where %(expected)s would be expected.",
        "%(count)s reports of %(what)s within %(metres)s m of a point in %(near)s %(span)s,"
        " where %(expected)s would be expected.",
        alarm.observed,
    )
    return words % {
        "count": number(alarm.observed, 0), "what": classes_of(alarm.watch),
        "metres": number(reach(alarm.radius), 0), "near": near(alarm), "span": span(alarm.starts, alarm.ends),
        "expected": expected_words(alarm.expected),
    }  # fmt: skip


def expected_words(value: float) -> str:
    """An expected count: a digit behind the point, two where it is less than one."""
    return number(value, 1 if value >= 1 else 2)


def of_one_day(alarm: Alarm) -> str:
    """That most of the reports are of one day, where they are: one event may be behind them."""
    counts = _by_day(alarm)
    most = max(counts, key=lambda one: counts[one], default=alarm.starts)
    if counts.get(most, 0) < max(LEAST_OF_ONE_DAY, alarm.observed / 2) or alarm.starts == alarm.ends:
        return ""
    if counts[most] == alarm.observed:
        return _("All of them are of %(day)s: one event may be behind them, reported many times.") % {"day": day(most)}
    words = _("%(count)s of them are of %(day)s: one event may be behind them, reported many times.")
    return words % {"count": number(counts[most], 0), "day": day(most)}


def _by_day(alarm: Alarm) -> dict[date, int]:
    """Reports inside by day, for the days of the warning."""
    if not alarm.timeline:
        return {}
    first = date.fromisoformat(alarm.timeline["first"])
    days = ((first + timedelta(days=i), count) for i, count in enumerate(alarm.timeline["observed"]))
    return {one: count for one, count in days if alarm.starts <= one <= alarm.ends}


def rarest(watch: Watch) -> int:
    """Days of the recurrence interval beyond which the tries of chance tell nothing."""
    return tries(watch.least_interval) + 1


def once_in(days: float, most: int) -> str:
    """A recurrence interval: once in so many days, or more rarely than `most` tries can tell."""
    if days >= most:
        return _("less than once in %(days)s days") % {"days": number(most, 0)}
    return _("about once in %(days)s days") % {"days": number(days, 0)}


def days_between(recurrence: float, most: int) -> str:
    """The days of a recurrence interval alone, or that they are more than can be told."""
    return f"> {number(most, 0)}" if recurrence >= most else number(recurrence, 0)


def chance_words(alarm: Alarm) -> str:
    """How many tries of chance brought as much: what p says, counted."""
    asked = tries(alarm.watch.least_interval)
    reached = round(alarm.p * (asked + 1)) - 1
    if reached < 1:
        return _("none of %(tries)s tries of chance brought as much") % {"tries": number(asked, 0)}
    words = ngettext(
        "%(count)s of %(tries)s tries of chance brought as much",
        "%(count)s of %(tries)s tries of chance brought as much",
        reached,
    )
    return words % {"count": number(reached, 0), "tries": number(asked, 0)}


def threshold(watch: Watch) -> str:
    """From when on a watch warns."""
    return once_in(watch.least_interval, rarest(watch))


def by_chance(alarm: Alarm) -> str:
    """How rare it is, in one sentence."""
    often = once_in(alarm.recurrence, rarest(alarm.watch))
    return _("By chance alone, something like this would be flagged %(often)s.") % {"often": often}


def since(alarm: Alarm) -> str:
    """New, continuing since, or ended when."""
    if not alarm.living and alarm.watch.state == WatchState.PAUSED:
        return _("Its watch is paused; last found on %(last)s") % {"last": day(alarm.last_seen)}
    if not alarm.living:
        return _("No longer found; last on %(last)s") % {"last": day(alarm.last_seen)}
    if alarm.first_seen == alarm.last_seen:
        return _("New on %(first)s") % {"first": day(alarm.first_seen)}
    return _("Continuing since %(first)s") % {"first": day(alarm.first_seen)}


def outcome_words(outcome: str) -> str:
    """An outcome as people say it; empty where there is none yet."""
    return str(OUTCOMES[Outcome(outcome)]) if outcome else ""


def last_scan(scan: Scan | None) -> dict[str, Any]:
    """What the newest scan of a watch says, with its tone."""
    if scan is None:
        return {"words": _("Not scanned yet; the worker looks each hour."), "bad": False}
    if scan.state == ScanState.FAILED:
        return {"words": _("The latest scan failed: %(why)s") % {"why": scan.failure}, "bad": True}
    if scan.state != ScanState.DONE:
        return {"words": _("A scan is under way."), "bad": False}
    words = _("Scanned up to %(last)s: %(cases)s reports of a year, %(raised)s new and %(continued)s continuing.")
    told = {"cases": number(scan.cases or 0, 0), "raised": scan.raised, "continued": scan.continued}
    return {"words": words % (told | {"last": day(scanned_to(scan.night))}), "bad": False}
