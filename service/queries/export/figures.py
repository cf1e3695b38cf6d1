"""The tables of the catalogue as they are exported: by half-year, and by what is grouped by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain.period import Period
from projections import column_schema
from projections.figure import Figure, Query
from projections.figures import FIGURES
from service.queries.disclosure import Disclosure
from service.queries.export import File
from service.queries.figures.catalogue import told_besides
from service.queries.figures.files import sheet
from service.queries.figures.told import told_by
from service.queries.question import Question

#: The state tables that say of each row which half-year it is about.
_WITH_PERIODS = frozenset(table.name for table in column_schema.TABLES if "period" in table.c)


def files(question: Question, rule: Disclosure) -> Iterator[File]:
    """Every table as a rule has it, with its usual parameters; what has no rows has no file.

    A table about a half-year is asked about each that something was said of, one about a window about each half-year in
    which something became so, and one about the day asked alone once.
    """
    for figure in FIGURES.values():
        for period in _periods(question, figure):
            given = _given(figure, period)
            values = {} if period is None else {"period": str(period)}
            for group_by in figure.group_by:
                query = Query(question.tables, question.asked, question.places, group_by, given)
                table = told_by(rule, figure, query)
                told = told_besides(question, figure, given, group_by, table.disclosure)
                if table.rows:
                    yield File(figure.name, {**values, "groupBy": group_by}, sheet(figure, table, told, None))


def usual(figure: Figure) -> dict[str, Any]:
    """The parameters that may be left out, as they are then."""
    return {parameter.name: parameter.default for parameter in figure.parameters if not parameter.required}


def _given(figure: Figure, period: Period | None) -> dict[str, Any]:
    known = {} if period is None else {"period": period, "from": period.first, "to": period.last}
    # A table that needs another parameter is a KeyError: somebody has to say what an export gives for it.
    return usual(figure) | {one.name: known[one.name] for one in figure.parameters if one.required}


def _periods(question: Question, figure: Figure) -> Sequence[Period | None]:
    required = {parameter.name for parameter in figure.parameters if parameter.required}
    if "period" in required:
        said = _different(question, "period::VARCHAR", [name for name in figure.reads if name in _WITH_PERIODS])
        return sorted(map(Period.parse, said))
    if "from" in required:
        begun = _different(question, "valid_from", figure.reads)
        return sorted({Period.of(day) for day in begun})
    return [None]


def _different(question: Question, column: str, tables: Iterable[str]) -> set[Any]:
    """The values of a column in the rows in force."""
    rows = (f"SELECT {column} FROM {table}_at($day, $position)" for table in tables)
    asked = {"day": question.asked.valid_on, "position": question.asked.position}
    return {value for (value,) in question.tables.rows(" UNION ".join(rows), asked)}
