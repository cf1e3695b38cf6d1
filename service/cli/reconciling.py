"""Reconciling: another register's list of who was housed, compared with the database of the settings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.field_types import InvalidValue, parse_period
from domain.period import Period
from service.audit.access_log import OPERATOR, log_command
from service.cli.options import known_at_instant, refusal_lines, valid_on_day
from service.cli.terminal import Failed, console, migrated
from service.foundation.problems import Problem
from service.foundation.settings import load
from service.http.app import application_context
from service.queries.reconciliation import Reconciled
from service.queries.reconciliation import reconcile as compared
from service.queries.their_list import read_list
from service.queries.times import Times
from service.storage.database import writing

_SHOWN = 40
_COLUMNS = (
    *("category", "reason", "effect", "line", "theirOn", "journey", "ourOn", "municipality", "accommodation"),
    *("position", "returnedOn", "returnPosition"),
)
# Wide enough for an id of a journey, also where nobody looks on.
_WIDTH = 140


def reconcile(
    file: Annotated[Path, typer.Argument(help="Their list: CSV with a header, vNumber (or journey) and housedOn.")],
    period: Annotated[str, typer.Option(help="The half-year, like 2021-II.")],
    municipality: Annotated[
        str | None, typer.Option(help="The municipality whose list it is, like GM0344 (default: the country's).")
    ] = None,
    valid_on: Annotated[str | None, typer.Option(help="The day it must have held (default: today).")] = None,
    known_at: Annotated[str | None, typer.Option(help="The instant it must have been recorded by.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write all persons to this file, as CSV.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there is any difference.")] = False,
) -> None:
    """Compare a list of who was housed when with ours, person by person, and tell what it would do to realised.

    Columns may also be named vnummer, traject, gehuisvestOp or datum, and be separated by semicolons. Persons are told
    by the line of the list and by our journey, never by V-number; nothing of the list is kept. About whom something was
    told stands in the log of processing. Differences are what it is run for, so it exits with 0 unless --strict is
    given.
    """
    settings = load()
    migrated(settings).dispose()
    context = application_context(settings)
    try:
        times = Times(valid_on_day(valid_on), known_at_instant(known_at, context.clock()), "service", None, None)
        half_year, listed = _period(period), read_list(file.read_bytes(), context.keys)
        found = compared(context.engine, context.clock, listed, half_year, municipality, times)
        # Before anything is told.
        journeys = [person.journey for person in found.comparison.persons if person.journey is not None]
        consulted = ("compared a list of persons", journeys)
        with writing(context.primary) as connection:
            log_command(connection, context.clock(), OPERATOR, "reconcile", "list of persons", consulted=consulted)
    except Problem as problem:
        raise Failed(refusal_lines(problem)) from None
    finally:
        context.close()
    rows = list(_rows(found))
    if out is not None:
        with out.open("w", encoding="utf-8", newline="") as written:
            csv.writer(written).writerows([_COLUMNS, *rows])
    differences = [row for row in rows if row[0] != "same"]
    _show(found, differences)
    if strict and differences:
        raise Failed(f"{len(differences)} persons differ")


def _rows(found: Reconciled) -> Iterator[tuple[Any, ...]]:
    for item in found.items():
        theirs: Mapping[str, Any] = item["theirs"] or {}
        ours: Mapping[str, Any] = item["ours"] or {}
        housing, returned = ours.get("housing") or {}, ours.get("return") or {}
        yield (
            *(item["category"], item["reason"], item["effect"], theirs.get("line"), theirs.get("on")),
            *(ours.get("journey"), housing.get("on"), housing.get("municipality"), housing.get("accommodation")),
            *(housing.get("position"), returned.get("on"), returned.get("position")),
        )


def _show(found: Reconciled, differences: list[tuple[Any, ...]]) -> None:
    body, shown = found.body(), Console(highlight=False)
    shown.width = max(shown.width, _WIDTH)
    known = body["knownAt"] or "the beginning"
    shown.print(f"{body['period']}, {body['code']}, on {body['validOn']}, as known at {known}")
    for category, persons in body["counts"].items():
        shown.print(f"  {category:<14}{persons:>8}")
    shown.print(f"ours {body['ours']}, effect {body['effect']:+}, theirs {body['theirs']}")
    if differences:
        table = Table(*_COLUMNS[:8], "returnedOn", box=None)
        for row in differences[:_SHOWN]:
            table.add_row(*("" if cell is None else str(cell) for cell in (*row[:8], row[10])))
        shown.print(table)
    if len(differences) > _SHOWN:
        console.print(f"and {len(differences) - _SHOWN} more; --out FILE writes them all")


def _period(text: str) -> Period:
    try:
        return parse_period(text)
    except InvalidValue:
        raise typer.BadParameter("must be a half-year like 2021-II", param_hint="--period") from None
