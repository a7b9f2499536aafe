"""Beats drawn: the problem put, alternatives sought and proved, each checked and measured by one ruler, today's too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from openbeat.patrol.beats.colours import coloured
from openbeat.patrol.beats.feed import Known
from openbeat.patrol.beats.ground import Floats, Ints, Small, dissolved, label_of, middles, outlines
from openbeat.patrol.beats.rules import TODAY, Asked, require_areas, require_even
from openbeat.places.cells import locate
from openbeat.places.shapes import as_geojson
from placewise.plan import BeatPlan, Beats, Stop, check_beats, draw_beats
from placewise.plan.beats_ground import Outlines, drive_between
from placewise.streets import TravelTimes

Tell = Callable[[float, str], bool]
"""Told a share done and words; answers whether to stop."""
DIGITS = 6
SHARE = 0.9
"""Of the workload that is reached within the time told beside the mean."""
SEARCH = (0.12, 0.97)
"""The part of the work that the search takes; before it incidents are read, after it beats are checked."""

Plain = dict[str, Any]


class DrawingStopped(Exception):
    """Somebody asked to stop: nothing is kept."""


def computed(known: Known, asked: Asked, times: TravelTimes, tell: Tell) -> Plain:
    """The result as it is kept; DrawingStopped where `tell` says so."""
    require_areas(len(known.small.keys), asked.count)
    laid = Laid.of(known)
    require_even(dict(zip(known.small.titles, laid.work.tolist(), strict=True)), asked)
    _go_on(tell, 0.06, "working out borders and travel times")
    problem, ruler, bridges, far = _problem(known, laid, asked, times)
    plans = _drawn(problem, asked, tell)
    _go_on(tell, SEARCH[1], "checking every promise")
    rows = [ruler.told(plan.name, plan.of_area()) | _proved(problem, plan) for plan in plans]
    if known.today:
        rows.insert(0, ruler.told(TODAY, {key: beat for key, beat in ruler.today.items() if beat}) | UNPROVED)
    return {
        "areas": [list(row) for row in zip(*_area_rows(known.small, laid), strict=True)],
        "plans": rows,
        "mean": _round(problem.mean),
        "counted": len(laid.at),
        "outside": int((laid.at < 0).sum()),
        "bridges": [list(pair) for pair in bridges],
        "far": int((far > 0).sum()),
        "travel": dict(times.facts),
    }


def _go_on(tell: Tell, share: float, words: str) -> None:
    if tell(share, words):
        raise DrawingStopped(words)


@dataclass(frozen=True, eq=False)
class Laid:
    """Incidents on the small areas: the area of each (m,), and of each area its work and today's beat (n,)."""

    at: Ints
    work: Floats
    today: list[str]

    @staticmethod
    def of(known: Known) -> Laid:
        """Each incident in its area; each area in the beat of today in which most of its work lies."""
        size = len(known.small.keys)
        at = locate(known.small.shapes.tolist(), known.lon, known.lat).astype(np.int64)
        work = np.asarray(np.bincount(at[at >= 0], known.work[at >= 0], minlength=size), dtype=np.float64)
        return Laid(at, work, _todays(known, at, size))


def _todays(known: Known, at: Ints, size: int) -> list[str]:
    if not known.today:
        return [""] * size
    names, shapes = list(known.today), list(known.today.values())
    beat = locate(shapes, known.lon, known.lat)
    both = (at >= 0) & (beat >= 0)
    shared = np.zeros((size, len(names)))
    np.add.at(shared, (at[both], beat[both]), known.work[both])
    spot = middles(known.small, known.lon, known.lat, at)
    by_place = locate(shapes, spot[:, 0].copy(), spot[:, 1].copy())
    most = np.where(shared.sum(axis=1) > 0, shared.argmax(axis=1), by_place)
    return [names[index] if index >= 0 else "" for index in most.tolist()]


