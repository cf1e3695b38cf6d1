"""How did the task stand on each of many days? Books are opened where something turns, and run on in between."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, get_args

from domain.months import months_between
from domain.period import Period
from domain.quota import Ledger, PeriodFigures, carried_balances, compute_ledger
from domain.totals import COUNTRY, region_name
from projections.column_schema import municipality_code
from projections.engine import LAST_DAY, Asked
from projections.errors import Refused
from projections.figure import WINDOW, Cell, Dimension, Figure, Parameter, Query, Row, Table, Value, Words
from projections.figures.realisation import REALISATION
from projections.grouping import times
from projections.quota import figures_on, read_numbers
from projections.realisation import read_housed

MOST_POINTS = 3_700  # ten years of days, with some to spare
#: Of a table by municipality: a year of days.
MOST_ROWS = 150_000

#: A point for every day, or for the last day of every month.
Step = Literal["month", "day"]
STEP = Parameter(
    "step",
    "choice",
    Words("A point for every day, or month's last day and the last one", "Elke dag, of elke laatste dag van de maand"),
    default="month",
    choices=get_args(Step),
)

_NOTHING_SAID = PeriodFigures()


class Backlog(Table):
    """The realisation's task, realised and remaining at the end of each day, in the half-year of that day."""

    def rows(self, _: Figure, query: Query) -> list[Row]:
        """A row for each day up to the day asked, of every municipality there, every province, or the country.

        With `municipality` of the one that counts for it each day, whatever is grouped by.
        """
        days = points(query.given["from"], min(query.given["to"], query.asked.valid_on), query.given["step"])
        if query.group_by == "municipality" and len(days) * len(query.places.ever_there) > MOST_ROWS:
            raise Refused("from", "too-many-points", "asks for more days than a table by municipality tells")
        found = [row for on, frame in _frames(query, days) for row in frame.rows(on)]
        return sorted(found, key=lambda row: (row.code, row.dimensions))

    def narrow(self, query: Query, cell: Cell) -> Query:
        """The table of the day alone."""
        return query.with_parameters(**{"from": cell.dimensions["on"], "to": cell.dimensions["on"]})

    def resolve(self, _: Figure, query: Query, cell: Cell) -> tuple[Figure, Query, Cell]:
        """The cell of the realisation on the day of the row."""
        on: date = cell.dimensions["on"]
        return REALISATION, query.on_day(on).with_parameters(period=Period.of(on)), cell._replace(dimensions={})


def points(first: date, last: date, step: str) -> Sequence[date]:
    """The days of the points: every day, or every month's last day and the last one."""
    if last < first:
        return []
    if (months_between(first, last) if step == "month" else (last - first).days + 1) > MOST_POINTS:
        raise Refused("from", "too-many-points", f"asks for more than {MOST_POINTS} points")
    if step == "day":
        return [first + timedelta(days=days) for days in range((last - first).days + 1)]
    return [*_month_ends(first, last), last]


def _month_ends(first: date, last: date) -> Iterator[date]:
    """The last days of months from the first day on, before the last."""
    year, month = first.year, first.month
    while (end := date(year, month, monthrange(year, month)[1])) < last:
        yield end
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _frames(query: Query, days: Sequence[date]) -> Iterator[tuple[date, _Frame]]:
    """Every day with its books, which have come as far as that day."""
    if not days:
        return
    places, numbers = query.places, read_numbers(query.tables, query.asked.position)
    turns = sorted({day for number in numbers for day in (number.valid_from, number.valid_until)})
    housed = _Housed(query, days)
    here: tuple[Period, int, int] | None = None
    opened: tuple[Period, Mapping[Period, PeriodFigures]] | None = None
    opening: Mapping[str, int] = {}
    frame = None
    for on in days:
        period = Period.of(on)
        now = period, places.interval(on), bisect_right(turns, on)
        if frame is None or now != here:
            here, said, before = now, figures_on(numbers, on), housed.before(period)
            # What earlier half-years left is the same for all days, unless something was posted about them since.
            earlier = {each: figures for each, figures in said.items() if each < period}
            if opened != (period, earlier):
                opened, opening = (period, earlier), carried_balances(period, on, said, before, places)
            ledger = compute_ledger(period, on, said.get(period, _NOTHING_SAID), {}, opening, places)
            frame = _Frame(query, ledger)
            housed.forward(on, None)
            frame.add(housed.of(period))
        else:
            frame.add(housed.forward(on, period))
        yield on, frame


