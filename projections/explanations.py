"""Why is this figure so? A cell of the realisation table with the parts that add up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Connection, select

from domain.facts.housing import Accommodation
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, PeriodFigures, Realised
from domain.reasons import Books, Part, books
from domain.totals import COUNTRY, GroupBy, InterimGoal, Total
from projections import quota, realisation
from projections.realisation import Standing
from projections.tables import housings as rows
from projections.view import Asked, in_force

Value = int | Fraction | None

#: Figures of every row, by the names that they have in the table. Of a kind of accommodation: `OF_ACCOMMODATION`.
OF_BALANCES: dict[str, Callable[[Balance], Value]] = {
    "inhabitants": lambda row: row.inhabitants,
    "quota": lambda row: row.quota,
    "transferred": lambda row: row.transferred,
    "openingBalance": lambda row: row.opening,
    "task": lambda row: row.task,
    "realised": lambda row: row.realised,
    "remaining": lambda row: row.remaining,
    "percentage": lambda row: row.percentage,
    "pace": lambda row: row.pace,
    "ahead": lambda row: row.ahead,
}
#: Figures that only a province and the country have.
OF_SUMS: dict[str, Callable[[Total], Value]] = {
    "backlog": lambda row: row.backlog,
    "lead": lambda row: row.lead,
    "behind": lambda row: row.behind,
    "exact": lambda row: row.exact,
    "aheadCount": lambda row: row.ahead_count,
}
OF_GOALS: dict[str, Callable[[InterimGoal], Value]] = {
    "interimGoal.reduction": lambda goal: goal.reduction,
    "interimGoal.goal": lambda goal: goal.goal,
    "interimGoal.above": lambda goal: goal.above,
}
OF_ACCOMMODATION = "realisedByAccommodation."
#: All that a row of the table may have.
FIGURES = (*OF_BALANCES, *(f"{OF_ACCOMMODATION}{kind}" for kind in get_args(Accommodation)), *OF_SUMS, *OF_GOALS)

#: Figures that are computed from others of the same row, and how; `months` are those of the half-year completed.
FORMULAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "percentage": ("100 * realised / task", ("realised", "task")),
    "pace": ("task * months / 6", ("task", "months")),
    "ahead": ("realised - task * months / 6", ("realised", "task", "months")),
}
#: Which municipalities a count or one-sided sum is over, by what is left.
_SIDES: dict[str, Callable[[int], bool]] = {
    "backlog": lambda left: left > 0,
    "lead": lambda left: left < 0,
    "behind": lambda left: left > 0,
    "exact": lambda left: left == 0,
    "aheadCount": lambda left: left < 0,
}


class OfMunicipality(NamedTuple):
    """What a municipality adds to a sum, or None where it has no such number yet."""

    code: str
    amount: int | None


class OfFigure(NamedTuple):
    """Another figure of the same row, with the sign it has in this one."""

    figure: str
    amount: Value


class OfJourney(NamedTuple):
    """A housing that counts, or the return that undoes one: a row of the housings."""

    journey: UUID
    turn: int
    on: date
    municipality: str
    accommodation: str
    amount: int


class OfGoal(NamedTuple):
    """The interim goal as it was set; `amount` is the share of a province with its part of all positive openings."""

    amount: int
    of: int
    opening: int | None = None
    openings: int | None = None


class Explanation(NamedTuple):
    """A figure as the table has it, and its parts; `formula` where they don't add up but it is computed from them."""

    code: str
    name: str
    value: Value
    parts: Sequence[Part | OfMunicipality | OfFigure | OfJourney | OfGoal]
    books: Books
    formula: str | None = None

    @property
    def adds(self) -> bool:
        """Whether the parts add up to the value."""
        return self.formula is None and self.value is not None


@dataclass(frozen=True)
class Table:
    """The realisation table of a period for both times asked, and all it was computed from; read once."""

    connection: Connection
    asked: Asked
    period: Period
    figures: Mapping[Period, PeriodFigures]
    housed: Realised
    places: Places

    @classmethod
    def read(cls, connection: Connection, asked: Asked, period: Period, places: Places) -> Table:
        """The table as it stands for both times."""
        figures, housed = quota.said(connection, asked), realisation.realised(connection, asked)
        return cls(connection, asked, period, figures, housed, places)

    @cached_property
    def books(self) -> Books:
        carried = realisation.carrying(self.connection)
        return books(self.period, self.asked.valid_on, self.figures, self.housed, self.places, carried)

    @cached_property
    def municipalities(self) -> list[Standing]:
        return self._standings("municipality")

    @cached_property
    def provinces(self) -> list[Standing]:
        return self._standings("province")

    @cached_property
    def country(self) -> list[Standing]:
        return self._standings("country")

    def _standings(self, group_by: GroupBy) -> list[Standing]:
        day = self.asked.valid_on
        opening = realisation.carrying(self.connection)(self.period, day, self.figures, self.housed, self.places)
        return realisation.standings(
            self.period, day, self.figures, self.housed, group_by, self.places, opening=opening
        )

    def explained(self, code: str, figure: str) -> Explanation | None:
        """A figure of the row of a municipality (or of the one it counts for that day), a province or the country.

        None when the table has no such row. `figure` is one of those above; those of sums are not for municipalities.
        """
        single = not code.startswith("PV") and code != COUNTRY
        wanted = self.places.existing(code, self.books.ledger.day) if single else code
        rows = self.municipalities if single else self.country if code == COUNTRY else self.provinces
        standing = next((row for row in rows if row.balance.code == wanted), None)
        if standing is None:
            return None
        value = _value(standing, figure)
        formula, parts = _parts(_Row(self, standing), figure, value)
        return Explanation(standing.balance.code, standing.balance.name, value, list(parts), self.books, formula)


