"""Where the running service keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from openbeat.kernel import env

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Var:
    """The folder of everything the service writes; each part is made when it is first needed."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The embedded database's cluster."""
        return self.root / "postgres"

    @property
    def keys(self) -> Path:
        """Passwords and signing keys, for the service's own user alone."""
        return self.root / "keys"

    @property
    def log(self) -> Path:
        """What the processes wrote while they ran."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """Who is running now: process ids, ports, locks."""
        return self.root / "run"

    @property
    def tiles(self) -> Path:
        """The published log, as static files."""
        return self.root / "tiles"


def here() -> Var:
    """The folder named by OPENBEAT_VAR, else `var` in the checkout."""
    return Var(env.folder("OPENBEAT_VAR", CHECKOUT / "var"))


def make_private(folder: Path) -> Path:
    """The folder, made if absent, open to its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def make_folder(folder: Path) -> Path:
    """The folder, made if absent."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
