"""The trail's tables: entries, their leaves in the log, and what waits for its index."""

from __future__ import annotations

from django.db import models

from openbeat.kernel.privacy import INTERNAL, personal


class Entry(models.Model):
    """One deed, look or refusal. Rows are only ever added; erasure is one routine of the database."""

    PRIVACY = {
        "id": INTERNAL,
        "at": INTERNAL,
        "operation": INTERNAL,
        "deed": INTERNAL,
        "actor_id": personal(years=10),
        "role": INTERNAL,
        "post_id": INTERNAL,
        "agency_id": INTERNAL,
        "token_id": INTERNAL,
        "object_type": INTERNAL,
        "object_id": INTERNAL,
        "reason": personal(years=10),
        "legal_basis": INTERNAL,
        "case": INTERNAL,
        "recipient": personal(years=10),
        "source_address": personal(years=10),
        "changes": INTERNAL,
        "refused": INTERNAL,
        "salt": INTERNAL,
    }

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    operation = models.CharField(max_length=16)
    deed = models.CharField(max_length=64)
    actor_id = models.UUIDField(null=True)
    role = models.CharField(max_length=16, blank=True)
    post_id = models.UUIDField(null=True)
    agency_id = models.UUIDField(null=True)
    token_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    legal_basis = models.CharField(max_length=16, blank=True)
    case = models.CharField(max_length=64, blank=True)
    recipient = models.TextField(blank=True)
    source_address = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=dict)
    refused = models.TextField(blank=True)
    salt = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["agency_id", "-at"], name="audit_agency_at"),
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.operation} {self.deed}"


class Leaf(models.Model):
    """An entry's place in the log. It stays when the entry is erased."""

    PRIVACY = {"index": INTERNAL, "entry_id": INTERNAL, "commitment": INTERNAL}

    index = models.BigIntegerField(primary_key=True)
    entry_id = models.UUIDField(unique=True)
    commitment = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Pending(models.Model):
    """An entry whose deed is committed and whose index in the log is not yet given."""

    PRIVACY = {"id": INTERNAL, "entry_id": INTERNAL, "commitment": INTERNAL}

    id = models.BigAutoField(primary_key=True)
    entry_id = models.UUIDField()
    commitment = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"pending {self.entry_id}"
