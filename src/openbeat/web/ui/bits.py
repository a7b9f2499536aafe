"""Small marked-up values for cells and lists: they know their own HTML, so a table needs no template of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Words = str | Promise

TONES = ("neutral", "info", "good", "warn", "bad")
TONE_ICONS: Mapping[str, str] = MappingProxyType(
    {
        "neutral": "circle",
        "info": "circle-dot",
        "good": "circle-check",
        "warn": "triangle-alert",
        "bad": "octagon-x",
    }
)


class UnknownTone(ValueError):
    """A tone that the design language does not have."""


def tone_icon(tone: str) -> str:
    """The shape that goes with a colour of meaning."""
    try:
        return TONE_ICONS[tone]
    except KeyError:
        raise UnknownTone(f"{tone!r} is none of {', '.join(TONES)}") from None


def icon(name: str, label: Words = "", css: str = "icon") -> SafeString:
    """One picture of the sprite; silent to screen readers unless it has a label of its own."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    sprite = static("build/icons.svg")
    return format_html('<svg class="{}" {}><use href="{}#{}"></use></svg>', css, spoken, sprite, name)


def attributes(given: Mapping[str, object]) -> SafeString:
    """HTML attributes from keywords: `hx_get=…` becomes `hx-get="…"`; True is a bare name, None and False are none."""
    kept = [(name.rstrip("_").replace("_", "-"), value) for name, value in given.items() if value not in (None, False)]
    return format_html_join("", "{}", ((_attribute(name, value),) for name, value in kept))


def _attribute(name: str, value: object) -> SafeString:
    return format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)


@dataclass(frozen=True, slots=True)
class Badge:
    """A state as shape and word. Tones: neutral, info, good, warn, bad."""

    label: Words
    tone: str = "neutral"
    icon: str = ""

    def __str__(self) -> SafeString:
        picture = icon(self.icon or tone_icon(self.tone))
        return format_html('<span class="badge tone-{}">{}{}</span>', self.tone, picture, self.label)

    __html__ = __str__


@dataclass(frozen=True, slots=True)
class Link:
    """An address with its words."""

    label: Words
    url: str
    attrs: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> SafeString:
        return format_html('<a href="{}"{}>{}</a>', self.url, attributes(self.attrs), self.label)

    __html__ = __str__


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A count that is not shown because it is smaller than the threshold."""

    below: int = 5

    def __str__(self) -> SafeString:
        why = ngettext(
            "Fewer than %(count)d: not shown, so that nobody can be recognised.",
            "Fewer than %(count)d: not shown, so that nobody can be recognised.",
            self.below,
        ) % {"count": self.below}
        return format_html('<abbr class="hidden-count" title="{}">&lt;&nbsp;{}</abbr>', why, self.below)

    __html__ = __str__


def missing() -> SafeString:
    """What stands where nothing is known."""
    return format_html('<span aria-hidden="true">–</span><span class="visually-hidden">{}</span>', _("not known"))
