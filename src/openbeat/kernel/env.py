"""Typed readers of the environment: a wrong or missing value stops the start, in words."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from openbeat.kernel.errors import Misconfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str | None = None) -> str:
    """The variable's text; without a default it must be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise Misconfigured(f"{name} is not set", mend=f"set the environment variable {name}")
    return value


def flag(name: str, *, default: bool) -> bool:
    """The variable as yes or no."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE | FALSE:
        return value.strip().lower() in TRUE
    raise Misconfigured(f"{name} is {value!r}, not yes or no", mend=f"set {name} to 1 or 0")


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """The variable as a whole number within bounds."""
    value = os.environ.get(name, str(default))
    try:
        result = int(value)
    except ValueError:
        raise Misconfigured(f"{name} is {value!r}, not a whole number", mend=f"set {name} to a number") from None
    if least <= result <= most:
        return result
    raise Misconfigured(f"{name} is {result}, not between {least} and {most}", mend=f"set {name} within bounds")


def words(name: str, default: str = "") -> list[str]:
    """The variable as a comma-separated list."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """The variable as an absolute folder; it need not exist yet."""
    return Path(os.environ.get(name) or default).expanduser().resolve()


def database(url: str, *, pool: dict[str, object] | None = None) -> dict[str, object]:
    """A `postgresql://user:password@host:port/name?options` address as Django settings, with connections to borrow."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise Misconfigured(
            "the database address is not postgresql://user:password@host:port/name",
            mend="Openbeat needs PostgreSQL 15 or newer; correct DATABASE_URL",
        )
    options: dict[str, object] = dict(parse_qsl(parts.query))
    if pool is not None:
        # a setting of the connection itself, so that whatever a borrower sets goes back to it
        options |= {"pool": pool, "options": f"{options.get('options', '')} -c TimeZone=UTC".strip()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }
