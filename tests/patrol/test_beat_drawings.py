"""A beat drawing's whole life on real records: asked, drawn, compared, handed over, adopted, stopped, tried again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from threading import current_thread
from typing import Any
from uuid import UUID

import pytest
import shapely
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from shapely.geometry import shape
from tests.town import NEIGHBOURHOODS, Town, raised, taken_back

from openbeat.access import Actor, Role
from openbeat.audit.models import Entry
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import Contradiction, NotFound, NotPermitted, ReasonMissing
from openbeat.kernel.ids import new_id
from openbeat.ops import beats_work
from openbeat.patrol.beats import actions, compute, queries
from openbeat.patrol.beats.feed import known_of
from openbeat.patrol.beats.models import Drawing
from openbeat.patrol.beats.rules import TODAY, Asked
from openbeat.patrol.beats.states import State
from openbeat.places import actions as place_actions
from openbeat.places import queries as places
from openbeat.places.rules import Layer
from openbeat.places.shapes import AreaShape
from openbeat.seeing import progress
from openbeat.seeing.scope import scope
from placewise.plan import Stop

CLASSES = {"NIBRS-120": 1.0, "NIBRS-13B": 1.0, "NIBRS-220": 1.0}
ASKED = Asked(
    first=date(2020, 1, 1), last=date(2021, 12, 29), classes=CLASSES, timed=False, count=3, fineness=9,
    tolerance=20.0, seconds=10,
)  # fmt: skip
"""Three beats of cells, as many as the town has neighbourhoods."""


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="module")
def beats(town: Town) -> Any:
    """Today's beats: the neighbourhoods."""
    keys, shapes = places.shapes(town.house, town.areas)
    names = dict(places.areas(town.house, town.areas).values_list("id", "name"))
    areas = [AreaShape(names[key], names[key], one) for key, one in zip(keys, shapes, strict=True)]
    return place_actions.add_areas(
        town.house, town.agency, layer=Layer.BEATS, name="Beats of old", valid_from=date(2015, 1, 1), areas=areas,
        source="old.geojson", at=town.at,
    )  # fmt: skip


@pytest.fixture(scope="module")
def done(town: Town, beats: Any) -> Drawing:
    """Three beats beside today's, as the worker left them."""
    with pytest.MonkeyPatch.context() as quick:
        hurry(quick)
        return work(ask(town, town.actor(Role.COMMANDER), today=beats))


def short(seconds: float) -> Stop:
    """A search that ends by its rounds, whatever else the machine does; the seconds are for a proof that never ends."""
    return Stop(seconds=6 * seconds, rounds=100, workers=1)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """A short search; its threads tell nobody, as they do not see what this test has not committed."""
    patch.setattr(compute, "Stop", short)
    patch.setattr(beats_work, "teller", teller)


def teller(_actor: Actor, thing_id: UUID, agency_id: UUID) -> Callable[[float, str], bool]:
    home = current_thread()

    def tell(share: float, words: str) -> bool:
        return current_thread() is home and progress.tell(thing_id, agency_id, share, words)

    return tell


@pytest.fixture(autouse=True)
def undone(town: Town, done: Drawing, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    hurry(monkeypatch)
    with taken_back():
        yield
    done.refresh_from_db()


@pytest.fixture
def commander(town: Town) -> Actor:
    return town.actor(Role.COMMANDER)


def ask(town: Town, actor: Actor, asked: Asked = ASKED, today: Any = None) -> Drawing:
    return actions.ask_beats(actor, town.areas, title="Three beats", asked=asked, today=today, at=town.at)


def work(found: Drawing) -> Drawing:
    """The worker does it."""
    beats_work.draw_beats(agency_id=str(found.agency_id), drawing_id=str(found.id))
    found.refresh_from_db()
    return found


def plans(found: Drawing) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in (found.result or {})["plans"]}


# --- asked and drawn -------------------------------------------------------------------------------------------------


