"""A master key: its name, and the ciphers that follow from it for what is kept wrapped or sealed under it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_NONCE = 12
_NAME_BYTES = 8


class SealBroken(Exception):
    """A sealed text was changed, moved to another event, or belongs to another key."""


class ForeignMasterKey(Exception):
    """The database works under a master key that this process was not given."""


class Master(NamedTuple):
    """What one master key of 32 bytes is used for; what is kept under it begins with its name."""

    name: bytes
    journeys: AESGCM
    rejections: AESGCM
    lasting: AESGCM

    @classmethod
    def of(cls, key: bytes) -> Master:
        return cls(
            derived(key, b"name of a master key")[:_NAME_BYTES],
            AESGCM(derived(key, b"wrapping of journey keys")),
            AESGCM(derived(key, b"rejections")),
            AESGCM(derived(key, b"wrapping of lasting keys")),
        )


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes that follows from another, for one purpose."""
    return HKDFExpand(SHA256(), 32, b"ketenspoor/1 " + purpose).derive(key)


def marked(name: bytes, cipher: AESGCM, plain: bytes, binding: bytes | None) -> bytes:
    """A text sealed under a master key, with the name of that in front."""
    nonce = os.urandom(_NONCE)
    return name + nonce + cipher.encrypt(nonce, plain, binding)


def opened(cipher: AESGCM, sealed: bytes, binding: bytes | None) -> bytes:
    """What was sealed; SealBroken when it does not open."""
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], binding)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        raise SealBroken("a sealed text does not open with its key") from None


def opened_by_one_of(ciphers: Iterable[tuple[bytes, AESGCM]], sealed: bytes, binding: bytes | None) -> bytes:
    """What one of several master keys sealed: the one it names, or for what was sealed before there were names any."""
    every = list(ciphers)
    for name, cipher in every:
        if sealed.startswith(name):
            return opened(cipher, sealed[len(name) :], binding)
    for _, cipher in every:
        try:
            return opened(cipher, sealed, binding)
        except SealBroken:
            continue
    raise SealBroken("a sealed text opens with none of the master keys that were given")
