"""A table of figures as what a file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from projections.figure import DECIMALS, Figure, Unit, Words
from service.foundation.answers import encoded
from service.queries.figures.told import ToldTable
from service.queries.formats.sheet import Fact, Heading, Kind, Sheet, in_language

_CODE = Heading("code", Words("Code", "Code"), "text")
_NAME = Heading("name", Words("Name", "Naam"), "text")
_OF_UNITS: Mapping[Unit, Kind] = {"date": "day", "text": "text"}
#: What every answer says besides its parameters.
_LABELS = {
    "validOn": Words("Valid on", "Peildatum"),
    "knownAt": Words("Known at", "Bekend op"),
    "knownBy": Words("Known by", "Bekend bij"),
    "position": Words("Position of the log", "Positie van het logboek"),
    "groupBy": Words("Rows", "Rijen"),
    "municipality": Words("Municipality", "Gemeente"),
    "disclosure": Words("Disclosure of small numbers", "Weergave van kleine aantallen"),
    "definition": Words("Definition", "Definitie"),
}
#: What makes one file of a table another than the next, in its name.
_NAMED = ("period", "from", "to", "municipality", "groupBy", "validOn")


def sheet(figure: Figure, table: ToldTable, told: Mapping[str, Any], labels: str | None) -> Sheet:
    """The table in flat rows, and what its answer says of it besides."""
    headings = [_CODE, _NAME, *(_heading(one.name, one.label, one.unit) for one in figure.dimensions)]
    headings += [_heading(one.name, one.label, one.unit) for one in figure.columns]
    rows = [(row.code, row.name, *row.dimensions, *row.values) for row in table.rows]
    name = "-".join([figure.name, *(str(told[each]) for each in _NAMED if told.get(each) is not None)])
    return Sheet(name, headings, rows, list(_facts(figure, told, labels)))


def _heading(name: str, label: Words, unit: Unit) -> Heading:
    places = DECIMALS.get(unit, 0)
    return Heading(name, label, "decimal" if places else _OF_UNITS.get(unit, "whole"), places)


def _facts(figure: Figure, told: Mapping[str, Any], labels: str | None) -> Iterator[Fact]:
    yield Fact("title", Words("Title", "Titel"), in_language(figure.title, labels))
    yield Fact("description", Words("What it says", "Wat het zegt"), in_language(figure.definition, labels))
    yield Fact("counts", Words("What counts", "Wat meetelt"), in_language(figure.counts, labels))
    words = _LABELS | {one.name: one.words for one in figure.parameters}
    for name, value in told.items():
        yield Fact(name, words[name], _text(value))


def _text(value: Any) -> str:
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return encoded(value).decode()
    return "" if value is None else str(value)
