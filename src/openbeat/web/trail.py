"""The overseer's desk: the trail under a reason, entries to take away, and the check that nothing was changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from openbeat.access import Permission, scopes
from openbeat.accounts.queries import names_of
from openbeat.audit.queries import PAGE, Filters, Line
from openbeat.audit.words import LegalBasis, Operation
from openbeat.kernel.errors import BadInput, OpenbeatError
from openbeat.oversight import actions, queries
from openbeat.oversight.queries import LogCheck
from openbeat.oversight.states import State
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.rights import DEEDS
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.tables import Column, Empty, Pages, Row, Table

LOOK_LASTS = timedelta(minutes=30)
"""A reason once given holds for this long; every page read under it is an entry of its own."""
CHECK_HOLDS = timedelta(days=7)
"""After this long the log is to be checked again."""

BASES = {
    LegalBasis.TASK: gettext_lazy("Task laid down by law"),
    LegalBasis.OBLIGATION: gettext_lazy("Legal obligation"),
    LegalBasis.ORDER: gettext_lazy("Order of a court or prosecutor"),
    LegalBasis.OVERSIGHT: gettext_lazy("Mandate of a supervisory body"),
    LegalBasis.VITAL: gettext_lazy("Vital interests of a person"),
    LegalBasis.CONSENT: gettext_lazy("Consent of the person"),
}
HANDED_OVER_ON = [(basis.value, words) for basis, words in BASES.items() if basis is not LegalBasis.CONSENT]
"""To choose from where a file is handed over: those whom records are about are not asked, so none has consented."""

OPERATIONS = {
    Operation.COLLECTION: gettext_lazy("Collection"),
    Operation.ALTERATION: gettext_lazy("Alteration"),
    Operation.CONSULTATION: gettext_lazy("Consultation"),
    Operation.DISCLOSURE: gettext_lazy("Disclosure"),
    Operation.COMBINATION: gettext_lazy("Combination"),
    Operation.ERASURE: gettext_lazy("Erasure"),
    Operation.SIGN_IN: gettext_lazy("Sign-in"),
    Operation.REFUSAL: gettext_lazy("Refusal"),
    Operation.ADMINISTRATION: gettext_lazy("Administration"),
}

CHECKS = {
    State.ASKED: (gettext_lazy("Being checked"), "info"),
    State.HOLDS: (gettext_lazy("Holds"), "good"),
    State.BROKEN: (gettext_lazy("Something was changed"), "bad"),
    State.FAILED: (gettext_lazy("Could not be checked"), "warn"),
}


class WhyForm(forms.Form):
    """Why somebody looks, and on what ground."""

    reason = forms.CharField(
        label=gettext_lazy("Why do you look?"),
        min_length=5,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Written to the trail with your name. Name a case or an order; no personal data."),
    )
    basis = forms.ChoiceField(label=gettext_lazy("On what ground?"), choices=[(b.value, w) for b, w in BASES.items()])


class FilterForm(forms.Form):
    """Which entries."""

    operation = forms.ChoiceField(required=False)
    deed = forms.CharField(required=False, max_length=64)
    object_id = forms.CharField(required=False, max_length=64)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    refused = forms.BooleanField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["operation"].choices = [("", "")] + [(o.value, o.value) for o in Operation]  # type: ignore[attr-defined]

    def filters(self, request: Request) -> Filters:
        """What was asked; what can't be read is left out."""
        self.is_valid()
        given = self.cleaned_data
        zone = request.agency.tz if request.agency else None
        since, until = given.get("since"), given.get("until")
        return Filters(
            operation=given.get("operation") or "",
            deed=given.get("deed") or "",
            object_id=given.get("object_id") or "",
            since=datetime.combine(since, time.min, zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time.min, zone) if until else None,
            refused=bool(given.get("refused")),
        )


def _why(request: Request) -> dict[str, str] | None:
    """The reason given for looking, while it lasts."""
    kept = request.session.get("trail_look")
    if not kept or datetime.fromisoformat(kept["until"]) < request.wall:
        return None
    return {"reason": kept["reason"], "basis": kept["basis"]}


@login_required
def trail(request: HttpRequest) -> HttpResponse:
    """The trail, once a reason is given; without one, the question why."""
    seen = cast("Request", request)
    why = _why(seen)
    if request.method == "POST":
        return _give_reason(seen)
    if why is None or seen.agency is None:
        return render(request, "trail/why.html", {"form": WhyForm(), "next": request.get_full_path()})
    form = FilterForm(request.GET)
    before = _cursor(request.GET.get("cursor", ""))
    found = actions.read_trail(seen.actor, seen.agency, filters=form.filters(seen), before=before, **why)
    context = {
        "table": _table(seen, found), "why": why, "operations": OPERATIONS.items(), "deeds": DEEDS.items(),
        "asked": request.GET,
    }  # fmt: skip
    return render(request, "trail/list.html", context)


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput(_("This place in the trail can't be read"), mend=_("begin at the newest entry")) from None


