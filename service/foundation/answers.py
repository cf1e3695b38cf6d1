"""Answers: JSON of the same bytes for the same value, and the shapes that answers of several rooms share.

What an answer looks like is said once, by a TypedDict beside the function that makes it: mypy holds the function to it,
and the OpenAPI document describes it. Nothing is checked or converted while it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, NotRequired

import msgspec
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from starlette.responses import Response
from typing_extensions import TypedDict

from domain.norm_sets import NormSet, TotalStarts

_ENCODER = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")


class DescribedAs:
    """As what the JSON of a value is described, where its type does not say it: an instant for a text that is one."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self._kind)


#: An instant as `time.format_instant` writes it.
InstantText = Annotated[str, DescribedAs(datetime)]


class Fault(TypedDict):
    """One thing that is wrong, in a body (JSON pointer) or a query parameter; never the value itself."""

    pointer: NotRequired[str]
    parameter: NotRequired[str]
    code: str
    detail: str


class Problem(TypedDict):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[Fault]]


class Norm(TypedDict):
    """The norm set of an answer, in days, with its source: the source documents contradict each other.

    `validFrom` is null of one that was given with the request.
    """

    name: str
    source: str
    validFrom: date | None
    linking: int
    housing: int
    departure: int
    total: int
    totalStarts: TotalStarts


def answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """An answer as JSON."""
    return Response(encoded(body), headers=dict(headers or {}), media_type="application/json")


def encoded(value: Any) -> bytes:
    """A part of an answer as JSON, on one line: exact decimals as numbers, dates and instants as text."""
    return _ENCODER.encode(value)


def told_norm(norm: NormSet) -> Norm:
    """The norm set that an answer rests on, with its source."""
    return {
        "name": norm.name,
        "source": norm.source,
        "validFrom": norm.valid_from,
        "linking": norm.linking,
        "housing": norm.housing,
        "departure": norm.departure,
        "total": norm.total,
        "totalStarts": norm.total_starts,
    }
