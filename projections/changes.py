"""What moved a figure between two positions of the log? Journeys first, then what was said of quotas and places.

The way from the figure then to the figure now is walked in single steps, so their amounts sum to the difference: each
journey's, with the numbers and places as known then; after them each event about a half-year or about municipalities,
with the journeys as known now. A figure that is null counts as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select

from domain.facts import Recorded
from domain.passage import Passage, Reached
from domain.period import Period
from domain.places import Places
from domain.quota import Balance, PeriodFigures, carried
from projections import quota, realisation, reference
from projections.explanations import OF_BALANCES
from projections.quota import Number
from projections.realisation import GroupBy, Realised
from projections.tables import housings as table
from projections.tables import quota as numbers
from projections.view import Asked, Told

Figure = Literal["realised", "quota", "transferred", "openingBalance", "task", "remaining"]
#: Persons by the period they count in and the municipality as posted.
Counts = Counter[tuple[Period, str]]
#: Persons by the code of a row.
Amounts = dict[str, int]

#: Figures that persons housed change, with their sign: of the period itself, and of the ones before it.
_OWN: dict[Figure, int] = {"realised": 1, "remaining": -1}
_BEFORE: dict[Figure, int] = {"openingBalance": -1, "task": -1, "remaining": -1}


class Row(NamedTuple):
    """A row of the table: its name and the figure."""

    name: str
    value: int | None


@dataclass(frozen=True)
class State:
    """A figure in all rows of a table, and all that it is computed from."""

    figure: Figure
    period: Period
    group_by: GroupBy
    on: date
    figures: Mapping[Period, PeriodFigures]
    housed: Realised
    places: Places
    passed_on: Mapping[str, int] | None = None
    """What the half-years before left, where that is known already."""

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows by code, in code order."""
        every = realisation.standings(
            self.period, self.on, self.figures, self.housed, self.group_by, self.places, opening=self.carried
        )
        return {one.balance.code: Row(one.balance.name, _value(one.balance, self.figure)) for one in every}

    @cached_property
    def carried(self) -> Mapping[str, int]:
        """What the half-years before left."""
        if self.passed_on is not None:
            return self.passed_on
        return carried(self.period, self.on, self.figures, self.housed, self.places)

    def group(self, code: str) -> str | None:
        """The row in which a municipality counts that has a number there; None when none does."""
        if code not in self._there:
            return None
        group = {"country": "NL", "province": self.places.province(code)}.get(self.group_by, code)
        row = self.rows.get(group)
        return group if row is not None and row.value is not None else None

    @cached_property
    def _there(self) -> frozenset[str]:
        day = min(max(self.on, self.period.first), self.period.last)
        return frozenset(self.places.existing_on(day))

    def with_persons(self, counts: Counts) -> State:
        """The same with more, or fewer, persons housed."""
        housed: dict[Period, dict[str, dict[str, int]]] = {
            period: {code: dict(kinds) for code, kinds in of.items()} for period, of in self.housed.items()
        }
        for (period, code), persons in counts.items():
            kinds = housed.setdefault(period, {}).setdefault(code, {})
            kinds["regular"] = kinds.get("regular", 0) + persons
        return replace(self, housed=housed, passed_on=None)


def _value(balance: Balance, figure: Figure) -> int | None:
    value = OF_BALANCES[figure](balance)
    return None if value is None else int(value)


def difference(before: State, after: State) -> Amounts:
    """How much every row changed, null and rows that are not there as 0; in code order, rows that did not left out."""
    found = {}
    for code in sorted({*before.rows, *after.rows}):
        was, became = before.rows.get(code, _NOTHING).value or 0, after.rows.get(code, _NOTHING).value or 0
        if was != became:
            found[code] = became - was
    return found


_NOTHING = Row("", None)


def state(
    connection: Connection, asked: Asked, figure: Figure, period: Period, group_by: GroupBy, places: Places
) -> State:
    """A figure as it was for both times."""
    figures = quota.figures(quota.numbers(connection, asked.position), asked.valid_on)
    housed = realisation.realised(connection, asked)
    return State(figure, period, group_by, asked.valid_on, figures, housed, places)


class Moved(NamedTuple):
    """What one commit changed in the counts of one journey; `cut` is the last position it gave the journey."""

    cut: int
    journey: UUID
    counts: Counts


