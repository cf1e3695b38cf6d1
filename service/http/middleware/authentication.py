"""Who asks: found out before anything else is done. Whatever is served further in has a caller in its scope."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.caller import ANYONE, DEVELOPER, Caller, origin_of, set_caller
from service.access.key_sets import KeysUnavailable
from service.access.looking_as import take_caller
from service.access.rate_limits import Limits, too_often
from service.access.registry import WhoIsWho
from service.access.sessions import Sessions, shown
from service.access.tokens import TokenRefused, Verifier
from service.foundation import tracing
from service.foundation.problems import Problem, busy
from service.foundation.settings import Settings
from service.operations.probes import QUIET

_log = logging.getLogger("ketenspoor")

#: The platform asks here whether the service is well, and shows nothing.
_WITHOUT_CALLER = QUIET
_AUTHORIZATION, _OF_FSC, _COOKIE = b"authorization", b"fsc-authorization", b"cookie"
_BEARER = b"bearer "
#: The name by which a token would stand in an address (RFC 6750).
_IN_QUERY = b"access_token="


#: From a refusal to how it is shown to who asks.
ShowRefusal = Callable[[Request, Response], Awaitable[Response]]


class AuthenticationMiddleware:
    """Around everything that is asked or posted: finds who asks by the token or the session they show."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        verifier: Verifier,
        limits: Limits,
        sessions: Sessions | None,
        who: WhoIsWho,
        show_refusal: ShowRefusal,
    ) -> None:
        """`sessions`: of people who signed in; None where nobody can."""
        self._app = app
        self._show_refusal = show_refusal
        self._fsc = settings.access == "fsc" and not settings.development
        self._header = _OF_FSC if self._fsc else _AUTHORIZATION
        self._headers = frozenset({_AUTHORIZATION, self._header})
        self._kinds = ("fsc",) if self._fsc else ("oauth", "development")
        self._development = settings.development
        self._without_token = DEVELOPER if settings.development else ANYONE
        self._who = who
        self._verifier = verifier
        self._limits = limits
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                set_caller(scope, ANYONE if scope["path"] in _WITHOUT_CALLER else await self._authenticate(scope))
            except Problem as refusal:
                set_caller(scope, ANYONE)
                answer = await self._show_refusal(Request(scope), refusal.response())
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _authenticate(self, scope: Scope) -> Caller:
        """Who a request is from; Problem where it is refused, or comes too often."""
        token: bytes | None = None
        cookie = False
        for name, value in scope["headers"]:
            if name in self._headers:
                # Two of them, or one that is not read here: nobody knows which is meant.
                token = value if token is None and name == self._header else b""
            elif name == _COOKIE:
                cookie = True
        if _IN_QUERY in scope["query_string"]:
            raise _token_in_query()
        if self._fsc and not _has_transaction(scope):
            raise _no_transaction()
        caller, origin = self._without_token, origin_of(scope)
        if token is not None:
            caller = await self._of_token(origin, token)
        elif cookie and self._sessions is not None and (value := shown(scope["headers"])) is not None:
            # To look for a session takes the database: for its address it counts as a token that is to be verified.
            if not self._sessions.remembers(value) and (wait := self._limits.refused(origin)):
                raise too_often(wait)
            caller = await self._sessions.caller(scope, value) or caller
        elif self._development:
            caller = take_caller(scope, self._who) or caller
        if wait := self._limits.wait(caller, origin):
            raise too_often(wait)
        return caller

    async def _of_token(self, origin: str, shown: bytes) -> Caller:
        token = shown[len(_BEARER) :].strip()
        if shown[: len(_BEARER)].lower() == _BEARER:
            known = self._verifier.remembered(token)
            if known is not None:
                return known
        # To verify takes time: it counts for the address whatever comes of it, and goes first.
        if wait := self._limits.refused(origin):
            raise too_often(wait)
        if shown[: len(_BEARER)].lower() != _BEARER:
            raise _refuse_token("form")
        try:
            return await self._verifier.caller(token, *self._kinds)
        except TokenRefused as refused:
            raise _refuse_token(refused.reason) from None
        except KeysUnavailable:
            raise busy() from None


def _refuse_token(reason: str) -> Problem:
    _log.info("a token was refused", extra={"reason": reason})
    return _invalid_token()


def _has_transaction(scope: Scope) -> bool:
    ids = tracing.current.get()
    one = sum(name == b"fsc-transaction-id" for name, _ in scope["headers"]) == 1
    return one and ids is not None and ids.transaction is not None


# In the same words whatever was wrong, so that nobody learns how to pass.


def _invalid_token() -> Problem:
    """To who showed a token that is not believed, whatever the reason."""
    return Problem(
        401,
        "Unauthorized",
        "The token is not one that this service accepts.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _token_in_query() -> Problem:
    """To who puts a token where it ends up in logs."""
    return Problem(
        400,
        "Invalid request",
        "A token stands in the header Authorization, never in an address.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_request"'},
    )


def _no_transaction() -> Problem:
    """With FSC every request is one transaction, which is found by its id in the logs of both sides."""
    detail = "Behind an inway every request has the header Fsc-Transaction-Id, with one UUID."
    return Problem(400, "Invalid request", detail)
