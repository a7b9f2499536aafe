"""The base of every stored thing: an id, and the facts on which rights are decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models

from openbeat.access import Facts, Sensitivity
from openbeat.kernel.ids import new_id
from openbeat.kernel.privacy import PrivacyMap


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column (a lookup path) tells each fact; `sensitivity` may be a constant level instead."""

    agency: str = "agency_id"
    post: str | None = None
    sensitivity: str | Sensitivity = Sensitivity.INTERNAL
    state: str | None = None
    author: str | None = None


def _walk(thing: Any, path: str | None) -> Any:
    for name in path.split("__") if path else ():
        thing = getattr(thing, name, None)
    return thing if path else None


class Thing(models.Model):
    """A stored thing with rights on it. Subclasses say `PRIVACY` for each field and, where they differ, `FACTS`."""

    PRIVACY: ClassVar[PrivacyMap]
    FACTS: ClassVar[Columns] = Columns()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True

    def facts(self) -> Facts:
        """The facts of this thing, from the columns that `FACTS` names."""
        columns = self.FACTS
        level = columns.sensitivity
        return Facts(
            agency_id=_walk(self, columns.agency),
            post_id=_walk(self, columns.post),
            sensitivity=level if isinstance(level, Sensitivity) else _walk(self, level),
            state=_walk(self, columns.state),
            author_id=_walk(self, columns.author),
        )
