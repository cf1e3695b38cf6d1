"""Running the service: its server, or several behind one port, and unless told otherwise the follower beside them."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from prometheus_client.multiprocess import mark_process_dead

from service import server
from service.listening import take
from service.operations import log_lines, sole
from service.operations.metrics import DIRECTORY
from service.settings import Settings
from service.settings import environment as as_environment
from service.supervisor import Patience, Program, exit_when_told, supervised

_log = logging.getLogger("ketenspoor")
_COMMAND = (sys.executable, "-m", "service")
#: What is under way has ended by then, or never will.
_MARGIN = 5.0


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serve HTTP until told to stop; `environment`: what the processes that are started find in theirs besides."""
    log_lines.configure(settings.log_level)
    with sole.of_its_kind(settings.database_url), ExitStack() as beside:
        _tell_mode(settings)
        sockets = take(settings.host, settings.port)
        host, port, *_ = sockets[0].getsockname()
        _log.info("listening", extra={"host": host, "port": port, "workers": settings.workers})
        exit_when_told()
        if settings.follower == "child":
            follower = Program("follower", (*_COMMAND, "project", "--with-parent", str(os.getpid())), environment)
            beside.enter_context(supervised([follower]))
        if settings.workers == 1:
            server.run(settings, sockets)
            return
        # The workers take it for themselves, each as soon as it can serve.
        for one in sockets:
            one.close()
        with _workers(settings, {**environment, **as_environment({"port": port})}):
            signal.pause()


def work(settings: Settings, beat: int) -> None:
    """Be one of several servers behind one port, for as long as the process goes on that started this one."""
    log_lines.configure(settings.log_level)
    exit_when_told()
    server.run(settings, take(settings.host, settings.port, shared=True), beat)


def _tell_mode(settings: Settings) -> None:
    if settings.development:
        _log.warning("development mode: no master key, loopback only, the sender of an event is believed")
    if settings.checkpoint_dir is not None and not settings.checkpoint_dir.is_dir():
        # It may be mounted later, and events and figures do not need it; nothing is signed until it is there.
        _log.error("the checkpoint directory is not there: nothing is signed")


@contextmanager
def _workers(settings: Settings, environment: Mapping[str, str]) -> Iterator[None]:
    patience = Patience(stopping=settings.drain + server.UNDER_WAY_SECONDS + _MARGIN)
    with _folder() as counted:
        programs = [
            Program(f"worker {number}", (*_COMMAND, "worker"), {**environment, DIRECTORY: counted}, beats=True)
            for number in range(1, settings.workers + 1)
        ]
        with supervised(programs, patience, lambda pid: mark_process_dead(pid, counted)):  # type: ignore[no-untyped-call]
            yield


@contextmanager
def _folder() -> Iterator[str]:
    """A folder that is gone afterwards; locked, so that who tidies up old temporary files leaves those in it alone."""
    with tempfile.TemporaryDirectory(prefix="ketenspoor-") as folder:
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield folder
        finally:
            os.close(held)
