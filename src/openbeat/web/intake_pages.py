"""What the pages of the import desk show, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from openbeat.access import Permission, permits
from openbeat.incidents import queries as incidents
from openbeat.incidents.rules import Scheme, code_list
from openbeat.intake import queries
from openbeat.intake.profile import Profile, local_codes, to_toml
from openbeat.intake.queries import Import
from openbeat.intake.states import State
from openbeat.web.intake_forms import CODES_SHOWN, date_formats
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge, Link
from openbeat.web.ui.charts import Basis, ColumnChart, Series
from openbeat.web.ui.tables import Column, Empty, Pages, Row, Table

PAGE = 50
MENDED_AT_ONCE = 25
LONGEST_SHOWN = 60
PREVIEWED = 8
BADGES = {
    State.UPLOADED: (_("Columns to be checked"), "warn"),
    State.MAPPED: (_("To be tried"), "warn"),
    State.CHECKING: (_("Being tried"), "info"),
    State.CHECKED: (_("Waiting for you"), "warn"),
    State.IMPORTING: (_("Being brought in"), "info"),
    State.DONE: (_("Done"), "good"),
    State.FAILED: (_("Broken off"), "bad"),
    State.WITHDRAWN: (_("Withdrawn"), "bad"),
    State.DISCARDED: (_("Given up"), "neutral"),
}
TO_DO = {
    State.UPLOADED: _("Say what its columns mean"),
    State.MAPPED: _("Its columns are known; try it"),
    State.CHECKING: _("Being tried"),
    State.CHECKED: _("The dry run is done: bring it in, or give it up"),
    State.IMPORTING: _("Being brought in"),
    State.FAILED: _("Broken off; nothing of it was brought in"),
}
"""What an import that is not over waits for."""
STEP_OF = {
    State.UPLOADED: 1,
    State.MAPPED: 1,
    State.FAILED: 1,
    State.CHECKING: 2,
    State.CHECKED: 2,
    State.IMPORTING: 3,
    State.DONE: 4,
    State.WITHDRAWN: 4,
    State.DISCARDED: 4,
}
FIELDS = {
    "source_id": _("The source's id"),
    "occurred_from": _("Occurred"),
    "occurred_to": _("Until"),
    "reported_at": _("Reported"),
    "place": _("Position"),
    "area_hint": _("Area"),
    "offence": _("Offence"),
    "arrest": _("Arrest"),
    "domestic": _("Domestic"),
}
"""The fields of an incident in words."""
TONES = {"stop": "bad", "look": "warn", "note": "info"}


def badge(imported: Import) -> Badge:
    """The import's state in words and tone."""
    words, tone = BADGES[State(imported.state)]
    return Badge(words, tone)


def steps(imported: Import) -> list[dict[str, Any]]:
    """The way of a file, and where this one is."""
    at = STEP_OF[State(imported.state)]
    names = (_("Upload"), _("Columns"), _("Dry run"), _("Import"))
    states = ["done" if place < at else "current" if place == at else "todo" for place in range(len(names))]
    return [{"label": name, "state": state} for name, state in zip(names, states, strict=True)]


def crumbs() -> list[dict[str, Any]]:
    """Where the pages of one import lie."""
    return [{"name": _("Imports"), "url": reverse("imports")}]


def _frame(imported: Import) -> dict[str, Any]:
    return {"imported": imported, "badge": badge(imported), "steps": steps(imported), "crumbs": crumbs()}


def listing(request: Request) -> Table:
    """The imports in reach."""
    pages = Paginator(queries.imports(request.actor), PAGE).get_page(request.GET.get("page"))
    rows = [
        Row(
            [
                one.file_name,
                badge(one),
                one.made_at,
                one.author or "",
                one.rows_new,
                one.rows_changed,
                one.rows_refused,
            ],
            url=reverse("import", args=[one.pk]),
        )
        for one in pages
    ]
    columns = [
        Column("file", _("File")),
        Column("state", _("State")),
        Column("at", _("Uploaded"), kind="time"),
        Column("by", _("By")),
        Column("new", _("New"), kind="number", digits=0),
        Column("changed", _("Changed"), kind="number", digits=0),
        Column("refused", _("Refused"), kind="number", digits=0),
    ]
    empty = Empty(
        _("No imports yet"),
        _("Records come in as files: CSV, Excel, Parquet or GeoJSON."),
        "upload",
        _("Import a file"),
        reverse("import_upload"),
    )
    shown = Pages(
        number=pages.number,
        count=pages.paginator.num_pages,
        first=pages.start_index(),
        last=pages.end_index(),
        total=pages.paginator.count,
    )
    return Table(_("Imports"), columns, rows, request.GET, pages=shown, empty=empty, now=request.now)


