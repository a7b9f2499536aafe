"""What the documents show in blocks: Python runs, signatures are the program's, other formats are read by readers.

The long examples of `docs/explanation` and of the notebook are compared with what they print by tests of their own.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import psycopg
import pytest
from django.template import engines
from django.test import RequestFactory
from django.urls import reverse
from tests.docs.told import DOCS, FENCE, PAGES, ROOT, blocks, name

import placewise.plan
import placewise.simulate
import placewise.space
import placewise.streets
import placewise.warning
from openbeat.intake.profile import from_toml
from openbeat.ops.sample import SAMPLE
from openbeat.ops.sample.folder import read_folder
from placewise import evaluate, forecast, release
from placewise.space import Area, Cells, Events
from witness import EntryFile

RUN_ELSEWHERE = {
    "docs/explanation/before-and-after.md": "tests/placewise/test_before_after.py",
    "docs/explanation/simulation.md": "tests/placewise_simulate/test_simulate_docs.py",
    "docs/explanation/streets.md": "tests/placewise_plan/test_plan_docs.py",
    "docs/explanation/patrol-plans.md": "tests/placewise_plan/test_plan_docs.py",
    "docs/explanation/early-warning.md": "tests/placewise_warning/test_scan_docs.py",
    "docs/explanation/beats-and-stations.md": "tests/placewise_plan/test_plan_docs.py",
    "docs/explanation/near-repeats.md": "tests/placewise_warning/test_charts_docs.py",
    "docs/explanation/charts.md": "tests/placewise_warning/test_charts_docs.py",
    "docs/explanation/synthetic-city.md": "tests/placewise_warning/test_charts_docs.py",
    "docs/explanation/false-alarms.md": "tests/placewise_warning/test_charts_docs.py",
    "docs/how-to/forecast-in-a-notebook.md": "tests/placewise/test_notebook_tutorial.py",
}
"""Pages whose Python is run, and its output compared, by another test."""
READ_BY = {"python", "pyi", "sh", "toml", "json", "sql", "django", "text", "mermaid", ""}
"""Kinds of block: `text` and `mermaid` are drawings and listings, no kind is a command of another program or a file."""


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    found = {(name(page), kind) for page in PAGES for kind, _text in FENCE.findall(page.read_text(encoding="utf-8"))}
    assert [one for one in sorted(found) if one[1] not in READ_BY] == []


# --- Python ----------------------------------------------------------------------------------------------------------


def a_quarter() -> tuple[Events, Cells]:
    """The real incidents of three neighbourhoods in the sample city, and cells over them."""
    near = ("Bay Street Corridor", "Church-Yonge Corridor", "Moss Park")
    rows = pl.read_parquet(SAMPLE / "incidents.parquet").filter(
        pl.col("neighbourhood").is_in(near), pl.col("category") == "Break and Enter"
    )
    times = rows["occurrence_date"].cast(pl.Datetime("us")) + pl.duration(hours=rows["occurrence_hour"])
    moments = pl.select(times).to_series().to_numpy()
    events = Events.from_arrays(
        moments, rows["longitude"].to_numpy(), rows["latitude"].to_numpy(), zone="America/Toronto", local=True
    )
    return events, Cells.squares(Area.covering(events), 250)


def for_analytics(code: str) -> dict[str, Any]:
    """What the blocks on placewise take as given; cells are squares, or H3 cells that are released."""
    from placewise import fairness

    events, cells = a_quarter()
    counts = np.array([[12, 3, 40], [7, 9, 2], [30, 21, 6]])
    model = forecast.estimator("count3y").fit(events, cells, until="2021-12-01")
    given = {
        "events": events, "cells": cells, "moment": "2021-12-01", "start": "2021-12-01", "end": "2021-12-08",
        "model": model, "surface": model.predict("2021-12-01", "2021-12-08"), "geojson": deprived(),
        "rates": cells.counts(events, "2020-12-01", "2021-12-01") / 52 + 0.01, "counts": counts, "before": counts,
        "now": counts + 1, "resolution": 7,
    }  # fmt: skip
    names = {key: value for home in (forecast, evaluate, release, fairness) for key, value in vars(home).items()}
    if "coarsened" in code:
        fine = Cells.h3(Area.covering(events), 9)
        given |= {"cells": fine, "values": fine.counts(events, "2021-01-01", "2022-01-01")}
    return names | given


def deprived() -> dict[str, Any]:
    """The sample city's neighbourhoods with made-up figures of deprivation and residents."""
    areas: dict[str, Any] = json.loads((SAMPLE / "neighbourhoods.geojson").read_text(encoding="utf-8"))
    for number, area in enumerate(areas["features"]):
        area["properties"] |= {"deprivation": number, "people": 1_000}
    return areas


def for_pages(_code: str) -> dict[str, Any]:
    """What the blocks on pages take as given."""

    class Incident:
        at = datetime(2022, 1, 1, tzinfo=UTC)

    request = RequestFactory().get("/incidents/")
    request.now = Incident.at  # type: ignore[attr-defined]
    given = {"incident": Incident, "incident_url": "/incidents/1", "import_url": "/imports/", "request": request}
    return {**given, "reverse": reverse, "_": str}


GIVEN: dict[str, Callable[[str], dict[str, Any]]] = {
    "docs/reference/placewise.md": for_analytics,
    "docs/reference/design-language.md": for_pages,
}


