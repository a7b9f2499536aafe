"""Signed notes with Ed25519 keys (C2SP signed-note): a text, an empty line, and one line for each signature."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from witness.failures import BadSignature, KeyMalformed, NoteMalformed, UnknownKey

ED25519 = b"\x01"
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 100
_PRIVATE = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def encode64(data: bytes) -> str:
    """Bytes in standard base 64."""
    return base64.b64encode(data).decode()


def decode64(text: str) -> bytes:
    """The bytes of a base-64 text; ValueError unless it is exactly what `encode64` would write."""
    data = base64.b64decode(text, validate=True)
    if encode64(data) != text:
        raise binascii.Error("not the one way to write these bytes")
    return data


@dataclass(frozen=True)
class Verifier:
    """A public key under its name, written as a C2SP verifier key «name+id+key»."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read a verifier key; refused unless its key id is that of the name and key."""
        name, key = _read_key(vkey)
        verifier = cls(name, key)
        _check_id(verifier, vkey)
        return verifier

    @cached_property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature line names this key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(ED25519 + self.public)}"

    @property
    def label(self) -> str:
        """The key's name and id: short, and enough to tell keys apart."""
        return f"{self.name}+{self.key_id.hex()}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Refuse unless the 64-byte signature is by this key over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            raise BadSignature(f"the signature of {self.label} is not over this text") from None


@dataclass(frozen=True)
class Signer:
    """A private key under its name, written as «PRIVATE+KEY+name+id+seed»."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """A new key from the system's random source."""
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, skey: str) -> "Signer":
        """Read a private key; refused unless its key id is that of the name and key."""
        if not skey.startswith(_PRIVATE):
            raise KeyMalformed("this is no private note key")
        name, seed = _read_key(skey.removeprefix(_PRIVATE))
        signer = cls(name, seed)
        _check_id(signer.verifier, skey.removeprefix(_PRIVATE))
        return signer

    @property
    def skey(self) -> str:
        """The private key as text."""
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{encode64(ED25519 + self.seed)}"

    @cached_property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def line(self, text: bytes) -> bytes:
        """The signature line over a text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)
        return f"— {self.name} {encode64(self.verifier.key_id + signature)}\n".encode()


@dataclass(frozen=True)
class Signature:
    """One signature line, not verified yet."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A text with its signature lines, not verified yet."""

    text: bytes
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> "Note":
        """Split a signed note; refused unless every byte of it is as the format says."""
        lines = _readable(data)
        text, found, signatures = lines.rpartition("\n\n")
        if not found or not signatures.endswith("\n"):
            raise NoteMalformed("there is no text, empty line and signature line in it")
        rows = signatures.removesuffix("\n").split("\n")
        if len(rows) > SIGNATURES_MAX:
            raise NoteMalformed(f"it has more than {SIGNATURES_MAX} signatures")
        return cls(f"{text}\n".encode(), tuple(_read_signature(row) for row in rows))

    def verified_by(self, verifiers: Iterable[Verifier]) -> list[Verifier]:
        """The given keys that signed it; refused if none did, or a signature of one of them is wrong."""
        known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
        signers = []
        for line in self.signatures:
            verifier = known.get((line.name, line.key_id))
            if verifier:
                verifier.verify(self.text, line.signature)
                signers.append(verifier)
        if not signers:
            by = ", ".join(f"{line.name}+{line.key_id.hex()}" for line in self.signatures)
            raise UnknownKey(f"it is signed by {by}, and none of these keys is trusted here")
        return signers


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """A signed note over a text that ends in a newline."""
    data = text.encode()
    return data + b"\n" + b"".join(signer.line(data) for signer in signers)


def _readable(data: bytes) -> str:
    if len(data) > NOTE_BYTES_MAX:
        raise NoteMalformed(f"it is longer than {NOTE_BYTES_MAX:,} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NoteMalformed("it is not UTF-8") from None
    if _CONTROL.search(text):
        raise NoteMalformed("it has a control character")
    return text


def _read_signature(row: str) -> Signature:
    dash, _, rest = row.partition(" ")
    name, _, text = rest.partition(" ")
    try:
        data = decode64(text)
    except ValueError:
        raise NoteMalformed("a signature line is not in base 64") from None
    if dash != "—" or len(data) < 5 or not _is_name(name):
        raise NoteMalformed("a signature line is not «— name signature»")
    return Signature(name, data[:4], data[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() or not letter.isprintable() for letter in name)


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise KeyMalformed(f"a key's name has no space and no plus sign, unlike {name!r}")


def _read_key(text: str) -> tuple[str, bytes]:
    name, _, rest = text.partition("+")
    _, _, key = rest.partition("+")
    _check_name(name)
    try:
        data = decode64(key)
    except ValueError:
        raise KeyMalformed("a key is not in base 64") from None
    if data[:1] != ED25519 or len(data) != 33:
        raise KeyMalformed("only Ed25519 keys of type 1 are known here")
    return name, data[1:]


def _check_id(verifier: Verifier, text: str) -> None:
    if text.split("+")[1] != verifier.key_id.hex():
        raise KeyMalformed(f"the key id in {verifier.name}'s key is not that of the key")
