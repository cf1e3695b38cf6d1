"""What retention asks for today: journeys that are due, proposed for destruction, and refused events that expire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select

from domain.retention import CLASSES, REFUSED, due, years_before
from projections import dialect, streams
from projections.places_then import PlacesThen
from service.audit.access_log import noted
from service.log.mapper import histories
from service.log.vault import destroyed_among
from service.privacy.one_person import whole_persons
from service.privacy.proposing import on_hold
from service.privacy.wiping import wipe
from service.storage.database import reading, writing
from service.storage.service_tables import rejections

_JOURNEYS_AT_ONCE = 2_000
_REFUSED_AT_ONCE = 5_000
#: A journey that is due has an event that held at least so long ago as the shortest term.
_OLD = (
    "SELECT stream FROM journey_keys WHERE destroyed_at IS NULL AND stream > ? AND EXISTS "
    "(SELECT 1 FROM events WHERE events.stream = journey_keys.stream AND events.effective_on <= ?) "
    "ORDER BY stream LIMIT ?"
)


class Listed(NamedTuple):
    """What is due today: journeys by their class, those that are held all the same, and how many refused events."""

    journeys: dict[UUID, str]
    held: list[UUID]
    refused: int

    @property
    def counts(self) -> Counter[str]:
        """How many journeys of each class."""
        return Counter(self.journeys.values())


def listed(engine: Engine, now: datetime, today: date, progress: Callable[[int, int], None]) -> Listed:
    """Look through all journeys that are old enough."""
    found: dict[UUID, str] = {}
    held: set[UUID] = set()
    with reading(engine) as connection:
        reference = histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
        places_at = PlacesThen(reference)
        places = places_at.newest(0)
        after = UUID(int=0)
        seen = 0
        while portion := _old(connection, after, today):
            for journeys, known in whole_persons(connection, portion).items():
                told = due(known, today, places)
                if told is not None and told.on <= today and not on_hold(connection, journeys):
                    found |= dict.fromkeys(journeys, told.of.name)
                elif told is not None and told.on <= today:
                    held |= journeys
            after = portion[-1]
            seen += len(portion)
            progress(seen, seen)
        for one in destroyed_among(connection, found):
            del found[one]
        refused = connection.execute(
            select(func.count()).select_from(rejections).where(rejections.c.received_at < _expired(now))
        ).scalar_one()
    return Listed(found, sorted(held), refused)


def expire_refused(engine: Engine, actor: str, now: datetime) -> int:
    """Delete what was refused so long ago that retention asks for it; how many."""
    deleted, before = 0, _expired(now)
    some = select(rejections.c.id).where(rejections.c.received_at < before).limit(_REFUSED_AT_ONCE)
    while True:
        with writing(engine) as connection:
            ids = list(connection.execute(some).scalars())
            for part in dialect.in_parts(ids):
                connection.execute(delete(rejections).where(rejections.c.id.in_(part)))
            deleted += len(ids)
            if not ids and deleted:
                noted(connection, now, actor, "expire refused events", f"{deleted} refused events")
        if not ids:
            break
    # Also where nothing was left to delete: an earlier run may have been interrupted before it came to this.
    wipe(engine)
    return deleted


def _old(connection: Connection, after: UUID, today: date) -> list[UUID]:
    shortest = min(one.years for one in CLASSES if one.years is not None and one is not REFUSED)
    day = years_before(today, shortest)
    sqlite = dialect.is_sqlite(connection)
    parameters = (after.bytes if sqlite else after, day.isoformat() if sqlite else day, _JOURNEYS_AT_ONCE)
    return [dialect.stream(stream) for (stream,) in dialect.fetch(connection, _OLD, parameters)]


def _expired(now: datetime) -> datetime:
    """What was received before this has been kept for long enough."""
    day = years_before(now.date(), REFUSED.years or 0)
    return datetime.combine(day, now.timetz())


def ids(journeys: Iterable[UUID]) -> str:
    """A list of journeys as `destroy` reads it."""
    return "".join(f"{journey}\n" for journey in sorted(journeys))
