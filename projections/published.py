"""What did others publish, and what is ours for that day? Published figures stand beside ours and change none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from domain.effective import effective_events_on
from domain.facts import FigurePublished, Recorded
from domain.period import Period
from domain.places import Places
from domain.quota import Balance
from domain.totals import Total, country_total, province_totals, sum_balances
from projections.column_store import Snapshot
from projections.engine import Asked
from projections.places import read_places
from projections.realisation import read_realisation

_ATTRIBUTES = {"openingBalance": "opening"}


class Published(NamedTuple):
    """A figure as it was published, and the event that says so."""

    fact: FigurePublished
    event: Recorded

    @property
    def compared_on(self) -> date:
        """The day at whose end ours is taken.

        A published figure is the state at the beginning of its day, so that is the day before; but what a half-year
        opens with is known on its first day only, and with its last day it is over.
        """
        period = self.fact.period
        return min(max(self.fact.on, period.first + timedelta(days=1)) - timedelta(days=1), period.last)


def published_by(known: Iterable[Recorded], valid_on: date) -> list[Published]:
    """The figures published by a day, of what is known of a period's stream."""
    found = [
        Published(event.fact, event)
        for event in effective_events_on(known, valid_on)
        if isinstance(event.fact, FigurePublished)
    ]
    return sorted(found, key=_order)


def _order(one: Published) -> tuple[date, str, str, date, str, str]:
    fact, event = one
    return fact.on, fact.figure, fact.of, event.effective_on, event.source, event.id


class OwnFigures:
    """Our table of one period, on any day and as known at any position of the log; each is read once."""

    def __init__(self, tables: Snapshot, period: Period) -> None:
        self._tables, self._period = tables, period
        self._found: dict[Asked, tuple[Places, Mapping[str, Total]]] = {}

    def figure(self, one: FigurePublished, asked: Asked) -> int | None:
        """The figure that the table has for what was published; None where it has none."""
        if asked not in self._found:
            places = read_places(self._tables, asked)
            found = read_realisation(self._tables, asked, self._period, "municipality", places)
            self._found[asked] = places, _by_code([row.balance for row in found])
        places, rows = self._found[asked]
        row = rows.get(places.code_on(one.of, self._period.nearest(asked.valid_on)))
        value: int | None = getattr(row, _ATTRIBUTES.get(one.figure, one.figure), None)
        return value


def _by_code(rows: Sequence[Balance]) -> dict[str, Total]:
    """The country, the provinces and the municipalities; one by itself has a backlog or a lead too."""
    alone = (sum_balances([row], row.code, row.name) for row in rows)
    return {each.code: each for each in (country_total(rows), *province_totals(rows), *alone)}
