"""Publishing: a named person releases what the rules let through."""

from __future__ import annotations

from datetime import date, datetime

from openbeat.access import Actor, Permission
from openbeat.accounts.identity import Agency
from openbeat.acting import action, note
from openbeat.audit.words import Operation
from openbeat.kernel.errors import Contradiction
from openbeat.places.queries import AreaSet
from openbeat.transparency import queries
from openbeat.transparency.models import MonthBase, MonthTable, Release
from openbeat.transparency.rules import THRESHOLD, Month, months


@action(Permission.PUBLICATION_MAKE, operation=Operation.DISCLOSURE)
def publish(
    actor: Actor,
    agency: Agency,
    /,
    *,
    area_set: AreaSet,
    first: date,
    last: date,
    at: datetime,
    reason: str,
    basis: str,
) -> Release:
    """Release the whole months between two days, and the cards of the forecasts in use, to everybody."""
    if actor.person_id is None or actor.token_id is not None:
        raise Contradiction("figures are released by a named person, never by a programme")
    if area_set.agency_id != agency.pk:
        raise Contradiction("these areas belong to another agency", mend="choose areas of this one")
    wanted = months(first, last)
    if not wanted:
        raise Contradiction(
            "there is no whole month from {first} to {last}", mend="choose a longer time", first=first, last=last
        )
    release = Release.objects.create(
        agency=agency, author_id=actor.person_id, made_at=at, area_set=area_set, threshold=THRESHOLD,
        forecasts=queries.cards_in_use(actor, agency),
    )  # fmt: skip
    for begin, end in wanted:
        found = queries.month(actor, area_set, begin, end)
        if found is None:
            release.held_back = [*release.held_back, begin.isoformat()]
        else:
            _keep(release, begin, found)
    release.save()
    note(recipient="everybody", months=len(wanted), held_back=len(release.held_back))
    return release


def _keep(release: Release, begin: date, found: Month) -> None:
    MonthTable.objects.create(
        agency_id=release.agency_id, release=release, month=begin, total=found.total, areas=found.areas.as_plain(),
        classes=found.classes.as_plain(), cells=found.cells.as_plain(),
    )  # fmt: skip
    base = {name: dict(counts) for name, counts in found.base.items()}
    MonthBase.objects.update_or_create(agency_id=release.agency_id, month=begin, defaults={"counts": base})
