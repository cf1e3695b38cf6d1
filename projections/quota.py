"""What does a half-year's stream say? The numbers in force for every day, ready for `domain.quota`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from domain.facts import (
    EventWithdrawn,
    InterimGoalSet,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    PeriodFact,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    Recorded,
)
from domain.period import Period
from domain.quota import PeriodFigures, Transfer
from projections.column_store import Snapshot
from projections.engine import Asked, Projection, Told
from projections.row_store import Row
from projections.tables import FOREVER, QuotaKind
from projections.tables import quota as table

#: Facts of which the newest replaces the one before (for the same municipality, where there is one).
_KINDS: dict[type[PeriodFact], QuotaKind] = {
    QuotaForecast: "forecast",
    QuotaPublished: "national",
    QuotaRevised: "national",
    MunicipalQuotaPublished: "municipal",
    OpeningBalanceRecorded: "opening",
    InterimGoalSet: "interim-goal",
}


def rows(told: Told) -> Iterable[Row]:
    """The numbers of one period, each for the days until the next of its kind; transfers add up for ever."""
    return (row for row, _ in sources(told))


def sources(told: Told) -> Iterator[tuple[Row, Recorded]]:
    """The rows, each with the event that says so."""
    numbers: dict[tuple[str, str, str | None], dict[date, tuple[int, Recorded]]] = {}
    turn = 0
    for event in told.speaking:
        fact: Any = event.fact
        if isinstance(fact, QuotaTransferred):
            period = str(fact.period)
            for part in fact.transfers:
                turn += 1
                yield (event.effective_on, FOREVER, period, "transfer", part.municipality, part.persons, turn), event
        elif (kind := _KINDS.get(type(fact))) is not None:
            key = (str(fact.period), kind, getattr(fact, "municipality", None))
            persons = fact.reduction if isinstance(fact, InterimGoalSet) else fact.persons
            numbers.setdefault(key, {})[event.effective_on] = persons, event
    for (period, name, municipality), by_day in numbers.items():
        ends = [*list(by_day)[1:], FOREVER]
        for (day, (persons, event)), until in zip(by_day.items(), ends, strict=True):
            yield (day, until, period, name, municipality, persons, 0), event


PROJECTION = Projection(table, frozenset(fact.TOPIC for fact in (*_KINDS, QuotaTransferred, EventWithdrawn)), rows)


class Number(NamedTuple):
    """One number of a period's stream, for the days it is in force."""

    valid_from: date
    valid_until: date
    period: Period
    kind: str
    municipality: str | None
    persons: int


def numbers(tables: Snapshot, position: int) -> Sequence[Number]:
    """Every number as known at a position of the log, for whatever days."""

    def read() -> Sequence[Number]:
        return _parsed(
            tables.rows(
                "SELECT valid_from, valid_until, period, kind, municipality, persons, turn FROM quota "
                "WHERE known_from <= $position AND known_until > $position",
                {"position": position},
            )
        )

    return tables.once(table, None, position, "numbers", read)


def said(tables: Snapshot, asked: Asked) -> Mapping[Period, PeriodFigures]:
    """What every period's stream says, for both times asked."""
    day, position = asked
    return tables.once(table, day, position, "said", lambda: figures(numbers(tables, position), day))


def _parsed(rows: Iterable[Row]) -> Sequence[Number]:
    parsed: dict[str, Period] = {}
    found = []
    for valid_from, valid_until, period, kind, municipality, persons, _ in sorted(rows, key=_order):
        if period not in parsed:
            parsed[period] = Period.parse(period)
        found.append(Number(valid_from, valid_until, parsed[period], kind, municipality, persons))
    return found


def _order(row: Row) -> tuple[Any, ...]:
    valid_from, _, period, kind, municipality, _, turn = row
    return period, kind, municipality or "", valid_from, turn


def figures(every: Sequence[Number], on: date) -> dict[Period, PeriodFigures]:
    """What every period's stream says on a day."""
    found: dict[Period, list[Number]] = {}
    for number in every:
        if number.valid_from <= on < number.valid_until:
            found.setdefault(number.period, []).append(number)
    return {period: _figures(some) for period, some in found.items()}


def forecasts(every: Sequence[Number], on: date) -> dict[Period, int]:
    """The national number expected for a period, in persons; never used as the quota."""
    return {
        number.period: number.persons
        for number in every
        if number.kind == "forecast" and number.valid_from <= on < number.valid_until
    }


def _figures(numbers: Sequence[Number]) -> PeriodFigures:
    one = {number.kind: number.persons for number in numbers}
    per: dict[str, dict[str, int]] = {"municipal": {}, "opening": {}}
    transfers = []
    for number in numbers:
        if number.municipality is None:
            continue
        if number.kind == "transfer":
            transfers.append(Transfer(number.municipality, number.persons, number.valid_from))
        else:
            per[number.kind][number.municipality] = number.persons
    return PeriodFigures(
        national=one.get("national"),
        municipal=per["municipal"],
        openings=per["opening"],
        transfers=tuple(transfers),
        reduction=one.get("interim-goal"),
    )
