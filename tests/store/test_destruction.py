"""Destruction: two persons, a list, and nothing that opens any more; the log stays, and nothing is added to it."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from domain.facts import PermitGranted
from domain.field_types import PartialDate
from projections.states import TABLES
from service.evidence.signed_notes import open_note
from service.log.event_store import EventStore
from service.log.keys import SealBroken, bound_to, unseal
from service.log.mapper import read_histories
from service.log.sealing import JourneyKeys
from service.log.writer import Writer
from service.privacy import destruction
from service.privacy.destruction import approve, destroy
from service.privacy.proposals import ProposalRefused, hold, parse_list, propose, read_proposal, release
from service.privacy.wiping import NotWiped, wipe
from service.projector.follower import Follower
from service.storage.database import connect, reading, writing
from service.storage.service_tables import audit_log, events, journey_keys, rejections
from tests.posts import ANOTHER_V_NUMBER, IND, V_NUMBER, but, event, linked, permit
from tests.store.destroyed import LATER, SIGNER, destroyed, proposed
from tests.store.recording import KEYS, NOW, count, ledger_of, request, told

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JOURNEY = KEYS.journey(V_NUMBER)
OTHER = KEYS.journey(ANOTHER_V_NUMBER)


def audited(engine: Engine) -> list[tuple[str, str, str]]:
    """Who did what to what, by the audit log."""
    columns = audit_log.c
    with reading(engine) as connection:
        rows = connection.execute(select(columns.actor, columns.action, columns.object).order_by(columns.id)).all()
    return [(row.actor, row.action, row.object) for row in rows]


@pytest.fixture
def ledger(engine: Engine) -> EventStore:
    filled = ledger_of(engine)
    filled.commit([request(permit("p-1", birthDate="1990-05-06"), linked("l-1"), linked("l-2", ANOTHER_V_NUMBER))])
    return filled


def keys_kept(engine: Engine) -> dict[UUID, tuple[int, int]]:
    """Of each journey how many bytes are kept of its key and of its V-number."""
    with reading(engine) as connection:
        rows = connection.execute(select(journey_keys)).all()
    return {row.stream: (len(row.wrapped_key), len(row.sealed_v_number)) for row in rows}


def test_the_key_and_the_v_number_of_a_destroyed_journey_are_gone_and_those_of_others_stay(
    engine: Engine, ledger: EventStore
) -> None:
    before = keys_kept(engine)
    done = destroyed(engine, V_NUMBER)
    assert (done.destroyed, done.destroyed_before, done.held, done.rejections) == (1, 0, 0, 0)
    assert keys_kept(engine) == {JOURNEY: (0, 0), OTHER: before[OTHER]}
    assert count(engine, "events") == 3


def test_of_a_birth_date_the_month_stays_and_the_day_opens_no_more(engine: Engine, ledger: EventStore) -> None:
    destroyed(engine, V_NUMBER)
    with reading(engine) as connection:
        data = json.loads(connection.execute(select(events.c.data).where(events.c.position == 1)).scalar_one())
        recorded = read_histories(connection, [JOURNEY])[JOURNEY][0]
        assert JourneyKeys(KEYS).open(connection, [JOURNEY]) == {}
    assert data.keys() == {"effectiveOn", "ground", "birthDate", "sealed"}
    assert data["birthDate"] == "1990-05"
    assert recorded.fact == PermitGranted("asylum", birth_date=PartialDate(1990, 5))


def test_no_state_table_rests_on_what_is_destroyed(engine: Engine) -> None:
    ledger_of(engine).commit(
        [
            request(permit("p-1", birthDate="1990-05-06", household="H-88121", unaccompaniedMinor=False)),
            request(linked("l-1"), linked("l-2", ANOTHER_V_NUMBER)),
        ]
    )
    Follower(engine).project_next("view_a")
    destroyed(engine, V_NUMBER)
    Follower(engine).project_next("view_b")

    for table in TABLES:
        assert rows_of(engine, table.name, "view_a") == rows_of(engine, table.name, "view_b"), table.name
    (row,) = rows_of(engine, "reception", "view_b")
    assert (str(row.born), row.unaccompanied) == ("1990-05-01", False)
    assert row.household is not None


def rows_of(engine: Engine, table: str, view: str) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(text(f"SELECT * FROM {view}.{table} ORDER BY stream, known_from, number")))


def test_nothing_is_recorded_about_a_destroyed_journey_any_more_and_of_what_was_posted_nothing_is_kept(
    engine: Engine, ledger: EventStore
) -> None:
    destroyed(engine, V_NUMBER)
    new, repeat = permit("p-2", birthDate="1990-05-06"), linked("l-1")
    (outcomes,) = ledger.commit([request(new, repeat, linked("l-3", ANOTHER_V_NUMBER))])
    assert told(outcomes) == ["destroyed", "destroyed", "at 4"]
    (outcomes,) = ledger.commit([request(but(linked("l-4"), data__vNumber=None, subject=str(JOURNEY)))])
    assert told(outcomes) == ["destroyed"]
    with reading(engine) as connection:
        kept = connection.execute(select(rejections.c.sealed, rejections.c.source_id)).all()
    assert [(KEYS.open_rejected(bytes(row.sealed)), row.source_id) for row in kept] == [
        (b"null", "p-2"),
        (b"null", "l-1"),
        (b"null", "l-4"),
    ]
    assert keys_kept(engine)[JOURNEY] == (0, 0)


@ON_SQLITE
def test_a_process_that_never_saw_the_journey_gives_it_no_new_key(engine: Engine, ledger: EventStore) -> None:
    destroyed(engine, V_NUMBER)
    (outcomes,) = ledger_of(engine).commit([request(linked("l-9"))])
    assert told(outcomes) == ["destroyed"]
    assert keys_kept(engine)[JOURNEY] == (0, 0)


@ON_SQLITE
def test_who_proposes_does_not_approve(engine: Engine, ledger: EventStore) -> None:
    found = proposed(engine, [V_NUMBER])
    with pytest.raises(ProposalRefused, match="a second person must"):
        approve(engine, "first", LATER, found.number, found.digest)
    with pytest.raises(ProposalRefused, match="is not approved of"):
        destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)
    assert keys_kept(engine)[JOURNEY] != (0, 0)


@ON_SQLITE
def test_who_approves_says_which_list(engine: Engine, ledger: EventStore) -> None:
    found, other = proposed(engine, [V_NUMBER]), proposed(engine, [V_NUMBER, ANOTHER_V_NUMBER])
    with pytest.raises(ProposalRefused, match="not that of the proposed list"):
        approve(engine, "second", LATER, found.number, other.digest)


@ON_SQLITE
def test_a_journey_on_hold_is_not_destroyed_until_it_is_released(engine: Engine, ledger: EventStore) -> None:
    assert hold(engine, "first", NOW, [JOURNEY], "an appeal is pending") == 1
    assert destroyed(engine, V_NUMBER, ANOTHER_V_NUMBER)[:3] == (1, 0, 1)
    assert keys_kept(engine)[JOURNEY] != (0, 0)
    assert release(engine, "first", NOW, [JOURNEY], "the appeal is over") == 1
    assert destroyed(engine, V_NUMBER, ANOTHER_V_NUMBER)[:3] == (1, 1, 0)
    assert keys_kept(engine)[JOURNEY] == (0, 0)


def test_a_destruction_that_was_interrupted_is_carried_on(
    engine: Engine, ledger: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Engine) -> None:
        raise NotWiped("in use")

    found = proposed(engine, [V_NUMBER])
    approve(engine, "second", LATER, found.number, found.digest)
    ledger.commit([request(but(linked("l-6", V_NUMBER), data__municipality="GM9999"))])
    with monkeypatch.context() as patched:
        patched.setattr(destruction, "wipe", busy)
        with pytest.raises(NotWiped):
            destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)
    assert read_proposal(engine, found.number).declaration is None
    ledger.commit([request(but(linked("l-7", V_NUMBER), data__municipality="GM9999"))])
    approve(engine, "first", LATER, found.number, found.digest)
    done = destroy(engine, KEYS, lambda: LATER, SIGNER, found.number, by="first")
    # What the first run destroyed and deleted is declared as well.
    assert (done.destroyed, done.destroyed_before, done.rejections) == (1, 0, 2)
    assert [row[:2] for row in audited(engine)][-2:] == [
        ("first", "carry on destruction"),
        ("first", "declare destruction"),
    ]
    with pytest.raises(ProposalRefused, match="was done and declared before"):
        destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)


@ON_SQLITE
def test_the_declaration_says_what_why_who_and_when_and_is_signed(engine: Engine, ledger: EventStore) -> None:
    done = destroyed(engine, V_NUMBER, ANOTHER_V_NUMBER)
    lines = open_note(done.declaration.encode(), SIGNER.key).splitlines()
    assert lines[:6] == [
        "ketenspoor.example/log destruction 1",
        "reason asked for by the person",
        "grounds list",
        "proposed 2022-07-15T10:00:00.000Z by first",
        "approved 2022-07-15T11:00:00.000Z by second",
        "done 2022-07-15T11:00:00.000Z",
    ]
    assert lines[6] == f"list sha-256 {read_proposal(engine, 1).digest.hex()}"
    assert lines[7:12] == ["journeys 2", "destroyed 2", "destroyed before 0", "held 0", "refused events deleted 0"]
    assert V_NUMBER not in done.declaration and str(JOURNEY) not in done.declaration


@pytest.mark.parametrize(
    "change",
    [
        *("UPDATE destructions SET reason = 'x'", "DELETE FROM destructions"),
        *("UPDATE listed_journeys SET outcome = 'held'", "DELETE FROM listed_journeys"),
        "INSERT INTO listed_journeys (destruction, stream) SELECT number, stream FROM destructions, holds",
    ],
)
def test_what_was_declared_stays_as_it_is(engine: Engine, ledger: EventStore, change: str) -> None:
    destroyed(engine, V_NUMBER)
    hold(engine, "first", NOW, [OTHER], "an appeal")
    with pytest.raises(DBAPIError, match="a declaration stays as it is"), writing(engine) as connection:
        connection.execute(text(change))


def test_who_reads_at_an_earlier_moment_keeps_it_from_being_declared(
    engine: Engine, ledger: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of before stand in the files for as long as somebody may look at them."""
    found = proposed(engine, [V_NUMBER])
    approve(engine, "second", LATER, found.number, found.digest)
    monkeypatch.setattr(destruction, "wipe", partial(wipe, patience=0.3))
    with reading(engine) as earlier:
        earlier.execute(select(func.count()).select_from(events))
        with pytest.raises(NotWiped):
            destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)
    assert read_proposal(engine, found.number).declaration is None
    assert destroy(engine, KEYS, lambda: LATER, SIGNER, found.number).destroyed == 1


