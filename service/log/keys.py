"""Keys: under a master key the permanent ones, which make ids and MACs, and one a journey that seals what is personal.

Destroying a journey's key destroys what was sealed with it and what could be guessed from its content MACs.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

#: Without a master key nothing is worth protecting: development mode, on this machine only, says so in every answer.
DEVELOPMENT_KEY = b"ketenspoor: development mode only"[:32]

_NONCE = 12
_NAME_BYTES = 8
# RFC 9562, section 5.8: the bits that make sixteen bytes of one's own a UUID of version 8.
_MARKS = (0xF << 76) | (0x3 << 62)
_VERSION_8 = (0x8 << 76) | (0x2 << 62)
_ALGORITHM = "A256GCM"
_KEY_BYTES = 32
_JSON = msgspec.json.Encoder()


class SealBroken(Exception):
    """A sealed text was changed, moved to another event, or belongs to another key."""


class ForeignMasterKey(Exception):
    """The database works under a master key that this process was not given."""


class MasterKey(NamedTuple):
    """What one master key of 32 bytes is used for; what is kept under it begins with its name."""

    name: bytes
    journeys: AESGCM
    rejections: AESGCM
    permanent: AESGCM

    @classmethod
    def of(cls, key: bytes) -> MasterKey:
        return cls(
            derive_key(key, b"name of a master key")[:_NAME_BYTES],
            AESGCM(derive_key(key, b"wrapping of journey keys")),
            AESGCM(derive_key(key, b"rejections")),
            AESGCM(derive_key(key, b"wrapping of lasting keys")),
        )


class JourneyKey(NamedTuple):
    """What one journey's key is used for: sealing, and MACs over content.

    Bytes, because many are kept open: a cipher made ready takes some kilobytes, and no time to make.
    """

    sealing: bytes
    mac: bytes


class PermanentKeys(NamedTuple):
    """The keys that stay the same for as long as the log does, of 32 bytes each. They follow from the first master key,
    and are kept wrapped under the one that is in use.
    """

    journey_ids: bytes
    log_mac: bytes
    signing: bytes
    people: bytes

    @classmethod
    def of(cls, master: bytes) -> PermanentKeys:
        return cls(
            derive_key(master, b"journey ids"),
            derive_key(master, b"content of streams without a person"),
            derive_key(master, b"signing of checkpoints"),
            derive_key(master, b"people who sign in"),
        )


class Keyring:
    """The keys of a process: the master keys of 32 bytes that it was given, and the permanent ones.

    `following` is the master key that is to take the place of `master`, or has taken it.
    """

    def __init__(self, master: bytes, following: bytes | None = None) -> None:
        self._masters = [MasterKey.of(key) for key in (master, following) if key is not None]
        self._wrapping = self._masters[0]
        self.adopt(PermanentKeys.of(master))

    def adopt(self, permanent: PermanentKeys) -> None:
        """Use these permanent keys: those of the database, whichever master key was the first."""
        # Kept with its key taken in, and copied for each journey.
        self._journeys = HMAC(permanent.journey_ids, SHA256())
        self._households = HMAC(derive_key(permanent.journey_ids, b"households"), SHA256())
        self._log_mac = permanent.log_mac
        self._cursors = derive_key(permanent.log_mac, b"cursors")
        #: For pseudonyms of people who sign in, and for what their browsers keep.
        self.people = permanent.people
        #: Signs checkpoints of the log.
        self.signing = Ed25519PrivateKey.from_private_bytes(permanent.signing)
        self._permanent = permanent

    @property
    def names(self) -> list[bytes]:
        """The names of the master keys that were given."""
        return [master.name for master in self._masters]

    @property
    def wrapping(self) -> bytes:
        """The name of the master key that wraps what is new."""
        return self._wrapping.name

    def wrap_with(self, name: bytes) -> None:
        """From now on wrap with the master key of this name; ForeignMasterKey when it was not given."""
        for master in self._masters:
            if master.name == name:
                self._wrapping = master
                return
        raise ForeignMasterKey("the database works under a master key that this process was not given")

    def wrap_permanent(self) -> bytes:
        """The permanent keys, wrapped with the master key that wraps what is new."""
        master = self._wrapping
        return _seal_named(master.name, master.permanent, b"".join(self._permanent), None)

    def unwrap_permanent(self, wrapped: bytes) -> PermanentKeys:
        """The permanent keys; SealBroken when they were wrapped under another master key."""
        plain = _open_named([(master.name, master.permanent) for master in self._masters], wrapped, None)
        return PermanentKeys(*(plain[start : start + _KEY_BYTES] for start in range(0, len(plain), _KEY_BYTES)))

    def journey(self, v_number: str) -> UUID:
        """The id of a permit holder's journey; says nothing about the person to whoever lacks the key."""
        digest = self._journeys.copy()
        digest.update(v_number.encode())
        number = int.from_bytes(digest.finalize()[:16], "big")
        return UUID(int=number & ~_MARKS | _VERSION_8)

    def household(self, key: str) -> str:
        """A household's key as it stands in the open: equal for equal ones, and says nothing else."""
        digest = self._households.copy()
        digest.update(key.encode())
        return f"h-{digest.finalize()[:10].hex()}"

    def issue(self, stream: UUID) -> tuple[JourneyKey, bytes]:
        """A fresh key for a journey: ready for use, and wrapped."""
        key, master = os.urandom(_KEY_BYTES), self._wrapping
        return _ready(key), _seal_named(master.name, master.journeys, key, stream.bytes)

    def unwrap(self, stream: UUID, wrapped: bytes) -> JourneyKey:
        """A journey's key, ready for use."""
        return _ready(self._unwrapped(stream, wrapped))

    def rewrap(self, stream: UUID, wrapped: bytes) -> bytes:
        """A journey's key wrapped with the master key that wraps what is new; as it is when it already was."""
        master = self._wrapping
        if wrapped.startswith(master.name):
            return wrapped
        return _seal_named(master.name, master.journeys, self._unwrapped(stream, wrapped), stream.bytes)

    def mac(self, key: JourneyKey | None, content: bytes) -> bytes:
        """The MAC of an event's content, under its journey's key or for other streams the log's."""
        return hmac.digest(key.mac if key else self._log_mac, content, "sha256")

    def seal_rejected(self, text: bytes) -> bytes:
        """What was refused, kept so that nothing a sender posted is lost."""
        return _seal_named(self._wrapping.name, self._wrapping.rejections, text, None)

    def open_rejected(self, sealed: bytes) -> bytes:
        """What was refused, as it was posted."""
        return _open_named([(master.name, master.rejections) for master in self._masters], sealed, None)

    def seal_cursor(self, place: bytes, of_the_list: bytes) -> bytes:
        """Where a page of a list ended, for nobody to read: the same each time, and good for that list alone."""
        return AESSIV(self._cursors).encrypt(place, [of_the_list])

    def open_cursor(self, sealed: bytes, of_the_list: bytes) -> bytes:
        """Where the page ended; SealBroken for what was not sealed for this list."""
        try:
            return AESSIV(self._cursors).decrypt(sealed, [of_the_list])
        except (InvalidTag, ValueError):
            raise SealBroken("not a cursor of this list") from None

    def _unwrapped(self, stream: UUID, wrapped: bytes) -> bytes:
        return _open_named([(master.name, master.journeys) for master in self._masters], wrapped, stream.bytes)


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
    fields: dict[str, Any] = msgspec.json.decode(_open(AESGCM(key.sealing), enclosed, binding.encode()))
    return fields


