"""Digests of the rows of a projection: the same for the same rows, on both engines, however the work was divided.

A row is a line of JSON: an object of all its columns, their names in alphabetical order, no blanks between; streams
are UUIDs in their usual form, days ISO text, open ends the last day of the calendar and 2^63 - 1. The lines of a table,
each with a line feed, stand in order of stream, known_from and number, and fall into 256 parts by the first byte of the
stream. The digest of the table is the SHA-256 over the 256 SHA-256 of its parts, 32 bytes each, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Table

from projections.row_store import Row
from service.projector.replay.partitions import Portion

_ENCODE = msgspec.json.Encoder().encode


class Summary(NamedTuple):
    """What stands in a table as known at a position: how many rows, and their digest in hexadecimal digits."""

    rows: int
    digest: str


def of_portion(tables: Sequence[Table], portion: Portion, rows: Mapping[str, Sequence[Row]]) -> bytes:
    """The digests of the parts that a portion has, one after another, table after table; its rows come in order."""
    return b"".join(digest for table in tables for digest in _of_parts(table, portion, rows[table.name]))


def _of_parts(table: Table, portion: Portion, rows: Iterable[Row]) -> list[bytes]:
    columns = [column.name for column in table.columns]
    names = sorted(columns)
    arranged = itemgetter(*map(columns.index, names))
    hashes = {part: sha256() for part in portion.parts}
    for row in rows:
        stream: UUID = row[0]
        line = _ENCODE(dict(zip(names, arranged(row), strict=True)))
        hashes[stream.int >> 120].update(line + b"\n")
    return [each.digest() for each in hashes.values()]


def summaries(tables: Sequence[Table], counts: Mapping[str, int], portions: Iterable[bytes]) -> dict[str, Summary]:
    """Of every table, from its number of rows and the digests of all portions in their order."""
    hashes = [sha256() for _ in tables]
    for told in portions:
        length = len(told) // len(tables)
        for number, one in enumerate(hashes):
            one.update(told[number * length : (number + 1) * length])
    return {table.name: Summary(counts[table.name], one.hexdigest()) for table, one in zip(tables, hashes, strict=True)}
