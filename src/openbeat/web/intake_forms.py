"""The forms of the import desk: a file, its columns, the classes of its codes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from openbeat.intake.guess import FORMATS
from openbeat.intake.profile import Flag, Identity, Moment, Offence, Place, Profile, Times, local_codes
from openbeat.intake.queries import Import

ACCEPTED = ".csv,.txt,.tsv,.gz,.xlsx,.xls,.xlsb,.ods,.parquet,.pq,.geojson,.geojsonl,.json"
NONE = ("", _("none"))
LEAST = Profile(name="own", title="Own", source="own", time=Times(Moment("")))
"""What a mapping starts from where nothing could be guessed."""
CODES_SHOWN = 200


class UploadForm(forms.Form):
    """One file of records."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, Excel, Parquet or GeoJSON. You see what is in it before anything is brought in."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )


class ColumnsForm(forms.Form):
    """What the columns of a file mean. What a profile knows beyond this form is kept as it is."""

    source = forms.CharField(
        label=_("Source"),
        max_length=60,
        help_text=_("The system the records come from. Files of one source update each other by their ids."),
    )
    id = forms.MultipleChoiceField(
        label=_("Id"),
        required=False,
        help_text=_("The source's own id. Without one, a row is known by its time, place and offence."),
    )
    when = forms.ChoiceField(label=_("Date, or date and time"))
    formats = forms.CharField(
        label=_("Format of the date"),
        help_text=_("Several are tried in order, parted by |. «iso» reads 2026-11-22 and 2026-11-22T08:30:00Z."),
        widget=forms.TextInput(attrs={"list": "date-formats", "class": "mono"}),
    )
    hour = forms.ChoiceField(label=_("Hour, if apart"), required=False)
    clock = forms.ChoiceField(label=_("Time of day, if apart"), required=False)
    zone = forms.ChoiceField(label=_("Time zone of the times"))
    precision = forms.ChoiceField(
        label=_("How exact the times are"),
        choices=[
            ("minute", _("to the minute")),
            ("hour", _("whole hours")),
            ("day", _("dates without hours")),
            ("month", _("months only")),
        ],
        widget=forms.RadioSelect,
    )
    until = forms.ChoiceField(label=_("End of the span"), required=False)
    reported = forms.ChoiceField(label=_("Reported at"), required=False)
    x = forms.ChoiceField(label=_("Longitude, or easting"), required=False)
    y = forms.ChoiceField(label=_("Latitude, or northing"), required=False)
    crs = forms.CharField(
        label=_("Coordinate reference system"),
        max_length=40,
        help_text=_("EPSG:4326 is longitude and latitude in degrees. Any EPSG code will do."),
    )
    area = forms.ChoiceField(label=_("Area as the source names it"), required=False)
    kind = forms.MultipleChoiceField(label=_("Offence code"), required=False)
    arrest = forms.ChoiceField(label=_("Arrest made"), required=False)
    domestic = forms.ChoiceField(label=_("Domestic"), required=False)
    unknown = forms.ChoiceField(
        label=_("Codes without a class"),
        choices=[("keep", _("keep the rows, to be mapped later")), ("refuse", _("refuse the rows"))],
        widget=forms.RadioSelect,
    )
    save_as = forms.CharField(
        label=_("Keep this mapping as a profile named"),
        required=False,
        max_length=60,
        help_text=_("Small letters, digits and hyphens. The next file of this source then needs no mapping."),
    )

    def __init__(self, imported: Import, base: Profile, codes: list[str], data: Any = None) -> None:
        super().__init__(data, initial=_initial(base))
        self.base = base
        self.codes = codes
        columns = [(name, name) for name in imported.found.get("columns", ())]
        for name in ("id", "kind"):
            self._choose(name, columns)
            self.fields[name].widget.attrs["size"] = min(max(len(columns), 2), 5)
        for name in ("hour", "clock", "until", "reported", "x", "y", "area", "arrest", "domestic"):
            self._choose(name, [NONE, *columns])
        self._choose("when", columns)
        self._choose("zone", [(zone, zone) for zone in sorted(available_timezones())])
        for number, code in enumerate(codes):
            self.fields[f"code_{number}"] = forms.CharField(
                label=code, required=False, max_length=80, widget=forms.TextInput(attrs={"list": "classes"})
            )

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def code_fields(self) -> list[forms.BoundField]:
        """The fields of codes that have no class yet."""
        return [self[f"code_{number}"] for number in range(len(self.codes))]

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The other fields in the order in which a person thinks of them."""
        order = (
            (_("Where it comes from"), ("source", "id")),
            (_("When"), ("when", "formats", "hour", "clock", "zone", "precision", "until", "reported")),
            (_("Where"), ("x", "y", "crs", "area")),
            (_("What"), ("kind", "unknown", "arrest", "domestic")),
        )
        return [(words, [self[name] for name in names]) for words, names in order]

    def profile(self) -> Profile:
        """The profile as the form now says it; a contradiction is refused by its name."""
        given, base = self.cleaned_data, self.base
        return replace(
            base,
            name=given["save_as"] or base.name,
            title=base.title if base.name != LEAST.name else given["source"],
            source=given["source"],
            id=replace(base.id, columns=tuple(given["id"])) if given["id"] else Identity(repeats=base.id.repeats),
            time=self._times(),
            place=replace(base.place, x=given["x"], y=given["y"], crs=given["crs"], area=given["area"])
            if given["x"]
            else Place(area=given["area"]),
            offence=self._offence(),
            arrest=_flag(base.arrest, given["arrest"]),
            domestic=_flag(base.domestic, given["domestic"]),
        )

    def _times(self) -> Times:
        given, base = self.cleaned_data, self.base.time
        formats = tuple(part.strip() for part in given["formats"].split("|") if part.strip())
        when = replace(
            base.occurred_from, column=given["when"], formats=formats, hour=given["hour"], time=given["clock"]
        )
        return replace(
            base,
            occurred_from=when,
            zone=given["zone"],
            precision=given["precision"],
            occurred_to=_moment(base.occurred_to, given["until"], formats),
            reported_at=_moment(base.reported_at, given["reported"], formats),
        )

    def _offence(self) -> Offence:
        given, base = self.cleaned_data, self.base.offence
        columns = tuple(given["kind"])
        said = {code: given[f"code_{number}"].strip().upper() for number, code in enumerate(self.codes)}
        said = {code: text.split(" ")[0] for code, text in said.items() if text}
        kept = base.codes
        if said and not kept and not base.listed:
            kept = {code: code for code in local_codes(base).classes if code in said.values()}
        constant = "" if columns else base.constant
        return replace(base, columns=columns, constant=constant, unknown=given["unknown"], codes=dict(kept) | said)


def _initial(profile: Profile) -> dict[str, Any]:
    when, place = profile.time.occurred_from, profile.place
    return {
        "source": "" if profile.source == LEAST.source else profile.source,
        "id": list(profile.id.columns),
        "when": when.column,
        "formats": " | ".join(when.formats),
        "hour": when.hour,
        "clock": when.time,
        "zone": profile.time.zone,
        "precision": profile.time.precision,
        "until": profile.time.occurred_to.column if profile.time.occurred_to else "",
        "reported": profile.time.reported_at.column if profile.time.reported_at else "",
        "x": place.x,
        "y": place.y,
        "crs": place.crs,
        "area": place.area,
        "kind": list(profile.offence.columns),
        "unknown": profile.offence.unknown,
        "arrest": profile.arrest.column if profile.arrest else "",
        "domestic": profile.domestic.column if profile.domestic else "",
    }


def _moment(before: Moment | None, column: str, formats: tuple[str, ...]) -> Moment | None:
    if not column:
        return None
    return replace(before, column=column) if before else Moment(column, formats)


def _flag(before: Flag | None, column: str) -> Flag | None:
    if not column:
        return None
    return replace(before, column=column) if before else Flag(column)


def as_name(text: str) -> str:
    """A profile's name out of whatever somebody typed."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def date_formats() -> tuple[str, ...]:
    """Formats offered while typing."""
    return FORMATS
