"""Claims that two journeys are of one person, in a small table of their own: kept with the events, read with any."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from domain.facts import VNumberReplaced
from domain.persons import Claim
from projections import dialect

#: The topic of the events that say so.
REPLACED = VNumberReplaced.TOPIC

_TYPES = {"position": "int8", "newer": "uuid", "older": "uuid"}
_CLAIMS = "SELECT position, newer, older FROM replacements WHERE position > ? ORDER BY position"


class _Data(msgspec.Struct):
    """What of the data of such an event says who is meant."""

    replaces: UUID


_DECODE = msgspec.json.Decoder(_Data).decode


def keep_claims(connection: Connection, events: Iterable[tuple[int, UUID, str]]) -> None:
    """Keep what some events say, by position, stream and data, with the events themselves."""
    claims = [claim for position, stream, data in events for claim in claimed(position, stream, data)]
    if claims:
        plain = (dialect.plain(connection, (claim.position, claim.newer, claim.older)) for claim in claims)
        dialect.write_rows(connection, "replacements", _TYPES, plain)


def claimed(position: int, stream: UUID, data: str) -> list[Claim]:
    """What an event says; nothing where it says nothing that can be read."""
    try:
        return [Claim(position, stream, _DECODE(data).replaces)]
    except (msgspec.DecodeError, ValueError):
        return []


def claims(connection: Connection, after: int = 0, until: int | None = None) -> list[Claim]:
    """All claims behind a position, in force or not, or those up to another, in order of position."""
    return [
        Claim(position, dialect.stream(newer), dialect.stream(older))
        for position, newer, older in dialect.fetch(connection, _CLAIMS, (after,))
        if until is None or position <= until
    ]
