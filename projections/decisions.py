"""What provinces decided about municipalities: steps on the ladder, and half-years that are not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from domain.areas import municipality_meant
from domain.period import Period
from domain.places import Places
from domain.totals import COUNTRY
from projections.column_store import Snapshot
from projections.states.areas import areas


class Decision(NamedTuple):
    """A step on the ladder, decided on a day about a half-year of a municipality as posted; where the log has it."""

    on: date
    area: str
    period: Period
    rung: int
    position: int
    known_from: int
    """The position from which it has been known, at the earliest."""


class Suspension(NamedTuple):
    """A half-year of an area (a municipality as posted, a province, the country) that is not judged, from a day on."""

    on: date
    area: str
    period: Period
    position: int


def read_decisions(tables: Snapshot, position: int) -> Sequence[Decision]:
    """Every step decided as known at a position, in effective order."""

    def read() -> Sequence[Decision]:
        found = tables.rows(
            "SELECT valid_from, area, from_on, amount, position, since FROM areas "
            "JOIN (SELECT position, min(known_from) AS since FROM areas GROUP BY ALL) USING (position) "
            "WHERE kind = 'ladder-step' AND known_from <= $position AND known_until > $position "
            "ORDER BY valid_from, order_of_day",
            {"position": position},
        )
        return [Decision(on, area, Period.of(first), *rest) for on, area, first, *rest in found]

    return tables.cached(areas, None, position, "decisions", read)


def read_suspensions(tables: Snapshot, position: int) -> Sequence[Suspension]:
    """Every suspension as known at a position, in effective order."""

    def read() -> Sequence[Suspension]:
        found = tables.rows(
            "SELECT valid_from, area, from_on, position FROM areas "
            "WHERE kind = 'suspension' AND known_from <= $position AND known_until > $position "
            "ORDER BY valid_from, order_of_day",
            {"position": position},
        )
        return [Suspension(on, area, Period.of(first), position) for on, area, first, position in found]

    return tables.cached(areas, None, position, "suspensions", read)


def newest_decisions(decisions: Iterable[Decision], places: Places, by: date, day: date) -> dict[str, Decision]:
    """The newest decided by a day for each municipality as it is on another: of all that it came of, of one that was
    split for the successor that took most, of one that was not there yet for the predecessor with most inhabitants.
    """
    return {municipality_meant(one.area, one.on, day, places): one for one in decisions if one.on <= by}


def suspended_by(
    suspensions: Iterable[Suspension], period: Period, by: date, places: Places, day: date
) -> Callable[[str], Suspension | None]:
    """Which suspension of a half-year, in force by a day, holds for a municipality as it is on another."""
    found: dict[str, Suspension] = {}
    for one in suspensions:
        if one.period == period and one.on <= by:
            found[municipality_meant(one.area, one.on, day, places)] = one
    return lambda code: found.get(code) or found.get(places.province(code)) or found.get(COUNTRY)
