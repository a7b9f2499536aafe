"""Reading the trail. `oversight` asks here through the door: every reading is an entry itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q, QuerySet

from openbeat.audit.body import FIELDS, as_plain, canonical_entry, commitment
from openbeat.audit.models import Entry, Leaf
from witness.entries import EntryFile

PAGE = 50
BATCH = 5_000


class Reader(Protocol):
    """Who reads, as far as the trail needs to know: which agencies' entries are in reach."""

    @property
    def reach(self) -> frozenset[UUID]:
        """Those agencies."""
        ...


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries: empty means all. Moments are aware, `until` is excluded."""

    operation: str = ""
    deed: str = ""
    actor_id: UUID | None = None
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False

    def as_plain(self) -> dict[str, str]:
        """What was asked, for the entry that tells of the reading."""
        return {name: str(getattr(self, name)) for name in self.__slots__ if getattr(self, name)}


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is read, with its index in the log (None in the second before it has one)."""

    index: int | None
    id: UUID
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry of the table that is not what the log committed to."""

    index: int
    entry_id: UUID


def _entries(actor: Reader, filters: Filters) -> QuerySet[Entry]:
    asked = {
        "operation": filters.operation,
        "deed": filters.deed,
        "actor_id": filters.actor_id,
        "object_id": filters.object_id,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    found = Entry.objects.filter(
        Q(**{name: value for name, value in asked.items() if value}), agency_id__in=actor.reach
    )
    return found.exclude(refused="") if filters.refused else found


def lines(actor: Reader, filters: Filters = EVERYTHING, *, before: UUID | None = None) -> list[Line]:
    """At most a page of entries in reach, newest first; `before` is the last of the page before."""
    found = _entries(actor, filters).order_by("-id")
    rows = list((found.filter(id__lt=before) if before else found)[:PAGE])
    indices = dict(Leaf.objects.filter(entry_id__in=[row.id for row in rows]).values_list("entry_id", "index"))
    return [_line(row, indices.get(row.id)) for row in rows]


def line(actor: Reader, entry_id: UUID) -> Line | None:
    """One entry in reach."""
    row = _entries(actor, EVERYTHING).filter(pk=entry_id).first()
    leaf = Leaf.objects.filter(entry_id=entry_id).first()
    return _line(row, leaf.index if leaf else None) if row else None


def _line(row: Entry, index: int | None) -> Line:
    return Line(index, row.id, {name: getattr(row, name) for name in FIELDS})


def deeds(actor: Reader) -> list[str]:
    """The deeds that occur in reach, for the filter."""
    return list(_entries(actor, EVERYTHING).order_by("deed").values_list("deed", flat=True).distinct())


def entry_file(actor: Reader, entry_id: UUID) -> bytes | None:
    """An entry with its salt and index, as `python -m witness verify --entry` takes it; None before it has an index."""
    row = _entries(actor, EVERYTHING).filter(pk=entry_id).first()
    leaf = Leaf.objects.filter(entry_id=entry_id).first()
    if row is None or leaf is None:
        return None
    plain = as_plain({name: getattr(row, name) for name in FIELDS})
    return EntryFile(leaf.index, bytes(row.salt), plain).write()


def unnumbered(actor: Reader, *, before: datetime) -> int:
    """Entries in reach written before a moment that still have no index: something keeps them from the log."""
    late = _entries(actor, Filters(until=before))
    return late.exclude(id__in=Leaf.objects.values("entry_id")).count()


def compare(actor: Reader) -> Iterator[tuple[int, list[Difference]]]:
    """Batches: how many entries in reach were held against their leaves, and those that differ."""
    last: UUID | None = None
    while True:
        found = _entries(actor, EVERYTHING).order_by("id")
        rows = list((found.filter(id__gt=last) if last else found)[:BATCH])
        if not rows:
            return
        last = rows[-1].id
        leaves = {leaf.entry_id: leaf for leaf in Leaf.objects.filter(entry_id__in=[row.id for row in rows])}
        yield len(rows), [bad for row in rows if (bad := _difference(row, leaves.get(row.id)))]


def _difference(row: Entry, leaf: Leaf | None) -> Difference | None:
    if leaf is None:
        return None
    body = canonical_entry({name: getattr(row, name) for name in FIELDS})
    salt = bytes(row.salt)
    same = len(salt) == len(leaf.commitment) and commitment(salt, body) == bytes(leaf.commitment)
    return None if same else Difference(leaf.index, row.id)
