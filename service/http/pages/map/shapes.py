"""What is drawn of every municipality: a hexagon, or the area within its boundary; and the lines between provinces.

Shapes are rings of whole numbers, x to the east and y to the south. Two that touch have the corners between them in
common, exactly, so the lines between provinces are those sides that two of one province don't share.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from service.http.pages.map.grid import Cell

Corner = tuple[int, int]
Ring = tuple[Corner, ...]
Side = tuple[Corner, Corner]

# A hexagon that stands on a point, of whole numbers and yet regular to 1 %: half its width, a quarter of its height.
HALF_WIDTH, QUARTER_HEIGHT = 7, 4
HEXAGON: Ring = ((0, -8), (7, -4), (7, 4), (0, 8), (-7, 4), (-7, -4))


@dataclass(frozen=True, eq=False)
class Shapes:
    """By code: the rings of each municipality, without the first corner again, and the point where its sign stands.

    `scale` is how many units are what one is to hexagons: so much thicker are lines, and larger letters.
    """

    rings: Mapping[str, tuple[Ring, ...]]
    middles: Mapping[str, Corner]
    hexagonal: bool
    scale: float = 1.0

    def among(self, codes: Container[str]) -> Shapes:
        """Those of some municipalities."""
        return replace(
            self,
            rings={code: rings for code, rings in self.rings.items() if code in codes},
            middles={code: middle for code, middle in self.middles.items() if code in codes},
        )

    def in_reading_order(self) -> list[str]:
        """The codes from north to south, and from west to east in a row."""
        height = 3 * QUARTER_HEIGHT * self.scale
        return sorted(self.middles, key=lambda code: (int(self.middles[code][1] / height), self.middles[code], code))

    def box(self) -> tuple[int, int, int, int]:
        """The least x and y, and the greatest."""
        corners = [corner for rings in self.rings.values() for ring in rings for corner in ring]
        across, down = zip(*corners, strict=True)
        return min(across), min(down), max(across), max(down)


def hexagon_shapes(cells: Mapping[str, Cell]) -> Shapes:
    """The hexagons of some cells; the one furthest north and the one furthest west begin at 0."""
    middles = {
        code: (HALF_WIDTH * (2 * column + row), 3 * QUARTER_HEIGHT * row) for code, (column, row) in cells.items()
    }
    west, north = (min((middle[axis] for middle in middles.values()), default=0) for axis in (0, 1))
    middles = {code: (x - west + HALF_WIDTH, y - north + 2 * QUARTER_HEIGHT) for code, (x, y) in middles.items()}
    rings = {code: (tuple((x + right, y + down) for right, down in HEXAGON),) for code, (x, y) in middles.items()}
    return Shapes(rings, middles, hexagonal=True)


def borders(shapes: Shapes, groups: Mapping[str, str]) -> tuple[list[list[Corner]], list[list[Corner]]]:
    """The lines between two groups, and those with nothing on their other side, each as corners one after the other."""
    sharing: dict[Side, list[str]] = {}
    for code, rings in shapes.rings.items():
        for side in (side for ring in rings for side in _sides(ring)):
            sharing.setdefault(side, []).append(groups[code])
    between = [side for side, of in sharing.items() if len(set(of)) > 1]
    outer = [side for side, of in sharing.items() if len(of) == 1]
    return list(_chained(between)), list(_chained(outer))


def path_data(lines: Iterable[Iterable[Corner]], end: str = "") -> str:
    """Lines as SVG has them in `d`, in steps from corner to corner; `end` closes each (`z`)."""
    return "".join(f"{_line_data(list(line))}{end}" for line in lines)


def _line_data(line: list[Corner]) -> str:
    (x, y), said, command = line[0], [], ""
    for to_x, to_y in line[1:]:
        right, down = to_x - x, to_y - y
        if right and down:
            before = "l" if command != "l" else "" if right < 0 else " "
            said.append(f"{before}{right}{'' if down < 0 else ' '}{down}")
            command = "l"
        elif right or down:
            command = "h" if right else "v"
            said.append(f"{command}{right or down}")
        x, y = to_x, to_y
    return f"M{line[0][0]} {line[0][1]}{''.join(said)}"


def _sides(ring: Ring) -> Iterator[Side]:
    for one, other in zip(ring, (*ring[1:], ring[0]), strict=True):
        yield (one, other) if one < other else (other, one)


def _chained(sides: Iterable[Side]) -> Iterator[list[Corner]]:
    """Sides one after the other, where one begins at which another ends."""
    near: dict[Corner, list[Corner]] = {}
    for one, other in sides:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    # From the ends and crossings first, so that lines are long.
    for begin in sorted(near, key=lambda corner: (len(near[corner]) == 2, corner)):
        while near[begin]:
            line = [begin]
            while near[line[-1]]:
                following = near[line[-1]].pop()
                near[following].remove(line[-1])
                line.append(following)
            yield line
