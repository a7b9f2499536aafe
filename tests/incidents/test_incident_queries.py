"""Questions about incidents: filters, pages, counts, cells, the arrays for forecasts; and what the database refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import polars as pl
import pytest
from django.db import IntegrityError, connection, transaction

from openbeat.access import Actor, Holding, Role
from openbeat.accounts.models import Agency
from openbeat.incidents import queries
from openbeat.incidents.loading import Loader, Naming, Papers
from openbeat.incidents.models import Incident, OffenceClass
from openbeat.incidents.queries import Filters
from openbeat.incidents.rules import NotReportedByVictims
from openbeat.intake.normalise import CANONICAL
from openbeat.kernel.errors import Contradiction, NotFound
from openbeat.kernel.ids import new_id
from openbeat.seeing.scope import scope

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, tzinfo=UTC)
ZONE = ZoneInfo("America/Toronto")
HERE = (-79.38, 43.65)


@pytest.fixture
def agency() -> Agency:
    return Agency.objects.create(name="North", slug=f"north-{new_id()}", zone=ZONE.key)


@pytest.fixture
def analyst(agency: Agency) -> Iterator[Actor]:
    actor = Actor(None, agency.id, (Holding(Role.ANALYST, agency.id, None, frozenset({agency.id})),))
    with scope(actor):
        yield actor


def load(agency: Agency, rows: list[dict], *, precision: str = "minute", source: str = "rms") -> None:
    naming = Naming(source, source.upper(), "", "", {"B": "220", "N": "35A"}, {}, frozenset(), "NIBRS", precision)
    loader = Loader(agency, naming, Papers("a.csv", "0" * 64, "test", {"occurred_from": "when"}), at=AT)
    loader.take(
        pl.DataFrame([row(precision=precision, number=n, **given) for n, given in enumerate(rows)], schema=CANONICAL)
    )
    loader.close()


def row(*, number, at, precision, code="220", at_place=HERE, patrol=False, arrest=None, until=None):
    local = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    lon, lat = at_place or (None, None)
    told = precision in {"minute", "hour"}
    return {
        "row": number, "source_id": f"s{number}", "occurred_from": local.astimezone(UTC),
        "occurred_to": datetime.fromisoformat(until).replace(tzinfo=ZONE).astimezone(UTC) if until else None,
        "day": local.date(), "hour": local.hour if told else None, "lon": lon, "lat": lat,
        "cell": h3.latlng_to_cell(lat, lon, 11) if at_place else None, "code": code,
        "local_code": {"220": "B", "35A": "N"}.get(code, "?"),
        "patrol_found": patrol, "arrest": arrest, "fingerprint": f"f{number}",
    }  # fmt: skip


def keys(found) -> list[str]:
    return sorted(incident.source_key for incident in found)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["s0", "s1", "s2", "s3"]),
        (Filters(classes=("NIBRS-35A",)), ["s2"]),
        (Filters(unmapped=True), ["s3"]),
        (Filters(first=date(2020, 6, 2)), ["s1", "s2", "s3"]),
        (Filters(last=date(2020, 6, 1)), ["s0"]),
        (Filters(hours=(23, 0)), ["s0", "s1"]),
        (Filters(weekdays=(2,)), ["s1"]),
        (Filters(cells=(h3.latlng_to_cell(43.65, -79.38, 9),), resolution=9), ["s0", "s1", "s3"]),
        (Filters(cells=()), []),
    ],
)
def test_filters_choose(analyst, agency, filters, expected):
    load(
        agency,
        [
            {"at": "2020-06-01 23:30"},
            {"at": "2020-06-02 00:10"},
            {"at": "2020-06-03 12:00", "code": "35A", "at_place": (-79.5, 43.7)},
            {"at": "2020-06-04 12:00", "code": None},
        ],
    )
    assert keys(queries.incidents(analyst, filters)) == expected


def test_pages_follow_each_other_both_ways(analyst, agency, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    load(agency, [{"at": "2020-06-01 10:00"}] * 3 + [{"at": "2020-06-02 10:00"}] * 2)
    everything = [one.pk for one in queries.incidents(analyst).order_by("-occurred_from", "-id")]
    first = queries.page(analyst, Filters())
    second = queries.page(analyst, Filters(), older=first.older)
    third = queries.page(analyst, Filters(), older=second.older)
    assert [one.pk for page in (first, second, third) for one in page.rows] == everything
    assert (first.newer, third.older) == (None, None)
    back = queries.page(analyst, Filters(), newer=third.newer)
    assert [one.pk for one in back.rows] == [one.pk for one in second.rows]


def test_counts_by_class_hour_weekday_month_and_cell(analyst, agency):
    load(
        agency,
        [
            {"at": "2020-06-01 10:00"},
            {"at": "2020-06-06 10:30"},
            {"at": "2020-07-01 22:00", "code": "35A", "at_place": None},
        ],
    )
    assert [(one.code, rows) for one, rows in queries.counts_by_class(analyst)] == [("220", 2), ("35A", 1)]
    assert queries.counts_by_hour(analyst)[10] == 2
    found = queries.breakdown(analyst)
    assert [(one.code, rows) for one, rows in found.by_class] == [("220", 2), ("35A", 1)]
    assert (found.by_hour[10], found.by_hour[22], sum(found.by_hour)) == (2, 1, 3)
    assert found.by_weekday == [1, 0, 1, 0, 0, 1, 0]
    assert queries.counts_by_month(analyst) == [(date(2020, 6, 1), 2), (date(2020, 7, 1), 1)]
    assert queries.counts_by_cell(analyst, resolution=8) == [(h3.latlng_to_cell(43.65, -79.38, 8), 2)]
    assert queries.total(analyst) == 3
    assert queries.span(analyst) == (date(2020, 6, 1), date(2020, 7, 1))
    assert [(one.code, rows) for one, rows in queries.classes_present(analyst, reported=True)] == [("220", 2)]


def test_hours_that_no_source_tells_are_not_counted(analyst, agency):
    load(agency, [{"at": "2020-06-01"}], precision="day")
    assert sum(queries.counts_by_hour(analyst)) == sum(queries.breakdown(analyst).by_hour) == 0
    load(agency, [{"at": "2020-06-01"}], precision="month", source="uk")
    assert sum(queries.breakdown(analyst).by_weekday) == 1


def test_a_class_with_many_arrests_is_flagged(analyst, agency):
    load(agency, [{"at": "2020-06-01 10:00", "arrest": n < 25} for n in range(40)])
    share = queries.arrest_shares(analyst)[0]
    assert (share.offence_class.code, share.rows, share.share, share.flagged) == ("220", 40, 0.625, True)


def feed(analyst, agency, *codes, until=date(2021, 1, 1)):
    classes = list(OffenceClass.objects.filter(scheme="NIBRS", code__in=codes))
    return queries.feed(analyst, agency, classes=classes, until=until)


def test_a_forecast_gets_times_places_and_classes_and_nothing_else(analyst, agency):
    load(agency, [{"at": "2020-06-01 10:30"}, {"at": "2020-06-01 09:00", "until": "2020-06-01 12:00"}])
    fed = feed(analyst, agency, "220")
    assert fed.times.tolist() == [datetime(2020, 6, 1, 13), datetime(2020, 6, 1, 14, 30)]
    assert fed.ends.tolist() == [datetime(2020, 6, 1, 16), datetime(2020, 6, 1, 14, 30)]
    assert (fed.lon.tolist(), fed.lat.tolist()) == ([HERE[0]] * 2, [HERE[1]] * 2)
    assert fed.classes.tolist() == ["Burglary/Breaking & Entering"] * 2
    assert fed.since == date(2020, 6, 1)
    assert set(queries.Feed.__dataclass_fields__) == {"times", "ends", "lon", "lat", "classes", "since"}


@pytest.mark.parametrize(
    ("precision", "at", "hours"),
    [("hour", "2020-06-01 10:00", 1), ("day", "2020-03-08", 23), ("month", "2020-06-01", 720)],
)
def test_what_is_known_less_exactly_is_a_span(analyst, agency, precision, at, hours):
    load(agency, [{"at": at}], precision=precision)
    fed = feed(analyst, agency, "220")
    assert (fed.ends - fed.times)[0] == np.timedelta64(hours, "h")


def test_a_forecast_gets_nothing_that_patrols_found_nothing_without_a_place_and_nothing_later(analyst, agency):
    load(
        agency,
        [
            {"at": "2020-06-01 10:00", "patrol": True},
            {"at": "2020-06-01 10:00", "at_place": None},
            {"at": "2021-06-01 10:00"},
            {"at": "2020-06-02 10:00"},
        ],
    )
    assert len(feed(analyst, agency, "220").times) == 1


def test_classes_that_patrols_discover_are_refused_at_the_door(analyst, agency):
    with pytest.raises(NotReportedByVictims, match="Drug/Narcotic Violations: found by patrols"):
        feed(analyst, agency, "220", "35A")


def test_nobody_without_the_right_is_fed(analyst, agency):
    load(agency, [{"at": "2020-06-01 10:00"}])
    officer = Actor(None, agency.id, (Holding(Role.OFFICER, agency.id, None, frozenset({agency.id})),))
    assert len(feed(officer, agency, "220").times) == 0


def test_classes_and_incidents_out_of_reach_are_not_found(analyst):
    assert queries.offence_class(analyst, "") is None
    assert queries.offence_class(analyst, "220").pk == "NIBRS-220"
    with pytest.raises(NotFound):
        queries.offence_class(analyst, "999")
    with pytest.raises(NotFound):
        queries.incident(analyst, new_id())


def test_the_database_keeps_patrol_discovered_classes_from_being_called_reported(as_owner):
    import psycopg

    with pytest.raises(psycopg.errors.CheckViolation, match="patrol_discovered_not_reported"):
        as_owner.execute("UPDATE incidents_offenceclass SET reported_by_victims = true WHERE id = 'NIBRS-35A'")
    with pytest.raises(psycopg.errors.CheckViolation, match="patrol_discovered_not_reported"):
        as_owner.execute("UPDATE incidents_offenceclass SET reported_by_victims = true WHERE id = 'NIBRS-90J'")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("lat = NULL", "incident_place_whole_or_none"),
        ("occurred_to = occurred_from - interval '1 hour'", "incident_ends_after_start"),
        ("hour = NULL", "incident_hour_only_where_told"),
    ],
)
def test_the_database_keeps_an_incident_whole(analyst, agency, change, constraint):
    load(agency, [{"at": "2020-06-01 10:00"}])
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE incidents_incident SET {change}")


def test_exporting_nothing_is_refused(analyst, agency):
    from openbeat.incidents.actions import export_incidents

    with pytest.raises(Contradiction, match="nothing to hand over"):
        export_incidents(analyst, agency, filters=Filters(), reason="report", basis="task")


def test_an_exported_text_is_no_formula(analyst, agency):
    from openbeat.incidents.actions import export_incidents

    load(agency, [{"at": "2020-06-01 10:00"}])
    Incident.objects.update(area_hint="=1+1", local_code="-B")
    with export_incidents(analyst, agency, filters=replace(Filters()), reason="report", basis="task") as file:
        line = file.read().decode().splitlines()[1]
    assert "'=1+1" in line
    assert "'-B" in line


def test_the_database_and_python_agree_on_parents(analyst):
    cell = h3.latlng_to_cell(43.65, -79.38, 11)
    with connection.cursor() as cursor:
        cursor.execute("SELECT openbeat_parent(%s, r) FROM generate_series(0, 11) r ORDER BY r", [cell])
        assert [found for (found,) in cursor.fetchall()] == [h3.cell_to_parent(cell, r) for r in range(12)]
