"""The answers of declared tables: one model a table, made from its declaration."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, create_model

from domain.totals import GroupBy
from projections.figure import DECIMALS, Audience, Figure, Parameter, Unit
from service.http.routes.described import Described, Told
from service.http.routes.described.events import Named
from service.http.routes.described.figures import Disclosure, Norm


class Words(Described):
    """The same in English and in Dutch."""

    en: str
    nl: str


class DeclaredParameter(Described):
    """A parameter of a table."""

    name: str
    description: Words
    kind: str
    required: bool
    default: str | int | None
    choices: list[str]


class DeclaredDimension(Described):
    """A dimension: a row for each of its values."""

    name: str
    label: Words
    unit: str
    values: list[str]


class DeclaredColumn(Described):
    """A column: what it counts or measures, to how many decimals, and which rows have it."""

    name: str
    label: Words
    unit: str
    decimals: int
    group_by: list[GroupBy]


class DeclaredTable(Described):
    """A table of figures as it is declared; `questions` are those of the chain that it answers."""

    figure: str
    version: int
    href: str
    questions: list[str]
    title: Words
    definition: Words
    counts: Words
    audience: Audience
    group_by: list[GroupBy]
    all_rows: bool
    parameters: list[DeclaredParameter]
    dimensions: list[DeclaredDimension]
    columns: list[DeclaredColumn]


class Catalogue(Described):
    """Every table of figures: what it says, how it is asked, and what its columns are."""

    items: list[DeclaredTable]


class Definition(Described):
    """By which definition an answer was made: its version, which rises when the same history would give another number,
    and where it is told.
    """

    version: int
    href: str


class Because(Described):
    """An event behind a figure; a version that another replaced is there too, and not in force."""

    position: int
    recorded_at: datetime
    source: str
    id: str
    type: str
    effective_on: date
    corrects: Named | None
    withdraws: Named | None
    in_force: bool


class Sides(Described):
    """What a part adds to both sides of a ratio."""

    numerator: int
    denominator: int


class OtherCell(Described):
    """The cell that a part is the value of: a balance carried over."""

    period: str = ""
    code: str
    column: str


class Part(Described):
    """A part of a cell: from a journey, else from a stream (a half-year, or `reference`), with what it adds.

    `kind` says what it is where that is not a journey's state: `published` and `computed` quotas (by Adams' method:
    `inhabitants` by `divisor`, rounded up; null where a tie was settled), a line `transferred`, a `recorded` opening
    balance, one `carried` over (the value of another `cell`), inhabitants `counted`, an `interim-goal` or a province's
    `shared` part of it, `housed` and `returned`, a `municipality` that is counted, `months` completed, or `rounding` of
    what split municipalities handed over. `of` is the whole that `code` had. To a municipality that it concerns no
    longer a journey is null, without events.
    """

    journey: UUID | None = None
    stream: str = ""
    municipality: str | None
    kind: str = ""
    code: str = ""
    name: str | None = None
    of: int = 0
    on: date | None = None
    accommodation: str = ""
    period: str = ""
    column: str = ""
    cell: OtherCell | None = None
    method: Literal["adams"] = "adams"
    inhabitants: int = 0
    national: int = 0
    divisor: float | None = None
    opening_balance: int = 0
    opening_balances: int = 0
    months: int = 0
    remaining: int = 0
    started_on: date | None = None
    ended_on: date | None = None
    earlier_days: int = 0
    days: int | None = None
    within_norm: bool | None = None
    events: list[Because]


class PartOfCell(Part):
    """A part with what it adds; of a ratio to both sides, of a mean, median or percentile the number it is of."""

    adds: int = 0
    numerator: int = 0
    denominator: int = 0
    value: int = 0


class PartThatMoved(Part):
    """A part that came, went or differs: what it was and is, null where it was none; of sums by how much."""

    adds: int = 0
    before: int | Sides | None
    after: int | Sides | None


class Moment(Described):
    """What was known at an instant: all that was recorded up to a position."""

    known_at: datetime | None
    position: int


_TYPES: dict[Unit, Any] = {"date": date | None, "text": str | None}


def table_of(figure: Figure) -> type[Described]:
    """The answer of a table."""
    row = _model(
        f"{_title(figure)}Row",
        figure.counts.en,
        code=str,
        name=str,
        **{one.name: _type(one.unit) for one in figure.dimensions},
        **{one.name: _type(one.unit) for one in figure.columns},
    )
    return _model(
        f"{_title(figure)}Table",
        figure.definition.en,
        Told,
        **_parameters(figure),
        groupBy=GroupBy,
        disclosure=Disclosure,
        definition=Definition,
        items=list[row],  # type: ignore[valid-type]
    )


def explanation_of(figure: Figure) -> type[Described]:
    """The answer of an explanation; the parts of all pages add up to the cell exactly."""
    cell = _model(
        f"{_title(figure)}Cell",
        "A cell, its value as the table has it, and what its parts come to",
        **_cell(figure),
        value=float | str | None,
        parts=int,
        sum=(int, 0),
        numerator=(int, 0),
        denominator=(int, 0),
    )
    words = f"A cell of {figure.name} and its parts, in pages, each with the events that produced it"
    return _model(
        f"{_title(figure)}Explanation",
        words,
        Told,
        **_parameters(figure),
        definition=Definition,
        cell=cell,
        parts=list[PartOfCell],
    )


def changes_of(figure: Figure) -> type[Described]:
    """The answer of a change report; where parts add up, so does what differs to the difference."""
    cell = _model(f"{_title(figure)}ChangedCell", "The cell that changed", **_cell(figure))
    words = f"A cell of {figure.name} then and now, and the parts that came, went or differ, in pages"
    return _model(
        f"{_title(figure)}Changes",
        words,
        Told,
        **_parameters(figure),
        definition=Definition,
        cell=cell,
        thenKnown=Moment,
        nowKnown=Moment,
        then=float | str | None,
        now=float | str | None,
        difference=float | None,
        parts=list[PartThatMoved],
    )


def _cell(figure: Figure) -> dict[str, Any]:
    return {
        "code": str,
        "name": str,
        **{one.name: _type(one.unit) for one in figure.dimensions},
        "column": str,
    }


def _parameters(figure: Figure) -> dict[str, Any]:
    return {one.name: _parameter(one) for one in figure.parameters}


def _parameter(one: Parameter) -> Any:
    return {"norm": Norm, "day": date, "whole": int, "choice": Literal[one.choices or ("",)]}.get(one.kind, str)


def _type(unit: Unit) -> Any:
    return _TYPES.get(unit, float | None if unit in DECIMALS else int | None)


def _title(figure: Figure) -> str:
    return "".join(word.capitalize() for word in figure.name.split("-"))


def _model(title: str, words: str, base: type[Described] = Described, /, **fields: Any) -> type[Described]:
    """A model whose fields have these names, as they stand in the answer."""
    found: dict[str, Any] = {}
    for field, told in fields.items():
        kind, default = told if isinstance(told, tuple) else (told, ...)
        found[f"{field}_"] = (kind, Field(default, alias=field))
    model: type[Described] = create_model(title, __base__=base, __doc__=words, **found)
    return model
