"""What a request asks in and brings: its method, the form of the answer, and a body of V-numbers, kept from addresses.

Refused are methods that an address does not know (405, with all that it does), forms that a route does not answer in
(406), bodies where none is read, and those of another media type (415), too large (413) or not to be used (400).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match

from domain.field_types import Fault
from service.foundation import utf8
from service.foundation.headers import JSON, accept_of, is_accepted, parse_media_type
from service.foundation.memory_budget import MemoryBudget, Reservation
from service.foundation.problems import Problem, faults
from service.intake import bodies, cloudevents
from service.intake.content_coding import gunzipped, is_packed

#: The parameter by which a form is named; a route that has none refuses it as unknown.
FORMAT = "format"
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
_MOST_BYTES_OF_AN_OBJECT = 4_096


def install_method_refusal(app: FastAPI) -> None:
    """Answer 405 for the address, not for the one route that was tried first."""

    @app.exception_handler(405)
    async def _not_allowed(request: Request, _: Exception) -> Response:
        known = [method for method in _METHODS if _knows(app, request, method)]
        headers = {"Allow": ", ".join(known)}
        return Problem(405, "Method Not Allowed", "This address does not know this method.", headers=headers).response()


def _knows(app: FastAPI, request: Request, method: str) -> bool:
    asked = {name: request.scope[name] for name in ("type", "path", "root_path", "headers")}
    return any(route.matches({**asked, "method": method})[0] is Match.FULL for route in app.router.routes)


async def refuse_media_types(request: Request) -> None:
    """Refuse an Accept that can't be met, and a body where none is read."""
    route: APIRoute = request.scope["route"]
    accept = accept_of(request.headers)
    # A form that is named in the address is given, whatever a browser would rather have.
    named = FORMAT in request.query_params
    if accept and not named and not any(is_accepted(form, accept) for form in forms_of(route)):
        forms = ", ".join(forms_of(route))
        raise Problem(406, "Not acceptable", f"This address answers as {forms}; its refusals are problem details.")
    if request.method == "POST" and not _reads_a_body(route) and _brings_a_body(request):
        raise Problem(415, "Unsupported media type", "This request takes no body.")


def forms_of(route: APIRoute) -> tuple[str, ...]:
    """The media types in which a route answers, the usual one first."""
    described = route.responses.get(200, {}).get("content", {})
    usual = getattr(route.response_class, "media_type", None) or JSON
    return (usual, *(form for form in described if form != usual))


def _reads_a_body(route: APIRoute) -> bool:
    return "requestBody" in (route.openapi_extra or {})


def _brings_a_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def require_media_type(request: Request, name: str) -> None:
    """Refuse (415) a body that is of another media type, or no UTF-8."""
    if parse_media_type(request.headers.get("content-type", "").encode("latin-1")) != (name, True):
        raise Problem(415, "Unsupported media type", f"Send {name}, in UTF-8.", headers={"Accept-Post": name})


@asynccontextmanager
async def read_body(request: Request, most: int) -> AsyncIterator[bytes]:
    """A body of at most so many bytes, unpacked; its memory is reserved until the request was answered."""
    budget: MemoryBudget = request.app.state.memory_budget
    packed = is_packed(request.headers.raw)
    receive = gunzipped(request.receive) if packed else request.receive
    with Reservation(budget) as reservation:
        length = request.headers.get("content-length")
        yield await bodies.read_whole(receive, length, most, reservation, bodies.MOST_SECONDS)


async def posted_object(request: Request) -> AsyncIterator[dict[str, Any]]:
    """The object of a body of at most 4 KB; a refusal lists all that is wrong with it and repeats none of it."""
    require_media_type(request, "application/json")
    async with read_body(request, _MOST_BYTES_OF_AN_OBJECT) as body:
        yield _decode_object(body)


def _decode_object(body: bytes) -> dict[str, Any]:
    if (foreign := cloudevents.foreign(body)) is not None:
        raise invalid_body([Fault("", foreign.code, foreign.detail)])
    try:
        value = msgspec.json.decode(body.removeprefix(utf8.BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid_body([Fault("", "not-json", "the body is not JSON")]) from None
    if not isinstance(value, dict):
        raise invalid_body([Fault("", "not-an-object", "must be a JSON object")])
    return value


def invalid_body(found: list[Fault]) -> Problem:
    """A body that can't be used."""
    return Problem(400, "Invalid request", "The request can't be answered as it is.", faults(found))
