"""Access tokens: whether one is to be believed, and who shows it.

Each is verified with the keys of the issuer that it names, and only where the registry has that issuer. Why one is
refused is for the log alone; who shows it is never told.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from joserfc import jws
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from service.access import development
from service.access.caller import Caller
from service.access.identification import TokenContext, UnknownBearer, identify_bearer
from service.access.key_sets import ALGORITHMS, Key, KeySets
from service.access.registry import Issuer, WhoIsWho, who_is_who
from service.foundation.settings import Settings
from service.log.keys import Keyring

#: An access token says that it is one, so that no other token of the same issuer passes for it (RFC 9068).
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
#: FSC names no type for its tokens.
_TYPES_OF_FSC = _TYPES | {"", "jwt"}
#: Seconds that two clocks may differ.
LEEWAY = 30
MOST_BYTES = 24 * 1024
#: Seconds from when a token was issued to when it expires, by the NL GOV profile.
LONGEST = 6 * 3_600
MOST_REMEMBERED = 10_000

#: What was wrong with a token, for the log.
Reason = Literal["form", "header", "issuer", "key", "signature", "claims", "expired", "client"]


class TokenRefused(Exception):
    """A token is not believed. Tells in a word what it failed on, and nothing that stands in it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the token is refused: {reason}")
        self.reason = reason


class _Registry(JWSRegistry):
    # A header may carry a chain of certificates.
    max_header_length = 16 * 1024
    max_payload_length = 16 * 1024


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


class _Shown(NamedTuple):
    """A token that was read, and not believed yet."""

    signed: CompactSignature
    claims: dict[str, Any]
    issuer: Issuer
    key_id: str


class _Believed(NamedTuple):
    caller: Caller
    until: datetime
    address: str | None
    key_id: str
    key: Key


class Verifier:
    """Verifies what is shown to one process, and remembers it by digest until it expires."""

    def __init__(
        self, settings: Settings, who: WhoIsWho, keys: Keyring, key_sets: KeySets, clock: Callable[[], datetime]
    ) -> None:
        self._given = TokenContext(who, settings, keys)
        self._key_sets = key_sets
        self._clock = clock
        self._issuers = dict(who.issuers)
        if settings.development:
            self._issuers[development.ISSUER.url] = development.ISSUER
        self._believed: OrderedDict[bytes, _Believed] = OrderedDict()

    def remembered(self, token: bytes) -> Caller | None:
        """Who shows a token that was verified before; None when that is still to be done."""
        digest = hashlib.sha256(token).digest()
        found = self._believed.get(digest)
        if found is None:
            return None
        now = self._clock()
        address = found.address
        if now < found.until and (address is None or self._key_sets.still(address, found.key_id, found.key, now)):
            self._believed.move_to_end(digest)
            return found.caller
        del self._believed[digest]
        return None

    async def caller(self, token: bytes, *kinds: str) -> Caller:
        """Who shows a token of an issuer of these kinds; TokenRefused, KeysUnavailable."""
        shown = _read(token, self._issuers)
        if shown.issuer.kind not in kinds:
            raise TokenRefused("issuer")
        key = await self._key(shown)
        if key is None:
            raise TokenRefused("key")
        claims = _verified(shown, key, self._clock)
        try:
            caller = identify_bearer(claims, shown.issuer, self._given)
        except UnknownBearer:
            raise TokenRefused("client") from None
        # Of FSC it may expire at a time that no clock can tell.
        now = self._clock().replace(microsecond=0)
        until = now + timedelta(seconds=min(claims["exp"] + LEEWAY - int(now.timestamp()), LONGEST))
        self._remember(token, _Believed(caller, until, shown.issuer.jwks, shown.key_id, key))
        return caller

    async def _key(self, shown: _Shown) -> Key | None:
        if shown.issuer.jwks is None:
            return development.KEYS.get(shown.key_id)
        return await self._key_sets.key(shown.issuer.jwks, shown.key_id)

    def _remember(self, token: bytes, believed: _Believed) -> None:
        self._believed[hashlib.sha256(token).digest()] = believed
        if len(self._believed) > MOST_REMEMBERED:
            self._believed.popitem(last=False)


