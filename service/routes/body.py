"""The small JSON object that a request brings where its content may not stand in an address."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Request

from domain.kinds import Fault
from service.problems import Problem, faults

MOST_BYTES = 4_096


async def posted_object(request: Request) -> dict[str, Any]:
    """The object of a body of at most 4 KB; all that is wrong with it is told without repeating it."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(
            415, "Unsupported media type", "Send application/json.", headers={"Accept-Post": "application/json"}
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Problem(413, "Too large", f"This request takes a body of at most {MOST_BYTES} bytes.")
    try:
        value = msgspec.json.decode(bytes(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid_body([Fault("", "not-json", "the body is not JSON")]) from None
    if not isinstance(value, dict):
        raise invalid_body([Fault("", "not-an-object", "must be a JSON object")])
    return value


def invalid_body(found: list[Fault]) -> Problem:
    """A body that can't be used."""
    return Problem(400, "Invalid request", "The request can't be answered as it is.", faults(found))
