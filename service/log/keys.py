"""Keys: under a master key those that last and make ids and MACs, and one key a journey that seals what is personal.

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
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from service.log.master_key import ForeignMasterKey, Master, SealBroken, derived, marked, opened, opened_by_one_of

#: Without a master key nothing is worth protecting: development mode, on this machine only, says so in every answer.
DEVELOPMENT_KEY = b"ketenspoor: development mode only"[:32]

_NONCE = 12
# RFC 9562, section 5.8: the bits that make sixteen bytes of one's own a UUID of version 8.
_MARKS = (0xF << 76) | (0x3 << 62)
_VERSION_8 = (0x8 << 76) | (0x2 << 62)
_ALGORITHM = "A256GCM"
_KEY_BYTES = 32
_JSON = msgspec.json.Encoder()


class JourneyKey(NamedTuple):
    """What one journey's key is used for: sealing, and MACs over content.

    Bytes, because many are kept open: a cipher made ready takes some kilobytes, and no time to make.
    """

    sealing: bytes
    mac: bytes


class Lasting(NamedTuple):
    """The keys that stay the same for as long as the log does, of 32 bytes each. They follow from the first master key,
    and are kept wrapped under the one that is in use.
    """

    journey_ids: bytes
    log_mac: bytes
    signing: bytes
    people: bytes

    @classmethod
    def of(cls, master: bytes) -> Lasting:
        return cls(
            derived(master, b"journey ids"),
            derived(master, b"content of streams without a person"),
            derived(master, b"signing of checkpoints"),
            derived(master, b"people who sign in"),
        )


class Keyring:
    """The keys of a process: the master keys of 32 bytes that it was given, and the lasting ones.

    `following` is the master key that is to take the place of `master`, or has taken it.
    """

    def __init__(self, master: bytes, following: bytes | None = None) -> None:
        self._masters = [Master.of(key) for key in (master, following) if key is not None]
        self._wrapping = self._masters[0]
        self.adopt(Lasting.of(master))

    def adopt(self, lasting: Lasting) -> None:
        """Use these lasting keys: those of the database, whichever master key was the first."""
        # Kept with its key taken in, and copied for each journey.
        self._journeys = HMAC(lasting.journey_ids, SHA256())
        self._households = HMAC(derived(lasting.journey_ids, b"households"), SHA256())
        self._log_mac = lasting.log_mac
        self._cursors = derived(lasting.log_mac, b"cursors")
        #: For pseudonyms of people who sign in, and for what their browsers keep.
        self.people = lasting.people
        #: Signs checkpoints of the log.
        self.signing = Ed25519PrivateKey.from_private_bytes(lasting.signing)
        self._lasting = lasting

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

    def wrapped_lasting(self) -> bytes:
        """The lasting keys, wrapped with the master key that wraps what is new."""
        master = self._wrapping
        return marked(master.name, master.lasting, b"".join(self._lasting), None)

    def open_lasting(self, wrapped: bytes) -> Lasting:
        """Lasting keys; SealBroken when they were wrapped under another master key."""
        plain = opened_by_one_of([(master.name, master.lasting) for master in self._masters], wrapped, None)
        return Lasting(*(plain[start : start + _KEY_BYTES] for start in range(0, len(plain), _KEY_BYTES)))

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
        return _ready(key), marked(master.name, master.journeys, key, stream.bytes)

    def unwrap(self, stream: UUID, wrapped: bytes) -> JourneyKey:
        """A journey's key, ready for use."""
        return _ready(self._unwrapped(stream, wrapped))

    def rewrap(self, stream: UUID, wrapped: bytes) -> bytes:
        """A journey's key wrapped with the master key that wraps what is new; as it is when it already was."""
        master = self._wrapping
        if wrapped.startswith(master.name):
            return wrapped
        return marked(master.name, master.journeys, self._unwrapped(stream, wrapped), stream.bytes)

    def mac(self, key: JourneyKey | None, content: bytes) -> bytes:
        """The MAC of an event's content, under its journey's key or for other streams the log's."""
        return hmac.digest(key.mac if key else self._log_mac, content, "sha256")

    def seal_rejected(self, text: bytes) -> bytes:
        """What was refused, kept so that nothing a sender posted is lost."""
        return marked(self._wrapping.name, self._wrapping.rejections, text, None)

    def open_rejected(self, sealed: bytes) -> bytes:
        """What was refused, as it was posted."""
        return opened_by_one_of([(master.name, master.rejections) for master in self._masters], sealed, None)

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
        return opened_by_one_of([(master.name, master.journeys) for master in self._masters], wrapped, stream.bytes)


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
    fields: dict[str, Any] = msgspec.json.decode(opened(AESGCM(key.sealing), enclosed, binding.encode()))
    return fields


def _ready(key: bytes) -> JourneyKey:
    return JourneyKey(derived(key, b"sealing"), derived(key, b"content"))


__all__ = [
    "DEVELOPMENT_KEY",
    "ForeignMasterKey",
    "JourneyKey",
    "Keyring",
    "Lasting",
    "SealBroken",
    "bound_to",
    "seal",
    "unseal",
]
