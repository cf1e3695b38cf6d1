"""The parameters of a table as a route takes them: how each is written, refused and described, from the declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter as Argument
from inspect import Signature
from typing import Annotated, Any, Literal

from fastapi import Query as FromQuery
from fastapi import Response
from pydantic import Field

from domain.norms import NORM_SETS
from projections.figure import Dimension, Figure, Parameter, ParameterKind
from service.foundation.parameter_types import IN_DIGITS, Day, OneOf
from service.foundation.problems import ParameterFault, parameter
from service.http.routes.half_year import AskedPeriod


def _day(one: Parameter) -> Any:
    return Annotated[Day, FromQuery(alias=one.name, description=one.words.en)]


def _norm(one: Parameter) -> Any:
    return Annotated[
        str, OneOf(NORM_SETS), FromQuery(alias=one.name, description=f"{one.words.en} (default: {one.default})")
    ]


def _choice(one: Parameter) -> Any:
    return Annotated[Literal[one.choices], FromQuery(alias=one.name, description=one.words.en)]


def _whole(one: Parameter) -> Any:
    bounds = Field(ge=one.least, le=one.most)
    return Annotated[int, bounds, IN_DIGITS, FromQuery(alias=one.name, description=one.words.en)]


_KINDS: Mapping[ParameterKind, Callable[[Parameter], Any]] = {
    "period": lambda _: AskedPeriod,
    "day": _day,
    "norm": _norm,
    "choice": _choice,
    "whole": _whole,
}


def arguments(figure: Figure, *without: str) -> list[Argument]:
    """The parameters of a table as arguments of its route."""
    return [
        argument(_python(one.name), _KINDS[one.kind](one), Argument.empty if one.required else one.default)
        for one in figure.parameters
        if one.name not in without
    ]


def of_dimensions(figure: Figure) -> list[Argument]:
    """The dimensions of a table as arguments that name one cell."""
    return [argument(_python(one.name), _dimension(one), Argument.empty) for one in figure.dimensions]


def argument(name: str, annotation: Any, default: Any = Argument.empty) -> Argument:
    """An argument of a route, given by its name."""
    return Argument(name, Argument.KEYWORD_ONLY, default=default, annotation=annotation)


def taking(name: str, words: str, some: list[Argument]) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let a function that takes whatever it is given pass for one with these arguments, a name and a description."""

    def named(function: Callable[..., Response]) -> Callable[..., Response]:
        def endpoint(**given: Any) -> Response:
            return function(**given)

        # FastAPI reads what an endpoint takes from its signature.
        endpoint.__name__, endpoint.__doc__ = name, words
        endpoint.__signature__ = Signature(some)  # type: ignore[attr-defined]
        return endpoint

    return named


def given_to(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a table by their own names."""
    return {one.name: given[_python(one.name)] for one in figure.parameters}


def dimensions_in(figure: Figure, given: Mapping[str, Any]) -> dict[str, Any]:
    """The dimensions of a cell by their names."""
    return {one.name: given[_python(one.name)] for one in figure.dimensions}


def faults_of(given: Mapping[str, Any]) -> list[ParameterFault]:
    """What is wrong with parameters taken together: a window that ends before it begins."""
    if "from" in given and "to" in given and given["to"] < given["from"]:
        return [parameter("to", "before-from", "must not be before from")]
    return []


def _dimension(one: Dimension) -> Any:
    if one.unit == "date":
        return Annotated[Day, FromQuery(alias=one.name, description=one.label.en)]
    kind = Annotated[str, OneOf(one.values)] if one.values else str
    return Annotated[kind, FromQuery(alias=one.name, description=one.label.en)]


def _python(name: str) -> str:
    """The name of a parameter as an argument has it: `from` is a word of the language."""
    return f"{name}_" if name == "from" else name
