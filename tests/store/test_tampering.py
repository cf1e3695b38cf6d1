"""Whoever has all rights to the database cannot change what was recorded without its being told, and where."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.evidence.signed_notes import Signer
from service.evidence.signing import CheckpointSigner, sign_the_log
from service.evidence.tiles import grow
from service.evidence.verification import Checked, check_evidence
from service.log.keys import Keyring
from service.storage.database import connect
from tests.store.signed_logs import NAME, a_signer, kept_copy, record, set_back, tamper


@pytest.fixture
def signed(engine: Engine) -> Engine:
    """600 events under checkpoints of 200 and 600, and 10 that the tree does not cover yet."""
    for count in (200, 400):
        record(engine, count)
        sign_the_log(engine, a_signer())
    record(engine, 10)
    return engine


def faults(engine: Engine, notary: CheckpointSigner | None = None) -> list[str]:
    return check_evidence(engine, notary or a_signer()).faults


def test_in_a_log_that_nobody_changed_all_fits(signed: Engine) -> None:
    seen: list[tuple[int, int]] = []
    found = check_evidence(signed, a_signer(), lambda done, of: seen.append((done, of)))
    assert found == Checked(position=610, size=600, checkpoints=2, files=0, faults=[])
    assert seen[-1] == (610, 610)


def test_an_empty_log_and_a_log_without_a_tree_are_no_faults(engine: Engine) -> None:
    assert check_evidence(engine, a_signer()) == Checked(0, 0, 0, 0, [])
    record(engine, 5)
    assert check_evidence(engine, a_signer()) == Checked(5, 0, 0, 0, [])


# Events


@pytest.mark.parametrize(
    "change",
    [
        "data = replace(data, 'GM0153', 'GM0152')",
        "effective_on = '2021-03-11'",
        "stream = {stream}",
        "source = 'urn:nld:oin:00000099000000001000:systeem:indigo'",
        "source_id = 'another'",
        "topic = 'link-ended.v1'",
        "version = 9999",
        "recorded_by = '00000099000000001000'",
        "sent_at = '2021-03-10T13:05:01.000000Z'",
        "recorded_at = '2021-03-10T14:00:01.000000Z'",
        "content_mac = {mac}",
        "content_mac = NULL",
    ],
)
def test_an_event_of_which_any_column_was_changed_is_named(signed: Engine, change: str) -> None:
    sqlite = signed.dialect.name == "sqlite"
    stream, mac = "1f4d1c1e7a0b8c3e9a440c7e5f1a2b3d", "ab" * 32
    change = change.format(
        stream=f"x'{stream}'" if sqlite else f"'{stream}'", mac=f"x'{mac}'" if sqlite else rf"'\x{mac}'"
    )
    tamper(signed, f"UPDATE events SET {change} WHERE position = 417")
    assert faults(signed) == ["position 417 does not fit: the event is not the one that was recorded"]


def test_a_row_that_was_deleted_is_named(signed: Engine) -> None:
    tamper(signed, "DELETE FROM events WHERE position = 417")
    assert faults(signed) == ["position 417 is missing from the log"]


def test_rows_deleted_at_the_end_are_named(signed: Engine) -> None:
    tamper(signed, "DELETE FROM events WHERE position > 417")
    assert faults(signed) == ["position 418 is missing from the log, and the tree covers 600 events"]


def test_two_rows_that_changed_places_are_named(signed: Engine) -> None:
    tamper(
        signed,
        "UPDATE events SET position = 100000 WHERE position = 417",
        "UPDATE events SET position = 417 WHERE position = 500",
        "UPDATE events SET position = 500 WHERE position = 100000",
    )
    assert faults(signed) == ["position 417 does not fit: the event is not the one that was recorded"]


def test_a_row_inserted_between_others_is_named(signed: Engine) -> None:
    columns, other = "position, stream, version, topic, data", "417, stream, 9999, topic, data"
    tamper(
        signed,
        "UPDATE events SET position = position + 10000 WHERE position >= 417",
        f"INSERT INTO events ({columns}) SELECT {other} FROM events WHERE position = 1",
        "UPDATE events SET position = position - 9999 WHERE position > 10000",
    )
    assert faults(signed) == ["position 417 does not fit: the event is not the one that was recorded"]


def test_a_row_put_before_the_first_is_named(signed: Engine) -> None:
    tamper(
        signed,
        "INSERT INTO events (position, stream, version, topic, data) "
        "SELECT 0, stream, 9999, topic, data FROM events WHERE position = 1",
    )
    assert faults(signed) == ["position 0 does not fit: the log begins at 1"]


def test_of_several_changes_the_first_is_named_whatever_they_are(signed: Engine) -> None:
    tamper(
        signed,
        "UPDATE events SET topic = 'died.v1' WHERE position IN (417, 418)",
        "DELETE FROM events WHERE position = 450",
    )
    (fault,) = faults(signed)
    assert fault.startswith("position 417 does not fit: the event is not the one its hash was made of")


def test_text_that_is_no_text_any_more_is_named(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    record(engine, 500)
    sign_the_log(engine, a_signer())
    tamper(engine, "UPDATE events SET data = CAST(x'7bff7d' AS TEXT) WHERE position = 417")
    assert faults(engine) == ["the event at position 417 cannot be read as it was recorded"]
    engine.dispose()


def test_an_event_that_no_checkpoint_covers_is_named_too(signed: Engine) -> None:
    grow(signed)
    tamper(signed, "UPDATE events SET topic = 'died.v1' WHERE position = 605")
    assert faults(signed) == [
        (
            "position 605 does not fit: the event is not the one its hash was made of, and no checkpoint tells which "
            "of the two was changed"
        )
    ]


# The tree


def test_an_event_changed_together_with_its_tree_is_told_by_the_checkpoints(signed: Engine) -> None:
    tamper(signed, "UPDATE events SET topic = 'died.v1' WHERE position = 417", "DELETE FROM proof.tiles")
    while grow(signed):
        pass
    assert faults(signed) == [
        "the events at positions 201 to 600 are not those that were signed in the checkpoint of size 600"
    ]


def test_a_hash_that_was_changed_is_told_from_an_event_that_was(signed: Engine) -> None:
    other = "substr(hashes, 33, 32) || substr(hashes, 33)"
    tamper(signed, f"UPDATE proof.tiles SET hashes = {other} WHERE level = 0 AND number = 1")
    assert faults(signed) == [
        "position 257 does not fit: the hash kept of it was changed, the event is the one that was signed",
        "the tree is damaged: tile 0 of level 1 does not fit those below it",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM proof.tiles WHERE level = 1", "tile 0 of level 1 does not fit those below it"),
        (
            "UPDATE proof.tiles SET hashes = substr(hashes, 1, 32) WHERE level = 1",
            "tile 0 of level 1 does not fit those below it",
        ),
        ("INSERT INTO proof.tiles SELECT 1, 1, hashes FROM proof.tiles WHERE level = 1", "tile 1 of level 1"),
        ("INSERT INTO proof.tiles SELECT 2, 0, hashes FROM proof.tiles WHERE level = 1", "it has tiles of level 2"),
    ],
)
def test_a_tree_that_does_not_fit_itself_is_told(signed: Engine, change: str, told: str) -> None:
    tamper(signed, change)
    (fault,) = faults(signed)
    assert told in fault


def test_a_tile_that_is_gone_is_told(signed: Engine) -> None:
    tamper(signed, "DELETE FROM proof.tiles WHERE level = 0 AND number = 1")
    assert faults(signed)[0] == "the tree is damaged over the positions 1 to 600"


def test_where_all_tiles_are_lost_the_events_are_still_held_against_what_was_signed(signed: Engine) -> None:
    tamper(signed, "DELETE FROM proof.tiles")
    lost = "the tree covers 0 of 610 events, and 600 were signed"
    assert faults(signed) == [lost]
    tamper(signed, "UPDATE events SET topic = 'died.v1' WHERE position = 417")
    assert faults(signed) == [
        "the events at positions 201 to 600 are not those that were signed in the checkpoint of size 600",
        lost,
    ]


def test_a_tree_that_lost_its_last_tiles_grows_again(signed: Engine) -> None:
    tamper(signed, "DELETE FROM proof.tiles WHERE level = 0 AND number > 0")
    sign_the_log(signed, a_signer())
    assert faults(signed) == []


def test_a_gap_behind_the_tree_is_named(signed: Engine) -> None:
    tamper(signed, "DELETE FROM events WHERE position = 605")
    assert faults(signed) == ["position 605 is missing from the log"]


# Checkpoints


def test_checkpoints_of_the_database_are_verified(signed: Engine) -> None:
    tamper(signed, "UPDATE proof.checkpoints SET note = replace(note, 'time 2022', 'time 2021') WHERE size = 200")
    assert faults(signed) == [
        "the checkpoint of size 200 in the database has a signature that does not fit its text and this key"
    ]


def test_with_another_key_no_checkpoint_fits(signed: Engine) -> None:
    other = CheckpointSigner(Signer(NAME, Keyring(bytes(32)).signing))
    assert faults(signed, other) == [
        f"the checkpoint of size {size} in the database is not signed with this key" for size in (200, 600)
    ]


def test_a_checkpoint_that_is_no_text_any_more_is_told(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    record(engine, 5)
    sign_the_log(engine, a_signer())
    for change in ("note = CAST(x'7bff7d' AS TEXT)", "note = x'00'", "signed_at = 'x'", "signed_at = x'00'"):
        tamper(engine, f"UPDATE proof.checkpoints SET {change}")
        assert faults(engine) == ["a checkpoint in the database cannot be read"]
    engine.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_copied_checkpoint_whose_size_is_no_number_any_more_is_told(engine: Engine, tmp_path: Path) -> None:
    notary = a_signer(tmp_path)
    record(engine, 10)
    sign_the_log(engine, notary)
    record(engine, 10)
    sign_the_log(engine, notary)
    tamper(engine, "UPDATE proof.checkpoints SET size = 'x' WHERE size = 20")
    assert "a checkpoint in the database cannot be read" in faults(engine, notary)


def test_files_outside_the_database_are_verified(engine: Engine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for _ in range(2):
        record(engine, 10)
        sign_the_log(engine, a_signer(outside))
    assert check_evidence(engine, a_signer(outside)) == Checked(20, 20, 2, 2, [])
    (outside / "000000000010").write_bytes(b"x")
    (outside / "000000000030").write_bytes((outside / "000000000020").read_bytes())
    assert faults(engine, a_signer(outside)) == [
        "the file 000000000010 of the checkpoint directory is not a signed note",
        "the file 000000000030 of the checkpoint directory holds the checkpoint of size 20",
    ]


def test_copies_and_rows_that_are_gone_are_told(engine: Engine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for _ in range(4):
        record(engine, 10)
        sign_the_log(engine, a_signer(outside))
    # Old ones may be put away.
    (outside / "000000000010").unlink()
    assert faults(engine, a_signer(outside)) == []
    tamper(engine, "DELETE FROM proof.checkpoints WHERE size = 20")
    (outside / "000000000030").unlink()
    assert faults(engine, a_signer(outside)) == [
        "the checkpoint of size 20 is kept outside, and gone from the database",
        "the checkpoint of size 30 is gone from the checkpoint directory",
    ]
    assert check_evidence(engine, a_signer()).unseen == 3
    for file in outside.iterdir():
        file.unlink()
    assert faults(engine, a_signer(outside)) == ["the checkpoint directory is empty, and 3 checkpoints were kept there"]


def test_a_directory_that_cannot_be_used_is_a_fault(engine: Engine, tmp_path: Path) -> None:
    record(engine, 3)
    told = "the checkpoint directory cannot be used: No such file or directory"
    assert faults(engine, a_signer(tmp_path / "none")) == [told, told]


def test_a_database_set_back_under_a_newer_checkpoint_is_told(database_url: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    engine = connect(database_url)
    record(engine, 100)
    sign_the_log(engine, a_signer(outside))
    before = kept_copy(engine, tmp_path)
    record(engine, 100)
    sign_the_log(engine, a_signer(outside))
    engine.dispose()
    set_back(database_url, before, to=100)

    engine = connect(database_url)
    assert check_evidence(engine, a_signer(outside)) == Checked(
        100, 100, 1, 2, ["position 101 is missing: a checkpoint of 200 events was signed"]
    )
    assert faults(engine, a_signer()) == []
    # It goes on otherwise, and becomes longer than what was signed.
    record(engine, 150)
    tamper(engine, "UPDATE events SET topic = 'died.v1' WHERE position = 150")
    grow(engine)
    assert faults(engine, a_signer(outside)) == [
        "the events at positions 101 to 200 are not those that were signed in the checkpoint of size 200"
    ]
    engine.dispose()


def test_two_signed_checkpoints_that_contradict_each_other_are_told(engine: Engine, tmp_path: Path) -> None:
    record(engine, 10)
    sign_the_log(engine, a_signer())
    outside = tmp_path / "outside"
    outside.mkdir()
    text = f"{NAME}\n10\n{base64.b64encode(bytes(32)).decode()}\ntime 2022-07-15T12:00:00.000Z\n"
    (outside / "000000000010").write_text(a_signer().note_signer.sign(text), "utf-8")
    assert faults(engine, a_signer(outside)) == ["two checkpoints of size 10 were signed that contradict each other"]


def test_what_is_sealed_stays_evidence_when_its_key_is_destroyed(engine: Engine) -> None:
    record(engine, 10)
    sign_the_log(engine, a_signer())
    tamper(engine, "DELETE FROM journey_keys")
    assert faults(engine) == []
