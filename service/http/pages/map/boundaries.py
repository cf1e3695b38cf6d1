"""Official boundaries that were imported: kept by year, and read as shapes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from domain.places import Places
from service.http.pages.map.hexagons import hexagons_on
from service.http.pages.map.shapes import Corner, Ring, Shapes
from service.storage.service_tables import boundaries

#: Metres of the national grid (RD) to a unit of a shape, and the grid's coordinate of the top.
METRES, TOP = 250, 650_000
# The country is as many units wide; as hexagons it is 336.
_SCALE = 3.2


class Boundary(NamedTuple):
    """The area of one municipality, in units of shapes, and the middle of the widest place in it."""

    code: str
    rings: tuple[Ring, ...]
    middle: Corner


class KeptYear(NamedTuple):
    """The boundaries that are kept of a year."""

    year: int
    municipalities: int
    imported_at: datetime


def keep_boundaries(connection: Connection, year: int, found: Sequence[Boundary], imported_at: datetime) -> None:
    """Keep the boundaries of a year, instead of those that were."""
    clear_boundaries(connection, year)
    rows = [
        {
            "year": year,
            "code": each.code,
            "rings": json.dumps(each.rings, separators=(",", ":")),
            "x": each.middle[0],
            "y": each.middle[1],
            "imported_at": imported_at,
        }
        for each in found
    ]
    connection.execute(insert(boundaries), rows)


def clear_boundaries(connection: Connection, year: int | None) -> int:
    """Forget the boundaries of a year, or of all; how many municipalities' there were."""
    statement = delete(boundaries) if year is None else delete(boundaries).where(boundaries.c.year == year)
    return connection.execute(statement).rowcount


def kept_years(connection: Connection) -> list[KeptYear]:
    """What is kept, the earliest year first."""
    statement = (
        select(boundaries.c.year, func.count(), func.max(boundaries.c.imported_at))
        .group_by(boundaries.c.year)
        .order_by(boundaries.c.year)
    )
    return [KeptYear(*row) for row in connection.execute(statement)]


def shapes_on(connection: Connection, places: Places, day: date) -> Shapes:
    """What the map of a day is drawn with: boundaries where its year has some, and otherwise hexagons."""
    return boundary_shapes(connection, places, day) or hexagons_on(places, day)


def boundary_shapes(connection: Connection, places: Places, day: date) -> Shapes | None:
    """The areas of the municipalities on a day, when boundaries of its year are kept.

    One that ended in that year is part of who took it over.
    """
    rows = connection.execute(
        select(boundaries.c.code, boundaries.c.rings, boundaries.c.x, boundaries.c.y).where(
            boundaries.c.year == places.table_day(day).year
        )
    ).all()
    if not rows:
        return None
    return _shapes(tuple((places.code_on(row.code, day), *row) for row in rows))


# Read by what is kept, so that what was imported anew is seen at once.
@lru_cache(maxsize=8)
def _shapes(rows: tuple[tuple[str, str, str, int, int], ...]) -> Shapes:
    rings: dict[str, tuple[Ring, ...]] = {}
    middles: dict[str, Corner] = {}
    # Who still is itself comes first: its middle is the one that counts.
    for counts_as, _, kept, x, y in sorted(rows, key=lambda row: (row[0] != row[1], row)):
        found = tuple(tuple((across, down) for across, down in ring) for ring in json.loads(kept))
        rings[counts_as] = rings.get(counts_as, ()) + found
        middles.setdefault(counts_as, (x, y))
    return Shapes(rings, middles, hexagonal=False, scale=_SCALE)
