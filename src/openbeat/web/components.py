"""Every component on one page, with content as a desk would give it. For the training agency and the tests."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import h3
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openbeat.kernel.errors import NotFound
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge, Suppressed
from openbeat.web.ui.charts import BarChart, Basis, Bin, CalibrationChart, ColumnChart, LineChart, Series, Sparkline
from openbeat.web.ui.maps import Legend, Map
from openbeat.web.ui.scales import class_of, classes, number
from openbeat.web.ui.tables import Column, Empty, Pages, Row, Table

NOON = datetime(2022, 1, 1, 12, tzinfo=UTC)
BACK_TEST = Basis(source=_("back-test on 24 rolling origins"), period=_("January 2020 to December 2021"), n=13_412)
OFFENCES = [("220", _("Burglary")), ("23F", _("Theft from a vehicle")), ("120", _("Robbery"))]
AREAS = ("Church-Yonge Corridor", "Moss Park", "Bay Street Corridor", "Kensington-Chinatown", "Waterfront Communities")


class ExampleFilters(forms.Form):
    """Filters of a list."""

    q = forms.CharField(label=_("Find"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    offence = forms.MultipleChoiceField(label=_("Offence"), required=False, choices=OFFENCES)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    unmapped = forms.BooleanField(label=_("Only those without a class"), required=False)


class ExampleForm(forms.Form):
    """One field of each sort."""

    name = forms.CharField(label=_("Name of the profile"), help_text=_("Shown in the list of imports."), max_length=60)
    zone = forms.ChoiceField(
        label=_("Time zone of the file"),
        choices=[("America/Toronto", "America/Toronto"), ("Asia/Almaty", "Asia/Almaty")],
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date", "class": "short"})
    )
    classes = forms.MultipleChoiceField(
        label=_("Offences"),
        choices=OFFENCES,
        widget=forms.CheckboxSelectMultiple,
    )
    horizon = forms.ChoiceField(
        label=_("Horizon"), choices=[("7", _("Seven days")), ("28", _("Four weeks"))], widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    file = forms.FileField(
        label=_("File"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.parquet"})
    )
    agree = forms.BooleanField(label=_("Dates without hours are kept as such"), required=False)


def components(request: HttpRequest) -> HttpResponse:
    """The page of all components."""
    return render(request, "components/all.html", context(request))


def context(request: HttpRequest) -> dict[str, Any]:
    """All examples by name."""
    wrong = ExampleForm({"zone": "America/Toronto", "since": "32 May"})
    return {
        "form": ExampleForm(initial={"name": "Toronto", "classes": ["220"], "horizon": "7"}),
        "wrong": wrong,
        "filters": ExampleFilters(request.GET or None),
        "table": incidents(request),
        "none": Table(_("Forecasts"), COLUMNS, [], empty=NO_FORECAST, id="none"),
        "facts": FACTS,
        "tabs": TABS,
        "steps": STEPS,
        "todo": TODO,
        "bases": [("order", _("Order of a prosecutor")), ("law", _("Police Act, section 41"))],
        "stops": STOPS,
        "hash": "9b2c1f0e7d5a4c38b6a1e2f3d4c5b6a798c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4",
        "recent": NOON - timedelta(minutes=19),
        "older": NOON - timedelta(days=4, hours=3),
        **charts(),
        **maps(),
    }


COLUMNS = [
    Column("number", _("Incident"), sortable=True),
    Column("offence", _("Offence"), sortable=True),
    Column("area", _("Area"), sortable=True),
    Column("at", _("Occurred"), kind="time", sortable=True),
    Column(
        "harm",
        _("Harm weight"),
        kind="number",
        sortable=True,
        digits=1,
        hint=_("Days of sentence, after the crime harm index"),
    ),
    Column("state", _("State")),
]
NO_FORECAST = Empty(
    _("No forecast yet"),
    _("Forecasts appear here when an analyst has run one. The first run takes about a minute."),
    "trending-up",
    _("Run a forecast"),
    "#run",
)
FACTS = [
    (_("Classes"), _("Burglary, theft from a vehicle")),
    (_("Data used"), "61,204 · 2014-01-01 – 2021-12-31"),
    (_("Approved by"), ""),
    (_("Expires"), "2022-01-08 06:00"),
]
TABS = [
    {"label": _("Map"), "url": "#map", "current": True},
    {"label": _("Back-test"), "url": "#test"},
    {"label": _("Exposure"), "url": "#exposure", "count": 3},
    {"label": _("Data"), "url": "#data"},
]
STEPS = [
    {"label": _("Upload"), "state": "done", "url": "#upload"},
    {"label": _("Columns"), "state": "done", "url": "#columns"},
    {"label": _("Dry run"), "state": "current"},
    {"label": _("Import"), "state": "todo"},
]
TODO = [
    (
        Badge(_("Waiting for you"), "warn"),
        _("Night plan for 2 January"),
        _("8 units, 64 visits; made 19 minutes ago"),
        _("Review"),
    ),
    (
        Badge(_("Offered"), "good"),
        _("Burglary forecast, 7 days"),
        _("Expires on 8 January; 2 plans rest on it"),
        _("Open"),
    ),
]
STOPS = [
    ("22:10", "Dundas Street E / Sherbourne Street", _("12 minutes"), False),
    ("22:40", "Yonge Street / Gerrard Street", _("15 minutes"), True),
    ("23:15", "Queen Street W / Spadina Avenue", _("10 minutes"), False),
    ("23:50", "Jarvis Street / Carlton Street", _("12 minutes"), False),
]
STATES = [
    Badge(_("Open"), "info"),
    Badge(_("Closed"), "neutral"),
    Badge(_("Cleared"), "good"),
    Badge(_("Disputed"), "warn"),
    Badge(_("Refused"), "bad"),
]


def incidents(request: HttpRequest) -> Table:
    """A page of incidents in the order that the address asks for."""
    offences = (_("Burglary"), _("Theft from a vehicle"), _("Robbery"), _("Assault"))
    rows = [
        Row(
            [
                f"GO-2021{i:06}",
                offences[i % 4],
                AREAS[i % 5],
                NOON - timedelta(hours=7 * i * i + 1),
                Suppressed() if i == 4 else round(3.5 + 211.7 * (i % 3), 1),
                STATES[i % 5],
            ],
            url=f"#incident-{i}",
        )
        for i in range(1, 9)
    ]
    pages = Pages(number=2, count=29_992, first=9, last=16, total=239_935)
    return Table(
        _("Incidents"),
        COLUMNS,
        rows,
        request.GET,
        sort=request.GET.get("sort", "-at"),
        pages=pages,
        now=NOON,
        export_url="#export",
        id="incidents",
        total=239_935,
    )


def charts() -> dict[str, Any]:
    """One chart of each sort."""
    shares = ("1 %", "2 %", "5 %", "10 %")
    bars = BarChart(
        finding=_("The kernel finds 6 in 100 more burglaries than the plain count in 2 % of the area"),
        what=_("Hit rate by share of the area"),
        unit=_("per cent"),
        basis=BACK_TEST,
        digits=1,
        labels=shares,
        label_name=_("Share of the area"),
        reference=10.0,
        reference_name=_("Ten per cent of the area at random"),
        series=(
            Series(_("Weighted kernel"), (8.4, 14.1, 26.2, 40.3), (7.9, 13.5, 25.4, 39.4), (8.9, 14.8, 27.0, 41.2)),
            Series(_("Plain 3-year count"), (7.6, 13.3, 25.1, 38.8), plain=True),
        ),
    )
    weeks = [f"{week}" for week in range(1, 25)]
    run = [6 + 0.7 * math.sin(week / 2.3) for week in range(24)]
    plain = [5.4 + 0.6 * math.sin(week / 2.9 + 0.4) for week in range(24)]
    lines = LineChart(
        finding=_("The kernel stayed above the plain count in 21 of 24 origins"),
        what=_("Prediction accuracy index at 2 % of the area"),
        unit=_("times random"),
        basis=BACK_TEST,
        digits=2,
        labels=weeks,
        x_name=_("Rolling origin"),
        series=(
            Series(_("Weighted kernel"), run, [v - 0.5 for v in run], [v + 0.5 for v in run]),
            Series(_("Near-repeat"), [v - 0.35 for v in run]),
            Series(_("Plain 3-year count"), plain, plain=True),
        ),
    )
    months = [f"{year}-{month:02}" for year in (2020, 2021) for month in range(1, 13)]
    counts = [round(560 + 120 * math.cos(i / 2.1)) for i in range(24)]
    columns = ColumnChart(
        finding=_("Burglaries fell by a fifth from January 2020 to December 2021"),
        what=_("Recorded burglaries by month"),
        unit=_("incidents"),
        labels=months,
        basis=Basis(period="2020–2021", n=sum(counts)),
        label_name=_("Month"),
        series=(Series(_("Incidents"), counts),),
    )
    bins = [
        Bin(0.05 * i, 0.05 * i * (1 + 0.08 * math.sin(i)), 0.04 * i, 0.06 * i + 0.01, 5200 // i) for i in range(1, 9)
    ]
    calibration = CalibrationChart(
        finding=_("What the forecast expects is what then happens, a little too high above 0.3"),
        what=_("Expected against recorded, by class of cells"),
        unit=_("incidents per cell and week"),
        basis=BACK_TEST,
        digits=2,
        bins=bins,
    )
    spark = Sparkline(counts, _("Burglaries by month, 2020 to 2021, falling"))
    return {"bars": bars, "lines": lines, "columns": columns, "calibration": calibration, "spark": spark}


def maps() -> dict[str, Any]:
    """A surface over the middle of Toronto, and a plan of two units."""
    centre = h3.latlng_to_cell(43.6595, -79.3805, 9)
    cells = [(cell, _expected(centre, cell)) for cell in sorted(h3.grid_disk(centre, 12))]
    bounds = [round(bound, 3) for bound in classes([value for _cell, value in cells], 6)]
    surface = Map(
        "surface",
        _("Expected burglaries per cell"),
        id="surface",
        tall=False,
        data=[{"cell": cell, "value": round(value, 4)} for cell, value in cells],
        legend=Legend(_("Expected burglaries"), _("per cell and week"), bounds, digits=3),
        attribution=_("Contains information licensed under the Open Government Licence – Toronto"),
    )
    return {"surface": surface, "surface_twin": _twin(cells, bounds), "plan": _plan()}


def _expected(centre: str, cell: str) -> float:
    far = h3.grid_distance(centre, cell)
    return 0.42 * math.exp(-far / 4) + 0.01 * (int(cell[-7:-5], 16) % 7)


def _twin(cells: list[tuple[str, float]], bounds: list[float]) -> Table:
    top = sorted(cells, key=lambda pair: -pair[1])[:5]
    columns = [
        Column("cell", _("Cell"), kind="code"),
        Column("value", _("Expected"), kind="number", digits=3),
        Column("class", _("Class")),
    ]
    rows = [Row([cell, value, number(class_of(value, bounds), 0)]) for cell, value in top]
    return Table(
        _("Expected burglaries per cell and week, highest first"),
        columns,
        rows,
        stacks=False,
        dense=True,
        show_caption=False,
    )


def _plan() -> Map:
    units = []
    for u, name in enumerate(("51-A", "52-C")):
        stops = [[-79.392 + 0.011 * i + 0.006 * u, 43.655 + 0.004 * math.sin(i + u)] for i in range(5)]
        times = ("22:10", "22:40", "23:15", "23:50", "00:20")
        units.append(
            {
                "unit": name,
                "path": stops,
                "stops": [{"at": at, "order": i + 1, "words": times[i]} for i, at in enumerate(stops)],
            }
        )
    return Map("plan", _("Two units on the night of 1 January"), id="plan", data=units)


@login_required
def training_page(request: HttpRequest) -> HttpResponse:
    """The same page at its address, in the training agency alone."""
    agency = cast("Request", request).agency
    if agency is None or agency.training_today is None:
        raise NotFound(gettext("This page is part of the training agency."))
    return components(request)


urlpatterns = [path("components", training_page, name="components")]
