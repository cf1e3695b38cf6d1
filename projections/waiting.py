"""Who is waiting, for which phase, whose turn it is, and how far over the norm? Read from the rows of phases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.norms import OWNERS, PHASE_NAMES, NormSet, Owner, PhaseName
from domain.places import Places
from projections.column_schema import municipality_number
from projections.column_store import Snapshot
from projections.engine import Asked

# What a journey waits for stands in one row, which also says since when in all. Lists are of the columns' own types:
# to compare texts instead would make one of every row.
_WAITING = """
    SELECT stream, municipality_code(municipality), phase, since, days
    FROM (
        SELECT stream, municipality, {phase} AS phase, {since} AS since, $day - {since} + {before} AS days
        FROM phases_at($day, $position) WHERE ended_on IS NULL AND phase IN ('linking', 'housing', 'departure')
            AND ($codes IS NULL OR list_contains($codes::SMALLINT[], municipality))
            AND ($after IS NULL OR stream > $after)
    )
    WHERE since IS NOT NULL AND list_contains($phases::phase[], phase)
        AND (NOT $overdue OR days > $norms[list_position($phases::phase[], phase)])
    ORDER BY stream LIMIT $limit
"""


class Waiting(NamedTuple):
    """A journey with an open phase: whose turn it is, since when, and how far over the norm (days)."""

    journey: UUID
    municipality: str | None
    phase: PhaseName
    turn: Owner
    since: date
    days: int
    due_on: date
    days_over: int


def read_waiting(
    tables: Snapshot,
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
    codes = None
    if municipality is not None:
        codes = [municipality_number(code) for code in places.codes_counted_as(municipality, asked.valid_on)]
    names = (phase,) if phase else tuple(name for name in PHASE_NAMES if name != "total")
    if phase == "total":
        statement = _WAITING.format(phase="'total'::phase", since=f"{norm.total_starts}_on", before="0")
    else:
        # Linking counts the days before its last stretch, and the others have none.
        statement = _WAITING.format(phase="phase", since="started_on", before="earlier_days")
    rows = tables.rows(
        statement,
        {
            "day": asked.valid_on,
            "position": asked.position,
            "phases": list(names),
            "norms": [norm.norm(name) for name in names],
            "codes": codes,
            "overdue": overdue,
            "after": after,
            "limit": limit,
        },
    )
    found = []
    for stream, said, open_phase, day, taken in rows:
        code = places.known_code_on(said, asked.valid_on)
        over = taken - norm.norm(open_phase)
        due_on = asked.valid_on - timedelta(days=over)
        found.append(Waiting(stream, code, open_phase, OWNERS[open_phase], day, taken, due_on, max(0, over)))
    return found
