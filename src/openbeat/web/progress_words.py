"""What a worker tells of its work, in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openbeat.web.ui.scales import number

STEPS: dict[str, Promise] = {
    "reading the reports": _("Reading the reports"),
    "drawing the ground in cells": _("Drawing the ground in cells"),
    "looking for clusters": _("Looking for clusters"),
    "trying chance": _("Trying what chance alone brings: %(done)s of %(total)s tries"),
    "reading the incidents": _("Reading the incidents"),
    "testing on the past": _("Testing on the past: %(done)s of %(total)s forecasts"),
    "drawing the surface": _("Drawing the surface"),
    "comparing groups of areas": _("Who bears it: comparing groups of areas"),
    "trying what less reporting does": _("Who bears it: trying what less reporting does"),
    "simulating a year of patrols": _("Who bears it: week %(done)s of %(total)s simulated"),
}
"""The steps of scans and forecasts, as the worker tells them."""


def step_words(told: str) -> str:
    """A step, with how many of how many where they are told; one that is not known here is said as it was told."""
    step, _colon, counts = told.partition(": ")
    if step not in STEPS:
        return told
    done, _of, total = counts.partition(" of ")
    return str(STEPS[step]) % {"done": number(float(done or 0), 0), "total": number(float(total or 0), 0)}
