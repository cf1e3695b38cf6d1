"""An OpenID provider on loopback with keys of its own: whoever is sent there is let in at once, as the test's person.

What a provider must check it does check (client, redirect address, PKCE, codes used once), and what it signs can be
changed on the way, as a provider that was broken into or a foreign one would.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID = "ketenspoor"
CLIENT_SECRET = "of the tests, and nobody else's"
#: What changes the header and the claims of an ID token before it is signed.
Change = Callable[[dict[str, Any], dict[str, Any]], None]


def as_it_is(_header: dict[str, Any], _claims: dict[str, Any]) -> None:
    """Change nothing."""


class Provider:
    """One provider, its keys, and who is let in next."""

    def __init__(self, address: str, now: Callable[[], datetime]) -> None:
        self.issuer = address
        self.now = now
        self.person: dict[str, Any] = {}
        self.change: Change = as_it_is
        #: The whole ID token, for what no key signs.
        self.forge: Callable[[Mapping[str, Any]], str] | None = None
        self.forgetful = False
        self.away = False
        #: What its description says otherwise.
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
        self._ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})

    def reset(self) -> None:
        """Behave as a provider does, and let in somebody without claims."""
        self.person, self.change, self.forge, self.forgetful, self.away = {}, as_it_is, None, False, False
        self.says = {}
        self.asked.clear()

    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self._describe),
            Route("/keys", self._publish),
            Route("/authorize", self._let_in),
            Route("/token", self._exchange, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def public_key(self) -> RSAKey:
        """The RSA key as everybody can have it."""
        return RSAKey.import_key(self._rsa.as_dict(private=False))

    async def _describe(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.away:
            return Response(status_code=502)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                "authorization_response_iss_parameter_supported": True,
                **self.says,
            }
        )

    async def _publish(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        return (
            Response(status_code=502)
            if self.away
            else JSONResponse(KeySet([self._rsa, self._ec]).as_dict(private=False))
        )

    async def _let_in(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def _exchange(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.away:
            return Response(status_code=502)
        shown = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = dict(await _form(request))
        in_form = "token_endpoint_auth_methods_supported" in self.says and form.get("client_secret") == CLIENT_SECRET
        if not in_form and request.headers.get("authorization") != f"Basic {shown}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self._codes.get(form["code"]) if self.forgetful else self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            asked is None
            or challenge.rstrip("=") != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        told = {"access_token": access_token, "token_type": "Bearer", "expires_in": 60}
        return JSONResponse({**told, "id_token": self._id_token(asked["nonce"], access_token)})

    def _id_token(self, nonce: str, access_token: str) -> str:
        now = int(self.now().timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        header: dict[str, Any] = {"alg": "RS256", "kid": "rsa"}
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            **self.person,
        }
        self.change(header, claims)
        if self.forge is not None:
            return self.forge(claims)
        key = self._ec if header["alg"] == "ES256" else self._rsa
        return jwt.encode(header, claims, key, registry=jws.JWSRegistry(algorithms=["RS256", "PS256", "ES256"]))


async def _form(request: Request) -> list[tuple[str, str]]:
    return parse_qsl((await request.body()).decode())


def signed_with_the_secret(claims: Mapping[str, Any], secret: bytes) -> str:
    """An ID token that a secret signs (HS256)."""
    signed = _parts({"alg": "HS256", "kid": "rsa"}, claims)
    return f"{signed}.{_written(hmac.digest(secret, signed.encode(), 'sha256'))}"


def signed_by_nobody(claims: Mapping[str, Any]) -> str:
    """An ID token without a signature (`none`)."""
    return _parts({"alg": "none", "kid": "rsa"}, claims) + "."


def _parts(*parts: Mapping[str, Any]) -> str:
    return ".".join(_written(json.dumps(part).encode()) for part in parts)


def _written(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


@contextmanager
def providing(now: Callable[[], datetime]) -> Iterator[Provider]:
    """A provider that listens."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    provider = Provider(f"http://127.0.0.1:{listening.getsockname()[1]}", now)
    server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
