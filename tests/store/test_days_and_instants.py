"""The days and instants of an event: which are taken, and which are none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.foundation.time import beginning_of, end_of, parse_instant, today
from service.intake.validation import ValidationContext
from tests.posts import (
    ABSENT,
    but,
    linked,
)
from tests.store.judged import GIVEN, admitted, faults

# --- days in Amsterdam


@pytest.mark.parametrize(
    ("day", "since", "until"),
    [
        ("2022-01-10", "2022-01-09T23:00:00Z", "2022-01-10T23:00:00Z"),
        ("2022-03-27", "2022-03-26T23:00:00Z", "2022-03-27T22:00:00Z"),
        ("2022-10-30", "2022-10-29T22:00:00Z", "2022-10-30T23:00:00Z"),
        # It begins before there are years, and ends after there are any.
        ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T23:40:00Z"),
        ("9999-12-31", "9999-12-30T23:00:00Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight_in_amsterdam(day: str, since: str, until: str) -> None:
    found = beginning_of(date.fromisoformat(day)), end_of(date.fromisoformat(day))
    # In 1 it was twenty minutes, and some seconds, later there than in Greenwich.
    assert [at.replace(second=0) if at.year == 1 else at for at in found] == [
        datetime.fromisoformat(since),
        datetime.fromisoformat(until),
    ]


# --- dates


def at(now: datetime) -> ValidationContext:
    return GIVEN._replace(today=today(lambda: now))


@pytest.mark.parametrize(
    ("now", "last", "first_too_far"),
    [
        (datetime(2022, 7, 15, 10, 0, tzinfo=UTC), "2023-08-19", "2023-08-20"),
        # In winter the day in Amsterdam begins an hour before the day in UTC, in summer two hours.
        (datetime(2022, 1, 10, 22, 59, tzinfo=UTC), "2023-02-14", "2023-02-15"),
        (datetime(2022, 1, 10, 23, 30, tzinfo=UTC), "2023-02-15", "2023-02-16"),
        (datetime(2022, 7, 15, 21, 59, tzinfo=UTC), "2023-08-19", "2023-08-20"),
        (datetime(2022, 7, 15, 22, 0, tzinfo=UTC), "2023-08-20", "2023-08-21"),
    ],
)
def test_four_hundred_days_ahead_are_counted_in_amsterdam(now: datetime, last: str, first_too_far: str) -> None:
    assert admitted(but(linked(), data__effectiveOn=last), at(now)).effective_on == date.fromisoformat(last)
    too_far = {("/data/effectiveOn", "too-far-ahead")}
    assert faults(but(linked(), data__effectiveOn=first_too_far), at(now)) == too_far


def test_a_day_may_lie_in_the_past_without_limit() -> None:
    assert admitted(but(linked(), data__effectiveOn="0001-01-01")).effective_on == date.min


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2021-02-29", "not-a-date"),
        ("2021-13-01", "not-a-date"),
        ("0000-01-01", "not-a-date"),
        ("2021-4-12", "not-a-date"),
        ("20210412", "not-a-date"),
        ("2021-W15-1", "not-a-date"),
        ("2021-04-12T00:00:00Z", "not-a-date"),
        ("12-04-2021", "not-a-date"),
        ("", "not-a-date"),
        (20210412, "wrong-type"),
        (["2021-04-12"], "wrong-type"),
        (ABSENT, "required"),
        (None, "required"),
    ],
)
def test_effective_on_is_a_calendar_day(day: Any, code: str) -> None:
    assert faults(but(linked(), data__effectiveOn=day)) == {("/data/effectiveOn", code)}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021-04-12T09:30:00Z", datetime(2021, 4, 12, 9, 30, tzinfo=UTC)),
        ("2021-04-12T09:30:00+02:00", datetime(2021, 4, 12, 7, 30, tzinfo=UTC)),
        ("2021-04-12T00:30:00+02:00", datetime(2021, 4, 11, 22, 30, tzinfo=UTC)),
        ("2021-04-12T09:30:00-11:30", datetime(2021, 4, 12, 21, 0, tzinfo=UTC)),
        ("2021-04-12T09:30:00.5Z", datetime(2021, 4, 12, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2021-04-12T09:30:00.123456789Z", datetime(2021, 4, 12, 9, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_time_is_an_instant_at_any_offset(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert admitted(but(linked(), time=text)).sent_at == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021-04-12",
        "2021-04-12T09:30:00",
        "2021-04-12T09:30Z",
        "2021-04-12t09:30:00z",
        "2021-04-12 09:30:00Z",
        "2021-04-12T09:30:00-00:00",
        "2021-W15-1T09:30:00Z",
        "2021-12-31T23:59:60Z",
        "2021-04-12T09:30:00+0200",
        "2021-04-12T09:30:00 Z",
        "2021-04-12T25:30:00Z",
        "2021-02-29T09:30:00Z",
        "2021-04-12T09:30:00+25:00",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "20210412T093000Z",
        "1618212600",
        "2021-04-12T09:30:00,5Z",
        "\N{ARABIC-INDIC DIGIT TWO}021-04-12T09:30:00Z",
        "2021-04-12T09:30:00Z\n",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    assert faults(but(linked(), time=text)) == {("/time", "not-an-instant")}
