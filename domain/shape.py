"""How the data of a fact is read: each kind of field parses a JSON value, or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from domain.identifiers import holds_personal_number, is_municipality_code, is_province_code, is_v_number
from domain.period import Period

MOST_CHARACTERS = 2_000  # free text; keys are shorter
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KEY_CHARACTERS = 256
MOST_PERSONS = 100_000_000  # more than the country has; catches a slip of the keyboard
_NOT_BLANK = r"\S"


class Fault(NamedTuple):
    """One thing that is wrong: where (JSON pointer), what (a stable code), why (for people); never the value itself."""

    pointer: str
    code: str
    detail: str


class Wrong(Exception):
    """A JSON value does not fit its field: the faults, with pointers below that field."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults

    @classmethod
    def because(cls, code: str, detail: str) -> Wrong:
        return cls(Fault("", code, detail))


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of field: how a posted JSON value is parsed (raises `Wrong`), its JSON Schema, whether it is personal,
    and how its value is written to and loaded from the log (None: as it is)."""

    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    personal: bool = False
    write: Callable[[Any], Any] | None = None
    load: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What a value must fulfil beyond its kind: the faults of a parsed value, and what JSON Schema can say of it."""

    test: Callable[[Any], list[Fault]]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a fact: its name in code and in JSON, its kind, and whether it must be there."""

    name: str
    json_name: str
    kind: Kind
    required: bool
    default: Any = None


def parse_day(value: Any) -> date:
    """A calendar day, `2021-03-10`; never an instant, never another ISO form."""
    if not isinstance(value, str):
        raise Wrong.because("wrong-type", "must be a date written as a string, like 2021-03-10")
    if not _DAY.fullmatch(value):
        raise Wrong.because("not-a-date", "must be a date like 2021-03-10")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Wrong.because("not-a-date", "is not a day of the calendar") from None


def parse_text(value: Any, most: int = MOST_CHARACTERS) -> str:
    """A string that is not empty and not longer than `most` characters."""
    if not isinstance(value, str):
        raise Wrong.because("wrong-type", "must be a string")
    if not value.strip():
        raise Wrong.because("empty", "must not be empty")
    if len(value) > most:
        raise Wrong.because("too-long", f"must be at most {most} characters")
    return value


def parse_key(value: Any) -> str:
    """A key that will stand in the open, so it may not be a person's number."""
    text = parse_text(value, _KEY_CHARACTERS)
    if holds_personal_number(text):
        raise Wrong.because("personal-number", "must not hold a V-number, BSN or IBAN")
    return text


def _pattern(test: Callable[[str], bool], code: str, detail: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong.because("wrong-type", "must be a string")
        if not test(value):
            raise Wrong.because(code, detail)
        return value

    return parse


def _whole(least: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if type(value) is not int:
            raise Wrong.because("wrong-type", "must be a whole number")
        if not least <= value <= MOST_PERSONS:
            raise Wrong.because("out-of-range", f"must be from {least} to {MOST_PERSONS}")
        return value

    return parse


def _parse_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise Wrong.because("wrong-type", "must be true or false")
    return value


def _parse_period(value: Any) -> Period:
    if not isinstance(value, str):
        raise Wrong.because("wrong-type", "must be a string")
    # A quota is of our time; only what is housed may be of any.
    if value[:1] in ("1", "2"):
        with suppress(ValueError):
            return Period.parse(value)
    raise Wrong.because("not-a-period", "must be a half-year like 2021-II")


Municipality = Annotated[
    str,
    Kind(
        _pattern(is_municipality_code, "not-a-municipality-code", "must be a CBS code like GM0344"),
        {"type": "string", "pattern": "^GM[0-9]{4}$"},
    ),
]
Province = Annotated[
    str,
    Kind(
        _pattern(is_province_code, "not-a-province-code", "must be a CBS code like PV26"),
        {"type": "string", "pattern": "^PV[0-9]{2}$"},
    ),
]
VNumber = Annotated[
    str,
    Kind(
        _pattern(is_v_number, "not-a-v-number", "must be ten digits, as a string"),
        {"type": "string", "pattern": "^[0-9]{10}$"},
        personal=True,
    ),
]
Persons = Annotated[int, Kind(_whole(0), {"type": "integer", "minimum": 0, "maximum": MOST_PERSONS})]
SomePersons = Annotated[int, Kind(_whole(1), {"type": "integer", "minimum": 1, "maximum": MOST_PERSONS})]
SignedPersons = Annotated[
    int, Kind(_whole(-MOST_PERSONS), {"type": "integer", "minimum": -MOST_PERSONS, "maximum": MOST_PERSONS})
]
Key = Annotated[str, Kind(parse_key, {"type": "string", "pattern": _NOT_BLANK, "maxLength": _KEY_CHARACTERS})]
FreeText = Annotated[
    str, Kind(parse_text, {"type": "string", "pattern": _NOT_BLANK, "maxLength": MOST_CHARACTERS}, personal=True)
]
Name = Annotated[str, Kind(parse_text, {"type": "string", "pattern": _NOT_BLANK, "maxLength": MOST_CHARACTERS})]
HalfYear = Annotated[
    Period,
    Kind(_parse_period, {"type": "string", "pattern": "^[12][0-9]{3}-(I|II)$"}, write=str, load=Period.parse),
]
_DATE = Kind(parse_day, {"type": "string", "format": "date"}, write=date.isoformat, load=date.fromisoformat)
BirthDay = Annotated[date, replace(_DATE, personal=True)]
_BOOL = Kind(_parse_bool, {"type": "boolean"})


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
        return _DATE
    if annotation is bool:
        return _BOOL
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
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    expected = fields_of(shape)
    for field in expected:
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
    unknown = data.keys() - _names(shape) - beside
    if unknown:
        # The name itself may be what should not have been sent, so only the place is told.
        faults.append(Fault(pointer, "unknown-field", f"{len(unknown)} field(s) that this type does not have"))
    return (None if faults else shape(**values)), faults


@cache
def _names(shape: type) -> frozenset[str]:
    return frozenset(field.json_name for field in fields_of(shape))


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
    return {
        field.json_name: field.kind.write(value) if field.kind.write else value
        for field in fields_of(fact.__class__)
        if (value := getattr(fact, field.name)) is not None and value != ()
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
