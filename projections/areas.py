"""What is said of areas, for both times: homes and places, announced links, forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from domain.areas import (
    AreaKind,
    StatedKind,
    Statement,
    in_order,
    statements_by_area,
)
from domain.permit_forecast import PermitForecast
from domain.places import Places
from projections.column_store import Snapshot
from projections.engine import LAST_DAY, Asked
from projections.figure import Source
from projections.row_store import Row
from projections.states.areas import areas

_IN_FORCE = (
    "SELECT area, kind, valid_from, order_of_day, position, from_on, to_on, accommodation, bedrooms, adapted, amount, "
    "households, aged_0_3, aged_4_11, aged_12_15, aged_16_17 "
    "FROM areas_at($day, $position) WHERE kind = $kind"
)
_OF_MONTHS = f"{_IN_FORCE} AND from_on IN (SELECT unnest($months::DATE[]))"


def read_statements(tables: Snapshot, asked: Asked, kind: AreaKind) -> Sequence[Statement]:
    """All of a kind in force for both times, in effective order; each names the area as posted."""
    return tables.cached(
        areas, asked.valid_on, asked.position, kind, lambda: _read(tables, _IN_FORCE, _at(asked, kind))
    )


def _at(asked: Asked, kind: AreaKind) -> dict[str, Any]:
    return {"day": min(asked.valid_on, LAST_DAY), "position": asked.position, "kind": kind}


def _read(tables: Snapshot, statement: str, parameters: Mapping[str, Any]) -> Sequence[Statement]:
    return in_order(map(_statement, tables.rows(statement, parameters)))


def _statement(row: Row) -> Statement:
    *said, age_0, age_4, age_12, age_16 = row
    return Statement._make((*said, (age_0, age_4, age_12, age_16)))


def read_stated(
    tables: Snapshot, asked: Asked, places: Places, kind: StatedKind, day: date | None = None
) -> Mapping[str, Sequence[Statement]]:
    """What is stated of a kind by area: the municipalities are those of a day, by default that asked.

    An area that stated nothing is not there. Several statements of one key stand beside each other: they add up.
    """
    return statements_by_area(read_statements(tables, asked, kind), day or asked.valid_on, places)


def read_announced(
    tables: Snapshot, asked: Asked, places: Places, months: Iterable[str], day: date
) -> Mapping[str, Sequence[Statement]]:
    """The links that were announced for some months, by the municipalities of a day.

    Only these months are read, and none are kept: all that was ever announced grows without bounds.
    """
    of_months = {"months": [date.fromisoformat(f"{month}-01") for month in months]}
    found = _read(tables, _OF_MONTHS, {**_at(asked, "links-announced"), **of_months})
    return statements_by_area(found, day, places)


def read_permit_forecasts(tables: Snapshot, asked: Asked) -> Sequence[PermitForecast]:
    """The forecasts of permits in force, in effective order; those whose days are not in order expect nothing."""
    return [
        PermitForecast(one.from_on, one.to_on, one.amount or 0, one.position)
        for one in read_statements(tables, asked, "permits-forecast")
        if one.from_on is not None and one.to_on is not None
    ]


def source_of(statement: Statement) -> Source:
    """Where a part made from a statement comes from; its stream is the area as posted."""
    return Source("areas", (statement.position,))
