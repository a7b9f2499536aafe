"""Refusals with names: raised where they arise, turned into words at the edge."""

from __future__ import annotations


class OpenbeatError(Exception):
    """Something that Openbeat will not do. `words` say what happened, `mend` what to do now."""

    code = "error"

    def __init__(self, words: str, *, mend: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.mend = mend


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
