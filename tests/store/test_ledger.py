"""Committing to the log: positions, versions and instants; repeats and conflicts; all or nothing; what is sealed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from service.log.event_store import EventStore
from service.log.submission import Admitted, NotRecorded, Receipted, Submission
from service.storage.database import reading
from service.storage.service_tables import events
from tests.posts import (
    ANOTHER_V_NUMBER,
    CBS,
    COA,
    MINISTRY,
    V_NUMBER,
    but,
    event,
    linked,
    permit,
)
from tests.store.recording import KEYS, NOW, column, count, ledger_of, receipted, request, told


@pytest.fixture
def ledger(engine: Engine) -> EventStore:
    return ledger_of(engine)


# --- positions, versions, instants


def test_positions_are_gapless_from_one_whatever_is_refused_in_between(engine: Engine, ledger: EventStore) -> None:
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


def test_versions_count_the_events_of_each_stream(engine: Engine, ledger: EventStore) -> None:
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    (outcomes,) = ledger.commit([request(linked("l-1"), linked("l-2", ANOTHER_V_NUMBER), linked("l-3"), quota)])
    ((again,),) = ledger.commit([request(linked("l-4"))])
    assert [receipted(one).version for one in [*outcomes, again]] == [1, 1, 2, 1, 3]


def test_a_receipt_names_the_journey_of_a_permit_holder_only(ledger: EventStore) -> None:
    quota = event("quota-published", MINISTRY, "q-1", period="2021-I", persons=13_500)
    counted = event("inhabitants-counted", CBS, "i-1", municipality="GM0153", on="2021-01-01", persons=159_640)
    withdrawn = event("event-withdrawn", MINISTRY, "w-1", period="2021-I", withdraws="q-1", reason="rekenfout")
    (outcomes,) = ledger.commit([request(linked(), quota, counted, withdrawn)])
    assert [receipted(one).journey for one in outcomes] == [KEYS.journey(V_NUMBER), None, None, None]


def test_the_envelope_of_an_event_is_kept(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(linked(household="H-88"))])
    with reading(engine) as connection:
        (row,) = connection.execute(select(events)).mappings()
    data = json.loads(row["data"])
    assert data.pop("sealed").startswith("A256GCM.")
    assert data == {"effectiveOn": "2021-04-12", "municipality": "GM0153", "household": KEYS.household("H-88")}
    assert (row["stream"], row["topic"]) == (KEYS.journey(V_NUMBER), "linked.v1")
    assert (row["source"], row["source_id"], row["recorded_by"]) == (COA, "l-1", "00000099000000002000")
    assert (row["effective_on"], row["sent_at"]) == (date(2021, 4, 12), datetime(2021, 4, 12, 7, 30, tzinfo=UTC))


def test_who_posted_an_event_for_another_is_kept_with_the_trace_of_the_request(
    engine: Engine, ledger: EventStore
) -> None:
    asked = request(linked(), linked("l-2"))
    assert isinstance(asked.events[0], Admitted)
    brought = asked.events[0]._replace(trace_id=bytes(range(16)), posted_by="00000099000000009000")
    ledger.commit([Submission([brought, asked.events[1]])])
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.trace_id, events.c.posted_by, events.c.recorded_by)).all()
    assert [tuple(row) for row in rows] == [
        (bytes(range(16)), "00000099000000009000", "00000099000000002000"),
        (None, None, "00000099000000002000"),
    ]


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


def test_a_commit_of_repeats_alone_does_not_move_the_log(engine: Engine, ledger: EventStore) -> None:
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


def test_a_repeat_is_told_what_was_told_the_first_time(engine: Engine, ledger: EventStore) -> None:
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
def test_another_content_under_the_same_id_is_a_conflict(ledger: EventStore, engine: Engine, changed: Any) -> None:
    ledger.commit([request(linked())])
    (outcome,) = ledger.commit([request(changed)])[0]
    assert isinstance(outcome, NotRecorded) and outcome.conflict
    assert outcome.id == "l-1"
    assert (count(engine, "events"), count(engine, "rejections")) == (1, 1)


def test_the_same_id_from_another_source_is_another_event(ledger: EventStore) -> None:
    elsewhere = linked() | {"source": COA + "-2"}
    assert told(ledger.commit([request(linked(), elsewhere)])[0]) == ["at 1", "at 2"]


def test_within_a_commit_the_first_is_recorded_and_the_others_are_repeats_or_conflicts(ledger: EventStore) -> None:
    other = but(linked(), data__municipality="GM0164")
    assert [told(one) for one in ledger.commit([request(linked(), linked(), other, linked()), request(linked())])] == [
        ["at 1", "repeat of 1", "conflict", "repeat of 1"],
        ["repeat of 1"],
    ]


# --- by journey id


def test_a_journey_id_that_was_returned_names_the_journey(engine: Engine, ledger: EventStore) -> None:
    ((first,),) = ledger.commit([request(linked())])
    by_id = but(linked("l-2"), data__vNumber="x", subject=str(receipted(first).journey))
    del by_id["data"]["vNumber"]
    ((second,),) = ledger_of(engine).commit([request(by_id)])
    assert (receipted(second).journey, receipted(second).version) == (receipted(first).journey, 2)


def test_a_journey_id_that_was_never_returned_is_refused(engine: Engine, ledger: EventStore) -> None:
    subject = str(KEYS.journey(V_NUMBER))
    by_id = but(linked(), subject=subject)
    del by_id["data"]["vNumber"]
    (outcome,) = ledger.commit([request(by_id)])[0]
    assert isinstance(outcome, NotRecorded)
    assert [(fault.pointer, fault.code) for fault in outcome.faults] == [("/subject", "unknown-journey")]
    assert (count(engine, "events"), count(engine, "journey_keys")) == (0, 0)


def test_a_refused_event_issues_no_journey(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(linked())])
    ledger.commit([request(but(linked(), data__vNumber=ANOTHER_V_NUMBER))])
    ledger.commit([request(linked("l-3", ANOTHER_V_NUMBER), but(linked("l-4"), time="x"), atomic=True)])
    by_id = but(linked("l-5"), subject=str(KEYS.journey(ANOTHER_V_NUMBER)))
    del by_id["data"]["vNumber"]
    assert told(ledger.commit([request(by_id)])[0]) == ["unknown-journey"]
    assert count(engine, "journey_keys") == 1


# --- all or nothing


def test_an_atomic_request_with_a_fault_records_nothing(engine: Engine, ledger: EventStore) -> None:
    assert told(ledger.commit([request(linked("l-1"), but(linked("l-2"), time="x"), permit(), atomic=True)])[0]) == [
        "held-back",
        "not-an-instant",
        "held-back",
    ]
    assert (count(engine, "events"), count(engine, "journey_keys"), count(engine, "rejections")) == (0, 0, 1)


def test_an_atomic_request_that_contradicts_itself_records_nothing(engine: Engine, ledger: EventStore) -> None:
    conflicting = but(linked(), data__municipality="GM0164")
    assert told(ledger.commit([request(linked(), conflicting, atomic=True)])[0]) == ["held-back", "conflict"]
    assert count(engine, "events") == 0


def test_in_an_atomic_request_repeats_are_success(engine: Engine, ledger: EventStore) -> None:
    ledger.commit([request(linked("l-1"))])
    outcomes = ledger.commit([request(linked("l-1"), linked("l-2"), linked("l-2"), atomic=True)])[0]
    assert told(outcomes) == ["repeat of 1", "at 2", "repeat of 2"]


def test_a_request_in_the_same_commit_does_not_suffer_from_an_atomic_one_that_fails(
    engine: Engine, ledger: EventStore
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


def test_an_atomic_request_that_fails_does_not_claim_the_repeat_of_another_one(ledger: EventStore) -> None:
    outcomes = ledger.commit(
        [request(linked("l-1")), request(linked("l-1"), but(linked("l-2"), time="x"), atomic=True)]
    )
    assert told(outcomes[0]) == ["at 1"]
    assert "not-an-instant" in told(outcomes[1])
    assert not [one for one in outcomes[1] if isinstance(one, Receipted) and not one.repeated]


def test_an_empty_request_is_told_nothing(engine: Engine, ledger: EventStore) -> None:
    assert ledger.commit([Submission([]), request(linked()), Submission([], atomic=True)])[::2] == [[], []]
    assert count(engine, "events") == 1
