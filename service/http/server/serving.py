"""Running the service: its server, or several behind one port, and unless told otherwise the follower beside them."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from service.foundation import log_lines
from service.foundation.settings import Settings
from service.foundation.settings import environment as as_environment
from service.http.server import server
from service.http.server.listening import bind, reserve
from service.operations.metrics import DIRECTORY
from service.operations.supervisor import Program, RestartPolicy, exit_on_signal, supervised
from service.storage import locks

_log = logging.getLogger("ketenspoor")
_COMMAND = (sys.executable, "-m", "service")
#: What is under way has ended by then, or never will.
_MARGIN = 5.0
#: Folders of temporary files, and the one in each in which workers count.
_PREFIX, _COUNTERS = "ketenspoor-", "counters"


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serve HTTP until told to stop; `environment`: what the processes that are started find in theirs besides."""
    log_lines.configure(settings.log_level)
    with locks.serve_alone(settings.database_url), ExitStack() as beside:
        _log_mode(settings)
        sockets = bind(settings.host, settings.port)
        host, port, *_ = sockets[0].getsockname()
        _log.info("listening", extra={"host": host, "port": port, "workers": settings.workers})
        exit_on_signal()
        if settings.follower == "child":
            follower = Program("follower", (*_COMMAND, "project", "--with-parent", str(os.getpid())), environment)
            beside.enter_context(supervised([follower]))
        if settings.workers == 1:
            server.run(settings, sockets)
            return
        # The workers bind it themselves, each as soon as it can serve.
        for reserved in reserve(sockets):
            beside.enter_context(closing(reserved))
        with _workers(settings, {**environment, **as_environment({"port": port})}):
            signal.pause()


def work(settings: Settings, beat: int) -> None:
    """Be one of several servers behind one port, for as long as the process goes on that started this one."""
    log_lines.configure(settings.log_level)
    exit_on_signal()
    server.run(settings, bind(settings.host, settings.port, shared=True), beat)


def _log_mode(settings: Settings) -> None:
    if settings.development:
        _log.warning("development mode: no master key, loopback only, the sender of an event is believed")
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        # It may be mounted later, and events and figures do not need it; nothing is signed until it is there.
        _log.error("the checkpoint directory is not there: nothing is signed")


@contextmanager
def _workers(settings: Settings, environment: Mapping[str, str]) -> Iterator[None]:
    policy = RestartPolicy(stopping=settings.drain + server.UNDER_WAY_SECONDS + _MARGIN)
    with counters() as counted:
        programs = [
            Program(f"worker {number}", (*_COMMAND, "worker"), {**environment, DIRECTORY: counted}, beats=True)
            for number in range(1, settings.workers + 1)
        ]
        with supervised(programs, policy, lambda pid: mark_process_dead(pid, counted)):  # type: ignore[no-untyped-call]
            yield


@contextmanager
def counters() -> Iterator[str]:
    """A folder in which workers count, gone afterwards; those that killed processes left behind go with it.

    It stands in one that is locked, by which others tell that it is in use: the next start, and who tidies up old
    temporary files.
    """
    _remove_orphans()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as parent, _locked(parent, fcntl.LOCK_SH):
        # Made when it is locked, so that nobody takes one for an orphan that is just being made.
        folder = Path(parent, _COUNTERS)
        folder.mkdir()
        yield str(folder)


def _remove_orphans() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_COUNTERS}"):
        # Another one's, or in use.
        with suppress(OSError), _locked(folder.parent, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder.parent)


@contextmanager
def _locked(folder: str | Path, operation: int) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)
