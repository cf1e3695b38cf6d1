"""What a figure is: a declared table, whose cells and reasons both follow from its parts.

A part is one row: whose stream it comes from, which municipality it counts for, its dimensions, and what it adds to
which column. A table is the parts of each cell taken together, an explanation the parts of one cell, a change report
the parts of one cell at one position of the log beside those at another. What is declared here says all of a table;
its address, description, formats, rounding, explanation and change report follow from it and stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast, get_args
from uuid import UUID

from domain.places import Places
from domain.rounding import Ratio
from domain.totals import GroupBy
from projections.aggregates import Aggregate, Share
from projections.column_store import Snapshot
from projections.deliveries import DeliveryLog
from projections.engine import Asked
from projections.together import Together
from projections.units import Unit

ALL_GROUPS: tuple[GroupBy, ...] = get_args(GroupBy)

#: Who reads a table exactly. `public`: everybody. `persons`: small numbers are rounded for who may not read of persons.
#: `supervision`: the same, but that provinces read all of it, and who only grants permits does not.
Audience = Literal["public", "persons", "supervision"]


class Words(NamedTuple):
    """The same in English and in Dutch."""

    en: str
    nl: str


#: The value of a cell: exact, None where there is none.
Value = int | Ratio | date | str | None


#: What a parameter of a table is: the route knows how each is written and refused. `from` and `to` bound a window.
#: `days` are several days, as a tuple; a `share` is a Decimal from 0 to 1; a `norm` is a NormSet.
ParameterKind = Literal["period", "day", "days", "norm", "choice", "whole", "share"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a table besides groupBy and the times of the question.

    `default` is written as in a request; None where a parameter that is not required has none. `choices` are the values
    of a choice, `least` and `most` bound a whole number, or how many days are listed. Who is told rounded numbers asks
    `coarse_values` alone, or multiples of `coarse_step`; of a norm set that comes with the question, days that are.
    """

    name: str
    kind: ParameterKind
    words: Words
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    coarse_step: int = 1
    coarse_values: tuple[int, ...] = ()


PERIOD = Parameter("period", "period", Words("The half-year", "Het halfjaar"), required=True)
FROM = Parameter("from", "day", Words("First day", "Eerste dag"), required=True)
TO = Parameter("to", "day", Words("Last day", "Laatste dag"), required=True)
WINDOW = (FROM, TO)
#: A window that may be left out; both days or neither.
OPTIONAL_WINDOW = (replace(FROM, required=False), replace(TO, required=False))


@dataclass(frozen=True)
class Column:
    """A column: its name in every format, a label, what it measures, and how it is made of the parts.

    `at` names the facets of the parts it is made of. `persons` is the column with the persons behind a value that is no
    count, for telling small numbers. `groups` are the rows that have it. `by_kind` says that it is one way of several
    in which the persons of another column were counted, which is written exactly; `kinds` names these ways, where that
    column is taken apart in more than one manner. `among` is the column with all of whom these are some, where
    everybody can know elsewhere how many those are; where several columns have the same, each of those is in one.
    `public` is exact for everybody also in a table of persons. `from_rounded`: who gets rounded numbers is told what
    the table made of such (`Row.rounded`). `of_country`: every row rests on persons of all the country, and is
    explained only to who may read of them all.

    `sums` says how a province or the country has it in a table that is worked out by municipality: `all` is null where
    a municipality is, `known` the sum of those that are not, `none` always null, `same` what each of them has.
    """

    name: str
    label: Words
    unit: Unit
    aggregate: Aggregate | None = None
    at: Mapping[str, str | bool] = field(default_factory=dict)
    persons: str | None = None
    groups: tuple[GroupBy, ...] = ALL_GROUPS
    by_kind: str | None = None
    kinds: str = ""
    among: str | None = None
    public: bool = False
    from_rounded: bool = False
    of_country: bool = False
    sums: Literal["all", "known", "none", "same"] = "all"


def column_of(name: str, en: str, nl: str, unit: Unit = "persons", **more: Any) -> Column:
    """A column with its label in both languages; `more` are fields of it."""
    return Column(name, Words(en, nl), unit, **more)


@dataclass(frozen=True)
class Dimension:
    """A dimension: rows have one of its values each. Declared values come in their order, others by value.

    One `of_municipalities` names another municipality: a row is of that one too, and exact for who reads both exactly.
    """

    name: str
    label: Words
    unit: Unit = "text"
    values: tuple[str, ...] = ()
    of_municipalities: bool = False