def test_the_worker_draws_beats_to_choose_from_beside_todays(done: Drawing) -> None:
    assert (done.state, done.failure) == (State.DONE, "")
    found = plans(done)
    assert list(found)[:2] == [TODAY, "quickest"]
    assert {"compact", "familiar"} & set(found)
    keys = sorted(row[0] for row in (done.result or {})["areas"])
    for name, plan in found.items():
        assert sorted(area for beat in plan["beats"] for area in beat["areas"]) == keys, name
        assert [len(plan["beats"]), plan["findings"]] == [3, []]
        total = sum(beat["workload"] for beat in plan["beats"])
        assert plan["mean"] == pytest.approx(total / 3, rel=1e-5)
        assert plan["uneven"] == pytest.approx(
            max(abs(beat["workload"] / plan["mean"] - 1) for beat in plan["beats"]), abs=1e-4
        )
        assert name == TODAY or plan["uneven"] <= 0.2
        assert plan["seconds"] <= plan["p90"]
    assert {beat["name"] for beat in found[TODAY]["beats"]} == set(NEIGHBOURHOODS)
    assert found[TODAY]["moved"] == 0
    assert found["quickest"]["gap"] >= 0
    assert found["quickest"]["seconds"] <= min(one["seconds"] for name, one in found.items() if name != TODAY)
    assert progress.standing(done.id) == progress.NOT_BEGUN
    asked, *rest = Entry.objects.filter(object_id=str(done.id)).order_by("id")
    assert (asked.operation, asked.deed, asked.changes["beats"]) == ("combination", "beats.draw", 3)
    assert {entry.role for entry in rest} == {"service"}


def test_neighbours_differ_in_colour_and_shapes_cover_the_ground(town: Town, done: Drawing) -> None:
    ground = places.ground(town.house, town.areas)
    for plan in plans(done).values():
        drawn = {beat["name"]: shape(beat["shape"]) for beat in plan["beats"]}
        assert sum(one.area for one in drawn.values()) == pytest.approx(ground.area, rel=0.03)
        colours = {beat["name"]: beat["colour"] for beat in plan["beats"]}
        for (one, ground_of), (other, beside) in combinations(drawn.items(), 2):
            if ground_of.buffer(1e-5).intersection(beside).length > 1e-3:
                assert colours[one] != colours[other]
        for beat in plan["beats"]:
            assert drawn[beat["name"]].buffer(1e-4).contains(shapely.Point(beat["label"]))


def test_the_work_is_the_periods_incidents_of_the_classes_chosen(town: Town, commander: Actor) -> None:
    found = ask(town, commander)
    known = known_of(town.house, found, ASKED)
    filters = incidents.Filters(classes=tuple(CLASSES), first=ASKED.first, last=ASKED.last)
    assert len(known.lon) == pytest.approx(incidents.total(commander, filters), rel=0.02)
    assert set(known.work.tolist()) == {1.0}
    assert known.today == {}
    timed = replace(ASKED, timed=True, classes={"NIBRS-120": 40.0, "NIBRS-220": 30.0})
    assert set(known_of(town.house, found, timed).work.tolist()) == {40.0, 30.0}


def test_small_areas_are_those_of_the_set_or_cells_told_by_them(town: Town, commander: Actor) -> None:
    found = ask(town, commander)
    cells = queries.small_areas(commander, found)
    assert {title.rpartition(" · ")[0] for title in cells.titles} <= {"", *NEIGHBOURHOODS}
    assert any(title.startswith("Moss Park · ") for title in cells.titles)
    assert len(set(cells.titles)) == len(cells.keys)
    found.asked["fineness"] = 0
    assert set(queries.small_areas(commander, found).titles) == set(NEIGHBOURHOODS)


def test_minutes_of_work_weigh_more_than_counts(town: Town, commander: Actor) -> None:
    timed = replace(ASKED, timed=True, classes=dict.fromkeys(CLASSES, 60.0))
    result = work(ask(town, commander, timed)).result or {}
    counted = sum(row[2] for row in result["areas"])
    assert counted == pytest.approx(60.0 * (result["counted"] - result["outside"]), rel=1e-4)
    assert [one["moved"] for one in result["plans"]] == [None] * len(result["plans"])
    assert "familiar" not in {one["name"] for one in result["plans"]}