def _ready(key: bytes) -> JourneyKey:
    return JourneyKey(derive_key(key, b"sealing"), derive_key(key, b"content"))


def derive_key(key: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes that follows from another, for one purpose."""
    return HKDFExpand(SHA256(), 32, b"ketenspoor/1 " + purpose).derive(key)


def _seal_named(name: bytes, cipher: AESGCM, plain: bytes, binding: bytes | None) -> bytes:
    """A text sealed under a master key, with the name of that in front."""
    nonce = os.urandom(_NONCE)
    return name + nonce + cipher.encrypt(nonce, plain, binding)


def _open(cipher: AESGCM, sealed: bytes, binding: bytes | None) -> bytes:
    """What was sealed; SealBroken when it does not open."""
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], binding)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        raise SealBroken("a sealed text does not open with its key") from None


def _open_named(ciphers: Iterable[tuple[bytes, AESGCM]], sealed: bytes, binding: bytes | None) -> bytes:
    """What one of several master keys sealed: the one it names, or for what was sealed before there were names any."""
    every = list(ciphers)
    for name, cipher in every:
        if sealed.startswith(name):
            return _open(cipher, sealed[len(name) :], binding)
    for _, cipher in every:
        try:
            return _open(cipher, sealed, binding)
        except SealBroken:
            continue
    raise SealBroken("a sealed text opens with none of the master keys that were given")
