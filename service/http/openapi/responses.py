"""The responses of an operation in the OpenAPI document: as its route gives them, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from service.foundation.answers import Problem
from service.foundation.version import VERSION
from service.queries.formats import MEDIA_TYPES, TIME_HEADERS

#: What any read may be refused for: bad input, a position that is not reached, and a fault of the service.
_OF_EVERY_READ = (400, 500, 503)


def responses_of(
    model: type[Any], *refusals: int, forms: Mapping[str, Any] = MappingProxyType({})
) -> dict[int | str, dict[str, Any]]:
    """The answers of a read, for its route; `forms` are those besides JSON, by their media types."""
    problem = {"description": "Refused, see the problem", "model": Problem}
    content = {"content": {**forms}} if forms else {}
    return {
        200: {"model": model, "description": model.__doc__, **content},
        **dict.fromkeys((*_OF_EVERY_READ, *refusals), problem),
    }


def text_responses(description: str, *refusals: int) -> dict[int | str, dict[str, Any]]:
    """The same of a read that is plain text."""
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {**responses_of(str, *refusals), 200: {"description": description, "content": text}}


HEADERS = {
    "ApiVersion": {
        "description": "The version of the service and of this document",
        "schema": {"type": "string", "example": VERSION},
    },
    "Mode": {
        "description": "Only in development mode: no master key, on this machine only, senders are believed",
        "schema": {"type": "string", "enum": ["development"]},
    },
    "Clock": {
        "description": "Only where recordedAt follows the senders' clocks",
        "schema": {"type": "string", "enum": ["simulated"]},
    },
    "Authenticate": {"description": "How to show who asks (RFC 6750)", "schema": {"type": "string"}},
    "RetryAfter": {"description": "In so many seconds", "schema": {"type": "integer", "minimum": 1}},
    "AcceptEncoding": {
        "description": "Where the body is compressed in another way: the way that is read",
        "schema": {"type": "string", "example": "gzip"},
    },
    "ValidOn": {
        "description": "Of a file: validOn, as answers repeat it",
        "schema": {"type": "string", "format": "date"},
    },
    "KnownAt": {
        "description": "Of a file: knownAt, as answers repeat it",
        "schema": {"type": "string", "format": "date-time"},
    },
    "KnownBy": {"description": "Of a file: only with knownBy=sender", "schema": {"type": "string", "enum": ["sender"]}},
    "Position": {"description": "Of a file: the position of the log that it rests on", "schema": {"type": "integer"}},
    "Disposition": {"description": "Of a file: under which name to save it", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, as rel="next"; not there on the last one', "schema": {"type": "string"}},
}
#: What any request may be refused for before it comes to its route.
_BEFORE_THE_ROUTE = ("401", "403", "429")
_OF_FILES = {
    "Content-Disposition": {"$ref": "#/components/headers/Disposition"},
    **{
        header: {"$ref": f"#/components/headers/{header.removeprefix('Ketenspoor-').replace('-', '')}"}
        for header in TIME_HEADERS
    },
}
_RETRY_AFTER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_ALSO: dict[str, dict[str, Any]] = {
    "401": {"WWW-Authenticate": {"$ref": "#/components/headers/Authenticate"}},
    "412": {"ETag": {"description": "The version of its stream, where it has one", "schema": {"type": "string"}}},
    "415": {"Accept-Encoding": {"$ref": "#/components/headers/AcceptEncoding"}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TITLES = {
    "400": "Bad input; all faults are listed",
    "401": "Whoever asks must show who they are, or what they showed is not accepted",
    "403": "Not for this organisation, person or token to do",
    "404": "There is none, or there was none then",
    "406": "Not in a form that is asked for",
    "408": "The body did not come in time",
    "409": "This source posted another event under this id",
    "410": "It is about a journey that was destroyed",
    "412": "Its stream has another version than If-Match names; the ETag is that of now",
    "413": "Too large",
    "415": "Not in a form that is accepted",
    "429": "Asked more often than this client may; Retry-After says when to go on",
    "500": "A fault of the service; the request was fine",
    "503": "Not now; Retry-After says when to try again",
}


def complete_responses(operation: dict[str, Any], *, is_read: bool) -> None:
    """Refusals as problem details, and in every answer the version, the mode and what goes with its status."""
    # What was posted is recorded, in whatever form its sender would like to hear of it.
    refusals = (*_BEFORE_THE_ROUTE, "406") if is_read else _BEFORE_THE_ROUTE
    operation["responses"] = {**operation["responses"], **{status: {} for status in refusals}}
    operation["responses"].pop("422", None)
    is_paged = any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
    for status, response in operation["responses"].items():
        headers = response.setdefault("headers", {})
        headers["API-Version"] = {"$ref": "#/components/headers/ApiVersion"}
        headers["Ketenspoor-Mode"] = {"$ref": "#/components/headers/Mode"}
        headers["Ketenspoor-Clock"] = {"$ref": "#/components/headers/Clock"}
        if status in _TITLES:
            response |= {"description": _TITLES[status], "content": _PROBLEM}
            headers |= _ALSO.get(status, {})
        else:
            headers |= _OF_FILES if MEDIA_TYPES["csv"] in response["content"] else {}
            headers |= {"Link": {"$ref": "#/components/headers/Link"}} if is_paged else {}