def test_one_small_area_with_too_much_work_fails_in_words_and_may_be_tried_again(town: Town, commander: Actor) -> None:
    found = work(ask(town, commander, replace(ASKED, count=20, tolerance=3.0)))
    assert found.state == State.FAILED
    assert "more work than a whole beat may have" in found.failure
    again = actions.retry_beats(commander, found)
    assert (again.state, again.failure, again.finished_at) == (State.QUEUED, "", None)


def test_days_without_incidents_fail_in_words(town: Town, commander: Actor) -> None:
    for year in (2012, 2023):
        nothing = replace(ASKED, first=date(year, 1, 1), last=date(year, 12, 30))
        found = work(ask(town, commander, nothing))
        assert found.failure == f"there is no incident of these classes from {year}-01-01 to {year}-12-30"


def test_too_few_areas_are_refused_before_anything_is_queued(town: Town, commander: Actor) -> None:
    with pytest.raises(Contradiction, match="3 beats of 3 small areas leave nothing to choose"):
        ask(town, commander, replace(ASKED, fineness=0))
    assert Drawing.objects.count() == 1


def test_beats_are_compared_with_those_of_the_same_agency(town: Town, commander: Actor, beats: Any) -> None:
    far = replace_agency(beats, town.far.pk)
    with pytest.raises(Contradiction, match="of the same agency"):
        ask(town, commander, today=far)


def replace_agency(area_set: Any, agency_id: Any) -> Any:
    """The set as if it were another agency's."""
    area_set = type(area_set).objects.get(pk=area_set.pk)
    area_set.agency_id = agency_id
    return area_set


def test_what_is_done_is_not_done_again(done: Drawing) -> None:
    before = done.finished_at
    assert work(done).finished_at == before


