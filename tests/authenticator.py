"""A security key made of software: makes passkeys and signs with them, honestly or with a named dishonesty."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One key pair; `count` goes up with each use."""

    origin: str = "http://localhost"
    rp_id: str = "localhost"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: Any = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def create(self, options: str, **changes: Any) -> str:
        """The answer to the options of a registration; `changes` overwrite fields of what the browser signs."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor(cose)
        data = self._data(self.flags | ATTESTED) + attested
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, changes)
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: str, **changes: Any) -> str:
        """The answer to the options of an assertion."""
        self.count += 1
        client, data = self._client("webauthn.get", options, changes), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: str, changes: dict[str, Any]) -> bytes:
        challenge = json.loads(options)["challenge"]
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(data | changes).encode()

    def _answer(self, **response: bytes) -> str:
        name = text(self.credential_id)
        body = {key: text(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": body})


def text(value: bytes) -> str:
    """Base64 for URLs without padding, as browsers write it."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def raw(value: str) -> bytes:
    """The bytes of `text`."""
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


def cbor(value: Any) -> bytes:
    """As much of CBOR (RFC 8949) as an authenticator needs."""
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(cbor(key) + cbor(entry) for key, entry in value.items())
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = 1 if number < 256 else 2
    return bytes([major << 5 | (23 + size)]) + number.to_bytes(size, "big")