@dataclass(frozen=True)
class Query:
    """A table as it is asked: the state tables, both times, the municipalities known then, rows and parameters."""

    tables: Snapshot
    asked: Asked
    places: Places
    group_by: GroupBy
    given: Mapping[str, Any]
    only: str | None = None
    """The code of the only row that matters, where the others need not be worked out."""
    known_on: date | None = None
    """The day in Amsterdam of what is known: what lies after it nobody can know. None where nothing is known."""
    end_of_commit: Callable[[int], int] | None = field(default=None, compare=False)
    """The last position of the commit that a position is of, where the log can be asked: what was recorded in one
    commit is known at one instant. Without it each position is looked at by itself."""
    log: DeliveryLog | None = field(default=None, compare=False)
    """What was delivered, where the log can be asked for it; without it nobody is known to have delivered anything."""
    cache: dict[Hashable, Any] = field(default_factory=dict, compare=False)
    """What was read already: shared by questions with other parameters, not by those about another day."""

    def with_parameters(self, **given: Any) -> Query:
        """The same with other parameters."""
        return replace(self, given={**self.given, **given})

    def on_day(self, day: date) -> Query:
        """The same on another day; always the same question for the same day."""
        if day == self.asked.valid_on:
            return self
        cache: dict[Hashable, Any] = self.cache.setdefault(("day", day), {})
        return replace(self, asked=self.asked._replace(valid_on=day), cache=cache)


class Row(NamedTuple):
    """A row: the code of its municipality, province or country, its dimensions, and a value for every column.

    A row of the municipalities has None in columns that only provinces and the country have. `rounded` are the values
    that who gets rounded numbers is told in some columns (`from_rounded`): worked out anew from such. `behind` are the
    persons that a value is of, where it may be of fewer than a column says.
    """

    code: str
    name: str
    dimensions: tuple[Any, ...]
    values: tuple[Value, ...]
    rounded: Mapping[str, Value] = MappingProxyType({})
    behind: Mapping[str, int] = MappingProxyType({})


class Cell(NamedTuple):
    """One cell of a table: the code of its row, the dimensions by name, and its column."""

    code: str
    dimensions: Mapping[str, Any]
    column: str


class Source(NamedTuple):
    """The row of a state table that a part was made from: the table, and what tells the row from others of a stream.

    `on` is the day of which the row is, where that is not the day of the cell.
    """

    table: str
    key: tuple[Any, ...]
    on: date | None = None


class Carried(NamedTuple):
    """A cell that a part is the value of: the parameters that differ and the cell; the part weighs it by `sign`.

    `figure` is the table that has it, where that is another one.
    """

    given: Mapping[str, Any]
    cell: Cell
    sign: int = 1
    figure: Figure | None = None


class Part(NamedTuple):
    """One part of a cell, exact.

    `amount` is what it adds to the column. Where the column is a ratio, `numerator` and `denominator` are what it adds
    to both sides; where it is a mean, median or percentile, `amount` is the number it is of. It comes from a journey,
    or from a stream: the name of a half-year, `reference`, or an area. `details` is what is known of it besides.
    """

    amount: int
    journey: UUID | None = None
    stream: str | None = None
    source: Source | None = None
    municipality: str | None = None
    details: Mapping[str, Any] = MappingProxyType({})
    weights: tuple[int, int] = (0, 0)
    """Of a ratio: how often the amount stands in the numerator, and in the denominator."""
    carried: Carried | None = None

    @property
    def numerator(self) -> int:
        """What it adds to the numerator."""
        return self.amount * self.weights[0]

    @property
    def denominator(self) -> int:
        """What it adds to the denominator."""
        return self.amount * self.weights[1]


class PartsOfCell(NamedTuple):
    """Some parts of a cell in their order, and what all of them come to: how many they are, what they add to the
    column, and to both sides where it is a ratio.
    """

    page: list[Part]
    total: int
    amount: int
    sides: tuple[int, int] | None = None

    @classmethod
    def of(cls, parts: list[Part], column: Column, after: int, most: int) -> PartsOfCell:
        """So many parts behind the first so many, out of all of them."""
        ratio = isinstance(column.aggregate, Share) or any(part.weights != (0, 0) for part in parts)
        sides = (sum(part.numerator for part in parts), sum(part.denominator for part in parts)) if ratio else None
        return cls(parts[after : after + most], len(parts), sum(part.amount for part in parts), sides)


class Between(NamedTuple):
    """The positions behind one and up to another."""

    after: int
    until: int