@ON_SQLITE
def test_of_two_who_carry_out_one_list_at_once_one_declares_what_was_done(engine: Engine, ledger: EventStore) -> None:
    found = proposed(engine, [V_NUMBER, ANOTHER_V_NUMBER])
    approve(engine, "second", LATER, found.number, found.digest)
    others: list[Any] = []

    def another_is_faster() -> datetime:
        if not others:
            others.append(None)
            others[0] = destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)
        return LATER

    with pytest.raises(ProposalRefused, match="was done and declared before"):
        destroy(engine, KEYS, another_is_faster, SIGNER, found.number)
    assert others[0][:3] == (2, 0, 0)


def replaced(newer: str, older: str) -> dict[str, Any]:
    return event("v-number-replaced", IND, "r-1", vNumber=newer, replaces=older)


@ON_SQLITE
def test_a_hold_holds_all_journeys_of_who_turns_out_to_have_several_v_numbers(
    engine: Engine, ledger: EventStore
) -> None:
    hold(engine, "first", NOW, [JOURNEY], "an appeal is pending")
    (outcomes,) = ledger.commit([request(replaced(ANOTHER_V_NUMBER, V_NUMBER))])
    assert told(outcomes) == ["at 4"]
    assert destroyed(engine, V_NUMBER, ANOTHER_V_NUMBER)[:3] == (0, 0, 2)
    assert release(engine, "first", NOW, [OTHER], "the appeal is over") == 1
    assert destroyed(engine, V_NUMBER, ANOTHER_V_NUMBER)[:3] == (2, 0, 0)


