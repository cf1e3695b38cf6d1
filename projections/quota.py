"""What does every half-year's stream say? The numbers in force for every day, ready for `domain.quota`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from domain.period import Period
from domain.quota import PeriodFigures, Transfer
from projections.column_schema import period_of
from projections.column_store import Snapshot
from projections.engine import Asked
from projections.row_store import Row
from projections.states.quota import quota


class Number(NamedTuple):
    """One number of a period's stream, for the days it is in force."""

    valid_from: date
    valid_until: date
    period: Period
    kind: str
    municipality: str | None
    persons: int
    transfer: int | None = None
    """Of a line of a transfer, and of a decision to take part in one: which of the half-year."""


def read_numbers(tables: Snapshot, position: int) -> Sequence[Number]:
    """Every number as known at a position of the log, for whatever days."""

    def read() -> Sequence[Number]:
        return _parse(
            tables.rows(
                "SELECT valid_from, valid_until, period, kind, municipality_code(municipality), persons, turn, "
                "transfer "
                "FROM quota WHERE known_from <= $position AND known_until > $position",
                {"position": position},
            )
        )

    return tables.cached(quota, None, position, "numbers", read)


def read_period_figures(tables: Snapshot, asked: Asked) -> Mapping[Period, PeriodFigures]:
    """What every period's stream says, for both times asked."""
    day, position = asked
    return tables.cached(quota, day, position, "figures", lambda: figures_on(read_numbers(tables, position), day))


def _parse(rows: Iterable[Row]) -> Sequence[Number]:
    periods: dict[int, Period] = {}
    found = []
    for valid_from, valid_until, number, kind, municipality, persons, _, transfer in sorted(rows, key=_order):
        if number not in periods:
            periods[number] = period_of(number)
        found.append(Number(valid_from, valid_until, periods[number], kind, municipality, persons, transfer))
    return found


def _order(row: Row) -> tuple[Any, ...]:
    valid_from, _, period, kind, municipality, _, turn, *_ = row
    return period, kind, municipality or "", valid_from, turn


def figures_on(every: Sequence[Number], on: date) -> dict[Period, PeriodFigures]:
    """What every period's stream says on a day."""
    found: dict[Period, list[Number]] = {}
    for number in every:
        if number.valid_from <= on < number.valid_until:
            found.setdefault(number.period, []).append(number)
    return {period: _figures(some) for period, some in found.items()}


def forecasts_on(every: Sequence[Number], on: date) -> dict[Period, int]:
    """The national number expected for a period, in persons; never used as the quota."""
    return {
        number.period: number.persons
        for number in every
        if number.kind == "forecast" and number.valid_from <= on < number.valid_until
    }


def _figures(numbers: Sequence[Number]) -> PeriodFigures:
    one = {number.kind: number.persons for number in numbers}
    per: dict[str, dict[str, int]] = {"municipal": {}, "opening": {}}
    transfers, decisions = list[Transfer](), dict[int, list[str]]()
    for number in numbers:
        if number.municipality is None:
            continue
        which = number.transfer or 0
        if number.kind == "transfer":
            transfers.append(Transfer(number.municipality, number.persons, number.valid_from, which))
        elif number.kind == "decision":
            decisions.setdefault(which, []).append(number.municipality)
        else:
            per[number.kind][number.municipality] = number.persons
    return PeriodFigures(
        national=one.get("national"),
        municipal=per["municipal"],
        openings=per["opening"],
        transfers=tuple(transfers),
        decisions=decisions,
        reduction=one.get("interim-goal"),
    )
