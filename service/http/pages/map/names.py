"""Where the names of provinces stand: beside their tiles, where nothing else is, or across them where that is far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from typing import NamedTuple

from service.http.pages.map.shapes import Corner, Ring, Shapes

#: Height of a letter, its mean width as a share of that, and what is left free around a name.
LETTERS, LETTER_WIDTH, _FREE = 11, 0.64, 2
# Places that are tried lie so far apart, and no further from the land than this.
_STEP, _MARGIN = 5, 48
# What a name costs: on each place that tiles of its own cover, or those of others; for every unit from its tiles, and
# for every unit that it is nearer to another's; and for every unit from the middle of its tiles.
_OWN, _OTHERS, _FAR, _NEARER, _ASIDE = 3.5, 14.0, 4.0, 4.0, 0.25
# A name this far from the middle of a tile is beside it.
_BESIDE = 9


class Name(NamedTuple):
    """The middle of a name, on its base line."""

    x: int
    y: int


class _Box(NamedTuple):
    west: float
    north: float
    east: float
    south: float


def place_names(shapes: Shapes, groups: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Name]:
    """Where the name of each group stands, the one with fewest places to go first.

    `groups` is the group (province) of every code, `names` what each is called.
    """
    unit = shapes.scale
    west, north, east, south = shapes.box()
    margin = _MARGIN * unit
    covered = _Covered(shapes, groups, _Box(west - margin, north - margin, east + margin, south + margin))
    taken: list[_Box] = []
    found = {}
    for group in sorted({groups[code] for code in shapes.middles}, key=lambda each: (-len(names[each]), each)):
        own = [middle for code, middle in shapes.middles.items() if groups[code] == group]
        others = [middle for code, middle in shapes.middles.items() if groups[code] != group] or own
        half, height = len(names[group]) * LETTERS * LETTER_WIDTH * unit / 2 + _FREE * unit, LETTERS * unit
        across, down = (sum(middle[axis] for middle in own) / len(own) for axis in (0, 1))
        best, least = Name(round(across), round(down)), float("inf")
        near_first = sorted(
            (hypot(x - across, y - down) / unit, y, x)
            for x, y in covered.points(_about(own, half + _MARGIN * unit, height + _MARGIN * unit))
        )
        for aside, y, x in near_first:
            if _ASIDE * aside >= least:
                break
            box = _Box(x - half, y - height, x + half, y + _FREE * unit)
            cost = covered.cost(box, group) + _ASIDE * aside
            if cost < least and not any(_meet(box, other) for other in taken):
                near = max(0, _nearest(box, own) / unit - _BESIDE)
                cost += _FAR * near
                if near and cost < least:
                    cost += _NEARER * max(0, near - max(0, _nearest(box, others) / unit - _BESIDE))
                if cost < least:
                    best, least = Name(round(x), round(y)), cost
        found[group] = best
        taken.append(_Box(best.x - half, best.y - height, best.x + half, best.y + _FREE * unit))
    return found


def _about(middles: Sequence[Corner], across: float, down: float) -> _Box:
    to_east, to_south = zip(*middles, strict=True)
    return _Box(min(to_east) - across, min(to_south) - down, max(to_east) + across, max(to_south) + down)


def _nearest(box: _Box, middles: Sequence[Corner]) -> float:
    return min(hypot(max(box.west - x, x - box.east, 0), max(box.north - y, y - box.south, 0)) for x, y in middles)


def _meet(one: _Box, other: _Box) -> bool:
    return one.west < other.east and other.west < one.east and one.north < other.south and other.north < one.south


class _Covered:
    """Which places the tiles of a group cover, and those of others, summed so that a box is counted at once."""

    def __init__(self, shapes: Shapes, groups: Mapping[str, str], box: _Box) -> None:
        self._box, self._step = box, _STEP * shapes.scale
        self._columns = int((box.east - box.west) / self._step) + 1
        self._rows = int((box.south - box.north) / self._step) + 1
        of: dict[str, list[list[int]]] = {}
        for code, rings in shapes.rings.items():
            field = of.setdefault(groups[code], [[0] * self._columns for _ in range(self._rows)])
            down = [y for ring in rings for _, y in ring]
            for row in range(*(int((y - box.north) / self._step) + 1 for y in (min(down), max(down)))):
                for begin, end in _within(rings, box.north + row * self._step):
                    first = max(0, -int((box.west - begin) // self._step))
                    for column in range(first, min(self._columns, int((end - box.west) / self._step) + 1)):
                        field[row][column] = 1
        self._sums = {group: _summed(field) for group, field in of.items()}
        self._all = _summed(
            [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*of.values(), strict=True)]
        )

    def points(self, box: _Box) -> Iterator[tuple[float, float]]:
        for row in range(self._rows):
            for column in range(self._columns):
                x, y = self._box.west + column * self._step, self._box.north + row * self._step
                if box.west <= x <= box.east and box.north <= y <= box.south:
                    yield x, y

    def cost(self, box: _Box, group: str) -> float:
        """What a name in a box costs by what it covers; one that leaves the sheet costs more than any."""
        if (
            box.west < self._box.west
            or box.north < self._box.north
            or box.east > self._box.east
            or box.south > self._box.south
        ):
            return float("inf")
        own, covered = (self._count(sums, box) for sums in (self._sums[group], self._all))
        return _OWN * own + _OTHERS * (covered - own)

    def _count(self, sums: list[list[int]], box: _Box) -> int:
        west, east = (int((x - self._box.west) / self._step) for x in (box.west, box.east))
        north, south = (int((y - self._box.north) / self._step) for y in (box.north, box.south))
        south, east = min(south + 1, self._rows), min(east + 1, self._columns)
        return sums[south][east] - sums[north][east] - sums[south][west] + sums[north][west]


def _within(rings: tuple[Ring, ...], y: float) -> list[tuple[float, float]]:
    """From where to where a line from west to east lies within some rings."""
    crossed = []
    for ring in rings:
        for (x, at), (to_x, to) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (at <= y) is not (to <= y):
                crossed.append(x + (to_x - x) * (y - at) / (to - at))
    crossed.sort()
    return list(zip(crossed[::2], crossed[1::2], strict=True))


def _summed(field: list[list[int]]) -> list[list[int]]:
    sums = [[0] * (len(field[0]) + 1)]
    for row in field:
        line, running = [0], 0
        for index, value in enumerate(row):
            running += value
            line.append(sums[-1][index + 1] + running)
        sums.append(line)
    return sums