def test_one_that_is_stopped_keeps_what_was_asked_alone(
    town: Town, commander: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ask(town, commander)
    actions.cancel_beats(commander, found, at=town.at)
    assert work(found).state == State.CANCELLED
    meanwhile = ask(town, commander)
    drawn = beats_work._drawn

    def stopped(actor: Actor, found: Drawing) -> dict[str, Any]:
        actions.cancel_beats(commander, queries.drawing(actor, found.id), at=town.at)
        assert progress.standing(found.id).stop_asked
        return drawn(actor, found)

    monkeypatch.setattr(beats_work, "_drawn", stopped)
    assert work(meanwhile).state == State.CANCELLED
    assert meanwhile.result is None


@pytest.mark.parametrize("after", [0, 2, 6])
def test_the_drawing_stops_at_its_next_step(town: Town, commander: Actor, after: int) -> None:
    known = known_of(town.house, ask(town, commander), ASKED)
    told: list[str] = []

    def tell(_share: float, words: str) -> bool:
        told.append(words)
        return len(told) > after

    with pytest.raises(compute.DrawingStopped):
        compute.computed(known, ASKED, places.travel_times(commander, town.agency.pk), tell)
    assert len(told) > after


def test_given_up_work_says_so(town: Town, commander: Actor, done: Drawing) -> None:
    found = ask(town, commander)
    beats_work._fail_beats(town.house, "its worker ended 3 times", str(found.id))
    beats_work._fail_beats(town.house, "too late", str(done.id))
    found.refresh_from_db()
    done.refresh_from_db()
    assert (found.state, found.failure, done.state) == (State.FAILED, "its worker ended 3 times", State.DONE)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"result": None}, "beats_drawn_have_their_result"),
        ({"state": State.RUNNING}, "beats_result_only_if_drawn"),
        ({"state": State.FAILED, "result": None}, "beats_failed_with_words"),
        ({"state": State.ADOPTED}, "beats_adopted_with_reason"),
    ],
)
def test_the_database_keeps_what_must_be_true(done: Drawing, changed: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Drawing.objects.filter(pk=done.pk).update(**changed)


# --- adopted and handed over -----------------------------------------------------------------------------------------


def adopt(town: Town, actor: Actor, done: Drawing, **changed: Any) -> Drawing:
    told = {
        "plan": "quickest", "name": "New beats", "valid_from": date(2022, 3, 1), "names": {}, "reason": "more even",
    }  # fmt: skip
    return actions.adopt_beats(actor, done, **(told | changed), at=town.at)


def test_adopted_beats_are_the_agencys_from_their_day_on(town: Town, commander: Actor, done: Drawing) -> None:
    first, *_ = plans(done)["quickest"]["beats"]
    found = adopt(town, commander, done, names={first["name"]: "Harbour"})
    assert (found.state, found.adopted_plan, found.adopted_why) == (State.ADOPTED, "quickest", "more even")
    made = found.adopted
    assert made is not None
    assert (made.layer, made.name, made.count, made.author_id) == ("beats", "New beats", 3, commander.person_id)
    names = set(places.areas(commander, made).values_list("name", flat=True))
    assert names == {"Harbour"} | {beat["name"] for beat in plans(done)["quickest"]["beats"][1:]}
    ground = places.ground(commander, town.areas)
    assert places.ground(commander, made).symmetric_difference(ground).area / ground.area < 1e-3
    for day, name in ((date(2022, 2, 28), "Beats of old"), (date(2022, 3, 1), "New beats")):
        assert places.area_sets_in_force(commander, town.agency.pk, day)["beats"].name == name
    entries = Entry.objects.filter(deed="beats.adopt", reason="more even", actor_id=commander.person_id)
    assert {entry.object_type for entry in entries} == {"Drawing", "AreaSet"}


def test_one_alternative_is_adopted_at_a_time_and_again_after_it_was_withdrawn(
    town: Town, commander: Actor, done: Drawing
) -> None:
    found = adopt(town, commander, done)
    with pytest.raises(Contradiction, match="adopted already"):
        adopt(town, commander, found, valid_from=date(2022, 4, 1))
    place_actions.withdraw_areas(town.actor(Role.ANALYST), found.adopted, reason="too many changes", at=town.at)
    other = next(name for name in plans(done) if name not in {TODAY, "quickest"})
    again = adopt(town, commander, queries.drawing(commander, found.id), plan=other, name="Newer beats")
    assert (again.adopted_plan, again.adopted.name if again.adopted else "") == (other, "Newer beats")


@pytest.mark.parametrize(
    ("changed", "refusal", "words"),
    [
        ({"plan": TODAY}, Contradiction, "these are today's beats"),
        ({"plan": "cheapest"}, NotFound, "no such alternative"),
        ({"reason": " "}, Contradiction, "say why"),
        ({"valid_from": date(2015, 1, 1)}, Contradiction, "there are beats from 2015-01-01 already"),
        ({"names": dict.fromkeys(NEIGHBOURHOODS, "Same")}, Contradiction, "two beats are called Same"),
    ],
)
def test_what_cannot_be_adopted_changes_nothing(
    town: Town, commander: Actor, done: Drawing, changed: dict[str, Any], refusal: type[Exception], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        adopt(town, commander, done, **changed)
    done.refresh_from_db()
    assert (done.state, done.adopted) == (State.DONE, None)


def test_beats_that_break_a_promise_are_not_adopted_and_it_is_said(town: Town, commander: Actor, done: Drawing) -> None:
    result = dict(done.result or {})
    broken = {"name": "in_pieces", "says": "2 areas apart from its middle", "beat": "1", "area": "x"}
    result["plans"] = [one | {"findings": [broken] if one["name"] == "quickest" else []} for one in result["plans"]]
    Drawing.objects.filter(pk=done.pk).update(result=result)
    found = queries.drawing(commander, done.id)
    with pytest.raises(Contradiction, match="do not keep every promise"):
        adopt(town, commander, found)
    page = town.client(Role.COMMANDER).get(reverse("beats_drawing", args=[done.id])).content.decode()
    assert "Not all held" in page
    assert "a beat in more than one piece" in page


def test_an_unfinished_drawing_has_no_alternative(town: Town, commander: Actor) -> None:
    with pytest.raises(NotFound, match="no such alternative"):
        queries.plan_of(commander, ask(town, commander), "quickest")


def test_a_table_and_the_ground_are_handed_over_with_a_reason(town: Town, commander: Actor, done: Drawing) -> None:
    given = {"plan": "quickest", "reason": "for the council", "basis": "task"}
    beats = plans(done)["quickest"]["beats"]
    rows = list(csv.DictReader(io.StringIO(actions.export_beats(commander, done, kind="csv", **given).decode())))
    assert [row["beat"] for row in rows] == [beat["name"] for beat in beats]
    assert [float(row["workload"]) for row in rows] == [beat["workload"] for beat in beats]
    assert sum(float(row["of_the_mean"]) for row in rows) == pytest.approx(3, abs=1e-3)
    told = json.loads(actions.export_beats(commander, done, kind="geojson", **given))
    assert [one["properties"]["beat"] for one in told["features"]] == [beat["name"] for beat in beats]
    ground = places.ground(commander, town.areas)
    assert sum(shape(one["geometry"]).area for one in told["features"]) == pytest.approx(ground.area, rel=1e-3)
    entry = Entry.objects.filter(operation="disclosure", object_id=str(done.id)).latest("id")
    assert (entry.reason, entry.changes["beats"], len(entry.changes["sha256"])) == ("for the council", 3, 64)
    with pytest.raises(ReasonMissing):
        actions.export_beats(commander, done, kind="csv", plan="quickest", reason="", basis="")
    with pytest.raises(Contradiction, match="CSV or GeoJSON"):
        actions.export_beats(commander, done, kind="pdf", **given)


# --- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.COMMANDER, Role.ANALYST])
def test_a_friend_asks_and_sees(town: Town, role: Role, done: Drawing) -> None:
    actor = town.actor(role)
    found = ask(town, actor)
    assert set(queries.drawings(actor)) == {found, done}
    assert queries.asked_of(actor, queries.drawing(actor, done.id)) == ASKED


def test_an_overseer_sees_and_does_nothing(town: Town, done: Drawing) -> None:
    overseer = town.actor(Role.OVERSEER)
    assert queries.drawing(overseer, done.id) == done
    with pytest.raises(NotPermitted):
        ask(town, overseer)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OVERSEER, Role.OFFICER])
