"""The index of the API: all operations that need no identifier, each with a line about it; made from the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from pydantic import Field
from typing_extensions import TypedDict

from service.access.rules import RULES
from service.foundation.answers import answer
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http.openapi import posting
from service.http.openapi.responses import responses_of
from service.http.routes.parameters import required

PREFIX = "/v1"
OPENAPI = f"{PREFIX}/openapi.json"
#: The documentation, to read and to try.
DOCUMENTATION = "/docs"
#: The same, for programs that look for it (RFC 8631).
LINKS = {"Link": f'<{OPENAPI}>; rel="service-desc", <{DOCUMENTATION}>; rel="service-doc"'}


class Operation(TypedDict):
    """What can be asked or sent: how and where, a line about it, the parameters it needs, and whether anybody may."""

    method: str
    href: str
    description: str
    required: Annotated[list[str], Field(description="Parameters; of `a or b` it needs one")]
    public: bool


class Index(TypedDict):
    """What this service is, where it is documented, and all that can be asked or sent without an identifier."""

    name: str
    version: str
    summary: str
    documentation: str
    openapi: str
    items: list[Operation]


def operations(parts: Iterable[APIRouter]) -> list[Operation]:
    """All that need no identifier in their address, and the one that is no route of the framework."""
    found = [_operation("POST", posting.ADDRESS, "post_events", posting.OPERATION["description"], [])]
    found += [
        _operation(method, PREFIX + route.path, route.name, route.description, sorted(required(route)))
        for part in parts
        for route in part.routes
        if isinstance(route, APIRoute) and "{" not in route.path
        for method in route.methods or ()
    ]
    return sorted(found, key=lambda one: (one["href"], one["method"]))


def _operation(method: str, href: str, name: str, description: str, parameters: list[str]) -> Operation:
    first_sentence = " ".join(description.split()).partition(". ")[0].removesuffix(".")
    return {
        "method": method,
        "href": href,
        "description": first_sentence,
        "required": parameters,
        "public": RULES[name].public,
    }


def router_of(listed: Iterable[Operation]) -> APIRouter:
    """The route of the index that lists these."""
    router = APIRouter(tags=["reference"])
    index: Index = {
        "name": NAME,
        "version": VERSION,
        "summary": SUMMARY,
        "documentation": DOCUMENTATION,
        "openapi": OPENAPI,
        "items": list(listed),
    }

    # The root of an API alone may be asked with the slash or without it.
    @router.get("", include_in_schema=False)
    @router.get("/", response_model=None, responses=responses_of(Index))
    def read_index() -> Response:
        """What this is, and all that can be asked or sent without an identifier, each with a line about it."""
        return answer(index, LINKS)

    return router
