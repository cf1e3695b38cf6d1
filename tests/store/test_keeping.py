"""The keeper: the log kept signed every few minutes, whatever is wrong told, and the follower never stopped."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from service.evidence.checkpoints import all_checkpoints
from service.evidence.signing import PeriodicSigning, sign_the_log
from service.evidence.tiles import Tiles, grow
from service.projector.follower import run
from service.storage.database import connect, proving, reading
from tests.rules.histories import granted, linked
from tests.store.signed_logs import NOON, a_signer, kept_copy, record, set_back, tamper
from tests.views.logs import Log


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory outside the database."""
    path = tmp_path / "outside"
    path.mkdir()
    return path


def sizes(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [each.size for each in all_checkpoints(connection)]


def test_the_first_checkpoint_is_made_at_once_and_the_next_after_five_minutes(engine: Engine) -> None:
    kept = a_signer()
    clock: Any = kept.clock
    keep = PeriodicSigning(engine, kept)
    assert not keep()
    assert sizes(engine) == []
    record(engine, 3)
    assert keep()
    assert sizes(engine) == [3]
    record(engine, 3)
    clock.forward(minutes=4, seconds=59)
    assert keep()
    assert sizes(engine) == [3]
    clock.forward(seconds=1)
    assert not keep()
    assert sizes(engine) == [3, 6]
    clock.forward(hours=1)
    assert not keep()
    assert sizes(engine) == [3, 6]


def test_a_clock_that_was_put_back_does_not_leave_the_log_unsigned(engine: Engine) -> None:
    record(engine, 3)
    PeriodicSigning(engine, a_signer())()
    record(engine, 3)
    PeriodicSigning(engine, a_signer(now=NOON - timedelta(days=1)))()
    assert sizes(engine) == [3, 6]


def test_what_is_wrong_is_told_once_and_again_later_and_stops_nothing(
    engine: Engine, outside: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = a_signer(outside)
    clock: Any = kept.clock
    record(engine, 3)
    sign_the_log(engine, kept)
    (outside / "000000000003").write_bytes(b"x")
    record(engine, 3)
    clock.forward(minutes=5)
    keep = PeriodicSigning(engine, kept)
    with caplog.at_level(logging.ERROR):
        assert [keep() for _ in range(3)] == [False, False, False]
        assert caplog.messages == [
            "the log is not signed: the file 000000000003 of the checkpoint directory is not a signed note"
        ]
        clock.forward(minutes=10)
        keep()
        assert len(caplog.messages) == 2
    with reading(engine) as connection:
        assert Tiles(connection).size == 6


def test_a_directory_that_is_gone_is_told(engine: Engine, outside: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = a_signer(outside)
    clock: Any = kept.clock
    keep = PeriodicSigning(engine, kept)
    outside.rmdir()
    record(engine, 3)
    keep()
    assert caplog.messages == [
        "the log is not signed: the checkpoint directory cannot be used: No such file or directory"
    ]
    outside.mkdir()
    keep()
    assert sizes(engine) == []
    clock.forward(seconds=10)
    keep()
    assert sizes(engine) == [3]


def test_a_log_that_was_set_back_as_a_whole_is_told_before_it_grows(
    database_url: str, outside: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = connect(database_url)
    record(engine, 30)
    sign_the_log(engine, a_signer(outside))
    before = kept_copy(engine, tmp_path)
    record(engine, 20)
    sign_the_log(engine, a_signer(outside))
    engine.dispose()
    set_back(database_url, before, to=30)
    engine = connect(database_url)
    PeriodicSigning(engine, a_signer(outside))()
    assert caplog.messages == [
        (
            "the log is not signed: the log was set back: 50 events were signed at 2022-07-15 12:00:00 UTC, it has 30; "
            "it differs at or before position 31"
        )
    ]
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE proof.checkpoints SET note = CAST(note AS BLOB)",
        "UPDATE proof.checkpoints SET signed_at = x'00'",
        "UPDATE proof.checkpoints SET size = 'x'",
        "UPDATE proof.tiles SET number = 'x'",
        "UPDATE events SET recorded_at = 'zz' WHERE position = 3",
        "DROP TABLE proof.tiles",
    ],
)
def test_whatever_stands_in_the_evidence_the_follower_goes_on(sqlite_url: str, change: str) -> None:
    engine = connect(sqlite_url)
    kept = a_signer()
    clock: Any = kept.clock
    record(engine, 3)
    keep = PeriodicSigning(engine, kept)
    keep()
    tamper(engine, change)
    clock.forward(minutes=5)
    assert not keep()
    engine.dispose()


def test_the_follower_grows_the_tree_and_signs(engine: Engine) -> None:
    log = Log(engine)
    for _ in range(3):
        log.commit(log.journey([granted("2021-03-01", id="p"), linked("2021-03-10", id="l")]))
    keep = PeriodicSigning(engine, a_signer())
    run(engine, lambda: sizes(engine) == [6], keep)
    assert log.reached() == 6


def test_growing_and_signing_leave_the_log_free_for_writers(engine: Engine) -> None:
    record(engine, 3)
    grow(engine)
    with proving(engine) as connection:
        assert Tiles(connection).size == 3
        assert record(engine, 1) == 4
