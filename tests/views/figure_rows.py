"""The rows of any declared table as a test reads them, once parts of theirs were found to add up to cells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.comparison import Difference, differences
from projections.engine import Asked
from projections.figure import Cell, Query
from projections.figures import FIGURES
from projections.places import read_places
from tests.rules.histories import UTRECHT
from tests.views.logs import Log
from tests.views.test_figures_add_up import assert_adds_up, assert_moved

_CHECKED = {"NL", "PV26", UTRECHT}


def rows_of(
    log: Log,
    name: str,
    by: GroupBy = "municipality",
    on: date = date(2021, 12, 31),
    known_on: date | None = None,
    **given: Any,
) -> dict[Any, dict[str, Any]]:
    """The rows with any number other than 0 by code, or by code and dimensions; of each what is not 0.

    The parts of some of them are added up.
    """
    figure = FIGURES[name]
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        query = Query(tables, asked, read_places(tables, asked), by, given, known_on=known_on)
        found = {}
        for row in figure.rows(query):
            dimensions = dict(zip((one.name for one in figure.dimensions), row.dimensions, strict=True))
            for column in figure.columns if row.code in _CHECKED else ():
                assert_adds_up(figure, query, Cell(row.code, dimensions, column.name), column)
            values = dict(zip((column.name for column in figure.columns), map(plain, row.values), strict=True))
            some = {column: value for column, value in values.items() if value != 0}
            if any(value is not None for value in some.values()):
                found[(row.code, *row.dimensions) if row.dimensions else row.code] = some
        return found


def plain(value: Any) -> Any:
    """A value as one that can be compared."""
    return Fraction(*value) if isinstance(value, Ratio) else value


def moved(
    log: Log, name: str, cell: Cell, after: int, on: date = date(2021, 12, 31), **given: Any
) -> Mapping[Any, Difference]:
    """What moved a cell since a position, by journey or stream, once that was found to add up to the difference."""
    figure = FIGURES[name]
    by: GroupBy = "country" if cell.code == "NL" else "municipality" if cell.code.startswith("GM") else "province"
    with log.tables() as tables:
        then, now = (
            Query(tables, asked, read_places(tables, asked), by, given)
            for asked in (Asked(on, after), Asked(on, log.reached()))
        )
        assert_moved(figure, then, now, cell, figure.column(cell.column))
        return {one.part.journey or one.part.stream: one for one in differences(figure, then, now, cell)}
