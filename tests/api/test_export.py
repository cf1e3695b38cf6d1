"""The log as a folder: self-contained, verified without the service, and whatever was changed in it is named."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.evidence import Mismatch
from service.evidence.exported_log import PARTS, Exported, NotEmpty, verify_exported_log, write_exported_log
from service.evidence.signing import sign_the_log
from service.storage.database import connect
from tests.api.at_once import Command
from tests.processes import environment, ketenspoor
from tests.store.signed_logs import a_signer, record, row, tamper

EVENTS = 600
KEY = a_signer().key


@pytest.fixture
def exported(engine: Engine, tmp_path: Path) -> Path:
    """600 events, of which 200 were signed before; written from each engine."""
    path = tmp_path / "log"
    for count in (200, 400):
        record(engine, count)
        sign_the_log(engine, a_signer())
    write_exported_log(engine, a_signer(), path)
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """The same folder, made once for all that is done to copies of it."""
    place = tmp_path_factory.mktemp("original")
    for file in migrated_sqlite.parent.glob("template*.db"):
        shutil.copyfile(file, place / file.name)
    engine = connect(f"sqlite:///{place / 'template.db'}")
    for count in (200, 400):
        record(engine, count)
        sign_the_log(engine, a_signer())
    write_exported_log(engine, a_signer(), place / "log")
    engine.dispose()
    return place / "log"


@pytest.fixture
def copied(original: Path, tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return shutil.copytree(original, tmp_path / "log")


# What it holds


def test_a_folder_holds_leaves_hashes_checkpoints_key_and_an_explanation(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == [
        *("README.txt", "checkpoints", "hashes", "key", "log.ndjson")
    ]
    assert sorted(path.name for path in (exported / "checkpoints").iterdir()) == ["000000000200", "000000000600"]
    assert (exported / "key").read_text() == f"{KEY}\n"
    lines = (exported / "log.ndjson").read_bytes().splitlines()
    assert [json.loads(line)["position"] for line in lines] == [*range(1, EVENTS + 1)]
    assert json.loads(lines[416])["data"] == row(417).data
    hashes = (exported / "hashes").read_text().splitlines()
    assert hashes == [hashlib.sha256(b"\x00" + line).hexdigest() for line in lines]


def test_the_explanation_names_every_file_and_the_log(exported: Path) -> None:
    told = (exported / "README.txt").read_text()
    assert "ketenspoor.example/log, positions 1 to 600" in told
    assert all(re.search(rf"^{re.escape(name)}", told, re.MULTILINE) for name in PARTS)


def test_both_engines_write_the_same_bytes(exported: Path, original: Path) -> None:
    def contents(path: Path) -> dict[str, bytes]:
        return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}

    assert contents(exported) == contents(original)


def test_a_folder_verifies(exported: Path) -> None:
    seen: list[tuple[int, int]] = []
    verified = verify_exported_log(exported, KEY, lambda done, of: seen.append((done, of)))
    assert (verified.events, verified.checkpoints, verified.last.size) == (600, 2, 600)
    assert seen[-1] == (600, 600)


def test_what_is_recorded_behind_the_last_checkpoint_is_signed_first(engine: Engine, tmp_path: Path) -> None:
    record(engine, 3)
    sign_the_log(engine, a_signer())
    record(engine, 2)
    assert write_exported_log(engine, a_signer(), tmp_path / "log") == Exported(5, 2)
    assert verify_exported_log(tmp_path / "log", KEY).events == 5


def test_an_empty_log_is_exported_and_verified(engine: Engine, tmp_path: Path) -> None:
    assert write_exported_log(engine, a_signer(), tmp_path / "log") == Exported(0, 1)
    assert verify_exported_log(tmp_path / "log", KEY).events == 0


def test_a_folder_that_holds_anything_is_left_as_it_is(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "notes").write_text("mine")
    with pytest.raises(NotEmpty, match="is not empty"):
        write_exported_log(engine, a_signer(), tmp_path / "log")
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["notes"]


def test_a_log_that_was_set_back_is_not_exported(engine: Engine, tmp_path: Path) -> None:
    record(engine, 5)
    sign_the_log(engine, a_signer())
    tamper(engine, "DELETE FROM events WHERE position > 3")
    with pytest.raises(Mismatch, match="the log ends at position 3"):
        write_exported_log(engine, a_signer(), tmp_path / "log")
    assert not (tmp_path / "log").exists()


def test_an_event_that_was_changed_in_the_database_is_named_by_who_verifies(engine: Engine, tmp_path: Path) -> None:
    record(engine, 600)
    sign_the_log(engine, a_signer())
    tamper(engine, "UPDATE events SET effective_on = '2021-03-11' WHERE position = 417")
    write_exported_log(engine, a_signer(), tmp_path / "log")
    with pytest.raises(Mismatch, match="position 417 does not fit: the event is not the one that was recorded"):
        verify_exported_log(tmp_path / "log", KEY)


# What is changed in it

Change = Callable[[list[bytes]], object]


def changed(path: Path, change: Change) -> None:
    """Change a file by its lines."""
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


def told(path: Path) -> str:
    with pytest.raises(Mismatch) as raised:
        verify_exported_log(path, KEY)
    return str(raised.value)


def replace(position: int, old: bytes, new: bytes) -> Change:
    def change(lines: list[bytes]) -> None:
        assert old in lines[position - 1]
        lines[position - 1] = lines[position - 1].replace(old, new)

    return change


def swap(lines: list[bytes]) -> None:
    lines[416], lines[499] = lines[499], lines[416]


OTHER = "position 417 does not fit: the event is not the one that was recorded"
NO_HASH = "position 417 does not fit: its line in hashes is no hash"
NOT_CANONICAL = "position 417 does not fit: its line is no event in canonical JSON"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (replace(417, b"GM0153", b"GM0152"), OTHER),
        (replace(417, b'"effectiveOn":"2021-03-10"', b'"effectiveOn":"2021-03-11"'), OTHER),
        (replace(417, b'"topic":"linked.v1"', b'"topic":"linked.v2"'), OTHER),
        (replace(417, b'"version":417', b'"version": 417'), NOT_CANONICAL),
        (replace(417, b'"version":417', b'"version":x'), NOT_CANONICAL),
        (replace(417, b'"version":417', b'"version":417,"more":1'), NOT_CANONICAL),
        (replace(417, b"GM", b"\xff\xfe"), NOT_CANONICAL),
        (replace(417, b"\n", b"\r\n"), NOT_CANONICAL),
        (replace(600, b"\n", b""), NOT_CANONICAL.replace("417", "600")),
        (replace(417, b'"position":417', b'"position":418'), "position 417 does not fit: its line holds position 418"),
        (lambda lines: lines.pop(416), "position 417 does not fit: its line holds position 418"),
        (lambda lines: lines.insert(417, lines[416]), "position 418 does not fit: its line holds position 417"),
        (lambda lines: lines.insert(417, b"\n"), "position 418 does not fit: its line is no event in canonical JSON"),
        (swap, "position 417 does not fit: its line holds position 500"),
        (lambda lines: lines.pop(), "position 600 is missing: log.ndjson ends before it"),
        (lambda lines: lines.clear(), "position 1 is missing: log.ndjson ends before it"),
        (lambda lines: lines.append(lines[-1]), "position 601 does not fit: no checkpoint covers it"),
    ],
)
def test_whatever_is_changed_in_the_leaves_the_first_position_is_named(copied: Path, change: Change, what: str) -> None:
    changed(copied / "log.ndjson", change)
    assert told(copied) == what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            lambda lines: lines.__setitem__(416, lines[415]),
            "position 417 does not fit: the hash kept of it was changed, the event is the one that was signed",
        ),
        (lambda lines: lines.__setitem__(416, b"x\n"), NO_HASH),
        (lambda lines: lines.__setitem__(416, lines[416].upper()), NO_HASH),
        (lambda lines: lines.pop(), "position 600 is missing: hashes ends before it"),
        (lambda lines: lines.append(lines[-1]), "position 601 does not fit: no checkpoint covers it"),
    ],
)
def test_whatever_is_changed_in_the_hashes_the_first_position_is_named(copied: Path, change: Change, what: str) -> None:
    changed(copied / "hashes", change)
    assert told(copied) == what


@pytest.mark.parametrize(("position", "span"), [(100, "1 to 200 are"), (417, "201 to 600 are")])
def test_a_leaf_changed_together_with_its_hash_is_told_by_the_checkpoints(
    copied: Path, position: int, span: str
) -> None:
    changed(copied / "log.ndjson", replace(position, b"GM0153", b"GM0152"))
    line = (copied / "log.ndjson").read_bytes().splitlines()[position - 1]
    new = hashlib.sha256(b"\x00" + line).hexdigest().encode() + b"\n"
    changed(copied / "hashes", lambda lines: lines.__setitem__(position - 1, new))
    assert told(copied).startswith(f"the events at positions {span} not those that were signed")


def test_a_log_cut_off_together_with_its_hashes_is_told(copied: Path) -> None:
    for name in ("log.ndjson", "hashes"):
        changed(copied / name, lambda lines: lines.__delitem__(slice(417, None)))
    assert told(copied) == "position 418 is missing: a checkpoint of 600 events was signed"


def test_every_byte_of_a_checkpoint_counts(copied: Path) -> None:
    path = copied / "checkpoints" / "000000000200"
    note = path.read_bytes()
    for at in range(len(note)):
        path.write_bytes(note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :])
        assert told(copied).startswith("checkpoints/000000000200 "), at


def test_a_checkpoint_under_another_name_or_none_at_all_is_told(copied: Path) -> None:
    (copied / "checkpoints" / "000000000600").rename(copied / "checkpoints" / "000000000500")
    assert told(copied) == "checkpoints/000000000500 holds the checkpoint of size 600"
    shutil.rmtree(copied / "checkpoints")
    (copied / "checkpoints").mkdir()
    assert told(copied) == "there is no checkpoint, so nothing says what the log must be"


def test_without_its_last_checkpoint_what_that_covered_is_not_vouched_for(copied: Path) -> None:
    (copied / "checkpoints" / "000000000600").unlink()
    assert told(copied) == "position 201 does not fit: no checkpoint covers it"


def test_another_key_in_the_folder_is_told(copied: Path) -> None:
    changed(copied / "key", replace(1, b"log+", b"lag+"))
    assert told(copied) == "the file key does not hold the key that was given"


# As commands


def test_the_log_is_signed_exported_and_verified_by_commands(sqlite_url: str, tmp_path: Path) -> None:
    engine = connect(sqlite_url)
    record(engine, 5)
    engine.dispose()
    signed = ketenspoor("checkpoint", env=environment(sqlite_url))
    assert (signed.returncode, signed.stdout[:25]) == (0, "ketenspoor.example/log\n5\n"), signed.stderr
    done = ketenspoor("export-log", str(tmp_path / "log"), env=environment(sqlite_url))
    assert (done.returncode, "5 events and 1 checkpoints" in done.stderr) == (0, True), done.stderr

    # Whoever verifies has neither the database nor the settings; what is set here would stop any other command.
    elsewhere = environment("nothing://", master_key="x", checkpoint_dir="/nowhere")
    (tmp_path / "key.txt").write_text(f"{KEY}\n")
    done = ketenspoor("verify-log", str(tmp_path / "log"), "--key", str(tmp_path / "key.txt"), env=elsewhere)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "5 events under 1 checkpoints" in done.stderr
    assert "everything fits" in done.stderr


@pytest.fixture
def failed(at_once: Command) -> Callable[..., str]:
    """What a command says that must fail."""

    def command(*arguments: str, env: dict[str, str]) -> str:
        done = at_once(*arguments, env=env)
        assert (done.returncode, done.stdout) == (1, "")
        return " ".join(done.stderr.split())

    return command


def test_what_does_not_fit_ends_with_one_readable_sentence(
    copied: Path, tmp_path: Path, failed: Callable[..., str], at_once: Command
) -> None:
    env = environment("nothing://")
    other = base64.b64encode(b"\x01" + bytes(32)).decode()
    assert "--key is neither a verifier key nor a file" in failed("verify-log", str(copied), "--key", other, env=env)
    (tmp_path / "x").write_text("x")
    assert "the file given as --key is not a verifier key" in failed(
        *("verify-log", str(copied), "--key", str(tmp_path / "x")), env=env
    )
    (tmp_path / "x").write_text(str(KEY), "utf-16")
    told = failed("verify-log", str(copied), "--key", str(tmp_path / "x"), env=env)
    assert f"{tmp_path / 'x'} is UTF-16, and must be UTF-8" in told
    (tmp_path / "x").write_text(str(KEY), "utf-8-sig")
    assert at_once("verify-log", str(copied), "--key", str(tmp_path / "x"), env=env).returncode == 0
    assert "No such file" in failed("verify-log", str(tmp_path / "no"), "--key", str(KEY), env=env)
    changed(copied / "log.ndjson", replace(417, b"GM0153", b"GM0152"))
    assert f"the log does not verify: {OTHER}" in failed("verify-log", str(copied), "--key", str(KEY), env=env)


def test_a_log_that_was_set_back_is_neither_signed_nor_exported_by_commands(
    sqlite_url: str, tmp_path: Path, failed: Callable[..., str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    engine = connect(sqlite_url)
    record(engine, 5)
    sign_the_log(engine, a_signer(outside))
    tamper(engine, "DELETE FROM events", "DELETE FROM proof.tiles", "DELETE FROM proof.checkpoints")
    engine.dispose()
    env = environment(sqlite_url, checkpoint_dir=str(outside))
    said = "the log was set back: 5 events were signed at 2022-07-15 12:00:00 UTC, it has 0; it differs at or before"
    assert said in failed("checkpoint", env=env)
    assert said in failed("export-log", str(tmp_path / "log"), env=env)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    assert "is not empty" in failed("export-log", str(tmp_path / "full"), env=env)


def test_what_others_put_beside_the_checkpoints_is_passed_over(copied: Path) -> None:
    (copied / "checkpoints" / ".DS_Store").write_bytes(b"x")
    assert verify_exported_log(copied, KEY).checkpoints == 2


@pytest.mark.parametrize("name", ["hashes", "log.ndjson", "key", "checkpoints"])
def test_a_part_that_is_gone_is_named(copied: Path, name: str) -> None:
    (copied / name).rename(copied / "elsewhere")
    assert told(copied) == f"{name} cannot be read: No such file or directory"
