"""The code lists: complete, and honest about which classes victims report."""

from datetime import date
from itertools import pairwise

import h3.api.basic_int as h3
import pytest

from openbeat.incidents.rules import (
    NotReportedByVictims,
    Scheme,
    UnknownClass,
    can_be_reported,
    code_list,
    parent_cell,
    require_known,
    require_reported,
)

NIBRS = code_list(Scheme.NIBRS)


def test_the_lists_are_whole():
    assert len(NIBRS) == 84
    assert sorted(code_list(Scheme.ICCS)) == [f"{number:02}" for number in range(1, 12)]


@pytest.mark.parametrize("entry", [*NIBRS.values(), *code_list(Scheme.ICCS).values()], ids=lambda entry: entry.code)
def test_every_class_says_why_it_is_or_is_not_reported_by_victims(entry):
    assert entry.name
    assert entry.reason
    assert entry.iccs in {"", *code_list(Scheme.ICCS)}
    assert not entry.reported_by_victims or can_be_reported(entry.scheme, entry.group, entry.against)


@pytest.mark.parametrize(
    "code",
    ["35A", "35B", "520", "40A", "40B", "40C", "39A", "39B", "39C", "39D", "90D", "90E", "90G", "90J", "90C", "280"],
)
def test_what_patrols_discover_is_not_reported_by_victims(code):
    assert not NIBRS[code].reported_by_victims


@pytest.mark.parametrize("code", ["220", "240", "120", "13A", "23F", "200", "290", "09A"])
def test_harm_to_people_and_property_is_reported_by_victims(code):
    assert NIBRS[code].reported_by_victims


def test_group_b_is_never_reported_since_only_arrests_are_counted():
    assert not any(entry.reported_by_victims for entry in NIBRS.values() if entry.group == "B")


def test_effective_dates_bound_a_class():
    assert not NIBRS["720"].valid_on(date(2015, 12, 31))
    assert NIBRS["720"].valid_on(date(2016, 1, 1))
    assert NIBRS["220"].valid_on(date(1995, 1, 1))


def test_a_forecast_of_patrol_classes_is_refused_by_name():
    require_reported([("220", True)])
    with pytest.raises(NotReportedByVictims, match="35A, 520"):
        require_reported([("220", True), ("520", False), ("35A", False)])


def test_a_code_that_its_list_does_not_have_is_refused():
    require_known(Scheme.NIBRS, ["220"])
    with pytest.raises(UnknownClass, match="NIBRS has no class 999"):
        require_known(Scheme.NIBRS, ["220", "999"])


def test_parents_by_bits_are_those_of_h3():
    cell = h3.latlng_to_cell(43.65, -79.38, 11)
    parents = [parent_cell(cell, resolution) for resolution in range(12)]
    assert parents == [h3.cell_to_parent(cell, resolution) for resolution in range(12)]
    assert all(h3.cell_to_parent(finer, index) == coarser for index, (coarser, finer) in enumerate(pairwise(parents)))
