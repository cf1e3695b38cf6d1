"""Who is waiting, for which phase, whose turn it is, and how far over the norm? Read from the rows of phases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, literal, or_, select, union_all

from domain.norms import OWNERS, NormSet, PhaseName
from domain.places import Places
from projections import dialect
from projections.phase_rows import WAITED_FOR, age_of, is_open, posted, start_of_open
from projections.phase_rows import waiting as rows_of_waiting
from projections.tables import phases as table
from projections.view import Asked


class Waiting(NamedTuple):
    """A journey with an open phase: whose turn it is, since when, and how far over the norm (days)."""

    journey: UUID
    municipality: str | None
    phase: PhaseName
    turn: str
    since: date
    days: int
    due_on: date
    days_over: int


def waiting(
    connection: Connection,
    asked: Asked,
    norm: NormSet,
    places: Places,
    *,
    municipality: str | None,
    phase: PhaseName | None,
    overdue: bool,
    after: UUID | None,
    limit: int,
) -> list[Waiting]:
    """Open journeys in the order of their ids, at most `limit` after `after`.

    Without `phase` it is the open one of linking, housing and departure; `overdue` keeps those past its norm.
    """
    names: tuple[PhaseName, ...] = (phase,) if phase else WAITED_FOR
    # The three count their days alike.
    since, days = start_of_open(names[0], norm), age_of(names[0], norm, asked)
    conditions: list[ColumnElement[bool]] = [
        or_(*(and_(is_open(name, norm), *([days > norm.norm(name)] if overdue else [])) for name in names))
    ]
    if after is not None:
        conditions.append(table.c.stream > after)
    name: ColumnElement[Any] = literal("total") if phase == "total" else table.c.phase
    columns = table.c.stream, table.c.municipality, name.label("name"), since.label("since"), days.label("days")
    dialect.read_along_indexes(connection)
    codes: tuple[str | None, ...] = (*posted(connection), None)
    if municipality is not None:
        codes = places.counting_for(municipality, asked.valid_on)
    parts = rows_of_waiting(asked, codes, WAITED_FOR if phase in (None, "total") else names)
    statement = union_all(*(select(*columns).where(*some, *conditions) for some in parts))
    found = []
    for stream, said, open_phase, day, taken in connection.execute(statement.order_by("stream").limit(limit)):
        code = places.counts_for(said, asked.valid_on)
        over = taken - norm.norm(open_phase)
        due_on = asked.valid_on - timedelta(days=over)
        found.append(Waiting(stream, code, open_phase, OWNERS[open_phase], day, taken, due_on, max(0, over)))
    return found