def test_only_a_commander_adopts(town: Town, role: Role, done: Drawing) -> None:
    with pytest.raises(NotPermitted):
        adopt(town, town.actor(role), done)
    areas = [AreaShape("1", "1", shape(plans(done)["quickest"]["beats"][0]["shape"]))]
    with pytest.raises(NotPermitted):
        place_actions.adopt_beats(
            town.actor(role), town.agency, name="Mine", valid_from=date(2022, 5, 1), areas=areas, source="",
            attribution="", reason="mine", at=town.at,
        )  # fmt: skip


@pytest.mark.parametrize("role", [Role.OFFICER, Role.DISPATCHER, Role.PARTNER, Role.ADMINISTRATOR])
def test_a_colleague_without_the_right_does_neither(town: Town, role: Role, done: Drawing) -> None:
    actor = town.actor(role) if role is not Role.ADMINISTRATOR else town.stranger(role)
    with pytest.raises(NotFound):
        queries.drawing(actor, done.id)
    with pytest.raises(NotPermitted):
        ask(town, actor)


def test_a_stranger_does_nothing_and_the_database_shows_no_row(town: Town, done: Drawing) -> None:
    stranger = town.stranger(Role.COMMANDER)
    with pytest.raises(NotFound):
        queries.drawing(stranger, done.id)
    with pytest.raises(NotPermitted):
        ask(town, stranger)
    with pytest.raises(NotPermitted):
        adopt(town, stranger, done)
    for deed in (actions.retry_beats, actions.begin_beats):
        with pytest.raises(NotPermitted):
            deed(stranger, done)
    with scope(stranger), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE openbeat_app")
        cursor.execute("SELECT count(*) FROM beats_drawing")
        assert cursor.fetchone() == (0,)
        cursor.execute("RESET ROLE")


# --- pages -----------------------------------------------------------------------------------------------------------


def form(town: Town, **changed: object) -> dict[str, object]:
    """The form as it is sent, with what is changed."""
    minutes = {f"minutes_{key}": 30 for key in CLASSES}
    told: dict[str, object] = {
        "title": "", "area_set": town.areas.id, "fineness": 9, "count": 3, "tolerance": 20, "today": "none",
        "first": "2020-01-01", "last": "2021-12-29", "work": "incidents", "classes": list(CLASSES), "seconds": 10,
        "seed": 1,
    }  # fmt: skip
    return {**told, **minutes, **changed}


