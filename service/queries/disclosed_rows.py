"""The rows of a table as who asks may read them: written by their units, and rounded by rule."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args

from fastapi import Request

from domain.disclosure import (
    ROUNDED,
    STEP,
    fit_parts,
    round_by_kind,
    round_day,
    round_part,
    round_sum_of_days,
    share_of_rounded,
)
from domain.norm_sets import PHASE_NAMES, NormSet
from domain.rounding import rounded
from projections.aggregates import Share, Sum
from projections.figure import Column, Figure, Parameter, Query, Row
from projections.units import DECIMALS, UnitOfPersons
from service.foundation.problems import ParameterFault, parameter, refuse
from service.queries.visibility import Disclosure, DisclosureRule

#: So many tables are kept as they were worked out last, each of at most so many rows: pages and dashboards ask the same
#: ones again and again, of every municipality, between one event and the next.
_TABLES_KEPT, _ROWS_KEPT = 32, 2_000

#: A value as it is written: a whole number, a decimal, a day, a text, or nothing.
Written = Any


class WrittenRow(NamedTuple):
    """A row as it is answered."""

    code: str
    name: str
    dimensions: tuple[Any, ...]
    values: list[Written]
    exact: bool


class WrittenTable(NamedTuple):
    """The rows of an answer, and the rule by which small numbers in it are rounded."""

    rows: list[WrittenRow]
    disclosure: Disclosure


def read_table(request: Request, figure: Figure, query: Query, *, empty: bool = False) -> WrittenTable:
    """The table as who asks may read it; as `write_table` gives them. 400 for who is told rounded numbers and asks so
    closely that many answers together would say more than one.
    """
    rule = DisclosureRule.of(request, query.places, figure.table.day_of_rows(query))
    if figure.rounds and not rule.everything:
        refuse([fault for one in figure.parameters for fault in _asked_too_closely(one, query.given.get(one.name))])
    return write_table(rule, figure, query, empty=empty)


def _asked_too_closely(one: Parameter, value: Any) -> Iterator[ParameterFault]:
    """What is wrong with a value that only exact numbers are told of."""
    name, numbers = one.name, [value] if isinstance(value, int) else []
    if isinstance(value, NormSet) and value.valid_from is None:
        name, numbers = "normSet", [value.norm(phase) for phase in PHASE_NAMES]
    if any(number % one.coarse_step for number in numbers):
        yield parameter(name, "too-fine", f"takes multiples of {one.coarse_step} from who is told rounded numbers")
    elif one.coarse_values and set(numbers) - set(one.coarse_values):
        *others, last = map(str, one.coarse_values)
        few = f"{', '.join(others)} or {last}"
        yield parameter(name, "too-fine", f"takes {few} from who is told rounded numbers")


def write_table(disclosed: DisclosureRule, figure: Figure, query: Query, *, empty: bool = False) -> WrittenTable:
    """The table; rows of nothing but zeros only where it keeps all, or with `empty` and then exact ones only."""
    rows = [
        write_row(figure, row, exact=all(map(disclosed.exact, _codes(figure, row)))) for row in _rows(figure, query)
    ]
    if not figure.all_rows:
        # A rounded row of nothing but zeros would tell that there is somebody after all.
        numbers = _numbers(figure)
        rows = [row for row in rows if (empty and row.exact) or any(row.values[nth] for nth in numbers)]
    if not figure.rounds:
        return WrittenTable(rows, {"rule": "exact", "exactFor": []})
    return WrittenTable(rows, disclosed.stated(dict.fromkeys(row.code for row in rows if row.exact)))


def _rows(figure: Figure, query: Query) -> Sequence[Row]:
    """The rows of a table, exact: worked out once for both times to the letter, by which nothing can change them. What
    was delivered is asked of the log, which knows more with every refusal.
    """
    if figure.table.reads_log:
        return figure.rows(query)
    key: Hashable = (
        figure.name,
        query.asked,
        query.known_on,
        query.group_by,
        query.only,
        tuple(sorted(query.given.items())),
    )
    nothing: dict[Hashable, list[Row]] = {}
    kept = query.tables.cached_by_key("rows", [key], _TABLES_KEPT, lambda _: nothing)
    if key in kept:
        return kept[key]
    rows = figure.rows(query)
    if len(rows) <= _ROWS_KEPT:
        query.tables.cached_by_key("rows", [key], _TABLES_KEPT, lambda _: {key: rows})
    return rows


def _codes(figure: Figure, row: Row) -> Iterator[str]:
    """The municipalities, provinces or the country that a row is of."""
    yield row.code
    yield from (of for one, of in zip(figure.dimensions, row.dimensions, strict=True) if one.of_municipalities)


def write_row(figure: Figure, row: Row, *, exact: bool) -> WrittenRow:
    """A row exactly, or with small numbers rounded."""
    values: list[Written] = list(row.values)
    if exact or figure.audience == "public":
        for nth, places in _decimals(figure):
            values[nth] = rounded(values[nth], places)
    else:
        values = [write(value, row) for write, value in zip(_rounding(figure), values, strict=True)]
        for nth in _from_rounded(figure):
            column = figure.columns[nth]
            value: Any = row.rounded.get(column.name)
            values[nth] = rounded(value, DECIMALS[column.unit]) if column.unit in DECIMALS else value
    if not exact:
        for kinds in _kinds(figure):
            exactly: dict[int, Any] = {nth: row.values[nth] for nth in kinds}
            rounded_kinds = _by_kind(exactly)
            for nth in kinds:
                values[nth] = rounded_kinds.get(nth)
        for known, some in _among(figure):
            each = fit_parts(_known(row, known), [values[nth] for nth in some], every=len(some) > 1, exact=True)
            for nth, value in zip(some, each, strict=True):
                values[nth] = value
        if figure.together:
            values = _beside_others(figure, row.dimensions, values)
        for nth in _of_several(figure):
            # Whoever they come by: nobody, or too few.
            values[nth] = values[nth] or None
    return WrittenRow(row.code, row.name, row.dimensions, values, exact)


def _beside_others(figure: Figure, dimensions: Sequence[Any], values: Sequence[Written]) -> list[Written]:
    """Rounded values, of which less is told where they would tell of each other."""
    told: dict[str, Any] = dict(zip((one.name for one in figure.dimensions), dimensions, strict=True))
    told |= zip((one.name for one in figure.columns), values, strict=True)
    for one in figure.together:
        told |= one.instead(told)
    return [told[column.name] for column in figure.columns]


@cache
def _decimals(figure: Figure) -> tuple[tuple[int, int], ...]:
    """The columns that need not be whole, by number, and to how many decimals they are written."""
    return tuple((nth, DECIMALS[column.unit]) for nth, column in enumerate(figure.columns) if column.unit in DECIMALS)


@cache
def _numbers(figure: Figure) -> tuple[int, ...]:
    """The columns that are numbers."""
    return tuple(nth for nth, column in enumerate(figure.columns) if column.unit not in ("date", "text"))


_Write = Callable[[Any, Row], Written]


@cache
def _rounding(figure: Figure) -> tuple[_Write, ...]:
    number = {column.name: nth for nth, column in enumerate(figure.columns)}

    def writer(column: Column) -> _Write:
        unit = column.unit
        persons = None if column.persons is None else number[column.persons]
        if column.public:
            places = DECIMALS.get(unit)
            return lambda value, _: value if places is None else rounded(value, places)
        if isinstance(column.aggregate, Sum) and column.aggregate.several:
            # Some, of one who adds many, are told as none until all together are told.
            return lambda value, row: ROUNDED.count(value) if ROUNDED.count(row.behind.get(column.name, 0)) else 0
        if unit in _COUNTED:
            return lambda value, _: None if value is None else ROUNDED.count(value)
        measure = ROUNDED.share if unit == "share" else ROUNDED.days if unit in _MEASURED else None
        if isinstance(column.aggregate, Share):
            measure = share_of_rounded
        if isinstance(column.aggregate, Sum) and unit == "days" and persons is not None:
            return _sum_of_days(persons, number.get(figure.columns[persons].among or ""))

        def behind(row: Row) -> int:
            return row.behind.get(column.name, STEP if persons is None else _known(row, persons))

        if measure is not None:
            return lambda value, row: measure(value, behind(row))
        if persons is None:
            return lambda value, _: value
        if unit == "date":
            return lambda value, row: None if value is None else round_day(value, behind(row))
        return lambda value, row: value if ROUNDED.count(behind(row)) else None

    return tuple(map(writer, figure.columns))


def _sum_of_days(persons: int, among: int | None) -> _Write:
    """Writes the days of these persons together, who may be some of others."""

    def write(value: Any, row: Row) -> Written:
        behind = _known(row, persons)
        told = ROUNDED.count(behind) if among is None else round_part(behind, _known(row, among))
        return round_sum_of_days(value, behind, told)

    return write


def _known(row: Row, nth: int) -> int:
    value: Any = row.values[nth]
    return value or 0


@cache
def _among(figure: Figure) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The columns, by number, of all whom everybody knows to be how many, and those that are some of these."""
    number = {column.name: nth for nth, column in enumerate(figure.columns)}
    found: dict[int, list[int]] = {}
    for nth, column in enumerate(figure.columns):
        if column.among is not None:
            found.setdefault(number[column.among], []).append(nth)
    return tuple((known, tuple(some)) for known, some in found.items())


