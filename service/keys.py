"""Keys: one master key, from it journey ids and wrapping keys, and one key a journey that seals what is personal.

Destroying a journey's key destroys what was sealed with it and what could be guessed from its content MACs.
"""

from __future__ import annotations

import base64
import hmac
import os
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

#: Without a master key nothing is worth protecting: development mode, on this machine only, says so in every answer.
DEVELOPMENT_KEY = b"ketenspoor: development mode only"[:32]

_NONCE = 12
# RFC 9562, section 5.8: the bits that make sixteen bytes of one's own a UUID of version 8.
_MARKS = (0xF << 76) | (0x3 << 62)
_VERSION_8 = (0x8 << 76) | (0x2 << 62)
_ALGORITHM = "A256GCM"
_JSON = msgspec.json.Encoder()


class SealBroken(Exception):
    """A sealed text was changed, moved to another event, or belongs to another key."""


class JourneyKey(NamedTuple):
    """What one journey's key is used for: sealing, and MACs over content.

    Bytes, because many are kept open: a cipher made ready takes some kilobytes, and no time to make.
    """

    sealing: bytes
    mac: bytes


class Keyring:
    """The keys that follow from a master key of 32 bytes."""

    def __init__(self, master: bytes) -> None:
        # Kept with its key taken in, and copied for each journey.
        self._journeys = HMAC(_derived(master, b"journey ids"), SHA256())
        self._wrapping = AESGCM(_derived(master, b"wrapping of journey keys"))
        self._rejections = AESGCM(_derived(master, b"rejections"))
        self._log_mac = _derived(master, b"content of streams without a person")
        #: Signs checkpoints of the log.
        self.signing = Ed25519PrivateKey.from_private_bytes(_derived(master, b"signing of checkpoints"))

    def journey(self, v_number: str) -> UUID:
        """The id of a permit holder's journey; says nothing about the person to whoever lacks the key."""
        digest = self._journeys.copy()
        digest.update(v_number.encode())
        number = int.from_bytes(digest.finalize()[:16], "big")
        return UUID(int=number & ~_MARKS | _VERSION_8)

    def issue(self, stream: UUID) -> tuple[JourneyKey, bytes]:
        """A fresh key for a journey: ready for use, and wrapped."""
        key, nonce = os.urandom(32), os.urandom(_NONCE)
        return _ready(key), nonce + self._wrapping.encrypt(nonce, key, stream.bytes)

    def unwrap(self, stream: UUID, wrapped: bytes) -> JourneyKey:
        """A journey's key, ready for use."""
        return _ready(_opened(self._wrapping, wrapped, stream.bytes))

    def mac(self, key: JourneyKey | None, content: bytes) -> bytes:
        """The MAC of an event's content, under its journey's key or for other streams the log's."""
        return hmac.digest(key.mac if key else self._log_mac, content, "sha256")

    def seal_rejected(self, text: bytes) -> bytes:
        """What was refused, kept so that nothing a sender posted is lost."""
        nonce = os.urandom(_NONCE)
        return nonce + self._rejections.encrypt(nonce, text, None)

    def open_rejected(self, sealed: bytes) -> bytes:
        """What was refused, as it was posted."""
        return _opened(self._rejections, sealed, None)


def bound_to(source: str, event_id: str) -> str:
    """What the sealed text of an event is bound to; no source or id holds a NUL, so no two events share it."""
    return f"{source}\0{event_id}"


def seal(key: JourneyKey, personal: dict[str, Any], binding: str) -> str:
    """The personal fields of an event as one sealed text, bound to that event so that it can't be moved."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key.sealing).encrypt(nonce, _JSON.encode(personal), binding.encode())
    return f"{_ALGORITHM}.{base64.b64encode(sealed).decode()}"


def unseal(key: JourneyKey, text: str, binding: str) -> dict[str, Any]:
    """The personal fields of an event; SealBroken when the text is not what was sealed for it."""
    algorithm, _, sealed = text.partition(".")
    if algorithm != _ALGORITHM:
        raise SealBroken("sealed with an unknown algorithm")
    try:
        enclosed = base64.b64decode(sealed, validate=True)
    except ValueError:
        raise SealBroken("not a sealed text") from None
    fields: dict[str, Any] = msgspec.json.decode(_opened(AESGCM(key.sealing), enclosed, binding.encode()))
    return fields


def _ready(key: bytes) -> JourneyKey:
    return JourneyKey(_derived(key, b"sealing"), _derived(key, b"content"))


def _opened(cipher: AESGCM, sealed: bytes, binding: bytes | None) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], binding)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        raise SealBroken("a sealed text does not open with its key") from None


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"ketenspoor/1 " + purpose).derive(key)
