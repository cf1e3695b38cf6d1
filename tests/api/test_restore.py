"""The restore drill: back up while it serves, restore elsewhere, verify, replay, serve; an older state is noticed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

import migrations
from service.cli.database import backup
from service.cli.terminal import Failed
from service.intake.cloudevents import ONE
from service.projector.offsets import read_offsets
from service.storage.backup import NotEmpty, back_up
from service.storage.database import connect, reading
from tests.clusters import clusters
from tests.posts import body, linked
from tests.processes import environment, ketenspoor, served, until
from tests.senders import Company, company, examined

#: From the address of the database that serves to that of a copy, made one way or another.
BackUp = Callable[[str], str]


@contextmanager
def on_sqlite(directory: Path) -> Iterator[tuple[str, list[BackUp]]]:
    url = f"sqlite:///{directory / 'ketenspoor.db'}"

    def copy(from_: str) -> str:
        into = directory / "elsewhere"
        copied = ketenspoor("backup", str(into), env=environment(from_))
        assert copied.returncode == 0, copied.stderr
        return f"sqlite:///{into / 'ketenspoor.db'}"

    yield url, [copy]


@contextmanager
def on_postgresql(_: Path) -> Iterator[tuple[str, list[BackUp]]]:
    with clusters() as room:
        cluster = room.new()
        cluster.ask("CREATE DATABASE ketenspoor")
        cluster.ask("CREATE DATABASE elsewhere")

        def base_backup(from_: str) -> str:
            return room.copy_of(cluster.back_up("backup")).url_of(str(make_url(from_).database))

        def dump(from_: str) -> str:
            cluster.dump(str(make_url(from_).database), "dump")
            cluster.restore("elsewhere", "dump")
            return cluster.url_of("elsewhere")

        yield cluster.url_of("ketenspoor"), [dump, base_backup]


def sign(address: str) -> None:
    answer = httpx.post(f"{address}/v1/log/checkpoint", timeout=30.0)
    assert answer.status_code == 200, answer.text


def told_of_tables(output: str) -> list[str]:
    """The lines with the rows and the digest of each table."""
    return re.findall(r"^\S+ +[\d,]+ rows  sha256 [0-9a-f]{64}$", output, re.MULTILINE)


def send_more(senders: Company, count: int) -> None:
    wanted = senders.acknowledged() + count
    until(lambda: senders.acknowledged() >= wanted, "more is acknowledged")


@pytest.mark.timeout(200)
@pytest.mark.parametrize("place", [on_sqlite, on_postgresql])
def test_a_backup_taken_under_load_is_restored_verified_and_served(
    place: Callable[[Path], AbstractContextManager[tuple[str, list[BackUp]]]], tmp_path: Path
) -> None:
    outside, kept = tmp_path / "outside", tmp_path / "kept"
    outside.mkdir()
    with place(tmp_path) as (url, ways):
        engine = connect(url)
        migrations.upgrade(engine)
        engine.dispose()
        env = environment(url, log_level="warning", checkpoint_dir=str(outside))
        with served(env, tmp_path / "service.log") as service:
            senders = company(lambda: service.address, "drill", seed=4, size=2, pause=0.1)
            senders.start()
            send_more(senders, 200)
            sign(service.address)
            shutil.copytree(outside, kept)
            before = {id_ for sender in senders.senders for id_ in list(sender.acknowledged)}
            copies = [copied(url) for copied in ways]
            send_more(senders, 50)
            sign(service.address)
            senders.stop()
            assert service.stop() == 0

        for copy in copies:
            # Everything that was acknowledged before the backup began is in it, and it fits what was signed by then.
            engine = connect(copy)
            found = examined(engine, senders.senders)
            # What follows the log is not ahead of it: it would pass over what comes next.
            with reading(engine, "view_a") as connection:
                assert max(one.position for one in read_offsets(connection)) <= found.events
            engine.dispose()
            assert before.isdisjoint(found.lost)
            assert (found.moved, found.doubled, found.other) == ([], [], [])
            there = environment(copy, log_level="warning", checkpoint_dir=str(kept))
            verified = ketenspoor("verify", "--processes", "1", env=there)
            assert verified.returncode == 0, verified.stderr
            assert f"and {len(list(kept.iterdir()))} outside it" in verified.stderr

        # Doing it again from the log gives the tables that were restored.
        ((position),) = re.findall(r"compared, up to position (\d+)", verified.stderr)
        replayed = ketenspoor("replay", "--until", position, "--processes", "1", env=there)
        assert replayed.returncode == 0, replayed.stderr
        assert told_of_tables(replayed.stderr) == told_of_tables(verified.stderr) != []

        # It is older than what was signed last, and whoever kept that notices.
        noticed = ketenspoor("checkpoint", env={**there, "KETENSPOOR_CHECKPOINT_DIR": str(outside)})
        assert noticed.returncode == 1
        assert "nothing is signed" in noticed.stderr

        with served(there, tmp_path / "restored.log") as service:
            answer = httpx.post(
                f"{service.address}/v1/events",
                content=body(linked("after the drill")),
                headers={"Content-Type": ONE},
                timeout=30.0,
            )
            assert (answer.status_code, answer.json()["position"]) == (201, found.events + 1)
            path = f"/v1/realisation?period=2021-I&groupBy=country&minPosition={found.events + 1}"
            until(lambda: httpx.get(f"{service.address}{path}", timeout=30.0).status_code == 200, "caught up")


def test_the_log_is_copied_last(sqlite_url: str, tmp_path: Path) -> None:
    into = tmp_path / "copy"
    assert back_up(Path(str(make_url(sqlite_url).database)), into) == 0
    *_, last = sorted(into.glob("*.db"), key=lambda path: path.stat().st_mtime_ns)
    assert last.name == "ketenspoor.db"
    assert len(list(into.glob("*.db"))) == 5


def test_a_copy_is_made_into_an_empty_directory_only(sqlite_url: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "something").touch()
    with pytest.raises(NotEmpty):
        back_up(Path(str(make_url(sqlite_url).database)), there)
    assert [path.name for path in there.iterdir()] == ["something"]


def test_postgresql_is_left_to_its_own_means(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETENSPOOR_DATABASE_URL", postgresql_url)
    with pytest.raises(Failed, match="pg_basebackup"):
        backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
