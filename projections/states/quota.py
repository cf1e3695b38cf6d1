"""What a half-year's stream says: the national number, municipal ones, openings, transfers, the interim goal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal, get_args

from sqlalchemy import Column, Integer, Text

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
from projections.engine import Projection
from projections.row_store import Row
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, MUNICIPALITY, PERIOD, one_of, state_table

QuotaKind = Literal["forecast", "national", "municipal", "opening", "interim-goal", "transfer"]

quota = state_table(
    "quota",
    Column("period", Text, nullable=False, info=PERIOD),
    Column("kind", Text, nullable=False, info=one_of("quota_kind", get_args(QuotaKind))),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("persons", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # tells the parts of equal transfers apart
)

#: Facts of which the newest replaces the one before (for the same municipality, where there is one).
_KINDS: dict[type[PeriodFact], QuotaKind] = {
    QuotaForecast: "forecast",
    QuotaPublished: "national",
    QuotaRevised: "national",
    MunicipalQuotaPublished: "municipal",
    OpeningBalanceRecorded: "opening",
    InterimGoalSet: "interim-goal",
}


def rows(history: StreamHistory) -> Iterable[Row]:
    """The numbers of one period, each for the days until the next of its kind; transfers add up for ever."""
    return (row for row, _ in rows_and_events(history))


def rows_and_events(history: StreamHistory) -> Iterator[tuple[Row, Recorded]]:
    """The rows, each with the event that says so."""
    numbers: dict[tuple[str, str, str | None], dict[date, tuple[int, Recorded]]] = {}
    turn = 0
    for event in history.effective:
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


PROJECTION = Projection(quota, frozenset(fact.TOPIC for fact in (*_KINDS, QuotaTransferred, EventWithdrawn)), rows)
