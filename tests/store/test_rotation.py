"""Rotation of the master key: everything under the next one, while events are posted, and nothing else changed."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, update

from service.log.event_store import EventStore
from service.log.keys import ForeignMasterKey, Keyring, SealBroken, unseal
from service.log.permanent_keys import ensure_permanent_keys, load_permanent_keys
from service.privacy import rotation
from service.privacy.destruction import approve, destroy
from service.privacy.proposals import read_proposal
from service.privacy.rotation import Rotated, rotate
from service.storage.database import connect, reading, writing
from service.storage.service_tables import journey_keys, master_keys, rejections, serving
from tests.posts import ANOTHER_V_NUMBER, V_NUMBER, but, linked, permit
from tests.store.destroyed import SIGNER, destroyed, proposed
from tests.store.recording import KEYS, NOW, count, request, told

FIRST, SECOND, THIRD = bytes(range(32)), b"the second".ljust(32), b"the third".ljust(32)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JOURNEY = KEYS.journey(V_NUMBER)


def nothing(_done: int, _of: int) -> None:
    return


def ledger_with(engine: Engine, keys: Keyring) -> EventStore:
    ensure_permanent_keys(engine, keys, NOW)
    return EventStore(engine, keys, lambda: NOW)


def wrapped(engine: Engine) -> dict[UUID, bytes]:
    with reading(engine) as connection:
        rows = connection.execute(select(journey_keys.c.stream, journey_keys.c.wrapped_key)).all()
    return {stream: bytes(key) for stream, key in rows}


def v_numbers(engine: Engine, keys: Keyring) -> set[str]:
    """Every V-number that opens with these keys."""
    with reading(engine) as connection:
        rows = connection.execute(select(journey_keys)).all()
    return {
        unseal(keys.unwrap(row.stream, bytes(row.wrapped_key)), bytes(row.sealed_v_number).decode(), str(row.stream))[
            "vNumber"
        ]
        for row in rows
    }


def refused(engine: Engine, keys: Keyring) -> list[bytes]:
    with reading(engine) as connection:
        sealed = connection.execute(select(rejections.c.sealed).order_by(rejections.c.id)).scalars().all()
    return [keys.open_rejected(bytes(one)) for one in sealed]


def alone(engine: Engine, master: bytes) -> Keyring:
    """The keys of a process that was given this master key and no other."""
    keys = Keyring(master)
    with reading(engine) as connection:
        assert load_permanent_keys(connection, keys)
    return keys


@pytest.fixture
def filled(engine: Engine) -> Engine:
    ledger = ledger_with(engine, Keyring(FIRST))
    ledger.commit([request(permit("p-1"), linked("l-2", ANOTHER_V_NUMBER), but(linked("l-3"), data__note="x"))])
    return engine


def test_after_it_the_next_key_opens_everything_and_the_former_nothing(filled: Engine) -> None:
    before = refused(filled, Keyring(FIRST))
    assert rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing) == Rotated(2, 1)
    keys = alone(filled, SECOND)
    assert v_numbers(filled, keys) == {V_NUMBER, ANOTHER_V_NUMBER}
    assert refused(filled, keys) == before
    with pytest.raises(ForeignMasterKey):
        alone(filled, FIRST)
    for stream, key in wrapped(filled).items():
        with pytest.raises(SealBroken):
            Keyring(FIRST).unwrap(stream, key)
    assert count(filled, "master_keys") == 1


@ON_SQLITE
def test_ids_macs_and_signatures_stay_the_same(filled: Engine) -> None:
    rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing)
    keys = alone(filled, SECOND)
    assert keys.journey(V_NUMBER) == JOURNEY
    assert keys.household("H-1") == KEYS.household("H-1")
    assert keys.mac(None, b"content") == KEYS.mac(None, b"content")
    assert keys.signing.private_bytes_raw() == KEYS.signing.private_bytes_raw()
    assert keys.people == KEYS.people
    (outcomes,) = EventStore(filled, keys, lambda: NOW).commit([request(permit("p-1"), permit("p-2"))])
    assert told(outcomes) == ["repeat of 1", "at 3"]


@ON_SQLITE
def test_a_key_is_followed_by_a_third(filled: Engine) -> None:
    rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing)
    following = Keyring(SECOND, THIRD)
    keep_those_of(filled, following)
    assert rotate(filled, following, "first", NOW, nothing) == Rotated(2, 1)
    assert v_numbers(filled, alone(filled, THIRD)) == {V_NUMBER, ANOTHER_V_NUMBER}
    assert alone(filled, THIRD).journey(V_NUMBER) == JOURNEY


def keep_those_of(engine: Engine, keys: Keyring) -> None:
    with reading(engine) as connection:
        load_permanent_keys(connection, keys)


@ON_SQLITE
def test_it_goes_on_where_it_was_interrupted(filled: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_engine: Engine, _keys: Keyring) -> tuple[int, int]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rotation, "_reseal_rejections", stopped)
        with pytest.raises(KeyboardInterrupt):
            rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing)
    # Who has but one of both would leave what it can't open, and declare it destroyed.
    number = proposed(filled, [V_NUMBER]).number
    approve(filled, "second", NOW, number, read_proposal(filled, number).digest)
    with pytest.raises(ForeignMasterKey, match="a rotation of the master key is not done"):
        destroy(filled, alone(filled, SECOND), lambda: NOW, SIGNER, number)
    # Meanwhile who has both serves on, and who has the next one only can begin.
    (outcomes,) = ledger_with(filled, Keyring(FIRST, SECOND)).commit([request(permit("p-5"))])
    assert told(outcomes) == ["at 3"]
    assert count(filled, "master_keys") == 2
    assert rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing) == Rotated(0, 1)
    assert v_numbers(filled, alone(filled, SECOND)) == {V_NUMBER, ANOTHER_V_NUMBER}


def test_events_are_posted_by_processes_with_both_keys_while_it_goes_on(filled: Engine) -> None:
    url, stop, posted = filled.url.render_as_string(hide_password=False), threading.Event(), list[str]()
    faults: list[Exception] = []

    def post(sender: int) -> None:
        own = connect(url)
        ledger, number = ledger_with(own, Keyring(FIRST, SECOND)), 0
        while not stop.is_set() and not faults:
            number += 1
            v_number = f"{sender}{number:09d}"
            try:
                (outcomes,) = ledger.commit([request(permit(f"n{v_number}", v_number))])
                assert told(outcomes)[0].startswith("at ")
            except Exception as fault:  # noqa: BLE001 - shown by the test
                faults.append(fault)
            posted.append(v_number)
        own.dispose()

    threads = [threading.Thread(target=post, args=(sender,)) for sender in (3, 4)]
    for one in threads:
        one.start()
    while len(posted) < 10 and not faults:
        stop.wait(0.01)
    keys = Keyring(FIRST, SECOND)
    ensure_permanent_keys(filled, keys, NOW)
    rotate(filled, keys, "first", NOW, nothing)
    enough = len(posted) + 10
    while len(posted) < enough and not faults:
        stop.wait(0.01)
    stop.set()
    for one in threads:
        one.join()
    assert faults == []
    assert v_numbers(filled, alone(filled, SECOND)) == {V_NUMBER, ANOTHER_V_NUMBER, *posted}


@ON_SQLITE
def test_a_process_without_the_key_that_wraps_records_nothing(filled: Engine) -> None:
    late = ledger_with(filled, Keyring(FIRST))
    rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing)
    with pytest.raises(ForeignMasterKey):
        late.commit([request(permit("p-9", "2876540900"))])
    with pytest.raises(ForeignMasterKey):
        ledger_with(filled, Keyring(FIRST))
    assert count(filled, "events") == 2


@ON_SQLITE
def test_a_destroyed_key_stays_destroyed(filled: Engine) -> None:
    destroyed(filled, V_NUMBER)
    assert rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing).journeys == 1
    assert wrapped(filled)[JOURNEY] == b""


@ON_SQLITE
def test_what_was_wrapped_before_keys_had_names_opens_and_is_rotated(filled: Engine) -> None:
    with writing(filled) as connection:
        for row in connection.execute(select(journey_keys)).all():
            connection.execute(
                update(journey_keys)
                .where(journey_keys.c.stream == row.stream)
                .values(wrapped_key=bytes(row.wrapped_key)[8:])
            )
        sealed = bytes(connection.execute(select(rejections.c.sealed)).scalar_one())
        connection.execute(update(rejections).values(sealed=sealed[8:]))
        connection.execute(master_keys.delete())
        connection.execute(update(serving).values(wrapping=None))
    assert {len(key) for key in wrapped(filled).values()} == {60}
    keys = Keyring(FIRST, SECOND)
    ensure_permanent_keys(filled, keys, NOW)
    assert v_numbers(filled, keys) == {V_NUMBER, ANOTHER_V_NUMBER}
    assert rotate(filled, keys, "first", NOW, nothing) == Rotated(2, 1)
    assert v_numbers(filled, alone(filled, SECOND)) == {V_NUMBER, ANOTHER_V_NUMBER}


@ON_SQLITE
def test_what_somebody_changed_does_not_keep_the_rest_under_a_key_that_may_be_known(filled: Engine) -> None:
    with writing(filled) as connection:
        connection.execute(update(journey_keys).where(journey_keys.c.stream == JOURNEY).values(wrapped_key=b"x" * 68))
        connection.execute(update(rejections).values(sealed=b"x" * 60))
    assert rotate(filled, Keyring(FIRST, SECOND), "first", NOW, nothing) == Rotated(1, 0, 2)
    assert count(filled, "master_keys") == 1
    assert wrapped(filled)[JOURNEY] == b"x" * 68


@ON_SQLITE
def test_another_master_key_than_that_of_the_database_is_refused(filled: Engine) -> None:
    with pytest.raises(ForeignMasterKey, match="works under another master key"):
        ensure_permanent_keys(filled, Keyring(THIRD), NOW)
    with writing(filled) as connection:
        connection.execute(insert(master_keys).values(name=b"other", wrapped=b"x", since=NOW))
    assert alone(filled, FIRST).journey(V_NUMBER) == JOURNEY
