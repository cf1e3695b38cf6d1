"""The state tables as they are exported: without whose rows they are, by half-year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Table, Text

from projections import tables
from projections.columns import Day
from projections.figure import Words
from projections.tables import FOREVER
from service.queries.export import File
from service.queries.formats.sheet import Fact, Heading, Kind, Sheet
from service.queries.question import Question


class StateTable(NamedTuple):
    """How a state table is exported: by the half-year that its rows are about, or in which a day of theirs lies."""

    table: Table
    by: str | None
    #: Whether a row is of a single person: then it is exported only where everything is exact.
    of_persons: bool


STATE_TABLES = (
    StateTable(tables.phases, "valid_from", of_persons=True),
    StateTable(tables.housings, "period", of_persons=True),
    StateTable(tables.quota, "period", of_persons=False),
    StateTable(tables.reference, None, of_persons=False),
)
#: A pseudonym, and what tells the rows of one apart.
PERSONAL = frozenset({"stream", "number"})

_KINDS: Mapping[type, Kind] = {
    BigInteger: "whole",
    Boolean: "flag",
    Day: "day",
    Integer: "whole",
    SmallInteger: "whole",
    Text: "text",
}
#: Open ends are null; and what ended behind the position asked had not ended yet.
_ENDS = {
    "known_until": "CASE WHEN known_until <= $position THEN known_until END AS known_until",
    "valid_from": "nullif(valid_from, DATE '0001-01-01') AS valid_from",
    "valid_until": f"nullif(valid_until, DATE '{FOREVER}') AS valid_until",
}


def path(state: StateTable) -> str:
    """Where its files stand."""
    return f"state-tables/{state.table.name}"


def files(question: Question, *, exact: bool) -> Iterator[File]:
    """Every row that was known at the position or before it, for whatever days; of single persons only if `exact`."""
    for state in STATE_TABLES:
        if exact or not state.of_persons:
            yield from _files(question, state)


def _files(question: Question, state: StateTable) -> Iterator[File]:
    # What a folder is named after stands in no file.
    columns = [column for column in state.table.columns if column.name not in {*PERSONAL, "period"}]
    headings = [_heading(one) for one in columns]
    selected = ", ".join(_ENDS.get(column.name, column.name) for column in columns)
    known, position = f"{state.table.name} WHERE known_from <= $position", {"position": question.asked.position}
    half_year = _half_year(state)
    facts = [Fact(name, Words(name, name), str(value)) for name, value in question.told().items()]
    for (written,) in question.tables.rows(f"SELECT DISTINCT {half_year} FROM {known} ORDER BY 1", position):
        found = question.tables.columns(
            f"SELECT {selected} FROM {known} AND {half_year} IS NOT DISTINCT FROM $half_year ORDER BY ALL",
            {**position, "half_year": written},
        )
        values = {} if written is None else {"period": written}
        name, rows = state.table.name, list(zip(*found.values(), strict=True))
        yield File(path(state), values, Sheet(name, headings, rows, facts))


def _heading(column: Column[Any]) -> Heading:
    name = str(column.name)
    return Heading(name, Words(name, name), _KINDS[type(column.type)])


def _half_year(state: StateTable) -> str:
    """The half-year of a row, as text."""
    if state.by is None:
        return "NULL::VARCHAR"
    if state.by == "period":
        return "period::VARCHAR"
    half = f"CASE WHEN month({state.by}) < 7 THEN 'I' ELSE 'II' END"
    return f"lpad(year({state.by})::VARCHAR, 4, '0') || '-' || {half}"
