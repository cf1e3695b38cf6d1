"""A cookie that only this service can read or make: what a browser keeps for it between two requests."""

from __future__ import annotations

import base64
import os
from typing import Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_BOUND_TO = b"cookie"
_Kept = TypeVar("_Kept")


class SealedCookie(Generic[_Kept]):
    """Values of one type, encrypted and authenticated under a key of ours."""

    def __init__(self, key: bytes, kind: type[_Kept]) -> None:
        self._cipher = AESGCM(key)
        self._decoder = msgspec.json.Decoder(kind)

    def closed(self, value: _Kept) -> str:
        """As it stands in the cookie."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, msgspec.json.encode(value), _BOUND_TO)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def opened(self, text: str) -> _Kept | None:
        """What stands in the cookie; None when it is not of our making."""
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._decoder.decode(self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _BOUND_TO))
        except (ValueError, InvalidTag, msgspec.DecodeError):
            return None
