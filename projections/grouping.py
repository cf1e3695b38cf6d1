"""Tables whose parts are a query over the state tables: grouped into rows, listed for a cell, compared over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, cast

from domain.rounding import Ratio
from domain.totals import COUNTRY, region_name
from projections.aggregates import P90, Aggregate, Latest, Mean, Median, Said, Share, Sum
from projections.column_schema import municipality_number
from projections.engine import LAST_DAY
from projections.figure import Among, Between, Cell, Column, Figure, Part, Query, Row, Source, Table, Value

#: Of which rows of a state table a query is: its name to what stands behind FROM.
Rows = Callable[[str], str]


class Select(NamedTuple):
    """A query that gives a row for every part, and its parameters.

    Its columns: `stream`, `municipality` as posted (or NULL), those of the key, dimensions, facets, and whatever the
    columns of the table add up.
    """

    statement: str
    parameters: Mapping[str, Any]


def rows_at(table: str) -> str:
    """The rows as of both times of the question."""
    return f"{table}_at($day, $position)"


def rows_touched(reads: Iterable[str]) -> Rows:
    """The same, of the streams of which a row of any of these tables began or ended between two positions."""
    touched = _touched(reads)
    return lambda table: f"(SELECT * FROM {table}_at($day, $position) WHERE stream IN ({touched}))"


def rows_between(table: str) -> str:
    """All rows of such streams for the day, known at any position from the first to the last."""
    return f"(SELECT * FROM {table}_between($day, $after, $position) WHERE stream IN ({_touched([table])}))"


def _touched(tables: Iterable[str]) -> str:
    """The streams of which a row of these tables began or ended behind a position and up to another."""
    changed = (f"({name} > $after AND {name} <= $until)" for name in ("known_from", "known_until"))
    conditions = " OR ".join(changed)
    return " UNION ".join(f"SELECT stream FROM {table} WHERE {conditions}" for table in tables)


def times(query: Query) -> dict[str, Any]:
    """The parameters of the rows as of both times."""
    return {"day": min(query.asked.valid_on, LAST_DAY), "position": query.asked.position}


def _all_of(*some: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of several origins; ValueError where two give one name, as the one would be read as the other."""
    found: dict[str, Any] = {}
    for parameters in some:
        if twice := found.keys() & parameters.keys():
            raise ValueError(f"parameters of a statement that are there twice: {sorted(twice)}")
        found |= parameters
    return found


class RowsOf(NamedTuple):
    """The state table that parts are rows of, the columns of them that tell such rows apart within a stream, and
    `aspects`, what is looked at of such a row.
    """

    table: str
    key: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()

    def source(self, key: tuple[Any, ...]) -> Source:
        """Where the events behind a part are found."""
        return Source(self.table, (*key, *self.aspects))


