"""What a half-year's stream says: the national number, municipal ones, openings, transfers, the interim goal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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

#: `published` is the number as it was published first, `expected` what was forecast last before that; `resettlement` is
#: how many of the number, or of a forecast, are resettled persons; `decision` is one to take part in a transfer, of 0.
QuotaKind = Literal[
    "forecast",
    "national",
    "municipal",
    "opening",
    "interim-goal",
    "transfer",
    "decision",
    "published",
    "expected",
    "resettlement",
]

quota = state_table(
    "quota",
    Column("period", Text, nullable=False, info=PERIOD),
    Column("kind", Text, nullable=False, info=one_of("quota_kind", get_args(QuotaKind))),
    Column("municipality", Text, info=MUNICIPALITY),
    Column("persons", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # tells the parts of equal transfers apart
    Column("transfer", Integer),  # of a transfer and decision: the first, second, ... of its half-year
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
    numbers: dict[tuple[str, QuotaKind, str | None], dict[date, tuple[int, Recorded]]] = {}
    turn = transfer = 0
    for event in history.effective:
        fact: Any = event.fact
        if isinstance(fact, QuotaTransferred):
            transfer += 1
            said: list[tuple[QuotaKind, str, int]] = [
                *(("transfer", part.municipality, part.persons) for part in fact.transfers),
                *(("decision", decision.municipality, 0) for decision in fact.decisions),
            ]
            for one in said:
                turn += 1
                yield (event.effective_on, FOREVER, str(fact.period), *one, turn, transfer), event
            continue
        for kind, persons, said_by in _numbers(event, numbers):
            key = str(fact.period), kind, getattr(fact, "municipality", None)
            numbers.setdefault(key, {})[event.effective_on] = persons, said_by
    for (period, kind, municipality), by_day in numbers.items():
        ends = [*list(by_day)[1:], FOREVER]
        for (day, (persons, event)), until in zip(by_day.items(), ends, strict=True):
            yield (day, until, period, kind, municipality, persons, 0, None), event


def _numbers(
    event: Recorded, before: Mapping[Any, Mapping[date, tuple[int, Recorded]]]
) -> Iterator[tuple[QuotaKind, int, Recorded]]:
    """The numbers that an event says, each by its kind and with the event that it is of."""
    fact: Any = event.fact
    kind = _KINDS.get(type(fact))
    if kind is None:
        return
    yield kind, fact.reduction if isinstance(fact, InterimGoalSet) else fact.persons, event
    if (resettlement := getattr(fact, "resettlement", None)) is not None:
        yield "resettlement", resettlement, event
    period = str(fact.period)
    if isinstance(fact, QuotaPublished) and (period, "published", None) not in before:
        yield "published", fact.persons, event
        if forecasts := before.get((period, "forecast", None)):
            persons, forecast = list(forecasts.values())[-1]
            yield "expected", persons, forecast


PROJECTION = Projection(quota, frozenset(fact.TOPIC for fact in (*_KINDS, QuotaTransferred, EventWithdrawn)), rows)
