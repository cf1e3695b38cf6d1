"""What the ledger and the follower ask of the log: append, head, versions, receipts, and rows in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from eventsourcing.persistence import DataError, Notification, NotSupportedError, StoredEvent
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from service.log.deduplication import Lookup, Receipt, look_up, read_receipts
from service.log.events import NewEvent
from service.log.recorder import EventRecorder, Head
from service.storage.database import reading, writing

FIRST = UUID("00000000-0000-4000-8000-000000000001")
SECOND = UUID("00000000-0000-4000-8000-000000000002")
THIRD = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
MORNING = datetime(2021, 3, 10, 8, 0, 0, 123000, tzinfo=UTC)
COA = "urn:nld:oin:00000099000000002000:systeem:tvs"


def linked(stream: UUID, version: int, source_id: str, recorded_at: datetime = MORNING) -> NewEvent:
    return NewEvent(
        stream=stream,
        version=version,
        topic="linked.v1",
        data='{"municipality":"GM0344","note":"café"}',
        effective_on=date(2021, 3, 9),
        sent_at=datetime(2021, 3, 9, 14, 5, tzinfo=timezone(timedelta(hours=1))),
        recorded_at=recorded_at,
        source=COA,
        source_id=source_id,
        recorded_by="00000099000000002000",
        content_mac=b"\x00\xff" * 16,
    )


def record(engine: Engine, *rows: NewEvent) -> int:
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        return EventRecorder(connection).insert_events(rows)[0]


def test_an_empty_log_ends_at_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        assert EventRecorder(connection).head() == Head(0, None)
        assert EventRecorder(connection).select_notifications(0, 10, inclusive_of_start=False) == []


def test_an_event_is_read_as_it_was_recorded(engine: Engine) -> None:
    row = linked(FIRST, 1, "a")
    record(engine, row)
    with reading(engine) as connection:
        (found,) = EventRecorder(connection).select_notifications(0, 10, inclusive_of_start=False)
    assert found == (1, *row)
    assert found.recorded_at is not None
    assert found.recorded_at.utcoffset() == timedelta(0)
    assert type(found.stream) is UUID
    assert type(found.content_mac) is bytes


def test_positions_go_on_where_the_log_ended(engine: Engine) -> None:
    assert record(engine, linked(FIRST, 1, "a"), linked(FIRST, 2, "b")) == 1
    assert record(engine, linked(SECOND, 1, "c")) == 3
    with reading(engine) as connection:
        assert EventRecorder(connection).head() == Head(3, MORNING)


def test_a_caller_who_knows_the_head_need_not_ask_again(engine: Engine) -> None:
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        assert EventRecorder(connection).insert_events([linked(FIRST, 1, "a")], after=0) == [1]
        assert EventRecorder(connection).insert_events([linked(FIRST, 2, "b")], after=1) == [2]


def test_the_log_is_read_in_pages(engine: Engine) -> None:
    record(engine, *(linked(FIRST, version, str(version)) for version in range(1, 6)))
    with reading(engine) as connection:
        assert [
            row.position for row in EventRecorder(connection).select_notifications(1, 3, inclusive_of_start=False)
        ] == [2, 3, 4]
        assert [
            row.position for row in EventRecorder(connection).select_notifications(4, 3, inclusive_of_start=False)
        ] == [5]


def test_versions_are_told_of_streams_that_have_events(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"), linked(FIRST, 2, "b"), linked(SECOND, 1, "c"))
    with writing(engine) as connection:
        assert look_up(connection, [], [FIRST, SECOND, THIRD, FIRST]).versions == {FIRST: 2, SECOND: 1}
        assert look_up(connection, [], []) == Lookup(Head(3, MORNING), 0, None, {}, {}, {})


def test_receipts_are_found_by_source_and_id_together(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"), linked(SECOND, 1, "b"))
    with writing(engine) as connection:
        names = [(COA, "b"), (COA, "c"), ("urn:other", "a"), (COA, "b")]
        assert look_up(connection, names, []).positions == {(COA, "b"): 2}
        receipt = Receipt(2, SECOND, 1, "linked.v1", MORNING, b"\x00\xff" * 16)
        assert read_receipts(connection, [2]) == {(COA, "b"): receipt}


def test_more_is_asked_than_one_statement_can_carry(engine: Engine) -> None:
    streams = [UUID(int=number) for number in range(1, 2001)]
    record(engine, *(linked(stream, 1, str(stream)) for stream in streams))
    names = [(COA, str(stream)) for stream in streams]
    with writing(engine) as connection:
        told = look_up(connection, names, streams, streams)
        assert told.versions == dict.fromkeys(streams, 1)
        assert told.positions == {name: nth for nth, name in enumerate(names, start=1)}
        assert told.wrapped_keys == {}
        assert read_receipts(connection, range(1, 2001)).keys() == set(names)
    with reading(engine) as connection:
        assert [row.stream for row in EventRecorder(connection).select_streams(reversed(streams))] == streams


def test_streams_are_read_in_order_of_stream_and_version(engine: Engine) -> None:
    record(engine, linked(THIRD, 1, "a"), linked(FIRST, 1, "b"), linked(THIRD, 2, "c"), linked(SECOND, 1, "d"))
    with reading(engine) as connection:
        found = EventRecorder(connection).select_streams([THIRD, FIRST])
    assert [(row.stream, row.version, row.position) for row in found] == [(FIRST, 1, 2), (THIRD, 1, 1), (THIRD, 2, 3)]


@pytest.mark.parametrize(
    ("known_at", "position"),
    [
        (MORNING - timedelta(milliseconds=1), 0),
        (MORNING, 2),
        (MORNING.astimezone(timezone(timedelta(hours=5))), 2),
        (MORNING + timedelta(microseconds=999), 2),
        (MORNING + timedelta(milliseconds=1), 3),
        (MORNING + timedelta(days=1), 3),
    ],
)
def test_an_instant_is_the_last_position_recorded_by_then(engine: Engine, known_at: datetime, position: int) -> None:
    record(engine, linked(FIRST, 1, "a"), linked(FIRST, 2, "b"))
    record(engine, linked(FIRST, 3, "c", recorded_at=MORNING + timedelta(milliseconds=1)))
    with reading(engine) as connection:
        assert EventRecorder(connection).position_at(known_at) == position


def test_a_source_uses_an_id_once(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"))
    with pytest.raises(IntegrityError):
        record(engine, linked(SECOND, 1, "b"), linked(SECOND, 2, "a"))
    with reading(engine) as connection:
        assert EventRecorder(connection).head().position == 1


def test_an_error_tells_no_values(engine: Engine) -> None:
    secret = linked(FIRST, 1, "a")._replace(data='{"vNumber":"0123456789"}')
    record(engine, secret)
    with pytest.raises(IntegrityError) as raised:
        record(engine, secret)
    assert "0123456789" not in str(raised.value)


def test_what_is_rolled_back_leaves_no_gap(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"))
    taken_twice = linked(SECOND, 1, "b")
    with pytest.raises(IntegrityError):
        record(engine, taken_twice, taken_twice)
    assert record(engine, linked(THIRD, 1, "c")) == 2


def test_the_log_is_touched_only_inside_a_transaction(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(RuntimeError, match="inside a transaction"):
        EventRecorder(connection).head()


def test_the_envelope_comes_with_the_event_in_a_transaction_of_the_recorders_own_too(engine: Engine) -> None:
    new = [linked(FIRST, 1, "a"), linked(FIRST, 2, "b")]
    assert EventRecorder(engine).insert_events(new) == [1, 2]
    found = EventRecorder(engine).select_notifications(0, 10, inclusive_of_start=False)
    assert found == [(1, *new[0]), (2, *new[1])]
    assert EventRecorder(engine).select_events(FIRST) == found


def test_events_are_those_of_the_library(engine: Engine) -> None:
    new = linked(FIRST, 1, "a")
    EventRecorder(engine).insert_events([new])
    (found,) = EventRecorder(engine).select_notifications(None, 10)
    assert isinstance(new, StoredEvent)
    assert isinstance(found, Notification)
    assert (found.id, found.originator_id, found.originator_version) == (1, FIRST, 1)
    assert found.state == new.state == '{"municipality":"GM0344","note":"café"}'.encode()


def test_tracking_is_not_kept_here(engine: Engine) -> None:
    with pytest.raises(NotSupportedError):
        EventRecorder(engine).insert_events([StoredEvent(FIRST, 1, "linked.v1", b"{}")], tracking=object())


def test_a_state_that_nobody_can_read_is_refused(engine: Engine) -> None:
    with pytest.raises(DataError, match="readable text"):
        EventRecorder(engine).insert_events([StoredEvent(FIRST, 1, "linked.v1", b"\xff\xfe")])
