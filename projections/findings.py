"""What is missing or contradictory on a day, one by one: whose it is to set right, and the event it was seen at."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from domain.places import Places
from projections.column_store import Snapshot
from projections.engine import Asked
from projections.municipalities import IS_ASKED, numbers_asked
from projections.states.phases import BELONGS

# Seen at no event: whoever houses somebody looks into it.
_LISTED = f"""
    SELECT stream, said_of, municipality_code(municipality), code::VARCHAR, organisation_oin(answerable), position,
        on_day
    FROM (
        SELECT named.* REPLACE (coalesce(named.municipality, belongs.municipality) AS municipality)
        FROM findings_at($day, $position) AS named
        LEFT JOIN ({BELONGS.format(phases="phases_at($day, $position)")}) AS belongs USING (stream))
    WHERE {IS_ASKED} AND ($finding IS NULL OR code::VARCHAR = $finding)
        AND ($organisation IS NULL OR answerable = $organisation::HUGEINT
            OR (position IS NULL AND list_contains($own::SMALLINT[], municipality)))
        AND ($after_on IS NULL OR (on_day, stream, code::VARCHAR, coalesce(position, 0)) >
            ($after_on::DATE, $after_stream::UUID, $after_code, $after_position::BIGINT))
    ORDER BY on_day, stream, code::VARCHAR, coalesce(position, 0) LIMIT $limit
"""  # noqa: S608


class FindingKey(NamedTuple):
    """Where a finding stands in the list."""

    on: date
    stream: UUID
    code: str
    position: int


class FoundOnDay(NamedTuple):
    """A finding in force: of a journey, or of the stream whose name is `said_of`; `answerable` is the OIN of whoever is
    to set it right, and `position` that of the event it was seen at, both None where it was seen at none.
    """

    stream: UUID
    said_of: str | None
    municipality: str | None
    code: str
    answerable: str | None
    position: int | None
    on: date

    @property
    def key(self) -> FindingKey:
        """Where it stands in the list."""
        return FindingKey(self.on, self.stream, self.code, self.position or 0)


def read_findings(
    tables: Snapshot,
    asked: Asked,
    places: Places,
    *,
    municipality: str | None,
    finding: str | None,
    organisation: str | None,
    own: str | None,
    after: FindingKey | None,
    limit: int,
) -> list[FoundOnDay]:
    """The findings in force by the day they are about; at most `limit` after `after`.

    Of an `organisation`, by its OIN, those that it is to set right; where it is the municipality `own`, also those that
    were seen at no event of journeys that belong there.
    """
    rows = tables.rows(
        _LISTED,
        {
            "day": asked.valid_on,
            "position": asked.position,
            "codes": numbers_asked(places, municipality, asked.valid_on),
            "finding": finding,
            "organisation": organisation,
            "own": numbers_asked(places, own, asked.valid_on) or [],
            "after_on": after and after.on,
            "after_stream": after and after.stream,
            "after_code": after and after.code,
            "after_position": after and after.position,
            "limit": limit,
        },
    )
    return [
        FoundOnDay(stream, said_of, places.known_code_on(said, asked.valid_on), *rest)
        for stream, said_of, said, *rest in rows
    ]
