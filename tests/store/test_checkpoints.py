"""Checkpoints: signed, kept outside before they count, one every few minutes, and never two that contradict."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.evidence import Mismatch, tree
from service.evidence.checkpoints import (
    Checkpoint,
    DirectoryUnusable,
    all_checkpoints,
    checkpoint_covering,
    checkpoint_files,
    newest_checkpoint,
    parse_checkpoint,
)
from service.evidence.signed_notes import Signer, open_note
from service.evidence.signing import CheckpointSigner, Signed, checkpoint_signer, sign, sign_the_log
from service.evidence.tiles import Tiles
from service.foundation.settings import Settings
from service.log.keys import Keyring
from service.storage.database import connect, reading
from tests.store.signed_logs import NAME, NOON, a_signer, kept_copy, record, set_back, tamper


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory outside the database."""
    path = tmp_path / "outside"
    path.mkdir()
    return path


def newest(engine: Engine) -> Checkpoint | None:
    with reading(engine) as connection:
        return newest_checkpoint(connection)


def sizes(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [each.size for each in all_checkpoints(connection)]


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


# Making them


def test_a_checkpoint_says_how_many_events_with_which_root_and_when(engine: Engine) -> None:
    record(engine, 3)
    signed, new = sign_the_log(engine, a_signer())
    assert new
    assert (signed.size, signed.signed_at) == (3, NOON)
    with reading(engine) as connection:
        assert signed.root == Tiles(connection).root(3)
    assert parse_checkpoint(signed.note.encode(), a_signer().key) == signed == newest(engine)


def test_while_nothing_is_recorded_the_same_checkpoint_is_given(engine: Engine) -> None:
    record(engine, 3)
    first = sign_the_log(engine, a_signer())
    assert sign_the_log(engine, a_signer(now=NOON + timedelta(hours=1))) == Signed(first.checkpoint, new=False)
    record(engine, 1)
    assert sign_the_log(engine, a_signer()).checkpoint.size == 4
    assert sizes(engine) == [3, 4]


def test_an_empty_log_can_be_signed(engine: Engine) -> None:
    assert sign_the_log(engine, a_signer()).checkpoint[:2] == (0, tree.EMPTY_ROOT)


def test_by_the_senders_clocks_a_checkpoint_says_simulated(engine: Engine) -> None:
    signed = sign_the_log(engine, a_signer(simulated=True)).checkpoint
    assert open_note(signed.note.encode(), a_signer().key).splitlines()[3:] == [
        "time 2022-07-15T12:00:00.000Z",
        "clock simulated",
    ]


def test_a_checkpoint_names_whole_milliseconds(engine: Engine) -> None:
    signed = sign_the_log(engine, a_signer(now=NOON + timedelta(microseconds=1_999))).checkpoint
    assert "time 2022-07-15T12:00:00.001Z\n" in signed.note
    assert newest(engine) == signed


def test_the_first_that_covers_a_position_is_found(engine: Engine) -> None:
    for count in (3, 4):
        record(engine, count)
        sign_the_log(engine, a_signer())
    with reading(engine) as connection:
        found = [checkpoint_covering(connection, position) for position in (1, 3, 4, 7, 8)]
    assert [each and each.size for each in found] == [3, 3, 7, 7, None]


def test_the_settings_tell_the_notary(outside: Path) -> None:
    told = checkpoint_signer(Settings(log_name="log.example/a", checkpoint_dir=outside, master_key="5f" * 32))
    assert told.key == Signer("log.example/a", Keyring(bytes.fromhex("5f" * 32)).signing).key
    assert (told.directory, told.simulated) == (outside, False)
    assert checkpoint_signer(Settings(clock="sender")).simulated


def test_two_that_sign_at_once_make_one_checkpoint(engine: Engine, outside: Path) -> None:
    record(engine, 300)
    start = threading.Barrier(4)

    def sign() -> Signed:
        start.wait()
        return sign_the_log(engine, a_signer(outside))

    with ThreadPoolExecutor(4) as pool:
        signed = [done.result() for done in [pool.submit(sign) for _ in range(4)]]
    assert sorted(each.new for each in signed) == [False, False, False, True]
    assert len({each.checkpoint for each in signed}) == 1
    assert (sizes(engine), names(outside)) == ([300], ["000000000300"])


# Outside the database


def test_each_checkpoint_is_a_file_outside_the_database(engine: Engine, outside: Path) -> None:
    for count in (3, 4):
        record(engine, count)
        sign_the_log(engine, a_signer(outside))
    assert names(outside) == ["000000000003", "000000000007"]
    last = newest(engine)
    assert last is not None
    assert (outside / "000000000007").read_text("utf-8") == last.note


def test_a_checkpoint_that_cannot_be_kept_outside_is_not_made(engine: Engine, outside: Path) -> None:
    record(engine, 3)
    (outside / ".000000000003.new").mkdir()
    with pytest.raises(DirectoryUnusable, match="the checkpoint directory cannot be used: Is a directory"):
        sign_the_log(engine, a_signer(outside))
    assert sizes(engine) == []


def test_a_checkpoint_that_was_written_and_not_yet_told_is_taken_over(engine: Engine, outside: Path) -> None:
    record(engine, 3)
    signed = sign_the_log(engine, a_signer(outside)).checkpoint
    tamper(engine, "DELETE FROM proof.checkpoints")
    again = sign_the_log(engine, a_signer(outside, now=NOON + timedelta(hours=1)))
    assert again == Signed(signed, new=False)
    assert newest(engine) == signed


def test_a_directory_that_came_later_gets_the_newest_checkpoint(engine: Engine, outside: Path) -> None:
    record(engine, 3)
    signed = sign_the_log(engine, a_signer()).checkpoint
    sign_the_log(engine, a_signer(outside))
    assert (outside / "000000000003").read_text("utf-8") == signed.note


def test_other_files_in_the_directory_are_left_alone(engine: Engine, outside: Path) -> None:
    (outside / "README").write_text("ours")
    record(engine, 3)
    sign_the_log(engine, a_signer(outside))
    assert names(outside) == ["000000000003", "README"]


@pytest.mark.parametrize("how", ["not configured", "empty"])
def test_without_the_copies_that_were_made_nothing_is_signed(engine: Engine, outside: Path, how: str) -> None:
    record(engine, 3)
    note = sign_the_log(engine, a_signer(outside)).checkpoint.note
    record(engine, 3)
    if how == "empty":
        (outside / "000000000003").unlink()
    told = "set KETENSPOOR_CHECKPOINT_DIR" if how == "not configured" else "directory is empty, and the checkpoint of 3"
    with pytest.raises(DirectoryUnusable, match=told):
        sign_the_log(engine, a_signer(None if how == "not configured" else outside))
    assert sizes(engine) == [3]
    (outside / "000000000003").write_text(note, "utf-8")
    assert sign_the_log(engine, a_signer(outside)).checkpoint.size == 6


def test_a_directory_that_came_later_gets_all_that_it_lacks(engine: Engine, outside: Path) -> None:
    for _ in range(3):
        record(engine, 3)
        sign_the_log(engine, a_signer())
    sign_the_log(engine, a_signer(outside))
    assert names(outside) == ["000000000003", "000000000006", "000000000009"]
    with pytest.raises(DirectoryUnusable):
        sign_the_log(engine, a_signer())


def test_a_log_that_was_simulated_once_says_so_for_ever(engine: Engine) -> None:
    for simulated in (False, True, False, False):
        record(engine, 3)
        sign_the_log(engine, a_signer(simulated=simulated))
    with reading(engine) as connection:
        assert [each.simulated for each in all_checkpoints(connection)] == [False, True, True, True]


def test_a_directory_with_the_name_of_a_checkpoint_is_none(engine: Engine, outside: Path) -> None:
    (outside / "000000000009").mkdir()
    record(engine, 3)
    assert sign_the_log(engine, a_signer(outside)).checkpoint.size == 3


# Never two that contradict


def test_a_row_before_the_first_is_not_signed_over(engine: Engine) -> None:
    record(engine, 3)
    tamper(
        engine,
        "INSERT INTO events (position, stream, version, topic, data) "
        "SELECT 0, stream, 9999, topic, data FROM events WHERE position = 1",
    )
    with pytest.raises(Mismatch, match="position 0 does not fit: the log begins at 1"):
        sign_the_log(engine, a_signer())


def test_a_database_that_was_set_back_is_not_signed_again(database_url: str, outside: Path, tmp_path: Path) -> None:
    engine = connect(database_url)
    record(engine, 300)
    sign_the_log(engine, a_signer(outside))
    before = kept_copy(engine, tmp_path)
    record(engine, 20)
    sign_the_log(engine, a_signer(outside))
    engine.dispose()
    set_back(database_url, before, to=300)

    engine = connect(database_url)
    told = (
        "the log was set back: 320 events were signed at 2022-07-15 12:00:00 UTC, it has 300; it differs at or before "
        "position 301"
    )
    assert sizes(engine) == [300]
    with pytest.raises(Mismatch, match=told):
        sign_the_log(engine, a_signer(outside))
    # Nor when it went on otherwise and is longer by now.
    record(engine, 5)
    tamper(engine, "UPDATE events SET source_id = 'another' WHERE position = 303")
    record(engine, 30)
    with pytest.raises(Mismatch, match="the first 320 events are not those of the checkpoint that was signed at 2022"):
        sign_the_log(engine, a_signer(outside))
    assert (sizes(engine), names(outside)) == ([300], ["000000000300", "000000000320"])
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE proof.checkpoints SET size = 2", "the checkpoint of size 2 in the database is not what its note says"),
        ("UPDATE proof.checkpoints SET note = 'x'", "the checkpoint of size 3 in the database is not a signed note"),
        (
            "DELETE FROM proof.tiles",
            "the tree covers 0 of 3 events, and 3 were signed at 2022-07-15 12:00:00 UTC",
        ),
    ],
)
def test_behind_a_checkpoint_of_the_database_that_does_not_fit_nothing_is_signed(
    engine: Engine, change: str, told: str
) -> None:
    record(engine, 3)
    sign_the_log(engine, a_signer())
    tamper(engine, change)
    with pytest.raises(Mismatch, match=told):
        sign(engine, a_signer())


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("000000000009", None, "the file 000000000009 of the checkpoint directory holds the checkpoint of size 3"),
        ("000000000003", b"x", "the file 000000000003 of the checkpoint directory is not a signed note"),
    ],
)
def test_behind_a_file_that_does_not_fit_nothing_is_signed(
    engine: Engine, outside: Path, name: str, content: bytes | None, told: str
) -> None:
    record(engine, 3)
    sign_the_log(engine, a_signer(outside))
    (outside / name).write_bytes(content or (outside / "000000000003").read_bytes())
    record(engine, 3)
    with pytest.raises(Mismatch, match=told):
        sign_the_log(engine, a_signer(outside))


def test_under_another_name_or_key_a_log_is_not_signed_on(engine: Engine) -> None:
    record(engine, 3)
    sign_the_log(engine, a_signer())
    for other in (
        Signer("ketenspoor.example/other", a_signer().note_signer.private),
        Signer(NAME, Keyring(bytes(32)).signing),
    ):
        with pytest.raises(Mismatch, match="the checkpoint of size 3 in the database is not signed with this key"):
            sign_the_log(engine, CheckpointSigner(other))


def test_files_are_in_order_of_size_however_many_digits(tmp_path: Path) -> None:
    for name in ("1000000000000", "000000000009", "000000000010"):
        (tmp_path / name).touch()
    assert [file.name for file in checkpoint_files(tmp_path)] == ["000000000009", "000000000010", "1000000000000"]
