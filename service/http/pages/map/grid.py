"""A grid of hexagons that stand on a point: its cells, which touch, and how far apart they are.

A cell is (column, row) in axial coordinates: a step down also goes half a step to the right. Distances are in cells,
from one centre to the next; x grows to the east, y to the south.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt

Cell = tuple[int, int]
Point = tuple[float, float]

AROUND = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
"""The steps to the six that touch a cell, one after the other round it."""
ROW_HEIGHT = sqrt(3) / 2


def touching(cell: Cell) -> tuple[Cell, ...]:
    """The six cells around a cell, each touching the next."""
    column, row = cell
    return tuple((column + right, row + down) for right, down in AROUND)


def centre(cell: Cell) -> Point:
    """Where the middle of a cell is, in cells."""
    return cell[0] + cell[1] / 2, cell[1] * ROW_HEIGHT


def steps_between(one: Cell, other: Cell) -> int:
    """How many steps it takes from a cell to another; 1 for two that touch."""
    right, down = one[0] - other[0], one[1] - other[1]
    return max(abs(right), abs(down), abs(right + down))


def nearest(point: Point) -> Cell:
    """The cell whose middle is nearest to a point."""
    row = round(point[1] / ROW_HEIGHT)
    near = [(round(point[0] - (row + down) / 2), row + down) for down in (-1, 0, 1)]
    return min(near, key=lambda cell: (squared(centre(cell), point), cell))


def squared(one: Point, other: Point) -> float:
    """The square of the distance between two points."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


def pieces(cells: Iterable[Cell]) -> int:
    """Into how many pieces some cells fall, of which no cell touches one of another piece."""
    left, count = set(cells), 0
    while left:
        count += 1
        ahead = [left.pop()]
        while ahead:
            for cell in touching(ahead.pop()):
                if cell in left:
                    left.remove(cell)
                    ahead.append(cell)
    return count


def by_group(groups: Mapping[str, str], cells: Mapping[str, Cell]) -> dict[str, list[Cell]]:
    """The cells of each group, given the group and the cell of every code."""
    found: dict[str, list[Cell]] = {}
    for code, cell in cells.items():
        found.setdefault(groups[code], []).append(cell)
    return found
