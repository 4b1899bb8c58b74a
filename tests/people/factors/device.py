"""A device with a passkey, in software: it answers what browsers ask (WebAuthn Level 3, 6.1), and lies if told to."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ELIGIBLE, ATTESTED = 0x01, 0x04, 0x08, 0x40


@dataclass(slots=True)
class Device:
    """One passkey. `origin`: what the browser says; `counts`: whether it counts its uses."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED | ELIGIBLE
    counts: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, asked: dict[str, Any]) -> str:
        """Make the passkey that was asked for."""
        self.user = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        return self._written(
            attestationObject=bytes_to_base64url(cbor2.dumps(told)),
            clientDataJSON=bytes_to_base64url(self._client("webauthn.create", asked)),
            transports=["internal", "nonsense"],
        )

    def sign(self, asked: dict[str, Any], **changed: str) -> str:
        """Sign in with it; `changed` parts are put in place of the right ones."""
        self.count += self.counts
        data, client = self._data(), self._client("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        right = {
            "authenticatorData": bytes_to_base64url(data),
            "clientDataJSON": bytes_to_base64url(client),
            "signature": bytes_to_base64url(signature),
            "userHandle": self.user,
        }
        return self._written(**(right | changed))

    def _data(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _written(self, **response: Any) -> str:
        named = bytes_to_base64url(self.id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})


def swapped(text: str) -> str:
    """The same with one sign changed."""
    raw = bytearray(base64url_to_bytes(text))
    raw[-1] ^= 1
    return bytes_to_base64url(bytes(raw))
