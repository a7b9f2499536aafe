"""How long until the service answers: from a fresh clone, when all is there, and after everything was killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from benchmarks.common import Figure, report

CHECKOUT = Path(__file__).resolve().parents[1]
Ending = Callable[[subprocess.Popen[str], Path], None]
READY = "Ctrl-C stops it"
COLD_GOAL, WARM_GOAL = 300.0, 10.0
"""Seconds."""


def main() -> None:
    """Measures on a clone of the last commit, with caches of its own, and removes it."""
    folder = Path(tempfile.mkdtemp(prefix="openbeat-start-"))
    try:
        clone = folder / "openbeat"
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, clone], check=True)
        report("start", measure(clone, environment(folder)))
    finally:
        shutil.rmtree(folder)


def environment(folder: Path) -> dict[str, str]:
    """Nothing of this installation's settings, and no package that was downloaded before."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OPENBEAT_", "DATABASE_", "MAKE"))
    }
    caches = {"PIP_CACHE_DIR": str(folder / "pip"), "npm_config_cache": str(folder / "npm")}
    return {**kept, **caches, "OPENBEAT_PORT": "18600"}


def measure(clone: Path, settings: dict[str, str]) -> list[Figure]:
    """Seconds of `make up` until the service answers, three times."""
    cold = start_and(stop, clone, settings)
    warm = start_and(kill_all, clone, settings)
    again = start_and(stop, clone, settings)
    return [
        Figure("fresh clone to first page", cold, "s", COLD_GOAL),
        Figure("start when all is there", warm, "s", WARM_GOAL),
        Figure("start after kill -9 of all", again, "s", WARM_GOAL),
    ]


def start_and(end: Ending, clone: Path, settings: dict[str, str]) -> float:
    """Starts the service, takes the time until it says that it is ready, and ends it in the given way."""
    begun = time.perf_counter()
    with subprocess.Popen(
        ["make", "up"], cwd=clone, env=settings, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as process:  # fmt: skip
        told = []
        for line in process.stdout or ():
            told.append(line)
            sys.stderr.write(f"  {line}")
            if READY in line:
                taken = time.perf_counter() - begun
                end(process, clone)
                return taken
    raise SystemExit("the service did not start:\n" + "".join(told[-20:]))


def stop(process: subprocess.Popen[str], _clone: Path) -> None:
    """As Ctrl-C does: to everything that the terminal started."""
    os.killpg(process.pid, signal.SIGINT)


def kill_all(process: subprocess.Popen[str], clone: Path) -> None:
    """As a power cut does to processes: make, supervisor, web, worker and database at once."""
    for part in [*psutil.Process(process.pid).children(recursive=True), *database_of(clone)]:
        part.kill()
    process.kill()


def database_of(clone: Path) -> list[psutil.Process]:
    """The processes of the clone's own database."""
    folder = str(clone / "var" / "postgres")
    every = psutil.process_iter(["name", "cwd"])
    return [one for one in every if one.info["name"] == "postgres" and one.info["cwd"] == folder]


if __name__ == "__main__":
    main()
