"""Tables of figures as they are answered: the catalogue, rows written by their units and rounded by rule, and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from fastapi import Request
from typing_extensions import TypedDict

from domain.disclosure import ROUNDED, STEP, round_by_kind
from domain.norms import NORM_SETS
from domain.rounding import rounded
from domain.totals import GroupBy
from projections.figure import DECIMALS, Audience, Column, Figure, Parameter, Query, Row, Unit
from projections.figure import Words as Label
from projections.figures import FIGURES
from service.foundation.answers import encoded, norm_set
from service.queries.files import CellKind, Fact, Heading, Sheet, in_language
from service.queries.question import Question
from service.queries.visibility import Disclosure, DisclosureRule

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
    """A value, or the default, as tables take it: days listed are a tuple, a share is a Decimal."""
    match one.kind:
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
        found[one.name] = (
            norm_set(NORM_SETS[value]) if one.kind == "norm" else str(value) if one.kind == "period" else value
        )
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


#: A value as it is written: a whole number, a decimal, a day, a text, or nothing.
Written = Any


class WrittenRow(NamedTuple):
    """A row as it is answered."""

    code: str
    name: str
    dimensions: tuple[Any, ...]
    values: list[Written]
    exact: bool


class WrittenTable(NamedTuple):
    """The rows of an answer, and the rule by which small numbers in it are rounded."""

    rows: list[WrittenRow]
    disclosure: Disclosure


def read_table(request: Request, figure: Figure, query: Query, *, empty: bool = False) -> WrittenTable:
    """The table as who asks may read it; as `write_table` gives them."""
    rule = DisclosureRule.of(request, query.places, figure.table.day_of_rows(query))
    return write_table(rule, figure, query, empty=empty)


def write_table(disclosed: DisclosureRule, figure: Figure, query: Query, *, empty: bool = False) -> WrittenTable:
    """The table; rows of nothing but zeros only where it keeps all, or with `empty` and then exact ones only."""
    rows = [write_row(figure, row, exact=all(map(disclosed.exact, _codes(figure, row)))) for row in figure.rows(query)]
    if not figure.all_rows:
        # A rounded row of nothing but zeros would tell that there is somebody after all.
        numbers = _numbers(figure)
        rows = [row for row in rows if (empty and row.exact) or any(row.values[nth] for nth in numbers)]
    if not figure.rounds:
        return WrittenTable(rows, {"rule": "exact", "exactFor": []})
    return WrittenTable(rows, disclosed.stated(dict.fromkeys(row.code for row in rows if row.exact)))


def _codes(figure: Figure, row: Row) -> Iterator[str]:
    """The municipalities, provinces or the country that a row is of."""
    yield row.code
    yield from (of for one, of in zip(figure.dimensions, row.dimensions, strict=True) if one.of_municipalities)


def write_row(figure: Figure, row: Row, *, exact: bool) -> WrittenRow:
    """A row exactly, or with small numbers rounded."""
    values: list[Written] = list(row.values)
    if exact or figure.audience == "public":
        for nth, places in _decimals(figure):
            values[nth] = rounded(values[nth], places)
    else:
        values = [write(value, row.values) for write, value in zip(_rounding(figure), values, strict=True)]
        for nth in _from_rounded(figure):
            column = figure.columns[nth]
            value: Any = row.rounded.get(column.name)
            values[nth] = rounded(value, DECIMALS[column.unit]) if column.unit in DECIMALS else value
    if not exact:
        for kinds in _kinds(figure):
            exactly: dict[int, Any] = {nth: row.values[nth] for nth in kinds}
            rounded_kinds = _by_kind(exactly)
            for nth in kinds:
                values[nth] = rounded_kinds.get(nth)
        if figure.together:
            values = _beside_others(figure, row.dimensions, values)
    return WrittenRow(row.code, row.name, row.dimensions, values, exact)


def _beside_others(figure: Figure, dimensions: Sequence[Any], values: Sequence[Written]) -> list[Written]:
    """Rounded values, of which less is told where they would tell of each other."""
    told: dict[str, Any] = dict(zip((one.name for one in figure.dimensions), dimensions, strict=True))
    told |= zip((one.name for one in figure.columns), values, strict=True)
    for one in figure.together:
        told |= one.instead(told)
    return [told[column.name] for column in figure.columns]


@cache
def _decimals(figure: Figure) -> tuple[tuple[int, int], ...]:
    """The columns that need not be whole, by number, and to how many decimals they are written."""
    return tuple((nth, DECIMALS[column.unit]) for nth, column in enumerate(figure.columns) if column.unit in DECIMALS)


@cache
def _numbers(figure: Figure) -> tuple[int, ...]:
    """The columns that are numbers."""
    return tuple(nth for nth, column in enumerate(figure.columns) if column.unit not in ("date", "text"))


_Write = Callable[[Any, Sequence[Any]], Written]


@cache
def _rounding(figure: Figure) -> tuple[_Write, ...]:
    number = {column.name: nth for nth, column in enumerate(figure.columns)}

    def writer(column: Column) -> _Write:
        unit = column.unit
        persons = None if column.persons is None else number[column.persons]
        if column.public:
            places = DECIMALS.get(unit)
            return lambda value, _: value if places is None else rounded(value, places)
        if unit in _COUNTED:
            return lambda value, _: None if value is None else ROUNDED.count(value)
        measure = ROUNDED.share if unit == "share" else ROUNDED.days if unit in _MEASURED else None
        if measure is not None:
            return lambda value, row: measure(value, STEP if persons is None else row[persons] or 0)
        if persons is None:
            return lambda value, _: value
        return lambda value, row: value if ROUNDED.count(row[persons] or 0) else None

    return tuple(map(writer, figure.columns))


@cache
def _from_rounded(figure: Figure) -> tuple[int, ...]:
    """The columns, by number, of which who gets rounded numbers is told what was made of such."""
    return tuple(nth for nth, column in enumerate(figure.columns) if column.from_rounded)


# What a number counts or measures of persons; how many those are is in a column of its own, or they are not few. Other
# values are of no single person, unless they name the column of those behind them.
_COUNTED = frozenset({"persons", "links", "offers", "households", "bedrooms"})
_MEASURED = frozenset({"days", "percent", "pace"})


@cache
def _kinds(figure: Figure) -> tuple[tuple[int, ...], ...]:
    """The columns, by number, that are the ways in which persons of one other column were counted."""
    found: dict[tuple[str, str], list[int]] = {}
    for nth, column in enumerate(figure.columns):
        if column.by_kind is not None:
            found.setdefault((column.by_kind, column.kinds), []).append(nth)
    return tuple(map(tuple, found.values()))


def _by_kind(exact: Mapping[int, int]) -> dict[int, int]:
    """Each way rounded; none of them where together with the total, which is exact, they would say too much."""
    found = round_by_kind({str(nth): persons for nth, persons in exact.items()})
    if not found and any(exact.values()):
        return {}
    return dict.fromkeys(exact, 0) | {int(nth): persons for nth, persons in found.items()}


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
