"""Questions about what-ifs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from openbeat.access import Actor, Permission
from openbeat.kernel.errors import NotFound
from openbeat.patrol.what_if.models import WhatIf
from openbeat.patrol.what_if.rules import Asked, asked_from
from openbeat.seeing.visible import visible

__all__ = ["WhatIf", "asked_of", "what_if", "what_ifs"]


def what_ifs(actor: Actor) -> QuerySet[WhatIf]:
    """What-ifs in reach, the newest first, without their results."""
    seen = visible(actor, Permission.WHAT_IF_VIEW, WhatIf.objects.all())
    return seen.defer("result").select_related("author", "agency", "area_set").order_by("-made_at")


def what_if(actor: Actor, what_if_id: UUID | str) -> WhatIf:
    """One what-if in reach, whole."""
    seen = visible(actor, Permission.WHAT_IF_VIEW, WhatIf.objects.all())
    found = seen.select_related("author", "agency", "area_set").filter(pk=what_if_id).first()
    if found is None:
        raise NotFound("there is no such what-if, or it is not yours to see")
    return found


def asked_of(actor: Actor, found: WhatIf) -> Asked:
    """What was asked, as values."""
    return asked_from(found.asked)