def python_blocks() -> list[tuple[str, int, str]]:
    """Page, number and text of each block that is run here."""
    return [
        (name(page), number, text)
        for page in PAGES
        if name(page) not in RUN_ELSEWHERE
        for number, text in enumerate(blocks(page, "python"), 1)
    ]


def test_each_page_with_python_is_run() -> None:
    assert {page for page, _number, _text in python_blocks()} == set(GIVEN)
    for page, test in RUN_ELSEWHERE.items():
        if (ROOT / page).exists():
            assert Path(page).stem in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "number", "code"), [pytest.param(*one, id=f"{one[0]}-{one[1]}") for one in python_blocks()]
)
def test_python_runs(page: str, number: int, code: str) -> None:
    exec(compile(code, f"{page} block {number}", "exec"), GIVEN[page](code))


# --- signatures ------------------------------------------------------------------------------------------------------

MODULES: tuple[ModuleType, ...] = (
    placewise.streets, placewise.plan, placewise.space, placewise.warning, placewise.simulate,
)  # fmt: skip
CALL = re.compile(r"(?P<name>[\w.]+)\((?P<takes>.*?)\)(?: -> .*)?")


def signatures() -> list[tuple[str, str]]:
    """Name and parameters of each function that the reference lists."""
    listed = [line for page in PAGES for block in blocks(page, "pyi") for line in block.splitlines()]
    plain = [re.split(r"\s+#", line)[0].strip() for line in listed]
    return [(found["name"], found["takes"]) for line in plain if (found := CALL.fullmatch(line))]


def thing(dotted: str) -> Any:
    """What a listed name means; `travel` is a street graph."""
    owner, _, last = dotted.rpartition(".")
    if owner == "travel":
        return getattr(placewise.streets.StreetGraph, last)
    home = next(module for module in MODULES if hasattr(module, owner or last))
    return getattr(getattr(home, owner) if owner else home, last)


@pytest.mark.parametrize(("dotted", "takes"), signatures())
def test_signatures_are_the_programs(dotted: str, takes: str) -> None:
    listed = ast.parse(f"def f({takes}): ...").body[0]
    assert isinstance(listed, ast.FunctionDef)
    told = [each.arg for each in (*listed.args.args, *listed.args.kwonlyargs)]
    parameters = {key: one for key, one in inspect.signature(thing(dotted)).parameters.items() if key != "self"}
    assert told == list(parameters)
    keyword_only = [key for key, one in parameters.items() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    assert [each.arg for each in listed.args.kwonlyargs] == keyword_only
    defaults = len(listed.args.defaults) + sum(each is not None for each in listed.args.kw_defaults)
    assert defaults == sum(one.default is not inspect.Parameter.empty for one in parameters.values())


def test_signatures_are_found() -> None:
    assert len(signatures()) > 25


# --- files that others write -----------------------------------------------------------------------------------------


def test_the_profile_of_the_manual_is_a_profile() -> None:
    (text,) = blocks(DOCS / "how-to" / "import.md", "toml")
    profile = from_toml(text)
    assert (profile.name, profile.time.zone, profile.place.crs) == ("our-records", "Asia/Almaty", "EPSG:32643")


def test_the_agency_of_the_manual_is_an_agency(tmp_path: Path) -> None:
    text, *_made_up = blocks(DOCS / "how-to" / "another-city.md", "toml")
    (tmp_path / "agency.toml").write_text(text, encoding="utf-8")
    told = tomllib.loads(text)
    named = [part["file"] for part in (*told["areas"], *told["incidents"], told["stations"])]
    for file in (*named, told["streets"]["extract"]):
        (tmp_path / file).touch()
    city = read_folder(tmp_path)
    assert (city.agency.slug, city.units.count, city.incidents[0].profile) == ("chicago", 8, "chicago-slim")


def test_the_entry_of_the_manual_is_an_entry() -> None:
    (text,) = blocks(DOCS / "reference" / "log.md", "json")
    told = json.loads(text) | {"salt": "00" * 32}
    entry = EntryFile.parse(json.dumps(told).encode())
    assert (entry.index, entry.entry) == (7, {"operation": "consultation"})


@pytest.mark.django_db
def test_counting_by_area_is_a_question_the_database_takes(as_owner: psycopg.Connection) -> None:
    (joined,) = blocks(DOCS / "reference" / "places.md", "sql")
    counted = "SELECT c.area_id, count(*) FROM incidents_incident incident JOIN places_areaset set ON true"
    as_owner.execute(f"EXPLAIN {counted} {joined.replace('%s', 'set.id')} GROUP BY 1")


def test_components_that_the_manual_calls_are_there() -> None:
    """Each tag of the page on the design language is known to the template engine."""
    page = DOCS / "reference" / "design-language.md"
    called = set(re.findall(r"{%-? (\w+)", page.read_text(encoding="utf-8")))
    assert sorted(called - tags()) == []


def tags() -> set[str]:
    """Every template tag that a page may use, with the words that end or part one."""
    from django.template.base import Parser
    from django.template.library import import_library

    engine = engines["django"].engine  # type: ignore[attr-defined]
    parser = Parser([], engine.template_libraries, engine.template_builtins)
    found = set(parser.tags)
    for library in ("openbeat.web.templatetags.ui", "django.templatetags.i18n", "django.templatetags.static"):
        found |= set(import_library(library).tags)
    return found | {f"end{tag}" for tag in found} | {"plural", "else", "elif"}
