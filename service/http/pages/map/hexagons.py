"""The hexagon of every municipality on a day, as placement.py computed it and as it is kept in hexagons.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from domain.places import Places
from service.http.pages.map.grid import Cell
from service.http.pages.map.shapes import Shapes, hexagon_shapes

FILE = Path(__file__).with_name("hexagons.csv")


class Stay(NamedTuple):
    """The cell that a municipality has from a day until another, which is no longer of it; None: without end."""

    code: str
    since: date
    until: date | None
    cell: Cell


@cache
def kept_stays() -> tuple[Stay, ...]:
    """What is kept, in order of code and day; read once."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Stay(
                row["code"],
                date.fromisoformat(row["from"]),
                date.fromisoformat(row["until"]) if row["until"] else None,
                (int(row["column"]), int(row["row"])),
            )
            for row in csv.DictReader(lines)
        )


def hexagons_on(places: Places, day: date) -> Shapes:
    """The hexagons of the municipalities of a day; the same object for the same municipalities."""
    return _shapes(tuple(cells_on(places, day).items()))


@lru_cache(maxsize=16)
def _shapes(cells: tuple[tuple[str, Cell], ...]) -> Shapes:
    return hexagon_shapes(dict(cells))


def cells_on(places: Places, day: date) -> dict[str, Cell]:
    """The cell of the municipalities that exist on a day, in code order.

    One that came to be by a merger that was posted takes the cell of who gave most to it; one of which nothing is known
    has none.
    """
    codes, on = places.codes_on(day), places.table_day(day)
    kept = _kept_on(on)
    cells = {code: kept[code] for code in codes if code in kept}
    taken = set(cells.values())
    for code in codes:
        if code not in cells:
            gave = sorted(places.predecessors(code), key=lambda each: (-(each.persons or 0), each.municipality))
            free = [kept[each.municipality] for each in gave if each.municipality in kept]
            cell = next((cell for cell in free if cell not in taken), None)
            if cell is not None:
                cells[code] = cell
                taken.add(cell)
    return {code: cells[code] for code in codes if code in cells}


def _kept_on(day: date) -> Mapping[str, Cell]:
    return {
        stay.code: stay.cell for stay in kept_stays() if stay.since <= day and (stay.until is None or day < stay.until)
    }