class Table:
    """How the rows and parts of a table are read."""

    #: Whether its rows rest on what the log is asked for besides the state tables.
    reads_log = False

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """Every row, in order of code and dimensions, exact."""
        raise NotImplementedError

    def parts(self, figure: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """The parts of a cell, always in the same order.

        `among` leaves out journeys of which nothing changed between two positions.
        """
        raise NotImplementedError

    def some_parts(self, figure: Figure, query: Query, cell: Cell, after: int, most: int) -> PartsOfCell:
        """At the most so many parts of a cell behind the first so many."""
        return PartsOfCell.of(self.parts(figure, query, cell), figure.column(cell.column), after, most)

    def parts_between(self, figure: Figure, query: Query, cell: Cell, between: Between) -> list[Part]:
        """Parts from journeys as known at any of these positions or just before them."""
        raise NotImplementedError

    def same_sides(self, figure: Figure, then: Query, now: Query, cell: Cell) -> bool:
        """Whether a journey of which nothing changed between two questions adds to a cell the same in both: not where
        a municipality that counts on one side only went over to the other.
        """
        return True

    def municipalities_moved(self, query: Query, between: Between) -> frozenset[str]:
        """The municipalities, as posted, in whose carried balances something may have moved that came to nothing."""
        return frozenset()

    def resolve(self, figure: Figure, query: Query, cell: Cell) -> tuple[Figure, Query, Cell]:
        """The table, question and cell that a cell is taken from; its own, unless the table shows another's."""
        return figure, query, cell

    def narrow(self, query: Query, _: Cell) -> Query:
        """The question whose table has the row of a cell and as few others as that takes."""
        return query

    def day_of_rows(self, query: Query, dimensions: Mapping[str, Any] = MappingProxyType({})) -> date:
        """The day whose municipalities the rows are, or those with these dimensions: a dimension `on` says so, else of
        a half-year the one of it that is nearest.
        """
        if (on := dimensions.get("on")) is not None:
            return cast(date, on)
        period = query.given.get("period")
        day: date = query.asked.valid_on if period is None else period.nearest(query.asked.valid_on)
        return day


Among = Between | None


@dataclass(frozen=True, eq=False)
class Figure:
    """A declared table."""

    name: str
    questions: tuple[int, ...]
    title: Words
    definition: Words
    counts: Words
    """Where a person or event counts, and what a row counts."""
    columns: tuple[Column, ...]
    table: Table
    reads: tuple[str, ...]
    """The state tables that it rests on, besides the municipalities."""
    parameters: tuple[Parameter, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    audience: Audience = "public"
    group_by: tuple[GroupBy, ...] = ALL_GROUPS
    all_rows: bool = False
    """Whether rows of nothing but zeros and nulls stay."""
    together: tuple[Together, ...] = ()
    of_journeys: bool = True
    """Whether a part of a cell may be a journey's. Where none can be, who may read the table may ask why it is so."""
    version: int = 1
    """Of the definition: it rises when the same history would give another number."""

    def column(self, name: str) -> Column:
        """The column of a name; KeyError when there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def rounds(self) -> bool:
        """Whether some readers get any number of the table rounded."""
        return self.audience != "public" or any(column.by_kind for column in self.columns)

    def rows(self, query: Query) -> list[Row]:
        """Every row, in order of code and dimensions, exact; also those of nothing but zeros."""
        return self.table.rows(self, query)

    def row(self, query: Query, cell: Cell) -> Row | None:
        """The row that a cell is in; None where the table has no such row."""
        at = tuple(cell.dimensions[dimension.name] for dimension in self.dimensions)
        rows = self.table.rows(self, replace(self.table.narrow(query, cell), only=cell.code))
        return next((row for row in rows if (row.code, row.dimensions) == (cell.code, at)), None)

    def value(self, query: Query, cell: Cell) -> Value:
        """The value of a cell; None too where the table has no such row."""
        row = self.row(query, cell)
        return None if row is None else row.values[list(self._by_name).index(cell.column)]

    def parts(self, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """The parts of a cell, always in the same order."""
        figure, query, cell = self.table.resolve(self, query, cell)
        return figure.table.parts(figure, query, cell, among)

    def some_parts(self, query: Query, cell: Cell, after: int, most: int) -> PartsOfCell:
        """At the most so many parts of a cell behind the first so many; one at least where there are more."""
        figure, query, cell = self.table.resolve(self, query, cell)
        return figure.table.some_parts(figure, query, cell, after, most)
