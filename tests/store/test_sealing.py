"""What is sealed: what of an event stands in the open in the database, and what opens again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, make_url, select, text

from domain.facts import PermitGranted
from domain.field_types import PartialDate
from service.intake.validation import validate_event
from service.log.event_store import EventStore
from service.log.keys import SealBroken, bound_to, unseal
from service.log.mapper import read_histories
from service.log.submission import Admitted, Refused, Submission
from service.storage.database import file_beside, reading
from service.storage.service_tables import events, journey_keys, rejections
from tests.posts import (
    ANOTHER_V_NUMBER,
    COA,
    ENSCHEDE,
    V_NUMBER,
    but,
    event,
    linked,
    permit,
)
from tests.store.recording import GIVEN, KEYS, NOW, column, count, ledger_of, request


@pytest.fixture
def ledger(engine: Engine) -> EventStore:
    return ledger_of(engine)


# --- what is sealed


def stored(engine: Engine, position: int = 1) -> tuple[dict[str, Any], UUID, bytes]:
    """The data of an event, its stream, and the wrapped key of that."""
    with reading(engine) as connection:
        data, stream = connection.execute(
            select(events.c.data, events.c.stream).where(events.c.position == position)
        ).one()
        wrapped = connection.execute(
            select(journey_keys.c.wrapped_key).where(journey_keys.c.stream == stream)
        ).scalar_one()
    return json.loads(data), stream, wrapped


def test_personal_fields_are_sealed_for_their_event(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(permit(birthDate="1990-05-06", ground="family", referent=ANOTHER_V_NUMBER))])
    data, stream, wrapped = stored(engine)
    sealed = data.pop("sealed")
    assert data == {
        "effectiveOn": "2021-04-12",
        "ground": "family",
        "birthDate": "1990-05",
        "referent": str(KEYS.journey(ANOTHER_V_NUMBER)),
    }
    key = KEYS.unwrap(stream, wrapped)
    assert unseal(key, sealed, bound_to(permit()["source"], "p-1")) == {"birthDate": "1990-05-06"}
    with pytest.raises(SealBroken):
        unseal(key, sealed, bound_to(permit()["source"], "p-2"))


def test_source_and_id_can_not_be_shifted_against_each_other() -> None:
    assert bound_to(f"{COA} a", "b") != bound_to(COA, "a b")


def test_the_v_number_is_kept_sealed_once_a_journey(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(linked("l-1"), linked("l-2"), permit())])
    ledger.commit([request(linked("l-3"))])
    _, stream, wrapped = stored(engine)
    with reading(engine) as connection:
        (row,) = connection.execute(select(journey_keys)).all()
    assert row.created_at == NOW
    key = KEYS.unwrap(stream, wrapped)
    assert unseal(key, bytes(row.sealed_v_number).decode(), str(stream)) == {"vNumber": V_NUMBER}


def test_every_journey_has_a_key_of_its_own(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(linked("l-1"), linked("l-2", ANOTHER_V_NUMBER))])
    one, other = stored(engine, 1), stored(engine, 2)
    assert KEYS.unwrap(one[1], one[2]).mac != KEYS.unwrap(other[1], other[2]).mac
    with pytest.raises(SealBroken):
        KEYS.unwrap(one[1], other[2])


def test_the_mac_of_an_event_is_made_under_the_key_of_its_journey(engine: Engine, ledger: EventStore) -> None:
    posted = [linked("l-1"), linked("l-2", ANOTHER_V_NUMBER)]
    ledger.commit([request(*posted)])
    judged = validate_event(posted[0], GIVEN)
    assert isinstance(judged, Admitted)
    _, stream, wrapped = stored(engine)
    one, other = column(engine, "content_mac")
    assert KEYS.mac(KEYS.unwrap(stream, wrapped), judged.content) == bytes(one) != bytes(other)
    assert KEYS.mac(None, judged.content) != bytes(one)


def everything(engine: Engine) -> bytes:
    """All bytes that the database keeps: its files, or every row of every table as text and as bytes."""
    if engine.dialect.name == "sqlite":
        main = Path(str(make_url(str(engine.url)).database))
        found = [main, file_beside(main, "view_a"), file_beside(main, "view_b")]
        found += [path.with_name(path.name + "-wal") for path in list(found)]
        return b"\n".join(path.read_bytes() for path in found if path.exists())
    dump = []
    with reading(engine) as connection:
        tables = connection.execute(
            text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog')")
        ).all()
        for schema, table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{schema}"."{table}"')):
                dump += [
                    bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode() for value in row
                ]
    return b"\n".join(dump)


def test_nothing_personal_stands_in_plain_in_the_database(engine: Engine, ledger: EventStore) -> None:
    referent = "2876540977"
    reason = "te ver van mijn zuster in de Lariksstraat"
    ledger.commit(
        [
            request(
                permit(birthDate="1990-05-06", ground="family", referent=referent),
                linked("l-1"),
                event("offer-refused", ENSCHEDE, "o-1", vNumber=V_NUMBER, municipality="GM0153", reason=reason),
                event("event-withdrawn", COA, "w-1", vNumber=V_NUMBER, withdraws="l-1", reason=reason),
                linked("l-2", "287654097X"),
                but(linked(), data__vNumber=ANOTHER_V_NUMBER),
                linked("tvs-2876540999"),
                but(linked("l-3"), source=f"{COA}:2876540988"),
                but(linked("l-4"), subject="2876540966"),
                but(linked("l-5"), data__household="2876540955"),
                but(linked("l-6"), data__2876540944="2876540933"),
            )
        ]
    )
    assert (count(engine, "events"), count(engine, "rejections")) == (4, 7)
    kept = everything(engine)
    assert b"GM0153" in kept and b"l-1" in kept
    for personal in (V_NUMBER, ANOTHER_V_NUMBER, referent, "28765409", "1990-05-06", "zuster", "Lariks"):
        assert personal.encode() not in kept, personal


def test_what_was_refused_opens_to_what_was_posted(engine: Engine, ledger: EventStore) -> None:
    refused = but(linked("l-2", "287654097X"), traceparent="00-abc-01")
    conflicting = but(linked("l-1"), data__vNumber=ANOTHER_V_NUMBER, traceparent="00-abc-01")
    ledger.commit([request(linked("l-1"), refused, conflicting)])
    with reading(engine) as connection:
        rows = connection.execute(select(rejections).order_by(rejections.c.id)).all()
    assert [json.loads(KEYS.open_rejected(bytes(row.sealed))) for row in rows] == [refused, conflicting]
    assert [(row.source, row.source_id, row.topic, row.oin) for row in rows] == [
        (COA, "l-2", "linked.v1", "00000099000000002000"),
        (COA, "l-1", "linked.v1", "00000099000000002000"),
    ]
    assert [[fault["code"] for fault in json.loads(row.faults)] for row in rows] == [["not-a-v-number"], ["conflict"]]
    assert [row.received_at for row in rows] == [NOW, NOW]


def test_of_a_refused_event_nothing_personal_names_it(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(but(linked("l-1"), id=V_NUMBER)), request(but(linked(), source=f"{COA}:{V_NUMBER}"))])
    with reading(engine) as connection:
        rows = connection.execute(select(rejections).order_by(rejections.c.id)).all()
    assert [(row.source, row.source_id, row.oin) for row in rows] == [
        (COA, None, "00000099000000002000"),
        (None, "l-1", None),
    ]


def test_what_is_no_event_is_kept_as_it_came(engine: Engine, ledger: EventStore) -> None:
    malformed = Refused((), b'{"id": "l-1", \xff')
    ledger.commit(
        [
            Submission(
                [
                    malformed,
                    validate_event(["x"], GIVEN),
                    validate_event(None, GIVEN),
                    validate_event("\N{SNOWMAN}", GIVEN),
                ]
            )
        ]
    )
    with reading(engine) as connection:
        rows = connection.execute(select(rejections.c.sealed).order_by(rejections.c.id)).scalars().all()
    opened = [KEYS.open_rejected(bytes(sealed)) for sealed in rows]
    assert opened[0] == b'{"id": "l-1", \xff'
    assert [json.loads(one) for one in opened[1:]] == [["x"], None, "\N{SNOWMAN}"]


def test_a_birth_date_is_read_back_as_a_month_and_whole_with_the_key_of_its_journey(
    engine: Engine, ledger: EventStore
) -> None:
    ledger.commit([request(permit(birthDate="1990-05-06"))])
    data, stream, wrapped = stored(engine)
    with reading(engine) as connection:
        (recorded,) = read_histories(connection, [stream])[stream]
    assert recorded.fact == PermitGranted("asylum", birth_date=PartialDate(1990, 5))
    opened = unseal(KEYS.unwrap(stream, wrapped), data["sealed"], bound_to(permit()["source"], "p-1"))
    assert opened == {"birthDate": "1990-05-06"}
