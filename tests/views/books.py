"""What the chain says of quotas and housings, told in a line, and the figures that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from domain.facts import (
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaPublished,
    QuotaTransferred,
    Recorded,
    Transfer,
)
from domain.period import Period
from domain.quota import Balance
from domain.totals import GroupBy
from projections.engine import Asked
from projections.figure import Query
from projections.figures.backlog import BACKLOG
from projections.places import read_places
from projections.realisation import RealisationRow, read_realisation
from tests.rules.histories import (
    housed,
    said,
)
from tests.views.logs import Log, of_period

P2021_I, P2021_II, P2022_I, P2022_II = (Period.parse(one) for one in ("2021-I", "2021-II", "2022-I", "2022-II"))
ALMERE, ARNHEM, HAAREN = "GM0034", "GM0202", "GM0788"
NEW_YEARS_EVE = date(2021, 12, 31)
_names = count()


def quota_event(fact: Any, on: str = "", **envelope: Any) -> Recorded:
    """What was said of a half-year, holding from its first day unless the test says otherwise."""
    envelope.setdefault("id", f"quota-{next(_names)}")
    return of_period(said(on or fact.period.first, fact, **envelope))[0]


def national(period: Period, persons: int, **envelope: Any) -> Recorded:
    return quota_event(QuotaPublished(period, persons), **envelope)


def municipal(period: Period, municipality: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(MunicipalQuotaPublished(period, municipality, persons), **envelope)


def opening(period: Period, municipality: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(OpeningBalanceRecorded(period, municipality, persons), **envelope)


def transferred(period: Period, by: str, to: str, persons: int, **envelope: Any) -> Recorded:
    return quota_event(QuotaTransferred(period, (Transfer(by, -persons), Transfer(to, persons))), **envelope)


def told(log: Log, *events: Recorded) -> None:
    """These events in one commit, projected."""
    log.commit(events)
    log.follow()


def house(log: Log, municipality: str, *days: str, accommodation: str = "regular") -> list[Recorded]:
    """One permit holder housed on each of these days."""
    events = [event for day in days for event in log.journey([housed(day, municipality, accommodation, id="h")])]
    log.commit(events)
    log.follow()
    return events


def standing(
    log: Log, period: Period, on: date | str, by: GroupBy = "municipality", position: int | None = None
) -> dict[str, Any]:
    """The balances by code."""
    return {one.balance.code: one.balance for one in read(log, period, on, by, position)}


def read(log: Log, period: Period, on: date | str, by: GroupBy, position: int | None = None) -> list[RealisationRow]:
    day = date.fromisoformat(on) if isinstance(on, str) else on
    with log.tables() as tables:
        asked = Asked(day, log.reached() if position is None else position)
        return read_realisation(tables, asked, period, by, read_places(tables, asked))


def books(balance: Balance) -> tuple[int | None, int, int | None, int, int | None]:
    """Quota, opening, task, realised and remaining."""
    return balance.quota, balance.opening, balance.task, balance.realised, balance.remaining


def points(
    log: Log, days: Sequence[str | date], municipality: str | None = None, position: int | None = None
) -> list[Point]:
    with log.tables() as tables:
        on = [date.fromisoformat(day) if isinstance(day, str) else day for day in days]
        asked = Asked(on[-1] if on else NEW_YEARS_EVE, log.reached() if position is None else position)
        if not on:
            return []
        given = {"from": on[0], "to": on[-1], "step": "day", "municipality": municipality}
        rows = BACKLOG.rows(Query(tables, asked, read_places(tables, asked), "country", given))
        found = {row.dimensions[0]: Point(row.dimensions[0], *row.values) for row in rows}
        return [found[day] for day in on]


class Point(NamedTuple):
    """Task, realised and remaining (persons) at the end of a day."""

    on: Any
    task: Any
    realised: Any
    remaining: Any


NUMBERS = [(P2021_I, 10), (P2021_II, 6), (P2022_I, 4), (P2022_II, 9)]


# Municipalities through time.

EVE, DAY = date(2022, 3, 23), date(2022, 3, 24)
