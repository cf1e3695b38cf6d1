"""Signing in and out: people go to the OpenID provider and come back as a session.

Their name stays with the provider: of who came back only roles, an organisation and a pseudonym are kept.
"""

from __future__ import annotations

import functools
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping
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
from service.access.identification import identify_person
from service.access.key_sets import KeySets
from service.access.provider import Client, Provider, ProviderAway, Unproven
from service.access.registry import WhoIsWho
from service.access.sessions import (
    COOKIE,
    SealedCookie,
    Sessions,
    SignedInBefore,
    cookie_of,
    is_form,
    session_of,
    shown,
)
from service.audit import access_log
from service.foundation.problems import Problem, parameter
from service.foundation.settings import Settings
from service.foundation.time import Clock
from service.http.pages.forms import Form, read_form
from service.log.keys import Keyring

SIGN_IN = "/sign-in"
CALLBACK = "/sign-in/callback"
SIGN_OUT = "/sign-out"
_PENDING_COOKIE = "__Host-ketenspoor-sign-in"
#: How long somebody may take at the provider.
_MOST_TIME = timedelta(minutes=10)
_LONGEST_PATH = 1_000
_SECRET_BYTES = 32
#: Addresses that browsers read otherwise than as a path of ours: //elsewhere, /\elsewhere, and a tab in between.
_READ_AS_ELSEWHERE = ("//", "/\\")


class PendingSignIn(msgspec.Struct, frozen=True):
    """A sign-in between going to the provider and coming back; the browser keeps it, sealed."""

    state: str
    nonce: str
    #: Of PKCE: who has only seen the code can do nothing with it.
    verifier: str
    return_to: str
    #: In seconds since 1970.
    until: float


class SignInContext(NamedTuple):
    """What signing in works with: where sessions are kept, the keys of those who sign tokens, who is who, the time."""

    settings: Settings
    primary: Engine
    key_sets: KeySets
    who: WhoIsWho
    keys: Keyring
    clock: Clock


