"""What the routes of a table of figures take and answer, from its declaration: parameters, and models of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Literal, NotRequired, get_type_hints

from fastapi import Query as FromQuery
from fastapi import Response
from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from domain.totals import GroupBy
from projections.figure import Dimension, Figure, Parameter, ParameterKind
from projections.units import DECIMALS, Unit
from service.foundation.answers import Norm
from service.foundation.parameter_types import IN_DIGITS, LAST, SHARE, Day, OneOf, days_listed
from service.http.routes.parameters import AskedNormName, AskedNormSet, AskedPeriod, asked_norm
from service.queries.changes import Moment, PartThatMoved
from service.queries.explanation import PartOfCell
from service.queries.figure_tables import Definition, read_parameter
from service.queries.times import AsOf
from service.queries.visibility import Disclosure

#: The names of parameters that Python has words for, as arguments have them.
_KEYWORDS = {"from": "from_", "with": "with_"}
_NORM_SET = "norm_set"


def _day(one: Parameter) -> Any:
    return Annotated[Day if one.required else Day | None, FromQuery(alias=one.name, description=one.words.en)]


def _choice(one: Parameter) -> Any:
    return Annotated[Literal[one.choices], FromQuery(alias=one.name, description=one.words.en)]


def _whole(one: Parameter) -> Any:
    kind = Annotated[int, Field(ge=one.least, le=one.most), IN_DIGITS]
    asked: Any = kind if one.required or one.default is not None else kind | None
    return Annotated[asked, FromQuery(alias=one.name, description=one.words.en)]


def _days(one: Parameter) -> Any:
    listed = AfterValidator(days_listed(one.least or 1, one.most or 1))
    description = f"{one.words.en}: days with commas between them, at most {one.most} (default: {one.default})"
    return Annotated[str, listed, FromQuery(alias=one.name, description=description)]


def _share(one: Parameter) -> Any:
    description = f"{one.words.en}: from 0 to 1, with at most four decimals (default: {one.default})"
    return Annotated[str, FromQuery(alias=one.name, description=description, pattern=SHARE)]


_KINDS: Mapping[ParameterKind, Callable[[Parameter], Any]] = {
    "period": lambda _: AskedPeriod,
    "day": _day,
    "days": _days,
    "norm": lambda _: AskedNormName,
    "choice": _choice,
    "whole": _whole,
    "share": _share,
}


def arguments(figure: Figure) -> list[Argument]:
    """The parameters of a table as arguments of its route; a norm set may be named or given."""
    found = []
    for one in figure.parameters:
        default = Argument.empty if one.required else one.default
        found.append(argument(_KEYWORDS.get(one.name, one.name), _KINDS[one.kind](one), default))
        if one.kind == "norm":
            found.append(argument(_NORM_SET, AskedNormSet, None))
    return found


def dimension_arguments(figure: Figure) -> list[Argument]:
    """The dimensions of a table as arguments that name one cell."""
    return [argument(_KEYWORDS.get(one.name, one.name), _dimension(one), Argument.empty) for one in figure.dimensions]


def argument(name: str, annotation: Any, default: Any = Argument.empty) -> Argument:
    """An argument of a route, given by its name."""
    return Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=annotation)


def with_arguments(endpoint: Callable[..., Response], name: str, description: str, some: list[Argument]) -> Any:
    """Let a function that takes any arguments pass for an endpoint with these, a name and a description."""
    # FastAPI reads what an endpoint takes from its signature.
    endpoint.__name__, endpoint.__doc__ = name, description
    endpoint.__signature__ = Signature(some)  # type: ignore[attr-defined]
    return endpoint


def parameters_of(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a table by their own names; of a norm set how it was asked."""
    found = {}
    for one in figure.parameters:
        value = given[_KEYWORDS.get(one.name, one.name)]
        found[one.name] = (
            asked_norm(given["request"], value, given[_NORM_SET]) if one.kind == "norm" else read_parameter(one, value)
        )
    return found


