"""What moved a figure between two positions of the log? Journeys first, then what was said of quotas and places.

The way from the figure then to the figure now is walked in single steps, so their amounts sum to the difference: each
journey's, with the numbers and places as known then; after them each event about a half-year or about municipalities,
with the journeys as known now. A figure that is null counts as 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select

from domain.facts import Recorded
from domain.facts.quota import BalanceFigure
from domain.lines import differing, divided, figures_among, housed_among
from domain.passage import Passage, Reached
from domain.period import Period
from domain.places import PROVINCES, Places
from domain.quota import Balance, PeriodFigures, Realised, balances
from domain.totals import COUNTRY, GroupBy, name_of
from projections import quota, realisation
from projections.explanations import OF_BALANCES
from projections.tables import housings as table
from projections.view import Asked, Told

#: Persons by the period they count in and the municipality as posted.
Counts = Counter[tuple[Period, str]]
#: Persons by the code of a row.
Amounts = dict[str, int]

#: Figures that persons housed change, with their sign: of the period itself, and of the ones before it.
_OWN: dict[BalanceFigure, int] = {"realised": 1, "remaining": -1}
_BEFORE: dict[BalanceFigure, int] = {"openingBalance": -1, "task": -1, "remaining": -1}


class Row(NamedTuple):
    """A row of the table: its name and the figure."""

    name: str
    value: int | None


@dataclass(frozen=True)
class State:
    """A figure in all rows of a table, and all that it is computed from."""

    figure: BalanceFigure
    period: Period
    group_by: GroupBy
    on: date
    figures: Mapping[Period, PeriodFigures]
    """What was said of the half-years that matter, the national numbers divided over the municipalities."""
    housed: Realised
    places: Places
    worked_out: Mapping[str, int | None] | None = None
    """The figure of every municipality, where that is known already."""

    @cached_property
    def values(self) -> Mapping[str, int | None]:
        """The figure of every municipality that is there, by code."""
        if self.worked_out is not None:
            return self.worked_out
        # What was carried over costs the books of all half-years before: only where it is part of the figure.
        carried: dict[str, int] | None = None if self.figure in _BEFORE else {}
        every = balances(self.period, self.on, self.figures, self.housed, self.places, opening=carried)
        return {one.code: _value(one, self.figure) for one in every}

    @cached_property
    def sums(self) -> Mapping[str, int | None]:
        """The figure of every row by code; None where a municipality in it has none."""
        if self.group_by == "municipality":
            return self.values
        there = [COUNTRY] if self.group_by == "country" else PROVINCES
        parts: dict[str, list[int | None]] = {code: [] for code in there}
        for code, value in self.values.items():
            parts.setdefault(self._row_of(code), []).append(value)
        return {code: _sum(part) for code, part in parts.items()}

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows by code, in code order."""
        return {code: Row(name_of(code, self.places), value) for code, value in sorted(self.sums.items())}

    def group(self, code: str) -> str | None:
        """The row in which a municipality counts that has a number there; None when none does."""
        if code not in self.values:
            return None
        group = self._row_of(code)
        return None if self.sums[group] is None else group

    def _row_of(self, code: str) -> str:
        if self.group_by == "country":
            return COUNTRY
        return self.places.province(code) if self.group_by == "province" else code

    def with_persons(self, counts: Counts) -> State:
        """The same with more, or fewer, persons housed."""
        housed = {period: dict(of) for period, of in self.housed.items()}
        for (period, code), persons in counts.items():
            of = housed.setdefault(period, {})
            kinds = of.get(code, {})
            of[code] = {**kinds, "regular": kinds.get("regular", 0) + persons}
        return self.changed({code for _, code in counts}, housed=housed)

    def with_figures(self, figures: Mapping[Period, PeriodFigures]) -> State:
        """The same with other things said of the half-years; the very same where nobody's differ."""
        none = PeriodFigures()
        codes: set[str] = set()
        for period in {*figures, *self.figures}:
            before, after = self.figures.get(period, none), figures.get(period, none)
            codes |= set() if before is after else differing(before, after)
        return self.changed(codes, figures=figures) if codes else self

    def changed(self, codes: Iterable[str], **by: Any) -> State:
        """The same with something else of some municipalities: only their lines of succession are worked out again."""
        later = replace(self, **by, worked_out=None)
        lines = self.places.kin(codes)
        among = replace(
            later,
            figures={period: figures_among(lines, said) for period, said in later.figures.items()},
            housed=housed_among(lines, later.housed),
            places=self.places.among(lines),
        )
        return replace(later, worked_out={**self.values, **among.values})


def _value(balance: Balance, figure: BalanceFigure) -> int | None:
    value = OF_BALANCES[figure](balance)
    return None if value is None else int(value)


def _sum(part: Sequence[int | None]) -> int | None:
    known = [value for value in part if value is not None]
    return sum(known) if len(known) == len(part) else None


def difference(before: State, after: State) -> Amounts:
    """How much every row changed, null and rows that are not there as 0; in code order, rows that did not left out."""
    was, became = before.sums, after.sums
    found = {code: (became.get(code) or 0) - (was.get(code) or 0) for code in {**was, **became}}
    return {code: amount for code, amount in sorted(found.items()) if amount}


def state(
    connection: Connection, asked: Asked, figure: BalanceFigure, period: Period, group_by: GroupBy, places: Places
) -> State:
    """A figure as it was for both times."""
    said = quota.said(connection, asked)
    figures = {each: divided(each, said[each], places) for each in said if matters(each, figure, period)}
    housed = realisation.realised(connection, asked)
    return State(figure, period, group_by, asked.valid_on, figures, housed, places)


def matters(said_of: Period, figure: BalanceFigure, period: Period) -> bool:
    """Whether what is said of a half-year can be part of the figure of another, or of its own."""
    if figure in _BEFORE:
        return said_of <= period
    return figure != "realised" and said_of == period


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
