"""Testing the estimate of coming links on what came, on the database of the settings."""

from __future__ import annotations

from datetime import datetime, time
from fractions import Fraction
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.months import month_of
from domain.rounding import rounded
from projections.backtest import MonthTested, compare_month, mean_errors, month_ends
from projections.engine import Asked
from projections.figure import Query
from projections.places import read_places
from service.cli.options import known_at_instant, refusal_lines
from service.cli.terminal import Failed, migrated, now
from service.foundation.problems import Problem
from service.foundation.settings import load
from service.foundation.time import AMSTERDAM, day_in_amsterdam
from service.log.recorder import EventRecorder
from service.queries.question import Question, open_question
from service.queries.times import Times

_COLUMNS = ("month", "days ahead", "expected", "linked", "mean error", "as many as before")


def backtest(
    months: Annotated[int, typer.Option(min=1, max=120, help="So many months, up to the newest that is over.")] = 12,
    known_at: Annotated[str | None, typer.Option(help="What was recorded by this instant (default: now).")] = None,
    as_known_then: Annotated[
        bool, typer.Option("--as-known-then", help="Estimate each month by what was recorded by its end.")
    ] = False,
) -> None:
    """Tell how far off the estimate of coming links was, by month: the mean over municipalities, in persons.

    At the end of each month it is asked who will be linked in the days up to two months later, as the table `expected`
    does, and compared with who was; beside it the error of guessing as many as in the two months before. What it is
    good for, and what not, stands in docs/expected.md. It reads the database of the settings, also beside a running
    service.
    """
    engine = migrated(load())
    try:
        times = Times(known_at=known_at_instant(known_at, now()))
        with open_question(engine, times, now) as question:
            found = _tested(question, months, as_known_then=as_known_then)
    except Problem as problem:
        raise Failed(refusal_lines(problem)) from None
    finally:
        engine.dispose()
    if not found:
        raise Failed("nothing was recorded yet that an estimate could be compared with")
    _show(found)


def _tested(question: Question, months: int, *, as_known_then: bool) -> list[MonthTested]:
    """The months, the newest last: only those at whose end anything was known."""
    if question.known_at is None:
        return []
    recorder, found = EventRecorder(question.connection), []
    for day in month_ends(day_in_amsterdam(question.known_at), months):
        asked = question.asked._replace(valid_on=day)
        end = datetime.combine(day, time.max, AMSTERDAM)
        then = min(asked.position, recorder.position_at(end)) if as_known_then else asked.position
        tested = compare_month(_query(question, asked._replace(position=then)), _query(question, asked))
        if tested is not None and then:
            found.append(tested)
    return found


def _query(question: Question, asked: Asked) -> Query:
    places = read_places(question.tables, asked)
    return question._replace(asked=asked, places=places).query("municipality", {})


def _show(found: list[MonthTested]) -> None:
    table = Table(*_COLUMNS[:2], box=None)
    for name in _COLUMNS[2:]:
        table.add_column(name, justify="right")
    for one in found:
        days = f"{one.ahead.first} - {one.ahead.last}"
        errors = map(_written, (one.error, one.error_of_as_before))
        table.add_row(month_of(one.on), days, _written(one.expected), str(one.actual), *errors)
    table.add_row("mean", "", "", "", *map(_written, mean_errors(found)))
    console = Console(highlight=False)
    console.width = max(console.width, 100)
    console.print(table)
    if not any(one.actual for one in found):
        console.print("Nobody was linked in these days, so the errors say nothing of the estimate.")
    console.print("Errors in persons, the mean over municipalities; docs/expected.md says what they tell.")


def _written(number: Fraction) -> str:
    return f"{rounded(number):.2f}"
