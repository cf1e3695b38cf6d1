"""How the data of a fact is read and written: field by field, by the types that its class declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from domain.field_types import BOOL, DATE, Constraint, Fault, FieldType, InvalidValue


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fact: its name in code and in JSON, its type, and whether it must be there."""

    name: str
    json_name: str
    type: FieldType
    required: bool
    default: Any = None


def camel_case(name: str) -> str:
    """`birth_date` as JSON writes it: `birthDate`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _one_of(choices: tuple[str, ...]) -> FieldType:
    detail = "must be one of " + ", ".join(choices)

    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValue.because("wrong-type", "must be a string")
        if value not in choices:
            raise InvalidValue.because("not-one-of", detail)
        return value

    return FieldType(parse, {"type": "string", "enum": list(choices)})


def _many(item: FieldType) -> FieldType:
    def parse(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise InvalidValue.because("wrong-type", "must be a list")
        parsed, faults = [], []
        for index, entry in enumerate(value):
            try:
                parsed.append(item.parse(entry))
            except InvalidValue as wrong:
                faults += [Fault(f"/{index}{within}", code, detail) for within, code, detail in wrong.faults]
        if faults:
            raise InvalidValue(*faults)
        return tuple(parsed)

    return FieldType(
        parse,
        {"type": "array", "items": dict(item.schema)},
        item.personal,
        lambda values: [item.write(value) if item.write else value for value in values],
        lambda values: tuple(item.load(value) if item.load else value for value in values),
    )


def _nested(fact_type: type) -> FieldType:
    def parse(value: Any) -> Any:
        if not isinstance(value, dict):
            raise InvalidValue.because("wrong-type", "must be an object")
        parsed, faults = parse_fact(fact_type, value, "")
        if faults:
            raise InvalidValue(*faults)
        return parsed

    return FieldType(parse, json_schema_of(fact_type), write=write_fact, load=lambda value: load_fact(fact_type, value))


def _constrained(field_type: FieldType, constraint: Constraint) -> FieldType:
    def parse(value: Any) -> Any:
        parsed = field_type.parse(value)
        if faults := constraint.check(parsed):
            raise InvalidValue(*faults)
        return parsed

    return replace(field_type, parse=parse, schema={**field_type.schema, **constraint.schema})


def _field_type_of(annotation: Any) -> FieldType:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner, extra = arguments
        return extra if isinstance(extra, FieldType) else _constrained(_field_type_of(inner), extra)
    if origin is Literal:
        return _one_of(arguments)
    if origin in (Union, UnionType):
        (only,) = [argument for argument in arguments if argument is not type(None)]
        return _field_type_of(only)
    if origin is tuple:
        return _many(_field_type_of(arguments[0]))
    if annotation is date:
        return DATE
    if annotation is bool:
        return BOOL
    return _nested(annotation)


def fields_of(fact_type: type) -> tuple[Field, ...]:
    """The fields of a fact, in the order they are written."""
    return _fields(fact_type)


@cache
def _fields(fact_type: Any) -> tuple[Field, ...]:
    hints = get_type_hints(fact_type, include_extras=True)
    return tuple(
        Field(
            field.name,
            camel_case(field.name),
            _field_type_of(hints[field.name]),
            field.default is MISSING,
            None if field.default is MISSING else field.default,
        )
        for field in fields(fact_type)
    )


def parse_fact(
    fact_type: type, data: Mapping[str, Any], pointer: str = "/data", beside: frozenset[str] = frozenset()
) -> tuple[Any, list[Fault]]:
    """A fact from its JSON object, or every fault in it; `beside` are names that stand in it but are not the fact's."""
    values, faults = parse_fields(fact_type, data, pointer, beside)
    return (None if faults else fact_type(**values)), faults


def parse_fields(
    fact_type: type, data: Mapping[str, Any], pointer: str = "/data", beside: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], list[Fault]]:
    """The fields of a fact by their names in code, for who needs no fact; with every fault, as of `parse_fact`."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in _fields(fact_type):
        value = data.get(field.json_name)
        if value is None:
            if field.required:
                faults.append(Fault(f"{pointer}/{field.json_name}", "required", "is required"))
            continue
        try:
            values[field.name] = field.type.parse(value)
        except InvalidValue as wrong:
            faults += [
                Fault(f"{pointer}/{field.json_name}{within}", code, detail) for within, code, detail in wrong.faults
            ]
    known = _names(fact_type, beside)
    if not data.keys() <= known:
        # The name itself may be what should not have been sent, so only the place is given.
        count = len(data.keys() - known)
        faults.append(Fault(pointer, "unknown-field", f"{count} field(s) that this type does not have"))
    return values, faults


@cache
def _names(fact_type: type, beside: frozenset[str]) -> frozenset[str]:
    return beside.union(field.json_name for field in fields_of(fact_type))


@cache
def _loaders(fact_type: type) -> tuple[tuple[str, Callable[[Any], Any] | None, Any], ...]:
    return tuple((field.json_name, field.type.load, field.default) for field in fields_of(fact_type))


def load_fact(fact_type: type, data: Mapping[str, Any]) -> Any:
    """A fact from data that was admitted before; what is sealed or absent has its default, or None."""
    return fact_type(
        *[
            default if (value := data.get(name)) is None else load(value) if load else value
            for name, load, default in _loaders(fact_type)
        ]
    )


def write_fact(fact: Any) -> dict[str, Any]:
    """The JSON object of a fact, without what is absent."""
    every = fields_of(fact.__class__)
    values = write_fields(fact.__class__, {field.name: getattr(fact, field.name) for field in every})
    required = {field.json_name for field in every if field.required}
    return {name: value for name, value in values.items() if value != [] or name in required}


@cache
def _writers(fact_type: type) -> tuple[tuple[str, str, Callable[[Any], Any] | None], ...]:
    return tuple((field.name, field.json_name, field.type.write) for field in fields_of(fact_type))


def write_fields(fact_type: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a fact by their names in code as JSON has them, without what is absent."""
    return {
        json_name: write(value) if write else value
        for name, json_name, write in _writers(fact_type)
        if (value := values.get(name)) is not None
    }


def json_schema_of(fact_type: type) -> dict[str, Any]:
    """JSON Schema (2020-12) of a fact's own fields; a personal field says so (`x-personal`)."""
    every = fields_of(fact_type)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.json_name for field in every if field.required],
        "properties": {
            field.json_name: {**field.type.schema, "x-personal": True}
            if field.type.personal
            else dict(field.type.schema)
            for field in every
        },
    }
