"""From what a commander does on the board to an edit of the plan."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.translation import gettext as _

from openbeat.kernel.errors import BadInput
from openbeat.patrol.edits import Add, Drop, Edit, Lock, Move
from openbeat.patrol.queries import Plan


def _stop(text: str) -> tuple[str, int]:
    place, _colon, slot = text.partition(":")
    if not place or not slot.isdigit():
        raise BadInput(_("This stop can't be read"), mend=_("load the plan again"))
    return place, int(slot)


def chosen(given: QueryDict) -> Edit:
    """An edit from a stop's own menu, or a place added."""
    place, slot = _stop(given.get("stop", ""))
    unit = given.get("unit") or None
    match given.get("kind"):
        case "lock":
            return Lock(place, slot)
        case "drop":
            return Drop(place, slot)
        case "add":
            return Add(place, slot, unit)
        case "move" if unit:
            return Move(place, slot, unit)
        case _:
            raise BadInput(_("This change can't be read"), mend=_("load the plan again"))


def dragged(plan: Plan, given: QueryDict) -> Edit | None:
    """The move that turns a unit's order into the one given; None where nothing moved."""
    unit = given.get("unit", "")
    tour = next((tour for tour in plan.values[1]["tours"] if tour["unit"] == unit), None)
    if tour is None:
        raise BadInput(_("There is no such unit in this plan"), mend=_("load the plan again"))
    old = [(item["place"], item["slot"]) for item in tour["items"] if "place" in item]
    new = [_stop(text) for text in given.getlist("stop")]
    if sorted(old) != sorted(new):
        raise BadInput(_("The plan was changed meanwhile"), mend=_("load it again, then move the stop"))
    moved = next(
        (one for one in new if [x for x in new if x != one] == [x for x in old if x != one] and new != old), None
    )
    if moved is None:
        return None
    return Move(*moved, unit, new.index(moved))
