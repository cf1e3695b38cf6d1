"""The OpenID provider by which people sign in: where it is, its keys, and what its ID tokens are worth."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError

from service.access.key_sets import ALGORITHMS, Key, KeySets, KeysUnavailable
from service.foundation.settings import is_loopback
from service.foundation.time import Clock

_DISCOVERY = "/.well-known/openid-configuration"
#: In seconds.
_FRESH = 3_600.0
_USABLE = 86_400.0
_AGAIN_AFTER = 30.0
_PAUSE = 2.0
_PATIENCE = 5.0
_LEEWAY = 30
_LARGEST_HEADER = 16_384
_LARGEST_ANSWER = 1_000_000
_LONGEST_SUBJECT = 255
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAway(Exception):
    """The provider does not answer, or not as one does."""


class Unproven(Exception):
    """What the provider or the browser showed does not prove who somebody is."""


class Client(NamedTuple):
    """How the provider knows this service, where it sends people back to, and how sure it must be of them."""

    issuer: str
    id: str
    secret: str | None
    comes_back_to: str
    #: One of these, as `acr`; empty: however they sign in.
    sureness: tuple[str, ...]


class SignIn(Protocol):
    """What the browser and this service know of a sign-in that is under way."""

    @property
    def state(self) -> str: ...
    @property
    def nonce(self) -> str: ...
    @property
    def verifier(self) -> str: ...


class _Described(NamedTuple):
    """What the provider says of itself, and when it said so."""

    metadata: Mapping[str, Any]
    at: float


class Provider:
    """One provider; asked when somebody signs in, and remembered for an hour."""

    def __init__(self, client: Client, keys: KeySets, clock: Clock) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._described: _Described | None = None
        self._tried = -_AGAIN_AFTER
        self._asking = asyncio.Lock()

    async def address(self, sign_in: SignIn) -> str:
        """Where the browser of who signs in is sent."""
        described = await self._known()
        address: str = prepare_grant_uri(
            described.metadata["authorization_endpoint"],
            self._client.id,
            "code",
            redirect_uri=self._client.comes_back_to,
            scope="openid",
            state=sign_in.state,
            nonce=sign_in.nonce,
            code_challenge=create_s256_code_challenge(sign_in.verifier),
            code_challenge_method="S256",
            acr_values=" ".join(self._client.sureness) or None,
        )
        return address

    async def expects(self, issuer: str | None) -> bool:
        """Whether an answer that names this issuer, or none, can be this provider's (RFC 9207)."""
        if issuer is not None:
            return issuer == self._client.issuer
        described = await self._known()
        return described.metadata.get("authorization_response_iss_parameter_supported") is not True

    async def claims(self, code: str, sign_in: SignIn) -> Mapping[str, Any]:
        """What the provider says of who came back with this code, once that is proven."""
        described = await self._known()
        received = await self._exchanged(described, code, sign_in)
        token, access_token = received.get("id_token"), received.get("access_token")
        if not isinstance(token, str) or not isinstance(access_token, str | None):
            raise Unproven("no ID token")
        key = await self._key(token, described.metadata["jwks_uri"])
        return self._verified(token, access_token, key, sign_in)

    async def _exchanged(self, described: _Described, code: str, sign_in: SignIn) -> Mapping[str, Any]:
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=self._client.comes_back_to,
            code=code,
            code_verifier=sign_in.verifier,
        )
        auth = ClientAuth(self._client.id, self._client.secret, self._way_in(described.metadata))
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = auth.prepare("POST", described.metadata["token_endpoint"], headers, body)
        answer = await self._answer("POST", url, content=body, headers=headers)
        if answer.status_code >= 500:
            raise ProviderAway(f"its token endpoint answered {answer.status_code}")
        if answer.status_code != 200:
            raise Unproven("the provider knows no such code of ours")
        return _object(answer)

    def _way_in(self, metadata: Mapping[str, Any]) -> str:
        """How the provider is shown who this client is."""
        if self._client.secret is None:
            return "none"
        offered = metadata.get("token_endpoint_auth_methods_supported")
        post_only = isinstance(offered, list) and "client_secret_basic" not in offered
        return "client_secret_post" if post_only else "client_secret_basic"

    async def _key(self, token: str, address: str) -> Key:
        """The key that a token says it is signed with; nothing else that it says is believed yet."""
        try:
            received = jws.extract_compact(token.encode(), registry=_registry()).headers()
        except (JoseError, ValueError, TypeError) as fault:
            raise Unproven(type(fault).__name__) from None
        kid = received.get("kid")
        if received.get("alg") not in ALGORITHMS or not isinstance(kid, str):
            raise Unproven("signed in another way")
        try:
            key = await self._keys.key(address, kid)
        except KeysUnavailable:
            raise ProviderAway("its keys cannot be had") from None
        if key is None:
            raise Unproven("signed with a key that the provider does not have")
        return key

    def _verified(self, token: str, access_token: str | None, key: Key, sign_in: SignIn) -> Mapping[str, Any]:
        try:
            read = jwt.decode(token, key, registry=_registry())
            if read.header.get("typ", "JWT") != "JWT":
                raise Unproven("a token for something else")
            claims = CodeIDToken(
                read.claims,
                read.header,
                self._options(),
                {"nonce": sign_in.nonce, "client_id": self._client.id, "access_token": access_token},
            )
            claims.validate(int(self._clock().timestamp()), _LEEWAY)
        except (JoseError, ValueError, TypeError) as fault:
            # Of the fault its kind only: its text may hold a claim.
            raise Unproven(type(fault).__name__) from None
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
            raise Unproven("no subject")
        return dict(claims)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {
            "iss": {"essential": True, "value": self._client.issuer},
            "aud": {"essential": True, "value": self._client.id},
        }
        if self._client.sureness:
            options["acr"] = {"essential": True, "values": list(self._client.sureness)}
        return options

    async def _known(self) -> _Described:
        """What the provider says of itself; asked anew when it is old."""
        async with self._asking:
            known, now = self._described, time.monotonic()
            if known is not None and now < known.at + _USABLE:
                if now < known.at + _FRESH or now < self._tried + _AGAIN_AFTER:
                    return known
            elif now < self._tried + _PAUSE:
                # Those who waited for an answer that did not come do not each wait for one of their own.
                raise ProviderAway("it did not answer just now")
            else:
                known = None
            self._tried = now
            try:
                self._described = known = await self._ask(now)
            except ProviderAway:
                if known is None:
                    raise
            return known

    async def _ask(self, now: float) -> _Described:
        metadata = await self._read(self._client.issuer.rstrip("/") + _DISCOVERY)
        if metadata.get("issuer") != self._client.issuer:
            raise ProviderAway("it describes another issuer")
        for name in _NEEDED:
            if not self._as_safe(metadata.get(name)):
                raise ProviderAway(f"it has no {name} that can be used")
        return _Described(metadata, now)

    def _as_safe(self, address: object) -> bool:
        """Whether an address is https, as the issuer's own must be but on this machine."""
        if not isinstance(address, str):
            return False
        schemes = ("https",) if self._client.issuer.startswith("https:") else ("https", "http")
        try:
            return urlsplit(address).scheme in schemes
        except ValueError:
            return False

    async def _read(self, url: str) -> Mapping[str, Any]:
        answer = await self._answer("GET", url, headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise ProviderAway(f"it answered {answer.status_code}")
        return _object(answer)

    async def _answer(self, method: str, url: str, **asked: Any) -> httpx.Response:
        # What is on this machine is not asked through a proxy.
        near = is_loopback(urlsplit(self._client.issuer).hostname or "")
        # Off the loop: it reads the certificates of authorities.
        verify = await asyncio.to_thread(_authorities)
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=not near, verify=verify) as http:
                return await http.request(method, url, **asked)
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise ProviderAway(type(fault).__name__) from None


@cache
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    # A chain of certificates may stand in it.
    registry.max_header_length = _LARGEST_HEADER
    return registry


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    """The JSON object of an answer."""
    try:
        decoded = answer.json() if len(answer.content) <= _LARGEST_ANSWER else None
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        raise ProviderAway("it answered something else than JSON")
    return decoded
