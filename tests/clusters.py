"""PostgreSQL clusters that a test starts, stops, kills, copies and promotes itself; they end with whoever made them.

A cluster is what PostgreSQL calls one: a data directory and the server on it, here with fsync and synchronous_commit
on. Run as a module this is the keeper: it starts programs when told to on its standard input, and when that closes,
however the other side ends, it kills what still runs and removes all files.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.pids import children, runs
from tests.postgres import DIES_WITH_ITS_FILES, binaries_for, unprivileged_user

USER = "ketenspoor"
#: Nothing here takes so long; a deadline only keeps a fault from hanging the tests.
DEADLINE = 60.0


class Clusters:
    """The clusters of one test, with the process that keeps them."""

    def __init__(self) -> None:
        # A session of its own: an interrupt from the keyboard reaches the tests, not the keeper.
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.clusters"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._made = 0

    def new(self, **settings: str) -> Cluster:
        """A cluster of its own that answers; `settings` are those of postgresql.conf."""
        cluster = Cluster(self, self._name(), lasting_port())
        self._run("initdb", f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--locale=C", cluster.data_option)
        cluster.configure(**settings)
        cluster.start()
        return cluster

    def standby_of(self, primary: Cluster, *, synchronous: bool = True, port: int | None = None) -> Cluster:
        """A second cluster that streams from this one, by a slot, and answers reads; on a given port if told.

        `synchronous`: from now on no commit of the primary is answered before it is on the standby's disk too.
        """
        name = self._name()
        standby = Cluster(self, name, port or lasting_port())
        source = f"host=127.0.0.1 port={primary.port} user={USER} application_name={name}"
        self._run(
            "pg_basebackup",
            *("--dbname", source, standby.data_option, "--wal-method=stream", "--checkpoint=fast"),
            *("--write-recovery-conf", "--create-slot", f"--slot={name}"),
        )
        # What the primary was told at its start is not for the copy; and after a crash of the primary it is found again
        # at once, not after five seconds in which no commit is answered.
        standby.configure(synchronous_standby_names="", wal_retrieve_retry_interval="100ms")
        standby.start()
        if synchronous:
            primary.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
            primary.ask("SELECT pg_reload_conf()")
            primary.until("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", 1)
        return standby

    def copy_of(self, backup: Path, **settings: str) -> Cluster:
        """A cluster restored from a directory that `Cluster.back_up` made; it answers, as a primary."""
        cluster = Cluster(self, self._name(), lasting_port())
        self.tell(copy=str(backup), to=cluster.name)
        cluster.configure(**settings)
        cluster.start()
        return cluster

    def end(self) -> None:
        """Kill what runs and remove all files."""
        self._keeper.communicate()

    def _name(self) -> str:
        self._made += 1
        return f"cluster_{self._made}"

    def _run(self, program: str, *arguments: str) -> str:
        told = self.tell(run=[program, *arguments])
        assert told["code"] == 0, told["out"]
        out: str = told["out"]
        return out

    def tell(self, **order: Any) -> dict[str, Any]:
        """Have the keeper do something, and wait for what it says."""
        assert self._keeper.stdin is not None and self._keeper.stdout is not None
        self._keeper.stdin.write(json.dumps(order) + "\n")
        self._keeper.stdin.flush()
        answer = self._keeper.stdout.readline()
        assert answer, "the keeper of the clusters has ended"
        told: dict[str, Any] = json.loads(answer)
        return told


class Cluster:
    """One data directory and, while it runs, the server on it, always on the same port."""

    def __init__(self, clusters: Clusters, name: str, port: int) -> None:
        self._clusters = clusters
        self.name, self.port = name, port
        self.data_option = f"--pgdata={name}"
        self.pid = 0

    @property
    def url(self) -> str:
        """The URL of the database that every cluster has from the beginning."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def configure(self, **settings: str) -> None:
        """Add to its settings; they hold from the next start."""
        lines = [f"{name} = '{value}'" for name, value in settings.items()]
        self._clusters.tell(append=f"{self.name}/postgresql.auto.conf", lines=lines)

    def start(self) -> None:
        """Start it, also after a crash, and wait until it answers."""
        self.pid = self._clusters.tell(start=self.name, port=self.port)["pid"]
        deadline = time.monotonic() + DEADLINE
        while not self.answers():
            told = self._clusters.tell(log=self.name)
            assert told["runs"] and time.monotonic() < deadline, told["log"]
            time.sleep(0.02)

    def stop(self, mode: str = "fast") -> None:
        """`smart` waits for all to leave, `fast` sends them away, `immediate` does not even write what is in memory."""
        os.kill(self.pid, {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self._clusters.tell(wait=self.name)

    def kill(self) -> None:
        """SIGKILL for the server and every process it started, as if the power of its machine failed.

        What it gave to the operating system is not lost by this: whether that reached the disk is not tried.
        """
        kill_all(self.pid)
        self._clusters.tell(wait=self.name)

    def kill_backend(self, chance: random.Random) -> None:
        """SIGKILL for one process that works for a client: the server then sends all away, and recovers by itself."""
        import psycopg

        backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, autocommit=True) as connection:
            found = sorted(pid for (pid,) in connection.execute(backends))
            os.kill(chance.choice(found), signal.SIGKILL)
            # Until we are sent away too.
            connection.execute("SELECT pg_sleep(60)")

    def freeze(self) -> None:
        """Stop every process where it is: connections stay, and nothing is answered."""
        _freeze(self.pid)

    def thaw(self) -> None:
        for pid in [*children(self.pid), self.pid]:
            os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """Make a standby a primary of its own and wait until it takes writes."""
        self._clusters._run("pg_ctl", "promote", self.data_option, "--wait")  # noqa: SLF001
        self.until("SELECT pg_is_in_recovery()", False)

    def wait_for_nobody(self) -> None:
        """From now on commits are answered without a standby."""
        self.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.ask("SELECT pg_reload_conf()")
        self.until("SHOW synchronous_standby_names", "")

    def pause_replay(self) -> None:
        """A standby goes on receiving, and shows nothing new."""
        self.ask("SELECT pg_wal_replay_pause()")
        self.until("SELECT pg_get_wal_replay_pause_state()", "paused")

    def resume_replay(self) -> None:
        self.ask("SELECT pg_wal_replay_resume()")

    def back_up(self, into: str) -> Path:
        """A base backup taken while it serves; returns its directory, which `Clusters.copy_of` restores."""
        source = f"host=127.0.0.1 port={self.port} user={USER}"
        self._clusters._run(  # noqa: SLF001
            "pg_basebackup", "--dbname", source, f"--pgdata={into}", "--wal-method=stream", "--checkpoint=fast"
        )
        return Path(into)

    def dump(self, database: str, into: str) -> None:
        """A logical backup of one database, in a file of this name."""
        self._clusters._run(  # noqa: SLF001
            "pg_dump", "--format=custom", f"--file={into}", self.url_of(database)
        )

    def restore(self, database: str, dumped: str) -> None:
        """Fill an empty database from a logical backup."""
        self._clusters._run(  # noqa: SLF001
            "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={self.url_of(database)}", dumped
        )

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a statement, run by itself outside any transaction."""
        import psycopg

        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            # The statements of tests are their own.
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def until(self, statement: str, value: object) -> None:
        """Wait until a statement gives this value."""
        deadline = time.monotonic() + DEADLINE
        while (found := self.ask(statement)) != [(value,)]:
            assert time.monotonic() < deadline, f"{statement} still gives {found}"
            time.sleep(0.02)


def lasting_port() -> int:
    """A port that stays free for whoever starts on it again: below those that outgoing connections are given."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def clusters() -> Iterator[Clusters]:
    """Room for clusters, gone afterwards."""
    room = Clusters()
    try:
        yield room
    finally:
        room.end()


def _freeze(pid: int) -> list[int]:
    # The parent first: it must not start another while we look. PostgreSQL gives each child a session of its own, so
    # that a group will not do.
    os.kill(pid, signal.SIGSTOP)
    started = children(pid)
    for child in started:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGSTOP)
    return started


