"""The rows of a table as who asks may read them: every value written by its unit, small numbers by one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from fastapi import Request

from domain.disclosure import ROUNDED, STEP, by_kind
from domain.rounding import rounded
from projections.figure import DECIMALS, Figure, Query, Row
from service.queries.disclosure import Disclosure

#: A value as it is written: a whole number, a decimal, a day, a text, or nothing.
Told = Any


class ToldRow(NamedTuple):
    """A row as it is told."""

    code: str
    name: str
    dimensions: tuple[Any, ...]
    values: list[Told]
    exact: bool


class ToldTable(NamedTuple):
    """The rows of an answer, and the rule by which small numbers in it are told."""

    rows: list[ToldRow]
    disclosure: dict[str, Any]


def told_table(request: Request, figure: Figure, query: Query, *, empty: bool = False) -> ToldTable:
    """The table as who asks may read it; rows as of `told_by`."""
    return told_by(Disclosure.of(request, query.places, day_of(query)), figure, query, empty=empty)


def told_by(disclosed: Disclosure, figure: Figure, query: Query, *, empty: bool = False) -> ToldTable:
    """The table; rows of nothing but zeros only where it keeps all, or with `empty` and then exact ones only."""
    told = [told_row(figure, row, exact=disclosed.exact(row.code)) for row in figure.rows(query)]
    if not figure.all_rows:
        # A rounded row of nothing but zeros would tell that there is somebody after all.
        numbers = _numbers(figure)
        told = [row for row in told if (empty and row.exact) or any(row.values[nth] for nth in numbers)]
    if not figure.rounds:
        return ToldTable(told, {"rule": "exact", "exactFor": []})
    return ToldTable(told, disclosed.told(dict.fromkeys(row.code for row in told)))


def day_of(query: Query) -> Any:
    """The day whose municipalities the rows are: of a half-year the one of it that is nearest."""
    period = query.given.get("period")
    return query.asked.valid_on if period is None else period.nearest(query.asked.valid_on)


def told_row(figure: Figure, row: Row, *, exact: bool) -> ToldRow:
    """A row exactly, or with small numbers rounded."""
    values: list[Told] = list(row.values)
    if exact or figure.audience == "public":
        for nth, places in _decimals(figure):
            values[nth] = rounded(values[nth], places)
    else:
        values = [write(value, row.values) for write, value in zip(_rounding(figure), values, strict=True)]
    if not exact:
        for kinds in _kinds(figure):
            exactly: dict[int, Any] = {nth: row.values[nth] for nth in kinds}
            told = _by_kind(exactly)
            for nth in kinds:
                values[nth] = told.get(nth)
    return ToldRow(row.code, row.name, row.dimensions, values, exact)


@cache
def _decimals(figure: Figure) -> tuple[tuple[int, int], ...]:
    """The columns that need not be whole, by number, and to how many decimals they are written."""
    return tuple((nth, DECIMALS[column.unit]) for nth, column in enumerate(figure.columns) if column.unit in DECIMALS)


@cache
def _numbers(figure: Figure) -> tuple[int, ...]:
    """The columns that are numbers."""
    return tuple(nth for nth, column in enumerate(figure.columns) if column.unit not in ("date", "text"))


_Write = Callable[[Any, Sequence[Any]], Told]


@cache
def _rounding(figure: Figure) -> tuple[_Write, ...]:
    number = {column.name: nth for nth, column in enumerate(figure.columns)}

    def writer(unit: str, persons: int | None) -> _Write:
        if unit in _COUNTED:
            return lambda value, _: None if value is None else ROUNDED.count(value)
        measure = ROUNDED.share if unit == "share" else ROUNDED.days if unit in _MEASURED else None
        if measure is not None:
            return lambda value, row: measure(value, STEP if persons is None else row[persons] or 0)
        if persons is None:
            return lambda value, _: value
        return lambda value, row: value if ROUNDED.count(row[persons] or 0) else None

    return tuple(
        writer(column.unit, None if column.persons is None else number[column.persons]) for column in figure.columns
    )


# What a number counts or measures of persons; how many those are is in a column of its own, or they are not few. Other
# values are of no single person, unless they name the column of those behind them.
_COUNTED = frozenset({"persons"})
_MEASURED = frozenset({"days", "percent", "pace"})


@cache
def _kinds(figure: Figure) -> tuple[tuple[int, ...], ...]:
    """The columns, by number, that are the ways in which persons of one other column were counted."""
    found: dict[str, list[int]] = {}
    for nth, column in enumerate(figure.columns):
        if column.by_kind is not None:
            found.setdefault(column.by_kind, []).append(nth)
    return tuple(map(tuple, found.values()))


def _by_kind(exact: Mapping[int, int]) -> dict[int, int]:
    """Each way rounded; none of them where together with the total, which is exact, they would say too much."""
    told = by_kind({str(nth): persons for nth, persons in exact.items()})
    if not told and any(exact.values()):
        return {}
    return dict.fromkeys(exact, 0) | {int(nth): persons for nth, persons in told.items()}