def _give_reason(request: Request) -> HttpResponse:
    form = WhyForm(request.POST)
    if not form.is_valid():
        return render(request, "trail/why.html", {"form": form, "next": request.get_full_path()}, status=422)
    until = request.wall + LOOK_LASTS
    request.session["trail_look"] = {**form.cleaned_data, "until": until.isoformat()}
    return redirect(request.get_full_path())


@require_POST
@login_required
def stop_looking(request: HttpRequest) -> HttpResponse:
    """End the look before its time."""
    request.session.pop("trail_look", None)
    return redirect("log_checks")


COLUMNS = [
    Column("at", gettext_lazy("When"), kind="time"),
    Column("operation", gettext_lazy("Operation")),
    Column("deed", gettext_lazy("Deed")),
    Column("who", gettext_lazy("Who")),
    Column("role", gettext_lazy("Role")),
    Column("object", gettext_lazy("On what")),
    Column("reason", gettext_lazy("Reason")),
    Column("index", gettext_lazy("Place in the log"), kind="number"),
]


def _table(request: Request, found: list[Line]) -> Table:
    people = names_of(request.actor, {one for line in found for one in (line.fields["actor_id"], _person(line))})
    rows = [Row(_cells(line, people), url=reverse("trail_entry", args=[line.id])) for line in found]
    empty = Empty(
        _("No entry fits"), _("Every deed, look and refusal is here at once. Change the filters."), "search"
    )  # fmt: skip
    pages = Pages(after=str(found[-1].id) if len(found) == PAGE else "")
    return Table(_("Trail"), COLUMNS, rows, request.GET, pages=pages, empty=empty, now=request.wall, dense=True)


def _cells(line: Line, people: dict[UUID, str]) -> list[object]:
    fields = line.fields
    tone = {"refusal": "warn", "erasure": "bad"}.get(fields["operation"], "neutral")
    who = people.get(fields["actor_id"]) or (_("the service itself") if fields["role"] == "service" else "")
    operation = Badge(OPERATIONS[Operation(fields["operation"])], tone)
    reason = fields["refused"] or fields["reason"]
    return [fields["at"], operation, fields["deed"], who, fields["role"], _about(line, people), reason, line.index]


def _person(line: Line) -> UUID | None:
    """Whom an entry is about, where it is about a person."""
    return UUID(line.fields["object_id"]) if line.fields["object_type"] == "Person" else None


def _about(line: Line, people: dict[UUID, str]) -> str:
    """What an entry is about: a person's name, else its kind and the end of its id, where ids differ."""
    whom = _person(line)
    if whom and whom in people:
        return people[whom]
    words, key = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", line.fields["object_type"]).capitalize(), line.fields["object_id"]
    return f"{words} …{key[-6:]}" if key else words


@login_required
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry, whole, with its way into the log."""
    seen = cast("Request", request)
    why = _why(seen)
    if request.method == "POST":
        return _give_reason(seen)
    if why is None or seen.agency is None:
        return render(request, "trail/why.html", {"form": WhyForm(), "next": request.get_full_path()})
    line = actions.read_entry(seen.actor, seen.agency, entry_id=entry_id, **why)
    may_erase = bool(scopes(seen.actor, Permission.TRAIL_ERASE))
    context = {"line": line, "facts": _facts(seen, line), "changes": _changes(line), "may_erase": may_erase}
    return render(request, "trail/entry.html", context | {"bases": [(b.value, w) for b, w in BASES.items()]})


def _facts(request: Request, line: Line) -> list[tuple[Any, Any]]:
    fields = line.fields
    people = names_of(request.actor, {fields["actor_id"]})
    return [
        (_("When (UTC)"), fields["at"].isoformat(timespec="microseconds")),
        (_("Operation"), OPERATIONS[Operation(fields["operation"])]),
        (_("Deed"), fields["deed"]),
        (_("Who"), people.get(fields["actor_id"]) or fields["actor_id"]),
        (_("Role"), fields["role"]),
        (_("Post"), fields["post_id"]),
        (_("On what"), f"{fields['object_type']} {fields['object_id']}".strip()),
        (_("Reason"), fields["reason"]),
        (_("Legal basis"), BASES[LegalBasis(fields["legal_basis"])] if fields["legal_basis"] else ""),
        (_("Case"), fields["case"]),
        (_("Recipient"), fields["recipient"]),
        (_("From"), fields["source_address"]),
        (_("Refused because"), fields["refused"]),
        (_("Place in the log"), line.index if line.index is not None else _("follows within a second")),
    ]


def _changes(line: Line) -> Table:
    columns = [Column("field", _("Field")), Column("before", _("Before")), Column("after", _("After"))]
    rows = []
    for name, change in sorted(line.fields["changes"].items()):
        pair = change if isinstance(change, list) and len(change) == 2 else ["", change]
        rows.append(Row([name, *("" if part is None else str(part) for part in pair)]))
    empty = Empty(_("Nothing was changed"), _("A look or a refusal changes nothing."), "eye")
    return Table(_("What changed, without personal data"), columns, rows, empty=empty, dense=True)


@require_POST
@login_required
def hand_out(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """The entry as a file for its recipient: a disclosure."""
    seen = cast("Request", request)
    given = request.POST
    if seen.agency is None:
        return redirect("home")
    file = actions.hand_out_entry(
        seen.actor, seen.agency, entry_id=entry_id, recipient=given.get("recipient", ""),
        reason=given.get("reason", ""), basis=given.get("legal_basis", ""),
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="entry-{entry_id}.json"'}
    return HttpResponse(file, content_type="application/json", headers=headers)


@require_POST
@login_required
def erase(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Erase the entry; the log keeps its leaf."""
    seen = cast("Request", request)
    given = request.POST
    if seen.agency is None:
        return redirect("home")
    reason, basis = given.get("reason", ""), given.get("legal_basis", "")
    actions.erase_entry(seen.actor, seen.agency, entry_id=entry_id, reason=reason, basis=basis)
    messages.success(request, _("The entry and its salt are erased. The log still proves that there was one."))
    return redirect("trail")


