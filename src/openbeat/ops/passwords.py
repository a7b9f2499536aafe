"""The database's passwords: made by chance on the first start, kept in files that only the service's user reads."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

from openbeat.kernel.errors import Misconfigured
from openbeat.ops.paths import make_private


def new() -> str:
    """A password of 256 random bits that needs no quoting anywhere."""
    return secrets.token_urlsafe(32)


def read(path: Path) -> str | None:
    """The password kept in the file, or None where there is no file."""
    if not path.exists():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["password"])
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"{path} holds no password", mend=f"remove {path} and start again: a new password is then set"
        ) from error


def ensure(path: Path) -> str:
    """The password kept in the file; where there is none, a new one is made and kept."""
    password = read(path)
    if password is None:
        password = new()
        keep(path, password)
    return password


def keep(path: Path, password: str) -> None:
    """Writes the password with mode 0600, whole or not at all."""
    make_private(path.parent)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"password": password}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def address(user: str, password: str, *, host: str, port: int, database: str) -> str:
    """The connection as one line: `postgresql://user:password@host:port/database`."""
    user, password, database = (quote(part, safe="") for part in (user, password, database))
    return f"postgresql://{user}:{password}@{host}:{port}/{database}"
