"""Events of the log as they are selected and read back: the CloudEvent as it was sent, and what became of it since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection
from typing_extensions import TypedDict

from domain.effective import EffectiveEvents, effective_events
from domain.facts import FACTS, JOURNEY_FACTS, EventWithdrawn
from domain.period import Period
from projections import dialect, streams
from projections.columns import instant_text
from service.foundation.answers import InstantText
from service.foundation.time import format_instant
from service.foundation.version import TYPE_PREFIX
from service.log.events import RecordedEvent
from service.log.mapper import decode_data
from service.log.person_links import read_known
from service.log.recorder import Condition, EventRecorder
from service.log.sealing import select_destroyed
from service.queries.question import LogQuestion
from service.queries.visibility import OwnScope

#: What an event is about: a permit holder, a half-year, an area, or municipalities.
About = Literal["journey", "period", "area", "reference"]

_OF_NO_JOURNEY = tuple(
    topic for topic, shape in FACTS.items() if shape not in JOURNEY_FACTS and shape is not EventWithdrawn
)


class Named(TypedDict):
    """Another event of the same stream."""

    source: str
    id: str


class Selection(NamedTuple):
    """Some of the log; what is left out selects everything.

    `topics`: any of these. `source`: exactly this. `municipality`: what names this code as posted, areas, transfers
    and mergers included. `period`: the stream of that half-year, and what held of journeys in it.
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
            found.append((dialect.contains_text(connection, "data"), (f'"{self.municipality}"',)))
        if self.period is not None:
            of_journeys = f"effective_on BETWEEN ? AND ? AND stream <> ? AND topic NOT IN ({_marks(_OF_NO_JOURNEY)})"
            values = (streams.of_period(self.period), self.period.first, self.period.last, streams.REFERENCE)
            found.append((f"(stream = ? OR ({of_journeys}))", (*values, *_OF_NO_JOURNEY)))
        return found

    def has(self, row: RecordedEvent) -> bool:
        """Whether an event that fulfils the conditions is selected."""
        if self.municipality is not None and not names_municipality(decode_data(row), self.municipality):
            return False
        if self.period is None or row.topic != EventWithdrawn.TOPIC:
            return True
        about = stream_of(row, decode_data(row))
        return about["kind"] == "journey" or about["period"] == str(self.period)


EVERYTHING = Selection()


def names_municipality(data: dict[str, Any], municipality: str) -> bool:
    """Whether the data of an event names a municipality by this code."""
    parts = (part["municipality"] for name in ("transfers", "decisions") for part in data.get(name, ()))
    return municipality in (*map(data.get, ("municipality", "area", "into", "of")), *parts)


class Stream(TypedDict):
    """What an event is about: a journey (its id is the subject), a half-year, an area, or the reference data."""

    kind: About
    period: str | None
    area: str | None


def stream_of(row: RecordedEvent, data: dict[str, Any]) -> Stream:
    """What an event is about; where a withdrawal belongs is told by its stream."""
    if row.stream == streams.REFERENCE:
        return {"kind": "reference", "period": None, "area": None}
    period, area = data.get("period"), data.get("area")
    if FACTS[row.topic] in JOURNEY_FACTS or (period is None and area is None):
        return {"kind": "journey", "period": None, "area": None}
    if area is not None:
        return {"kind": "area", "period": None, "area": area}
    return {"kind": "period", "period": period, "area": None}


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


# What is rare may stand far apart: so much of the log is looked through at once, and at most for one request.
_AT_ONCE = 50_000
_AT_MOST = 500_000
# Where every event is looked at for whom its journey concerns.
_AT_ONCE_OF_OWN = 10_000
_AT_MOST_OF_OWN = 100_000


