"""The one port to the engines that make plans."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from placewise.plan.draft import Draft, as_plan
from placewise.plan.errors import UnknownEngine
from placewise.plan.peers import by_pyvrp, by_vroom
from placewise.plan.problem import Problem
from placewise.plan.result import Plan
from placewise.plan.ruin import ruin_and_recreate
from placewise.plan.stop import Progress, Stop

Engine = Callable[[Problem, Stop, int, Progress | None], Draft]

ENGINES: Mapping[str, Engine] = MappingProxyType({"recreate": ruin_and_recreate, "pyvrp": by_pyvrp, "vroom": by_vroom})
"""Ours keeps every promise exactly; the two others keep what they can state, by narrower windows (see `peers`)."""


def solve(
    problem: Problem, stop: Stop, seed: int, *, progress: Progress | None = None, engine: str = "recreate"
) -> Plan:
    """A plan for a problem. The same problem, seed and rounds give the same plan; equals are ordered by chance."""
    if engine not in ENGINES:
        raise UnknownEngine(f"no engine {engine!r}; there are {', '.join(ENGINES)}")
    return as_plan(problem, ENGINES[engine](problem, stop, seed, progress), engine=engine, seed=seed)
