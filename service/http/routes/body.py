"""The bodies that requests bring where their content may not stand in an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import Request

from domain.field_types import Fault
from service.foundation import utf8
from service.foundation.header_values import media_type
from service.foundation.memory_budget import Room
from service.foundation.problems import Problem, faults
from service.intake import bodies, cloudevents
from service.intake.content_coding import gunzipped, is_packed

MOST_BYTES = 4_096


def require_media_type(request: Request, name: str) -> None:
    """Refuse (415) a body that is of another media type, or no UTF-8."""
    if media_type(request.headers.get("content-type", "").encode("latin-1")) != (name, True):
        raise Problem(415, "Unsupported media type", f"Send {name}, in UTF-8.", headers={"Accept-Post": name})


@asynccontextmanager
async def body_of(request: Request, most: int) -> AsyncIterator[bytes]:
    """A body of at most so many bytes, unpacked; it takes its room until the request was answered."""
    room: Room = request.app.state.room
    packed = is_packed(request.headers.raw)
    receive = gunzipped(request.receive) if packed else request.receive
    with room.place() as place:
        length = request.headers.get("content-length")
        yield await bodies.whole(receive, length, most, place, bodies.MOST_SECONDS)


async def posted_object(request: Request) -> AsyncIterator[dict[str, Any]]:
    """The object of a body of at most 4 KB; all that is wrong with it is told without repeating it."""
    require_media_type(request, "application/json")
    async with body_of(request, MOST_BYTES) as body:
        yield _object(body)


def _object(body: bytes) -> dict[str, Any]:
    if (foreign := cloudevents.foreign(body)) is not None:
        raise invalid_body([Fault("", foreign.code, foreign.detail)])
    try:
        value = msgspec.json.decode(body.removeprefix(utf8.MARK))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid_body([Fault("", "not-json", "the body is not JSON")]) from None
    if not isinstance(value, dict):
        raise invalid_body([Fault("", "not-an-object", "must be a JSON object")])
    return value


def invalid_body(found: list[Fault]) -> Problem:
    """A body that can't be used."""
    return Problem(400, "Invalid request", "The request can't be answered as it is.", faults(found))
