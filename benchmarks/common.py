"""What every benchmark shares: facts of the machine, a table to read, a JSON file to keep."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time

DATA = Path(os.environ.get("OPENBEAT_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
OUT = Path(__file__).resolve().parents[1] / "bench-out"


@dataclass(frozen=True)
class Figure:
    """One measured number; `goal` and `compare` say when it is good enough, `peer` who was measured beside it."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    compare: str = "<="
    peer: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.compare == "<=" else self.value >= self.goal


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    cpu = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((line for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "")
    return {
        "processor": cpu.partition(":")[2].strip() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory": memory.partition(":")[2].strip(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "numba": version("numba"),
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the quickest of some tries: the least disturbed by what else runs."""
    taken = []
    for _ in range(times):
        begin = perf_counter()
        work()
        taken.append(perf_counter() - begin)
    return min(taken)


def least_work(times: int, work: Callable[[], object]) -> float:
    """Processor seconds, of all threads together, of the cheapest of some tries: what else runs hardly changes them."""
    taken = []
    for _ in range(times):
        begin = process_time()
        work()
        taken.append(process_time() - begin)
    return min(taken)


def report(name: str, figures: list[Figure]) -> Path:
    """Prints the table and writes `bench-out/NAME.json`."""
    facts = machine()
    print(f"\n{name} — {facts['processor']}, {facts['cores']} cores, load {facts['load']}")
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        goal = "" if figure.goal is None else f"{figure.compare} {figure.goal:g}"
        verdict = {None: "", True: "reached", False: "MISSED"}[figure.reached]
        print(f"  {figure.name:<{width}}  {figure.value:>12.4g} {figure.unit:<8} {goal:<12} {verdict:<8} {figure.peer}")
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps({"machine": facts, "figures": [asdict(figure) for figure in figures]}, indent=1) + "\n")
    return path
