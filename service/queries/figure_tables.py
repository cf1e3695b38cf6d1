"""Tables of figures as they are answered: the catalogue, what an answer says besides its rows, and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from typing_extensions import TypedDict

from domain.norm_sets import NORM_SETS
from domain.totals import GroupBy
from projections.figure import Audience, Figure, Parameter
from projections.figure import Words as Label
from projections.figures import FIGURES
from projections.units import DECIMALS, Unit
from service.foundation.answers import encoded, told_norm
from service.queries.disclosed_rows import WrittenTable
from service.queries.files import CellKind, Fact, Heading, Sheet, in_language
from service.queries.question import Question
from service.queries.visibility import Disclosure

FIGURES_ADDRESS = "/v1/figures"


class Words(TypedDict):
    """The same in English and in Dutch."""

    en: str
    nl: str


class DeclaredParameter(TypedDict):
    """A parameter of a table."""

    name: str
    description: Words
    kind: str
    required: bool
    default: str | int | None
    choices: Sequence[str]


class DeclaredDimension(TypedDict):
    """A dimension: a row for each of its values."""

    name: str
    label: Words
    unit: str
    values: Sequence[str]


class DeclaredColumn(TypedDict):
    """A column: what it counts or measures, to how many decimals, and which rows have it."""

    name: str
    label: Words
    unit: str
    decimals: int
    groupBy: Sequence[GroupBy]


class DeclaredTable(TypedDict):
    """A table of figures as it is declared; `questions` are those of the chain that it answers."""

    figure: str
    version: int
    href: str
    questions: list[str]
    title: Words
    definition: Words
    counts: Words
    audience: Audience
    groupBy: Sequence[GroupBy]
    allRows: bool
    parameters: list[DeclaredParameter]
    dimensions: list[DeclaredDimension]
    columns: list[DeclaredColumn]


class Catalogue(TypedDict):
    """Every table of figures: what it says, how it is asked, and what its columns are."""

    items: list[DeclaredTable]


class Definition(TypedDict):
    """By which definition an answer was made: its version, which rises when the same history would give another number,
    and where it is told.
    """

    version: int
    href: str


def catalogue() -> Catalogue:
    """Every table, in the order of the catalogue."""
    return {"items": [_declaration(figure) for figure in FIGURES.values()]}


def definition(figure: Figure) -> Definition:
    """By which definition an answer was made, and where it stands."""
    return {"version": figure.version, "href": f"{FIGURES_ADDRESS}#{figure.name}"}


def read_parameter(one: Parameter, value: Any) -> Any:
    """A value, or the default, as tables take it: days listed are a tuple, a share is a Decimal, and the name of a norm
    set that the service ships is that set.
    """
    match one.kind:
        case "norm" if isinstance(value, str):
            return NORM_SETS[value]
        case "days" if isinstance(value, str):
            return tuple(map(date.fromisoformat, value.split(",")))
        case "share" if isinstance(value, str):
            return Decimal(value)
        case _:
            return value


def written_parameters(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as used, as an answer repeats them."""
    found: dict[str, Any] = {}
    for one in figure.parameters:
        value = given[one.name]
        found[one.name] = told_norm(value) if one.kind == "norm" else str(value) if one.kind == "period" else value
    return found


def table_head(
    question: Question, figure: Figure, given: Mapping[str, Any], group_by: GroupBy, disclosure: Disclosure
) -> dict[str, Any]:
    """What the answer of a table says besides its rows, in every form: times, parameters, disclosure, definition.

    `given` may hold more than the table declares; what there is of that stands at the end.
    """
    declared = written_parameters(figure, given)
    return {
        **question.as_of(),
        **declared,
        "groupBy": group_by,
        "disclosure": disclosure,
        "definition": definition(figure),
        **{name: value for name, value in given.items() if name not in declared and value is not None},
    }


def _declaration(figure: Figure) -> DeclaredTable:
    return {
        "figure": figure.name,
        "version": figure.version,
        "href": f"{FIGURES_ADDRESS}/{figure.name}",
        "questions": [f"Q{number}" for number in figure.questions],
        "title": _both_languages(figure.title),
        "definition": _both_languages(figure.definition),
        "counts": _both_languages(figure.counts),
        "audience": figure.audience,
        "groupBy": figure.group_by,
        "allRows": figure.all_rows,
        "parameters": [
            {
                "name": one.name,
                "description": _both_languages(one.words),
                "kind": one.kind,
                "required": one.required,
                "default": one.default,
                "choices": one.choices,
            }
            for one in figure.parameters
        ],
        "dimensions": [
            {"name": one.name, "label": _both_languages(one.label), "unit": one.unit, "values": one.values}
            for one in figure.dimensions
        ],
        "columns": [
            {
                "name": one.name,
                "label": _both_languages(one.label),
                "unit": one.unit,
                "decimals": DECIMALS.get(one.unit, 0),
                "groupBy": [group for group in figure.group_by if group in one.groups],
            }
            for one in figure.columns
        ],
    }


def _both_languages(label: Label) -> Words:
    return {"en": label.en, "nl": label.nl}


_CODE = Heading("code", Label("Code", "Code"), "text")
_NAME = Heading("name", Label("Name", "Naam"), "text")
_OF_UNITS: Mapping[Unit, CellKind] = {"date": "day", "text": "text"}
#: What every answer says besides its parameters.
_HEAD_LABELS = {
    "validOn": Label("Valid on", "Peildatum"),
    "knownAt": Label("Known at", "Bekend op"),
    "knownBy": Label("Known by", "Bekend bij"),
    "position": Label("Position of the log", "Positie van het logboek"),
    "groupBy": Label("Rows", "Rijen"),
    "municipality": Label("Municipality", "Gemeente"),
    "disclosure": Label("Disclosure of small numbers", "Weergave van kleine aantallen"),
    "definition": Label("Definition", "Definitie"),
}
#: What makes one file of a table another than the next, in its name.
_IN_FILE_NAMES = ("period", "from", "to", "municipality", "groupBy", "validOn")


def table_sheet(figure: Figure, table: WrittenTable, head: Mapping[str, Any], labels: str | None) -> Sheet:
    """The table in flat rows, and what its answer says of it besides."""
    headings = [_CODE, _NAME, *(_heading(one.name, one.label, one.unit) for one in figure.dimensions)]
    headings += [_heading(one.name, one.label, one.unit) for one in figure.columns]
    rows = [(row.code, row.name, *row.dimensions, *row.values) for row in table.rows]
    name = "-".join([figure.name, *(str(head[each]) for each in _IN_FILE_NAMES if head.get(each) is not None)])
    return Sheet(name, headings, rows, list(_facts(figure, head, labels)))


def _heading(name: str, label: Label, unit: Unit) -> Heading:
    places = DECIMALS.get(unit, 0)
    return Heading(name, label, "decimal" if places else _OF_UNITS.get(unit, "whole"), places)


def _facts(figure: Figure, head: Mapping[str, Any], labels: str | None) -> Iterator[Fact]:
    yield Fact("title", Label("Title", "Titel"), in_language(figure.title, labels))
    yield Fact("description", Label("What it says", "Wat het zegt"), in_language(figure.definition, labels))
    yield Fact("counts", Label("What counts", "Wat meetelt"), in_language(figure.counts, labels))
    words = _HEAD_LABELS | {one.name: one.words for one in figure.parameters}
    for name, value in head.items():
        yield Fact(name, words[name], _text(value))


def _text(value: Any) -> str:
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        return encoded(value).decode()
    return "" if value is None else str(value)