@dataclass(frozen=True)
class Grouped(Table):
    """A table that is a GROUP BY over its parts.

    `source` is the state table that the parts are rows of, `key` the columns that tell them apart within a stream;
    where they are of several, `sources` says which by the value that a column has `at` the first facet. `facets` are
    columns of the parts by which the columns of the table find theirs (`Column.at`). `details` are columns of a part
    that are described with it, by the names they have then. `also_present` finds every municipality, as posted, that
    has a row though it may have no parts. `aspects` are what is looked at of a row for a column, by its name.
    """

    select: Callable[[Query, Rows], Select]
    source: str = ""
    key: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    details: Mapping[str, str] | None = None
    also_present: Callable[[Query, Rows], Select] | None = None
    sources: Mapping[str | bool, RowsOf] = field(default_factory=dict)
    aspects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """Every group of parts as a row."""
        groups = _groups(query)
        if query.only is not None:
            groups = {posted: group for posted, group in groups.items() if group == query.only}
        names = sorted(set(groups.values()) if query.group_by != "country" else {COUNTRY})
        dimensions = [dimension.name for dimension in figure.dimensions]
        plan = _plan(figure, self.facets)
        numbers = [f"{sql} AS a{nth}" for nth, sql in enumerate(plan.numbers)]
        select, join = self._joined(query, groups, names, rows_at)
        by = ["nth", *dimensions, *self.facets]
        found = query.tables.columns(
            f"WITH part AS ({select.statement}) SELECT {', '.join((*by, *numbers))} FROM part {join} GROUP BY ALL",
            select.parameters,
        )
        cells: dict[tuple[Any, ...], list[Any]] = {}
        keys = zip(found["nth"], *(found[name] for name in dimensions), strict=True)
        rows = [cells.get(key) or cells.setdefault(key, plan.nothing.copy()) for key in keys]
        facets = zip(*(found[name] for name in self.facets), strict=True) if self.facets else [()] * len(rows)
        of_facets: dict[tuple[Any, ...], list[int]] = {}
        for at, facet in enumerate(facets):
            of_facets.setdefault(facet, []).append(at)
        aggregated = [found[f"a{nth}"] for nth in range(len(plan.numbers))]
        for facet, some in of_facets.items():
            for column, make, first, second in plan.columns.get(facet, ()):
                one, other = aggregated[first], aggregated[second]
                for at in some:
                    rows[at][column] = make(one[at], other[at])
        if self.also_present is not None and not dimensions and len(cells) < len(names):
            for nth in self._rows_without_parts(query, groups, names, {nth for (nth,) in cells}):
                cells[nth,] = plan.nothing.copy()
        orders = [order_of(dimension.values) for dimension in figure.dimensions]
        ranked = sorted(
            cells, key=lambda key: (key[0], *(order(one) for order, one in zip(orders, key[1:], strict=True)))
        )
        behind, until = plan.behind, len(figure.columns)
        return [
            Row(
                names[key[0]],
                region_name(names[key[0]], query.places),
                key[1:],
                tuple(cells[key][:until]),
                behind=dict(zip(behind, cells[key][until:], strict=True)),
            )
            for key in ranked
        ]

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """The parts of a cell in order of stream and key."""
        rows, more = (rows_at, {}) if among is None else (rows_touched(figure.reads), among._asdict())
        return self.listed(figure, query, cell, rows, more)

    def parts_between(self, figure: Figure, query: Query, cell: Cell, between: Between) -> list[Part]:
        """The same of rows known at any of these positions; none of a table that joins several state tables: rows would
        meet that were never known together.
        """
        if len(figure.reads) > 1:
            return []
        return self.listed(figure, query, cell, rows_between, between._asdict())

    def listed(self, figure: Figure, query: Query, cell: Cell, rows: Rows, more: Mapping[str, Any]) -> list[Part]:
        """The parts of a cell among some rows of the state tables, in order of stream and key."""
        column, details = figure.column(cell.column), self.details or {}
        number, weight, condition = _of_part(column.aggregate)
        of = RowsOf(self.source, self.key, self.aspects.get(column.name, ()))
        if self.sources:
            of = self.sources[column.at[self.facets[0]]]
        groups = {posted: group for posted, group in _groups(query).items() if group == cell.code}
        select, join = self._joined(query, groups, [cell.code], rows)
        at = {**column.at, **cell.dimensions}
        parameters = _all_of(select.parameters, more, {f"of_{name}": value for name, value in at.items()})
        conditions = [condition, *(f"{name} = $of_{name}" for name in at)]
        # As the function that makes the parts may not know where their columns end up.
        besides = [f'{name} AS "{label}"' for name, label in details.items()]
        names = ["stream", "municipality_code(municipality)", *of.key, number, weight, *besides]
        found = query.tables.rows(
            f"WITH part AS ({select.statement}) SELECT {', '.join(names)} FROM part {join} "
            f"WHERE {' AND '.join(conditions)} ORDER BY {', '.join(('stream', *of.key))}",
            parameters,
        )
        until = 2 + len(of.key)
        share = isinstance(column.aggregate, Share)
        return [
            Part(
                amount=1 if share else row[until],
                journey=row[0],
                source=of.source(row[2:until]),
                municipality=row[1],
                details=dict(zip(details.values(), row[until + 2 :], strict=True)),
                weights=(row[until], row[until + 1]) if share else (0, 0),
            )
            for row in found
        ]

    def _joined(self, query: Query, groups: Mapping[str, str], names: list[str], rows: Rows) -> tuple[Select, str]:
        """The parts, and how each comes to the number of its group."""
        select = self.select(query, rows)
        if query.group_by == "country":
            # Also what is of no municipality that anybody knows.
            return select, "CROSS JOIN (SELECT 0 AS nth)"
        number = {name: nth for nth, name in enumerate(names)}
        of_places = {
            "posted": [municipality_number(posted) for posted in groups],
            "nths": [number[group] for group in groups.values()],
        }
        place = "SELECT unnest($posted::SMALLINT[]) AS posted, unnest($nths::SMALLINT[]) AS nth"
        join = f"JOIN ({place}) ON posted = municipality"
        return select._replace(parameters=_all_of(select.parameters, of_places)), join

    def _rows_without_parts(
        self, query: Query, groups: Mapping[str, str], names: list[str], found: set[int]
    ) -> set[int]:
        """The rows that have no parts, and somebody all the same."""
        if self.also_present is None:
            return set()
        select, statement = self.also_present(query, rows_at), "SELECT DISTINCT municipality FROM ({})"
        if query.group_by == "country":
            return (
                {0} if query.tables.rows(f"{statement.format(select.statement)} LIMIT 1", select.parameters) else set()
            )
        number = {name: nth for nth, name in enumerate(names)}
        lacking = {posted: number[group] for posted, group in groups.items() if number[group] not in found}
        if not lacking:
            return set()
        statement += " WHERE municipality IN (SELECT unnest($posted::SMALLINT[]))"
        of_numbers = {municipality_number(code): nth for code, nth in lacking.items()}
        parameters = _all_of(select.parameters, {"posted": list(of_numbers)})
        found_too = query.tables.rows(statement.format(select.statement), parameters)
        return {of_numbers[one] for (one,) in found_too}


