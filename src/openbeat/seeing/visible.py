"""Narrowing rows to what an actor may see, by the same table that decides deeds."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet

from openbeat.access import Actor, Permission, Sensitivity, scopes
from openbeat.access.decisions import Scope
from openbeat.seeing.things import Columns, Thing

Seen = TypeVar("Seen", bound=Thing)

NOTHING = Q(pk__in=[])


def visible(actor: Actor, permission: Permission, queryset: QuerySet[Seen]) -> QuerySet[Seen]:
    """The rows for which `access.permits(actor, permission, row)` holds."""
    condition = NOTHING
    for way in scopes(actor, permission):
        condition |= _as_query(way, queryset.model.FACTS)
    return queryset.filter(condition)


def _as_query(way: Scope, columns: Columns) -> Q:
    query = Q(**{f"{columns.agency}__in": way.agencies})
    if way.post_id is not None:
        query &= Q(**{columns.post: way.post_id}) if columns.post else NOTHING
    if isinstance(columns.sensitivity, Sensitivity):
        query &= Q() if columns.sensitivity <= way.up_to else NOTHING
    else:
        query &= Q(**{f"{columns.sensitivity}__lte": way.up_to})
    if way.states is not None:
        query &= Q(**{f"{columns.state}__in": way.states}) if columns.state else NOTHING
    if way.not_author is not None and columns.author:
        query &= ~Q(**{columns.author: way.not_author})
    return query
