"""The index of the API: all operations that need no identifier, each with a line about it; made from the routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute

from service.access.rules import RULES
from service.foundation.answers import answer
from service.foundation.version import NAME, SUMMARY, VERSION
from service.http.documentation.page import ADDRESS as DOCUMENTATION
from service.http.openapi import posting as posting_described
from service.http.routes.described import answers
from service.http.routes.described import reference as described
from service.http.routes.parameters import required

PREFIX = "/v1"
OPENAPI = f"{PREFIX}/openapi.json"
#: The same, for programs that look for it (RFC 8631).
LINKS = {"Link": f'<{OPENAPI}>; rel="service-desc", <{DOCUMENTATION}>; rel="service-doc"'}


class Operation(NamedTuple):
    """What can be asked or sent: how and where, a line about it, the parameters it needs, and whether by anybody."""

    method: str
    href: str
    description: str
    required: list[str]
    public: bool


def operations(parts: Iterable[APIRouter]) -> list[Operation]:
    """All that need no identifier in their address, and the one that is no route of the framework."""
    posting = posting_described.OPERATION["description"]
    found = [_operation("POST", posting_described.ADDRESS, "post_events", posting, [])]
    found += [
        _operation(method, PREFIX + route.path, route.name, route.description, sorted(required(route)))
        for part in parts
        for route in part.routes
        if isinstance(route, APIRoute) and "{" not in route.path
        for method in route.methods or ()
    ]
    return sorted(found, key=lambda one: (one.href, one.method))


def _operation(method: str, href: str, name: str, description: str, parameters: list[str]) -> Operation:
    return Operation(method, href, _line(description), parameters, RULES[name].public)


def _line(description: str) -> str:
    """Its first sentence."""
    return " ".join(description.split()).partition(". ")[0].removesuffix(".")


def router_of(listed: Iterable[Operation]) -> APIRouter:
    """The route of the index that lists these."""
    router = APIRouter(tags=["reference"])
    items = [one._asdict() for one in listed]
    told = {"name": NAME, "version": VERSION, "summary": SUMMARY, "documentation": DOCUMENTATION, "openapi": OPENAPI}

    # The root of an API alone may be asked with the slash or without it.
    @router.get("", include_in_schema=False)
    @router.get("/", response_model=None, responses=answers(described.Index))
    def read_index() -> Response:
        """What this is, and all that can be asked or sent without an identifier, each with a line about it."""
        return answer({**told, "items": items}, LINKS)

    return router
