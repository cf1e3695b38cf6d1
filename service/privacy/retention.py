"""What retention asks for today: journeys that are due, proposed for destruction, and how much of what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine

from domain.retention import CLASSES, REFUSED, due, years_before
from projections import dialect, streams
from projections.places import PlacesHistory
from service.log.mapper import read_histories
from service.log.sealing import select_destroyed
from service.privacy.proposals import on_hold, whole_persons
from service.privacy.refused_events import count_expired
from service.storage.database import reading

_JOURNEYS_AT_ONCE = 2_000
#: A journey that is due has an event that held at least so long ago as the shortest term.
_OLD_JOURNEYS = (
    "SELECT stream FROM journey_keys WHERE destroyed_at IS NULL AND stream > ? AND EXISTS "
    "(SELECT 1 FROM events WHERE events.stream = journey_keys.stream AND events.effective_on <= ?) "
    "ORDER BY stream LIMIT ?"
)


class Due(NamedTuple):
    """What is due today: journeys by their class, those that are held all the same, and how many refused events."""

    journeys: dict[UUID, str]
    held: list[UUID]
    refused: int

    @property
    def counts(self) -> Counter[str]:
        """How many journeys of each class."""
        return Counter(self.journeys.values())


def find_due(engine: Engine, now: datetime, today: date, progress: Callable[[int, int], None]) -> Due:
    """Look through all journeys that are old enough."""
    found: dict[UUID, str] = {}
    held: set[UUID] = set()
    with reading(engine) as connection:
        reference = read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
        places_at = PlacesHistory(reference)
        places = places_at.newest(0)
        after = UUID(int=0)
        seen = 0
        while some := _next_old_journeys(connection, after, today):
            for journeys, known in whole_persons(connection, some).items():
                term = due(known, today, places)
                if term is not None and term.on <= today and not on_hold(connection, journeys):
                    found |= dict.fromkeys(journeys, term.of.name)
                elif term is not None and term.on <= today:
                    held |= journeys
            after = some[-1]
            seen += len(some)
            progress(seen, seen)
        for one in select_destroyed(connection, found):
            del found[one]
    return Due(found, sorted(held), count_expired(engine, now))


def _next_old_journeys(connection: Connection, after: UUID, today: date) -> list[UUID]:
    shortest = min(one.years for one in CLASSES if one.years is not None and one is not REFUSED)
    day = years_before(today, shortest)
    sqlite = dialect.is_sqlite(connection)
    parameters = (after.bytes if sqlite else after, day.isoformat() if sqlite else day, _JOURNEYS_AT_ONCE)
    return [dialect.stream_id(stream) for (stream,) in dialect.fetch(connection, _OLD_JOURNEYS, parameters)]


def format_list(journeys: Iterable[UUID]) -> str:
    """A list of journeys as `destroy` reads it."""
    return "".join(f"{journey}\n" for journey in sorted(journeys))
