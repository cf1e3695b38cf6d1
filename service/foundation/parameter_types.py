"""How values of parameters are spelled: days, instants, half-years, whole numbers; what may pass for one does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from domain.facts.reference import NORM_NAME
from domain.field_types import InvalidValue, parse_day, parse_period
from domain.norm_sets import MOST_DAYS, NORM_SET, parse_norm_set
from service.foundation.time import parse_instant

#: The last position that a JSON number holds exactly.
LAST = 2**53
#: A number from 0 to 1, with at most four decimals.
SHARE = r"^(0(\.[0-9]{1,4})?|1(\.0{1,4})?)$"
_DIGITS = re.compile(r"-?[0-9]+", re.ASCII)


def _as_a_day(value: Any) -> Any:
    """Only `2021-03-10`: instants and numbers, which would pass for a date as well, are refused."""
    if isinstance(value, str):
        try:
            return parse_day(value)
        except InvalidValue:
            raise PydanticKnownError("date_parsing", {"error": "not a day"}) from None
    return value


def _as_an_instant(value: Any) -> Any:
    """Only RFC 3339, with its offset."""
    if isinstance(value, str) and (value := parse_instant(value)) is None:
        raise PydanticKnownError("datetime_parsing", {"error": "not an instant"})
    return value


def _as_a_half_year(value: str) -> str:
    try:
        parse_period(value)
    except InvalidValue:
        raise PydanticCustomError("not-a-period", "not a half-year") from None
    return value


def _in_digits(value: Any) -> Any:
    """Only digits: `1_0`, `+1` and ` 1` would pass as well."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticKnownError("int_parsing")
    return value


def days_listed(least: int, most: int) -> Callable[[str], str]:
    """Of a text that it lists so many days, with commas between them."""

    def check(text: str) -> str:
        days = text.split(",")
        for day in days:
            _as_a_day(day)
        if not least <= len(days) <= most:
            raise PydanticCustomError("number-of-days", "lists too few or too many days")
        return text

    return check


def _as_a_norm_name(value: str) -> str:
    """Only what can be the name of a norm set: which there are is known once the question is opened."""
    if not re.fullmatch(NORM_NAME, value, re.ASCII):
        raise PydanticKnownError("literal_error", {"expected": "the name of a norm set"})
    return value


def _as_a_norm_set(value: str) -> str:
    try:
        parse_norm_set(value)
    except ValueError:
        raise PydanticKnownError("less_than_equal", {"le": MOST_DAYS}) from None
    return value


class OneOf:
    """Of a text that it is one of some words: those of a `Literal` that can't be written, because they are data."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [str(word) for word in words]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(self._words)


#: For whole numbers; bounds stand before it, so that the document tells them.
IN_DIGITS = BeforeValidator(_in_digits)

Day = Annotated[date, BeforeValidator(_as_a_day)]
Instant = Annotated[datetime, BeforeValidator(_as_an_instant)]
NormName = Annotated[str, AfterValidator(_as_a_norm_name)]
#: A norm set of its own: the days of linking, housing, departure and the total, and from where that is counted.
NormSetText = Annotated[str, Field(pattern=NORM_SET), AfterValidator(_as_a_norm_set)]
HalfYear = Annotated[str, AfterValidator(_as_a_half_year)]
#: From before the first event on.
Position = Annotated[int, Field(ge=0, le=LAST), IN_DIGITS]
#: A number that counts from 1: of an event, a rejection, or how large the log is.
Ordinal = Annotated[int, Field(ge=1, le=LAST), IN_DIGITS]