def profile_list(request: Request, *, may: bool) -> list[dict[str, Any]]:
    """The agency's own profiles."""
    return [
        {"saved": saved, "forget": reverse("import_profile_forget", args=[saved.pk]) if may else ""}
        for saved in queries.saved_profiles(request.actor)
    ]


def waiting(request: Request, imported: Import) -> dict[str, Any]:
    """How far the work has come."""
    standing = queries.standing(request.actor, imported)
    words = _("Trying the file") if imported.state == State.CHECKING else _("Bringing the file in")
    said = f"{_t(str(words))}: {standing.words}" if standing.words else _("Waiting for the worker")
    value = round(100 * standing.share, 1) if standing.share else None
    return _frame(imported) | {
        "words": said,
        "value": value,
        "poll": reverse("import_progress", args=[imported.pk]),
    }


def open_codes(request: Request, imported: Import, profile: Profile) -> list[str]:
    """Codes of the file that have no class yet: from the last dry run, else from its first rows."""
    known = local_codes(profile.offence).classes
    if imported.report:
        codes = [count["local_code"] for count in imported.report["codes"]]
    else:
        codes = queries.sample_codes(request.actor, imported, profile)
    return [code for code in codes if code not in known][:CODES_SHOWN]


def columns(request: Request, imported: Import, profile: Profile) -> dict[str, Any]:
    """The file's first rows, the profiles to choose from, and what to check."""
    first = queries.first_rows(request.actor, imported, rows=PREVIEWED)
    rows = [Row([number, *(_short(text) for text in row)]) for number, row in first.rows]
    heads = [
        Column("row", _("Row"), kind="number", digits=0),
        *(Column(f"c{n}", name) for n, name in enumerate(first.columns)),
    ]
    return _frame(imported) | {
        "preview": Table(_("First rows"), heads, rows, stacks=False, dense=True),
        "choices": queries.choices(request.actor, imported),
        "profile_chosen": request.GET.get("profile") or profile.name,
        "base": request.POST.get("base") or request.GET.get("profile") or "",
        "doubts": imported.doubts,
        "formats": date_formats(),
        "classes": [*code_list(Scheme(profile.offence.scheme)).values()],
        "sources": [source.name for source in incidents.sources(request.actor)],
        "toml": to_toml(profile) if profile.time.occurred_from.column else "",
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def report(request: Request, imported: Import) -> dict[str, Any]:
    """What the dry run found."""
    found: dict[str, Any] = imported.report or {}
    return _frame(imported) | {
        "report": found,
        "findings": [(TONES[one["weight"]], one["words"], one["rows"]) for one in found["findings"]],
        "refusals": _refusals(found),
        "codes": _codes(found),
        "hours": _hours(found),
        "months": _months(found),
        "mapped": _mapped(queries.profile_of(request.actor, imported)),
    }


def _mapped(profile: Profile | None) -> list[tuple[Any, Any]]:
    """Each field in words, and the column that tells it."""
    return [(FIELDS[name], column) for name, column in profile.fields().items()] if profile else []


def _refusals(found: Mapping[str, Any]) -> Table | None:
    rows = [
        Row(
            [
                one["words"],
                one["rows"],
                "; ".join(f"{row}: {text}" if text else str(row) for row, text in one["examples"]),
            ]
        )
        for one in found["refusals"]
    ]
    heads = [
        Column("why", _("Why")),
        Column("rows", _("Rows"), kind="number", digits=0),
        Column("such", _("Such as row")),
    ]
    return Table(_("Refused rows"), heads, rows) if rows else None


def _codes(found: Mapping[str, Any]) -> Table:
    rows = [
        Row(
            [
                one["local_code"],
                one["name"] or None,
                f"{one['code']} {one['class_name']}" if one["code"] else None,
                one["rows"],
                None if one["arrest_share"] is None else 100 * one["arrest_share"],
                _code_badge(one),
            ]
        )
        for one in found["codes"][:CODES_SHOWN]
    ]
    heads = [
        Column("code", _("Code"), kind="code"),
        Column("name", _("Name")),
        Column("class", _("Class")),
        Column("rows", _("Rows"), kind="number", digits=0),
        Column("arrests", _("Arrests, per cent"), kind="number", digits=0),
        Column("use", _("Forecasts")),
    ]
    return Table(_("Offence codes of the file"), heads, rows, tall=True, note=_t("Class: NIBRS or ICCS"))


def _code_badge(one: Mapping[str, Any]) -> Badge:
    if not one["code"]:
        return Badge(_("No class yet"), "warn")
    if not one["reported_by_victims"]:
        return Badge(_("Never: found by patrols"), "neutral")
    return Badge(_("Look: many arrests"), "warn") if one["arrest_flagged"] else Badge(_("May be used"), "good")


def _hours(found: Mapping[str, Any]) -> ColumnChart | None:
    if found["precision_given"] in {"day", "month"} or not sum(found["hours"]):
        return None
    most = max(range(24), key=lambda hour: found["hours"][hour])
    return ColumnChart(
        finding=_t("Most rows are at %(hour)d o'clock") % {"hour": most},
        what=_("Rows by hour of the day"),
        unit=_("rows"),
        labels=[f"{hour:02}" for hour in range(24)],
        label_name=_("Hour"),
        series=(Series(_("Rows"), found["hours"]),),
        basis=Basis(n=sum(found["hours"]), period=f"{found['first'][:10]} – {found['last'][:10]}"),
    )


def _months(found: Mapping[str, Any]) -> ColumnChart | None:
    months = found["months"][-120:]
    if len(months) < 2:
        return None
    counts = [rows for _month, rows in months]
    return ColumnChart(
        finding=_t("From %(least)s to %(most)s rows a month")
        % {"least": f"{min(counts):,}", "most": f"{max(counts):,}"},
        what=_("Rows by month"),
        unit=_("rows"),
        labels=[month for month, _rows in months],
        label_name=_("Month"),
        series=(Series(_("Rows"), counts),),
        basis=Basis(n=sum(counts), period=f"{months[0][0]} – {months[-1][0]}"),
    )


def result(request: Request, imported: Import) -> dict[str, Any]:
    """What became of an import, and what can still be done."""
    by_reason = queries.refused_by_reason(request.actor, imported)
    page = reverse("import_refused", args=[imported.pk])
    rows = [Row([Link(words, f"{page}?reason={code}"), count]) for code, words, count in by_reason]
    heads = [Column("why", _("Why")), Column("rows", _("Rows"), kind="number", digits=0)]
    profile = queries.profile_of(request.actor, imported)
    return _frame(imported) | {
        "waiting_rows": sum(count for *_some, count in by_reason),
        "by_reason": Table(_("Refused rows that wait to be mended"), heads, rows) if rows else None,
        "may_withdraw": imported.state == State.DONE and permits(request.actor, Permission.IMPORT_WITHDRAW, imported),
        "facts": _facts(imported, profile),
        "incidents_url": f"{reverse('incidents')}?source={imported.batch.source_id}" if imported.batch else "",
    }


def _facts(imported: Import, profile: Profile | None) -> list[tuple[Any, Any]]:
    mends = imported.mends
    told = [
        (_("File"), imported.file_name),
        (_("Size"), f"{imported.size:,} B"),
        (_("SHA-256"), imported.sha256),
        (_("Profile"), profile.title if profile else None),
        (_("Brought in"), imported.finished_at if imported.state == State.DONE else None),
        (_("Mends"), Link(mends.file_name, reverse("import", args=[mends.pk])) if mends else None),
        (_("Why withdrawn"), imported.withdrawn_why or None),
    ]
    return [*(fact for fact in told if fact[1] is not None), *_mapped(profile)]


def refused(request: Request, imported: Import, *, reason: str) -> dict[str, Any]:
    """Some refused rows with the fields that the profile reads, ready to be corrected."""
    pages = Paginator(queries.refused_rows(request.actor, imported, reason=reason), MENDED_AT_ONCE)
    page = pages.get_page(request.GET.get("page"))
    names = _read_columns(request, imported)
    rows = [
        {"row": row, "fields": [(f"{row.pk}-{n}", name, row.fields.get(name) or "") for n, name in enumerate(names)]}
        for row in page
    ]
    reasons = queries.refused_by_reason(request.actor, imported)
    trail = [*crumbs(), {"name": imported.file_name, "url": reverse("import", args=[imported.pk])}]
    return _frame(imported) | {
        "page": page,
        "rows": rows,
        "reasons": reasons,
        "reason": reason,
        "crumbs": trail,
        "words": {code: words for code, words, _count in reasons},
    }


def _read_columns(request: Request, imported: Import) -> tuple[str, ...]:
    profile = queries.profile_of(request.actor, imported)
    return profile.columns() if profile else ()


def corrected(request: Request, imported: Import) -> dict[UUID, dict[str, str]]:
    """The fields that a person changed on the page, by row."""
    names = _read_columns(request, imported)
    changed: dict[UUID, dict[str, str]] = {}
    for row in queries.refused_rows(request.actor, imported).filter(pk__in=_posted_rows(request)):
        given = {name: request.POST.get(f"{row.pk}-{n}", "") for n, name in enumerate(names)}
        differs = {name: text for name, text in given.items() if text != (row.fields.get(name) or "")}
        if differs:
            changed[row.pk] = differs
    return changed


def _posted_rows(request: Request) -> list[UUID]:
    found = []
    for text in request.POST.getlist("row")[:MENDED_AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
