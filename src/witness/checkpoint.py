"""Checkpoints (C2SP tlog-checkpoint), and the chain of keys that may sign them.

A key handover is a signed note of our own, by the old key and the new, with six lines of text:
«witness key handover v1», origin, old verifier key, new verifier key, tree size, root of that tree in base 64.
A log's folder has its first verifier key in `keys/0` and handover n in `keys/n`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from witness.failures import (
    BadSignature,
    CheckpointMalformed,
    HandoverMalformed,
    KeyRetired,
    KeyTooEarly,
    UnknownKey,
    WrongOrigin,
    within,
)
from witness.merkle import EMPTY_ROOT, HASH_BYTES
from witness.note import Note, Signer, Verifier, decode64, encode64, sign_note

_HANDOVER = "witness key handover v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log that was signed: whose log, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode64(self.root)}\n"

    def sign(self, signers: Sequence[Signer]) -> bytes:
        """The checkpoint as a signed note."""
        return sign_note(self.text, signers)

    @classmethod
    def parse(cls, text: bytes) -> "Checkpoint":
        """Read the text of a note; further lines, which the format allows, are skipped."""
        lines = text.decode().split("\n")
        if len(lines) < 4 or not all(lines[:-1]):
            raise CheckpointMalformed("it has not the three lines origin, size and root")
        return cls(lines[0], *_read_head(lines[1], lines[2]))


@dataclass(frozen=True)
class Handover:
    """The old key's word that the new key signs this log from a tree on, and the new key's word that it does."""

    origin: str
    old: Verifier
    new: Verifier
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The six lines that both keys sign."""
        lines = [_HANDOVER, self.origin, self.old.vkey, self.new.vkey, str(self.size), encode64(self.root)]
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, data: bytes) -> "Handover":
        """Read a handover note; refused unless both its keys signed it."""
        note = Note.parse(data)
        lines = note.text.decode().split("\n")
        if len(lines) != 7 or lines[0] != _HANDOVER:
            raise HandoverMalformed("it has not the six lines of a key handover")
        old, new = Verifier.parse(lines[2]), Verifier.parse(lines[3])
        if {old, new} != set(note.verified_by([old, new])):
            raise BadSignature("a key handover is not signed by both keys")
        return cls(lines[1], old, new, *_read_head(lines[4], lines[5]))


@dataclass(frozen=True)
class KeyTerm:
    """A key and the tree sizes it may sign: from where it took over to where it was handed over (None: not yet)."""

    verifier: Verifier
    start: int = 0
    end: int | None = None


class KeyChain:
    """The keys that a log was signed with, one after the other."""

    def __init__(self, first: Verifier, handovers: Sequence[Handover] = ()) -> None:
        self.handovers = tuple(handovers)
        self._check(first)
        starts = [0, *(handover.size for handover in handovers)]
        ends = [*(handover.size for handover in handovers), None]
        keys = [first, *(handover.new for handover in handovers)]
        self.terms = tuple(KeyTerm(*term) for term in zip(keys, starts, ends, strict=True))

    @property
    def origin(self) -> str:
        """The name that all the keys have, which is the log's origin."""
        return self.terms[0].verifier.name

    @property
    def current(self) -> Verifier:
        """The key that signs now."""
        return self.terms[-1].verifier

    def __contains__(self, verifier: Verifier) -> bool:
        """Whether a key is one of the chain."""
        return any(term.verifier == verifier for term in self.terms)

    def open(self, data: bytes) -> tuple[Checkpoint, list[Verifier]]:
        """A checkpoint and the keys that signed it; refused by name unless a key of the chain signed it in its term."""
        note = Note.parse(data)
        signers = note.verified_by(term.verifier for term in self.terms)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != self.origin:
            raise WrongOrigin(f"it is of the log {checkpoint.origin!r}, and the key is for {self.origin!r}")
        for term in self.terms:
            if term.verifier in signers:
                _check_term(term, checkpoint)
        return checkpoint, signers

    def _check(self, first: Verifier) -> None:
        key, size = first, 0
        for handover in self.handovers:
            if handover.old != key or {handover.origin, handover.new.name} != {first.name} or handover.size < size:
                raise HandoverMalformed(f"the handover to {handover.new.label} does not continue the chain of keys")
            key, size = handover.new, handover.size


def sign_handover(handover: Handover, old: Signer, new: Signer) -> bytes:
    """A handover as a note signed by both keys."""
    return sign_note(handover.text, [old, new])


def read_chain(read: Callable[[str], bytes | None]) -> KeyChain | None:
    """The chain of keys in a log's folder; None where it keeps none. `read` gives a file, or None."""
    data = read("keys/0")
    if data is None:
        return None
    with within("keys/0"):
        first = Verifier.parse(_one_line(data))
    handovers: list[Handover] = []
    while (data := read(path := f"keys/{len(handovers) + 1}")) is not None:
        with within(path):
            handovers.append(Handover.parse(data))
    return KeyChain(first, handovers)


def trusted_chain(kept: KeyChain | None, pinned: Verifier | None) -> KeyChain:
    """The keys to trust: those the log keeps if the pinned key is among them, or the pinned key alone."""
    if kept is None:
        if pinned is None:
            raise UnknownKey("the log keeps no key, and none was given")
        return KeyChain(pinned)
    if pinned is not None and pinned not in kept:
        raise UnknownKey(
            f"the key {pinned.label} is not among the keys of this log, whose first is {kept.terms[0].verifier.label}"
        )
    return kept


def _one_line(data: bytes) -> str:
    return data.decode("utf-8", "replace").removesuffix("\n")


def _read_head(size: str, root: str) -> tuple[int, bytes]:
    if not _NUMBER.fullmatch(size):
        raise CheckpointMalformed("its size is not a whole number")
    try:
        digest = decode64(root)
    except ValueError:
        raise CheckpointMalformed("its root is not in base 64") from None
    if len(digest) != HASH_BYTES:
        raise CheckpointMalformed(f"its root has {len(digest)} bytes, not {HASH_BYTES}")
    if size == "0" and digest != EMPTY_ROOT:
        raise CheckpointMalformed("it is of an empty tree, but its root is not that of an empty tree")
    return int(size), digest


def _check_term(term: KeyTerm, checkpoint: Checkpoint) -> None:
    key, size = term.verifier.label, checkpoint.size
    if term.end is not None and size > term.end:
        raise KeyRetired(f"{key} signed {size} entries, but was handed over at {term.end}")
    if size < term.start:
        raise KeyTooEarly(f"{key} signed {size} entries, but took over only at {term.start}")
