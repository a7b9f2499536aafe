"""Refusals with names: raised where they arise, turned into words at the edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple


class Said(NamedTuple):
    """A refusal in one language: what happened, and what to do now."""

    words: str
    mend: str


class Word(str):
    """A value of a refusal that is a word itself, and is translated with it, as members of enumerations are."""

    __slots__ = ()


class OpenbeatError(Exception):
    """Something that Openbeat will not do. `words` say what happened, `mend` what to do now.

    Both are templates with named values, so that an edge can say them in another language:
    `Contradiction("there is a unit {name} already", mend="choose another call sign", name=name)`.
    """

    code = "error"

    def __init__(self, words: str, *, mend: str = "", **values: object) -> None:
        self.templates, self.values = Said(words, mend), values
        self.words, self.mend = self.said(str)
        super().__init__(self.words)

    def said(self, translate: Callable[[str], str]) -> Said:
        """The refusal as `translate` says its templates and words."""
        values = {name: _spoken(value, translate) for name, value in self.values.items()}
        return Said(*(_filled(translate(part), values) if part else "" for part in self.templates))


def _spoken(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, Enum):
        return translate(str(value.value).replace("_", " "))
    return translate(value) if isinstance(value, Word) else value


def _filled(template: str, values: Mapping[str, object]) -> str:
    """A template without values is no template: it may hold braces of its own."""
    return template.format(**values) if values else template


class Refusal(OpenbeatError):
    """A try that the house turned away; the door writes it to the trail."""

    code = "refused"
    told = False
    """Whether the refusal is on its way to the trail already."""


class NotPermitted(Refusal):
    """The actor holds no role that may do this to this thing."""

    code = "not-permitted"


class NotInThisState(Refusal):
    """The thing is in a state from which this move does not lead."""

    code = "not-in-this-state"


class ReasonMissing(Refusal):
    """A look or disclosure came without its reason or its legal basis."""

    code = "reason-missing"


class Contradiction(Refusal):
    """A rule of the domain stands against the change, whatever the actor's rights."""

    code = "contradiction"


class BadInput(OpenbeatError):
    """What was given cannot be read; nothing was changed."""

    code = "bad-input"


class NotFound(OpenbeatError):
    """There is no such thing, or it is not for this actor to see: the two are not told apart."""

    code = "not-found"


class Misconfigured(OpenbeatError):
    """A setting is missing or wrong; the service does not start."""

    code = "misconfigured"