def kill_all(pid: int) -> None:
    """Kill a server and all that it started, and wait until all of those are gone."""
    started = _freeze(pid)
    for each in [pid, *started]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    deadline = time.monotonic() + DEADLINE
    while any(map(runs, started)) and time.monotonic() < deadline:
        time.sleep(0.005)


class _Keeper:
    """What the keeper has started, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._user = unprivileged_user()
        self._binaries = binaries_for(directory, self._user)
        self._rooms = directory / "clusters"
        self._rooms.mkdir(mode=0o755)
        if self._user:
            shutil.chown(self._rooms, self._user["user"], self._user["group"])
        self._servers: dict[str, subprocess.Popen[bytes]] = {}

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order:
            case {"run": [program, *arguments]}:
                return self._run(program, arguments)
            case {"append": path, "lines": lines}:
                with (self._rooms / path).open("a") as settings:
                    settings.writelines(f"{line}\n" for line in lines)
                return {}
            case {"copy": backup, "to": name}:
                return self._run("/bin/cp", ["-a", backup, name])
            case {"start": name, "port": port}:
                return {"pid": self._start(name, port)}
            case {"wait": name}:
                return {"code": self._servers[name].wait(DEADLINE)}
            case {"log": name}:
                log = (self._rooms / f"{name}.log").read_text(errors="replace")
                return {"runs": self._servers[name].poll() is None, "log": log}
        raise ValueError(order)

    def _run(self, program: str, arguments: list[str]) -> dict[str, Any]:
        ran = subprocess.run(
            [self._binaries / program, *arguments],
            cwd=self._rooms,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=False,
            **self._user,
        )
        return {"code": ran.returncode, "out": ran.stdout}

    def _start(self, name: str, port: int) -> int:
        with (self._rooms / f"{name}.log").open("ab") as log:
            self._servers[name] = subprocess.Popen(
                [
                    self._binaries / "postgres",
                    *("-D", name, "-p", str(port)),
                    *("-c", "listen_addresses=127.0.0.1"),
                    *("-c", "unix_socket_directories="),
                    *DIES_WITH_ITS_FILES,
                ],
                cwd=self._rooms,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._user,
            )
        return self._servers[name].pid

    def end(self) -> None:
        for server in self._servers.values():
            if server.poll() is None:
                kill_all(server.pid)
                server.wait()


def keep() -> None:
    """Obey, an order a line, until standard input ends."""
    directory = Path(tempfile.mkdtemp(prefix="ketenspoor-clusters-"))
    try:
        directory.chmod(0o755)
        keeper = _Keeper(directory)
        try:
            for line in sys.stdin:
                sys.stdout.write(json.dumps(keeper.obey(json.loads(line))) + "\n")
                sys.stdout.flush()
        finally:
            keeper.end()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    keep()
