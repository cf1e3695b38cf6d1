"""What organisations delivered, counted by the database: the log as the tables of figures ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from domain.facts import JOURNEY_FACTS, EventWithdrawn
from domain.identifiers import oin_in
from projections import dialect, streams
from projections.columns import instant_text
from projections.deliveries import BLOCK, LATE_AFTER, Delivered, DeliveredEvent, Kind, lateness
from service.foundation.time import EARLIEST, beginning_of, day_in_amsterdam, end_of
from service.log.recorder import EventRecorder

# What corrects says so in its data; in a text that was posted the quotes would be escaped.
_CORRECTS = '"corrects":'
_OF_JOURNEYS = frozenset(fact.TOPIC for fact in JOURNEY_FACTS)


_COUNTED = """
    SELECT (position - 1) / ?, {day}, source, effective_on,
        count(*), count(*) FILTER (WHERE {corrects}), count(*) FILTER (WHERE topic = ?)
    FROM events WHERE position > ? AND position <= ?{sent}
        AND recorded_at IS NOT NULL AND source IS NOT NULL AND effective_on IS NOT NULL
    GROUP BY 1, 2, 3, 4
"""
_DELIVERED = """
    SELECT position, stream, topic, data, source, recorded_at, effective_on FROM events
    WHERE position > ? AND position <= ?{sent} AND recorded_at IS NOT NULL AND effective_on IS NOT NULL
        AND {named} AND {of_kind} ORDER BY position
"""
_REJECTED = """
    SELECT oin, {day}, count(*) FROM rejections
    WHERE received_at >= ? AND received_at < ? AND received_at <= ? AND oin IS NOT NULL GROUP BY 1, 2
"""
_TICK = timedelta(microseconds=1)


class Deliveries:
    """The log on a connection, as known at an instant: by what the service recorded by then, or by the senders."""

    def __init__(self, connection: Connection, known_at: datetime | None, *, sent_by: datetime | None = None) -> None:
        self._connection, self._known_at, self._sent_by = connection, known_at, sent_by

    def span(self, first: date, last: date, until: int) -> tuple[int, int]:
        """The position behind which, and the one up to which, all that was recorded on some days stands."""
        recorder, since = EventRecorder(self._connection), beginning_of(first)
        # Stamps never fall as positions rise.
        after = recorder.position_at(since - _TICK) if since > EARLIEST else 0
        return min(after, until), max(min(after, until), min(recorder.position_at(end_of(last) - _TICK), until))

    def counted(self, after: int, until: int) -> Iterator[Delivered]:
        """What was recorded behind a position and up to another."""
        corrects = dialect.contains_text(self._connection, "data")
        statement = _COUNTED.format(day=self._by_day("recorded_at"), corrects=corrects, sent=self._sent)
        values = (BLOCK, _CORRECTS, EventWithdrawn.TOPIC, *self._bounds(after, until))
        for block, day, source, effective_on, *counts in dialect.fetch(self._connection, statement, values):
            yield Delivered(block, _day_counted(day), source, _day(effective_on), *counts)

    def delivered(self, organisation: str, kind: Kind, after: int, until: int) -> Sequence[DeliveredEvent]:
        """Versions of events of an organisation behind a position and up to another, in their order."""
        data, named = (dialect.contains_text(self._connection, name) for name in ("data", "source"))
        of_kind = {"corrections": (data, [_CORRECTS]), "withdrawals": ("topic = ?", [EventWithdrawn.TOPIC])}
        condition, values = of_kind.get(kind, ("1 = 1", []))
        statement = _DELIVERED.format(sent=self._sent, named=named, of_kind=condition)
        found = dialect.fetch(self._connection, statement, (*self._bounds(after, until), organisation, *values))
        some = [_event(*row) for row in found if oin_in(row[4]) == organisation]
        if kind == "late":
            return [one for one in some if lateness(one.recorded_on, one.effective_on) > LATE_AFTER]
        return some

    def rejected(self, first: date, last: date) -> Mapping[str, Mapping[date, int]]:
        """How many events of each sender were refused, by the day of receipt."""
        if self._known_at is None:
            return {}
        statement = _REJECTED.format(day=self._by_day("received_at"))
        since, until = beginning_of(first), end_of(last)
        found: dict[str, dict[date, int]] = {}
        values = [self._instant(at) for at in (since, until, self._known_at)]
        for oin, received, count in dialect.fetch(self._connection, statement, values):
            of, day = found.setdefault(oin, {}), _day_counted(received)
            of[day] = of.get(day, 0) + count
        return found

    def _by_day(self, instant: str) -> str:
        """The day in Amsterdam of a column, as the database groups by it; SQLite knows no time zones, but a day in
        Amsterdam is made of whole hours.
        """
        if dialect.is_sqlite(self._connection):
            return f"substr({instant}, 1, 13)"
        return f"({instant} AT TIME ZONE 'Europe/Amsterdam')::date"

    @property
    def _sent(self) -> str:
        return "" if self._sent_by is None else " AND sent_at <= ?"

    def _bounds(self, after: int, until: int) -> list[Any]:
        found: list[Any] = [after, until]
        return found if self._sent_by is None else [*found, self._instant(self._sent_by)]

    def _instant(self, at: datetime) -> datetime | str:
        return instant_text(at) if dialect.is_sqlite(self._connection) else at


def _event(
    position: int, stream: Any, topic: str, data: str, _: str, recorded_at: Any, effective_on: Any
) -> DeliveredEvent:
    of = dialect.stream_id(stream)
    said_of = None if topic in _OF_JOURNEYS else _said_of(of, data)
    return DeliveredEvent(position, of, said_of, _day_of(recorded_at), _day(effective_on))


class _Named(msgspec.Struct):
    """The half-year or area that an event is about, where it is about one."""

    period: str | None = None
    area: str | None = None


_DECODE = msgspec.json.Decoder(_Named).decode


def _said_of(stream: Any, data: str) -> str | None:
    named = _DECODE(data)
    return "reference" if stream == streams.REFERENCE else named.area or named.period


def _day_of(recorded_at: datetime | str) -> date:
    at = datetime.fromisoformat(recorded_at) if isinstance(recorded_at, str) else recorded_at
    return day_in_amsterdam(at)


# Thousands of events have the same hour, and tell of the same day.
@lru_cache(maxsize=16_384)
def _day_counted(value: date | str) -> date:
    """The day that the database grouped by, or that of its hour."""
    return value if isinstance(value, date) else day_in_amsterdam(datetime.fromisoformat(f"{value}:00:00Z"))


@lru_cache(maxsize=16_384)
def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