class SigningIn:
    """The addresses by which people come and go."""

    def __init__(
        self,
        provider: Provider,
        sessions: Sessions,
        caller_of: Callable[[Mapping[str, Any]], Caller],
        context: SignInContext,
    ) -> None:
        self._settings = context.settings
        self._provider = provider
        self._sessions = sessions
        self._caller_of = caller_of
        self._sealed = SealedCookie(context.keys.people, PendingSignIn)
        self._clock = context.clock

    def routes(self) -> list[Route]:
        """Where they are served."""
        return [
            Route(SIGN_IN, self.sign_in, methods=["GET"], name="sign_in"),
            Route(CALLBACK, self.callback, methods=["GET"], name="sign_in_callback"),
            Route(SIGN_OUT, self.sign_out, methods=["POST"], name="sign_out"),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Send somebody to the provider, and remember where they want to be afterwards."""
        return_to = request.query_params.get("returnTo", "/")
        if not is_local(return_to):
            fault = parameter("returnTo", "not-a-path", "must be a path of this service, like /cijfers")
            raise Problem(400, "Invalid request", "The request can't be answered as it is.", [fault])
        until = (self._clock() + _MOST_TIME).timestamp()
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        pending = PendingSignIn(state, nonce, verifier, return_to, until)
        try:
            answer = RedirectResponse(await self._provider.address(pending), 303)
        except ProviderAway:
            raise _provider_away() from None
        _set_cookie(answer, _PENDING_COOKIE, self._sealed.closed(pending), int(_MOST_TIME.total_seconds()))
        return answer

    async def callback(self, request: Request) -> Response:
        """Begin the session of who comes back, if they are who went and the provider says who they are."""
        try:
            pending = self._read_pending(request)
            found = await self._person(request, pending)
            cookie, ends = await self._sessions.begin(pending.state, found)
        except (Unproven, SignedInBefore):
            raise _deleting_cookie(_unproven()) from None
        except ProviderAway:
            raise _deleting_cookie(_provider_away()) from None
        except _WithoutRole:
            refusal = Problem(403, "Forbidden", "Nothing here is for who has none of its roles.")
            raise _deleting_cookie(refusal) from None
        earlier = shown(request.headers.raw)
        if earlier is not None:
            await self._sessions.end(earlier)
        _audit(request, found, "signed in")
        # Relative to this address, two steps down: behind a sub-path it leads back within that.
        answer = RedirectResponse(f"..{pending.return_to}", 303)
        _set_cookie(answer, COOKIE, cookie, int((ends - self._clock()).total_seconds()))
        _delete_cookie(answer, _PENDING_COOKIE)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session; authentication has made sure that it is their owner who asks, or the token of the form."""
        form = await read_form(request, self._settings) if is_form(request.headers.raw) else None
        cookie = shown(request.headers.raw)
        session = session_of(request.scope)
        if cookie is not None and session is not None:
            await self._sessions.end(cookie)
            _audit(request, session.caller, "signed out")
        answer = Response(status_code=204) if form is None else RedirectResponse(_after(form), 303)
        _delete_cookie(answer, COOKIE)
        return answer

    def _read_pending(self, request: Request) -> PendingSignIn:
        kept = cookie_of(request.headers.raw, _PENDING_COOKIE)
        pending = None if kept is None else self._sealed.opened(kept)
        state = request.query_params.get("state", "")
        if pending is None or not hmac.compare_digest(state.encode(), pending.state.encode()):
            raise Unproven("not a sign-in of this browser")
        if self._clock().timestamp() >= pending.until:
            raise Unproven("it took too long")
        return pending

    async def _person(self, request: Request, pending: PendingSignIn) -> Caller:
        asked = request.query_params
        if not await self._provider.expects(asked.get("iss")):
            raise Unproven("of another provider")
        if "error" in asked or not asked.get("code"):
            raise Unproven("the provider did not let them in")
        claims = await self._provider.claims(asked["code"], pending)
        found = self._caller_of(claims)
        if not found.roles:
            raise _WithoutRole
        return found


def install(app: FastAPI, context: SignInContext, forms: Collection[str]) -> Sessions | None:
    """Let people sign in, where there is a provider for them; returns their sessions. `forms`: addresses of forms."""
    settings, who, keys = context.settings, context.who, context.keys
    known = client(settings)
    origin = settings.public_origin
    if known is None or origin is None:
        return None
    sessions = Sessions(context.primary, keys, who, context.clock, origin, {*forms, SIGN_OUT})
    caller_of = functools.partial(identify_person, issuer=known.issuer, settings=settings, who=who, keys=keys)
    provider = Provider(known, context.key_sets, context.clock)
    app.router.routes.extend(SigningIn(provider, sessions, caller_of, context).routes())
    return sessions


class _WithoutRole(Exception):
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
    if not address.startswith("/") or address.startswith(_READ_AS_ELSEWHERE) or len(address) > _LONGEST_PATH:
        return False
    if not address.isascii() or not address.isprintable() or "\\" in address or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def _after(form: Form) -> str:
    """Where who signed out by a form goes, from the address at which they did; it says in which language they read."""
    return "en/rol" if form.get("language") == "en" else "rol"


def _audit(request: Request, caller: Caller, action: str) -> None:
    """Have it in the audit log who came or went; authentication could not know."""
    organisation = None if caller.organisation is None else caller.organisation.oin
    access_log.log_identity(request.scope, caller.actor, organisation, action=action, object="session")


def _set_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def _delete_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _deleting_cookie(problem: Problem) -> Problem:
    """A refusal after which the browser begins anew."""
    answer = Response()
    _delete_cookie(answer, _PENDING_COOKIE)
    problem.headers["Set-Cookie"] = answer.headers["set-cookie"]
    return problem


def _unproven() -> Problem:
    return Problem(400, "Not signed in", "This sign-in can't be completed; begin again at /sign-in.")


def _provider_away() -> Problem:
    detail = "The provider by which people sign in does not answer; try again."
    return Problem(503, "Busy", detail, headers={"Retry-After": "30"})
