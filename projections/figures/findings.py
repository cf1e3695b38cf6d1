"""What is missing or contradictory, and of how many journeys?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.findings import FINDING_CODES
from projections.aggregates import Sum
from projections.figure import Cell, Dimension, Figure, Part, Query, Words, column_of
from projections.grouping import Grouped, Rows, RowsOf, Select, times
from projections.states.phases import BELONGS


def parts(query: Query, rows: Rows) -> Select:
    """Every journey once for each finding that it has, and every event that one was seen at."""
    statement = f"""
        WITH found AS (
            SELECT stream, said_of, coalesce(named.municipality, belongs.municipality) AS municipality,
                code::VARCHAR AS finding, position
            FROM {rows("findings")} AS named
            LEFT JOIN ({BELONGS.format(phases=rows("phases"))}) AS belongs USING (stream))
        SELECT DISTINCT stream, said_of, municipality, finding, NULL AS position, 'journeys' AS counted
            FROM found WHERE said_of IS NULL
        UNION ALL
        SELECT DISTINCT stream, said_of, municipality, finding, position, 'events'
            FROM found WHERE position IS NOT NULL"""
    return Select(statement, times(query))


class _OfStreams(Grouped):
    """A table whose parts are of journeys, half-years and areas."""

    def listed(self, figure: Figure, query: Query, cell: Cell, rows: Rows, more: Mapping[str, Any]) -> list[Part]:
        """The parts, those that are of no journey by the name of their stream."""
        return [_of_stream(part) for part in super().listed(figure, query, cell, rows, more)]


def _of_stream(part: Part) -> Part:
    name = part.details[_SAID_OF]
    return part._replace(details={}, journey=part.journey if name is None else None, stream=name)


_SAID_OF = "said_of"
#: Of one journey perhaps several.
_EVENTS = Sum("1", several="DISTINCT stream")


FINDINGS = Figure(
    name="findings",
    questions=(59,),
    title=Words("Findings of journeys", "Bevindingen bij trajecten"),
    definition=Words(
        "What is missing or contradictory on the day: of how many journeys it is found, and at how many events. What "
        "is found between the boundaries of the phases is seen at no event of its own.",
        "Wat op de peildatum ontbreekt of elkaar tegenspreekt: bij hoeveel trajecten, en aan hoeveel gebeurtenissen. "
        "Wat tussen de grenzen van de fasen gevonden wordt, hoort bij geen eigen gebeurtenis.",
    ),
    counts=Words(
        "Journeys and events, where the journey belongs; of an area the municipality that it is.",
        "Trajecten en gebeurtenissen, waar het traject bij hoort; van een gebied bij de gemeente die het is.",
    ),
    dimensions=(Dimension("finding", Words("Finding", "Bevinding"), values=tuple(sorted(FINDING_CODES))),),
    columns=(
        column_of("journeys", "Journeys", "Trajecten", aggregate=Sum("1"), at={"counted": "journeys"}),
        column_of("events", "Events", "Gebeurtenissen", "events", aggregate=_EVENTS, at={"counted": "events"}),
    ),
    table=_OfStreams(
        parts,
        facets=("counted",),
        sources={"journeys": RowsOf("findings", ("finding",)), "events": RowsOf("findings", ("finding", "position"))},
        details={_SAID_OF: _SAID_OF},
    ),
    reads=("findings", "phases"),
    audience="persons",
)
