"""Looking how the service stands, from outside it."""

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
from service.operations.condition import Lag
from service.operations.status import Status
from service.operations.status import status as found
from service.storage.database import DatabaseUrlError, absent, connect, readers

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
        missing = absent(settings.database_url)
        if missing is not None:
            raise migrations.SchemaError(f"there is no database at {missing}")
        engine = connect(settings.database_url, use=readers(settings.database_timeout))
        try:
            told = found(settings, engine, datetime.now(UTC))
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
        sys.stdout.write(msgspec.json.encode(_document(told)).decode() + "\n" if as_json else _screen(told))
        raise typer.Exit(_AMISS if told.amiss else 0)


def _cannot_tell(why: str) -> None:
    console.print(f"ketenspoor: cannot tell: {why}", style="red", markup=False, soft_wrap=True)
    raise typer.Exit(_CANNOT_TELL)


def _document(told: Status) -> dict[str, Any]:
    state = told.condition
    return {
        "at": told.at,
        "version": VERSION,
        "database": told.engine,
        "amiss": told.amiss,
        "log": {"position": state.position, "recordedAt": state.recorded_at},
        "servingView": state.view,
        "rebuilding": state.rebuilding and state.rebuilding._asdict(),
        "projections": [_projection(told, lag) for lag in state.lags],
        "follower": told.follower and told.follower._asdict(),
        "checkpoint": {
            "size": state.signed,
            "signedAt": state.signed_at,
            "uncovered": state.unsigned,
            "uncoveredSince": state.unsigned_since,
        },
        "rejections": state.rejections,
        "replica": None if told.replica is None else {"position": told.replica_position},
    }


def _projection(told: Status, lag: Lag) -> dict[str, Any]:
    stop = lag.stopped
    return {
        "projection": lag.projection,
        "position": lag.position,
        "behind": lag.events,
        "behindSince": lag.since,
        "stopped": stop and {"fault": stop.fault, "where": stop.where, "at": stop.position, "stream": stop.stream},
    }


def _screen(told: Status) -> str:
    """The same on one screen."""
    state, lines = told.condition, []
    lines.append(("", f"ketenspoor {VERSION}, {told.at:%Y-%m-%d %H:%M:%S}Z"))
    lines.append(("database", f"{told.engine}, with a schema that this version works on"))
    last = "" if state.recorded_at is None else f", the last recorded {state.recorded_at:%Y-%m-%d %H:%M:%S}Z"
    lines.append(("log", f"{state.position:,} events{last}"))
    lines.append(("serving", state.view))
    if state.rebuilding is not None:
        filled = state.rebuilding
        lines.append(("rebuild", f"{filled.view}: {filled.portions} of {filled.of} portions are in"))
    lines += [("projection", f"{lag.projection:<12}{_progress(told, lag)}") for lag in state.lags]
    lines.append(("follower", _follower(told)))
    lines.append(("checkpoint", _checkpoint(told)))
    lines.append(("rejections", f"{state.rejections:,} kept"))
    if told.replica is not None:
        position = told.replica_position
        behind = "does not answer" if position is None else f"{max(0, state.position - position):,} events behind"
        lines.append(("replica", behind))
    lines += [("NOT WELL", what) for what in told.amiss] or [("", "all is well")]
    return "".join(f"{name:<12}{what}\n".lstrip() if not name else f"{name:<12}{what}\n" for name, what in lines)


def _progress(told: Status, lag: Lag) -> str:
    if lag.stopped is not None:
        return f"STOPPED at {lag.position:,}: {lag.stopped.fault}, {lag.stopped.where}"
    if not lag.events:
        return f"{lag.position:,}, up to date"
    return f"{lag.position:,}, {lag.events:,} events{_since(told, lag.age(told.at))} behind"


def _since(told: Status, age: timedelta) -> str:
    return "" if told.simulated else f" and {age.total_seconds():.1f} s"


def _follower(told: Status) -> str:
    who = told.follower
    if who is None:
        return "NOBODY follows the log"
    if who.session is None:
        return "follows"
    return f"session {who.session} from {who.address or 'this machine'}, since {who.since:%Y-%m-%d %H:%M:%S}"


def _checkpoint(told: Status) -> str:
    state = told.condition
    if state.signed_at is None:
        return f"none yet, {state.unsigned:,} events uncovered"
    signed = f"{state.signed_at:%Y-%m-%d %H:%M:%S}Z"
    return f"{state.signed:,} events, signed {signed}; {state.unsigned:,} uncovered"