@login_required
def log_checks(request: HttpRequest) -> HttpResponse:
    """Whether the log holds: the last checks, a new one, and how to check it without us."""
    seen = cast("Request", request)
    found = list(queries.checks(seen.actor)[:20])
    note = settings.LOG_TILES / "checkpoint"
    context = {
        "table": _checks(seen, found),
        "newest": found[0] if found else None,
        "waiting": bool(found) and found[0].state == State.ASKED,
        "checkpoint": note.read_text() if note.exists() else "",
        "command": f"python -m witness verify {settings.BASE_URL}/log",
        "may_check": bool(scopes(seen.actor, Permission.LOG_CHECK)),
    }
    return render(request, "trail/checks.html", context)


def _checks(request: Request, found: list[LogCheck]) -> Table:
    columns = [
        Column("asked", _("Asked"), kind="time"),
        Column("state", _("Result")),
        Column("size", _("Entries in the log"), kind="number"),
        Column("compared", _("Compared with the table"), kind="number"),
        Column("by", _("By")),
    ]
    rows = [Row(_check_cells(check)) for check in found]
    empty = Empty(_("Not checked yet"), _("A check reads every entry and holds the table against it."), "shield-check")
    return Table(_("Checks"), columns, rows, empty=empty, now=request.now)


def _check_cells(check: LogCheck) -> list[object]:
    by = check.author.name if check.author else ""
    return [check.asked_at, Badge(*CHECKS[State(check.state)]), check.size, check.compared, by]


@require_POST
@login_required
def check_now(request: HttpRequest) -> HttpResponse:
    """Have the log checked."""
    seen = cast("Request", request)
    if seen.agency is None:
        return redirect("home")
    try:
        actions.ask_for_check(seen.actor, seen.agency, at=seen.now)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
    return redirect("log_checks")


@needs
def log_needs(request: Request) -> Iterator[Need]:
    """The last check, where it found something; for those who watch over it, that it was long ago."""
    if not scopes(request.actor, Permission.LOG_CHECK):
        return
    newest = queries.checks(request.actor).first()
    url = reverse("log_checks")
    if newest is not None and newest.state in {State.BROKEN, State.FAILED}:
        yield Need(_("The log does not verify"), _("See what the last check found"), url, Urgency.NOW)
    elif scopes(request.actor, Permission.TRAIL_READ):
        takes = _("A check takes seconds and shows no entry")
        if newest is None:
            yield Need(_("The log was never checked"), takes, url, Urgency.SOON)
        elif newest.asked_at < request.now - CHECK_HOLDS:
            yield Need(_("The log was not checked for a week"), takes, url, Urgency.SOON)


urlpatterns = [
    path("trail/", trail, name="trail"),
    path("trail/stop/", stop_looking, name="trail_stop"),
    path("trail/entry/<uuid:entry_id>/", entry, name="trail_entry"),
    path("trail/entry/<uuid:entry_id>/file/", hand_out, name="trail_hand_out"),
    path("trail/entry/<uuid:entry_id>/erase/", erase, name="trail_erase"),
    path("log-checks/", log_checks, name="log_checks"),
    path("log-checks/new/", check_now, name="log_check"),
]
