"""Which municipalities of a province have too few homes of a size of which the other has too many, and the reverse?

Nothing is assigned by it: who goes where is decided by people, and the quota is not moved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from domain.homes import SIZES, HouseholdSize
from projections.computed import Computed, Line
from projections.figure import Column, Dimension, Figure, Part, Query, Words
from projections.figures.households import HOUSEHOLDS, HOUSEHOLDS_TABLE, municipal_lines

#: Of a municipality and size how many homes are lacking, and how many to spare; none where no homes were stated.
_Homes = Mapping[tuple[str, HouseholdSize], tuple[int, int]]


class _Swaps(Computed):
    """A line for two municipalities of a province and two sizes."""

    def lines(self, figure: Figure, query: Query) -> Iterator[Line]:
        """Each has too few homes of one size and homes to spare of the other, exactly or by rounded numbers."""
        lines = municipal_lines(query)
        exact, rounded = _homes(lines, "values"), _homes(lines, "rounded")
        sides: dict[tuple[str, HouseholdSize, HouseholdSize], list[str]] = defaultdict(list)
        for code in sorted({code for code, _ in exact}):
            for size, other_size in product(SIZES, SIZES):
                if any(of[code, size][0] and of[code, other_size][1] for of in (exact, rounded)):
                    sides[query.places.province(code), size, other_size].append(code)
        for (province, size, with_size), codes in sides.items():
            for code, other in product(codes, sides.get((province, with_size, size), ())):
                if code < other and query.only in (None, code):
                    least, least_rounded = (
                        min(of[code, size][0], of[code, with_size][1], of[other, with_size][0], of[other, size][1])
                        for of in (exact, rounded)
                    )
                    yield Line(code, (other, size, with_size), {"households": least}, {"households": least_rounded})

    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterator[Part]:
        """Those of the least of the four numbers: households, and homes, of one municipality and size."""
        other, size, with_size = line.dimensions
        lines = municipal_lines(query)
        four = (
            (lines[line.code, size], "lack"),
            (lines[line.code, with_size], "spare"),
            (lines[other, with_size], "lack"),
            (lines[other, size], "spare"),
        )
        least = line.values["households"]
        of_line, of_column = next((one, name) for one, name in four if one.values[name] == least)
        yield from HOUSEHOLDS_TABLE.line_parts(HOUSEHOLDS, query, of_line, of_column)


def _homes(lines: Mapping[tuple[str, HouseholdSize], Line], which: str) -> _Homes:
    numbers: dict[tuple[str, HouseholdSize], Any] = {key: getattr(line, which) for key, line in lines.items()}
    return {
        key: (numbers[key]["lack"], numbers[key]["spare"])
        for key, line in lines.items()
        if line.values["homes"] is not None
    }


SWAPS = Figure(
    name="swaps",
    questions=(22,),
    title=Words("Households that two municipalities could swap", "Huishoudens die twee gemeenten kunnen ruilen"),
    definition=Words(
        "Two municipalities of a province of which each has too few homes of a size of which the other has homes to "
        "spare: the least of the four numbers. Nothing is assigned by it, and the quota is not moved.",
        "Twee gemeenten in een provincie die elk woningen te kort komen van een grootte waarvan de ander er over "
        "heeft: het kleinste van de vier aantallen. Er wordt niets mee toegewezen, en de taakstelling verschuift niet.",
    ),
    counts=Words(
        "Households, between the municipality of the lower code and another one.",
        "Huishoudens, tussen de gemeente met de laagste code en een andere.",
    ),
    dimensions=(
        Dimension("with", Words("The other municipality", "De andere gemeente"), of_municipalities=True),
        Dimension("size", Words("Size that the first lacks", "Grootte die de eerste te kort komt"), values=SIZES),
        Dimension("withSize", Words("Size that the other lacks", "Grootte die de ander te kort komt"), values=SIZES),
    ),
    columns=(Column("households", Words("Households", "Huishoudens"), "households", from_rounded=True),),
    table=_Swaps(),
    reads=("reception", "areas"),
    audience="persons",
    group_by=("municipality",),
)