def _groups(query: Query) -> dict[str, str]:
    """By every municipality that anybody knows, as posted, the row in which it counts that day."""
    places = query.places
    if query.group_by == "country":
        return dict.fromkeys(places.codes, COUNTRY)
    known = frozenset(places.codes)
    found = {posted: code for posted, code in places.all_codes_on(query.asked.valid_on).items() if code in known}
    if query.group_by == "province":
        return {posted: places.province(code) for posted, code in found.items()}
    return found


def _sql(made: Aggregate) -> tuple[str, ...]:
    match made:
        case Sum(adds):
            return (f"sum({adds})::BIGINT",)
        case Mean(of):
            return f"sum({of})::BIGINT", f"count({of})"
        # Between ranks of whole numbers lie halves and tenths: what is rounded away is only what a float lost.
        case Median(of):
            return (f"round(2 * quantile_cont({of}, {_RANKS})[1])::BIGINT",)
        case P90(of):
            return (f"round(10 * quantile_cont({of}, {_RANKS})[2])::BIGINT",)
        case Share(within, of):
            return f"sum({within})::BIGINT", f"sum({of})::BIGINT"
        case Latest(of):
            return (f"max({of})",)
        case Said(of):
            return (f"any_value({of})::VARCHAR",)


#: Both at once, so that the numbers are put in order once.
_RANKS = "[0.5, 0.9]"

_Combine = Callable[[Any, Any], Value]


def _whole(number: Any, _: Any) -> int:
    return 0 if number is None else int(number)


def _whole_of_some(number: Any, _: Any) -> Value:
    return None if number is None else int(number)


def _half(number: Any, _: Any) -> Value:
    return None if number is None else Ratio(number, 2)


def _tenth(number: Any, _: Any) -> Value:
    return None if number is None else Ratio(number, 10)


def _ratio(above: Any, below: Any) -> Value:
    return Ratio(above, below) if below else None


def _same(one: Any, _: Any) -> Value:
    return cast(Value, one)


_COMBINE: Mapping[type[Any], _Combine] = {
    Sum: _whole,
    Mean: _ratio,
    Median: _half,
    P90: _tenth,
    Share: _ratio,
    Latest: _same,
    Said: _same,
}


class _Plan(NamedTuple):
    """How a table is made of its parts, the same for every question.

    `numbers` are the different numbers that columns are made of, as SQL. `columns` are by facets those made of such
    parts: where it stands in a row, how it is made, and of which two numbers. Behind the columns of the table stand
    the persons `behind` the values of some. `nothing` is a row without parts.
    """

    numbers: list[str]
    columns: Mapping[tuple[str | bool, ...], list[tuple[int, _Combine, int, int]]]
    behind: list[str]
    nothing: list[Any]


@cache
def _plan(figure: Figure, facets: tuple[str, ...]) -> _Plan:
    made = [
        (nth, column.at, _sql(column.aggregate), _combine(column.aggregate))
        for nth, column in enumerate(figure.columns)
        if column.aggregate is not None
    ]
    few = [(column, of) for column in figure.columns if (of := _of_few(figure, column)) is not None]
    made += [(nth, column.at, (of,), _whole) for nth, (column, of) in enumerate(few, start=len(figure.columns))]
    numbers = list(dict.fromkeys(sql for _, _, some, _ in made for sql in some))
    columns: dict[tuple[str | bool, ...], list[tuple[int, _Combine, int, int]]] = {}
    for nth, facet, some, make in made:
        at = tuple(facet[name] for name in facets)
        columns.setdefault(at, []).append((nth, make, numbers.index(some[0]), numbers.index(some[-1])))
    nothing = [0 if isinstance(one.aggregate, Sum) and not one.aggregate.of_some else None for one in figure.columns]
    return _Plan(numbers, columns, [column.name for column, _ in few], [*nothing, *[0] * len(few)])


def _combine(made: Aggregate) -> _Combine:
    return _whole_of_some if isinstance(made, Sum) and made.of_some else _COMBINE[type(made)]


def _of_few(figure: Figure, column: Column) -> str | None:
    """How the parts are counted that a value may be of few of, in a table that is told rounded."""
    match column.aggregate:
        case Mean(of) | Median(of) | P90(of) | Latest(of) if figure.audience != "public":
            return f"count({of})"
        case Sum(adds, several=several) if several:
            return f"count({several}) FILTER (WHERE ({adds}) <> 0)"
    return None


def _of_part(made: Aggregate | None) -> tuple[str, str, str]:
    """What a part has of a column, the other side of a ratio, and which parts have any of it."""
    match made:
        case Sum(adds):
            return f"{adds} AS amount", "0 AS other", f"({adds}) <> 0"
        case Mean(of) | Median(of) | P90(of):
            return f"{of} AS amount", "0 AS other", f"({of}) IS NOT NULL"
        case Share(within, of):
            return f"{within} AS amount", f"{of} AS other", f"({of}) <> 0"
        case Latest(of) | Said(of):
            return "1 AS amount", "0 AS other", f"({of}) IS NOT NULL"
        case None:
            raise TypeError("a column of a grouped table says how it is made of the parts")


def order_of(values: tuple[str, ...]) -> Callable[[Any], Any]:
    """Declared values in their order, others by themselves."""
    if not values:
        return lambda one: one
    return {one: nth for nth, one in enumerate(values)}.__getitem__