def _problem(
    known: Known, laid: Laid, asked: Asked, times: TravelTimes
) -> tuple[Beats, Ruler, Sequence[tuple[str, str]], Floats]:
    """The problem as the solver takes it, its ruler, areas joined across a gap, and how far areas lie off streets."""
    small = known.small
    outline = Outlines.laid(small.keys, small.shapes)
    borders, bridges = outline.borders()
    seconds, far = drive_between(times, middles(small, known.lon, known.lat, laid.at))
    areas = outline.areas(laid.work.tolist(), laid.today)
    problem = Beats(areas, borders, seconds, asked.count, asked.tolerance / 100)
    return problem, Ruler(problem, small), bridges, far


def _drawn(problem: Beats, asked: Asked, tell: Tell) -> tuple[BeatPlan, ...]:
    """Beats to choose from, sought for as long as was asked."""
    stopped = False

    def follow(share: float, least: float) -> bool:
        nonlocal stopped
        words = f"seeking and proving: {least / 60:.2f} minutes on average so far" if np.isfinite(least) else "seeking"
        stopped = tell(SEARCH[0] + (SEARCH[1] - SEARCH[0]) * share, words) or stopped
        return not stopped

    plans = draw_beats(problem, Stop(seconds=float(asked.seconds)), asked.seed, progress=follow)
    if stopped:
        raise DrawingStopped("while beats were sought")
    return plans


UNPROVED: Plain = {"bound": None, "gap": None, "findings": []}
"""Of today's beats nothing was promised or proved."""


def _proved(problem: Beats, plan: BeatPlan) -> Plain:
    """What is proved of a plan, and what an independent check finds wrong with it."""
    findings = [
        {"name": one.name, "says": one.says, "beat": one.unit, "area": one.place} for one in check_beats(problem, plan)
    ]
    return {"bound": _round(plan.bound), "gap": _round(plan.gap), "findings": findings}


def _area_rows(small: Small, laid: Laid) -> tuple[Sequence[object], ...]:
    return small.keys, small.titles, [_round(one) for one in laid.work.tolist()], laid.today


