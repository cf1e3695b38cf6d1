"""Persons housed, tallied so that what comes and goes changes only the part that it touches."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

#: Postings of a municipality as posted and a kind of accommodation: the persons they add, and how many they are (below
#: 0 when they went). A return adds -1 when it comes, so persons alone do not tell whether anything is left.
Change = tuple[str, str, int, int]


class Tally(Mapping[str, Mapping[str, int]]):
    """Persons by municipality as posted and kind of accommodation; never changed once it is made.

    What `with_changes` leaves as it was is shared with the tally before. Many are held, so a municipality is an array
    and not a dictionary: for each kind in the order of `kinds` its persons and its rows. It may be shorter than that.
    """

    def __init__(self, kinds: tuple[str, ...] = (), cells: Mapping[str, array[int]] | None = None) -> None:
        self._kinds = kinds
        self._cells: Mapping[str, array[int]] = {} if cells is None else cells

    def __getitem__(self, municipality: str) -> Mapping[str, int]:
        cell = self._cells[municipality]
        return {kind: persons for kind, persons, rows in zip(self._kinds, cell[::2], cell[1::2], strict=False) if rows}

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    @cached_property
    def persons(self) -> Mapping[str, int]:
        """Persons by municipality, of all kinds together."""
        return {code: sum(cell[::2]) for code, cell in self._cells.items()}

    def with_changes(self, changes: Iterable[Change], sign: int = 1) -> Tally:
        """The tally after some changes, in whatever order they come; what nothing is left of is not in it.

        With sign -1 as it was before them.
        """
        cells = dict(self._cells)
        places = {kind: 2 * place for place, kind in enumerate(self._kinds)}
        own: dict[str, array[int]] = {}
        for municipality, kind, persons, rows in changes:
            cell = own.get(municipality)
            if cell is None:
                cell = own[municipality] = cells.get(municipality, _NONE)[:]
            place = places.get(kind, -1)
            if place < 0:
                place = places[kind] = 2 * len(places)
            if place >= len(cell):
                cell.extend([0] * (place + 2 - len(cell)))
            cell[place] += sign * persons
            cell[place + 1] += sign * rows
        for municipality, cell in own.items():
            if any(cell[1::2]):
                cells[municipality] = cell
            else:
                cells.pop(municipality, None)
        return Tally(tuple(places), cells)


_NONE = array("i")
