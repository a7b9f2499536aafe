"""The components as template tags: `{% load ui %}`. How to call each: docs/reference/design-language.md."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from openbeat.web.ui import bits, times
from openbeat.web.ui.bits import Badge, Words
from openbeat.web.ui.charts import Chart, Sparkline
from openbeat.web.ui.maps import Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Table

register = template.Library()


@register.simple_tag
def icon(name: str, label: Words = "", *, large: bool = False) -> SafeString:
    """`{% icon "map" %}`: one picture; give a label only when no word stands beside it."""
    return bits.icon(name, label, "icon large" if large else "icon")


@register.simple_tag
def button(label: Words, icon: str = "", kind: str = "", type: str = "submit", **attrs: object) -> SafeString:  # noqa: A002
    """`{% button "Approve" icon="check" kind="primary" name="deed" %}`. Kinds: primary, danger, quiet, small."""
    return _pressable("button", label, icon, kind, {"type": type, **_opening(attrs)})


@register.simple_tag
def link_button(label: Words, url: str, icon: str = "", kind: str = "", **attrs: object) -> SafeString:
    """`{% link_button "Import" url icon="upload" %}`: looks like a button, goes somewhere."""
    return _pressable("a", label, icon, kind, {"href": url, **attrs})


def _opening(attrs: Mapping[str, object]) -> dict[str, object]:
    """`opens="dialog-id"` shows a dialog, with the browser's own command where it has one."""
    rest = dict(attrs)
    target = rest.pop("opens", None)
    return rest if target is None else {**rest, "type": "button", "command": "show-modal", "commandfor": target}


def _pressable(tag: str, label: Words, icon: str, kind: str, attrs: Mapping[str, object]) -> SafeString:
    picture = bits.icon(icon) if icon else ""
    alone = "icon-only" in kind
    words = (
        format_html('<span class="visually-hidden">{}</span>', label)
        if alone
        else format_html("<span>{}</span>", label)
    )
    css = f"button {kind}".strip()
    given = {**attrs, "title": label} if alone else attrs
    return format_html(f'<{tag} class="{{}}"{{}}>{{}}{{}}</{tag}>', css, bits.attributes(given), picture, words)


@register.simple_tag
def badge(label: Words, tone: str = "neutral", icon: str = "") -> SafeString:
    """`{% badge "Approved" "good" %}`: shape and word. Tones: neutral, info, good, warn, bad."""
    return Badge(label, tone, icon).__html__()


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The reader's choice of light or dark, from their cookie; empty follows the system."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return chosen if chosen in ("light", "dark") else ""


@register.simple_tag(takes_context=True)
def moment(context: Context, value: date | datetime | None, style: str = "relative") -> SafeString:
    """`{% moment run.finished_at %}`; `"exact"`, `"date"` and `"clock"` show it plain. Relative to the frame's now."""
    frame = context.get("frame") or {}
    return times.moment(value, frame.get("now"), style)


@register.simple_block_tag
def notice(content: str, tone: str = "info", title: Words = "", **attrs: object) -> str:
    """`{% notice "warn" "Training data" %}…{% endnotice %}`: what the reader should know; bad news are announced."""
    given = {
        "tone": tone,
        "title": title,
        "icon": "info" if tone == "info" else bits.tone_icon(tone),
        "attrs": bits.attributes(attrs),
        "content": content,
    }
    return render_to_string("components/notice.html", given)


@register.simple_block_tag
def card(content: str, title: Words = "", **attrs: object) -> str:
    """`{% card "Back-test" %}…{% endcard %}`: a titled surface. With acts in its head, write the section by hand."""
    return render_to_string(
        "components/card.html", {"title": title, "content": content, "attrs": bits.attributes(attrs)}
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: Words, intro: Words = "") -> str:  # noqa: A002
    """`{% dialog "drop" "Drop this stop?" %}<form>…{% enddialog %}`; a button with `opens="drop"` opens it."""
    return render_to_string("components/dialog.html", {"id": id, "title": title, "intro": intro, "content": content})