def caller_of_token(token: str, settings: Settings, keys: Keyring, clock: Callable[[], datetime]) -> Caller:
    """Who shows a token to a command; TokenRefused, KeysUnavailable, InvalidRegistry."""

    async def verified() -> Caller:
        key_sets = KeySets(clock)
        try:
            verifier = Verifier(settings, who_is_who(settings), keys, key_sets, clock)
            return await verifier.caller(token.strip().encode(), "oauth", "development")
        finally:
            await key_sets.close()

    return asyncio.run(verified())


def _read(token: bytes, issuers: Mapping[str, Issuer]) -> _Shown:
    """What a token says of itself, which may be anything."""
    if len(token) > MOST_BYTES:
        raise TokenRefused("form")
    try:
        signed = jws.extract_compact(token, None, _REGISTRY)
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise TokenRefused("form") from None
    if not isinstance(claims, dict) or not isinstance(signed.protected, dict):
        raise TokenRefused("form")
    said = claims.get("iss")
    issuer = issuers.get(said) if isinstance(said, str) else None
    if issuer is None:
        raise TokenRefused("issuer")
    return _Shown(signed, claims, issuer, _checked_header(signed.protected, issuer))


def _checked_header(header: Mapping[str, Any], issuer: Issuer) -> str:
    """The id of the key by which a token says that it is signed."""
    fsc = issuer.kind == "fsc"
    kind, algorithm = header.get("typ", ""), header.get("alg")
    key_id = header.get("kid", header.get("x5t#S256") if fsc else None)
    if (
        algorithm not in ALGORITHMS
        or not isinstance(kind, str)
        or kind.lower() not in (_TYPES_OF_FSC if fsc else _TYPES)
        or not isinstance(key_id, str)
        # None is known here, so none may be passed over; one of them turns off what is signed.
        or "crit" in header
        or "b64" in header
    ):
        raise TokenRefused("header")
    return key_id


def _verified(shown: _Shown, key: Key, clock: Callable[[], datetime]) -> dict[str, Any]:
    """The claims of a token, all of which its issuer has signed and none of which is amiss."""
    try:
        genuine = jws.validate_compact(shown.signed, key, ALGORITHMS, _REGISTRY)
    except (JoseError, ValueError, TypeError):
        # Also where the key is for another algorithm.
        raise TokenRefused("signature") from None
    if not genuine:
        raise TokenRefused("signature")
    claims, issuer = shown.claims, shown.issuer
    demanded = _demanded_of_fsc(issuer) if issuer.kind == "fsc" else _demanded(issuer)
    now = int(clock().timestamp())
    try:
        JWTClaimsRegistry(now, LEEWAY, **demanded).validate(claims)
    except ExpiredTokenError:
        raise TokenRefused("expired") from None
    except (MissingClaimError, InvalidClaimError):
        raise TokenRefused("claims") from None
    if type(claims["exp"]) is not int or (issuer.kind != "fsc" and claims["exp"] > claims["iat"] + LONGEST):
        raise TokenRefused("claims")
    return claims


def _demanded(issuer: Issuer) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": issuer.url},
        "aud": {"essential": True, "value": issuer.audience},
        **{name: {"essential": True} for name in ("exp", "iat", "jti")},
    }


def _demanded_of_fsc(issuer: Issuer) -> dict[str, Any]:
    """`aud` is the address of the inway, which has seen to it, and to the certificate that `cnf` names."""
    return {
        "iss": {"essential": True, "value": issuer.url},
        "svc": {"essential": True, "value": issuer.audience},
        **{name: {"essential": True} for name in ("aud", "cnf", "exp", "gth", "nbf", "sub")},
    }
