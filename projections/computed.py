"""Tables that are worked out in Python: a line for every municipality, or for the country, and sums of lines.

A table says what its lines are, and what the parts of one cell of a line are. Rows of provinces and of the country, the
parts of those, explanations and change reports follow.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.municipality import PROVINCES
from domain.totals import COUNTRY, region_name
from projections.figure import Among, Between, Cell, Column, Figure, Part, Query, Row, Table, Value
from projections.grouping import order_of


class Line(NamedTuple):
    """What a municipality has, a province by itself, or `NL` for the country itself and what is of no municipality.

    `values` are by column; columns that a group works out anew need none, and what is left out is 0. `rounded` are
    those worked out from rounded numbers, of the columns where they differ from what is exact.
    """

    code: str
    dimensions: tuple[Any, ...]
    values: Mapping[str, Value]
    rounded: Mapping[str, Value] = MappingProxyType({})


class Computed(Table):
    """A table whose rows are lines, or what lines come to together."""

    @abstractmethod
    def lines(self, figure: Figure, query: Query) -> Iterable[Line]:
        """Every line, by codes of municipalities as they are on the day, in any order.

        With `query.only`, a municipality's code, those of others need not be there.
        """

    @abstractmethod
    def line_parts(self, figure: Figure, query: Query, line: Line, column: str) -> Iterable[Part]:
        """The parts of a cell of a line, always in the same order; asked only where it has a value."""

    def derived(self, figure: Figure, query: Query, code: str, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Columns that a row works out from its others, as shares are, whether it is a line or a sum of lines."""
        return {}

    def derived_rounded(self, figure: Figure, query: Query, code: str) -> Mapping[str, Value]:
        """The same of columns that follow from rounded numbers."""
        return {}

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """Every row, in order of code and dimensions."""
        found: dict[tuple[str, tuple[Any, ...]], list[Line]] = {}
        for line in self._lines(figure, query):
            if (code := _group(query, line)) is not None and query.only in (None, code):
                found.setdefault((code, line.dimensions), []).append(line)
        orders = [order_of(dimension.values) for dimension in figure.dimensions]
        ranked = sorted(
            found, key=lambda key: (key[0], *(order(one) for order, one in zip(orders, key[1], strict=True)))
        )
        return [self._row(figure, query, code, dimensions, found[code, dimensions]) for code, dimensions in ranked]

    def _row(self, figure: Figure, query: Query, code: str, dimensions: tuple[Any, ...], lines: Sequence[Line]) -> Row:
        if len(lines) == 1 and lines[0].code == code:
            said = lines[0].values
            values, rounded = {one.name: said.get(one.name, 0) for one in figure.columns}, dict(lines[0].rounded)
        else:
            single = query.group_by == "municipality" or all(line.code == code for line in lines)
            values, rounded = _summed(figure, lines, single=single)
        values |= self.derived(figure, query, code, values)
        found = tuple(values[one.name] if query.group_by in one.groups else None for one in figure.columns)
        rounded |= self.derived_rounded(figure, query, code)
        return Row(code, region_name(code, query.places), dimensions, found, rounded)

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """The parts of a cell, line by line; of all journeys, also those of which nothing changed."""
        row = figure.row(query, cell)
        if row is None or row.values[figure.columns.index(figure.column(cell.column))] is None:
            return []
        lines = [
            line
            for line in sorted(self._lines(figure, replace(query, only=cell.code)), key=lambda line: line.code)
            if _group(query, line) == cell.code and line.dimensions == row.dimensions
        ]
        known = [line for line in lines if line.values.get(cell.column, 0) is not None]
        return list(self.parts_of_lines(figure, query, known, cell.column))

    def parts_of_lines(self, figure: Figure, query: Query, lines: Sequence[Line], column: str) -> Iterator[Part]:
        """The parts of a cell of some lines together: those of each, unless a table reads them all at once."""
        for line in lines:
            yield from self.line_parts(figure, query, line, column)

    def parts_between(self, figure: Figure, query: Query, cell: Cell, between: Between) -> list[Part]:
        """None: what these tables are made of is known together only at one position."""
        return []

    def _lines(self, figure: Figure, query: Query) -> Sequence[Line]:
        """The lines of a question, worked out once."""
        only = query.only if query.group_by == "municipality" else None
        key = "lines", figure.name, query.group_by, tuple(sorted(query.given.items(), key=lambda one: one[0])), only
        if key not in query.cache:
            query.cache[key] = list(self.lines(figure, replace(query, only=only)))
        found: Sequence[Line] = query.cache[key]
        return found


def _group(query: Query, line: Line) -> str | None:
    """The row that a line counts in; None where the table has none for it."""
    match query.group_by:
        case "country":
            return COUNTRY
        case "province":
            if line.code in PROVINCES:
                return line.code
            return None if line.code == COUNTRY else query.places.province(line.code)
        case _:
            return None if line.code == COUNTRY else line.code


def _summed(figure: Figure, lines: Sequence[Line], *, single: bool) -> tuple[dict[str, Value], dict[str, Value]]:
    """What lines have together, exactly and from rounded numbers."""
    said = [(line.values, {**line.values, **line.rounded}) for line in lines]
    values, rounded = (
        {
            column.name: _together(column, [each[nth].get(column.name, 0) for each in said], single=single)
            for column in figure.columns
            if nth == 0 or any(column.name in line.rounded for line in lines)
        }
        for nth in (0, 1)
    )
    return values, rounded


def _together(column: Column, values: Sequence[Value], *, single: bool) -> Value:
    """What lines have together: of one line what it has, of several their sum as the column says."""
    if single and len(values) == 1:
        return values[0]
    if column.sums == "same":
        return next((one for one in values if one is not None), None)
    known = [one for one in values if isinstance(one, int)]
    if column.sums == "none" or not known or (column.sums == "all" and len(known) < len(values)):
        return None
    return sum(known)
