"""Doing it again from the log: to compare with what serves, to fill that anew, or to see the past as it was known."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from domain.norm_sets import DEFAULT_NORM, NORM_SETS, PHASE_NAMES, NormSet, parse_norm_set
from domain.period import Period
from domain.rounding import rounded
from projections import dialect, streams
from projections.engine import Asked
from projections.errors import ProjectionError
from projections.norm_sets import known_norm_sets
from service.cli.terminal import Failed, bar, console, migrated
from service.evidence.signing import checkpoint_signer
from service.evidence.verification import check_evidence
from service.foundation.errors import log_error
from service.foundation.settings import PREFIX, Settings, load
from service.foundation.time import AMSTERDAM, parse_instant
from service.log.events import Unreadable
from service.log.mapper import read_histories
from service.log.permanent_keys import load_keyring
from service.log.recorder import EventRecorder
from service.projector import rebuild as filling
from service.projector import verification
from service.projector.partitions import Summary
from service.projector.past import NationalFigures, read_national_figures
from service.projector.worker_pool import WorkerLost
from service.queries.question import between_commits

_log = logging.getLogger("ketenspoor")

Processes = Annotated[
    int | None, typer.Option(min=1, help="In how many processes; as many as there are cores, if not told.")
]


def rebuild(
    processes: Processes = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Do not go on where an interrupted rebuild stopped, but begin again.")
    ] = False,
) -> None:
    """Compute all projections again from the log, beside those that serve, and let the new ones serve when complete.

    Readers see the old tables until then. Interrupted, whether by a crash or on purpose, the old ones go on serving,
    and the next run goes on where this one stopped.
    """
    engine = migrated(load())
    with _report_failures(engine), bar("events") as progress:
        rebuilt = filling.rebuild(engine, _workers(processes), progress, anew=anew)
    _print_tables(rebuilt.tables)
    filled = rebuilt.filled
    if filled.resumed:
        console.print(f"went on where an earlier run stopped: {filled.resumed} of {filled.partitions} portions were in")
    console.print(f"rebuilt up to position {filled.position}; {rebuilt.view} serves now")


def verify(processes: Processes = None) -> None:
    """Compute all projections again from the log and compare them, row by row, with the tables that serve.

    The tree over the log and its checkpoints are checked too. Exits with 1, and shows what differs, when anything does.
    """
    settings = load()
    engine = migrated(settings)
    faults = _check_evidence(engine, settings)
    try:
        with _report_failures(engine), bar("events") as progress:
            found = verification.verify(engine, _workers(processes), progress)
    except Failed as failed:
        raise Failed(f"the projections are not compared: {failed}; the evidence has {faults} faults") from None
    _print_tables(found.tables)
    console.print(f"{found.rows} rows of {found.streams} streams compared, up to position {found.position}")
    for difference in found.shown:
        for line in verification.describe(difference):
            console.print(f"  {line}", markup=False, soft_wrap=True)
    stopped = [offset.projection for offset in found.offsets if offset.failure is not None]
    for offset in found.offsets:
        if offset.failure is not None:
            what = f"{offset.projection} is stopped at position {offset.position}"
            console.print(f"  {what}: {offset.failure.error} at {offset.failure.where}", markup=False, soft_wrap=True)
    if found.differences or faults or stopped:
        shown = f", of which {len(found.shown)} are shown" if found.differences else ""
        halted = f"; {' and '.join(stopped)} stopped" if stopped else ""
        raise Failed(f"{found.differences} rows differ{shown}; the evidence has {faults} faults{halted}")
    console.print("no differences")


def _check_evidence(engine: Engine, settings: Settings) -> int:
    """Check the tree and what was signed; how many faults there are."""
    with bar("evidence") as progress:
        checked = check_evidence(engine, checkpoint_signer(settings, keys=load_keyring(settings, engine)), progress)
    console.print(
        f"{checked.size} of {checked.position} events in the tree, "
        f"{checked.checkpoints} checkpoints in the database and {checked.files} outside it",
        soft_wrap=True,
    )
    if checked.unseen:
        console.print(
            f"{checked.unseen} checkpoints are kept outside too, and not looked at: set {PREFIX}CHECKPOINT_DIR",
            soft_wrap=True,
        )
    for fault in checked.faults:
        console.print(f"  {fault}", markup=False, soft_wrap=True)
    if any(fault.startswith("the tree ") for fault in checked.faults):
        console.print(
            "the tree can be made anew, under the same checkpoints: empty the table tiles of proof, and sign",
            soft_wrap=True,
        )
    return len(checked.faults)


def replay(
    until: Annotated[
        str | None,
        typer.Option(help="What was known by then: an RFC 3339 instant, or a position of the log; if not told, now."),
    ] = None,
    norm: Annotated[
        str | None,
        typer.Option(help=f"The reading of the norm: {', '.join(NORM_SETS)}, or one published by then."),
    ] = None,
    norm_set: Annotated[
        str | None,
        typer.Option(
            help="What if the norm were this: the days of linking, housing, departure and in all, and from where these "
            "are counted, like 14,70,14,98,permit."
        ),
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="The half-year to show, like 2021-II; if not told, that of the day.")
    ] = None,
    processes: Processes = None,
) -> None:
    """Compute all projections as they were known then, in tables of their own, and show the national figures of then.

    The digests are those that `verify` and `rebuild` print for the same position, on whatever engine.
    """
    asked_norm, asked_period = _norm(norm, norm_set), None if period is None else _period(period)
    engine = migrated(load())
    asked = _asked(engine, until)
    chosen = asked_norm if isinstance(asked_norm, NormSet) else _known_norm(engine, asked, asked_norm)
    began = time.perf_counter()
    with _report_failures(engine), bar("events") as progress:
        filled = filling.replay(engine, asked.position, _workers(processes), progress)
    took = time.perf_counter() - began
    console.print(f"as known at position {filled.position}")
    _print_tables(filled.tables)
    figures = read_national_figures(engine, asked, asked_period or Period.of(asked.valid_on), chosen)
    _print_figures(figures, chosen)
    rate = round(filled.position / took) if took else 0
    console.print(f"{filled.position} events in {took:.1f} s ({rate} a second), {filled.memory / 2**20:.0f} MB at most")


def _asked(engine: Engine, until: str | None) -> Asked:
    """The position that the command names, between commits, and the day in Amsterdam that it was then."""
    now = datetime.now(UTC)
    with engine.connect() as connection, connection.begin():
        last = EventRecorder(connection).head().position
        if until is None:
            return Asked(_day(now), last)
        if until.isascii() and until.isdecimal():
            if int(until) > last:
                raise Failed(f"the log has not come to position {until}; it ends at {last}")
            position = between_commits(connection, int(until))
            rows = EventRecorder(connection).select_notifications(position, 1) if position else []
            return Asked(_day(rows[0].recorded_at if rows else now), position)
        instant = parse_instant(until)
        if instant is None:
            raise Failed("--until takes an RFC 3339 instant, like 2022-01-31T12:00:00+01:00, or a position of the log")
        if instant > now:
            raise Failed("nothing is known yet of the future")
        return Asked(_day(instant), EventRecorder(connection).position_at(instant))


def _day(instant: datetime) -> date:
    return instant.astimezone(AMSTERDAM).date()


def _norm(name: str | None, given: str | None) -> NormSet | str:
    """The norm set that is given, or the name of one."""
    if given is None:
        return name or DEFAULT_NORM
    if name is not None:
        raise Failed("--norm-set is a norm set of its own: give --norm or --norm-set")
    try:
        return parse_norm_set(given)
    except ValueError as wrong:
        raise Failed(f"--norm-set {wrong}, like 14,70,14,98,permit") from None


def _known_norm(engine: Engine, asked: Asked, name: str) -> NormSet:
    """The norm set of that name that was known at the position asked."""
    with engine.connect() as connection, connection.begin():
        history = read_histories(connection, [streams.REFERENCE]).get(streams.REFERENCE, [])
    known = known_norm_sets([event for event in history if event.position <= asked.position])
    if name not in known:
        raise Failed(f"--norm takes one of {', '.join(known)}")
    return known[name]


def _period(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError:
        raise Failed("--period takes a half-year, like 2021-II") from None


def _workers(processes: int | None) -> int:
    return processes or os.cpu_count() or 1


@contextmanager
def _report_failures(engine: Engine) -> Iterator[None]:
    """What can go wrong with a replay is told in a line."""
    try:
        yield
    except (
        verification.AheadOfLog,
        WorkerLost,
        filling.Superseded,
        filling.Incomplete,
        ProjectionError,
        Unreadable,
    ) as fault:
        raise Failed(str(fault)) from None
    except DBAPIError as fault:
        with engine.connect() as connection:
            if not dialect.undecodable(connection, fault):
                raise
        # What the driver says repeats the text.
        raise Failed("an event of the log holds what is no text; `verify` names its position") from None
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as fault:
        # Without the message, which may hold what stands in the event.
        log_error(_log, "a projection failed", fault)
        raise Failed("an event of the log lacks what the projections need, or it is of another kind") from None


def _print_tables(tables: Mapping[str, Summary]) -> None:
    # On lines of their own and whole, so that they can be compared with those of another machine.
    for name, (rows, digest) in tables.items():
        console.print(f"{name:<12}{rows:>12,} rows  sha256 {digest}", soft_wrap=True)


def _print_figures(figures: NationalFigures, norm: NormSet) -> None:
    balance = figures.realisation.balance
    realisation = Table("persons", str(figures.period), box=box.SIMPLE)
    realisation.columns[1].justify = "right"
    for name in ("quota", "opening", "task", "realised", "remaining"):
        realisation.add_row(name, _written(getattr(balance, name)))
    console.print(f"the country on {figures.on}, as known then")
    console.print(realisation)
    if figures.phases is None:
        return
    phases = Table(
        f"days, {norm.name}", "completed", "median", "90 %", "within the norm", "open", "over it", box=box.SIMPLE
    )
    for column in phases.columns[1:]:
        column.justify = "right"
    for name in PHASE_NAMES:
        of = figures.phases
        share: Any = of[f"{name}CompletedWithinNorm"]
        percentage = "-" if share is None else f"{rounded(Fraction(*share) * 100, 1)} %"
        count, median, p90 = (of[f"{name}Completed{what}"] for what in ("Count", "Median", "P90"))
        days: list[Any] = [median, p90]
        still, over = of[f"{name}OpenCount"], of[f"{name}OpenOverNorm"]
        phases.add_row(name, str(count), *(_written(rounded(one)) for one in days), percentage, str(still), str(over))
    console.print(phases)


def _written(value: object) -> str:
    return "-" if value is None else str(value)
