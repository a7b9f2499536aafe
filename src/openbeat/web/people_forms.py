"""The forms of the People desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from openbeat.access import Actor
from openbeat.accounts import queries, rules
from openbeat.web.rights import deed_name
from openbeat.web.roles import ROLE_NAMES, STATES

LANGUAGES = [("", _("As the browser asks")), *settings.LANGUAGES]


class FilterForm(forms.Form):
    """Which people: words in a name, a role held now, a state of the account."""

    words = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("Any role")), *ROLE_NAMES.items()])
    state = forms.ChoiceField(
        label=_("Account"), required=False, choices=[("", _("Any")), *((key, b.label) for key, b in STATES.items())]
    )


class PersonForm(forms.Form):
    """Someone who is to sign in."""

    name = forms.CharField(label=_("Name"), max_length=160)
    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=80,
        help_text=_("As single sign-on calls them, if your agency has it. It can't be changed later."),
    )
    email = forms.EmailField(label=_("Mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    agency = forms.ChoiceField(label=_("Agency"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = agency_choices(actor)  # type: ignore[attr-defined]


class PersonChangeForm(forms.Form):
    """How a person is called and reached."""

    name = forms.CharField(label=_("Name"), max_length=160)
    email = forms.EmailField(label=_("Mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)


class RoleForm(forms.Form):
    """A role for a post and a period, in the agency's days."""

    role = forms.ChoiceField(label=_("Role"), choices=list(ROLE_NAMES.items()))
    post = forms.ChoiceField(label=_("Post"))
    since = forms.DateTimeField(
        label=_("From"), required=False, help_text=_("Empty: from now."), widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "short"}
        ),
    )  # fmt: skip
    until = forms.DateTimeField(
        label=_("Until"), required=False, help_text=_("Empty: until ended."), widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "short"}
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = queries.posts(actor)
        self.fields["post"].choices = [(str(p.pk), f"{p.name} · {p.agency.name}") for p in found]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """A period ends after it begins."""
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if isinstance(since, datetime) and isinstance(until, datetime) and until <= since:
            self.add_error("until", _("This is before the beginning."))
        return given


class AgencyForm(forms.Form):
    """What an agency is called and shows."""

    name = forms.CharField(label=_("Name"), max_length=120)
    zone = forms.ChoiceField(label=_("Time zone"), choices=[(zone, zone) for zone in sorted(available_timezones())])
    banner = forms.CharField(
        label=_("Shown before entering"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A legal notice that everybody sees before they sign in by a link, and once after a password."),
    )
    attribution = forms.CharField(
        label=_("Attribution of open data"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    publishes = forms.BooleanField(label=_("Shows a public page"), required=False)


class AgencyBelowForm(forms.Form):
    """An agency below another."""

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ChoiceField(label=_("Below"))
    level = forms.ChoiceField(
        label=_("Level"), choices=[("regional", _("Regional")), ("local", _("Local"))], initial="local"
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=[(zone, zone) for zone in sorted(available_timezones())])

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = agency_choices(actor)  # type: ignore[attr-defined]


class PostForm(forms.Form):
    """A place in the organisation."""

    name = forms.CharField(label=_("Name of the post"), max_length=120)


class ProfileForm(forms.Form):
    """A kind of device and how long it may stay signed in."""

    name = forms.CharField(label=_("Name"), max_length=60)
    idle_minutes = forms.IntegerField(
        label=_("Locks after minutes without use"), required=False, min_value=1, max_value=24 * 60,
        initial=rules.IDLE_MINUTES, help_text=_("Empty: never (a dispatch console)."),
    )  # fmt: skip
    again_hours = forms.IntegerField(
        label=_("Asks for a full sign-in after hours"), required=False, min_value=1, max_value=24 * 7,
        initial=rules.AGAIN_HOURS, help_text=_("Empty: never (a dispatch console)."),
    )  # fmt: skip


class DeviceForm(forms.Form):
    """What this device is."""

    name = forms.CharField(label=_("Name of this device"), max_length=80)
    profile = forms.ChoiceField(label=_("Profile"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = queries.device_profiles(actor)
        self.fields["profile"].choices = [(str(p.pk), f"{p.name} · {p.agency.name}") for p in found]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A programme's token: on whose role it stands, what it may do, until when."""

    name = forms.CharField(label=_("Name of the programme"), max_length=80)
    holding = forms.ChoiceField(label=_("Stands on the role of"))
    days = forms.IntegerField(label=_("Works for days"), min_value=1, max_value=366, initial=90)
    permissions = forms.MultipleChoiceField(
        label=_("May"), widget=forms.CheckboxSelectMultiple, help_text=_("Only what the role itself may do.")
    )

    def __init__(self, *args: Any, actor: Actor, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [h for agency in queries.agencies(actor) for h in queries.holdings_for_tokens(actor, agency, at=at)]
        names = [(str(h.pk), f"{h.person.name} · {ROLE_NAMES[h.role]} · {h.post.name}") for h in held]
        self.fields["holding"].choices = names  # type: ignore[attr-defined]
        allowed = sorted({permission.value for h in held for permission in rules.grantable(h.role)})
        words = [(name, f"{deed_name(name)} ({name})") for name in allowed]
        self.fields["permissions"].choices = words  # type: ignore[attr-defined]


def agency_choices(actor: Actor) -> list[tuple[str, str]]:
    """The agencies that the actor administers, to choose from."""
    return [(str(agency.pk), agency.name) for agency in queries.agencies(actor)]
