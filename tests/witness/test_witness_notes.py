"""Keys and signed notes: what is written reads back, and nothing else reads."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witness import Note, Signer, Verifier, sign_note
from witness.failures import BadSignature, Failure, KeyMalformed, NoteMalformed, UnknownKey

NAME = "city.example/log"
SIGNER = Signer(NAME, bytes(range(32)))
OTHER = Signer(NAME, bytes(range(1, 33)))
VKEY = SIGNER.verifier.vkey
TEXT = "a text\n\nof two paragraphs\n"
GOOD = sign_note(TEXT, [SIGNER])


def test_key_of_another_implementation_reads() -> None:
    # The example key of C2SP signed-note's reference, and its id.
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    verifier = Verifier.parse(vkey)
    assert verifier.label == "PeterNeumann+c74f20a3"
    assert verifier.vkey == vkey


def test_note_of_another_implementation_verifies() -> None:
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    verifier = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert Note.parse(note.encode()).verified_by([verifier]) == [verifier]


def test_keys_read_back() -> None:
    assert Verifier.parse(VKEY) == SIGNER.verifier
    assert Signer.parse(SIGNER.skey) == SIGNER
    assert Signer.generate(NAME) != Signer.generate(NAME)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        NAME,
        f"{NAME}+00000000",
        VKEY.replace(NAME, ""),
        VKEY.replace(NAME, "city example"),
        VKEY.replace(NAME, "city\u202eexample"),
        VKEY.replace(SIGNER.verifier.key_id.hex(), "00000000"),
        VKEY.replace(SIGNER.verifier.key_id.hex(), SIGNER.verifier.key_id.hex().upper()),
        VKEY[:-4],
        VKEY + "\n",
        VKEY[:-1] + "!",
        f"{NAME}+00000000+{base64.b64encode(b'%c' % 2 + bytes(32)).decode()}",
    ],
)
def test_malformed_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(KeyMalformed):
        Verifier.parse(vkey)


@pytest.mark.parametrize(
    "skey", ["", VKEY, SIGNER.skey.replace("PRIVATE", "PUBLIC"), SIGNER.skey.replace("city", "town")]
)
def test_malformed_private_key_is_refused(skey: str) -> None:
    with pytest.raises(KeyMalformed):
        Signer.parse(skey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb"])
def test_no_key_has_such_a_name(name: str) -> None:
    with pytest.raises(KeyMalformed):
        Signer.generate(name)


@given(st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1), min_size=1))
def test_signed_note_reads_back(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    note = Note.parse(sign_note(text, [SIGNER, OTHER]))
    assert note.text == text.encode()
    assert note.verified_by([OTHER.verifier]) == [OTHER.verifier]
    assert note.verified_by([OTHER.verifier, SIGNER.verifier]) == [SIGNER.verifier, OTHER.verifier]


def test_unknown_signatures_are_passed_over() -> None:
    stranger = Signer.generate("witness.example")
    namesake = Signer(NAME, bytes(32))
    note = Note.parse(sign_note(TEXT, [stranger, namesake, SIGNER]))
    assert note.verified_by([SIGNER.verifier]) == [SIGNER.verifier]
    with pytest.raises(UnknownKey, match=r"witness\.example"):
        Note.parse(sign_note(TEXT, [stranger])).verified_by([SIGNER.verifier])


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    elsewhere = sign_note("another text\n", [OTHER]).split(b"\n\n")[1]
    with pytest.raises(BadSignature, match=OTHER.verifier.key_id.hex()):
        Note.parse(GOOD + elsewhere).verified_by([SIGNER.verifier, OTHER.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT.encode(),
        b"text without signature\n\n",
        b"text\n\n" + GOOD.split(b"\n\n")[-1].rstrip(b"\n"),
        GOOD.replace(b"a text", b"a\xfftext"),
        GOOD.replace(b"a text", b"a\ttext"),
        GOOD.replace(b"a text", b"a\rtext"),
        GOOD.replace("— ".encode(), b"- "),
        GOOD.replace("— ".encode(), "—".encode()),
        GOOD.replace(NAME.encode(), b""),
        GOOD.replace(NAME.encode(), b"a+b"),
        GOOD.replace(b"=\n", b"\n"),
        GOOD.replace(b"=\n", b"= more\n"),
        "text\n\n— name AAAA\n".encode(),
        GOOD + b"\n",
        GOOD + "— name AAAAAAA=\n".encode() * 100,
        b"x" * 1_000_001 + GOOD,
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteMalformed):
        Note.parse(data)


@pytest.mark.parametrize("bit", range(8))
def test_any_turned_bit_is_noticed(bit: int) -> None:
    for at in range(len(GOOD)):
        damaged = bytearray(GOOD)
        damaged[at] ^= 1 << bit
        with pytest.raises(Failure):
            Note.parse(bytes(damaged)).verified_by([SIGNER.verifier])