@ON_SQLITE
def test_nobody_is_tied_again_to_a_journey_that_was_destroyed(engine: Engine, ledger: EventStore) -> None:
    destroyed(engine, V_NUMBER)
    for posting in (ledger, ledger, ledger_of(engine)):
        (outcomes,) = posting.commit([request(replaced(ANOTHER_V_NUMBER, V_NUMBER))])
        assert told(outcomes) == ["destroyed"]
    assert count(engine, "events") == 3 and count(engine, "replacements") == 0


@ON_SQLITE
def test_a_list_that_no_longer_has_all_of_a_person_is_not_approved_of(engine: Engine, ledger: EventStore) -> None:
    found = proposed(engine, [V_NUMBER])
    ledger.commit([request(replaced(ANOTHER_V_NUMBER, V_NUMBER))])
    with pytest.raises(ProposalRefused, match="leaves out journeys of persons"):
        approve(engine, "second", LATER, found.number, found.digest)
    assert keys_kept(engine)[JOURNEY] != (0, 0)


@ON_SQLITE
def test_every_step_stands_in_the_audit_log(engine: Engine, ledger: EventStore) -> None:
    destroyed(engine, V_NUMBER)
    assert audited(engine) == [
        ("first", "propose destruction", "destruction 1"),
        ("second", "approve destruction", "destruction 1"),
        ("second", "declare destruction", "destruction 1"),
    ]


