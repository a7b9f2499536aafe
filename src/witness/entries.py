"""What a leaf commits to: an entry in its one canonical form, hidden behind a salt.

A leaf is SHA-256 over «witness entry v1», a newline, the salt and the entry: whoever has entry and salt can show that
they were logged; whoever has only the leaf cannot find them by guessing. Deleting entry and salt therefore erases the
entry, and the log stays whole.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from witness.failures import EntryMalformed, SaltMalformed

SALT_BYTES = 32
_TAG = b"witness entry v1\n"
_INTEGER_MAX = 2**53 - 1


def canonical_json(value: object) -> bytes:
    """The one way to write a value as JSON: UTF-8, keys sorted, no spaces, no fractions (a subset of RFC 8785).

    Takes None, bool, int up to 2^53 - 1, str, list, tuple and dict with plain keys; EntryMalformed for anything else.
    """
    try:
        _check(value)
    except RecursionError:
        raise EntryMalformed("it is nested too deep") from None
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EntryMalformed("a text has half of a surrogate pair, which is no letter") from None


def new_salt() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, entry: bytes) -> bytes:
    """The 32-byte leaf that commits to a salt of 32 bytes and an entry in canonical JSON."""
    if len(salt) != SALT_BYTES:
        raise SaltMalformed(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return sha256(_TAG + salt + entry).digest()


@dataclass(frozen=True)
class EntryFile:
    """An entry that somebody was given, with what is needed to find it in the log."""

    index: int
    salt: bytes
    entry: Any

    @property
    def leaf(self) -> bytes:
        """The leaf that the log must have at this index."""
        return commitment(self.salt, canonical_json(self.entry))

    def write(self) -> bytes:
        """The file: JSON with `index`, `salt` in hexadecimal, and `entry`."""
        content = {"entry": self.entry, "index": self.index, "salt": self.salt.hex()}
        return canonical_json(content) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> "EntryFile":
        """Read such a file; refused where it is anything else."""
        content = _read_json(data)
        if not isinstance(content, dict) or set(content) != {"index", "salt", "entry"}:
            raise EntryMalformed("it is not JSON with just index, salt and entry")
        if type(content["index"]) is not int or content["index"] < 0:
            raise EntryMalformed("its index is not a whole number")
        return cls(content["index"], _read_salt(content["salt"]), content["entry"])


def _read_json(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError):
        raise EntryMalformed("it is not JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise EntryMalformed("a key stands in it twice")
    return content


def _no_fraction(text: str) -> NoReturn:
    raise EntryMalformed(f"it has the number {text}, and only whole numbers have one way to be written")


def _read_salt(text: object) -> bytes:
    try:
        salt = bytes.fromhex(str(text))
    except ValueError:
        raise SaltMalformed("the salt is not in hexadecimal") from None
    if len(salt) != SALT_BYTES:
        raise SaltMalformed(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return salt


def _check(value: object) -> None:
    check = _CHECKS.get(type(value))
    if check is None:
        raise EntryMalformed(f"a {type(value).__name__} has no canonical form here: write it as text or a whole number")
    check(value)


def _check_integer(value: int) -> None:
    if abs(value) > _INTEGER_MAX:
        raise EntryMalformed(f"the number {value} is beyond 2^53 - 1; write it as text")


def _check_items(value: list[object] | tuple[object, ...]) -> None:
    for item in value:
        _check(item)


def _check_pairs(value: Mapping[object, object]) -> None:
    for key, item in value.items():
        # Above U+D7FF the order by code point and the order by UTF-16 unit, which RFC 8785 asks for, differ.
        if type(key) is not str or any(letter > "\ud7ff" for letter in key):
            raise EntryMalformed(f"{key!r} is no plain key")
        _check(item)


def _fine(_: object) -> None:
    """Any value of this type has a canonical form."""


_CHECKS: dict[type, Callable[[Any], None]] = {
    type(None): _fine,
    bool: _fine,
    str: _fine,
    int: _check_integer,
    list: _check_items,
    tuple: _check_items,
    dict: _check_pairs,
}
