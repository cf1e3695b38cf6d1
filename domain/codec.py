"""How the data of a fact is read and written: field by field, by the kinds that its class declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from domain.field_types import BOOL, DATE, Fault, Kind, Rule, Wrong


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fact: its name in code and in JSON, its kind, and whether it must be there."""

    name: str
    json_name: str
    kind: Kind
    required: bool
    default: Any = None


def camel(name: str) -> str:
    """`birth_date` as JSON writes it: `birthDate`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _one_of(choices: tuple[str, ...]) -> Kind:
    detail = "must be one of " + ", ".join(choices)

    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong.because("wrong-type", "must be a string")
        if value not in choices:
            raise Wrong.because("not-one-of", detail)
        return value

    return Kind(parse, {"type": "string", "enum": list(choices)})


def _many(item: Kind) -> Kind:
    def parse(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong.because("wrong-type", "must be a list")
        parsed, faults = [], []
        for index, entry in enumerate(value):
            try:
                parsed.append(item.parse(entry))
            except Wrong as wrong:
                faults += [Fault(f"/{index}{within}", code, detail) for within, code, detail in wrong.faults]
        if faults:
            raise Wrong(*faults)
        return tuple(parsed)

    return Kind(
        parse,
        {"type": "array", "items": dict(item.schema)},
        item.personal,
        lambda values: [item.write(value) if item.write else value for value in values],
        lambda values: tuple(item.load(value) if item.load else value for value in values),
    )


def _nested(shape: type) -> Kind:
    def parse(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Wrong.because("wrong-type", "must be an object")
        parsed, faults = read(shape, value, "")
        if faults:
            raise Wrong(*faults)
        return parsed

    return Kind(parse, schema_of(shape), write=write, load=lambda value: revive(shape, value))


def _ruled(kind: Kind, rule: Rule) -> Kind:
    def parse(value: Any) -> Any:
        parsed = kind.parse(value)
        if faults := rule.test(parsed):
            raise Wrong(*faults)
        return parsed

    return replace(kind, parse=parse, schema={**kind.schema, **rule.schema})


def _kind(annotation: Any) -> Kind:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner, extra = arguments
        return extra if isinstance(extra, Kind) else _ruled(_kind(inner), extra)
    if origin is Literal:
        return _one_of(arguments)
    if origin in (Union, UnionType):
        (only,) = [argument for argument in arguments if argument is not type(None)]
        return _kind(only)
    if origin is tuple:
        return _many(_kind(arguments[0]))
    if annotation is date:
        return DATE
    if annotation is bool:
        return BOOL
    return _nested(annotation)


def fields_of(shape: type) -> tuple[Field, ...]:
    """The fields of a fact, in the order they are written."""
    return _fields(shape)


@cache
def _fields(shape: Any) -> tuple[Field, ...]:
    hints = get_type_hints(shape, include_extras=True)
    return tuple(
        Field(
            field.name,
            camel(field.name),
            _kind(hints[field.name]),
            field.default is MISSING,
            None if field.default is MISSING else field.default,
        )
        for field in fields(shape)
    )


def read(
    shape: type, data: Mapping[str, Any], pointer: str = "/data", beside: frozenset[str] = frozenset()
) -> tuple[Any, list[Fault]]:
    """A fact from its JSON object, or every fault in it; `beside` are names that stand in it but are not the fact's."""
    values, faults = values_of(shape, data, pointer, beside)
    return (None if faults else shape(**values)), faults


def values_of(
    shape: type, data: Mapping[str, Any], pointer: str = "/data", beside: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], list[Fault]]:
    """The fields of a fact by their names in code, for who needs no fact; with every fault, as `read` tells them."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in fields_of(shape):
        value = data.get(field.json_name)
        if value is None:
            if field.required:
                faults.append(Fault(f"{pointer}/{field.json_name}", "required", "is required"))
            continue
        try:
            values[field.name] = field.kind.parse(value)
        except Wrong as wrong:
            faults += [
                Fault(f"{pointer}/{field.json_name}{within}", code, detail) for within, code, detail in wrong.faults
            ]
    known = _names(shape, beside)
    if not data.keys() <= known:
        # The name itself may be what should not have been sent, so only the place is told.
        count = len(data.keys() - known)
        faults.append(Fault(pointer, "unknown-field", f"{count} field(s) that this type does not have"))
    return values, faults


@cache
def _names(shape: type, beside: frozenset[str]) -> frozenset[str]:
    return beside.union(field.json_name for field in fields_of(shape))


@cache
def _loaders(shape: type) -> tuple[tuple[str, Callable[[Any], Any] | None, Any], ...]:
    return tuple((field.json_name, field.kind.load, field.default) for field in fields_of(shape))


def revive(shape: type, data: Mapping[str, Any]) -> Any:
    """A fact from data that was admitted before; what is sealed or absent has its default, or None."""
    return shape(
        *[
            default if (value := data.get(name)) is None else load(value) if load else value
            for name, load, default in _loaders(shape)
        ]
    )


def write(fact: Any) -> dict[str, Any]:
    """The JSON object of a fact, without what is absent."""
    every = fields_of(fact.__class__)
    values = written(fact.__class__, {field.name: getattr(fact, field.name) for field in every})
    return {name: value for name, value in values.items() if value != []}


@cache
def _writers(shape: type) -> tuple[tuple[str, str, Callable[[Any], Any] | None], ...]:
    return tuple((field.name, field.json_name, field.kind.write) for field in fields_of(shape))


def written(shape: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a fact by their names in code as JSON has them, without what is absent."""
    return {
        json_name: of_kind(value) if of_kind else value
        for name, json_name, of_kind in _writers(shape)
        if (value := values.get(name)) is not None
    }


def schema_of(shape: type) -> dict[str, Any]:
    """JSON Schema (2020-12) of a fact's own fields; a personal field says so (`x-personal`)."""
    every = fields_of(shape)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.json_name for field in every if field.required],
        "properties": {
            field.json_name: {**field.kind.schema, "x-personal": True}
            if field.kind.personal
            else dict(field.kind.schema)
            for field in every
        },
    }