@ON_SQLITE
@pytest.mark.parametrize("reason", ["", " ", "of 2876540913", "two\nlines", "x" * 501])
def test_a_reason_is_a_line_that_names_nobody(engine: Engine, ledger: EventStore, reason: str) -> None:
    with pytest.raises(ProposalRefused):
        propose(engine, "first", NOW, [JOURNEY], reason)


def test_a_list_names_journeys_or_v_numbers_and_what_is_neither_is_told_by_its_line() -> None:
    assert parse_list([f"{V_NUMBER}\n", "\n", f"{OTHER}\n", f"{JOURNEY}\n"], KEYS) == [JOURNEY, OTHER]
    with pytest.raises(ProposalRefused, match=r"on lines 1, 3$"):
        parse_list(["287654091\n", V_NUMBER, "Lariks"], KEYS)
    with pytest.raises(ProposalRefused, match="the list is empty"):
        parse_list(["\n"], KEYS)


@ON_SQLITE
def test_a_list_with_a_journey_that_is_not_there_is_refused(engine: Engine, ledger: EventStore) -> None:
    with pytest.raises(ProposalRefused, match="1 of 2 on the list are no journeys"):
        propose(engine, "first", NOW, [JOURNEY, UUID(int=1)], "asked for")


def test_who_posts_while_a_journey_is_destroyed_is_told_and_nothing_readable_remains(engine: Engine) -> None:
    """Two processes hold the key open and post on; whatever they acknowledged before is marked destroyed after."""
    first = ledger_of(engine)
    first.commit([request(permit("p-0", birthDate="1990-05-06"))])
    with reading(engine) as connection:
        wrapped = bytes(connection.execute(select(journey_keys.c.wrapped_key)).scalar_one())
    key = KEYS.unwrap(JOURNEY, wrapped)
    acknowledged: list[str] = []
    refused: set[str] = set()
    stop = threading.Event()

    def post(sender: int) -> None:
        own = connect(engine.url.render_as_string(hide_password=False))
        ledger, number = ledger_of(own), 0
        while not (stop.is_set() and f"{sender}" in refused) and number < 2_000:
            number += 1
            posted = permit(f"p-{sender}-{number}", birthDate="1990-05-06")
            (outcome,), _ = ledger.commit([request(posted), request(linked(f"o-{sender}-{number}", ANOTHER_V_NUMBER))])
            if told([outcome]) == ["destroyed"]:
                refused.add(f"{sender}")
            else:
                assert f"{sender}" not in refused, told([outcome])
                acknowledged.append(posted["id"])
        own.dispose()

    threads = [threading.Thread(target=post, args=(sender,)) for sender in range(2)]
    for one in threads:
        one.start()
    while len(acknowledged) < 6:
        stop.wait(0.01)
    done = destroyed(engine, V_NUMBER)
    stop.set()
    for one in threads:
        one.join()

    assert done.destroyed == 1 and refused == {"0", "1"}
    assert keys_kept(engine)[JOURNEY] == (0, 0)
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.source_id, events.c.data).where(events.c.stream == JOURNEY)).all()
        assert connection.execute(select(func.count()).where(rejections.c.sealed != b"")).scalar_one() >= 2
        kept = [KEYS.open_rejected(bytes(one)) for one in connection.execute(select(rejections.c.sealed)).scalars()]
    assert {row.source_id for row in rows} == {"p-0", *acknowledged}
    assert set(kept) == {b"null"}
    for row in rows:
        sealed = json.loads(row.data)["sealed"]
        # All was sealed under the one key that is gone: what we kept of it here still opens it, and nothing else does.
        assert unseal(key, sealed, bound_to(IND, row.source_id)) == {"birthDate": "1990-05-06"}
        with pytest.raises(SealBroken):
            unseal(KEYS.issue(JOURNEY)[0], sealed, bound_to(IND, row.source_id))


@ON_SQLITE
def test_a_writer_at_rest_keeps_no_key_open(
    engine: Engine, ledger: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten = threading.Event()

    class Watched(EventStore):
        def forget_keys(self) -> None:
            super().forget_keys()
            forgotten.set()

    monkeypatch.setattr("service.storage.group_commit.SECONDS_OF_REST", 0.01)
    watched = Watched(engine, KEYS, lambda: NOW)

    async def post() -> list[str]:
        writer = Writer(watched)
        writer.start(asyncio.get_running_loop())
        first = await writer.record(request(linked("l-4")))
        await asyncio.to_thread(forgotten.wait, 30)
        with writing(engine) as connection:
            changed = journey_keys.update().where(journey_keys.c.stream == JOURNEY).values(wrapped_key=b"x" * 68)
            connection.execute(changed)
        with pytest.raises(SealBroken):
            await writer.record(request(linked("l-5")))
        writer.stop()
        return told(first)

    assert asyncio.run(post()) == ["at 4"]
