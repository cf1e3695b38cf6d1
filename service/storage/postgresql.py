"""Connections to PostgreSQL that never wait for ever, notice a lost server, and believe only an undisturbed commit."""

from __future__ import annotations

import select
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event, exc

_RV = TypeVar("_RV")

_CONNECT_SECONDS = 5
#: Both ends notice within this that the other's machine is gone, with the locks that it holds.
_KEEPALIVE = {"idle": 10, "interval": 5, "count": 3}
_UNANSWERED_MILLISECONDS = 25_000
#: How often the server looks whether somebody still waits for the statement it is working on.
_CHECK_SECONDS = 5
_DURABLE = """
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""


class Patient(psycopg.Connection[Any]):
    """A connection whose server must answer in time, and whose commit counts only when taken without a warning."""

    #: Seconds for one answer of the server, a server that hangs included; None: as long as it takes.
    patience: float | None = None
    _warned = False

    def wait(self, gen: PQGen[_RV], interval: float = 0.1, timeout: float | None = None) -> _RV:
        given = self.patience if timeout is None else timeout
        if given is None:
            return super().wait(gen, interval)
        try:
            return super().wait(gen, interval, given)
        except psycopg.OperationalError as fault:
            if fault.sqlstate is None:
                # Whatever the server still says belongs to a statement that we no longer wait for.
                self.pgconn.finish()
            raise

    def commit(self) -> None:
        """Commit, or raise: then the outcome is not known, and nothing may be acknowledged.

        A commit that waits for a synchronous standby can be cancelled on the server. It is then taken all the same,
        with no more than a warning: an event acknowledged on it would be lost with that server.
        """
        self._warned = False
        super().commit()
        if self._warned:
            self.close()
            raise psycopg.OperationalError("the commit was taken with a warning")

    def set_read_only(self, value: bool | None) -> None:
        """Read-only, or whatever the server is: one that only reads refuses to be asked for more on beginning."""
        super().set_read_only(value or None)

    def notice(self, notice: psycopg.errors.Diagnostic) -> None:
        """Told of what the server says besides."""
        if notice.severity_nonlocalized == "WARNING":
            self._warned = True


def open_postgresql(url: URL, connections: int, patience: float | None, lock: float | None) -> Engine:
    """An engine with at most so many connections; seconds for a statement and for a lock, None without an end.

    Nothing is asked of a connection before it is used: a look at its socket tells at once when the server has closed
    it, and costs no round trip.
    """
    engine = create_engine(
        url.set(drivername="postgresql+psycopg").update_query_dict({"options": _options(url, patience, lock)}),
        hide_parameters=True,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "keepalives": 1,
            **{f"keepalives_{name}": seconds for name, seconds in _KEEPALIVE.items()},
            "tcp_user_timeout": _UNANSWERED_MILLISECONDS,
            **{name: value for name, value in url.query.items() if name in _CHOSEN},
        },
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30.0 if patience is None else patience / 2,
        # The ones in use stay warm.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, arguments: list[Any], parameters: dict[str, Any]) -> Patient:
        connection = Patient.connect(*arguments, **parameters)
        # The server stops a statement first, if it still can.
        connection.patience = None if patience is None else patience * 1.5
        connection.add_notice_handler(connection.notice)
        connection.autocommit = True
        # Whatever this server or user is set to: what was acknowledged survives the server being killed.
        connection.execute(_DURABLE)
        connection.autocommit = False
        return connection

    @event.listens_for(engine, "checkout")
    def _look(connection: Patient, _record: object, _fairy: object) -> None:
        # Between two uses a server has nothing to say but farewell.
        if connection.closed or _something_to_read(connection.fileno()):
            raise exc.DisconnectionError

    return engine


def _something_to_read(socket: int) -> bool:
    looking = select.poll()
    looking.register(socket, select.POLLIN)
    return bool(looking.poll(0))


#: What an operator may choose otherwise in the URL.
_CHOSEN = frozenset(
    {"connect_timeout", "keepalives", *(f"keepalives_{name}" for name in _KEEPALIVE), "tcp_user_timeout"}
)


def _options(url: URL, patience: float | None, lock: float | None) -> str:
    """Settings of the session; those in the URL come last, and win."""
    settings: dict[str, object] = {"timezone": "UTC"}
    settings |= {f"tcp_keepalives_{name}": seconds for name, seconds in _KEEPALIVE.items()}
    if patience is not None:
        settings["statement_timeout"] = _milliseconds(patience)
        # A process that hangs in the middle of a transaction loses it, with its locks.
        settings["idle_in_transaction_session_timeout"] = _milliseconds(patience * 3)
        settings["client_connection_check_interval"] = f"{_CHECK_SECONDS}s"
    if lock is not None:
        settings["lock_timeout"] = _milliseconds(lock)
    theirs = url.query.get("options", ())
    return " ".join(
        [
            *(f"-c {name}={value}" for name, value in settings.items()),
            *([theirs] if isinstance(theirs, str) else theirs),
        ]
    )


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