# --- one ruler for every alternative ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ruler:
    """Measures any beats of the problem's areas in the same way: what was drawn, and today's."""

    problem: Beats
    small: Small

    @cached_property
    def work(self) -> Floats:
        """(n,) the workload of each area."""
        return np.array([area.workload for area in self.problem.areas])

    @cached_property
    def today(self) -> dict[str, str]:
        """Today's beat of each area; empty where it has none."""
        return {area.name: area.today for area in self.problem.areas}

    def told(self, name: str, of_area: Mapping[str, str]) -> Plain:
        """An alternative with its beats, its figures and its shapes; `of_area` names the beat of each area in one."""
        groups: dict[str, list[int]] = {}
        for row, area in enumerate(self.problem.areas):
            if area.name in of_area:
                groups.setdefault(of_area[area.name], []).append(row)
        beats = [self._beat(beat, rows) for beat, rows in sorted(groups.items(), key=lambda one: _in_order(one[0]))]
        seconds, work = self._driven(groups)
        mean = work.sum() / len(groups) if groups else 0.0
        colours = coloured(self._beside(of_area))
        shapes = dissolved(self.small, {one["name"]: one["areas"] for one in beats})
        drawn = {beat: as_geojson(shape) for beat, shape in outlines(shapes).items()}
        return {
            "name": name,
            "beats": [
                one
                | {"colour": colours[one["name"]], "label": label_of(shapes[one["name"]]), "shape": drawn[one["name"]]}
                for one in beats
            ],
            "seconds": _round(_mean(seconds, work)),
            "p90": _round(_within(seconds, work)),
            "mean": _round(mean),
            "uneven": _round(max((abs(one["workload"] / mean - 1) for one in beats), default=0.0) if mean else 0.0),
            "compactness": _round(float(np.mean([one["compactness"] for one in beats]))),
            "metres": _round(self._between(of_area)),
            **self._moved(of_area),
        }

    def _beat(self, name: str, rows: list[int]) -> Plain:
        areas = self.problem.areas
        middle, seconds = self._middle(rows)
        work = self.work[rows]
        return {
            "name": name,
            "middle": areas[middle].name,
            "areas": [areas[row].name for row in rows],
            "workload": _round(float(work.sum())),
            "seconds": _round(_mean(seconds, work)),
            "p90": _round(_within(seconds, work)),
            "compactness": _round(self._compactness(rows)),
        }

    def _middle(self, rows: list[int]) -> tuple[int, Floats]:
        """The area from which the beat's work is reached soonest on average, and the seconds to each of its areas."""
        inside = self.problem.travel[np.ix_(rows, rows)]
        best = int(np.argmin(inside @ self.work[rows]))
        return rows[best], inside[best]

    def _driven(self, groups: Mapping[str, list[int]]) -> tuple[Floats, Floats]:
        """Seconds from the own beat's middle to each area in one, and the work there."""
        if not groups:
            return np.zeros(0), np.zeros(0)
        seconds = np.concatenate([self._middle(rows)[1] for rows in groups.values()])
        return seconds, self.work[[row for rows in groups.values() for row in rows]]

    def _compactness(self, rows: list[int]) -> float:
        """Ground by that of a circle with the same outline, 1 for a circle (Polsby and Popper 1991)."""
        inside = set(rows)
        outline = sum(self.problem.areas[row].outline for row in rows)
        outline -= 2 * sum(one.metres for one in self.problem.borders if {one.one, one.other} <= inside)
        ground = sum(self.problem.areas[row].ground for row in rows)
        return float(np.clip(4 * np.pi * ground / outline**2, 0.0, 1.0)) if outline > 0 else 0.0

    def _pairs(self, of_area: Mapping[str, str]) -> list[tuple[str, str, float]]:
        """Two beats and the metres of border between areas of them, for each border between areas of two."""
        names = [of_area.get(area.name, "") for area in self.problem.areas]
        pairs = [(names[one.one], names[one.other], one.metres) for one in self.problem.borders]
        return [(one, other, metres) for one, other, metres in pairs if one and other and one != other]

    def _between(self, of_area: Mapping[str, str]) -> float:
        """Metres of all borders between beats."""
        return sum(metres for _, _, metres in self._pairs(of_area))

    def _beside(self, of_area: Mapping[str, str]) -> dict[str, frozenset[str]]:
        beside: dict[str, set[str]] = {name: set() for name in of_area.values()}
        for one, other, _ in self._pairs(of_area):
            beside[one].add(other)
            beside[other].add(one)
        return {name: frozenset(others) for name, others in beside.items()}

    def _moved(self, of_area: Mapping[str, str]) -> Plain:
        """How many areas, and what share of the work, change hands against today; None where today is not known."""
        known = [row for row, area in enumerate(self.problem.areas) if area.today]
        if not known:
            return {"moved": None, "moved_work": None}
        areas = self.problem.areas
        moved = [row for row in known if of_area.get(areas[row].name) != areas[row].today]
        return {"moved": len(moved), "moved_work": _round(float(self.work[moved].sum() / self.work.sum()))}


def _in_order(name: str) -> tuple[int, str]:
    """Numbers as numbers, then names."""
    return (int(name), "") if name.isdecimal() else (10**9, name)


def _mean(seconds: Floats, work: Floats) -> float:
    return float(seconds @ work / work.sum()) if work.sum() > 0 else 0.0


def _within(seconds: Floats, work: Floats) -> float:
    """The time within which nine tenths of the work are reached."""
    if not work.sum() > 0:
        return 0.0
    order = np.argsort(seconds, kind="stable")
    done = np.cumsum(work[order])
    return float(seconds[order][np.searchsorted(done, SHARE * done[-1] * (1 - 1e-12))])


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
