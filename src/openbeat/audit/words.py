"""The trail's vocabulary: operations (Directive (EU) 2016/680 Art. 25, and three of our own) and legal bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class Operation(StrEnum):
    """What kind of processing a deed is."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    SIGN_IN = "sign-in"
    REFUSAL = "refusal"
    ADMINISTRATION = "administration"


NEEDS_REASON = frozenset({Operation.CONSULTATION, Operation.DISCLOSURE})


class LegalBasis(StrEnum):
    """On what ground data are looked at or handed over (2016/680 Art. 8 and 10; 2016/679 Art. 6)."""

    TASK = "task"
    """A task of a competent authority laid down by law."""
    OBLIGATION = "obligation"
    """A legal obligation: a statute or a regulation names the duty."""
    ORDER = "order"
    """An order or warrant of a court or prosecutor."""
    OVERSIGHT = "oversight"
    """The mandate of a supervisory body."""
    VITAL = "vital"
    """Vital interests of a person."""
    CONSENT = "consent"
    """Consent of the person, where the law allows it as a ground."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One deed as the doors tell it; the trail adds the id and the salt."""

    at: datetime
    operation: Operation
    deed: str
    actor_id: UUID | None
    source_address: str = ""
    token_id: UUID | None = None
    role: str = ""
    post_id: UUID | None = None
    agency_id: UUID | None = None
    object_type: str = ""
    object_id: str = ""
    reason: str = ""
    legal_basis: str = ""
    case: str = ""
    recipient: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
