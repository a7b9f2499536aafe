"""A passkey in software: enough of an authenticator (WebAuthn level 2) to make and use one key in tests."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(words: str) -> bytes:
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


class SoftKey:
    """One resident key for one account; `verifies` says whether it checks its holder."""

    def __init__(self, origin: str = "http://testserver", *, verifies: bool = True) -> None:
        self.origin, self.site = origin, origin.split("//")[1]
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.user = b""
        self.uses = 0
        self.flags = PRESENT | (VERIFIED if verifies else 0)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        self.uses += 1
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.uses.to_bytes(4, "big") + more

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a request to make a key."""
        self.user = raw(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        public = cbor.encode({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        held = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(self.flags | WITH_KEY, held)
        return self._answer(
            {
                "clientDataJSON": text(self._client("create", options["challenge"])),
                "attestationObject": text(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})),
            },
            {"credProps": {"rk": True}},
        )

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a request to show the key."""
        data, client = self._data(self.flags), self._client("get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": text(client),
                "authenticatorData": text(data),
                "signature": text(signature),
                "userHandle": text(self.user),
            },
            {},
        )

    def _answer(self, response: dict[str, str], results: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response,
            "clientExtensionResults": results, "authenticatorAttachment": "platform",
        }  # fmt: skip
