"""Times as people read them, with the exact one a focus away."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from openbeat.web.ui.bits import missing

FAR = timedelta(days=30)
LATER_TODAY = timedelta(days=1)
"""What lies so little ahead is told exactly: a training day begins anew at midnight, and a deed is no promise."""


def moment(value: date | datetime | None, now: datetime | None = None, style: str = "relative") -> SafeString:
    """A `<time>`: «3 hours ago» with the exact time on hover and focus; `style` exact, date or clock shows it plain."""
    if value is None:
        return missing()
    if not isinstance(value, datetime):
        return format_html(
            '<time datetime="{}">{}</time>', value.isoformat(), formats.date_format(value, "DATE_FORMAT")
        )
    local = timezone.localtime(value)
    if style != "relative":
        return _time(value, _plain(local, style))
    now = now or timezone.now()
    if timedelta(minutes=1) < value - now < LATER_TODAY:
        return format_html(
            '<time class="tip" tabindex="0" datetime="{}" data-exact="{}">{}</time>', value.isoformat(), exact(local),
            _plain(local, "exact"),
        )  # fmt: skip
    words = _relative(value, now)
    markup = '<time class="tip" tabindex="0" datetime="{}" data-exact="{}" data-relative>{}</time>'
    return format_html(markup, value.isoformat(), exact(local), words)


def _time(value: date, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)


def exact(local: datetime) -> str:
    """Day, time to the second and zone, in the reader's language."""
    day, clock = formats.date_format(local, "DATE_FORMAT"), local.strftime("%H:%M:%S")
    return f"{day}, {clock} {local.tzname() or ''}".rstrip()


def _plain(local: datetime, style: str) -> str:
    if style == "date":
        return formats.date_format(local, "DATE_FORMAT")
    if style == "clock":
        return local.strftime("%H:%M")
    return f"{formats.date_format(local, 'SHORT_DATE_FORMAT')} {local.strftime('%H:%M')}"


def _relative(value: datetime, now: datetime) -> str:
    if abs(now - value) > FAR:
        return _plain(timezone.localtime(value), "date")
    if abs(now - value) < timedelta(minutes=1):
        return _("now")
    if value <= now:
        return _("%(span)s ago") % {"span": timesince(value, now, depth=1)}
    return _("in %(span)s") % {"span": timeuntil(value, now, depth=1)}
