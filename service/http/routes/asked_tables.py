"""A question that a declared table is read for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from sqlalchemy import Table

from domain.totals import GroupBy
from projections.catalogue import PROJECTIONS
from projections.figure import Figure, Query, Refused
from service.foundation.problems import ParameterFault, invalid_parameter
from service.http.routes.table_parameters import faults_of
from service.queries.question import BEGINNING, Question, Since, Times, asking


@contextmanager
def asked_of(
    request: Request,
    figure: Figure,
    times: Times,
    given: Mapping[str, Any],
    municipality: str | None = None,
    faults: list[ParameterFault] | None = None,
    since: Since = BEGINNING,
    named: str = "municipality",
) -> Iterator[Question]:
    """The question, once what the table rests on has come far enough; 400 with all faults, also those of the table."""
    shell, every = request.app.state.shell, [*faults_of(given), *(faults or ())]
    try:
        with asking(shell.engine, times, shell.clock, every, municipality, since, tables_of(figure), named) as question:
            yield question
    except Refused as refused:
        raise invalid_parameter(refused.parameter, refused.code, refused.explanation) from None


def tables_of(figure: Figure) -> tuple[Table, ...]:
    """The state tables that a table of figures rests on."""
    return tuple(one.table for one in PROJECTIONS if one.name in figure.reads)


def query_of(question: Question, group_by: GroupBy, given: Mapping[str, Any]) -> Query:
    """A table as it is asked."""
    return Query(question.tables, question.asked, question.places, group_by, given)