class _Row(NamedTuple):
    """A row of the table."""

    table: Table
    standing: Standing

    @property
    def balance(self) -> Balance:
        return self.standing.balance

    def municipalities(self) -> list[Balance]:
        """Those that a province or the country is the sum of."""
        code = self.balance.code
        return [one for one, _ in self.table.municipalities if code in (COUNTRY, one.province)]


def _value(standing: Standing, figure: str) -> Value:
    balance, goal = standing
    if figure.startswith(OF_ACCOMMODATION):
        return balance.realised_by_accommodation.get(figure.removeprefix(OF_ACCOMMODATION), 0)
    if figure in OF_GOALS:
        return None if goal is None else OF_GOALS[figure](goal)
    if figure in OF_SUMS:
        return OF_SUMS[figure](balance) if isinstance(balance, Total) else None
    return OF_BALANCES[figure](balance)


def _parts(row: _Row, figure: str, value: Value) -> tuple[str | None, Any]:
    """The formula, when there is one, and the parts of a figure."""
    if figure in FORMULAS:
        formula, names = FORMULAS[figure]
        return formula, [_figure(row, name) for name in names]
    if figure in OF_GOALS:
        return None, [] if value is None else list(_of_goal(row, figure))
    if not isinstance(row.balance, Total):
        return None, [] if value is None else _of_municipality(row, figure)
    if figure in _SIDES:
        return None, list(_of_side(row, figure))
    return None, [OfMunicipality(one.code, _whole(_value(Standing(one), figure))) for one in row.municipalities()]


def _figure(row: _Row, name: str) -> OfFigure:
    return OfFigure(name, row.balance.months if name == "months" else OF_BALANCES[name](row.balance))


def _of_side(row: _Row, figure: str) -> Iterator[OfMunicipality]:
    for one in row.municipalities():
        if one.remaining is not None and _SIDES[figure](one.remaining):
            yield OfMunicipality(one.code, one.remaining if figure in ("backlog", "lead") else 1)


def _of_goal(row: _Row, figure: str) -> Iterator[OfFigure | OfGoal]:
    goal, balance = row.standing.goal, row.balance
    if goal is None:
        return
    if figure == "interimGoal.reduction":
        of = row.table.books.said.reduction or 0
        if balance.code == COUNTRY:
            yield OfGoal(goal.reduction, of)
        else:
            openings = sum(max(one.balance.opening, 0) for one in row.table.provinces)
            yield OfGoal(goal.reduction, of, max(balance.opening, 0), openings)
        return
    above = figure == "interimGoal.above"
    if above:
        yield OfFigure("realised", balance.realised)
    sign = -1 if above else 1
    yield OfFigure("quota", sign * (balance.quota or 0))
    yield OfFigure("interimGoal.reduction", sign * goal.reduction)


def _of_municipality(row: _Row, figure: str) -> Iterator[Part | OfJourney]:
    own, code = row.table.books, row.balance.code
    if figure == "remaining":
        yield from own.parts("task", code)
        for one in _journeys(row, None):
            yield one._replace(amount=-one.amount)
    elif figure == "realised":
        yield from _journeys(row, None)
    elif figure.startswith(OF_ACCOMMODATION):
        yield from _journeys(row, figure.removeprefix(OF_ACCOMMODATION))
    else:
        yield from own.parts(figure, code)


def _journeys(row: _Row, accommodation: str | None) -> Iterator[OfJourney]:
    """The housings and returns that count for a municipality in the period, by day and journey."""
    table, day = row.table, row.table.books.ledger.day
    posted = [
        each for each in table.housed.get(table.period, {}) if table.places.existing(each, day) == row.balance.code
    ]
    statement = select(
        rows.c.stream, rows.c.turn, rows.c.valid_from, rows.c.municipality, rows.c.accommodation, rows.c.persons
    ).where(in_force(rows, table.asked), rows.c.period == str(table.period), rows.c.municipality.in_(posted))
    if accommodation is not None:
        statement = statement.where(rows.c.accommodation == accommodation)
    for found in table.connection.execute(statement.order_by(rows.c.valid_from, rows.c.stream, rows.c.turn)):
        yield OfJourney(*found)


def _whole(value: Value) -> int | None:
    return None if value is None else int(value)
