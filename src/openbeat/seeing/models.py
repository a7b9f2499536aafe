"""How far long work has come, so that whoever waits can see it, leave it, or ask it to stop."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from openbeat.kernel.privacy import INTERNAL, PrivacyMap


class Progress(models.Model):
    """The present state of one piece of background work, by the id of the thing it works on."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "thing_id": INTERNAL, "agency_id": INTERNAL, "share": INTERNAL, "words": INTERNAL, "at": INTERNAL,
        "stop_asked": INTERNAL,
    }  # fmt: skip

    thing_id = models.UUIDField(primary_key=True)
    agency_id = models.UUIDField()
    share = models.FloatField(default=0)
    words = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    stop_asked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.share:.0%} {self.words}"
