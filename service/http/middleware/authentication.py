"""The door: finds out who asks before anything else is looked at. Behind it every request has a caller."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.caller import ANYONE, DEVELOPER, Caller, let_in, origin_of
from service.access.key_sets import KeysUnavailable
from service.access.rate_limits import Limits, too_often
from service.access.refusals import invalid_token, no_transaction, token_in_query
from service.access.sessions import Sessions, shown
from service.access.tokens import TokenRefused, Verifier
from service.foundation import tracing
from service.foundation.problems import Problem, busy
from service.foundation.settings import Settings
from service.operations.health import QUIET

_log = logging.getLogger("ketenspoor")

#: The platform looks after the service here, and shows nothing.
_WITHOUT_DOOR = QUIET
_AUTHORIZATION, _OF_FSC, _COOKIE = b"authorization", b"fsc-authorization", b"cookie"
_BEARER = b"bearer "
#: The name by which a token would stand in an address (RFC 6750).
_IN_QUERY = b"access_token="


class Doorkeeper:
    """Knows people and machines by what they show."""

    def __init__(self, settings: Settings, verifier: Verifier, limits: Limits) -> None:
        self._fsc = settings.access == "fsc" and not settings.development
        self._header = _OF_FSC if self._fsc else _AUTHORIZATION
        self._headers = frozenset({_AUTHORIZATION, self._header})
        self._kinds = ("fsc",) if self._fsc else ("oauth", "development")
        self._stranger = DEVELOPER if settings.development else ANYONE
        self._verifier = verifier
        self._limits = limits
        #: Where people sign in it knows their sessions too.
        self.sessions: Sessions | None = None

    async def caller(self, scope: Scope) -> Caller:
        """Who a request is from; Problem where it is to go no further."""
        token: bytes | None = None
        cookie = False
        for name, value in scope["headers"]:
            if name in self._headers:
                # Two of them, or one that is not for this door: nobody knows which is meant.
                token = value if token is None and name == self._header else b""
            elif name == _COOKIE:
                cookie = True
        if _IN_QUERY in scope["query_string"]:
            raise token_in_query()
        if self._fsc and not _has_transaction(scope):
            raise no_transaction()
        caller = self._stranger
        if token is not None:
            caller = await self._of_token(scope, token)
        elif cookie and self.sessions is not None and (value := shown(scope["headers"])) is not None:
            # To look for a session takes the database: for its address it counts as a token that is to be verified.
            if not self.sessions.remembers(value) and (wait := self._limits.refused(origin_of(scope))):
                raise too_often(wait)
            caller = await self.sessions.caller(scope, value) or caller
        if wait := self._limits.wait(caller, origin_of(scope)):
            raise too_often(wait)
        return caller

    async def _of_token(self, scope: Scope, shown: bytes) -> Caller:
        token = shown[len(_BEARER) :].strip()
        if shown[: len(_BEARER)].lower() == _BEARER:
            known = self._verifier.remembered(token)
            if known is not None:
                return known
        # To verify takes time: it counts for the address whatever comes of it, and goes first.
        if wait := self._limits.refused(origin_of(scope)):
            raise too_often(wait)
        if shown[: len(_BEARER)].lower() != _BEARER:
            raise _turned_away("form")
        try:
            return await self._verifier.caller(token, *self._kinds)
        except TokenRefused as refused:
            raise _turned_away(refused.reason) from None
        except KeysUnavailable:
            raise busy() from None


def _turned_away(reason: str) -> Problem:
    _log.info("a token was refused", extra={"reason": reason})
    return invalid_token()


def _has_transaction(scope: Scope) -> bool:
    ids = tracing.current.get()
    one = sum(name == b"fsc-transaction-id" for name, _ in scope["headers"]) == 1
    return one and ids is not None and ids.transaction is not None


class Door:
    """Inside the gate, around everything that is asked or posted."""

    def __init__(self, app: ASGIApp, keeper: Doorkeeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["path"] in _WITHOUT_DOOR:
                let_in(scope, ANYONE)
            else:
                try:
                    let_in(scope, await self._keeper.caller(scope))
                except Problem as refusal:
                    await refusal.response()(scope, receive, send)
                    return
        await self._app(scope, receive, send)
