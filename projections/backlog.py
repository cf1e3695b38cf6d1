"""How did the task stand on each of many days? Books are opened where something turns, and run on in between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from domain.openings import Openings
from domain.period import Period
from domain.places import Places
from domain.quota import Ledger, PeriodFigures, ledger_of
from projections import dialect, quota, realisation
from projections.stored import qualified
from projections.tables import housings as table
from projections.view import LAST_DAY, Asked

#: How far the points lie apart.
Step = Literal["month", "day"]

_NOTHING_SAID = PeriodFigures()
_Persons = dict[str, int]


class Point(NamedTuple):
    """Task, realised and remaining (persons) at the end of a day, in the period of that day."""

    on: date
    task: int | None
    realised: int
    remaining: int | None


def backlog(
    connection: Connection, position: int, days: Sequence[date], municipality: str | None, places: Places
) -> list[Point]:
    """How the task of a municipality, or of the country, stood on each of some days (ascending)."""
    if not days:
        return []
    # Nobody outside its line of succession moves a figure of a municipality.
    codes = None if municipality is None else sorted(places.kin([municipality]))
    turns = _Turns(quota.numbers(connection, position))
    running = _Running(connection, position, days, codes)
    openings = Openings()
    points = []
    frame: _Frame | None = None
    said: Mapping[Period, PeriodFigures] = {}
    for on in days:
        running.forward(on)
        period, here = Period.of(on), places.stretch(on)
        if turns.passed(on) or frame is None or (period, here) != (frame.period, frame.stretch):
            said = turns.said(on)
            opening = openings.carried(period, on, said, running.before(period), places)
            ledger = ledger_of(period, on, said.get(period, _NOTHING_SAID), {}, opening, places)
            frame = _Frame(period, here, municipality, places, ledger)
            frame.start(running.persons(period))
        else:
            frame.add(running.lately)
        points.append(frame.point(on))
    return points


class _Turns:
    """What the streams say changes on some days only, and there are few of them."""

    def __init__(self, numbers: Sequence[quota.Number]) -> None:
        self._numbers = numbers
        self._days = sorted({day for number in numbers for day in (number.valid_from, number.valid_until)})
        self._stretch = -1
        self._said: dict[Period, PeriodFigures] = {}

    def passed(self, on: date) -> bool:
        """Whether something else is said than on the day before that was asked."""
        before, self._stretch = self._stretch, bisect_right(self._days, on)
        return before != self._stretch

    def said(self, on: date) -> Mapping[Period, PeriodFigures]:
        """What is said on a day; of a period of which the same is said, the very same."""
        now = quota.figures(self._numbers, on)
        self._said = {
            period: before if (before := self._said.get(period)) == one and before is not None else one
            for period, one in now.items()
        }
        return self._said


class _Running:
    """Persons housed by municipality as posted, from the first period asked of on, up to a day that goes forward."""

    def __init__(
        self, connection: Connection, position: int, days: Sequence[date], codes: Collection[str] | None
    ) -> None:
        first = Period.of(days[0]).first
        self._closed: dict[Period, Mapping[str, Mapping[str, int]]] = {}
        if first > date.min:
            self._closed |= realisation.realised(connection, Asked(first - timedelta(days=1), position))
        self._open: dict[Period, _Persons] = {}
        self._ahead = _postings(connection, position, first, days[-1], codes)
        #: What the last step brought.
        self.lately: list[tuple[str, int]] = []

    def forward(self, on: date) -> None:
        """Count what was posted up to and on a day."""
        self.lately = []
        while self._ahead and self._ahead[-1][0] <= on:
            day, code, persons = self._ahead.pop()
            of = self._open.setdefault(Period.of(day), {})
            of[code] = of.get(code, 0) + persons
            self.lately.append((code, persons))

    def persons(self, period: Period) -> _Persons:
        """Those of the period that is under way."""
        return self._open.get(period, {})

    def before(self, period: Period) -> Mapping[Period, Mapping[str, Mapping[str, int]]]:
        """Those of the periods before, which do not change any more."""
        for over in [each for each in self._open if each < period]:
            # Of which kind they were is carried nowhere.
            self._closed[over] = {code: {"": persons} for code, persons in self._open.pop(over).items()}
        return self._closed


class _Frame:
    """The books of a period over days between which only persons are housed."""

    def __init__(self, period: Period, stretch: int, municipality: str | None, places: Places, ledger: Ledger) -> None:
        self.period, self.stretch = period, stretch
        self._places, self._day = places, ledger.day
        there = places.existing_on(ledger.day)
        own = None if municipality is None else places.existing(municipality, ledger.day)
        # None: merged into each other on one day, neither is there.
        self._rows = frozenset(code for code in there if own in (None, code))
        self._none = own is not None and not self._rows
        self._task = _task(ledger, self._rows)
        self._realised = 0

    def start(self, persons: _Persons) -> None:
        self._realised = 0
        self.add(persons.items())

    def add(self, postings: Iterator[tuple[str, int]] | Collection[tuple[str, int]]) -> None:
        for code, persons in postings:
            if self._places.existing(code, self._day) in self._rows:
                self._realised += persons

    def point(self, on: date) -> Point:
        if self._none:
            return Point(on, None, 0, None)
        return Point(on, self._task, self._realised, None if self._task is None else self._task - self._realised)


def _task(ledger: Ledger, rows: Collection[str]) -> int | None:
    """The task of some municipalities together; None where one has no number."""
    if not ledger.without_number.isdisjoint(rows):
        return None
    parts = (ledger.quota, ledger.transferred, ledger.opening)
    return sum(part.get(code, 0) for part in parts for code in rows)


def _postings(
    connection: Connection, position: int, first: date, last: date, codes: Collection[str] | None
) -> list[tuple[Any, ...]]:
    """Persons housed from a day to another, of some municipalities as posted or of all; newest first."""
    names = table.c.valid_from, table.c.municipality, table.c.persons
    among = "" if codes is None else f" AND municipality IN ({', '.join('?' * len(codes))})"
    # With an addition: nearly all rows were known by then, and the index on that is of no use.
    statement = (
        f"SELECT {', '.join(name.name for name in names)} FROM {qualified(connection, table)} "
        f"WHERE known_from + 0 <= ? AND known_until + 0 > ? AND valid_from BETWEEN ? AND ?{among}"
    )
    bounds = dialect.plain(connection, (position, position, first, min(last, LAST_DAY), *(codes or ())))
    # As the driver gives them: a row a person of ten years.
    rows = map(dialect.natural(connection, names), dialect.fetch(connection, statement, bounds))
    return sorted(rows, key=itemgetter(0), reverse=True)