@register.inclusion_tag("components/decide.html", takes_context=True)
def decide(
    context: Context,
    id: str,  # noqa: A002
    title: Words,
    url: str,
    submit: Words,
    *,
    intro: Words = "",
    reason: bool = True,
    bases: Sequence[tuple[str, Words]] = (),
    danger: bool = False,
    name: str = "",
    value: str = "",
) -> dict[str, Any]:
    """The second step of an act that matters: a dialog that asks for a reason and, where due, the legal basis."""
    given = {"id": id, "title": title, "url": url, "submit": submit, "intro": intro, "reason": reason, "bases": bases}
    return given | {"danger": danger, "name": name, "value": value, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("components/form.html", takes_context=True)
def form(
    context: Context,
    form: BaseForm,
    submit: Words,
    *,
    url: str = "",
    cancel: str = "",
    icon: str = "",
    kind: str = "primary",
    method: str = "post",
    wide: bool = False,
) -> dict[str, Any]:
    """`{% form form "Save" cancel=url %}`: error summary, fields, buttons."""
    given = {"form": form, "submit": submit, "url": url, "cancel": cancel, "icon": icon, "kind": kind, "method": method}
    return given | {"wide": wide, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("components/field.html")
def field(field: BoundField, label: Words = "", *, short: bool = False) -> dict[str, Any]:
    """`{% field form.name %}`: label, hint, control, error."""
    return {"field": field, "label": label, "short": short}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """All that is wrong, each line a link to its field; nothing when nothing is."""
    return {"form": form}


@register.inclusion_tag("components/filters.html")
def filters(form: BaseForm, *, clear: str = "", label: Words = "") -> dict[str, Any]:
    """`{% filters form clear=url %}`: one line above a table, kept in the address; many choices fold into a list."""
    return {"form": form, "clear": clear, "label": label}


@register.filter
def filter_kind(field: BoundField) -> str:
    """How a field stands in a line of filters: hidden, check, many or plain."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if getattr(widget, "allow_multiple_selected", False):
        return "many"
    return "check" if getattr(widget, "input_type", "") == "checkbox" else "plain"


@register.filter
def options(field: BoundField) -> list[tuple[str, Words, bool]]:
    """Value, words and whether it is chosen, for each choice of a field."""
    chosen = {str(value) for value in field.value() or ()}
    choices = getattr(field.field, "choices", ())
    return [(str(value), words, str(value) in chosen) for value, words in choices]


@register.simple_tag
def picked(field: BoundField) -> list[Words]:
    """The words of what is chosen."""
    return [words for _value, words, on in options(field) if on]


@register.filter
def input_kind(field: BoundField) -> str:
    """How a field is drawn: hidden, check, choices, file or plain."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    kind = getattr(widget, "input_type", "")
    many = getattr(widget, "allow_multiple_selected", False) or kind == "radio"
    if kind in ("radio", "checkbox") and (many or field.use_fieldset):
        return "choices"
    return {"checkbox": "check", "file": "file"}.get(kind, "group" if field.use_fieldset else "plain")


@register.inclusion_tag("components/table.html")
def table(table: Table) -> dict[str, Any]:
    """`{% table incidents %}`: see `openbeat.web.ui.tables.Table`."""
    return {"table": table, "id": table.id or f"table-{secrets.token_hex(4)}"}


@register.inclusion_tag("components/empty.html")
def empty(title: Words, text: Words = "", icon: str = "inbox", action: Words = "", url: str = "") -> dict[str, Any]:
    """What will be here, and how it comes."""
    return {"title": title, "text": text, "icon": icon, "action": action, "url": url}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Mapping[str, Any]], label: Words) -> dict[str, Any]:
    """`{% tabs items "Views" %}`: items have label, url, current, and count if it matters."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/steps.html")
def steps(items: Sequence[Mapping[str, Any]], label: Words) -> dict[str, Any]:
    """`{% steps items "Import" %}`: items have label, state (done, current, todo) and url when one may go back."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/progress.html")
