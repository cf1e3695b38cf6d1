"""The types of field that facts are made of: each parses a posted JSON value, or says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, NamedTuple

from domain.identifiers import (
    holds_personal_number,
    is_municipality_code,
    is_one_of_the_provinces,
    is_province_code,
    is_region_code,
    is_v_number,
)
from domain.period import Period

MAX_CHARACTERS = 2_000  # free text; keys are shorter
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"^[12][0-9]{3}-(0[1-9]|1[0-2])$", re.ASCII)
_PARTIAL_DATES = "like 1988-05-17, 1988-05 or 1988"
_KEY_CHARACTERS = 256
MAX_PERSONS = 100_000_000  # more than the country has; catches a slip of the keyboard
_NOT_BLANK = r"\S"
#: All that `parse_partial_date` takes: `1988-05-17`, `1988-05` and `1988`, with the days that a month has.
PARTIAL_DATE_PATTERN = (
    "^(?!0000)("
    "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?"
    "|[0-9]{4}-(0[13-9]|1[0-2])-(29|30)"
    "|[0-9]{4}-(0[13578]|1[02])-31"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
    ")$"
)
_PARTIAL_DATE = re.compile(PARTIAL_DATE_PATTERN, re.ASCII)
_LENGTH_OF_A_DAY = 10


class Fault(NamedTuple):
    """One thing that is wrong: where (JSON pointer), what (a stable code), why (for people); never the value itself."""

    pointer: str
    code: str
    detail: str


class InvalidValue(Exception):
    """A JSON value does not fit its field: the faults, with pointers below that field."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults

    @classmethod
    def because(cls, code: str, detail: str) -> InvalidValue:
        return cls(Fault("", code, detail))


@dataclass(frozen=True, slots=True, eq=False)
class FieldType:
    """A type of field: how a posted JSON value is parsed (raises `InvalidValue`), its JSON Schema, whether it is
    personal, and how its value is written to and loaded from the log (None: as it is)."""

    parse: Callable[[Any], Any]
    schema: Mapping[str, Any]
    personal: bool = False
    write: Callable[[Any], Any] | None = None
    load: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """What a value must fulfil beyond its type: the faults of a parsed value, and what JSON Schema can say of it."""

    check: Callable[[Any], list[Fault]]
    schema: Mapping[str, Any]


def parse_day(value: Any) -> date:
    """A calendar day, `2021-03-10`; never an instant, never another ISO form."""
    if not isinstance(value, str):
        raise InvalidValue.because("wrong-type", "must be a date written as a string, like 2021-03-10")
    if not _DAY.fullmatch(value):
        raise InvalidValue.because("not-a-date", "must be a date like 2021-03-10")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidValue.because("not-a-date", "is not a day of the calendar") from None


class PartialDate(NamedTuple):
    """A date of which the day is not known, nor perhaps the month."""

    year: int
    month: int | None = None

    def __str__(self) -> str:
        return f"{self.year:04}" if self.month is None else f"{self.year:04}-{self.month:02}"


def year_and_month(day: date | PartialDate) -> PartialDate:
    """A date without its day."""
    return PartialDate(day.year, day.month)


def parse_partial_date(text: str) -> date | PartialDate:
    """The date that is written so; ValueError on anything else."""
    if not _PARTIAL_DATE.fullmatch(text):
        raise ValueError("no day, month or year")
    if len(text) == _LENGTH_OF_A_DAY:
        return date.fromisoformat(text)
    return PartialDate(*map(int, text.split("-")))


def _partial_date(value: Any) -> date | PartialDate:
    if not isinstance(value, str):
        raise InvalidValue.because("wrong-type", f"must be a date written as a string, {_PARTIAL_DATES}")
    try:
        return parse_partial_date(value)
    except ValueError:
        raise InvalidValue.because("not-a-date", f"must be a date as far as it is known, {_PARTIAL_DATES}") from None


def parse_text(value: Any, most: int = MAX_CHARACTERS) -> str:
    """A string that is not empty and not longer than `most` characters."""
    if not isinstance(value, str):
        raise InvalidValue.because("wrong-type", "must be a string")
    if not value.strip():
        raise InvalidValue.because("empty", "must not be empty")
    if len(value) > most:
        raise InvalidValue.because("too-long", f"must be at most {most} characters")
    return value


def _parse_name(value: Any) -> str:
    return parse_text(value).strip()


def parse_key(value: Any) -> str:
    """A key, without white space around it; it will stand in the open, so it may not be a person's number."""
    text = parse_text(value, _KEY_CHARACTERS).strip()
    if holds_personal_number(text):
        raise InvalidValue.because("personal-number", "must not hold a V-number, BSN or IBAN")
    return text


def _pattern(test: Callable[[str], bool], code: str, detail: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValue.because("wrong-type", "must be a string")
        if not test(value):
            raise InvalidValue.because(code, detail)
        return value

    return parse


def _whole(least: int, most: int = MAX_PERSONS) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)  # JSON makes no difference between `3.0` and `3`
        if type(value) is not int:
            raise InvalidValue.because("wrong-type", "must be a whole number")
        if not least <= value <= most:
            raise InvalidValue.because("out-of-range", f"must be from {least} to {most}")
        return value

    return parse


