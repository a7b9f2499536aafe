"""A comparison with nothing is neither true nor false, and a CHECK lets it pass: so each says what nothing means."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from openbeat.accounts.models import Agency
from openbeat.kernel.ids import new_id
from openbeat.places.models import Basemap, Extract, StreetNetwork
from openbeat.places.states import State
from openbeat.seeing.scope import rows_of

MEANT = {
    "agency_not_own_parent",  # one without a parent is not its own
    "forecast_state_tells_its_verdict",  # that a verdict is there at all, the constraint beside it says
}
"""Constraints that nothing may pass."""


def bare(condition: Any, known: frozenset[str] = frozenset()) -> set[str]:
    """Fields compared where they may be nothing: neither told to be there, nor let through by name."""
    told = {name.partition("__")[0] for name, value in leaves(condition) if is_told(condition, name, value)}
    here, found = known | told, set[str]()
    for child in condition.children:
        if isinstance(child, Q):
            found |= bare(child, here)
            continue
        name, value = child
        field, _, lookup = name.partition("__")
        if lookup != "isnull" and value is not None:
            other: Any = value if isinstance(value, F) else None
            found |= {one for one in (field, other and other.name) if one and one not in here}
    return found


def leaves(condition: Any) -> list[tuple[str, object]]:
    return [child for child in condition.children if not isinstance(child, Q)]


def is_told(condition: Any, name: str, value: object) -> bool:
    """In an «and»: that it is there. In an «or»: that it may be nothing."""
    absent = (name.endswith("__isnull") and value is True) or value is None
    return absent if condition.connector == Q.OR else name.endswith("__isnull") and value is False


CHECKS = [
    pytest.param(model, constraint, id=constraint.name)
    for model in apps.get_models()
    if model.__module__.startswith("openbeat.")
    for constraint in model._meta.constraints
    if isinstance(constraint, models.CheckConstraint)
]


@pytest.mark.parametrize(("model", "constraint"), CHECKS)
def test_a_constraint_says_what_nothing_means(model: Any, constraint: models.CheckConstraint) -> None:
    loose = {name for name in bare(constraint.condition) if model._meta.get_field(name).null}
    assert bool(loose) is (constraint.name in MEANT), loose


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (Q(a__gt=0), {"a"}),
        (Q(a__isnull=False, a__gt=0), set()),
        (Q(a=None) | Q(a__gt=0), set()),
        (Q(a__isnull=False) | Q(b__gt=0), {"b"}),
        (Q(a__isnull=False) | Q(b__gt=0, b__isnull=False), set()),
        (~Q(s="x") | Q(a__range=(0, 1)), {"s", "a"}),
        (Q(a=None) | Q(a__gte=F("b")), {"b"}),
    ],
)
def test_the_finder_finds(condition: Q, found: set[str]) -> None:
    assert bare(condition) == found


@pytest.mark.django_db
def test_streets_without_extract_and_speed_are_refused_by_the_database() -> None:
    agency = Agency.objects.create(name="North", slug="north")
    with rows_of({agency.pk}):
        with pytest.raises(IntegrityError, match="streets_or_stated_speed"), transaction.atomic():
            StreetNetwork.objects.create(agency_id=agency.pk, made_at=Now())
        extract = Extract.objects.create(
            agency_id=agency.pk, kind="osm", name="e", size=1, sha256="0" * 64, attribution="", received_at=Now()
        )
        told = {"agency_id": agency.pk, "extract": extract, "state": State.READY, "west": 1.0, "made_at": Now()}
        with pytest.raises(IntegrityError, match="basemap_ready_has_tiles"), transaction.atomic():
            Basemap.objects.create(id=new_id(), **told)
        Basemap.objects.create(tiles=1, **told)
