"""`python -m benchmarks [NAME …] [--data FOLDER]`: runs these benchmarks, or all, each in a process of its own."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SHARED = {"__init__", "__main__", "common"}


def main() -> int:
    """Runs them one after another; fails if one of them does."""
    known = sorted(file.stem for file in HERE.glob("*.py") if file.stem not in SHARED and not file.stem.startswith("_"))
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(known)}")
    parser.add_argument("--data", type=Path, help="the folder of the shared real data")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    environment = dict(os.environ)
    if options.data:
        environment["OPENBEAT_SHARED_DATA"] = str(options.data.resolve())
    names = options.names or known
    failed = [name for name in names if _run(name, environment) != 0]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _run(name: str, environment: dict[str, str]) -> int:
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
