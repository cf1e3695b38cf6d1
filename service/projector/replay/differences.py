"""Differences told to people: where, of whom, since and until when it is known, and column by column what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, Column, Table

from projections import streams
from projections.catalogue import TABLES
from projections.row_store import Row
from projections.tables import FOREVER, STILL
from service.projector.replay.verification import Difference

_TABLES = {table.name: table for table in TABLES}
_KEY = ("stream", "known_from", "number")


def lines(difference: Difference) -> Iterator[str]:
    """One line that says which row it is, and one for every column that differs; a row on one side only is shown whole.

    Nothing in them is personal: journeys have pseudonyms.
    """
    table, log, stands = _TABLES[difference.table], difference.log, difference.stands
    columns = [column for column in table.columns if column.name not in _KEY]
    row = log or stands or ()
    yield f"{table.name}, {_whose(difference)}, {_known(table, row)}:"
    if log is None or stands is None:
        yield "  the log says so, the table lacks it:" if log else "  the table has it, the log does not say so:"
        yield "  " + ", ".join(f"{column.name} {_value(table, column, row)}" for column in columns)
        return
    for column in columns:
        said, there = _value(table, column, log), _value(table, column, stands)
        if said != there:
            yield f"  {column.name}: the log says {said}, the table has {there}"


def _whose(difference: Difference) -> str:
    if difference.stream == streams.REFERENCE:
        return "the reference facts"
    if difference.table == "quota":
        return f"the half-year of stream {difference.stream}"
    return f"journey {difference.stream}"


def _known(table: Table, row: Row) -> str:
    known_from, number = row[1:3]
    until = _value(table, table.c.known_until, row)
    return f"row {number} known from position {known_from} until {until}"


def _value(table: Table, column: Column[Any], row: Row) -> str:
    """A value as people read it, alike on both engines."""
    value = row[list(table.columns).index(column)]
    if value is None:
        return "nothing"
    if column.name == "known_until" and value == STILL:
        return "now"
    if column.name == "valid_until" and str(value) == str(FOREVER):
        return "for ever"
    if isinstance(column.type, Boolean):
        return "true" if value else "false"
    return str(value)
