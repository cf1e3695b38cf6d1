"""What the ledger and the follower ask of the log: append, head, versions, receipts, and rows in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from eventsourcing.persistence import DataError, NotSupportedError, StoredEvent
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from service.log import recorder
from service.log.deduplication import Receipt, Standing, receipts, standing
from service.log.recorder import EventRow, Head, TableRecorder
from service.storage.database import reading, writing

FIRST = UUID("00000000-0000-4000-8000-000000000001")
SECOND = UUID("00000000-0000-4000-8000-000000000002")
THIRD = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")
MORNING = datetime(2021, 3, 10, 8, 0, 0, 123000, tzinfo=UTC)
COA = "urn:nld:oin:00000099000000002000:systeem:tvs"


def linked(stream: UUID, version: int, source_id: str, recorded_at: datetime = MORNING) -> EventRow:
    return EventRow(
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


def record(engine: Engine, *rows: EventRow) -> int:
    with writing(engine) as connection:
        recorder.take_append_lock(connection)
        return recorder.append(connection, rows)


def test_an_empty_log_ends_at_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        assert recorder.head(connection) == Head(0, None)
        assert recorder.event_rows(connection, after=0, limit=10) == []


def test_an_event_is_read_as_it_was_recorded(engine: Engine) -> None:
    row = linked(FIRST, 1, "a")
    record(engine, row)
    with reading(engine) as connection:
        (found,) = recorder.event_rows(connection, after=0, limit=10)
    assert found == (1, *row)
    assert found.recorded_at is not None
    assert found.recorded_at.utcoffset() == timedelta(0)
    assert type(found.stream) is UUID
    assert type(found.content_mac) is bytes


def test_positions_go_on_where_the_log_ended(engine: Engine) -> None:
    assert record(engine, linked(FIRST, 1, "a"), linked(FIRST, 2, "b")) == 1
    assert record(engine, linked(SECOND, 1, "c")) == 3
    with reading(engine) as connection:
        assert recorder.head(connection) == Head(3, MORNING)


def test_a_caller_who_knows_the_head_need_not_ask_again(engine: Engine) -> None:
    with writing(engine) as connection:
        recorder.take_append_lock(connection)
        assert recorder.append(connection, [linked(FIRST, 1, "a")], after=0) == 1
        assert recorder.append(connection, [linked(FIRST, 2, "b")], after=1) == 2


def test_the_log_is_read_in_pages(engine: Engine) -> None:
    record(engine, *(linked(FIRST, version, str(version)) for version in range(1, 6)))
    with reading(engine) as connection:
        assert [row.position for row in recorder.event_rows(connection, after=1, limit=3)] == [2, 3, 4]
        assert [row.position for row in recorder.event_rows(connection, after=4, limit=3)] == [5]


def test_versions_are_told_of_streams_that_have_events(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"), linked(FIRST, 2, "b"), linked(SECOND, 1, "c"))
    with writing(engine) as connection:
        assert standing(connection, [], [FIRST, SECOND, THIRD, FIRST]).versions == {FIRST: 2, SECOND: 1}
        assert standing(connection, [], []) == Standing(Head(3, MORNING), 0, None, {}, {}, {})


def test_receipts_are_found_by_source_and_id_together(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"), linked(SECOND, 1, "b"))
    with writing(engine) as connection:
        names = [(COA, "b"), (COA, "c"), ("urn:other", "a"), (COA, "b")]
        assert standing(connection, names, []).positions == {(COA, "b"): 2}
        receipt = Receipt(2, SECOND, 1, "linked.v1", MORNING, b"\x00\xff" * 16)
        assert receipts(connection, [2]) == {(COA, "b"): receipt}


def test_more_is_asked_than_one_statement_can_carry(engine: Engine) -> None:
    streams = [UUID(int=number) for number in range(1, 2001)]
    record(engine, *(linked(stream, 1, str(stream)) for stream in streams))
    names = [(COA, str(stream)) for stream in streams]
    with writing(engine) as connection:
        told = standing(connection, names, streams, streams)
        assert told.versions == dict.fromkeys(streams, 1)
        assert told.positions == {name: nth for nth, name in enumerate(names, start=1)}
        assert told.wrapped_keys == {}
        assert receipts(connection, range(1, 2001)).keys() == set(names)
    with reading(engine) as connection:
        assert [row.stream for row in recorder.stream_rows(connection, reversed(streams))] == streams


def test_streams_are_read_in_order_of_stream_and_version(engine: Engine) -> None:
    record(engine, linked(THIRD, 1, "a"), linked(FIRST, 1, "b"), linked(THIRD, 2, "c"), linked(SECOND, 1, "d"))
    with reading(engine) as connection:
        found = recorder.stream_rows(connection, [THIRD, FIRST])
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
        assert recorder.position_at(connection, known_at) == position


def test_a_source_uses_an_id_once(engine: Engine) -> None:
    record(engine, linked(FIRST, 1, "a"))
    with pytest.raises(IntegrityError):
        record(engine, linked(SECOND, 1, "b"), linked(SECOND, 2, "a"))
    with reading(engine) as connection:
        assert recorder.head(connection).position == 1


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
        recorder.head(connection)


def test_the_envelope_is_given_by_keyword(engine: Engine) -> None:
    stored = [StoredEvent(FIRST, version, "linked.v1", b"{}") for version in (1, 2)]
    assert TableRecorder(engine).insert_events(stored, source=COA, source_id=["a", "b"], recorded_at=MORNING) == [1, 2]
    with reading(engine) as connection:
        found = recorder.event_rows(connection, after=0, limit=10)
    assert [(row.source, row.source_id, row.recorded_at) for row in found] == [
        (COA, "a", MORNING),
        (COA, "b", MORNING),
    ]


def test_tracking_is_not_kept_here(engine: Engine) -> None:
    with pytest.raises(NotSupportedError):
        TableRecorder(engine).insert_events([StoredEvent(FIRST, 1, "linked.v1", b"{}")], tracking=object())


def test_a_state_that_nobody_can_read_is_refused(engine: Engine) -> None:
    with pytest.raises(DataError, match="readable text"):
        TableRecorder(engine).insert_events([StoredEvent(FIRST, 1, "linked.v1", b"\xff\xfe")])
