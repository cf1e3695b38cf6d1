"""The figures and state tables of one moment as a folder of Parquet files, for whatever an analyst works with."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Integer, SmallInteger, Table, Text

from domain.norm_sets import NormSet
from domain.period import Period
from projections.column_schema import period_of, text_of
from projections.columns import Day
from projections.figure import Figure, Words
from projections.figures import FIGURES
from projections.states import TABLES
from projections.states.areas import areas
from projections.states.arrivals import arrivals
from projections.states.causes import causes
from projections.states.documents import documents
from projections.states.findings import findings
from projections.states.housings import housings
from projections.states.integration import integration
from projections.states.links import links
from projections.states.minors import minors
from projections.states.norm_sets import norm_sets
from projections.states.offers import offers
from projections.states.permits import permits
from projections.states.phases import phases
from projections.states.quota import quota
from projections.states.reception import reception
from projections.states.reference import reference
from projections.states.referents import referents
from projections.states.stays import stays
from projections.tables import FOREVER
from service.foundation.answers import encoded
from service.foundation.version import VERSION
from service.queries.disclosed_rows import write_table
from service.queries.figure_tables import read_parameter, table_head, table_sheet
from service.queries.files import CellKind, Fact, Heading, Sheet, write_parquet
from service.queries.question import Question
from service.queries.visibility import DisclosureRule


class File(NamedTuple):
    """A file to be written: the folder of what it is of, the values that folders below are named after, and its rows.

    Those are named in the manner of Hive (`period=2021-II`), which DuckDB, pandas and polars read as columns.
    """

    folder: str
    values: Mapping[str, str]
    sheet: Sheet


#: The state tables that say of each row which half-year it is about.
_WITH_PERIODS = frozenset(table.name for table in TABLES if "period" in table.c)


def figure_files(question: Question, rule: DisclosureRule) -> Iterator[File]:
    """Every table as a rule has it, with its usual parameters; what has no rows has no file.

    A table about a half-year is asked about each that something was said of, one about a window about each half-year in
    which something became so, and one about the day asked alone once.
    """
    for figure in FIGURES.values():
        for period in _periods(question, figure):
            given = _given(figure, period)
            values = {} if period is None else {"period": str(period)}
            for group_by in figure.group_by:
                query = question.query(group_by, given)
                table = write_table(rule, figure, query)
                head = table_head(question, figure, given, group_by, table.disclosure)
                if table.rows:
                    yield File(figure.name, {**values, "groupBy": group_by}, table_sheet(figure, table, head, None))


def usual_parameters(figure: Figure) -> dict[str, Any]:
    """The parameters that may be left out, as they are then."""
    return {one.name: read_parameter(one, one.default) for one in figure.parameters if not one.required}


def _given(figure: Figure, period: Period | None) -> dict[str, Any]:
    known = {} if period is None else {"period": period, "from": period.first, "to": period.last}
    # A table that needs another parameter is a KeyError: somebody has to say what an export gives for it.
    return usual_parameters(figure) | {one.name: known[one.name] for one in figure.parameters if one.required}


def _periods(question: Question, figure: Figure) -> Sequence[Period | None]:
    required = {parameter.name for parameter in figure.parameters if parameter.required}
    if "period" in required:
        said = _distinct_values(question, "period", [name for name in figure.reads if name in _WITH_PERIODS])
        return [period_of(number) for number in sorted(said)]
    if "from" in required:
        begun = _distinct_values(question, "valid_from", figure.reads)
        return sorted({Period.of(day) for day in begun})
    return [None]


def _distinct_values(question: Question, column: str, tables: Iterable[str]) -> set[Any]:
    """The values of a column in the rows as of both times."""
    rows = (f"SELECT {column} FROM {table}_at($day, $position)" for table in tables)
    asked = {"day": question.asked.valid_on, "position": question.asked.position}
    return {value for (value,) in question.tables.rows(" UNION ".join(rows), asked)}


class StateTable(NamedTuple):
    """How a state table is exported: by the half-year that its rows are about, or in which a day of theirs lies."""

    table: Table
    by: str | None
    #: Whether a row is of a single person: then it is exported only where everything is exact.
    of_persons: bool
    #: The kind of rows that number persons whom not everybody reads exactly: they are exported as those of persons are.
    kind_of_persons: str | None = None

    def left_out(self) -> list[str]:
        """What of it a rounded export does not have: the folder, or that and the kind of its rows."""
        folder = _folder_of(self)
        if self.of_persons:
            return [folder]
        return [] if self.kind_of_persons is None else [f"{folder}?kind={self.kind_of_persons}"]


STATE_TABLES = (
    StateTable(phases, "valid_from", of_persons=True),
    StateTable(housings, "period", of_persons=True),
    StateTable(permits, "valid_from", of_persons=True),
    StateTable(links, "valid_from", of_persons=True),
    StateTable(reception, "valid_from", of_persons=True),
    StateTable(offers, "valid_from", of_persons=True),
    StateTable(documents, "valid_from", of_persons=True),
    StateTable(referents, "valid_from", of_persons=True),
    StateTable(arrivals, "valid_from", of_persons=True),
    StateTable(stays, "valid_from", of_persons=True),
    StateTable(minors, "valid_from", of_persons=True),
    StateTable(causes, "valid_from", of_persons=True),
    StateTable(integration, "valid_from", of_persons=True),
    StateTable(findings, "on_day", of_persons=True),
    StateTable(quota, "period", of_persons=False),
    StateTable(areas, "valid_from", of_persons=False, kind_of_persons="links-announced"),
    StateTable(reference, None, of_persons=False),
    StateTable(norm_sets, None, of_persons=False),
)
#: A pseudonym or what comes near to one, and what tells the rows of one apart.
PERSONAL = frozenset({"stream", "number", "household", "born"})

_CELL_KINDS: Mapping[type, CellKind] = {
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


def _folder_of(state: StateTable) -> str:
    """Where its files stand."""
    return f"state-tables/{state.table.name}"


def state_files(question: Question, *, exact: bool) -> Iterator[File]:
    """Every row that was known at the position or before it, for whatever days; of persons only if `exact`."""
    for state in STATE_TABLES:
        if exact or not state.of_persons:
            yield from _files_of_state_table(question, state, exact=exact)


def _files_of_state_table(question: Question, state: StateTable, *, exact: bool) -> Iterator[File]:
    # What a folder is named after stands in no file.
    hidden = {*PERSONAL, "period"} if not state.of_persons else {*PERSONAL, "period", "position"}
    columns = [column for column in state.table.columns if column.name not in hidden]
    headings = [_heading(one) for one in columns]
    selected = ", ".join(_ENDS.get(column.name, text_of(column)) for column in columns)
    known, position = f"{state.table.name} WHERE known_from <= $position", {"position": question.asked.position}
    if state.kind_of_persons is not None and not exact:
        known = f"{known} AND kind <> '{state.kind_of_persons}'"
    half_year = _half_year(state)
    facts = [Fact(name, Words(name, name), str(value)) for name, value in question.as_of().items()]
    for (written,) in question.tables.rows(f"SELECT DISTINCT {half_year} FROM {known} ORDER BY 1", position):
        found = question.tables.columns(
            f"SELECT {selected} FROM {known} AND {half_year} IS NOT DISTINCT FROM $half_year ORDER BY ALL",
            {**position, "half_year": written},
        )
        values = {} if written is None else {"period": written}
        name, rows = state.table.name, list(zip(*found.values(), strict=True))
        yield File(_folder_of(state), values, Sheet(name, headings, rows, facts))


def _heading(column: Column[Any]) -> Heading:
    name = str(column.name)
    return Heading(name, Words(name, name), _CELL_KINDS[type(column.type)])


def _half_year(state: StateTable) -> str:
    """The half-year of a row, as text."""
    if state.by is None:
        return "NULL::VARCHAR"
    if state.by == "period":
        return "period_name(period)"
    half = f"CASE WHEN month({state.by}) < 7 THEN 'I' ELSE 'II' END"
    return f"lpad(year({state.by})::VARCHAR, 4, '0') || '-' || {half}"


MANIFEST = "manifest.json"
#: Told how many files are there.
Progress = Callable[[int], None]


class NotEmpty(Exception):
    """An export is a folder of its own; the message says so."""


def write_export(question: Question, folder: Path, progress: Progress, *, exact: bool) -> dict[str, Any]:
    """Write what a question is answered by into a new or empty folder, and tell what its manifest says.

    The same position, day and rule give the same bytes. Raises NotEmpty.
    """
    rule = DisclosureRule(everything=exact, own=frozenset())
    with _whole(folder) as directory:
        files = []
        for file in chain(figure_files(question, rule), state_files(question, exact=exact)):
            files.append(_write(directory, file))
            progress(len(files))
        manifest = {
            "ketenspoor": VERSION,
            **question.as_of(),
            "disclosure": rule.stated(())["rule"],
            "leftOut": [] if exact else [name for each in STATE_TABLES for name in each.left_out()],
            "figures": {
                name: {
                    "definition": figure.version,
                    "parameters": {
                        name: value.name if isinstance(value, NormSet) else value
                        for name, value in usual_parameters(figure).items()
                    },
                }
                for name, figure in FIGURES.items()
            },
            "files": files,
        }
        _keep(directory / MANIFEST, msgspec.json.format(encoded(manifest)) + b"\n")
    return manifest


def _write(directory: Path, file: File) -> dict[str, Any]:
    """Write a file; what the manifest says of it."""
    values = (f"{name}={value}" for name, value in file.values.items())
    path = PurePosixPath(file.folder, *values, f"{PurePosixPath(file.folder).name}.parquet")
    content = write_parquet(file.sheet, None)
    _keep(directory / path, content)
    return {
        "path": str(path),
        "rows": len(file.sheet.rows),
        "sha256": hashlib.sha256(content).hexdigest(),
        "columns": [{"name": heading.name, "kind": heading.kind} for heading in file.sheet.headings],
    }


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A directory beside the folder, for its owner alone, that takes its place once all is in it."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty")
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.absolute().parent))
    try:
        yield directory
        # Over an empty one; one that somebody filled meanwhile stays.
        directory.rename(folder)
    except BaseException:
        shutil.rmtree(directory)
        raise
