"""A commander's edits on a plan's two values: kept as plain words, made by `placewise.plan.revise`, checked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from placewise.plan import Plan, Problem, check
from placewise.plan.revise import Add, Drop, Edit, Lock, Move, revise

__all__ = ["Add", "Drop", "Edit", "Lock", "Move", "as_edit", "as_told", "edited", "findings_of", "straight_ways"]

KINDS: Mapping[str, type[Edit]] = {"lock": Lock, "drop": Drop, "move": Move, "add": Add}


def as_told(edit: Edit) -> dict[str, Any]:
    """An edit as it is kept."""
    kind = next(name for name, one in KINDS.items() if isinstance(edit, one))
    return {"kind": kind, **asdict(edit)}


def as_edit(told: Mapping[str, Any]) -> Edit:
    """The edit that was kept."""
    kind = KINDS[told["kind"]]
    return kind(**{name: told[name] for name in kind.__dataclass_fields__})


def edited(problem: Mapping[str, Any], solution: Mapping[str, Any], kept: Sequence[Edit], edit: Edit) -> dict[str, Any]:
    """The solution after an edit; of those before, the locks on visits that are still planned hold."""
    planned = {(item["place"], item["slot"]) for tour in solution["tours"] for item in tour["items"] if "place" in item}
    planned.discard((edit.place, edit.slot))
    locks = [one for one in kept if isinstance(one, Lock) and (one.place, one.slot) in planned]
    return revise(Problem.from_dict(problem), Plan.from_dict(solution), [*locks, edit]).to_dict()


def findings_of(problem: Mapping[str, Any], solution: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the independent checker finds."""
    return [asdict(one) for one in check(Problem.from_dict(problem), Plan.from_dict(solution))]


def straight_ways(problem: Mapping[str, Any], solution: Mapping[str, Any]) -> dict[str, list[list[float]]]:
    """Each unit's stops joined by straight lines."""
    spots = {spot["name"]: [spot["lon"], spot["lat"]] for spot in (*problem["places"], *problem["stations"])}
    homes = {unit["name"]: (unit["start"], unit["end"]) for unit in problem["units"]}
    return {
        tour["unit"]: [
            spots[homes[tour["unit"]][0]],
            *(spots[item["place"]] for item in tour["items"] if "place" in item),
            spots[homes[tour["unit"]][1]],
        ]
        for tour in solution["tours"]
    }