def progress(
    label: Words,
    value: float | None = None,
    total: float = 100,
    *,
    id: str = "progress",  # noqa: A002
    note: Words = "",
    poll: str = "",
    cancel: str = "",
) -> dict[str, Any]:
    """`{% progress "Reading rows" 40 100 poll=url %}`: asks `poll` each second; without a value it only waits."""
    share = "" if value is None else f"{100 * value / total:.0f}"
    given = {"label": label, "value": value, "total": total, "id": id, "note": note, "poll": poll}
    return given | {"cancel": cancel, "share": share}


@register.inclusion_tag("components/facts.html")
def facts(pairs: Sequence[tuple[Words, object]]) -> dict[str, Any]:
    """`{% facts pairs %}`: names and values, one below the other."""
    return {"pairs": [(name, bits.missing() if value in (None, "") else value) for name, value in pairs]}


@register.inclusion_tag("components/stat.html")
def stat(
    label: Words,
    value: object,
    unit: Words = "",
    *,
    interval: Words = "",
    basis: Words = "",
    change: Words = "",
    tone: str = "",
    url: str = "",
) -> dict[str, Any]:
    """`{% stat "PAI at 2 %" "6.1" interval="5.7–6.5" basis="n = 18,402 · 2021" %}` inside `<div class="stats">`."""
    given = {"label": label, "value": value, "unit": unit, "interval": interval, "basis": basis, "change": change}
    return given | {"tone": tone, "url": url}


@register.inclusion_tag("components/definition.html")
def definition(term: Words, text: Words, source: Words = "") -> dict[str, Any]:
    """A term of the field, explained where it is used."""
    return {"term": term, "text": text, "source": source}


@register.inclusion_tag("components/hash.html")
def hash_block(value: object, label: Words) -> dict[str, Any]:
    """A hash, key or command with its copy button."""
    return {"value": value, "label": label}


@register.inclusion_tag("components/dropzone.html")
def dropzone(
    name: str,
    title: Words,
    hint: Words = "",
    accept: str = "",
    *,
    id: str = "",  # noqa: A002
    multiple: bool = False,
    required: bool = True,
    described: str = "",
    invalid: bool = False,
) -> dict[str, Any]:
    """A place to drop a file; inside a form, which then shows how far the upload is."""
    given = {"name": name, "title": title, "hint": hint, "accept": accept, "id": id or f"id_{name}"}
    return given | {"multiple": multiple, "required": required, "described": described, "invalid": invalid}


@register.simple_tag
def chart(chart: Chart) -> str:
    """`{% chart hit_rates %}`: any chart of `openbeat.web.ui.charts`, with its table."""
    return render_to_string(chart.template, {"chart": chart, "id": f"chart-{secrets.token_hex(4)}"})


@register.simple_tag
def sparkline(line: Sparkline) -> SafeString:
    """A run of values as small as a word."""
    drawing = (
        '<svg class="sparkline" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    )
    return format_html(drawing, line.words, _line(line))


def _line(line: Sparkline) -> SafeString:
    return format_html('<path class="line" vector-effect="non-scaling-stroke" d="{}"></path>', line.path())


@register.simple_block_tag(name="map")
def map_view(content: str, map: Map) -> str:  # noqa: A002
    """`{% map view %}{% table twin %}{% endmap %}`: map, legend, and between the tags the table that says the same."""
    return render_to_string("components/map.html", {"map": map, "content": mark_safe(content)})  # noqa: S308


@register.filter
def tone(level: str) -> str:
    """A Django message's level as a tone."""
    return {"success": "good", "warning": "warn", "error": "bad", "info": "info"}.get(level, "neutral")


@register.filter
def tone_icon(tone: str) -> str:
    """The shape of a tone."""
    return bits.tone_icon(tone)


@register.filter
def grouped(value: float) -> str:
    """A number in the reader's habits, thousands grouped."""
    return number(value)


@register.filter
def initials(name: str) -> str:
    """At most two letters for the round mark in the menu."""
    return "".join(word[0] for word in name.split()[:2]).upper()
