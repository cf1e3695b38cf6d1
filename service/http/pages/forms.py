"""What people send with a form of a page: read within bounds, and only from a page of ours that was made for them."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from service.access.sessions import FORM, Session, comes_from, is_form, session_of
from service.foundation.problems import Problem
from service.foundation.settings import Settings

#: The fields of a form, by their names.
Form: TypeAlias = ImmutableMultiDict[str, str]

#: The field that shows whose page the form stood on.
TOKEN = "csrf"  # noqa: S105 - its name
#: In bytes; what people type is far less.
_MOST = 64 * 1024
_MOST_FIELDS = 100


def form_token(session: Session) -> str:
    """What a form of this session shows: another text in every answer, for a packed page would give away by its length
    what it repeats (BREACH).
    """
    secret = _secret(session)
    pad = os.urandom(len(secret))
    return base64.urlsafe_b64encode(pad + _xor(pad, secret)).decode().rstrip("=")


def is_of(session: Session, shown: str) -> bool:
    """Whether a form was made for this session."""
    secret = _secret(session)
    try:
        found = base64.urlsafe_b64decode(shown.encode("ascii") + b"=" * (-len(shown) % 4))
    except (UnicodeEncodeError, binascii.Error):
        return False
    pad, masked = found[: len(secret)], found[len(secret) :]
    return len(masked) == len(secret) and hmac.compare_digest(_xor(pad, masked), secret)


async def read_form(request: Request, settings: Settings) -> Form:
    """The fields of a form that was sent; Problem where it is none, too large, or not from a page of ours.

    Who has no session shows no token: there is nothing that another site's page could use.
    """
    if not is_form(request.headers.raw):
        raise Problem(415, "Unsupported Media Type", f"A form is sent as {FORM}.")
    origins = {settings.public_origin, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if not any(comes_from(origin, request.headers.raw) for origin in origins if origin is not None):
        raise _not_from_here()
    form = _fields(await _body(request))
    session = session_of(request.scope)
    if session is not None and not is_of(session, form.get(TOKEN, "")):
        raise _not_from_here()
    return form


async def _body(request: Request) -> bytes:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > _MOST:
            raise Problem(413, "Content Too Large", f"A form is at most {_MOST} bytes.")
    return bytes(received)


def _fields(body: bytes) -> Form:
    try:
        text = body.decode("ascii")
        return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:
        raise Problem(400, "Invalid request", "The form can't be read.") from None


def _secret(session: Session) -> bytes:
    """Not the session's token itself: who reads a form can't speak to the API with what stands in it."""
    return hmac.digest(session.csrf_token.encode(), b"form", "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _not_from_here() -> Problem:
    return Problem(403, "Forbidden", "A form is sent from a page of this service that was opened for who sends it.")
