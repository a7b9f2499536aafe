"""Patrol plans: which unit is to be seen where and when, the promises kept, and an independent check of each."""

from placewise.plan.beats import Beat, BeatPlan, Beats, Border, SmallArea
from placewise.plan.beats_check import check_beats
from placewise.plan.beats_draw import draw_beats
from placewise.plan.check import Finding, check
from placewise.plan.draft import REASONS
from placewise.plan.errors import (
    BadEdit,
    BadPlan,
    BadProblem,
    CannotKeep,
    NoEvenBeats,
    NoRoom,
    PlanError,
    UnknownEngine,
)
from placewise.plan.problem import Break, Place, Problem, Station, Unit, Window, travel_seconds
from placewise.plan.result import Plan, Rest, Tour, Unvisited, Visit
from placewise.plan.revise import Add, Drop, Edit, Lock, Move, revise
from placewise.plan.solve import ENGINES, solve
from placewise.plan.stations import Cover, CoverPlan, Site, as_cover, chances, check_cover, place_each, place_units
from placewise.plan.stop import Progress, Stop

__all__ = [
    "ENGINES",
    "REASONS",
    "Add",
    "BadEdit",
    "BadPlan",
    "BadProblem",
    "Beat",
    "BeatPlan",
    "Beats",
    "Border",
    "Break",
    "CannotKeep",
    "Cover",
    "CoverPlan",
    "Drop",
    "Edit",
    "Finding",
    "Lock",
    "Move",
    "NoEvenBeats",
    "NoRoom",
    "Place",
    "Plan",
    "PlanError",
    "Problem",
    "Progress",
    "Rest",
    "Site",
    "SmallArea",
    "Station",
    "Stop",
    "Tour",
    "Unit",
    "UnknownEngine",
    "Unvisited",
    "Visit",
    "Window",
    "as_cover",
    "chances",
    "check",
    "check_beats",
    "check_cover",
    "draw_beats",
    "place_each",
    "place_units",
    "revise",
    "solve",
    "travel_seconds",
]
