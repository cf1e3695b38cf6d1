"""Computing the hexagon of every municipality; run as `python -m service.http.pages.map.placement`.

What it finds is kept in hexagons.csv beside it, which is what the map is drawn from. It is run anew when the reference
data have other municipalities, and gives the same for the same data.

Points that lie crowded are spread until each has a tile's width; as many cells as there are tiles become land where
those points are; the cells are given out so that all together move least; and tiles change places while that makes
neighbours touch, keeps provinces in one piece and the coast whole. The municipalities of today come first; going back,
those of earlier years are put in between, the others making way as little as can be.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from math import dist
from pathlib import Path
from typing import NamedTuple, TextIO

from domain.municipality import TABLE_BEGINS
from domain.places import Places
from service.http.pages.map.assignment import cheapest_assignment
from service.http.pages.map.board import Board, Wanted
from service.http.pages.map.grid import Cell, Point, by_group, centre, nearest, pieces, squared, steps_between
from service.http.pages.map.neighbours import neighbour_pairs, project
from service.http.pages.map.shape import land
from service.http.pages.map.spreading import spread

FILE = Path(__file__).with_name("hexagons.csv")
#: Kilometres from one tile to the next: as many tiles as there are municipalities cover the land.
_TILE = 10.6
#: Points in the IJsselmeer and the Markermeer, which stay water: without them there is no knowing the country.
_WATER = ((52.87, 5.27), (52.78, 5.37), (52.68, 5.33), (52.57, 5.22), (52.47, 5.12))
_MOVES, _WARM = 1_500_000, 1.2
_MOVES_BACK, _WARM_BACK = 60_000, 0.4
_SEED = 2022


class Figures(NamedTuple):
    """How good a placement is: tiles on a cell that another has, the share of neighbours that touch, how far tiles are
    from where they lie (mean, in cells), and provinces in more than one piece."""

    tiles: int
    overlaps: int
    kept: float
    displacement: float
    torn: int


def located(places: Places, on: date) -> dict[str, Point]:
    """Where the municipalities of a day lie, in tiles east and south of the middle of the country."""
    found = {}
    for code in places.codes_on(on):
        each = places.municipality(code)
        if each.latitude is None or each.longitude is None:
            raise ValueError(f"the reference data have no point of {code}")
        east, south = project(each.latitude, each.longitude)
        found[code] = east / _TILE, south / _TILE
    return found


def place(
    points: Mapping[str, Point], groups: Mapping[str, str], water: Sequence[Point] = (), moves: int = _MOVES
) -> dict[str, Cell]:
    """The cell of each code, given the point and the group of each, in cells."""
    pairs = neighbour_pairs(points)
    homes = spread(points, pairs, water)
    empty = frozenset(nearest(point) for point in water)
    board = Board(Wanted(groups, homes, pairs, empty), _given_out(homes, empty))
    board.anneal(_SEED, moves, _WARM)
    return board.cells


def place_before(
    points: Mapping[str, Point],
    groups: Mapping[str, str],
    after: Mapping[str, Cell],
    water: Sequence[Point] = (),
    moves: int = _MOVES_BACK,
) -> dict[str, Cell]:
    """The same for an earlier day, given the placement after it: who was there keeps its cell where it can."""
    kept = {code: cell for code, cell in after.items() if code in points}
    pairs = neighbour_pairs(points)
    homes = {code: centre(cell) for code, cell in kept.items()}
    new = sorted(points.keys() - kept.keys())
    homes.update({code: _among(points, kept, code) for code in new})
    board = Board(Wanted(groups, homes, pairs, frozenset(nearest(point) for point in water), kept), kept)
    for code in new:
        board.insert(code)
    board.anneal(_SEED, moves, _WARM_BACK)
    return board.cells


def _among(points: Mapping[str, Point], cells: Mapping[str, Cell], code: str) -> Point:
    """Where a code would be, so that it lies among the four that are nearest to it as it truly does."""
    near = sorted(cells, key=lambda other: (squared(points[code], points[other]), other))[:4]
    east, south = (
        sum(centre(cells[other])[axis] + points[code][axis] - points[other][axis] for other in near) / len(near)
        for axis in (0, 1)
    )
    return east, south


def measure(cells: Mapping[str, Cell], points: Mapping[str, Point], groups: Mapping[str, str]) -> Figures:
    """How good a placement is, by what the reference data say; never mind how it was made."""
    pairs = neighbour_pairs(points)
    # Where the grid lies is of no matter: it is laid with its middle on the middle of the points.
    middle = [sum(centre(cells[code])[axis] - points[code][axis] for code in cells) / len(cells) for axis in (0, 1)]
    away = [
        dist(centre(cells[code]), (points[code][0] + middle[0], points[code][1] + middle[1])) for code in sorted(cells)
    ]
    return Figures(
        len(cells),
        len(cells) - len(set(cells.values())),
        sum(steps_between(cells[one], cells[other]) == 1 for one, other in pairs) / len(pairs),
        sum(away) / len(away),
        sum(pieces(each) > 1 for each in by_group(groups, cells).values()),
    )


def days_of_change(places: Places) -> list[date]:
    """The first days on which the municipalities of the table are others than before, the newest first."""
    days = {TABLE_BEGINS}
    for code in places.ever_there:
        each = places.municipality(code)
        days |= {day for day in (each.begins, each.ends) if day is not None and day > TABLE_BEGINS}
    return sorted(days, reverse=True)


def _given_out(homes: Mapping[str, Point], empty: frozenset[Cell]) -> dict[str, Cell]:
    codes = sorted(homes)
    cells = land([homes[code] for code in codes], empty)
    costs = [[squared(homes[code], centre(cell)) for cell in cells] for code in codes]
    return {code: cells[index] for code, index in zip(codes, cheapest_assignment(costs), strict=True)}


def _place_all(places: Places, told: TextIO) -> dict[date, dict[str, Cell]]:
    groups = {code: places.province(code) for code in places.codes}
    water = [(east / _TILE, south / _TILE) for east, south in (project(*point) for point in _WATER)]
    found: dict[date, dict[str, Cell]] = {}
    after: dict[str, Cell] | None = None
    for day in days_of_change(places):
        points = located(places, day)
        cells = place(points, groups, water) if after is None else place_before(points, groups, after, water)
        told.write(_line(day, measure(cells, points, groups), cells, after))
        told.flush()
        found[day] = after = cells
    return found


def _line(day: date, found: Figures, cells: Mapping[str, Cell], after: Mapping[str, Cell] | None) -> str:
    moved = sum(cells[code] != after[code] for code in cells if code in after) if after is not None else 0
    return (
        f"from {day}: {found.tiles} tiles, overlaps {found.overlaps}, neighbours kept {found.kept:.1%}, "
        f"mean displacement {found.displacement:.2f} cells, provinces in several pieces {found.torn}, "
        f"tiles that are elsewhere after it {moved}\n"
    )


def _rows(found: Mapping[date, Mapping[str, Cell]]) -> list[tuple[str, str, str, int, int]]:
    """Code, first day and first day no longer (empty: none), column and row of each, a row for every stay."""
    days = sorted(found)
    following = [*(day.isoformat() for day in days[1:]), ""]
    rows = []
    for code in sorted({code for cells in found.values() for code in cells}):
        cells = [found[day].get(code) for day in days]
        for cell, stay in groupby(range(len(days)), key=cells.__getitem__):
            if cell is not None:
                of_days = list(stay)
                rows.append((code, days[of_days[0]].isoformat(), following[of_days[-1]], *cell))
    return rows


def main() -> None:
    """Place all municipalities of the reference data, keep them, and print how well it went."""
    found = _place_all(Places.shipped(), sys.stdout)
    with FILE.open("w", encoding="utf-8", newline="") as written:
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(("code", "from", "until", "column", "row"))
        writer.writerows(_rows(found))


if __name__ == "__main__":
    main()