@cache
def _of_several(figure: Figure) -> tuple[int, ...]:
    """The columns, by number, to which one person may add more than one."""
    columns = enumerate(figure.columns)
    return tuple(nth for nth, one in columns if isinstance(one.aggregate, Sum) and one.aggregate.several)


@cache
def _from_rounded(figure: Figure) -> tuple[int, ...]:
    """The columns, by number, of which who gets rounded numbers is told what was made of such."""
    return tuple(nth for nth, column in enumerate(figure.columns) if column.from_rounded)


# What a number counts or measures of persons; how many those are is in a column of its own, or they are not few. Other
# values are of no single person, unless they name the column of those behind them.
_COUNTED = frozenset(get_args(UnitOfPersons))
_MEASURED = frozenset({"days", "percent", "pace"})


@cache
def _kinds(figure: Figure) -> tuple[tuple[int, ...], ...]:
    """The columns, by number, that are the ways in which persons of one other column were counted."""
    found: dict[tuple[str, str], list[int]] = {}
    for nth, column in enumerate(figure.columns):
        if column.by_kind is not None:
            found.setdefault((column.by_kind, column.kinds), []).append(nth)
    return tuple(map(tuple, found.values()))


def _by_kind(exact: Mapping[int, int]) -> dict[int, int]:
    """Each way rounded; none of them where together with the total, which is exact, they would say too much."""
    found = round_by_kind({str(nth): persons for nth, persons in exact.items()})
    if not found and any(exact.values()):
        return {}
    return dict.fromkeys(exact, 0) | {int(nth): persons for nth, persons in found.items()}
