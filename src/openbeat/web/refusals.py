"""Refusals in the reader's language: templates through the catalogues, then their values."""

from __future__ import annotations

from django.utils.translation import gettext

from openbeat.kernel.errors import OpenbeatError


def sentences(refusal: OpenbeatError) -> str:
    """What happened and what to do now, in whole sentences."""
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in refusal.said(gettext) if part)
