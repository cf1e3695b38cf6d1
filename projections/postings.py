"""Who was counted, where and when? The postings of single journeys, from the housings that count for the quota."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, select

from domain.milestones import Posting
from domain.period import Period
from projections import dialect
from projections.tables import housings as table
from projections.view import Asked, in_force


def counted(connection: Connection, asked: Asked, period: Period, municipalities: Collection[str] | None) -> set[UUID]:
    """The journeys with a housing or return in a period, in municipalities as posted or, with None, in any."""
    statement = select(table.c.stream).distinct().where(in_force(table, asked), table.c.period == str(period))
    if municipalities is not None:
        statement = statement.where(table.c.municipality.in_(sorted(municipalities)))
    return set(connection.execute(statement).scalars())


def of_journeys(connection: Connection, asked: Asked, journeys: Collection[UUID]) -> dict[UUID, list[Posting]]:
    """The postings of some journeys, of whatever period, in order; one without any is left out."""
    columns = table.c.stream, table.c.valid_from, table.c.municipality, table.c.accommodation, table.c.persons
    order = table.c.stream, table.c.turn
    found: dict[UUID, list[Posting]] = {}
    for some in dialect.in_parts(sorted(journeys)):
        statement = select(*columns).where(table.c.stream.in_(some), in_force(table, asked)).order_by(*order)
        for stream, *posting in connection.execute(statement):
            found.setdefault(stream, []).append(Posting(*posting))
    return found
