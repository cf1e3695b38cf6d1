"""People who are signed in: which cookie is whose session, for how long, and what else their browser must show."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from starlette.types import Scope as AsgiScope

from service.access.caller import ROLES, Caller
from service.access.identification import person_with_roles
from service.access.registry import WhoIsWho
from service.foundation.headers import parse_media_type
from service.foundation.problems import Problem
from service.foundation.time import Clock
from service.log.keys import Keyring
from service.storage.database import reading, writing
from service.storage.service_tables import sessions as rows

#: The prefix has browsers take it from a secure connection only, for this host only.
COOKIE = "__Host-ketenspoor"
#: After which people sign in again, whatever they do.
LONGEST = timedelta(hours=8)
#: The same when they do nothing.
IDLE = timedelta(minutes=30)
#: How exactly it is kept when a session was used last.
_NOTED_EVERY = timedelta(minutes=1)
#: In seconds; how long after signing out at one process another may still know the session.
_REMEMBERED = 2.0
_REMEMBERED_AT_MOST = 10_000
#: A cookie of ours is exactly so long.
_ID_BYTES = 32
_ID_LENGTH = 43
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY = "ketenspoor.session"
#: How a browser sends a form.
FORM = "application/x-www-form-urlencoded"


class Session(NamedTuple):
    """Somebody who is signed in, until when, and what their browser must show with whatever is no mere read."""

    caller: Caller
    expires_at: datetime
    csrf_token: str


class SignedInBefore(Exception):
    """A sign-in that has begun a session already was to begin another."""


class Sessions:
    """The sessions of one log; looked up on the primary, so that they hold from the moment they begin."""

    def __init__(
        self, primary: Engine, keys: Keyring, who: WhoIsWho, clock: Clock, origin: str, forms: Container[str] = ()
    ) -> None:
        """`forms`: addresses of forms, which show a token among their fields; who reads those looks at it."""
        self._engine = primary
        self._key = keys.people
        self._who = who
        self._clock = clock
        self._origin = origin
        self._forms = forms
        #: From the digest of an id to its row and when that was read.
        self._remembered: dict[bytes, tuple[Row[Any], float]] = {}

    async def caller(self, scope: AsgiScope, cookie: str) -> Caller | None:
        """Whose session it is; None when it is nobody's (any more)."""
        session = await self.session(cookie)
        if session is None:
            return None
        if scope["method"] not in _SAFE:
            self._refuse_others_pages(scope, session)
        scope[_KEY] = session
        return session.caller

    async def session(self, cookie: str) -> Session | None:
        """The session that a cookie stands for."""
        if len(cookie) != _ID_LENGTH:
            return None
        digest, now = _digest(cookie), self._clock()
        row = await self._row(digest)
        if row is None or now >= row.expires_at:
            return None
        if now >= row.used_at + _NOTED_EVERY:
            await asyncio.to_thread(self._note, row, now)
            self._remembered.pop(digest, None)
        # Asked each time: an organisation may have left the registry since.
        roles = (role for role in ROLES if role in row.roles.split())
        caller = person_with_roles(row.actor, roles, row.organisation, self._who)
        return Session(caller, row.expires_at, self._csrf_token(cookie)) if caller.roles else None

    def remembers(self, cookie: str) -> bool:
        """Whether it is known without asking the database whose session this is."""
        known = self._remembered.get(_digest(cookie))
        return known is not None and time.monotonic() < known[1] + _REMEMBERED

    async def begin(self, sign_in: str, caller: Caller) -> tuple[str, datetime]:
        """A new session, with an id that nobody has seen: its cookie, and when it ends at the latest."""
        cookie, now = secrets.token_urlsafe(_ID_BYTES), self._clock()
        row = {
            "id_digest": _digest(cookie),
            "sign_in_digest": _digest(sign_in),
            "actor": caller.actor,
            "roles": " ".join(sorted(caller.roles)),
            "organisation": None if caller.organisation is None else caller.organisation.oin,
            "created_at": now,
            "used_at": now,
            "expires_at": now + IDLE,
        }
        await asyncio.to_thread(self._insert, row, now)
        return cookie, now + LONGEST

    async def end(self, cookie: str) -> None:
        """Let nobody be known by this cookie any more."""
        digest = _digest(cookie)
        await asyncio.to_thread(self._delete, digest)
        self._remembered.pop(digest, None)

    async def _row(self, digest: bytes) -> Row[Any] | None:
        now = time.monotonic()
        known = self._remembered.get(digest)
        if known is not None and now < known[1] + _REMEMBERED:
            return known[0]
        row = await asyncio.to_thread(self._read, digest)
        if row is None:
            self._remembered.pop(digest, None)
            return None
        if len(self._remembered) >= _REMEMBERED_AT_MOST:
            self._remembered.clear()
        self._remembered[digest] = row, now
        return row

    def _read(self, digest: bytes) -> Row[Any] | None:
        with reading(self._engine) as connection:
            return connection.execute(select(rows).where(rows.c.id_digest == digest)).one_or_none()

    def _insert(self, row: dict[str, Any], now: datetime) -> None:
        try:
            with writing(self._engine) as connection:
                connection.execute(delete(rows).where(rows.c.expires_at <= now))
                connection.execute(insert(rows).values(row))
        except IntegrityError:
            raise SignedInBefore from None

    def _note(self, row: Row[Any], now: datetime) -> None:
        ends = min(now + IDLE, row.created_at + LONGEST)
        with writing(self._engine) as connection:
            connection.execute(
                update(rows).where(rows.c.id_digest == row.id_digest).values(used_at=now, expires_at=ends)
            )

    def _delete(self, digest: bytes) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(rows).where(rows.c.id_digest == digest))

    def _csrf_token(self, cookie: str) -> str:
        digest = hmac.digest(self._key, b"csrf\0" + cookie.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _refuse_others_pages(self, scope: AsgiScope, session: Session) -> None:
        """A page of another site can have a browser send the cookie; not the token, nor another origin than its own."""
        headers = scope["headers"]
        shown = dict(headers).get(b"x-csrf-token")
        within = shown is None and scope["path"] in self._forms and is_form(headers)
        is_shown = within or hmac.compare_digest(shown or b"", session.csrf_token.encode())
        if not is_shown or not comes_from(self._origin, headers):
            raise Problem(403, "Forbidden", "Who is signed in sends X-CSRF-Token, from a page of this service.")


def is_form(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether what is sent is a form of a page."""
    return parse_media_type(dict(headers).get(b"content-type", b"")).name == FORM


def comes_from(origin: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser says that a page of this origin sends it; one that says nothing is not believed."""
    sent = dict(headers)
    site, named = sent.get(b"sec-fetch-site"), sent.get(b"origin")
    return (
        (site is not None or named is not None) and site in (None, b"same-origin") and named in (None, origin.encode())
    )


def shown(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The cookie of a session, where a request has one."""
    return cookie_of(headers, COOKIE)


def cookie_of(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    """The value of a cookie; None where there is none, or more than one so that nobody knows which is ours."""
    values = [
        value
        for header, text in headers
        if header == b"cookie"
        for part in text.decode("latin-1").split(";")
        for found, _, value in [part.strip().partition("=")]
        if found == name
    ]
    return values[0] if len(values) == 1 else None


def session_of(scope: AsgiScope) -> Session | None:
    """The session that a request came with."""
    found: Session | None = scope.get(_KEY)
    return found


def _digest(secret: str) -> bytes:
    """What stands in the table instead of an id: who reads it can show nothing."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


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