def moved(connection: Connection, after: int, until: int, given: State) -> list[Moved]:
    """The journeys whose counts changed behind a position and up to another, in order of commit, where it matters."""
    if given.figure not in _OWN and given.figure not in _BEFORE:
        return []
    columns = table.c.stream, table.c.known_from, table.c.known_until, table.c.period, table.c.municipality
    began, ended = table.c.known_from.between(after + 1, until), table.c.known_until.between(after + 1, until)
    statement = select(*columns, table.c.persons).where(table.c.valid_from <= given.on, or_(began, ended))
    found: dict[tuple[int, UUID], Counts] = {}
    for journey, known_from, known_until, written, municipality, persons in connection.execute(statement):
        period = Period.parse(written)
        if not _sign(given, period):
            continue
        for cut, sign in ((known_from, 1), (known_until, -1)):
            if after < cut <= until:
                found.setdefault((cut, journey), Counter())[period, municipality] += sign * persons
    return [Moved(cut, journey, counts) for (cut, journey), counts in sorted(found.items()) if any(counts.values())]


def counts(history: Sequence[Recorded], given: State) -> Counts:
    """What a journey counts for, as far as it matters, by all that is known of it."""
    found: Counts = Counter()
    for valid_from, _, written, municipality, _, persons, _ in realisation.rows(Told(history, given.places)):
        period = Period.parse(written)
        if valid_from <= given.on and _sign(given, period):
            found[period, municipality] += persons
    return found


def _sign(given: State, period: Period) -> int:
    if period == given.period:
        return _OWN.get(given.figure, 0)
    return _BEFORE.get(given.figure, 0) if period < given.period else 0


class Journeys:
    """How much a change of the counts of a journey moves the rows, with numbers and places as they were."""

    def __init__(self, then: State, every: Iterable[Moved]) -> None:
        self.then = then
        periods = {*then.housed, *(period for one in every for period, _ in one.counts)}
        self._passage = Passage(then.period, then.on, then.figures, then.places, periods)

    def whole(self, some: Counts) -> bool:
        """Whether every person counted reaches one municipality; else the order of the changes decides."""
        return all(self._reached(period, municipality).whole for (period, municipality) in some)

    def amounts(self, some: Counts) -> Amounts:
        """What a change of counts moves; they are whole, but for those that came and went within one commit."""
        found: Counter[str] = Counter()
        for (period, municipality), persons in some.items():
            code = self._reached(period, municipality).code
            group = None if code is None else self.then.group(code)
            if group is not None:
                found[group] += _sign(self.then, period) * persons
        return {code: amount for code, amount in sorted(found.items()) if amount}

    def _reached(self, period: Period, municipality: str) -> Reached:
        return self._passage.reached(period, municipality)


def one_by_one(then: State, changes: Iterable[tuple[int, Counts]]) -> dict[int, Amounts]:
    """What changes of counts move that a split municipality divided, in order of position."""
    found, before = {}, then
    for position, some in changes:
        after = before.with_persons(some)
        found[position] = difference(before, after)
        before = after
    return found


def periods(connection: Connection, given: State) -> list[Period]:
    """The half-years of which something was ever said, up to the one of the figure; none where none matters."""
    if given.figure == "realised":
        return []
    found = {Period.parse(one) for one in connection.execute(select(numbers.c.period).distinct()).scalars()}
    if given.figure in ("quota", "transferred"):
        return sorted(found & {given.period})
    return sorted(each for each in found if each <= given.period)


def said(
    start: State, histories: Mapping[Period | None, Sequence[Recorded]], after: int, until: int
) -> Iterator[tuple[Recorded, Amounts]]:
    """What each event about a half-year (or about places: None) moved behind a position and up to another."""
    events = [
        (event.position, period, event)
        for period, history in histories.items()
        for event in history
        if after < event.position <= until
    ]
    before = start
    for position, period, event in sorted(events, key=lambda one: one[0]):
        known = [each for each in histories[period] if each.position <= position]
        later = _with_said(before, period, Told(known, Places.shipped()))
        if later is not before:
            yield event, difference(before, later)
        before = later


def _with_said(given: State, period: Period | None, told: Told) -> State:
    """With what a stream says now; the very same where that is the same as before."""
    if period is None:
        rows = [row for row in reference.rows(told) if row[0] <= given.on < row[1]]
        places = reference.assembled(rows)
        return given if places is given.places else replace(given, places=places, passed_on=None)
    every = [Number(row[0], row[1], period, *row[3:6]) for row in quota.rows(told)]
    figures = quota.figures(every, given.on).get(period)
    if figures == given.figures.get(period):
        return given
    others: dict[Period, Any] = {each: one for each, one in given.figures.items() if each != period}
    later = others if figures is None else {**others, period: figures}
    # What is said of the half-year itself leaves those before it as they were.
    return replace(given, figures=later, passed_on=given.carried if period == given.period else None)