def _by_name(names: tuple[str, ...], parse_number: Callable[[Any], int]) -> Callable[[Any], dict[str, int]]:
    def parse(value: Any) -> dict[str, int]:
        if not isinstance(value, dict):
            raise InvalidValue.because("wrong-type", "must be an object")
        parsed, faults = {}, []
        for name in names:
            if (number := value.get(name)) is not None:
                try:
                    parsed[name] = parse_number(number)
                except InvalidValue as wrong:
                    faults += [Fault(f"/{name}{within}", code, detail) for within, code, detail in wrong.faults]
        if not value.keys() <= set(names):
            faults.append(Fault("", "unknown-field", "must have no other names than " + ", ".join(names)))
        if faults:
            raise InvalidValue(*faults)
        return parsed

    return parse


def _parse_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise InvalidValue.because("wrong-type", "must be true or false")
    return value


def parse_period(value: Any) -> Period:
    """A half-year that a quota can be of."""
    if not isinstance(value, str):
        raise InvalidValue.because("wrong-type", "must be a string")
    # A quota is of our time; only what is housed may be of any.
    if value[:1] in ("1", "2"):
        with suppress(ValueError):
            return Period.parse(value)
    raise InvalidValue.because("not-a-period", "must be a half-year like 2021-II")


Municipality = Annotated[
    str,
    FieldType(
        _pattern(is_municipality_code, "not-a-municipality-code", "must be a CBS code like GM0344"),
        {"type": "string", "pattern": "^GM[0-9]{4}$"},
    ),
]
Province = Annotated[
    str,
    FieldType(
        _pattern(is_province_code, "not-a-province-code", "must be a CBS code like PV26"),
        {"type": "string", "pattern": "^PV[0-9]{2}$"},
    ),
]
#: One of the provinces that there are.
TwelveProvinces = Annotated[
    str,
    FieldType(
        _pattern(is_one_of_the_provinces, "not-a-province-code", "must be the CBS code of a province, like PV26"),
        {"type": "string", "pattern": "^PV(2[0-9]|3[01])$"},
    ),
]
#: Whose figure it is: the country, a province or a municipality (which exist is asked of `domain.places`).
Region = Annotated[
    str,
    FieldType(
        _pattern(is_region_code, "not-a-region", "must be NL or a CBS code like PV26 or GM0344"),
        {"type": "string", "pattern": "^(NL|PV(2[0-9]|3[01])|GM[0-9]{4})$"},
    ),
]
Month = Annotated[
    str,
    FieldType(
        _pattern(lambda text: _MONTH.fullmatch(text) is not None, "not-a-month", "must be a month like 2021-10"),
        {"type": "string", "pattern": _MONTH.pattern},
    ),
]
V_NUMBER = FieldType(
    _pattern(is_v_number, "not-a-v-number", "must be ten digits, as a string"),
    {"type": "string", "pattern": "^[0-9]{10}$"},
    personal=True,
)
VNumber = Annotated[str, V_NUMBER]
Persons = Annotated[int, FieldType(_whole(0), {"type": "integer", "minimum": 0, "maximum": MAX_PERSONS})]
#: The ages below 18 by which children are counted, in full years.
AGES_OF_CHILDREN = ("0-3", "4-11", "12-15", "16-17")
PersonsByAge = Annotated[
    Mapping[str, int],
    FieldType(
        _by_name(AGES_OF_CHILDREN, _whole(0)),
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {age: {"type": "integer", "minimum": 0, "maximum": MAX_PERSONS} for age in AGES_OF_CHILDREN},
        },
    ),
]
#: Things other than persons that are counted: homes, places, euros.
Number = Annotated[int, FieldType(_whole(0), {"type": "integer", "minimum": 0, "maximum": MAX_PERSONS})]
PositivePersons = Annotated[int, FieldType(_whole(1), {"type": "integer", "minimum": 1, "maximum": MAX_PERSONS})]
SignedPersons = Annotated[
    int, FieldType(_whole(-MAX_PERSONS), {"type": "integer", "minimum": -MAX_PERSONS, "maximum": MAX_PERSONS})
]


def whole_number(least: int, most: int) -> FieldType:
    """Whole numbers from `least` to `most`."""
    return FieldType(_whole(least, most), {"type": "integer", "minimum": least, "maximum": most})


KEY = FieldType(parse_key, {"type": "string", "pattern": _NOT_BLANK, "maxLength": _KEY_CHARACTERS})
Key = Annotated[str, KEY]
FreeText = Annotated[
    str, FieldType(parse_text, {"type": "string", "pattern": _NOT_BLANK, "maxLength": MAX_CHARACTERS}, personal=True)
]
Name = Annotated[str, FieldType(_parse_name, {"type": "string", "pattern": _NOT_BLANK, "maxLength": MAX_CHARACTERS})]
HalfYear = Annotated[
    Period,
    FieldType(parse_period, {"type": "string", "pattern": "^[12][0-9]{3}-(I|II)$"}, write=str, load=Period.parse),
]
DATE = FieldType(parse_day, {"type": "string", "format": "date"}, write=date.isoformat, load=date.fromisoformat)
BirthDate = Annotated[
    date | PartialDate,
    FieldType(
        _partial_date,
        {"type": "string", "pattern": PARTIAL_DATE_PATTERN, "description": f"As far as it is known, {_PARTIAL_DATES}"},
        personal=True,
        write=str,
        load=parse_partial_date,
    ),
]
BOOL = FieldType(_parse_bool, {"type": "boolean"})
