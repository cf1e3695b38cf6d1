"""How the service is doing, asked from outside it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy.exc import SQLAlchemyError

import migrations
from service.cli.terminal import console
from service.foundation.settings import SettingsError, load
from service.foundation.version import VERSION
from service.operations.health import ProjectionLag
from service.operations.status import Status, read_status
from service.storage.database import DatabaseUrlError, connect, missing_sqlite_file, readers

_AMISS, _CANNOT_TELL = 1, 2


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")] = False,
) -> None:
    """Tell how the service stands: log, projections, follower, checkpoints, rejections, replica.

    Asks the database, not the server: it works when nothing else does. The exit code is 0 when all is well, 1 when
    something is not (it says what), 2 when that can't be told.
    """
    try:
        settings = load()
        missing = missing_sqlite_file(settings.database_url)
        if missing is not None:
            raise migrations.SchemaError(f"there is no database at {missing}")
        engine = connect(settings.database_url, use=readers(settings.database_timeout))
        try:
            report = read_status(settings, engine, datetime.now(UTC))
        finally:
            engine.dispose()
    except (SettingsError, DatabaseUrlError, migrations.SchemaError) as fault:
        _cannot_tell(str(fault))
    except OSError as fault:
        _cannot_tell(f"a file cannot be looked at: {fault.strerror}")
    except SQLAlchemyError as fault:
        first_line, *_ = str(getattr(fault, "orig", None) or type(fault).__name__).splitlines() or [""]
        _cannot_tell(f"the database does not answer: {first_line}")
    else:
        sys.stdout.write(msgspec.json.encode(_document(report)).decode() + "\n" if as_json else _screen(report))
        raise typer.Exit(_AMISS if report.amiss else 0)


def _cannot_tell(why: str) -> None:
    console.print(f"ketenspoor: cannot tell: {why}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(_CANNOT_TELL)


def _document(report: Status) -> dict[str, Any]:
    state = report.health
    return {
        "at": report.at,
        "version": VERSION,
        "database": report.engine,
        "amiss": report.amiss,
        "log": {"position": state.position, "recordedAt": state.recorded_at},
        "servingView": state.view,
        "rebuilding": state.rebuilding and state.rebuilding._asdict(),
        "projections": [_projection(report, lag) for lag in state.lags],
        "follower": report.follower and report.follower._asdict(),
        "checkpoint": {
            "size": state.signed,
            "signedAt": state.signed_at,
            "uncovered": state.unsigned,
            "uncoveredSince": state.unsigned_since,
        },
        "rejections": state.rejections,
        "replica": None if report.replica is None else {"position": report.replica_position},
    }


def _projection(report: Status, lag: ProjectionLag) -> dict[str, Any]:
    stop = lag.stopped
    return {
        "projection": lag.projection,
        "position": lag.position,
        "behind": lag.events,
        "behindSince": lag.since,
        "stopped": stop and {"fault": stop.error, "where": stop.where, "at": stop.position, "stream": stop.stream},
    }


def _screen(report: Status) -> str:
    """The same on one screen."""
    state, lines = report.health, []
    lines.append(("", f"ketenspoor {VERSION}, {report.at:%Y-%m-%d %H:%M:%S}Z"))
    lines.append(("database", f"{report.engine}, with a schema that this version works on"))
    last = "" if state.recorded_at is None else f", the last recorded {state.recorded_at:%Y-%m-%d %H:%M:%S}Z"
    lines.append(("log", f"{state.position:,} events{last}"))
    lines.append(("serving", state.view))
    if state.rebuilding is not None:
        filled = state.rebuilding
        lines.append(("rebuild", f"{filled.view}: {filled.portions} of {filled.of} portions are in"))
    lines += [("projection", f"{lag.projection:<12}{_progress(report, lag)}") for lag in state.lags]
    lines.append(("follower", _follower(report)))
    lines.append(("checkpoint", _checkpoint(report)))
    lines.append(("rejections", f"{state.rejections:,} kept"))
    if report.replica is not None:
        position = report.replica_position
        behind = "does not answer" if position is None else f"{max(0, state.position - position):,} events behind"
        lines.append(("replica", behind))
    lines += [("NOT WELL", what) for what in report.amiss] or [("", "all is well")]
    return "".join(f"{name:<12}{what}\n".lstrip() if not name else f"{name:<12}{what}\n" for name, what in lines)


def _progress(report: Status, lag: ProjectionLag) -> str:
    if lag.stopped is not None:
        return f"STOPPED at {lag.position:,}: {lag.stopped.error}, {lag.stopped.where}"
    if not lag.events:
        return f"{lag.position:,}, up to date"
    return f"{lag.position:,}, {lag.events:,} events{_since(report, lag.age(report.at))} behind"


def _since(report: Status, age: timedelta) -> str:
    return "" if report.simulated else f" and {age.total_seconds():.1f} s"


def _follower(report: Status) -> str:
    who = report.follower
    if who is None:
        return "NOBODY follows the log"
    if who.session is None:
        return "follows"
    return f"session {who.session} from {who.address or 'this machine'}, since {who.since:%Y-%m-%d %H:%M:%S}"


def _checkpoint(report: Status) -> str:
    state = report.health
    if state.signed_at is None:
        return f"none yet, {state.unsigned:,} events uncovered"
    signed = f"{state.signed_at:%Y-%m-%d %H:%M:%S}Z"
    return f"{state.signed:,} events, signed {signed}; {state.unsigned:,} uncovered"
