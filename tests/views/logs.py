"""A log in a real database for tests: histories committed through the ledger, followed, and the rows read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Connection, Engine, Insert, Table, and_, insert, select

from domain.codec import fields_of, write_fact
from domain.effective import effective_events_on
from domain.facts import (
    PERIOD_FACTS,
    EventWithdrawn,
    FineCancelled,
    InhabitantsCounted,
    MunicipalityMerged,
    Recorded,
    VNumberReplaced,
)
from domain.field_types import year_and_month
from domain.identifiers import is_v_number
from domain.period import Period
from domain.places import Places
from projections import streams
from projections.column_store import ColumnStore, Snapshot
from projections.engine import LAST_DAY, Asked, Projection
from projections.row_store import read_rows
from projections.states.findings import findings
from projections.states.housings import housings
from projections.stream_history import StreamHistory
from projections.tables import FOREVER, STILL, metadata
from service.foundation.settings import ClockMode
from service.log.event_store import EventStore
from service.log.keys import DEVELOPMENT_KEY, Keyring
from service.log.recorder import EventRecorder
from service.log.submission import Admitted, Outcome, Receipted, Submission
from service.projector.follower import Follower
from service.projector.offsets import read_offsets
from service.storage.database import projecting, reading
from tests.rules.histories import UTRECHT, histories, journey_facts, linked, period_facts, said

#: The clock of the first commit; every later one is a second on.
FIRST_COMMIT = datetime(2026, 1, 1, tzinfo=UTC)
VIEW = "view_a"
PLACES = Places.shipped()
CBS = "urn:nld:oin:00000099000000005000:systeem:statline"
MINISTRY = "urn:nld:oin:00000099000000004000:systeem:taakstelling"

#: What a story is of. The municipalities have one stream in a log: no two stories can be of those.
subjects = st.sampled_from([journey_facts, journey_facts, period_facts])

_SAME_DATABASE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(count: int) -> settings:
    """So many examples in one database, each with journeys of its own."""
    return settings(max_examples=count, deadline=None, suppress_health_check=_SAME_DATABASE)


def story(least: int = 1) -> st.SearchStrategy[list[Recorded]]:
    """Any history of a permit holder or of a half-year; `Log.story` makes it one that a log does not know yet."""
    return subjects.flatmap(lambda of: histories(least=least, of=of))


class Log:
    """One database with its ledger: what is committed, by a clock that the test sets."""

    def __init__(self, engine: Engine, mode: ClockMode = "service") -> None:
        self.engine = engine
        self.now = FIRST_COMMIT
        self._keys = Keyring(DEVELOPMENT_KEY)
        self._ledger = EventStore(engine, self._keys, lambda: self.now, mode)
        self._v_numbers: dict[UUID, str] = {}
        self._period = Period(2021, 1)
        self._copy: ColumnStore | None = None
        #: Everything committed so far, by stream.
        self.recorded: dict[UUID, list[Recorded]] = {}

    def journey(self, history: Iterable[Recorded]) -> list[Recorded]:
        """A history as that of a permit holder whom the log does not know yet; its ids get a prefix of one width."""
        number = len(self._v_numbers) + 1
        v_number = f"{number:010d}"
        stream = self._keys.journey(v_number)
        self._v_numbers[stream] = v_number
        return [_in_stream(_of_nobody_else(event, number), stream, f"{number:05d}-") for event in history]

    def story(self, history: Iterable[Recorded]) -> list[Recorded]:
        """A history as of a permit holder, or where it speaks of one a half-year, that the log does not know yet."""
        told = list(history)
        if not any(isinstance(event.fact, PERIOD_FACTS) for event in told):
            return self.journey(told)
        period = self.next_period()
        return [_in_stream(event, streams.of_period(period), f"{period}-", period=period) for event in told]

    def of_municipalities(self, history: Iterable[Recorded]) -> list[Recorded]:
        """A history as more of what the log is told of the municipalities, by ids that it does not know yet."""
        return [_in_stream(event, streams.REFERENCE, f"{self.position():05d}-") for event in history]

    def journeys(self, count: int) -> list[UUID]:
        """The ids of so many permit holders whom the log does not know yet."""
        return [self.journey([linked("2022-03-01")])[0].stream for _ in range(count)]

    def next_period(self) -> Period:
        """A half-year that no test of this log has spoken of yet."""
        self._period = self._period.next
        return self._period

    def outcomes(self, events: Iterable[Recorded]) -> list[Outcome]:
        """What the ledger answers to events posted in one commit."""
        self.now += timedelta(seconds=1)
        return self._ledger.commit([Submission([self._admitted(event) for event in events])])[0]

    def commit(self, events: Iterable[Recorded]) -> list[Recorded]:
        """Record new events in one commit; as the log holds them."""
        posted = list(events)
        events = [_as_recorded(event, outcome) for event, outcome in zip(posted, self.outcomes(posted), strict=True)]
        for event in events:
            self.recorded.setdefault(event.stream, []).append(event)
        return events

    def follow(self, limits: Iterable[int] = (), view: str = VIEW) -> list[int]:
        """Bring a set of tables up to the end of the log, in batches of these sizes first; where each batch ended."""
        # It remembers a little, so that some streams are gone on with, and others are read again.
        follower = Follower(self.engine, cache_limit=30)
        ends = [self.reached(view) for limit in limits if follower.project_next(view, limit)]
        while follower.project_next(view):
            ends.append(self.reached(view))
        return ends

    def reached(self, view: str = VIEW) -> int:
        """The position that a set of tables has come to."""
        with reading(self.engine, view) as connection:
            return min(one.position for one in read_offsets(connection))

    @contextmanager
    def tables(self) -> Iterator[Snapshot]:
        """The state tables in columns, as far as they are followed: a copy that is caught up time and again."""
        with reading(self.engine, VIEW) as connection:
            if self._copy is None:
                self._copy = ColumnStore.of(connection)
            stands = {one.projection: one.position for one in read_offsets(connection)}
            self._copy.catch_up(connection, stands, 1.0)
        with self._copy.snapshot() as tables:
            yield tables

    def changed_by_hand(self) -> None:
        """Nothing that was copied of the tables counts any more."""
        if self._copy is not None:
            self._copy.close()
        self._copy = None

    def position(self) -> int:
        """The last position of the log."""
        with reading(self.engine) as connection:
            return EventRecorder(connection).head().position

    def _admitted(self, event: Recorded) -> Admitted:
        shape = type(event.fact)
        data: dict[str, Any] = {"effectiveOn": event.effective_on.isoformat(), **write_fact(event.fact)}
        if event.corrects is not None:
            data["corrects"] = event.corrects
        if event.corrects_source is not None:
            data["correctsSource"] = event.corrects_source
        v_number = self._v_numbers.get(event.stream)
        personal = {field.json_name for field in fields_of(shape) if field.type.personal and v_number is not None}
        if isinstance(event.fact, VNumberReplaced):
            # In the log the id of its journey stands for it.
            personal.discard("replaces")
            if is_v_number(event.fact.replaces):
                data["replaces"] = str(self._keys.journey(event.fact.replaces))
        plain = {name: value for name, value in data.items() if name not in personal}
        born = getattr(event.fact, "birth_date", None)
        if born is not None and v_number is not None:
            # The month stands in the open, as a posted one does.
            plain["birthDate"] = str(year_and_month(born))
        return Admitted(
            source=event.source,
            id=event.id,
            topic=event.fact.TOPIC,
            stream=event.stream,
            of_a_person=v_number is not None,
            v_number=v_number,
            effective_on=event.effective_on,
            sent_at=event.sent_at,
            recorded_by=event.recorded_by,
            data=plain,
            personal={name: value for name, value in data.items() if name in personal},
            content=repr((event.fact.TOPIC, event.sent_at, data)).encode(),
            concerns_places=event.stream == streams.REFERENCE,
            posted=data,
        )


def of_reference(*events: Recorded) -> list[Recorded]:
    """Events of the reference stream, said by CBS."""
    return [event._replace(stream=streams.REFERENCE, source=CBS) for event in events]


def of_area(event: Recorded) -> Recorded:
    """An event in the stream of the area that it speaks of."""
    fact: Any = event.fact
    return event._replace(stream=streams.of_area(fact.area))


def merged(on: str, municipality: str, into: str, event: str, **brought: Any) -> Recorded:
    """A merger on a day, as an event of this id; a new code brings its name and province."""
    fact = MunicipalityMerged(municipality, into, date.fromisoformat(on), **brought)
    return of_reference(said(on, fact, id=event))[0]


def counted(on: str, municipality: str, persons: int, event: str, said_on: str = "", **envelope: Any) -> Recorded:
    """Inhabitants on a day, told that day or later."""
    fact = InhabitantsCounted(municipality, date.fromisoformat(on), persons)
    return of_reference(said(said_on or on, fact, id=event, **envelope))[0]


def of_period(*events: Recorded) -> list[Recorded]:
    """Events of the streams of the half-years they speak of, said by the ministry."""
    found = []
    for event in events:
        fact: Any = event.fact
        found.append(event._replace(stream=streams.of_period(fact.period), source=MINISTRY))
    return found


def _of_nobody_else(event: Recorded, number: int) -> Recorded:
    """An event; where it says that a drawn V-number was replaced, one that no other journey's is said to have replaced.

    Whose V-number another journey's replaced too is found by what is said of that.
    """
    fact = event.fact
    if isinstance(fact, VNumberReplaced) and is_v_number(fact.replaces):
        return event._replace(fact=VNumberReplaced(f"9{number:05d}{fact.replaces[-4:]}"))
    return event


def _in_stream(event: Recorded, stream: UUID, prefix: str, **said_anew: Any) -> Recorded:
    fact: Any = event.fact
    if isinstance(fact, EventWithdrawn):
        said_anew["withdraws"] = prefix + fact.withdraws
    elif isinstance(fact, FineCancelled):
        said_anew["fine"] = prefix + fact.fine
    corrects = None if event.corrects is None else prefix + event.corrects
    return event._replace(stream=stream, fact=replace(fact, **said_anew), id=prefix + event.id, corrects=corrects)


def _as_recorded(event: Recorded, outcome: Outcome) -> Recorded:
    assert isinstance(outcome, Receipted) and not outcome.repeated, outcome
    return event._replace(position=outcome.position, version=outcome.version, recorded_at=outcome.recorded_at)


Answers = dict[UUID, Counter[tuple[Any, ...]]]


def in_force(table: Table, asked: Asked) -> ColumnElement[bool]:
    """The rows that are the answer for both times."""
    day = min(asked.valid_on, LAST_DAY)
    return and_(
        table.c.known_from <= asked.position,
        table.c.known_until > asked.position,
        table.c.valid_from <= day,
        table.c.valid_until > day,
    )


def answers(
    connection: Connection, projections: Sequence[Projection], asked: Asked, journeys: Iterable[UUID]
) -> dict[str, Answers]:
    """By table and stream, the rows that answer for both times, without their spans."""
    found: dict[str, Answers] = {}
    for projection in projections:
        table = projection.table
        of_table = found[table.name] = {stream: Counter() for stream in journeys}
        columns = [column for column in table.columns if column.name not in _SPANS]
        statement = select(table.c.stream, *columns).where(in_force(table, asked), table.c.stream.in_(list(of_table)))
        for stream, *row in connection.execute(statement):
            of_table[stream][tuple(row)] += 1
    return found


_SPANS = ("stream", "known_from", "number", "known_until", "valid_from", "valid_until")


def computed(
    projections: Sequence[Projection], histories: Iterable[Sequence[Recorded]], asked: Asked, places: Places = PLACES
) -> dict[str, Answers]:
    """The same by the functions alone, from the effective history of each stream for both times."""
    found: dict[str, Answers] = {projection.table.name: {} for projection in projections}
    for history in histories:
        known = [event for event in history if event.position <= asked.position]
        held = effective_events_on(known, asked.valid_on)
        told = StreamHistory([event._replace(corrects=None, corrects_source=None) for event in held], places)
        for projection in projections:
            # What is found of amendments cannot be seen without them.
            of = StreamHistory(known, places) if projection.table is findings else told
            found[projection.table.name][history[0].stream] = Counter(
                row[2:] for row in projection.rows(of) if row[0] <= asked.valid_on < row[1]
            )
    return found


def placeless(table: str, row: Iterable[Any]) -> tuple[Any, ...]:
    """The last columns of a row of a table without places in the log, which depend on the order of arrival."""
    values = tuple(row)
    names = list(metadata.tables[f"view.{table}"].columns.keys())[-len(values) :]
    return tuple(None if name == "position" else value for name, value in zip(names, values, strict=True))


def stored(log: Log, tables: Iterable[Table], journeys: Iterable[UUID], view: str = VIEW) -> dict[str, list[Any]]:
    """Every row of some streams with both spans, closed ones too, in a fixed order."""
    some = list(journeys)
    with reading(log.engine, view) as connection:
        return {table.name: sorted(read_rows(connection, table, some), key=repr) for table in tables}


def days_around(histories: Iterable[Iterable[Recorded]]) -> list[date]:
    """Every day on which something held, with the days before and after it."""
    held = {event.effective_on for history in histories for event in history}
    return sorted({day + timedelta(days=step) for day in held for step in (-1, 0, 1)})


@contextmanager
def changing(log: Log, view: str = VIEW) -> Iterator[Connection]:
    """A connection with which a test changes projection tables by hand."""
    log.changed_by_hand()
    with projecting(log.engine, view) as connection:
        yield connection


def a_housing(stream: UUID, known_from: int, **otherwise: Any) -> Insert:
    """Writes the row of a housing that nobody reported."""
    row = {
        "stream": stream,
        "known_from": known_from,
        "number": 7,
        "known_until": STILL,
        "valid_from": date(2021, 6, 10),
        "valid_until": FOREVER,
        "period": "2021-I",
        "municipality": UTRECHT,
        "accommodation": "regular",
        "persons": 1,
        "on_day": date(2021, 6, 10),
        "ground": "asylum",
        "undone": False,
        "turn": 1,
    }
    return insert(housings).values({**row, **otherwise})
