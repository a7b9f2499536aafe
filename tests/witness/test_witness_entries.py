"""An entry has one canonical form, and its leaf hides it."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witness import EntryFile, canonical_json, commitment, new_salt
from witness.failures import EntryMalformed, Failure, SaltMalformed

SALT = bytes(range(32))

plain_text = st.text(st.characters(exclude_categories=["Cs"]))
plain_keys = st.text(st.characters(max_codepoint=0xD7FF))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_keys, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-7, "-7"),
        (2**53 - 1, "9007199254740991"),
        ("", '""'),
        ({"b": 1, "a": [True, "x"]}, '{"a":[true,"x"],"b":1}'),
        ({"id": 1, "ID": 2, "éa": 3, "z": 4}, '{"ID":2,"id":1,"z":4,"éa":3}'),
        (("a", ("b",)), '["a",["b"]]'),
        ('Қорғау 保护 😀 / " \\ \n \x7f \x01', '"Қорғау 保护 😀 / \\" \\\\ \\n \x7f \\u0001"'),
    ],
)
def test_canonical_form(value: object, text: str) -> None:
    assert canonical_json(value) == text.encode()


@given(values)
def test_canonical_form_reads_back_and_is_the_only_one(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(plain_keys, st.integers(0, 9), min_size=2))
def test_order_of_writing_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)
    # RFC 8785 sorts by UTF-16 unit.
    assert list(json.loads(canonical_json(value))) == sorted(value, key=lambda key: key.encode("utf-16-be"))


def _deep() -> object:
    value: object = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        b"bytes",
        {1: "number"},
        {None: 1},
        {"\ue000": 1},
        {"😀": 1},
        "\ud800",
        {1, 2},
        _deep(),
    ],
    ids=[
        "fraction",
        "nan",
        "large",
        "small",
        "bytes",
        "number key",
        "null key",
        "private key",
        "emoji key",
        "half",
        "set",
        "deep",
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(EntryMalformed):
        canonical_json(value)
    with pytest.raises(EntryMalformed):
        canonical_json({"inside": [value]})


def test_leaf_is_the_hash_of_tag_salt_and_entry() -> None:
    entry = canonical_json({"operation": "consultation"})
    assert commitment(SALT, entry) == sha256(b"witness entry v1\n" + SALT + entry).digest()


def test_salts_are_long_and_never_the_same() -> None:
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {32}


@pytest.mark.parametrize("salt", [b"", SALT[:31], SALT + b"\x00"])
def test_salt_of_another_length_is_refused(salt: bytes) -> None:
    with pytest.raises(SaltMalformed):
        commitment(salt, b"{}")


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), values)
def test_entry_file_reads_back(index: int, salt: bytes, entry: object) -> None:
    written = EntryFile(index, salt, entry)
    read = EntryFile.parse(written.write())
    assert read == written
    assert read.leaf == commitment(salt, canonical_json(entry))


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (b"", EntryMalformed),
        (b"\xff", EntryMalformed),
        (b"[" * 100_000, EntryMalformed),
        (b"[]", EntryMalformed),
        (b'{"index": 1, "entry": {}}', EntryMalformed),
        (b'{"index": 1, "salt": "%s", "entry": {}, "more": 1}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": -1, "salt": "%s", "entry": {}}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": true, "salt": "%s", "entry": {}}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": "1", "salt": "%s", "entry": {}}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": 1, "salt": "%s", "entry": 0.5}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": 1, "salt": "%s", "entry": NaN}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": 1, "salt": "%s", "entry": {"a": 1, "a": 2}}' % SALT.hex().encode(), EntryMalformed),
        (b'{"index": 1, "salt": "zz", "entry": {}}', SaltMalformed),
        (b'{"index": 1, "salt": null, "entry": {}}', SaltMalformed),
        (b'{"index": 1, "salt": "00", "entry": {}}', SaltMalformed),
    ],
)
def test_malformed_entry_file_is_refused(text: bytes, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        EntryFile.parse(text)
