"""Who was counted, where and when? The postings of single journeys, from the housings that count for the quota."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from domain.milestones import Posting
from domain.period import Period
from projections.column_store import Snapshot
from projections.engine import Asked


def counted(tables: Snapshot, asked: Asked, period: Period, municipalities: Collection[str] | None) -> set[UUID]:
    """The journeys with a housing or return in a period, in municipalities as posted or, with None, in any."""
    among = "" if municipalities is None else " AND list_contains($codes::municipality[], municipality)"
    codes = {} if municipalities is None else {"codes": list(municipalities)}
    rows = tables.rows(
        f"SELECT DISTINCT stream FROM housings_at($day, $position) WHERE period = $period{among}",
        {"day": asked.valid_on, "position": asked.position, "period": str(period), **codes},
    )
    return {stream for (stream,) in rows}


def of_journeys(tables: Snapshot, asked: Asked, journeys: Collection[UUID]) -> dict[UUID, list[Posting]]:
    """The postings of some journeys, of whatever period, in order; one without any is left out."""
    rows = tables.rows(
        "SELECT stream, valid_from, municipality, accommodation, persons FROM housings_at($day, $position) "
        "WHERE stream IN (SELECT unnest($journeys)) ORDER BY stream, turn",
        {"day": asked.valid_on, "position": asked.position, "journeys": list(journeys)},
    )
    found: dict[UUID, list[Posting]] = {}
    for stream, *posting in rows:
        found.setdefault(stream, []).append(Posting(*posting))
    return found