class Event(TypedDict):
    """An event as recorded: the CloudEvent, and what the service knows of it.

    What is sealed in `data` is left out, and so is the month of birth. `correctedBy` is the version that speaks instead
    of it, `withdrawnBy` the withdrawal in force, both as known at the position of the answer. `postedBy` is who posted
    it under a mandate of `recordedBy`, null where that is the same; `traceId` the trace of that request. `destroyed`:
    what was sealed in it can be read by nobody any more.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: InstantText
    subject: UUID | None
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]
    position: int
    version: int
    recordedAt: InstantText
    recordedBy: str
    postedBy: str | None
    traceId: str | None
    stream: Stream
    sealed: bool
    destroyed: bool
    inForce: bool
    correctedBy: Named | None
    withdrawnBy: Named | None


class SelectedEvents(NamedTuple):
    """Some of the log in order of position, and the position behind which it goes on; None at the end."""

    rows: list[RecordedEvent]
    continues_at: int | None


def is_listed(question: LogQuestion, row: RecordedEvent) -> bool:
    """Whether an event is on a list: known by then, and held on the day if one was asked."""
    held = question.valid_on is None or row.effective_on <= question.valid_on
    return held and question.knows(row.position, row.sent_at)


def read_selected(
    question: LogQuestion,
    after: int,
    limit: int,
    selection: Selection = EVERYTHING,
    *,
    own: OwnScope | None = None,
    at_most: int = _AT_MOST,
    at_once: int = _AT_ONCE,
) -> SelectedEvents:
    """The next events of the log that are on the list; with `own` those of them that are the caller's own.

    Fewer than `limit`, and be it none, when `at_most` positions have been looked through; then it goes on behind those.
    """
    where = [*_on_the_list(question), *selection.conditions(question.connection)]
    if own is not None:
        where += own.conditions(question.connection)
        at_most, at_once = min(at_most, _AT_MOST_OF_OWN), min(at_once, _AT_ONCE_OF_OWN)
    found: list[RecordedEvent] = []
    end = min(question.position, after + at_most)
    while after < end and len(found) <= limit:
        until, wanted = min(end, after + at_once), limit + 1 - len(found)
        rows = EventRecorder(question.connection).select_notifications(
            after, wanted, until, inclusive_of_start=False, where=where
        )
        some = [row for row in rows if selection.has(row)]
        found += some if own is None else own.rows(question.connection, some)
        after = until if len(rows) < wanted else rows[-1].position
    if len(found) > limit:
        return SelectedEvents(found[:limit], found[limit - 1].position)
    return SelectedEvents(found, after if after < question.position else None)


def _on_the_list(question: LogQuestion) -> list[Condition]:
    """As `is_listed`, for the database; nothing behind the question's position is asked for."""
    found: list[Condition] = []
    if question.valid_on is not None:
        found.append(("effective_on <= ?", (question.valid_on,)))
    if question.known_by == "sender" and question.known_at is not None:
        by = question.known_at
        found.append(("sent_at <= ?", (instant_text(by) if dialect.is_sqlite(question.connection) else by,)))
    return found


def describe_events(question: LogQuestion, rows: Sequence[RecordedEvent]) -> list[Event]:
    """Events as an answer shows them; whole histories are read once for all streams of the page."""
    streams = {row.stream for row in rows}
    found = read_effective(question.connection, question, streams)
    destroyed = select_destroyed(question.connection, streams)
    return [_event(row, found[row.stream], destroyed=row.stream in destroyed) for row in rows]


def read_effective(connection: Connection, question: LogQuestion, of: set[UUID]) -> dict[UUID, EffectiveEvents]:
    """What was in force of some streams, as known then."""
    return {stream: effective_events(known) for stream, known in read_known(connection, of, question.known).items()}


def _event(row: RecordedEvent, of_the_stream: EffectiveEvents, *, destroyed: bool) -> Event:
    data = decode_data(row)
    sealed = data.pop("sealed", None) is not None
    # The log keeps the month for figures; nobody needs it of a person.
    data.pop("birthDate", None)
    stream = stream_of(row, data)
    name = (row.source, row.source_id)
    corrected, withdrawn = of_the_stream.replaced_by.get(name), of_the_stream.withdrawn_by.get(name)
    return {
        "specversion": "1.0",
        "id": row.source_id,
        "source": row.source,
        "type": f"{TYPE_PREFIX}{row.topic}",
        "time": format_instant(row.sent_at),
        "subject": row.stream if stream["kind"] == "journey" else None,
        "datacontenttype": "application/json",
        "data": data,
        "position": row.position,
        "version": row.version,
        "recordedAt": format_instant(row.recorded_at),
        "recordedBy": row.recorded_by,
        "postedBy": row.posted_by,
        "traceId": None if row.trace_id is None else row.trace_id.hex(),
        "stream": stream,
        "sealed": sealed,
        "destroyed": destroyed,
        "inForce": corrected is None and withdrawn is None,
        "correctedBy": _named(corrected),
        "withdrawnBy": _named(withdrawn),
    }


def _named(name: tuple[str, str] | None) -> Named | None:
    return None if name is None else {"source": name[0], "id": name[1]}
