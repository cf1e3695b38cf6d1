"""The balances of a half-year as a table: rows of what stands in the books, and the parts that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Any, get_args

from domain.accommodation import COUNTED, Accommodation
from domain.breakdown import BrokenDownFigure as OfBooks
from domain.breakdown import Part as PartOfBooks
from domain.quota import Balance
from domain.rounding import Ratio
from domain.totals import COUNTRY, GroupBy, InterimGoal, Total
from projections.column_schema import municipality_number, period_number
from projections.engine import LAST_DAY
from projections.figure import Among, Between, Carried, Cell, Figure, Part, Query, Row, Source, Table
from projections.figures.books import Inputs, housed_by
from projections.grouping import Rows, rows_at, rows_between, rows_touched, times
from projections.realisation import GROUNDS, RealisationRow

ACCOMMODATION_COLUMNS: dict[str, Accommodation] = {
    f"realised{''.join(word.capitalize() for word in kind.split('-'))}": kind
    for kind in get_args(Accommodation)
    if kind in COUNTED
}
#: Those by ground of the permit.
GROUND_COLUMNS: dict[str, str] = {f"realised{ground.capitalize()}": ground for ground in GROUNDS}
_Number = int | Fraction | None
_OF_BALANCES: dict[str, Callable[[Balance], _Number]] = {
    "inhabitants": attrgetter("inhabitants"),
    "quota": attrgetter("quota"),
    "transferred": attrgetter("transferred"),
    "openingBalance": attrgetter("opening"),
    "task": attrgetter("task"),
    "realised": attrgetter("realised"),
    "remaining": attrgetter("remaining"),
    "advance": attrgetter("advance"),
    "percentage": attrgetter("percentage"),
    "pace": attrgetter("pace"),
    "ahead": attrgetter("ahead"),
}
_OF_SUMS: dict[str, Callable[[Total], _Number]] = {
    "backlog": attrgetter("backlog"),
    "lead": attrgetter("lead"),
    "behind": attrgetter("behind"),
    "exact": attrgetter("exact"),
    "aheadCount": attrgetter("ahead_count"),
}
_OF_GOALS: dict[str, Callable[[InterimGoal], int | None]] = {
    "goalReduction": attrgetter("reduction"),
    "goal": attrgetter("goal"),
    "aboveGoal": attrgetter("above"),
}
#: Which municipalities a count or one-sided sum is over, by what is left.
_SIDES: dict[str, Callable[[int], bool]] = {
    "backlog": lambda left: left > 0,
    "lead": lambda left: left < 0,
    "advance": lambda left: left < 0,
    "behind": lambda left: left > 0,
    "exact": lambda left: left == 0,
    "aheadCount": lambda left: left < 0,
}
_TASK: tuple[OfBooks, ...] = ("quota", "transferred", "openingBalance")
#: What of the books a column is the sum of.
_OF_BOOKS: dict[str, tuple[OfBooks, ...]] = {
    "inhabitants": ("inhabitants",),
    **{name: (name,) for name in _TASK},
    "task": _TASK,
    "remaining": _TASK,
}


def _value(row: RealisationRow, column: str) -> _Number:
    balance, goal, by_ground = row
    if column in _OF_BALANCES:
        return _OF_BALANCES[column](balance)
    if column in ACCOMMODATION_COLUMNS:
        return balance.realised_by_accommodation.get(ACCOMMODATION_COLUMNS[column], 0)
    if column in GROUND_COLUMNS:
        return by_ground.get(GROUND_COLUMNS[column], 0)
    if column in _OF_SUMS:
        return _OF_SUMS[column](balance) if isinstance(balance, Total) else None
    return None if goal is None else _OF_GOALS[column](goal)


def _row(code: str, row: RealisationRow, columns: Sequence[str]) -> Row:
    numbers = [_value(row, column) for column in columns]
    # By its class: to ask whether it is an instance goes through the abstract numbers.
    values = [one if one is None or one.__class__ is int else Ratio(one.numerator, one.denominator) for one in numbers]
    return Row(code, row.balance.name, (), tuple(values))


def parts_left(query: Query, codes: Collection[str]) -> Iterator[Part]:
    """What is left of the task of some municipalities taken together: the parts of it, as of the table of balances."""
    return _Cell(query, Cell(COUNTRY, {}, "remaining")).left(codes)


_TOUCHED = rows_touched(["housings"])
_HOUSING = "stream, turn, on_day, municipality_code(municipality), accommodation, ground, persons"
_MUNICIPALITY = 3
_ORDER = "on_day, stream, turn"


class Realisation(Table):
    """The table of a half-year: books kept by municipality, and sums of them."""

    def rows(self, figure: Figure, query: Query) -> list[Row]:
        """Every municipality that is there, every province, or the country."""
        rows = Inputs.of(query).rows(query.given["period"], query.group_by)
        names = [column.name for column in figure.columns]
        return [_row(code, one, names) for code, one in rows.items() if query.only in (None, code)]

    def parts(self, _: Figure, query: Query, cell: Cell, among: Among = None) -> list[Part]:
        """What was said, and what was carried over, in the order of the books; then journeys, by day."""
        return list(_Cell(query, cell, _TOUCHED, among).parts(cell.column))

    def parts_between(self, _: Figure, query: Query, cell: Cell, between: Between) -> list[Part]:
        """Journeys housed, or whose housing was undone, as known at any of these positions."""
        found = _Cell(query, cell, rows_between, between).parts(cell.column)
        return [part for part in found if part.journey is not None]

    def same_sides(self, figure: Figure, then: Query, now: Query, cell: Cell) -> bool:
        """Whether the same municipalities are behind, or ahead, where a column is over those alone."""
        if cell.column not in _SIDES:
            return True
        return _Cell(then, cell).on_side(cell.column) == _Cell(now, cell).on_side(cell.column)

    def municipalities_moved(self, query: Query, between: Between) -> frozenset[str]:
        """Those where journeys were housed of which a state row began or ended between two positions."""
        key = "moving", between
        if key not in query.cache:
            statement = f"SELECT DISTINCT municipality_code(municipality) FROM {rows_between('housings')}"
            found = query.tables.rows(statement, {**times(query), **between._asdict()})
            query.cache[key] = frozenset(code for (code,) in found)
        codes: frozenset[str] = query.cache[key]
        return codes


class _Cell:
    """One cell, taken apart."""

    def __init__(self, query: Query, cell: Cell, rows: Rows = rows_at, between: Among = None) -> None:
        """`rows` are those of the journeys that changed `between` two positions; without that all in force."""
        self._query, self._code, self._rows, self._between = query, cell.code, rows, between
        self._inputs, self._period = Inputs.of(query), query.given["period"]
        self._books = self._inputs.books(self._period)

    def parts(self, column: str) -> Iterator[Part]:
        """Those of a column; none where it has no value."""
        group_by: GroupBy = "country" if self._code == COUNTRY else "province"
        if not self._code.startswith("PV") and self._code != COUNTRY:
            group_by = "municipality"
        row = self._inputs.rows(self._period, group_by).get(self._code)
        if row is None or _value(row, column) is None:
            return
        months = row.balance.months
        match column:
            case "percentage":
                yield from _weighed(self.parts("realised"), (100, 0))
                yield from _weighed(self.parts("task"), (0, 1))
            case "pace" | "ahead":
                if column == "ahead":
                    yield from _weighed(self.parts("realised"), (6, 0))
                yield from _weighed(self.parts("task"), (months if column == "pace" else -months, 0))
                yield Part(6, stream=str(self._period), details={"kind": "months", "months": months}, weights=(0, 1))
            case "goal" | "aboveGoal":
                if column == "aboveGoal":
                    yield from self.parts("realised")
                sign = -1 if column == "aboveGoal" else 1
                yield from signed(self.parts("quota"), sign)
                yield from signed(self.parts("goalReduction"), sign)
            case "goalReduction":
                yield self._goal(row)
            case "behind" | "exact" | "aheadCount":
                for code, left in self._on_side(column):
                    details = {"kind": "municipality", "code": code, "name": self._name(code), "remaining": left}
                    yield Part(1, stream=str(self._period), municipality=code, details=details)
            case "backlog" | "lead" | "advance":
                yield from signed(self._of("remaining", self.on_side(column)), -1 if column == "advance" else 1)
            case _:
                yield from self._of(column, self._municipalities)

    def left(self, codes: Collection[str]) -> Iterator[Part]:
        """The parts of what is left of some municipalities."""
        return self._of("remaining", codes)

    @cached_property
    def _times(self) -> dict[str, Any]:
        """Those of the housings."""
        return times(self._query) | {"day": min(housed_by(self._query), LAST_DAY)}

    @cached_property
    def _municipalities(self) -> list[str]:
        """Those that the row is the sum of."""
        every = self._inputs.rows(self._period, "municipality")
        return [code for code, (one, *_) in every.items() if self._code in (code, one.province, COUNTRY)]

    def on_side(self, column: str) -> list[str]:
        """The municipalities of the row that a column is over."""
        return [code for code, _ in self._on_side(column)]

    def _on_side(self, column: str) -> Iterator[tuple[str, int]]:
        every = self._inputs.rows(self._period, "municipality")
        for code in self._municipalities:
            left = every[code].balance.remaining
            if left is not None and _SIDES[column](left):
                yield code, left

    def _of(self, column: str, codes: Collection[str]) -> Iterator[Part]:
        for code in codes:
            for name in _OF_BOOKS.get(column, ()):
                yield from (self._part_of_books(part, code) for part in self._books.parts(name, code))
        if column == "remaining":
            yield from signed(self._journeys(codes, None), -1)
        elif column == "realised":
            yield from self._journeys(codes, None)
        elif (way := ACCOMMODATION_COLUMNS.get(column) or GROUND_COLUMNS.get(column)) is not None:
            yield from self._journeys(codes, way)

    def _journeys(self, codes: Collection[str], way: str | None) -> Iterator[Part]:
        """The housings and returns that count for some municipalities in the half-year, by day and journey."""
        found = self._housings(set(codes)) if self._between is None else self._moved_in(set(codes))
        for journey, turn, on, municipality, kind, ground, persons in found:
            if way in (None, kind, ground):
                details = {"kind": "housed" if turn % 2 else "returned", "on": on, "accommodation": kind}
                yield Part(persons, journey, None, Source("housings", (turn,)), municipality, details)

    def _housings(self, wanted: Collection[str]) -> list[tuple[Any, ...]]:
        """The rows of the half-year as of both times, of all municipalities posted that count for these."""
        housed = self._inputs.housed.get(self._period, {})
        posted = [each for each in housed if self._query.places.code_on(each, self._books.ledger.day) in wanted]
        return self._query.tables.rows(
            f"SELECT {_HOUSING} FROM {rows_at('housings')} WHERE period = $period "
            f"AND municipality IN (SELECT unnest($posted::SMALLINT[])) ORDER BY {_ORDER}",
            {
                **self._times,
                "period": period_number(self._period),
                "posted": [municipality_number(code) for code in posted],
            },
        )

    def _moved_in(self, wanted: Collection[str]) -> list[tuple[Any, ...]]:
        """The rows of the journeys that changed, of the half-year and of all that count for these municipalities."""
        key = "moved", self._rows, self._between, housed_by(self._query), self._period
        if key not in self._query.cache:
            every: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
            for nth, row in enumerate(self._moved.get(str(self._period), ())):
                code = self._query.places.code_on(row[_MUNICIPALITY], self._books.ledger.day)
                every.setdefault(code, []).append((nth, row))
            self._query.cache[key] = every
        by_code = self._query.cache[key]
        return [row for _, row in sorted(one for code in wanted for one in by_code.get(code, ()))]

    @property
    def _moved(self) -> Mapping[str, list[tuple[Any, ...]]]:
        """The rows by half-year of the journeys that changed, read once for all cells that are taken apart."""
        between, rows, memo = self._between, self._rows, self._query.cache
        key = "housings", rows, between, housed_by(self._query)
        if key not in memo and between is not None:
            found: dict[str, list[tuple[Any, ...]]] = {}
            for period, *row in self._query.tables.rows(
                f"SELECT period_name(period), {_HOUSING} FROM {rows('housings')} ORDER BY {_ORDER}",
                {**self._times, **between._asdict()},
            ):
                found.setdefault(period, []).append(tuple(row))
            memo[key] = found
        moved: Mapping[str, list[tuple[Any, ...]]] = memo[key]
        return moved

    def _part_of_books(self, part: PartOfBooks, code: str) -> Part:
        """A part of the books of a municipality."""
        period = str(self._period)
        details: dict[str, Any] = {"kind": part.kind}
        if part.code is None:
            return Part(part.amount, None, period, None, code, {**details, "column": part.figure})
        details |= {"of": part.of, "code": part.code, "name": self._name(part.code)}
        match part.kind:
            case "carried":
                left = Carried({"period": part.period}, Cell(part.code, {}, str(part.figure)))
                left = left._replace(sign=-1 if part.figure == "realised" else 1)
                details |= {"period": str(part.period), "column": part.figure}
                return Part(part.amount, None, str(part.period), None, code, details, carried=left)
            case "counted":
                details["on"] = part.on
                return Part(part.amount, None, "reference", Source("reference", (part.code, part.on)), code, details)
            case "transferred":
                line = part.line or 0
                details["on"] = self._books.posted.transfers[line].on
                return Part(part.amount, None, period, Source("quota", ("transfer", line)), code, details)
            case "computed":
                details |= self._computed(part.code)
        what = {"published": "municipal", "computed": "national", "recorded": "opening"}[part.kind]
        source = Source("quota", (what, None if what == "national" else part.code))
        return Part(part.amount, None, period, source, code, details)

    def _computed(self, code: str) -> dict[str, Any]:
        national, inhabitants, divided_by = self._inputs.division(self._period)
        return {
            "method": "adams",
            "inhabitants": inhabitants[code],
            "national": national,
            "divisor": divided_by,
        }

    def _goal(self, row: RealisationRow) -> Part:
        of, balance = self._books.posted.reduction or 0, row.balance
        amount = 0 if row.goal is None else row.goal.reduction
        details: dict[str, Any] = {"kind": "interim-goal", "of": of}
        if balance.code != COUNTRY:
            provinces = self._inputs.rows(self._period, "province").values()
            openings = sum(max(one.balance.opening, 0) for one in provinces)
            details |= {"kind": "shared", "openingBalance": max(balance.opening, 0), "openingBalances": openings}
        return Part(amount, None, str(self._period), Source("quota", ("interim-goal", None)), None, details)

    def _name(self, code: str) -> str | None:
        return self._query.places.name(code) if self._query.places.known(code) else None


def _weighed(parts: Iterator[Part], weights: tuple[int, int]) -> Iterator[Part]:
    return (part._replace(weights=weights) for part in parts)


def signed(parts: Iterable[Part], sign: int) -> Iterator[Part]:
    """Parts as they stand in another column; a cell that one is the value of keeps its own sign."""
    for part in parts:
        carried = part.carried and part.carried._replace(sign=sign * part.carried.sign)
        yield part._replace(amount=sign * part.amount, carried=carried)
