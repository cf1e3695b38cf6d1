"""Answers as bytes: exact decimals as JSON numbers, dates and instants as text, lists in pages with their links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from domain.norms import NormSet

_ENCODER = msgspec.json.Encoder(decimal_format="number", uuid_format="canonical")


def answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """An answer as JSON; the same value is always the same bytes."""
    return Response(encoded(body), headers=dict(headers or {}), media_type="application/json")


def encoded(value: Any) -> bytes:
    """A part of an answer as JSON, on one line."""
    return _ENCODER.encode(value)


def norm_set(norm: NormSet) -> dict[str, Any]:
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
