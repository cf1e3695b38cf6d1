"""A birth date is taken as far as it is known, kept so, and refused with a hint where it is written otherwise."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from domain.codec import json_schema_of, load_fact, parse_fact, write_fact
from domain.facts import PermitGranted
from domain.field_types import PARTIAL_DATE_PATTERN, PartialDate, parse_partial_date


def permit(born: Any) -> dict[str, Any]:
    return {"ground": "asylum", "birthDate": born}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1988-05-17", date(1988, 5, 17)),
        ("1988-05", PartialDate(1988, 5)),
        ("1988", PartialDate(1988)),
        ("2000-02-29", date(2000, 2, 29)),
        ("0988", PartialDate(988)),
        ("0001-01", PartialDate(1, 1)),
    ],
)
def test_a_birth_date_is_what_is_known_of_it_and_is_kept_as_it_was_sent(
    written: str, meant: date | PartialDate
) -> None:
    fact, faults = parse_fact(PermitGranted, permit(written))

    assert faults == []
    assert fact == PermitGranted("asylum", birth_date=meant)
    assert write_fact(fact) == permit(written)
    assert load_fact(PermitGranted, permit(written)) == fact


@pytest.mark.parametrize(
    "value",
    [
        *("1988-00-00", "1988-05-00", "1988-00", "1988-13", "1988-02-30", "1900-02-29", "1987-02-29", "1988-04-31"),
        *("1988-5", "88", "0000", "0000-05", "198805", "1988-0", "1988-", "1988-05-", "01-01-1988", "1988-xx-xx"),
        *("1988-05-17T00:00:00Z", " 1988", "1988\n", "1988-05 ", "", "onbekend", "１９８８", 1988, 1988.0, ["1988"]),
    ],
)
def test_another_way_of_saying_so_is_refused_with_the_forms_that_are_taken(value: Any) -> None:
    _, (fault,) = parse_fact(PermitGranted, permit(value))

    assert (fault.pointer, fault.code) == ("/data/birthDate", "not-a-date" if isinstance(value, str) else "wrong-type")
    assert "1988-05-17, 1988-05 or 1988" in fault.detail


@drawn(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True) | st.dates().map(date.isoformat))
def test_the_pattern_that_is_published_has_the_days_of_the_calendar_and_no_others(written: str) -> None:
    try:
        day: date | None = date.fromisoformat(written)
    except ValueError:
        day = None

    # Without its formats, as most validators are set: the pattern alone says it.
    schema = Draft202012Validator(json_schema_of(PermitGranted))
    assert schema.is_valid(permit(written)) == (day is not None)
    assert day is None or parse_partial_date(written) == day


def test_every_day_of_four_years_around_a_leap_day_and_a_century_without_one_is_taken() -> None:
    spans = [(date(first, 1, 1), date(first + 4, 1, 1)) for first in (1898, 1998)]
    days = [
        date.fromordinal(day).isoformat()
        for first, after in spans
        for day in range(first.toordinal(), after.toordinal())
    ]

    assert [day for day in days if not re.fullmatch(PARTIAL_DATE_PATTERN, day)] == []
    assert len({day[5:] for day in days}) == 366
