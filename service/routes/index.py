"""The index of the API: what can be read, each with a line about it; made from the routes themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute

from service.access.rules import RULES
from service.answers import answer
from service.documentation.page import ADDRESS as DOCUMENTATION
from service.routes.described import answers
from service.routes.described import reference as described
from service.routes.parameters import required
from service.version import NAME, SUMMARY, VERSION

PREFIX = "/v1"
OPENAPI = f"{PREFIX}/openapi.json"
#: The same, for programs that look for it (RFC 8631).
LINKS = {"Link": f'<{OPENAPI}>; rel="service-desc", <{DOCUMENTATION}>; rel="service-doc"'}


class Resource(NamedTuple):
    """What can be read: where, a line about it, which parameters it can't do without, and whether by anybody."""

    href: str
    description: str
    required: list[str]
    public: bool


def resources(parts: Iterable[APIRouter]) -> list[Resource]:
    """All that can be read without an identifier, but for what belongs to another one of them."""
    routes = (route for part in parts for route in part.routes if isinstance(route, APIRoute))
    reads = {route.path: route for route in routes if "GET" in (route.methods or ()) and "{" not in route.path}
    return [
        Resource(PREFIX + path, _line(route.description), sorted(required(route)), RULES[route.name].public)
        for path, route in sorted(reads.items())
        if not any(path.startswith(f"{other}/") for other in reads)
    ]


def _line(description: str) -> str:
    """Its first sentence."""
    return " ".join(description.split()).partition(". ")[0].removesuffix(".")


def router_of(listed: Iterable[Resource]) -> APIRouter:
    """The route of the index that lists these."""
    router = APIRouter(tags=["reference"])
    items = [one._asdict() for one in listed]
    told = {"name": NAME, "version": VERSION, "summary": SUMMARY, "documentation": DOCUMENTATION, "openapi": OPENAPI}

    # The root of an API alone may be asked with the slash or without it.
    @router.get("", include_in_schema=False)
    @router.get("/", response_model=None, responses=answers(described.Index))
    def read_index() -> Response:
        """What this is, and what can be read: each address with a line about it, and who may."""
        return answer({**told, "items": items}, LINKS)

    return router
