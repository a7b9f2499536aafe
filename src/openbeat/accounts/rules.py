"""Decisions about accounts: names, locks, links, how long one stays signed in, what secures an account."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from openbeat.access import RULES, Permission, Role
from openbeat.kernel.errors import BadInput, Contradiction

LOCK_AFTER = 5
LOCK_WINDOW = timedelta(minutes=15)
LINK_LIFE = timedelta(minutes=15)
LINK_KEPT = timedelta(days=7)
"""For so long whoever opens a spent sign-in link is told so; then it is forgotten."""
FAILURE_KEPT = timedelta(days=365)
IDLE_MINUTES = 30
AGAIN_HOURS = 12

SIGN_IN_NAME = re.compile(r"[\w.@+-]{2,80}")
SLUG_LENGTH = 60


class Stay(StrEnum):
    """What a signed-in session may do now."""

    OPEN = "open"
    IDLE = "idle"
    """Locked: the same person continues after showing who they are."""
    OVER = "over"
    """A full sign-in is due."""


def sign_in_name(text: str) -> str:
    """The name as it is kept and compared: NFKC, folded to lower case."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not SIGN_IN_NAME.fullmatch(name):
        raise BadInput(
            "«{text}» can't be a sign-in name",
            mend="use 2 to 80 letters, digits, dots, hyphens, underscores, @ or +",
            text=text,
        )
    return name


def locks(failures: Iterable[datetime], at: datetime) -> bool:
    """Whether the failures up to now, the present one among them, lock the account."""
    return sum(at - LOCK_WINDOW < failure <= at for failure in failures) >= LOCK_AFTER


def link_stands(*, expires: datetime, used_at: datetime | None, at: datetime) -> bool:
    """Whether a sign-in link still lets someone in."""
    return used_at is None and at < expires


def stay(*, entered: datetime, seen: datetime, at: datetime, idle_minutes: int | None, again_hours: int | None) -> Stay:
    """What a session entered then, last used then, may do now. None: no limit for this kind of device."""
    if again_hours is not None and at - entered >= timedelta(hours=again_hours):
        return Stay.OVER
    if idle_minutes is not None and at - seen >= timedelta(minutes=idle_minutes):
        return Stay.IDLE
    return Stay.OPEN


def secured(*, password: bool, totp: bool, passkey: bool, external: bool) -> bool:
    """Whether two factors, a passkey or the agency's own sign-on guard the account."""
    return passkey or external or (password and totp)


def refuse_own_role(giver: UUID | None, receiver: UUID) -> None:
    """Nobody gives themselves a role."""
    if giver == receiver:
        raise Contradiction("nobody gives themselves a role", mend="ask another administrator")


def grantable(role: str) -> frozenset[Permission]:
    """The permissions that a token for this role may carry: the role's own."""
    return frozenset(permission for permission, rule in RULES.items() if Role(role) in rule.roles)


def token_permissions(role: str, names: Iterable[str]) -> list[str]:
    """The token's permissions in order; one that the role does not hold is refused."""
    wanted = set(names)
    beyond = wanted - {permission.value for permission in grantable(role)}
    if beyond:
        raise Contradiction(
            "the role {role} does not hold {listed}",
            mend="choose among the role's own permissions",
            role=role,
            listed=", ".join(sorted(beyond)),
        )
    if not wanted:
        raise BadInput("a token without permissions opens nothing", mend="choose at least one")
    return sorted(wanted)
