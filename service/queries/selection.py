"""What of the log somebody asks for: by type, source, municipality and half-year.

The database does the most of it, over a bounded stretch of the log; what it can't say exactly is looked at once more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from domain.facts import FACTS, JOURNEY_FACTS, EventWithdrawn
from domain.period import Period
from projections import dialect, streams
from service.log.mapper import decoded
from service.log.recorder import Condition, LogRow

_OF_NO_JOURNEY = tuple(
    topic for topic, shape in FACTS.items() if shape not in JOURNEY_FACTS and shape is not EventWithdrawn
)


class Selection(NamedTuple):
    """Some of the log; what is left out selects everything.

    `topics`: any of these. `source`: exactly this. `municipality`: what names this code as posted, transfers and
    mergers included. `period`: the stream of that half-year, and what held of journeys in it.
    """

    topics: tuple[str, ...] = ()
    source: str | None = None
    municipality: str | None = None
    period: Period | None = None

    def conditions(self, connection: Connection) -> list[Condition]:
        """What the database looks at; it finds all that is selected, and now and then something more."""
        found: list[Condition] = []
        if self.topics:
            found.append((f"topic IN ({_marks(self.topics)})", self.topics))
        if self.source is not None:
            # Not by its index: a source that sent half of the log would be gone through for every stretch of it.
            found.append(("source || '' = ?", (self.source,)))
        if self.municipality is not None:
            # As the JSON in the log has it: no code holds what is written in another way.
            found.append((dialect.holds(connection, "data"), (f'"{self.municipality}"',)))
        if self.period is not None:
            of_journeys = f"effective_on BETWEEN ? AND ? AND stream <> ? AND topic NOT IN ({_marks(_OF_NO_JOURNEY)})"
            values = (streams.of_period(self.period), self.period.first, self.period.last, streams.REFERENCE)
            found.append((f"(stream = ? OR ({of_journeys}))", (*values, *_OF_NO_JOURNEY)))
        return found

    def has(self, row: LogRow) -> bool:
        """Whether an event that fulfils the conditions is selected."""
        if self.municipality is not None and not names(decoded(row), self.municipality):
            return False
        if self.period is None or row.topic != EventWithdrawn.TOPIC:
            return True
        return belongs_to(row, decoded(row)) in (("period", str(self.period)), ("journey", None))


EVERYTHING = Selection()


def names(data: dict[str, Any], municipality: str) -> bool:
    """Whether the data of an event names a municipality by this code."""
    parts = (part["municipality"] for part in data.get("transfers", ()))
    return municipality in (data.get("municipality"), data.get("into"), data.get("of"), *parts)


def belongs_to(row: LogRow, data: dict[str, Any]) -> tuple[str, str | None]:
    """What an event is about, and of which half-year; where a withdrawal belongs is told by its stream."""
    if row.stream == streams.REFERENCE:
        return "reference", None
    period: str | None = data.get("period")
    if FACTS[row.topic] in JOURNEY_FACTS or period is None:
        return "journey", None
    return "period", period


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))
