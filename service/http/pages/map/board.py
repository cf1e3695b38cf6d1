"""Tiles on a grid, how good their places are, and making that better by moving them (simulated annealing)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import dist, exp
from random import Random

from service.http.pages.map.grid import AROUND, Cell, Point, centre, pieces, squared, steps_between

# What is paid for: the square of how far a tile is from where it would be; neighbours that do not touch, and every
# step between them; the square of how far a neighbour lies in another direction; a piece of a province too many.
_AWAY, _PARTED, _STEP, _TURNED, _TORN = 0.2, 1.0, 0.35, 0.25, 8.0
# What is gained: by two tiles that touch, and by two of one province.
_TOUCHING, _TOGETHER = 0.3, 0.3
# A tile with more around it does not go to a free cell: it would leave a hole, or a bay.
_COAST = 3
# What is paid for a tile that leaves the cell it is to keep.
_LEFT = 2.5


@dataclass(frozen=True)
class Wanted:
    """What is asked of a placement: for every code its group (province), the point it would be at, in cells, and its
    neighbours; cells that stay empty; the cells that some had and are to keep."""

    groups: Mapping[str, str]
    homes: Mapping[str, Point]
    pairs: Sequence[tuple[str, str]]
    empty: frozenset[Cell] = frozenset()
    kept: Mapping[str, Cell] = field(default_factory=dict)


class Board:
    """A placement that is being made better."""

    def __init__(self, wanted: Wanted, cells: Mapping[str, Cell]) -> None:
        """Begin with a cell for every code, each its own."""
        self.wanted, self.cells = wanted, dict(cells)
        self.codes = sorted(cells)
        self.at: dict[Cell, str] = {cell: code for code, cell in cells.items()}
        self._neighbours: dict[str, list[tuple[str, float, float]]] = {code: [] for code in wanted.homes}
        for one, other in wanted.pairs:
            there, here = wanted.homes[other], wanted.homes[one]
            length = dist(here, there) or 1.0
            right, down = (there[0] - here[0]) / length, (there[1] - here[1]) / length
            self._neighbours[one].append((other, right, down))
            self._neighbours[other].append((one, -right, -down))

    def anneal(self, seed: int, moves: int, warm: float, cold: float = 0.02) -> None:
        """Try moves one by one: what costs less is done, what costs more by chance, ever more seldom.

        A province in one piece stays so. The same seed gives the same placement.
        """
        chance = Random(seed)  # noqa: S311  a placement is repeatable
        for number in range(moves):
            temperature = warm * (cold / warm) ** (number / moves)
            code = self.codes[int(chance.random() * len(self.codes))]
            right, down = AROUND[int(chance.random() * 6)]
            from_cell = self.cells[code]
            to_cell = from_cell[0] + right, from_cell[1] + down
            if to_cell in self.wanted.empty or (to_cell not in self.at and self._taken(from_cell) > _COAST):
                continue
            before, torn = self._cost_at(from_cell, to_cell), self._pieces_at(from_cell, to_cell)
            self._exchange(from_cell, to_cell)
            more = self._cost_at(from_cell, to_cell) - before
            # Whether provinces are torn takes long to see, so it is not looked at for what is too dear anyway.
            if torn is None and more > 0 and chance.random() >= exp(-more / temperature):
                self._exchange(from_cell, to_cell)
                continue
            if torn is not None:
                more += _TORN * (self._count_pieces(from_cell, to_cell) - torn)
                if more > 0 and chance.random() >= exp(-more / temperature):
                    self._exchange(from_cell, to_cell)

    def insert(self, code: str) -> None:
        """Give a code a cell where it costs least, the others making way towards an edge."""
        self.codes = sorted({*self.codes, code})
        home = self.wanted.homes[code]
        near = sorted(self.at, key=lambda cell: (squared(centre(cell), home), cell))[:7]
        best: tuple[float, dict[str, Cell]] | None = None
        for start in near:
            for path in self._ways_out(start):
                moved = {self.at[one]: other for one, other in pairwise(path)}
                cells = {**self.cells, **moved, code: start}
                cost = Board(self.wanted, cells).cost()
                if best is None or cost < best[0]:
                    best = cost, cells
        if best is None:
            raise ValueError(f"there is no way out for {code}")
        self.cells = best[1]
        self.at = {cell: each for each, cell in self.cells.items()}

    def cost(self) -> float:
        """What the whole placement costs."""
        once = sum(self._of_its_own(code, cell) for code, cell in self.cells.items())
        twice = sum(self._with_others(code, cell) for code, cell in self.cells.items())
        provinces: dict[str, list[Cell]] = {}
        for code, cell in self.cells.items():
            provinces.setdefault(self.wanted.groups[code], []).append(cell)
        return once + twice / 2 + _TORN * sum(pieces(each) - 1 for each in provinces.values())

    def _ways_out(self, start: Cell) -> list[list[Cell]]:
        """The shortest way from a cell over taken ones to every free one that touches two or more."""
        ways, ahead, seen = [], [[start]], {start}
        while ahead:
            following = []
            for path in ahead:
                for cell in _around(path[-1]):
                    if cell in seen or cell in self.wanted.empty:
                        continue
                    seen.add(cell)
                    if cell in self.at:
                        following.append([*path, cell])
                    elif self._taken(cell) >= 2:
                        ways.append([*path, cell])
            ahead = following
        return ways

    def _taken(self, cell: Cell) -> int:
        """How many tiles there are around a cell."""
        return sum(each in self.at for each in _around(cell))

    def _exchange(self, one: Cell, other: Cell) -> None:
        here, there = self.at.pop(one, None), self.at.pop(other, None)
        for code, cell in ((here, other), (there, one)):
            if code is not None:
                self.at[cell], self.cells[code] = code, cell

    def _cost_at(self, *cells: Cell) -> float:
        """What the tiles on two cells cost; what they cost together counts twice, before a move as after it."""
        found = 0.0
        for cell in cells:
            code = self.at.get(cell)
            if code is not None:
                found += self._of_its_own(code, cell) + self._with_others(code, cell)
        return found

    def _of_its_own(self, code: str, cell: Cell) -> float:
        place = centre(cell)
        cost = _AWAY * squared(place, self.wanted.homes[code])
        kept = self.wanted.kept.get(code, cell)
        return cost if kept == cell else cost + _LEFT * (1 + 0.5 * (steps_between(kept, cell) - 1))

    def _with_others(self, code: str, cell: Cell) -> float:
        """What it costs with its neighbours, and with whom it touches."""
        (east, south), cost, cells = centre(cell), 0.0, self.cells
        for other, right, down in self._neighbours[code]:
            there = cells.get(other)
            if there is None:
                continue
            away = steps_between(cell, there) - 1
            if away:
                cost += _PARTED + _STEP * away
            to_east, to_south = centre(there)
            # Far ones pull no harder than near ones, or the sea would close.
            cost += min(1.5, _TURNED * ((to_east - east - right) ** 2 + (to_south - south - down) ** 2))
        groups, at = self.wanted.groups, self.at
        for next_to in _around(cell):
            other = at.get(next_to, "")
            if other:
                cost -= _TOUCHING + (_TOGETHER if groups[other] == groups[code] else 0.0)
        return cost

    def _pieces_at(self, one: Cell, other: Cell) -> int | None:
        """In how many pieces the provinces of two cells lie; None when exchanging the two cannot change it."""
        here, there = self.at.get(one), self.at.get(other)
        groups = [self.wanted.groups[code] for code in (here, there) if code is not None]
        if len(groups) == 2 and groups[0] == groups[1]:
            return None
        return self._count_pieces(one, other)

    def _count_pieces(self, one: Cell, other: Cell) -> int:
        groups = self.wanted.groups
        of_them = {groups[self.at[cell]] for cell in (one, other) if cell in self.at}
        found: dict[str, list[Cell]] = {group: [] for group in sorted(of_them)}
        for code, cell in self.cells.items():
            if groups[code] in found:
                found[groups[code]].append(cell)
        return sum(pieces(cells) for cells in found.values())


def _around(cell: Cell) -> list[Cell]:
    return [(cell[0] + right, cell[1] + down) for right, down in AROUND]