def dimensions_of(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The dimensions of a cell by their names."""
    return {one.name: given[_KEYWORDS.get(one.name, one.name)] for one in figure.dimensions}


def _dimension(one: Dimension) -> Any:
    if one.unit == "date":
        return Annotated[Day, FromQuery(alias=one.name, description=one.label.en)]
    if one.unit == "number":
        number = Annotated[int, Field(ge=0, le=LAST), IN_DIGITS]
        return Annotated[number, FromQuery(alias=one.name, description=one.label.en)]
    kind = Annotated[str, OneOf(one.values)] if one.values else str
    return Annotated[kind, FromQuery(alias=one.name, description=one.label.en)]


_TYPES: dict[Unit, Any] = {"date": date | None, "text": str | None}


def table_model(figure: Figure) -> Any:
    """The answer of a table."""
    row: Any = _model(
        f"{_title(figure)}Row",
        figure.counts.en,
        code=str,
        name=str,
        **{one.name: _value_type(one.unit) for one in figure.dimensions},
        **{one.name: _value_type(one.unit) for one in figure.columns},
    )
    return _model(
        f"{_title(figure)}Table",
        figure.definition.en,
        AsOf,
        **_parameter_fields(figure),
        groupBy=GroupBy,
        disclosure=Disclosure,
        definition=Definition,
        items=list[row],
    )


def explanation_model(figure: Figure) -> Any:
    """The answer of an explanation; the parts of all pages add up to the cell exactly."""
    cell: Any = _model(
        f"{_title(figure)}Cell",
        "A cell, its value as the table has it, and what its parts come to",
        **_cell_fields(figure),
        value=float | str | None,
        parts=int,
        sum=NotRequired[int],
        numerator=NotRequired[int],
        denominator=NotRequired[int],
    )
    words = f"A cell of {figure.name} and its parts, in pages, each with the events that produced it"
    return _model(
        f"{_title(figure)}Explanation",
        words,
        AsOf,
        **_parameter_fields(figure),
        definition=Definition,
        cell=cell,
        parts=list[PartOfCell],
    )


def changes_model(figure: Figure) -> Any:
    """The answer of a change report; where parts add up, so does what differs to the difference."""
    cell: Any = _model(f"{_title(figure)}ChangedCell", "The cell that changed", **_cell_fields(figure))
    words = f"A cell of {figure.name} then and now, and the parts that came, went or differ, in pages"
    return _model(
        f"{_title(figure)}Changes",
        words,
        AsOf,
        **_parameter_fields(figure),
        definition=Definition,
        cell=cell,
        thenKnown=Moment,
        nowKnown=Moment,
        then=float | str | None,
        now=float | str | None,
        difference=float | None,
        parts=list[PartThatMoved],
    )


def _cell_fields(figure: Figure) -> dict[str, Any]:
    return {
        "code": str,
        "name": str,
        **{one.name: _value_type(one.unit) for one in figure.dimensions},
        "column": str,
    }


def _parameter_fields(figure: Figure) -> dict[str, Any]:
    return {one.name: _parameter_type(one) for one in figure.parameters}


def _parameter_type(one: Parameter) -> Any:
    of_kinds: dict[ParameterKind, Any] = {
        "norm": Norm,
        "day": date if one.required else date | None,
        "days": list[date],
        "whole": int if one.required or one.default is not None else int | None,
        "choice": Literal[one.choices or ("",)],
        "share": float,
    }
    return of_kinds.get(one.kind, str)


def _value_type(unit: Unit) -> Any:
    return _TYPES.get(unit, float | None if unit in DECIMALS else int | None)


def _title(figure: Figure) -> str:
    return "".join(word.capitalize() for word in figure.name.split("-"))


def _model(title: str, description: str, base: Any = None, /, **fields: Any) -> Any:
    """A TypedDict with these fields, and those of another."""
    inherited = {} if base is None else get_type_hints(base, include_extras=True)
    make: Any = TypedDict
    model = make(title, {**inherited, **fields})
    model.__doc__ = description
    return model
