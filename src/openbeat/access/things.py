"""What a thing tells about itself, so that rights can be decided without knowing any model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol
from uuid import UUID


class Sensitivity(IntEnum):
    """How guarded a thing is; a rule says up to which level it reaches."""

    OPEN = 0
    INTERNAL = 1
    RESTRICTED = 2
    SEALED = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts on which rights are decided."""

    agency_id: UUID | None
    post_id: UUID | None = None
    sensitivity: int = Sensitivity.INTERNAL
    state: str | None = None
    author_id: UUID | None = None


class TellsFacts(Protocol):
    """Anything that rights can be decided on."""

    def facts(self) -> Facts:
        """What the thing tells about itself."""
        ...
