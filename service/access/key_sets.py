"""The public keys of those whose tokens are believed: fetched, kept, and used while they can't be had.

What is kept answers at once, and is looked up anew in the background. Only who shows a key that is not there waits, and
all who do wait for one fetch: there is at most one in half a minute, whatever is shown.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.foundation.errors import log_error
from service.foundation.settings import is_loopback

#: A key with which an issuer signs, and how; a secret that both know signs nothing.
Key = ECKey | RSAKey
ALGORITHMS = ("PS256", "ES256", "RS256")

#: Kept keys are looked up anew when they are this old; one that is withdrawn is believed no longer than that.
FRESH = timedelta(minutes=5)
#: Keys that could not be looked up anew are believed for this long.
STALE = timedelta(hours=24)
#: From one fetch to the next, whatever is asked meanwhile.
COOLDOWN = timedelta(seconds=30)
_MOST_BYTES = 256 * 1024
_MOST_SECONDS = 5.0
_LEAST_BITS = 2_048
_MOST_BITS = 8_192

_log = logging.getLogger("ketenspoor")


class KeysUnavailable(Exception):
    """The keys of an issuer could not be had, so that nothing can be said of its tokens."""


class KeySets:
    """The keys at each of some addresses."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sets: dict[str, _KeySet] = {}
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._making = asyncio.Lock()

    async def key(self, address: str, key_id: str) -> Key | None:
        """The key of this id at this address, None where it has none; KeysUnavailable."""
        return await self._at(address).key(key_id)

    def still(self, address: str, key_id: str, key: Key, now: datetime) -> bool:
        """Whether a key that was had from here may still be believed. Waits for nothing."""
        return self._at(address).still(key_id, key, now)

    async def close(self) -> None:
        """Fetch nothing any more."""
        for each in self._sets.values():
            await each.close()
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _at(self, address: str) -> _KeySet:
        found = self._sets.get(address)
        if found is None:
            found = self._sets[address] = _KeySet(address, self._clock, self._fetched)
        return found

    async def _fetched(self, address: str) -> bytes:
        # What is on this machine is not asked through a proxy.
        near = is_loopback(urlsplit(address).hostname or "")
        async with self._making:
            if near not in self._clients:
                # Made off the loop: reading the certificates of authorities takes tens of milliseconds.
                self._clients[near] = await asyncio.to_thread(
                    httpx.AsyncClient, timeout=_MOST_SECONDS, follow_redirects=False, trust_env=not near
                )
        async with (
            asyncio.timeout(_MOST_SECONDS),
            self._clients[near].stream("GET", address, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise KeysUnavailable(f"answered with status {answer.status_code}")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise KeysUnavailable("answered with more than a set of keys")
        return bytes(body)


class _KeySet:
    """The keys at one address."""

    def __init__(self, address: str, clock: Callable[[], datetime], fetched: Callable[[str], Any]) -> None:
        self._address = address
        self._clock = clock
        self._fetched = fetched
        self._keys: dict[str, Key] = {}
        self._had: datetime | None = None
        self._tried: datetime | None = None
        self._fetch: asyncio.Task[None] | None = None

    async def key(self, key_id: str) -> Key | None:
        now = self._clock()
        if key_id in self._believed(now):
            self._look_anew(now)
            return self._keys[key_id]
        fetch = self._begun(now)
        if fetch is not None:
            # Who does not wait any longer leaves the others their answer.
            await asyncio.shield(fetch)
        believed = self._believed(self._clock())
        if not believed:
            raise KeysUnavailable("no keys could be had")
        return believed.get(key_id)

    def still(self, key_id: str, key: Key, now: datetime) -> bool:
        if self._believed(now).get(key_id) is not key:
            return False
        self._look_anew(now)
        return True

    async def close(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            with suppress(asyncio.CancelledError):
                await self._fetch

    def _believed(self, now: datetime) -> Mapping[str, Key]:
        return self._keys if self._had is not None and now < self._had + STALE else {}

    def _look_anew(self, now: datetime) -> None:
        if self._had is not None and now >= self._had + FRESH:
            self._begun(now)

    def _begun(self, now: datetime) -> asyncio.Task[None] | None:
        """The fetch that is under way, or one that begins now; None while it is too early for another."""
        if self._fetch is not None and not self._fetch.done():
            return self._fetch
        if self._tried is not None and now < self._tried + COOLDOWN:
            return None
        self._tried = now
        self._fetch = asyncio.get_running_loop().create_task(self._renew())
        return self._fetch

    async def _renew(self) -> None:
        began = self._clock()
        try:
            found = read_keys(await self._fetched(self._address))
        except Exception as fault:  # noqa: BLE001 - whatever it is, what is kept stays, and the operator is told
            log_error(_log, "the keys of an issuer of tokens could not be had", fault)
            return
        # A key that stays is the same object: what was verified with it is remembered.
        self._keys = {
            key_id: self._keys[key_id] if _same(self._keys.get(key_id), key) else key for key_id, key in found.items()
        }
        self._had = began


def read_keys(body: bytes) -> dict[str, Key]:
    """The keys of a JSON Web Key Set that may verify tokens, by `kid` and by thumbprint of their certificate.

    Those of other kinds, for other uses or too weak are left out; KeysUnavailable where it is no set of keys.
    """
    try:
        listed = json.loads(body)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise KeysUnavailable("answered with something else than a set of keys") from None
    if not isinstance(listed, list):
        raise KeysUnavailable("answered with something else than a set of keys")
    found: dict[str, Key] = {}
    for one in listed:
        key = _usable(one)
        if key is not None:
            for key_id in _ids(one):
                found.setdefault(key_id, key)
    return found


def _usable(one: Any) -> Key | None:
    if not isinstance(one, dict) or one.get("use", "sig") != "sig":
        return None
    operations = one.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    # Of what belongs to a private key nothing is kept.
    public = {name: value for name, value in one.items() if name in _PUBLIC}
    try:
        if one.get("kty") == "RSA" and _LEAST_BITS <= _bits(one["n"]) <= _MOST_BITS:
            return RSAKey.import_key(public)
        if one.get("kty") == "EC" and one.get("crv") == "P-256":
            return ECKey.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        pass
    return None


def _bits(number: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(number + "==")).bit_length()


_PUBLIC = frozenset({"kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"})


def _ids(one: Mapping[str, Any]) -> Iterable[str]:
    return (value for name in ("kid", "x5t#S256") if isinstance(value := one.get(name), str) and value)


def _same(before: Key | None, now: Key) -> bool:
    return before is not None and before.as_dict(private=False) == now.as_dict(private=False)