def test_the_form_begins_with_todays_beats_and_two_years(town: Town) -> None:
    page = town.client(Role.COMMANDER).get(reverse("beats_ask")).content.decode()
    assert re.search(r'name="count" value="3"', page)
    assert re.search(r'name="first" value="2020-01-0\d"', page)
    assert "Beats of old" in page
    assert "No streets yet" in page
    assert page.count('type="checkbox" name="classes"') == page.count("checked") - 2


def test_beats_are_asked_on_the_page_and_copied(town: Town, beats: Any) -> None:
    client = town.client(Role.COMMANDER)
    answer = client.post(reverse("beats_ask"), form(town, today=beats.id, work="minutes"))
    assert answer.status_code == 302, answer.content.decode()
    found = Drawing.objects.get(title=f"3 beats of {town.areas.name}")
    assert (found.asked["timed"], found.asked["classes"], found.today) == (True, dict.fromkeys(CLASSES, 30.0), beats)
    copy = client.get(f"{reverse('beats_ask')}?from={found.id}").content.decode()
    assert re.search(r'name="tolerance" value="20', copy)
    assert re.search(r'name="minutes_NIBRS-120" value="30', copy)
    assert re.search(r'value="minutes"[^>]*checked', copy)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"count": 60}, "60 beats of"),
        ({"fineness": 0}, "3 beats of 3 small areas leave nothing to choose"),
        ({"first": "2012-01-01", "last": "2012-12-30"}, "There is no incident of these classes in these days"),
        ({"work": "minutes", "minutes_NIBRS-120": ""}, "Say how many minutes an incident of this class takes"),
        ({"classes": []}, "This field is required"),
        ({"last": "2020-01-05"}, "the workload is that of 28 to 1830 days, not 5"),
        ({"seconds": 900}, "less than or equal to 300"),
    ],
)
def test_what_cannot_be_drawn_is_said_at_the_form(town: Town, changed: dict[str, object], words: str) -> None:
    answer = town.client(Role.COMMANDER).post(reverse("beats_ask"), form(town, **changed))
    assert answer.status_code == 422
    assert words.lower() in answer.content.decode().lower()


def test_the_page_shows_alternatives_and_keeps_the_choice_in_its_address(town: Town, done: Drawing) -> None:
    client, address = town.client(Role.COMMANDER), reverse("beats_drawing", args=[done.id])
    page = client.get(address).content.decode()
    assert re.search(r"<h1[^>]*>Quickest, 3 beats: [\d.]+ minutes to the work on average, today [\d.]+ with 3;", page)
    for words in ("Side by side", "All held", "Each beat is one piece.", "Adopt…", "Copy and change", "great circle"):
        assert words in page
    for plan in plans(done):
        other = client.get(address, {"plan": plan}).content.decode()
        assert re.search(rf'href="\?plan={plan}#beats" aria-current="page"', other)
        for beat in plans(done)[plan]["beats"]:
            assert beat["name"] in other
    today = client.get(address, {"plan": TODAY}).content.decode()
    assert "<h1>Today, 3 beats: " in re.sub(r"<h1[^>]*>", "<h1>", today)
    assert "Adopt…" not in today
    compact = client.get(address, {"plan": "compact"}).content.decode()
    assert "What changes hands" in compact