class _Housed:
    """Persons housed by municipality as posted, from the first period asked of on, up to a day that goes forward."""

    def __init__(self, query: Query, days: Sequence[date]) -> None:
        first = Period.of(days[0]).first
        self._over: dict[Period, Mapping[str, Mapping[str, int]]] = {}
        if first > date.min:
            self._over |= read_housed(
                query.tables, Asked(first - timedelta(days=1), query.asked.position), Period.of(first)
            )
        last = min(days[-1], LAST_DAY)
        found = query.tables.columns(
            "SELECT on_day, municipality, sum(persons)::BIGINT AS persons "
            "FROM housings_at($day, $position) "
            "WHERE on_day BETWEEN $first AND $day GROUP BY ALL ORDER BY on_day",
            {**times(query), "day": last, "first": first},
        )
        codes = {number: municipality_code(number) for number in set(found["municipality"])}
        self._codes = [codes[number] for number in found["municipality"]]
        self._days, self._persons = found["on_day"], found["persons"]
        self._next = 0
        self._counted: dict[Period, dict[str, int]] = {}

    def forward(self, on: date, period: Period | None) -> Mapping[str, int]:
        """Count what was posted up to and on a day; returns what came in a period that is under way."""
        until = bisect_right(self._days, on, self._next)
        lately: dict[str, int] = {}
        for at in range(self._next, until):
            day, code, persons = self._days[at], self._codes[at], self._persons[at]
            of = self._counted.setdefault(period or Period.of(day), {})
            of[code] = of.get(code, 0) + persons
            lately[code] = lately.get(code, 0) + persons
        self._next = until
        return lately

    def of(self, period: Period) -> Mapping[str, int]:
        """Those counted of a period."""
        return self._counted.get(period, {})

    def before(self, period: Period) -> Mapping[Period, Mapping[str, Mapping[str, int]]]:
        """Those of the periods before, all counted."""
        self.forward(period.first - timedelta(days=1) if period.first > date.min else period.first, None)
        # Of which kind they were is carried nowhere.
        over = {
            each: {code: {"": persons} for code, persons in of.items()}
            for each, of in self._counted.items()
            if each < period
        }
        return {**self._over, **over}


class _Frame:
    """The books of a half-year over days between which only persons are housed, by the rows of the table."""

    def __init__(self, query: Query, ledger: Ledger) -> None:
        self._places, self._day = query.places, ledger.day
        self._group = _groups(query, ledger.day)
        self._tasks: dict[str, int | None] = {}
        self._realised: dict[str, int] = {}
        self._posted: dict[str, str | None] = {}
        for code, group in self._group.items():
            task = _task(ledger, code)
            sofar = self._tasks.get(group, 0)
            self._tasks[group] = None if task is None or sofar is None else sofar + task
            self._realised[group] = 0
        if (one := query.given.get("municipality")) is not None and not self._tasks:
            # Merged into each other on one day, neither is there.
            self._tasks, self._realised = {one: None}, {one: 0}

    def add(self, persons: Mapping[str, int]) -> None:
        """Persons housed besides, by municipality as posted."""
        for code, count in persons.items():
            if code not in self._posted:
                self._posted[code] = self._group.get(self._places.code_on(code, self._day))
            group = self._posted[code]
            if group is not None:
                self._realised[group] += count

    def rows(self, on: date) -> Iterator[Row]:
        """The rows of a day."""
        for code, task in self._tasks.items():
            realised = self._realised[code]
            values: tuple[Value, ...] = (task, realised, None if task is None else task - realised)
            yield Row(code, region_name(code, self._places), (on,), values)


def _groups(query: Query, day: date) -> dict[str, str]:
    """The row that each municipality counts in which is there on a day."""
    places, there = query.places, query.places.codes_on(day)
    if (one := query.given.get("municipality")) is not None:
        own = places.code_on(one, day)
        return {own: own} if own in there else {}
    match query.group_by:
        case "country":
            return dict.fromkeys(there, COUNTRY)
        case "province":
            return {code: places.province(code) for code in there}
        case _:
            return {code: code for code in there}


def _task(ledger: Ledger, code: str) -> int | None:
    """The task of a municipality; None where it has no number."""
    if code in ledger.without_number:
        return None
    return sum(part.get(code, 0) for part in (ledger.quota, ledger.transferred, ledger.opening))


BACKLOG = Figure(
    name="backlog",
    questions=(2, 4),
    title=Words("Backlog through time", "Achterstand door de tijd"),
    definition=Words(
        "Task, realised and remaining at the end of every month or day, in the half-year of that day.",
        "Opgave, realisatie en resterend aan het eind van elke maand of dag, in het halfjaar van die dag.",
    ),
    counts=REALISATION.counts,
    parameters=(*WINDOW, STEP),
    dimensions=(Dimension("on", Words("Day", "Dag"), "date"),),
    columns=tuple(REALISATION.column(name) for name in ("task", "realised", "remaining")),
    table=Backlog(),
    reads=REALISATION.reads,
    all_rows=True,
)
