"""Signing in and out: people go to the OpenID provider and come back as a session.

Their name stays with the provider: of who came back only roles, an organisation and a pseudonym are kept.
"""

from __future__ import annotations

import functools
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.access.caller import Caller
from service.access.key_sets import KeySets
from service.access.people import person
from service.access.provider import Client, Provider, ProviderAway, Unproven
from service.access.registry import WhoIsWho
from service.access.sealed_cookie import SealedCookie
from service.access.sessions import COOKIE, Sessions, SignedInBefore, cookie_of, session_of, shown
from service.audit import access_log
from service.foundation.problems import Problem, parameter
from service.foundation.settings import Settings
from service.foundation.time import Clock
from service.log.keys import Keyring

SIGN_IN = "/sign-in"
CALLBACK = "/sign-in/callback"
SIGN_OUT = "/sign-out"
_UNDER_WAY_COOKIE = "__Host-ketenspoor-sign-in"
#: How long somebody may take at the provider.
_PATIENCE = timedelta(minutes=10)
_LONGEST_PATH = 1_000
_SECRET_BYTES = 32
#: Addresses that browsers read otherwise than as a path of ours: //elsewhere, /\elsewhere, and a tab in between.
_NO_PATH = ("//", "/\\")


class UnderWay(msgspec.Struct, frozen=True):
    """A sign-in between going to the provider and coming back; the browser keeps it, sealed."""

    state: str
    nonce: str
    #: Of PKCE: who has only seen the code can do nothing with it.
    verifier: str
    return_to: str
    #: In seconds since 1970.
    until: float


class Reach(NamedTuple):
    """What signing in works with: where sessions are kept, the keys of those who sign tokens, and the time."""

    primary: Engine
    key_sets: KeySets
    clock: Clock


class SigningIn:
    """The addresses by which people come and go."""

    def __init__(
        self,
        provider: Provider,
        sessions: Sessions,
        known_by: Callable[[Mapping[str, Any]], Caller],
        key: bytes,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._sessions = sessions
        self._known_by = known_by
        self._sealed = SealedCookie(key, UnderWay)
        self._clock = clock

    def routes(self) -> list[Route]:
        """Where they are served."""
        return [
            Route(SIGN_IN, self.sign_in, methods=["GET"], name="sign_in"),
            Route(CALLBACK, self.callback, methods=["GET"], name="sign_in_callback"),
            Route(SIGN_OUT, self.sign_out, methods=["POST"], name="sign_out"),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Send somebody to the provider, and remember where they want to be afterwards."""
        return_to = request.query_params.get("returnTo", "/docs")
        if not is_local(return_to):
            fault = parameter("returnTo", "not-a-path", "must be a path of this service, like /docs")
            raise Problem(400, "Invalid request", "The request can't be answered as it is.", [fault])
        until = (self._clock() + _PATIENCE).timestamp()
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        under_way = UnderWay(state, nonce, verifier, return_to, until)
        try:
            answer = RedirectResponse(await self._provider.address(under_way), 303)
        except ProviderAway:
            raise _away() from None
        _keep(answer, _UNDER_WAY_COOKIE, self._sealed.closed(under_way), int(_PATIENCE.total_seconds()))
        return answer

    async def callback(self, request: Request) -> Response:
        """Begin the session of who comes back, if they are who went and the provider says who they are."""
        try:
            under_way = self._under_way(request)
            found = await self._person(request, under_way)
            cookie, ends = await self._sessions.begin(under_way.state, found)
        except (Unproven, SignedInBefore):
            return _forgetting(_unproven())
        except ProviderAway:
            return _forgetting(_away())
        except _Stranger:
            return _forgetting(Problem(403, "Forbidden", "Nothing here is for who has none of its roles."))
        earlier = shown(request.headers.raw)
        if earlier is not None:
            await self._sessions.end(earlier)
        _told(request, found, "signed in")
        answer = RedirectResponse(under_way.return_to, 303)
        _keep(answer, COOKIE, cookie, int((ends - self._clock()).total_seconds()))
        _drop(answer, _UNDER_WAY_COOKIE)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session; whoever it is of has shown at the door that it is them who ask."""
        cookie = shown(request.headers.raw)
        session = session_of(request.scope)
        if cookie is not None and session is not None:
            await self._sessions.end(cookie)
            _told(request, session.caller, "signed out")
        answer = Response(status_code=204)
        _drop(answer, COOKIE)
        return answer

    def _under_way(self, request: Request) -> UnderWay:
        kept = cookie_of(request.headers.raw, _UNDER_WAY_COOKIE)
        under_way = None if kept is None else self._sealed.opened(kept)
        state = request.query_params.get("state", "")
        if under_way is None or not hmac.compare_digest(state.encode(), under_way.state.encode()):
            raise Unproven("not a sign-in of this browser")
        if self._clock().timestamp() >= under_way.until:
            raise Unproven("it took too long")
        return under_way

    async def _person(self, request: Request, under_way: UnderWay) -> Caller:
        asked = request.query_params
        if not await self._provider.expects(asked.get("iss")):
            raise Unproven("of another provider")
        if "error" in asked or not asked.get("code"):
            raise Unproven("the provider did not let them in")
        claims = await self._provider.claims(asked["code"], under_way)
        found = self._known_by(claims)
        if not found.roles:
            raise _Stranger
        return found


def install(app: FastAPI, settings: Settings, who: WhoIsWho, keys: Keyring, reach: Reach) -> Sessions | None:
    """Let people sign in, where there is a provider for them; tells the door of their sessions."""
    known = client(settings)
    if known is None or settings.public_url is None:
        return None
    sessions = Sessions(reach.primary, keys, who, reach.clock, settings.public_url)
    by = functools.partial(person, issuer=known.issuer, settings=settings, who=who, keys=keys)
    provider = Provider(known, reach.key_sets, reach.clock)
    app.router.routes.extend(SigningIn(provider, sessions, by, keys.people, reach.clock).routes())
    return sessions


class _Stranger(Exception):
    """Who signed in has no role here."""


def client(settings: Settings) -> Client | None:
    """How the OpenID provider knows this service; None where nobody can sign in."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.public_url is None:
        return None
    return Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_secret(),
        settings.public_url + CALLBACK,
        tuple((settings.oidc_acr or "").split()),
    )


def is_local(address: str) -> bool:
    """Whether an address is a path of this service, however a browser reads it."""
    if not address.startswith("/") or address.startswith(_NO_PATH) or len(address) > _LONGEST_PATH:
        return False
    if not address.isascii() or not address.isprintable() or "\\" in address or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def _told(request: Request, caller: Caller, action: str) -> None:
    """Have it in the audit log who came or went; the door could not know."""
    organisation = None if caller.organisation is None else caller.organisation.oin
    access_log.identified(request.scope, caller.actor, organisation, action=action, object="session")


def _keep(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def _drop(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _forgetting(problem: Problem) -> Response:
    """A refusal after which the browser begins anew."""
    answer = problem.response()
    _drop(answer, _UNDER_WAY_COOKIE)
    return answer


def _unproven() -> Problem:
    return Problem(400, "Not signed in", "This sign-in can't be completed; begin again at /sign-in.")


def _away() -> Problem:
    detail = "The provider by which people sign in does not answer; try again."
    return Problem(503, "Busy", detail, headers={"Retry-After": "30"})
