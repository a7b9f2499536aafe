"""The command line: `python -m placewise COMMAND …`; each command's module is loaded when it is called."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from placewise.kernels.errors import PlacewiseError

# name: (module, function taking the arguments and returning an exit code, what it does)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "backtest": ("placewise.cli.backtest", "main", "score forecasts on rolling origins"),
    "forecast": ("placewise.cli.forecast", "main", "expected incidents by cell for one interval"),
    "explain": ("placewise.cli.forecast", "explain", "what a forecast is made of, in plain words"),
    "fairness": ("placewise.cli.fairness", "main", "who bears a forecast, and whether it feeds on itself"),
    "scan": ("placewise.cli.scan", "main", "where lately more happened than elsewhere and before"),
    "streets": ("placewise.cli.streets", "main", "driving times, ways, what is reached when, who is nearest"),
    "plan": ("placewise.cli.plan", "main", "which unit is to be seen where and when, checked"),
    "beats": ("placewise.cli.beats", "main", "areas into beats of even workload, to choose from"),
    "stations": ("placewise.cli.stations", "main", "where units wait, so that a free one is near"),
    "simulate": ("placewise.cli.simulate", "main", "calls and units under your rules: response times, queue, load"),
    "knox": ("placewise.cli.knox", "main", "whether incidents repeat nearby within days"),
    "city": ("placewise.cli.city", "main", "a made-up city as files, and the truth beside them"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 2 refused with the reason on standard error, 130 stopped. No half file is left."""
    name, *rest = list(sys.argv[1:] if arguments is None else arguments) or [""]
    if name in {"-h", "--help"}:
        sys.stdout.write(_listed())
        return 0
    if name not in COMMANDS:
        sys.stderr.write((f"there is no command {name!r}\n" if name else "") + _listed())
        return 2
    return _run(name, rest)


def _run(name: str, arguments: Sequence[str]) -> int:
    """One command's exit code; what it refuses is said, not thrown."""
    module, function, _ = COMMANDS[name]
    try:
        return int(getattr(import_module(module), function)(arguments))
    except PlacewiseError as refusal:
        return _ended(name, str(refusal), 2)
    except BrokenPipeError:  # who reads has enough; what is still in the pipe must not complain at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as refusal:
        return _ended(name, f"{refusal.filename}: {refusal.strerror}", 2)
    except KeyboardInterrupt:
        return _ended(name, "stopped; nothing was written", 130)


def _listed() -> str:
    """The commands, one a line."""
    lines = [f"  {name:10} {words}\n" for name, (_, _, words) in COMMANDS.items()]
    return "usage: python -m placewise COMMAND …\n" + "".join(lines) + "`COMMAND --help` lists a command's options.\n"


def _ended(name: str, why: str, code: int) -> int:
    """The reason, for the person at the terminal."""
    sys.stderr.write(f"python -m placewise {name}: {why}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
