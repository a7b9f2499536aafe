"""The command line: `python -m placewise COMMAND …`; each command's module is loaded when it is called."""

import sys
from collections.abc import Sequence
from importlib import import_module

# name: (module, function taking the arguments and returning an exit code, what it does)
COMMANDS: dict[str, tuple[str, str, str]] = {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; without a known one, list them and return 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in COMMANDS:
        lines = [f"  {name:10} {words}" for name, (_, _, words) in COMMANDS.items()]
        sys.stderr.write("usage: python -m placewise COMMAND …\n" + "\n".join(lines) + "\n")
        return 0 if given and given[0] in {"-h", "--help"} else 2
    module, function, _ = COMMANDS[given[0]]
    return int(getattr(import_module(module), function)(given[1:]))


if __name__ == "__main__":
    sys.exit(main())
