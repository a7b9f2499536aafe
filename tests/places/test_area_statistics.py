"""Statistics that offices publish of areas: tables taken or refused in words, kept once by name, shown on the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.town import Town, raised, taken_back

from openbeat.access import Role
from openbeat.audit.models import Entry
from openbeat.kernel.errors import OpenbeatError, Refusal
from openbeat.places import actions, queries
from openbeat.places.statistics import AreaValues, NotAStatistic, read_statistics

CODES = ("0111", "0112", "0113")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("beat,income\n0111,1\n0112,2.5\n0113,1 000\n0999,7\n", {"income": {"0111": 1.0, "0112": 2.5, "0113": 1000.0}}),
        (
            "side,beat\nnorth,0111\nsouth,0112\nnorth,0113\n",
            {"side": {"0111": "north", "0112": "south", "0113": "north"}},
        ),
        (
            "b,rate,n\n0111,1,nan\n0112,2,low\n0113,3,low\n",
            {"rate": {"0111": 1.0, "0112": 2.0, "0113": 3.0}, "n": {"0111": "nan", "0112": "low", "0113": "low"}},
        ),
    ],
)
def test_a_table_is_read(text: str, found: dict[str, dict[str, float | str]]) -> None:
    read = {one.name: dict(one.values) for one in read_statistics(text, CODES)}
    assert read == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column beside"),
        ("beat\n0111\n0112\n0113\n", "no column beside"),
        ("beat,rate\n0111,1,9\n0112,2\n0113,3\n", "no column beside"),
        ("beat,rate\n0111,1\n0112,2\n", "1 of 3 areas have no row: 0113"),
        ("beat,rate\n0111,1\n0111,2\n0112,1\n0113,2\n", "stands in two rows"),
        ("beat,rate\n0111,1\n0112,\n0113,3\n", "rate says nothing of 0112"),
        (
            "beat," + ",".join(f"s{n}" for n in range(13)) + "\n" + "".join(f"{c}{',1' * 13}\n" for c in CODES),
            "more than 12",
        ),
    ],
)
def test_a_table_that_says_too_little_is_refused(text: str, words: str) -> None:
    with pytest.raises(NotAStatistic, match=words):
        read_statistics(text, CODES)


def test_texts_are_groups_only_if_they_are_few() -> None:
    codes = [f"{n:02}" for n in range(13)]
    with pytest.raises(NotAStatistic, match="neither numbers nor at most 12 groups"):
        read_statistics("code,name\n" + "".join(f"{code},place {code}\n" for code in codes), codes)


@pytest.mark.parametrize(
    ("name", "values", "counts"),
    [
        ("Population 2021", {"a": 1.0}, True),
        ("Residents", {"a": 1.0}, True),
        ("Population density", {"a": "high"}, False),
        ("Rent", {"a": 1.0}, False),
    ],
)
def test_counts_of_residents_are_known_by_their_name(
    name: str, values: dict[str, float | str], *, counts: bool
) -> None:
    assert AreaValues(name, values).counts_residents is counts


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with django_db_blocker.unblock(), raised(tmp_path_factory.mktemp("town")) as made:  # type: ignore[attr-defined]
        yield made


@pytest.fixture(autouse=True)
def undone(request: pytest.FixtureRequest) -> Iterator[None]:
    if "town" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("town")
    with taken_back():
        yield


def table(town: Town) -> bytes:
    codes = queries.areas(town.house, town.areas).values_list("code", flat=True)
    return ("code,Residents,Rent\n" + "".join(f'"{code}",1000,{n}\n' for n, code in enumerate(codes))).encode()


def send(town: Town, role: Role, content: bytes, source: str = "Statistics office 2021") -> tuple[int, str]:
    answer = town.client(role).post(
        reverse("area_set", args=[town.areas.pk]),
        {"file": SimpleUploadedFile("t.csv", content), "source": source},
        follow=True,
    )
    return answer.status_code, answer.content.decode()


def test_statistics_are_brought_replaced_and_forgotten_on_the_page(town: Town) -> None:
    status, page = send(town, Role.ANALYST, table(town))
    assert status == 200
    assert "Kept: Residents, Rent." in page
    status, page = send(town, Role.ANALYST, table(town), "Statistics office 2022")
    assert [(one.name, one.source, one.residents) for one in queries.statistics(town.house, town.areas)] == [
        ("Rent", "Statistics office 2022", False),
        ("Residents", "Statistics office 2022", True),
    ]
    assert "residents: 1,000.0 to 1,000.0 an area" in page
    address = reverse("statistic_remove", args=[town.areas.pk])
    page = town.client(Role.ANALYST).post(address, {"name": "Rent"}, follow=True).content.decode()
    assert "Rent is forgotten." in page
    assert [one.name for one in queries.statistics(town.house, town.areas)] == ["Residents"]
    entry = Entry.objects.order_by("-at").filter(operation="erasure").first()
    assert entry is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"code,rent\nnowhere,1\n", "have no row"), (b"\xff\xfe\x00", "not text in UTF-8"), (b"", "empty")],
)
def test_a_wrong_table_is_refused_beside_its_field(town: Town, content: bytes, words: str) -> None:
    status, page = send(town, Role.ANALYST, content)
    assert (status, words in page) == (422, True)
    assert not queries.statistics(town.house, town.areas).exists()


def test_a_statistic_names_its_source(town: Town) -> None:
    with pytest.raises(OpenbeatError, match="names its source"):
        actions.bring_statistics(town.actor(Role.ANALYST), town.areas, statistics=[], source=" ", at=datetime.now(UTC))


def test_others_may_not_bring_statistics(town: Town) -> None:
    with pytest.raises(Refusal):
        actions.bring_statistics(town.actor(Role.OFFICER), town.areas, statistics=[], source="x", at=town.at)
