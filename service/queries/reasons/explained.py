"""Why is this figure so? A cell of a table with the parts that add up to it, and the events that produced each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from domain.places import Places
from domain.rounding import Ratio, rounded
from domain.totals import name_of
from projections.figure import (
    DECIMALS,
    P90,
    Cell,
    Column,
    Figure,
    Mean,
    Median,
    Part,
    Query,
    Share,
    Value,
)
from service.queries.question import LogQuestion
from service.queries.reasons.because import Behind


class Explained(NamedTuple):
    """A cell as the table has it, a page of its parts as they are written, and whether there are more."""

    cell: dict[str, Any]
    parts: list[dict[str, Any]]
    more: bool


def explained(log: LogQuestion, figure: Figure, query: Query, cell: Cell, after: int, limit: int) -> Explained | None:
    """The parts of a cell behind so many; None where the table has no such row."""
    row = figure.row(query, cell)
    if row is None:
        return None
    column, parts = figure.column(cell.column), figure.parts(query, cell)
    value = row.values[figure.columns.index(column)]
    told = {**told_cell(cell, query.places), "value": number(value, column), **_sums(parts, column)}
    page = parts[after : after + limit]
    day = day_of(cell, query)
    behind = Behind(log, page, day, query.places, query.given.get("period"))
    written = [{**_amount(part, column), **told_part(part), "events": behind.of(part)} for part in page]
    return Explained(told, written, len(parts) > after + limit)


def day_of(cell: Cell, query: Query) -> date:
    """The day that a cell is of: a dimension `on` says so, else the question does."""
    on: date = cell.dimensions.get("on", query.asked.valid_on)
    return on


def told_cell(cell: Cell, places: Places) -> dict[str, Any]:
    """Which cell it is."""
    return {"code": cell.code, "name": name_of(cell.code, places), **cell.dimensions, "column": cell.column}


def told_part(part: Part) -> dict[str, Any]:
    """Where a part comes from, and what more there is to tell of it."""
    whose: dict[str, Any] = {"stream": part.stream} if part.journey is None else {"journey": part.journey}
    carried = part.carried
    cell: dict[str, Any] = {}
    if carried is not None:
        given = {name: str(value) for name, value in carried.given.items()}
        cell = {"cell": {**given, "code": carried.cell.code, "column": carried.cell.column}}
    return {**whose, "municipality": part.municipality, **part.told, **cell}


def number(value: Value, column: Column) -> Any:
    """A value of a column as answers write it."""
    if isinstance(value, Ratio):
        return rounded(value, DECIMALS.get(column.unit, 2))
    return value


def is_ratio(column: Column, parts: list[Part]) -> bool:
    """Whether the parts add to both sides of a ratio."""
    return isinstance(column.made, Share) or any(part.weights != (0, 0) for part in parts)


def is_of_numbers(column: Column) -> bool:
    """Whether the parts are the numbers that a mean, a median or a percentile is of."""
    return isinstance(column.made, Mean | Median | P90)


def _sums(parts: list[Part], column: Column) -> dict[str, Any]:
    """What the parts come to: what the value is worked out from."""
    if is_ratio(column, parts):
        sides = sum(part.numerator for part in parts), sum(part.denominator for part in parts)
        return {"numerator": sides[0], "denominator": sides[1], "parts": len(parts)}
    return {"sum": sum(part.amount for part in parts), "parts": len(parts)}


def _amount(part: Part, column: Column) -> Mapping[str, Any]:
    if is_of_numbers(column):
        return {"value": part.amount}
    if part.weights != (0, 0):
        return {"numerator": part.numerator, "denominator": part.denominator}
    return {"adds": part.amount}
