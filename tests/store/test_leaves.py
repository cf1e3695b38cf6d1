"""Leaves: every column of an event in one canonical line, the same bytes on both engines."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from service.evidence import Mismatch
from service.evidence.leaves import parse_leaf, read_leaves
from service.log.events import NewEvent
from service.log.recorder import EventRecorder
from service.storage.database import connect, reading, writing
from service.storage.service_tables import events
from tests.store.signed_logs import record, row, tamper
from tests.views.logs import examples

STREAM = UUID("0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d")


def append(engine: Engine, *rows: NewEvent) -> list[bytes]:
    """Record these and give their leaves."""
    with writing(engine) as connection:
        EventRecorder(connection).lock()
        first, *_ = EventRecorder(connection).insert_events(rows)
    with reading(engine) as connection:
        return list(read_leaves(connection, first - 1, len(rows)))


def leaves(engine: Engine) -> list[bytes]:
    with reading(engine) as connection:
        return list(read_leaves(connection, 0, 1000))


def test_a_leaf_is_one_line_with_all_columns_in_order_of_their_names(engine: Engine) -> None:
    event = NewEvent(
        stream=STREAM,
        version=7,
        topic="linked.v1",
        data='{"municipality":"GM0153","note":"é\\n"}',
        effective_on=date(2021, 3, 10),
        sent_at=datetime(2021, 3, 10, 14, 5, tzinfo=timezone(timedelta(hours=1))),
        recorded_at=datetime(2021, 3, 10, 13, 5, 1, 42_000, UTC),
        source="urn:nld:oin:00000099000000002000:systeem:plaatsing",
        source_id="tvs-417",
        recorded_by="00000099000000002000",
        content_mac=bytes(range(32)),
    )
    (line,) = append(engine, event)
    assert line.decode() == (
        '{"contentMac":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
        r'"data":"{\"municipality\":\"GM0153\",\"note\":\"é\\n\"}",'
        '"effectiveOn":"2021-03-10","position":1,"recordedAt":"2021-03-10T13:05:01.042000Z",'
        '"recordedBy":"00000099000000002000","sentAt":"2021-03-10T13:05:00.000000Z",'
        '"source":"urn:nld:oin:00000099000000002000:systeem:plaatsing","sourceId":"tvs-417",'
        '"stream":"0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d","topic":"linked.v1","version":7}'
    )


def test_a_leaf_has_a_field_for_every_column_of_the_table(engine: Engine) -> None:
    (line,) = append(engine, row(1)._replace(trace_id=bytes(range(16)), posted_by="00000099000000004000"))
    camel = [name.title().replace("_", "") for name in events.columns.keys()]  # noqa: SIM118 - columns, not names
    assert sorted(json.loads(line)) == sorted(name[0].lower() + name[1:] for name in camel)


def test_who_posted_an_event_and_its_trace_stand_in_its_leaf_where_they_are_known(engine: Engine) -> None:
    plain, told = append(engine, row(1), row(2)._replace(trace_id=bytes(range(16)), posted_by="00000099000000004000"))
    assert b"traceId" not in plain and b"postedBy" not in plain
    assert b',"position":2,"postedBy":"00000099000000004000","recordedAt":' in told
    assert b',"traceId":"000102030405060708090a0b0c0d0e0f","version":' in told
    leaf = parse_leaf(told)
    assert (leaf.posted_by, leaf.trace_id) == ("00000099000000004000", "000102030405060708090a0b0c0d0e0f")
    with pytest.raises(ValueError, match="postedBy"):
        parse_leaf(plain.replace(b',"recordedAt"', b',"postedBy":null,"recordedAt"'))


def test_an_event_of_a_stock_application_has_an_empty_envelope(engine: Engine) -> None:
    (line,) = append(engine, NewEvent(STREAM, 1, "linked.v1", "{}"))
    told = json.loads(line)
    assert {name for name, value in told.items() if value is None} == {
        *("contentMac", "effectiveOn", "recordedAt", "recordedBy", "sentAt", "source", "sourceId")
    }


@examples(60)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_leaf_is_what_any_writer_of_canonical_json_makes_of_it(engine: Engine, text: str) -> None:
    with reading(engine) as connection:
        version = EventRecorder(connection).head().position + 1
    (line,) = append(engine, NewEvent(STREAM, version, "linked.v1", text))
    plain = json.dumps(json.loads(line), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert line == plain.encode()
    assert json.loads(line)["data"] == text
    assert parse_leaf(line).position == version


def test_a_line_that_is_written_otherwise_is_not_canonical() -> None:
    line = b'{"contentMac":null,"data":"{}","effectiveOn":null,"position":1,"recordedAt":null,"recordedBy":null,'
    line += b'"sentAt":null,"source":null,"sourceId":null,"stream":"x","topic":"linked.v1","version":1}'
    assert parse_leaf(line).topic == "linked.v1"
    others = [
        line.replace(b":1,", b": 1,"),
        line.replace(b":1,", b":1.0,"),
        line.replace(b"linked", b"\\u006cinked"),
        line.replace(b'"version":1', b'"version":1,"more":1'),
        line.replace(b',"version":1', b""),
        b"{" + line[19:-1] + b',"contentMac":null}',
        line + b" ",
        line[:-1],
        line.replace(b"linked", b"\xff"),
        b"[]",
        b"",
    ]
    taken = []
    for other in others:
        with suppress(ValueError):
            taken.append(parse_leaf(other))
    assert taken == []


def test_a_gap_is_told_when_it_is_reached(engine: Engine) -> None:
    record(engine, 5)
    tamper(engine, "DELETE FROM events WHERE position = 3")
    with reading(engine) as connection:
        read = read_leaves(connection, 0, 100)
        assert [parse_leaf(next(read)).position for _ in range(2)] == [1, 2]
        with pytest.raises(Mismatch, match="position 3 is missing from the log"):
            next(read)


@pytest.mark.parametrize(
    "change",
    [
        "data = CAST(x'7bff7d' AS TEXT)",
        "data = x'7b7d'",
        "stream = 'x'",
        "stream = x'00'",
        "content_mac = 'ab'",
        "recorded_at = x'00'",
    ],
)
def test_what_sqlite_keeps_but_no_event_can_be_is_told_with_its_position(sqlite_url: str, change: str) -> None:
    engine = connect(sqlite_url)
    record(engine, 5)
    tamper(engine, f"UPDATE events SET {change} WHERE position = 3")
    with reading(engine) as connection:
        read = read_leaves(connection, 0, 100)
        assert [parse_leaf(next(read)).position for _ in range(2)] == [1, 2]
        with pytest.raises(Mismatch, match="the event at position 3 cannot be read as it was recorded"):
            next(read)
    engine.dispose()


def test_the_limit_is_kept(engine: Engine) -> None:
    record(engine, 5)
    assert len(leaves(engine)) == 5
    with reading(engine) as connection:
        assert [parse_leaf(line).position for line in read_leaves(connection, 2, 2)] == [3, 4]
