"""Which cells are land: as many as there are tiles, where the tiles would be, without holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp

from service.http.pages.map.grid import Cell, Point, centre, nearest, squared, touching

# How far a point is felt, in cells, and from where on it is nothing.
_REACH, _NOTHING = 0.7, 9.0


def land(points: Sequence[Point], water: frozenset[Cell] = frozenset()) -> list[Cell]:
    """As many cells as there are points, in order: those with most points on and about them, with no hole among them.

    `water` are cells that stay empty; one of them is no hole.
    """
    felt = {cell: 0.0 for cell in _near(map(nearest, points), 3) if cell not in water}
    for cell in felt:
        middle = centre(cell)
        away = (squared(middle, point) for point in points)
        felt[cell] = sum(exp(-each / (2 * _REACH**2)) for each in away if each < _NOTHING)
    dearest = sorted(felt, key=lambda cell: (-felt[cell], cell))
    chosen, holes = set(dearest[: len(points)]), set[Cell]()
    while new := _holes(chosen, water):
        holes |= new
        rest = [cell for cell in dearest if cell not in holes]
        chosen = {*holes, *rest[: len(points) - len(holes)]}
    return sorted(chosen)


def _holes(chosen: set[Cell], water: frozenset[Cell]) -> set[Cell]:
    """Free cells that have no way out over free cells, or over water."""
    field = _near(chosen, 2)
    ahead = [min(field)]
    outside = set(ahead)
    while ahead:
        for cell in touching(ahead.pop()):
            if cell in field and cell not in chosen and cell not in outside:
                outside.add(cell)
                ahead.append(cell)
    return field - chosen - outside - water


def _near(cells: Iterable[Cell], steps: int) -> set[Cell]:
    found = set(cells)
    for _ in range(steps):
        found |= {each for cell in found for each in touching(cell)}
    return found
