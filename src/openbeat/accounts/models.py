"""Agencies as a tree, posts, people, holdings of roles, devices, sessions and one-time sign-in links."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from openbeat.access import Role, Sensitivity
from openbeat.accounts.states import AccountState
from openbeat.kernel.ids import new_id
from openbeat.kernel.privacy import INTERNAL, OPEN, PrivacyMap, personal
from openbeat.seeing.things import Columns, Thing

ROLES = [(role.value, role.value) for role in Role if role not in {Role.RESIDENT, Role.SERVICE}]


def known_zone(name: str) -> None:
    """Refuse a time zone that the IANA database does not name."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is no time zone of the IANA database")


class Agency(Thing):
    """A police service or another body: national, regional or local, each under the one above."""

    class Level(models.TextChoices):
        NATIONAL = "national"
        REGIONAL = "regional"
        LOCAL = "local"

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": OPEN, "parent": OPEN, "name": OPEN, "slug": OPEN, "level": OPEN, "zone": OPEN, "country": OPEN,
        "training_today": OPEN, "banner": INTERNAL, "publishes": OPEN, "attribution": OPEN,
    }  # fmt: skip
    FACTS = Columns(agency="id")

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.LOCAL)
    zone = models.CharField(max_length=64, default="UTC", validators=[known_zone])
    country = models.CharField(max_length=2, blank=True)
    training_today = models.DateField(null=True, blank=True)
    banner = models.TextField(blank=True)
    attribution = models.TextField(blank=True)
    publishes = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="agency_not_own_parent")]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        """The agency's time zone."""
        return ZoneInfo(self.zone)

    @property
    def training(self) -> bool:
        """Whether this is a training agency, whose clock stands on a day of its data."""
        return self.training_today is not None


class Post(Thing):
    """A place in the organisation for which roles are held: a district's command, the analysis unit, a beat."""

    PRIVACY: ClassVar[PrivacyMap] = {"id": OPEN, "agency": OPEN, "name": OPEN}
    FACTS = Columns(post="id")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="posts")
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="post_name_once")]

    def __str__(self) -> str:
        return self.name


class DeviceProfile(Thing):
    """How long a kind of device may stay signed in: a shared desk, a phone, a dispatch console."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "name": INTERNAL, "idle_minutes": INTERNAL, "again_hours": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="device_profiles")
    name = models.CharField(max_length=60)
    idle_minutes = models.PositiveIntegerField(null=True, blank=True, default=30)
    again_hours = models.PositiveIntegerField(null=True, blank=True, default=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="device_profile_once"),
            models.CheckConstraint(condition=Q(idle_minutes=None) | Q(idle_minutes__gt=0), name="device_idle_positive"),
            models.CheckConstraint(condition=Q(again_hours=None) | Q(again_hours__gt=0), name="device_again_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Device(Thing):
    """One browser on one machine that an administrator gave a profile, until it is withdrawn."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "profile": INTERNAL, "name": INTERNAL, "assigned_at": INTERNAL,
        "withdrawn_at": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="devices")
    profile = models.ForeignKey(DeviceProfile, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=80)
    assigned_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people by their sign-in name."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username__iexact=username)


class Person(Thing, AbstractBaseUser):
    """Someone who signs in. Rights come from holdings, never from the person."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "username": personal(years=5), "name": personal(years=5),
        "email": personal(years=1), "language": INTERNAL, "state": INTERNAL, "locked_at": INTERNAL,
        "password": personal(years=0), "last_login": personal(years=1), "joined_at": INTERNAL, "theme": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(sensitivity=Sensitivity.RESTRICTED, state="state")

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="people")
    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=12, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in AccountState], default="active")
    locked_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField()

    objects = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="person_username_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in AccountState]), name="person_state_known"),
            models.CheckConstraint(
                condition=Q(state="locked", locked_at__isnull=False) | (~Q(state="locked") & Q(locked_at=None)),
                name="person_locked_since",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether the person may go on working; a locked account keeps its present sessions and opens no new ones."""
        return self.state != AccountState.CLOSED


class Holding(Thing):
    """A role held by a person for a post from a day until a day (or until ended)."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "person": personal(years=10), "post": INTERNAL, "role": INTERNAL,
        "since": INTERNAL, "until": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(post="post_id", sensitivity=Sensitivity.RESTRICTED)

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holdings")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    role = models.CharField(max_length=16, choices=ROLES)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="holding_ends_after_start"),
            models.CheckConstraint(condition=Q(role__in=[role for role, _ in ROLES]), name="holding_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} for {self.post_id}"


class SignInLink(Thing):
    """A link that signs one person in once, within minutes; only its digest is kept."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "person": personal(years=1), "digest": INTERNAL, "expires": INTERNAL,
        "used_at": INTERNAL,
    }  # fmt: skip
    FACTS = Columns(sensitivity=Sensitivity.RESTRICTED)

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link until {self.expires:%H:%M}"


class FailedSignIn(models.Model):
    """A failed try to sign in with a known name; five within 15 minutes lock the account."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "person": personal(years=1), "at": INTERNAL,
        "source_address": personal(years=1),
    }  # fmt: skip

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="failed_sign_ins")
    at = models.DateTimeField()
    source_address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-at"], name="failed_sign_in_recent")]

    def __str__(self) -> str:
        return f"failed at {self.at:%Y-%m-%d %H:%M}"


class Token(Thing):
    """A programme's key to the interface, scoped to permissions; only its digest is kept."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "id": INTERNAL, "agency": INTERNAL, "name": INTERNAL, "holding": INTERNAL, "digest": INTERNAL,
        "permissions": INTERNAL, "made_at": INTERNAL, "expires": INTERNAL, "revoked_at": INTERNAL,
        "last_used": INTERNAL,
    }  # fmt: skip

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Session(AbstractBaseSession):
    """A browser's session: found by the digest of its key, its contents sealed with the key itself."""

    PRIVACY: ClassVar[PrivacyMap] = {
        "session_key": INTERNAL, "session_data": personal(years=0), "expire_date": INTERNAL, "agency": INTERNAL,
        "person": personal(years=0), "begun_at": INTERNAL, "source_address": personal(years=0),
    }  # fmt: skip

    session_key = models.CharField(max_length=64, primary_key=True)
    agency = models.ForeignKey(Agency, null=True, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="sessions")
    begun_at = models.DateTimeField(null=True)
    source_address = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"session until {self.expire_date:%Y-%m-%d %H:%M}"