def test_beats_are_adopted_in_two_steps_on_the_page(town: Town, done: Drawing) -> None:
    client, address = town.client(Role.COMMANDER), f"{reverse('beats_adopt', args=[done.id])}?plan=quickest"
    page = client.get(address).content.decode()
    assert page.count("is called") == 3
    assert 'value="2022-01-29"' in page
    given = {"name": "New beats", "valid_from": "2022-03-01", "reason": "more even", "beat_0": "Harbour"}
    given |= {f"beat_{i}": f"B{i}" for i in (1, 2)}
    assert client.post(address, given | {"reason": ""}).status_code == 422
    twice = client.post(address, given | {"beat_1": "Harbour"})
    assert twice.status_code == 422
    assert "two beats are called Harbour" in twice.content.decode().lower().replace("harbour", "Harbour")
    told = client.post(address, given, follow=True).content.decode()
    for words in ("The beats are adopted. They hold from", "more even", "Try «New beats» in What if"):
        assert words in told, words
    link = re.search(r'href="(/what-if/new/\?beats=([^"]+))"', told)
    assert link
    form = client.get(link[1]).content.decode()
    assert re.search(rf'<select name="a_beats".*?<option value="{link[2]}" selected', form, re.DOTALL)
    assert "Adopt…" not in told


def test_files_are_handed_over_on_the_page(town: Town, done: Drawing) -> None:
    client, address = town.client(Role.COMMANDER), f"{reverse('beats_export', args=[done.id])}?plan=quickest"
    given = {"reason": "for the council", "legal_basis": "task"}
    for kind, begins in (("csv", b"beat,small_areas"), ("geojson", b'{"type": "FeatureCollection"')):
        answer = client.post(address, given | {"kind": kind})
        assert answer.headers["Content-Disposition"] == f'attachment; filename="beats-quickest.{kind}"'
        assert answer.content.startswith(begins)
    refused = client.post(address, {"kind": "csv"}, follow=True).content.decode()
    assert "reason and a legal basis" in refused


def test_a_colleague_opens_the_address_and_a_stranger_does_not(town: Town, done: Drawing) -> None:
    address, adopting = reverse("beats_drawing", args=[done.id]), reverse("beats_adopt", args=[done.id])
    analyst = town.client(Role.ANALYST).get(address).content.decode()
    assert "Adopt…" not in analyst
    assert "Copy and change" in analyst
    overseer = town.client(Role.OVERSEER).get(address).content.decode()
    assert "Copy and change" not in overseer
    assert town.client(Role.ANALYST).get(f"{adopting}?plan=quickest").status_code == 403
    assert town.strangers_client(Role.COMMANDER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(address).status_code == 404
    assert town.client(Role.OFFICER).get(reverse("beats_ask")).status_code == 403


def test_deeds_on_the_page(town: Town, commander: Actor) -> None:
    client, found = town.client(Role.COMMANDER), ask(town, commander)
    assert client.get(reverse("beats_progress", args=[found.id])).status_code == 200
    assert "Beats are being drawn" in client.get(reverse("home")).content.decode()
    client.post(reverse("beats_cancel", args=[found.id]))
    assert "This drawing was stopped" in client.get(reverse("beats_drawing", args=[found.id])).content.decode()
    assert client.get(reverse("beats_progress", args=[found.id])).headers["HX-Refresh"] == "true"
    again = client.post(reverse("beats_cancel", args=[found.id]), follow=True).content.decode()
    assert "cannot become" in again
    broken = work(ask(town, commander, replace(ASKED, first=date(2012, 1, 1), last=date(2012, 12, 30))))
    address = reverse("beats_drawing", args=[broken.id])
    assert "No beats could be drawn" in client.get(address).content.decode()
    assert "Could not be drawn" in client.get(reverse("home")).content.decode()
    retried = client.post(reverse("beats_retry", args=[broken.id]), follow=True).content.decode()
    assert "Waiting for the worker" in retried


def test_the_list_tells_what_was_asked_and_what_will_be_here(town: Town, done: Drawing) -> None:
    page = town.client(Role.COMMANDER).get(reverse("beats")).content.decode()
    assert "Three beats" in page
    assert "Beats are drawn; see them" in town.client(Role.COMMANDER).get(reverse("home")).content.decode()
    assert "Draw beats" in page
    far = town.strangers_client(Role.ANALYST).get(reverse("beats")).content.decode()
    assert "No beats drawn yet" in far
    missing = town.client(Role.COMMANDER).get(reverse("beats_drawing", args=[new_id()]))
    assert missing.status_code == 404
    empty = town.strangers_client(Role.COMMANDER).get(reverse("beats_ask")).content.decode()
    assert "No incidents yet" in empty
    assert done.made_at - town.at < timedelta(days=1)
