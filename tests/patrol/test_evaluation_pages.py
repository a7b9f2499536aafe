"""Before and after on its page: real records of a small town, the finding in words, refusals, who may look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import h3
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from shapely.geometry import box
from tests.town import Town, raised, taken_back

from openbeat.access import Role
from openbeat.forecast.models import Run
from openbeat.incidents.models import OffenceClass
from openbeat.kernel.errors import Contradiction
from openbeat.patrol import evaluation
from openbeat.patrol.evaluation import Question, evaluated
from openbeat.patrol.models import Plan, Visit
from openbeat.places import queries as places
from openbeat.places.models import Area
from openbeat.web import evaluation_board as board
from placewise.evaluate.before_after import BeforeAfter, Displacement, Placebo, Prevented, Ratio, Weeks
from placewise.space import Cells

BURGLARY = "NIBRS-220"
START = date(2021, 3, 1)


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with django_db_blocker.unblock(), raised(folder) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(town: Town) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def moss_park(town: Town) -> Area:
    return Area.objects.get(name="Moss Park")


def question(town: Town, **told: object) -> Question:
    burglary = (OffenceClass.objects.get(pk=BURGLARY),)
    return replace(Question(burglary, town.areas, START, before=26, after=26, ring=300), **told)


def address(**told: object) -> str:
    asked = {"offence": BURGLARY, "start": START.isoformat(), "ring": "300"} | told
    return reverse("evaluation") + "?" + "&".join(f"{key}={value}" for key, value in asked.items())


# --- the question ----------------------------------------------------------------------------------------------------


def test_an_area_is_compared_with_the_rest(town: Town, moss_park: Area) -> None:
    told = evaluated(town.actor(Role.ANALYST), town.agency, question(town, areas=(moss_park.pk,)))
    result = told.result
    assert (result.start, result.weeks_before, result.weeks_after) == ("2021-03-01", 26, 26)
    assert 0 < result.effect.low < result.effect.value < result.effect.high
    assert [one.years_back for one in result.placebos] == [1, 2]  # records since September 2018
    assert result.km2["treated"] == pytest.approx(moss_park.km2, rel=0.15)
    assert (told.resolution, told.visits) == (9, 0)


def test_areas_to_compare_with_may_be_named(town: Town, moss_park: Area) -> None:
    bay = Area.objects.get(name="Bay Street Corridor")
    asked = question(town, areas=(moss_park.pk,), against=(bay.pk,), ring=0)
    told = evaluated(town.actor(Role.ANALYST), town.agency, asked).result
    assert told.cells["ring"] == 0
    assert told.displacement is None
    assert told.km2["comparison"] == pytest.approx(bay.km2, rel=0.15)


def visit(town: Town, place: str, plan: Plan) -> Visit:
    return Visit.objects.create(
        agency=town.agency, plan=plan, unit_name="U01", place=place, cell=int(place, 16), minutes=12,
        arrived_at=datetime(2021, 4, 1, 22, Visit.objects.count(), tzinfo=UTC), recorded_at=town.at,
    )  # fmt: skip


@pytest.fixture
def plan(town: Town) -> Plan:
    run = Run.objects.create(
        agency=town.agency, title="x", area_set=town.areas, data_until=START, starts=START, ends=date(2021, 3, 8),
        resolution=9, estimator="ewma", made_at=town.at,
    )  # fmt: skip
    at = datetime(2021, 4, 1, 22, tzinfo=UTC)
    return Plan.objects.create(
        agency=town.agency, forecast=run, title="x", made_at=town.at, starts=at, ends=at.replace(hour=23), seed=1,
        settings={},
    )  # fmt: skip


def test_without_areas_the_places_visited_are_taken(town: Town, plan: Plan) -> None:
    actor = town.actor(Role.COMMANDER)
    with pytest.raises(Contradiction, match="no place was visited"):
        evaluated(actor, town.agency, question(town))
    cells = evaluation.cells_of(actor, town.areas, 9)
    for name in cells.names[:8]:
        visit(town, name, plan)
    told = evaluated(actor, town.agency, question(town))
    assert (told.visits, told.shifts, told.resolution, told.result.cells["treated"]) == (8, 1, 9, 8)


def test_places_of_other_sizes_count_by_the_cells_they_share() -> None:

    ten = Cells.h3(box(-79.40, 43.64, -79.36, 43.67), 10)
    nine = h3.latlng_to_cell(43.655, -79.38, 9)
    assert evaluation._cells(ten, {nine}, 10).sum() == 7
    fine = h3.cell_to_children(ten.names[0], 11)
    assert np.flatnonzero(evaluation._cells(ten, set(fine), 10)).tolist() == [0]
    assert [evaluation._resolution(one) for one in (set(), {nine}, set(fine), set(ten.names))] == [9, 9, 10, 10]


def test_only_what_victims_report_is_compared(town: Town, moss_park: Area) -> None:
    drugs = (OffenceClass.objects.get(pk="NIBRS-35A"),)
    with pytest.raises(Contradiction, match="report"):
        evaluated(town.actor(Role.ANALYST), town.agency, question(town, classes=drugs, areas=(moss_park.pk,)))


def test_what_the_records_do_not_cover_is_refused(town: Town, moss_park: Area) -> None:
    analyst, here = town.actor(Role.ANALYST), (moss_park.pk,)
    for told in ({"start": date(2018, 10, 1)}, {"start": date(2021, 12, 1)}):
        with pytest.raises(Contradiction, match="records cover"):
            evaluated(analyst, town.agency, question(town, areas=here, **told))
    everywhere = tuple(Area.objects.values_list("pk", flat=True))
    with pytest.raises(Contradiction, match="no place is left"):
        evaluated(analyst, town.agency, question(town, areas=everywhere))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("placewise.evaluate.before_after.LEAST_INCIDENTS", 10**6)
        with pytest.raises(Contradiction, match="fewer than 10 incidents"):
            evaluated(analyst, town.agency, question(town, areas=here))
    arson = (OffenceClass.objects.get(pk="NIBRS-200"),)
    with pytest.raises(Contradiction, match="no incident of these classes"):
        evaluated(analyst, town.agency, question(town, classes=arson, areas=here))


def test_the_cells_of_a_few_sets_are_remembered(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_KNOWN", {(number, 9): None for number in range(evaluation.MOST_KNOWN)})
    one = evaluation.cells_of(town.house, town.areas, 9)
    assert evaluation.cells_of(town.house, town.areas, 9) is one
    assert len(evaluation._KNOWN) == 1
    assert places.area_set(town.house, town.areas.pk) == town.areas


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_address_is_the_question_and_the_page_the_answer(town: Town, moss_park: Area) -> None:
    client = town.client(Role.COMMANDER)
    assert "Choose what to compare" in client.get(reverse("evaluation")).content.decode()
    answer = client.get(address(areas=moss_park.pk))
    text = answer.content.decode()
    assert answer.status_code == 200
    for words in ("more than in comparison places; 95 % interval", "What it can", "Placebo", "Moss Park"):
        assert words in text, words
    told = evaluated(town.actor(Role.COMMANDER), town.agency, question(town, areas=(moss_park.pk,))).result
    assert answer.context["answer"].result.to_dict() == told.to_dict()
    chart = answer.context["chart"]
    assert [len(series.values) for series in chart.series] == [52, 52, 52]
    assert sum(one or 0 for series in chart.series[:2] for one in series.values) == told.weeks.treated.sum()


def test_the_map_shows_the_three_sets_and_its_table_says_the_same(town: Town, moss_park: Area) -> None:
    answer = town.client(Role.COMMANDER).get(address(areas=moss_park.pk, ring=400))
    told, drawn, twin = answer.context["answer"], answer.context["map"], answer.context["zones"]
    assert [style for style, _words in drawn.swatches] == ["zone-treated", "zone-ring", "zone-comparison"]
    assert [one["kind"] for one in drawn.data] == ["comparison", "ring", "treated"]  # what was treated lies on top
    west, south, east, north = drawn.bounds
    words = {}
    for one in drawn.data:
        at = h3.latlng_to_cell(one["at"][1], one["at"][0], told.resolution)
        assert getattr(told.zones, one["kind"])[told.cells.names.index(at)]
        near = west < one["at"][0] < east and south < one["at"][1] < north
        assert near or one["kind"] == "comparison"
        words[one["kind"]] = one["detail"]
    for name, part in told.zones.named():
        before, after = told.result.weeks.sums(name)
        assert (told.before[part].sum(), told.after[part].sum()) == (before, after)
        assert words[name] == f"{before:.0f} incidents before, {after:.0f} after · {part.sum()} cells"
        lines = [row.cells for row in twin.rows if row.cells[0] == str(board.ZONES[name])]
        assert [sum(int(str(cells[i])) for cells in lines) for i in (2, 3, 4)] == [part.sum(), before, after]
    assert "Moss Park" in [row.cells[1] for row in twin.rows]


def test_without_a_ring_the_map_has_none(town: Town, moss_park: Area) -> None:
    for metres, words in ((0, "none"), (100, "100 metres reach no other cell")):
        answer = town.client(Role.COMMANDER).get(address(areas=moss_park.pk, ring=metres))
        assert [one["kind"] for one in answer.context["map"].data] == ["comparison", "treated"]
        assert words in dict(answer.context["facts"])["Ring"]


def test_nothing_chosen_says_what_that_means(town: Town) -> None:
    client = town.client(Role.COMMANDER)
    text = client.get(reverse("evaluation")).content.decode()
    for words in ("Choose…", "Places visited", "All others"):
        assert words in text
    assert "Choose one offence at least" not in text
    assert "Choose one offence at least" in client.get(reverse("evaluation") + "?before=26").content.decode()
    assert "Select a valid choice" in client.get(address(offence="NIBRS-35A")).content.decode()


@pytest.mark.parametrize(
    ("told", "status"),
    [({"offence": "NIBRS-35A"}, 200), ({"start": "soon"}, 200), ({"before": "1"}, 200), ({"areas": "x"}, 200),
     ({"start": "2018-10-01"}, 422)],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(town: Town, moss_park: Area, told: dict[str, str], status: int) -> None:
    answer = town.client(Role.ANALYST).get(address(**{"areas": moss_park.pk} | told))
    assert answer.status_code == status
    assert "answer" not in answer.context
    if status == 422:
        assert "records cover" in answer.context["refused"]
    else:
        assert answer.context["form"].errors


def test_who_may_look(town: Town, moss_park: Area) -> None:
    here = address(areas=moss_park.pk)
    for role, status in ((Role.ANALYST, 200), (Role.COMMANDER, 200), (Role.OFFICER, 403), (Role.OVERSEER, 403)):
        assert town.client(role).get(here).status_code == status
    stranger = town.strangers_client(Role.ANALYST).get(here)
    assert "answer" not in stranger.context
    assert Client().get(here).status_code == 302


# --- the words -------------------------------------------------------------------------------------------------------


def result(
    effect: Ratio,
    placebos: tuple[Placebo, ...] = (),
    overlap: float = 1.0,
    moved: Displacement | None = None,
    years: Ratio | None = None,
) -> BeforeAfter:
    counts = np.array([5.0, 5, 4, 4])
    return BeforeAfter(
        "2021-03-01", 2, 2, ("a", "b", "c", "d"), Weeks(counts, counts, counts, 2), {}, {}, effect,
        Prevented(1, 0, 2), moved, overlap, placebos, years, 1,
    )  # fmt: skip


def ratio(value: float, low: float, high: float) -> Ratio:
    return Ratio(value, low, high, 1.0, 0.0, 0.1, 0.5)


def placebo(chosen: Ratio | None) -> Placebo:
    return Placebo(1, "2020-03-02", None, chosen)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            result(ratio(0.88, 0.76, 1.03)),
            "fell by 12 % more than in comparison places; 95 % interval −24 % to +3 %: chance can't be ruled out",
        ),
        (
            result(ratio(1.2, 1.1, 1.3)),
            "rose by 20 % more than in comparison places; 95 % interval +10 % to +30 %: more than chance explains",
        ),
        (result(ratio(0.7, 0.6, 0.8)), "−40 % to −20 %: more than chance explains"),
        (
            result(ratio(0.7, 0.6, 0.8), (placebo(ratio(0.72, 0.6, 0.9)),)),
            "places chosen like these do so with nothing done",
        ),
        (result(ratio(0.4, 0.3, 0.5), (placebo(ratio(0.72, 0.6, 0.9)),)), "more than chance explains"),
        (result(ratio(0.7, 0.6, 0.8), (placebo(ratio(0.72, 0.6, 0.9)),), overlap=0.1), "more than chance explains"),
        (result(ratio(0.7, 0.6, 0.8), (placebo(None),)), "more than chance explains"),
        (result(ratio(1.5, 1.1, 2), years=ratio(1.2, 0.9, 1.6)), "these places may do so at this time of every year"),
        (result(ratio(1.5, 1.1, 2), years=ratio(1.4, 1.1, 1.8)), "more than chance explains"),
    ],
)
def test_the_finding_is_one_sentence(told: BeforeAfter, words: str) -> None:
    class Asked:
        classes = (type("Class", (), {"name": "Burglary"}),)

    assert words in board.finding(Asked, told)  # type: ignore[arg-type]


def test_figures_without_a_ring_or_a_quotient_say_so() -> None:
    assert len(board.stats(result(ratio(1, 0.9, 1.1)))) == 2
    told = board.stats(result(ratio(1, 0.9, 1.1), moved=Displacement(None, None, None, ratio(1, 0.9, 1.1))))
    assert [one["value"] for one in told][3] == "–"
    told = board.stats(result(ratio(1, 0.9, 1.1), moved=Displacement(-0.5, -1.2, 0.3, ratio(1, 0.9, 1.1))))
    assert (told[3]["value"], told[3]["interval"]) == ("−0.50", "−1.2 … 0.3")
    assert board.regression(result(ratio(1, 0.9, 1.1))) == ""
    assert board.regression(result(ratio(1.2, 0.9, 1.4), (placebo(ratio(0.7, 0.6, 0.8)),))) == ""
    assert "changed by −30 % to −30 %" in board.regression(result(ratio(1, 0.9, 1.1), (placebo(ratio(0.7, 0.6, 0.8)),)))
    fewer = replace(result(ratio(1.2, 0.9, 1.4)), prevented=Prevented(-96, -153, -39))
    assert (board.stats(fewer)[1]["label"], board.stats(fewer)[1]["interval"]) == (
        "More incidents than expected",
        "39 … 153",
    )


@pytest.mark.parametrize(("p", "words"), [(0.0001, "< 0.001"), (0.0346, "0.035"), (1.0, "1.000")])
def test_a_p_is_never_told_as_nothing(p: float, words: str) -> None:
    table = board.estimates(result(replace(ratio(0.5, 0.4, 0.6), p=p)))
    assert table.rows[0].cells[-1] == words
