"""Committing to the log: positions, versions and instants; repeats and conflicts; all or nothing; what is sealed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import Engine, make_url, select, text

from domain.places import Places
from service import organisations
from service.database import file_beside, reading
from service.intake.admission import Admitted, Circumstances, Refused, admit
from service.keys import Keyring, SealBroken, bound_to, unseal
from service.ledger import Ledger, NotRecorded, Outcome, Receipted, Request
from service.tables import events, journey_keys, rejections
from tests.posts import (
    ANOTHER_V_NUMBER,
    CBS,
    COA,
    ENSCHEDE,
    MINISTRY,
    V_NUMBER,
    but,
    event,
    linked,
    permit,
)

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
KEYS = Keyring(bytes(range(32)))
GIVEN = Circumstances(date(2022, 7, 15), Places.shipped(), organisations.development, KEYS)


def ledger_of(engine: Engine, now: datetime = NOW, mode: Literal["service", "sender"] = "service") -> Ledger:
    return Ledger(engine, KEYS, lambda: now, mode)


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return ledger_of(engine)


def request(*posted: Any, atomic: bool = False) -> Request:
    return Request([admit(one, GIVEN) for one in posted], atomic)


def told(outcomes: list[Outcome]) -> list[str]:
    """In a word what became of each."""
    return [
        (f"repeat of {one.position}" if one.repeated else f"at {one.position}")
        if isinstance(one, Receipted)
        else one.faults[0].code
        for one in outcomes
    ]


def receipted(outcome: Outcome) -> Receipted:
    assert isinstance(outcome, Receipted), outcome
    return outcome


def column(engine: Engine, name: str) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(events.c[name]).order_by(events.c.position)).scalars())


def count(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


# --- positions, versions, instants


def test_positions_are_gapless_from_one_whatever_is_refused_in_between(engine: Engine, ledger: Ledger) -> None:
    first = ledger.commit([request(linked("l-1"), but(linked("l-2"), type="x"), linked("l-3"))])
    second = ledger.commit([request(linked("l-1", municipality="GM0164"), linked("l-4"))])
    third = ledger.commit([request(linked("l-5"), but(linked("l-6"), time="x"), atomic=True)])
    fourth = ledger.commit([request(linked("l-7"))])
    assert [told(outcomes) for (outcomes,) in (first, second, third, fourth)] == [
        ["at 1", "unknown-type", "at 2"],
        ["conflict", "at 3"],
        ["held-back", "not-an-instant"],
        ["at 4"],
    ]
    assert column(engine, "position") == [1, 2, 3, 4]
    assert column(engine, "source_id") == ["l-1", "l-3", "l-4", "l-7"]


def test_versions_count_the_events_of_each_stream(engine: Engine, ledger: Ledger) -> None:
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    (outcomes,) = ledger.commit([request(linked("l-1"), linked("l-2", ANOTHER_V_NUMBER), linked("l-3"), quota)])
    ((again,),) = ledger.commit([request(linked("l-4"))])
    assert [receipted(one).version for one in [*outcomes, again]] == [1, 1, 2, 1, 3]


def test_a_receipt_names_the_journey_of_a_permit_holder_only(ledger: Ledger) -> None:
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    counted = event("inhabitants-counted", CBS, "i-1", municipality="GM0153", on="2021-01-01", persons=159_640)
    withdrawn = event("event-withdrawn", MINISTRY, "w-1", period="2021-I", withdraws="q-1", reason="rekenfout")
    (outcomes,) = ledger.commit([request(linked(), quota, counted, withdrawn)])
    assert [receipted(one).journey for one in outcomes] == [KEYS.journey(V_NUMBER), None, None, None]


def test_the_envelope_of_an_event_is_kept(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked(household="H-88"))])
    with reading(engine) as connection:
        (row,) = connection.execute(select(events)).mappings()
    assert json.loads(row["data"]) == {"effectiveOn": "2021-04-12", "municipality": "GM0153", "household": "H-88"}
    assert (row["stream"], row["topic"]) == (KEYS.journey(V_NUMBER), "linked.v1")
    assert (row["source"], row["source_id"], row["recorded_by"]) == (COA, "l-1", "00000099000000002000")
    assert (row["effective_on"], row["sent_at"]) == (date(2021, 4, 12), datetime(2021, 4, 12, 7, 30, tzinfo=UTC))


def test_events_of_one_commit_share_their_instant_in_whole_milliseconds(engine: Engine) -> None:
    ledger = ledger_of(engine, NOW + timedelta(microseconds=123_456))
    ledger.commit([request(linked("l-1"), linked("l-2")), request(linked("l-3"))])
    assert column(engine, "recorded_at") == [NOW + timedelta(milliseconds=123)] * 3


def test_every_commit_is_at_least_a_millisecond_after_the_one_before(engine: Engine) -> None:
    for n in range(3):
        ledger_of(engine).commit([request(linked(f"l-{n}"))])
    assert column(engine, "recorded_at") == [NOW, NOW + timedelta(milliseconds=1), NOW + timedelta(milliseconds=2)]


def test_recorded_at_does_not_fall_when_the_clock_does(engine: Engine) -> None:
    ledger_of(engine).commit([request(linked("l-1"))])
    ledger_of(engine, NOW - timedelta(days=400)).commit([request(linked("l-2"))])
    ledger_of(engine, NOW + timedelta(seconds=1)).commit([request(linked("l-3"))])
    assert column(engine, "recorded_at") == [NOW, NOW + timedelta(milliseconds=1), NOW + timedelta(seconds=1)]


def test_a_commit_of_repeats_alone_does_not_move_the_log(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked())])
    later = ledger_of(engine, NOW + timedelta(days=1))
    assert told(later.commit([request(linked())])[0]) == ["repeat of 1"]
    assert column(engine, "recorded_at") == [NOW]


def test_with_the_senders_clock_recorded_at_follows_time_and_never_falls(engine: Engine) -> None:
    times = [
        "2021-04-12T09:30:00+02:00",
        "2021-04-12T09:30:00.250+02:00",
        "2021-03-01T00:00:00Z",  # arrived late
        "2021-04-13T00:00:00Z",
    ]
    posted = [but(linked(f"l-{n}"), time=time) for n, time in enumerate(times)]
    ledger = ledger_of(engine, mode="sender")
    ledger.commit([request(*posted[:3])])
    ledger.commit([request(but(linked("l-9"), time="2021-04-12T07:30:00Z"))])
    ledger.commit([request(posted[3])])
    assert [instant.isoformat() for instant in column(engine, "recorded_at")] == [
        "2021-04-12T07:30:00+00:00",
        "2021-04-12T07:30:00.250000+00:00",
        "2021-04-12T07:30:00.250000+00:00",
        "2021-04-12T07:30:00.251000+00:00",
        "2021-04-13T00:00:00+00:00",
    ]


def test_with_the_senders_clock_a_time_at_the_end_of_time_does_not_end_the_log(engine: Engine) -> None:
    ledger = ledger_of(engine, mode="sender")
    ledger.commit([request(but(linked("l-1"), time="9999-12-31T23:59:59.999999Z"))])
    assert told(ledger.commit([request(linked("l-2"))])[0]) == ["at 2"]
    first, second = column(engine, "recorded_at")
    assert first < second


# --- repeats and conflicts


def test_a_repeat_is_told_what_was_told_the_first_time(engine: Engine, ledger: Ledger) -> None:
    ((first,),) = ledger.commit([request(linked())])
    ledger.commit([request(permit(), linked("l-2"))])
    # Another process: nothing is in memory, the keys come from the database.
    other = ledger_of(engine, NOW + timedelta(days=1))
    ((again,),) = other.commit([request(linked())])
    assert receipted(again) == receipted(first)._replace(repeated=True)
    assert count(engine, "events") == 3


def test_a_repeat_with_personal_fields_is_recognised_although_ciphertexts_differ(engine: Engine) -> None:
    posted = permit(birthDate="1990-05-06", ground="family", referent=ANOTHER_V_NUMBER)
    ledger_of(engine).commit([request(posted)])
    assert told(ledger_of(engine).commit([request(posted)])[0]) == ["repeat of 1"]
    assert told(ledger_of(engine).commit([request(but(posted, data__birthDate="1990-05-07"))])[0]) == ["conflict"]
    assert told(ledger_of(engine).commit([request(but(posted, data__referent="2876540915"))])[0]) == ["conflict"]


@pytest.mark.parametrize(
    "changed",
    [
        but(linked(), data__municipality="GM0164"),
        but(linked(), data__vNumber=ANOTHER_V_NUMBER),
        but(linked(), data__effectiveOn="2021-04-13"),
        but(linked(), time="2021-04-12T09:30:01+02:00"),
        event("died", COA, "l-1", vNumber=V_NUMBER),
        event("event-withdrawn", COA, "l-1", vNumber=V_NUMBER, withdraws="l-0", reason="x"),
    ],
)
def test_another_content_under_the_same_id_is_a_conflict(ledger: Ledger, engine: Engine, changed: Any) -> None:
    ledger.commit([request(linked())])
    (outcome,) = ledger.commit([request(changed)])[0]
    assert isinstance(outcome, NotRecorded) and outcome.conflict
    assert outcome.id == "l-1"
    assert (count(engine, "events"), count(engine, "rejections")) == (1, 1)


def test_the_same_id_from_another_source_is_another_event(ledger: Ledger) -> None:
    elsewhere = linked() | {"source": COA + "-2"}
    assert told(ledger.commit([request(linked(), elsewhere)])[0]) == ["at 1", "at 2"]


def test_within_a_commit_the_first_is_recorded_and_the_others_are_repeats_or_conflicts(ledger: Ledger) -> None:
    other = but(linked(), data__municipality="GM0164")
    assert [told(one) for one in ledger.commit([request(linked(), linked(), other, linked()), request(linked())])] == [
        ["at 1", "repeat of 1", "conflict", "repeat of 1"],
        ["repeat of 1"],
    ]


# --- by journey id


def test_a_journey_id_that_was_returned_names_the_journey(engine: Engine, ledger: Ledger) -> None:
    ((first,),) = ledger.commit([request(linked())])
    by_id = but(linked("l-2"), data__vNumber="x", subject=str(receipted(first).journey))
    del by_id["data"]["vNumber"]
    ((second,),) = ledger_of(engine).commit([request(by_id)])
    assert (receipted(second).journey, receipted(second).version) == (receipted(first).journey, 2)


def test_a_journey_id_that_was_never_returned_is_refused(engine: Engine, ledger: Ledger) -> None:
    subject = str(KEYS.journey(V_NUMBER))
    by_id = but(linked(), subject=subject)
    del by_id["data"]["vNumber"]
    (outcome,) = ledger.commit([request(by_id)])[0]
    assert isinstance(outcome, NotRecorded)
    assert [(fault.pointer, fault.code) for fault in outcome.faults] == [("/subject", "unknown-journey")]
    assert (count(engine, "events"), count(engine, "journey_keys")) == (0, 0)


def test_a_refused_event_issues_no_journey(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked())])
    ledger.commit([request(but(linked(), data__vNumber=ANOTHER_V_NUMBER))])
    ledger.commit([request(linked("l-3", ANOTHER_V_NUMBER), but(linked("l-4"), time="x"), atomic=True)])
    by_id = but(linked("l-5"), subject=str(KEYS.journey(ANOTHER_V_NUMBER)))
    del by_id["data"]["vNumber"]
    assert told(ledger.commit([request(by_id)])[0]) == ["unknown-journey"]
    assert count(engine, "journey_keys") == 1


# --- all or nothing


def test_an_atomic_request_with_a_fault_records_nothing(engine: Engine, ledger: Ledger) -> None:
    assert told(ledger.commit([request(linked("l-1"), but(linked("l-2"), time="x"), permit(), atomic=True)])[0]) == [
        "held-back",
        "not-an-instant",
        "held-back",
    ]
    assert (count(engine, "events"), count(engine, "journey_keys"), count(engine, "rejections")) == (0, 0, 1)


def test_an_atomic_request_that_contradicts_itself_records_nothing(engine: Engine, ledger: Ledger) -> None:
    conflicting = but(linked(), data__municipality="GM0164")
    assert told(ledger.commit([request(linked(), conflicting, atomic=True)])[0]) == ["held-back", "conflict"]
    assert count(engine, "events") == 0


def test_in_an_atomic_request_repeats_are_success(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked("l-1"))])
    outcomes = ledger.commit([request(linked("l-1"), linked("l-2"), linked("l-2"), atomic=True)])[0]
    assert told(outcomes) == ["repeat of 1", "at 2", "repeat of 2"]


def test_a_request_in_the_same_commit_does_not_suffer_from_an_atomic_one_that_fails(
    engine: Engine, ledger: Ledger
) -> None:
    outcomes = ledger.commit(
        [
            request(linked("l-1")),
            request(linked("l-2"), linked("l-3", ANOTHER_V_NUMBER), but(linked("l-4"), time="x"), atomic=True),
            request(linked("l-2"), linked("l-5")),
            request(linked("l-1"), linked("l-6"), atomic=True),
        ]
    )
    assert [told(some) for some in outcomes] == [
        ["at 1"],
        ["held-back", "held-back", "not-an-instant"],
        ["at 2", "at 3"],
        ["repeat of 1", "at 4"],
    ]
    assert column(engine, "source_id") == ["l-1", "l-2", "l-5", "l-6"]
    assert column(engine, "version") == [1, 2, 3, 4]
    assert count(engine, "journey_keys") == 1


def test_an_atomic_request_that_fails_does_not_claim_the_repeat_of_another_one(ledger: Ledger) -> None:
    outcomes = ledger.commit(
        [request(linked("l-1")), request(linked("l-1"), but(linked("l-2"), time="x"), atomic=True)]
    )
    assert told(outcomes[0]) == ["at 1"]
    assert "not-an-instant" in told(outcomes[1])
    assert not [one for one in outcomes[1] if isinstance(one, Receipted) and not one.repeated]


def test_an_empty_request_is_told_nothing(engine: Engine, ledger: Ledger) -> None:
    assert ledger.commit([Request([]), request(linked()), Request([], atomic=True)])[::2] == [[], []]
    assert count(engine, "events") == 1


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


def test_personal_fields_are_sealed_for_their_event(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(permit(birthDate="1990-05-06", ground="family", referent=ANOTHER_V_NUMBER))])
    data, stream, wrapped = stored(engine)
    sealed = data.pop("sealed")
    assert data == {
        "effectiveOn": "2021-04-12",
        "ground": "family",
        "referent": str(KEYS.journey(ANOTHER_V_NUMBER)),
    }
    key = KEYS.unwrap(stream, wrapped)
    assert unseal(key, sealed, bound_to(permit()["source"], "p-1")) == {"birthDate": "1990-05-06"}
    with pytest.raises(SealBroken):
        unseal(key, sealed, bound_to(permit()["source"], "p-2"))


def test_source_and_id_can_not_be_shifted_against_each_other() -> None:
    assert bound_to(f"{COA} a", "b") != bound_to(COA, "a b")


def test_the_v_number_is_kept_sealed_once_a_journey(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked("l-1"), linked("l-2"), permit())])
    ledger.commit([request(linked("l-3"))])
    _, stream, wrapped = stored(engine)
    with reading(engine) as connection:
        (row,) = connection.execute(select(journey_keys)).all()
    assert row.created_at == NOW
    key = KEYS.unwrap(stream, wrapped)
    assert unseal(key, bytes(row.sealed_v_number).decode(), str(stream)) == {"vNumber": V_NUMBER}


def test_every_journey_has_a_key_of_its_own(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(linked("l-1"), linked("l-2", ANOTHER_V_NUMBER))])
    one, other = stored(engine, 1), stored(engine, 2)
    assert KEYS.unwrap(one[1], one[2]).mac != KEYS.unwrap(other[1], other[2]).mac
    with pytest.raises(SealBroken):
        KEYS.unwrap(one[1], other[2])


def test_the_mac_of_an_event_is_made_under_the_key_of_its_journey(engine: Engine, ledger: Ledger) -> None:
    posted = [linked("l-1"), linked("l-2", ANOTHER_V_NUMBER)]
    ledger.commit([request(*posted)])
    judged = admit(posted[0], GIVEN)
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


def test_nothing_personal_stands_in_plain_in_the_database(engine: Engine, ledger: Ledger) -> None:
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


def test_what_was_refused_opens_to_what_was_posted(engine: Engine, ledger: Ledger) -> None:
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


def test_of_a_refused_event_nothing_personal_names_it(engine: Engine, ledger: Ledger) -> None:
    ledger.commit([request(but(linked("l-1"), id=V_NUMBER)), request(but(linked(), source=f"{COA}:{V_NUMBER}"))])
    with reading(engine) as connection:
        rows = connection.execute(select(rejections).order_by(rejections.c.id)).all()
    assert [(row.source, row.source_id, row.oin) for row in rows] == [
        (COA, None, "00000099000000002000"),
        (None, "l-1", None),
    ]


def test_what_is_no_event_is_kept_as_it_came(engine: Engine, ledger: Ledger) -> None:
    malformed = Refused((), b'{"id": "l-1", \xff')
    ledger.commit([Request([malformed, admit(["x"], GIVEN), admit(None, GIVEN), admit("\N{SNOWMAN}", GIVEN)])])
    with reading(engine) as connection:
        rows = connection.execute(select(rejections.c.sealed).order_by(rejections.c.id)).scalars().all()
    opened = [KEYS.open_rejected(bytes(sealed)) for sealed in rows]
    assert opened[0] == b'{"id": "l-1", \xff'
    assert [json.loads(one) for one in opened[1:]] == [["x"], None, "\N{SNOWMAN}"]
