"""Makes a fresh clone ready to run: the Python environment, the front end; again only where something changed.

Run as a script by the system's own Python (`python3 -I`), before any library is there: standard library alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
WEB = ROOT / "src" / "openbeat" / "web"
BUILT = WEB / "static" / "build"
MODULES = ROOT / "node_modules"
LEAST_NODE = 20
NOT_BUILT_FROM = {"static", "templates", "templatetags", "__pycache__", "migrations"}


def main(arguments: list[str]) -> None:
    """`base` for running, `dev` for the gates and tests; `front` builds the pages' scripts and styles as well."""
    parser = argparse.ArgumentParser(description="Make this clone ready to run.")
    parser.add_argument("parts", nargs="+", choices=["base", "dev", "bench", "front"])
    parts = set(parser.parse_args(arguments).parts)
    require_python()
    make_environment()
    groups = ["base"] + [name for name in ("dev", "bench") if name in parts]
    install_packages(groups)
    if "front" in parts:
        build_front_end()


def require_python() -> None:
    """Refuses a Python other than 3.11, for which everything is pinned."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        give_up(f"This is Python {found}; Openbeat needs 3.11.", "make up PYTHON=/path/to/python3.11")


def make_environment() -> None:
    """A virtual environment of this clone's own; one that no longer runs is made anew."""
    python = VENV / "bin" / "python"
    if python.exists() and quiet([python, "-c", "pass"]) == 0:
        return
    say("making the Python environment")
    shutil.rmtree(VENV, ignore_errors=True)
    if quiet([sys.executable, "-m", "venv", VENV]) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        give_up("Python could not make a virtual environment.", "install its venv module (Debian: python3-venv)")


def install_packages(groups: list[str]) -> None:
    """Installs the pinned packages of these groups, each checked by its hash, if the pins have changed."""
    files = [REQUIREMENTS / f"{group}.txt" for group in groups]
    stamps = {VENV / f"installed-{file.stem}": digest([file]) for file in files}
    stamps[VENV / "installed-openbeat"] = digest([ROOT / "pyproject.toml", Path(__file__)])
    if all(read(stamp) == mark for stamp, mark in stamps.items()):
        return
    pip: list[str | Path] = [
        VENV / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
    ]
    total = sum(file.read_text().count("==") for file in files)
    chosen: list[str | Path] = [word for file in files for word in ("-r", file)]
    follow([*pip, "--require-hashes", "--progress-bar", "off", *chosen], "Python packages", total)
    follow([*pip, "--no-deps", "--no-build-isolation", "-e", ROOT], "Openbeat itself", 0)
    for stamp, mark in stamps.items():
        stamp.write_text(mark)


def build_front_end() -> None:
    """Installs the front end's packages and builds it, if its lock or its sources have changed."""
    lock = ROOT / "package-lock.json"
    environment = node_environment()
    modules_mark, built_mark = digest([lock]), front_end_mark()
    if read(MODULES / ".installed") != modules_mark:
        follow([npm(environment), "ci", "--no-progress"], "front-end packages", 0, environment)
        (MODULES / ".installed").write_text(modules_mark)
    if read(BUILT / ".built") != built_mark:
        follow([npm(environment), "run", "build"], "front end", 0, environment)
        BUILT.mkdir(parents=True, exist_ok=True)
        (BUILT / ".built").write_text(built_mark)


def front_end_mark() -> str:
    """Changes when the front end has to be built again."""
    return digest([ROOT / "package-lock.json", *sources()])


def sources() -> list[Path]:
    """The files that the front end is built from."""
    parts = [path for path in WEB.iterdir() if path.name not in NOT_BUILT_FROM and path.suffix != ".py"]
    folders = [path.rglob("*") for path in parts if path.is_dir()]
    inside = [file for folder in folders for file in folder if file.is_file()]
    return sorted([*(path for path in parts if path.is_file()), *inside, ROOT / "package.json"])


def node_environment() -> dict[str, str]:
    """The environment in which `node` is 20 or newer: the system's, else one from a Python package."""
    if system_node() >= LEAST_NODE:
        return dict(os.environ)
    install_packages(["node"])
    return {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def system_node() -> int:
    """The major version of the system's Node, 0 if it has none or no npm."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return 0
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    number = found.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def npm(environment: dict[str, str]) -> str:
    """The npm beside that node."""
    return shutil.which("npm", path=environment["PATH"]) or "npm"


def follow(command: list[str | Path], words: str, total: int, environment: dict[str, str] | None = None) -> None:
    """Runs the command with one line of progress; what it said is shown only when it failed."""
    begun, said, seen = time.monotonic(), list[str](), 0
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            said.append(line)
            seen += line.startswith(("Collecting", "Requirement already"))
            step = "installing" if line.startswith("Installing collected") else f"{min(seen, total)} of {total}"
            show(words, step if total else "…", seen / total if total else None)
    if process.returncode != 0:
        sys.stderr.write("".join(["\n", *said[-40:]]))
        give_up(f"{words}: failed.", "the lines above say why; then run the same command again")
    show(words, f"ready in {time.monotonic() - begun:.0f} s", 1.0)
    sys.stdout.write("\n")


def show(words: str, step: str, share: float | None) -> None:
    """One line that is written over on a terminal; elsewhere only the last state is written."""
    filled = round(24 * min(share or 0, 1))
    line = f"{words:<20} {'━' * filled}{'╌' * (24 - filled)}  {step}"
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{line}")
    elif step.startswith("ready"):
        sys.stdout.write(line)
    sys.stdout.flush()


def digest(files: Iterable[Path]) -> str:
    """A mark that changes when any of the files does."""
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def read(path: Path) -> str:
    """The file's text, empty where there is none."""
    return path.read_text() if path.exists() else ""


def quiet(command: list[str | Path]) -> int:
    """The command's exit code, nothing shown."""
    return subprocess.run(command, capture_output=True, check=False).returncode


def say(words: str) -> None:
    """A line to the one who waits."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def give_up(words: str, mend: str) -> NoReturn:
    """Ends with what is wrong and how to mend it."""
    sys.exit(f"{words}\nWhat to do: {mend}")


if __name__ == "__main__":
    main(sys.argv[1:])
