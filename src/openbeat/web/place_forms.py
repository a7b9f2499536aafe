"""What the Places desk asks for: files, what their columns mean, a speed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from openbeat.places.readers import AreaTable
from openbeat.places.rules import FASTEST_KMH, SLOWEST_KMH, Layer
from openbeat.places.shapes import Columns

LAYERS = {
    Layer.BEATS: _("Beats"),
    Layer.SECTORS: _("Sectors"),
    Layer.DISTRICTS: _("Districts"),
    Layer.NEIGHBOURHOODS: _("Neighbourhoods"),
    Layer.WARDS: _("Wards"),
    Layer.TRACTS: _("Census tracts"),
    Layer.OTHER: _("Other areas"),
}
DAY = forms.DateInput(attrs={"type": "date", "class": "short"})


class AreaFileForm(forms.Form):
    """The file that holds the areas."""

    file = forms.FileField(
        label=_("Area file"),
        help_text=_("GeoJSON, KML or KMZ, or a shapefile with its parts in one zip."),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,.gz,.kml,.kmz,.zip"}),
    )


class AreaColumnsForm(forms.Form):
    """What the file's columns mean, and from when the areas hold."""

    layer = forms.ChoiceField(label=_("These areas are"), choices=[(key.value, words) for key, words in LAYERS.items()])
    name = forms.CharField(label=_("Name of the set"), max_length=120)
    valid_from = forms.DateField(
        label=_("In force from"),
        widget=DAY,
        help_text=_(
            "Until a later set of the same kind takes their place. Choose an early day to count the past by them."
        ),
    )
    code_column = forms.ChoiceField(label=_("Code"), required=False, help_text=_("Tells the areas apart."))
    name_column = forms.ChoiceField(label=_("Name"), required=False)
    epsg = forms.IntegerField(
        label=_("EPSG number"),
        required=False,
        min_value=1024,
        max_value=999_999,
        help_text=_("Only where the file does not say in which coordinate system it is."),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    attribution = forms.CharField(
        label=_("Whom to thank"), max_length=300, required=False, help_text=_("Shown beside every map of these areas.")
    )

    def __init__(self, table: AreaTable, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        columns = [(column, column) for column in table.columns]
        self.fields["code_column"].choices = [("", _("number them in the file's order")), *columns]  # type: ignore[attr-defined]
        self.fields["name_column"].choices = [("", _("the same as the code")), *columns]  # type: ignore[attr-defined]

    @property
    def columns(self) -> Columns:
        """The columns as chosen."""
        return Columns(self.cleaned_data["code_column"], self.cleaned_data["name_column"])


class ExtractForm(forms.Form):
    """An OpenStreetMap extract."""

    file = forms.FileField(
        label=_("OpenStreetMap extract"),
        help_text=_(
            "Your city or region as an .osm.pbf file. Streets for travel times and the basemap are made from it."
        ),
        widget=forms.FileInput(attrs={"accept": ".pbf"}),
    )


class SpeedForm(forms.Form):
    """The speed at which drives are guessed without streets."""

    kmh = forms.FloatField(
        label=_("Average speed, km/h"),
        min_value=SLOWEST_KMH,
        max_value=FASTEST_KMH,
        widget=forms.NumberInput(attrs={"class": "short", "step": "1"}),
    )


class StationsForm(forms.Form):
    """The list of stations."""

    file = forms.FileField(
        label=_("List of stations"),
        help_text=_("CSV with the columns code, name, longitude and latitude (degrees). It replaces the present list."),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )


class StatisticsForm(forms.Form):
    """A table of what an office publishes of the areas."""

    file = forms.FileField(
        label=_("Table"),
        help_text=_(
            "CSV: one row an area with its code, and a column for each statistic: numbers, or names of groups."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )
    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("The office that publishes it, and the year it was counted.")
    )
