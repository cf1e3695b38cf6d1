"""Chance and the calendar of offices: durations, working days, and when something is recorded.

Only uniform draws and exact arithmetic, so that a seed gives the same bytes on every machine. An instant is a whole
number here: seconds on the clock in Amsterdam, counted from a day before all days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from math import sqrt
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

Choice = TypeVar("Choice")

A_DAY = 86_400
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_OPENS, _OFFICE_SECONDS = 8 * 3600 + 1800, 8 * 3600  # half past eight to half past four; members follow by the second

#: Days between the event and its recording, cumulative: mostly at once; the rest comes late, by weeks.
_PROMPT = ((0.55, 0), (0.80, 1), (0.90, 2), (0.965, 3))
_LATE, _LATE_SPREAD = 7, 50


def days(rng: Random, low: int, mode: int, high: int) -> int:
    """A number of days, triangular; its mean is that of the three."""
    drawn, turn = rng.random(), (mode - low) / (high - low)
    if drawn < turn:
        return low + round(sqrt(drawn * (high - low) * (mode - low)))
    return high - round(sqrt((1 - drawn) * (high - low) * (high - mode)))


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: Random, cumulative: Sequence[tuple[float, Choice]]) -> Choice:
    """One of the choices; each stands with the sum of the chances up to and including its own."""
    drawn = rng.random()
    for bound, choice in cumulative:
        if drawn < bound:
            return choice
    return cumulative[-1][1]


def working_day_from(day: date) -> date:
    """The day, or the Monday after when it falls in a weekend."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def working_day_until(day: date) -> date:
    """The day, or the Friday before when it falls in a weekend."""
    return day - timedelta(days=(0, 0, 0, 0, 0, 1, 2)[day.weekday()])


def recorded(rng: Random, on: date) -> int:
    """The instant at which an office records what held on a day: office hours, that day or later."""
    drawn = rng.random()
    delay = next((days for bound, days in _PROMPT if drawn < bound), None)
    if delay is None:
        delay = _LATE + int(rng.random() * _LATE_SPREAD)
    day = working_day_from(on + timedelta(days=delay))
    return day.toordinal() * A_DAY + _OPENS + int(rng.random() * _OFFICE_SECONDS)


def day_of(at: int) -> date:
    """The calendar day of an instant."""
    return date.fromordinal(at // A_DAY)


def start_of(day: date) -> int:
    """The instant at which a day begins."""
    return day.toordinal() * A_DAY


@cache
def _written_day(ordinal: int) -> tuple[str, str]:
    day = date.fromordinal(ordinal)
    hours = int(datetime(day.year, day.month, day.day, 12, tzinfo=_AMSTERDAM).strftime("%z")[:3])
    return f"{day}T", f"{hours:+03d}:00"


def written(at: int) -> str:
    """The instant as RFC 3339 has it, with the offset of Amsterdam; office hours never meet the change of the clock."""
    day, offset = _written_day(at // A_DAY)
    minutes, seconds = divmod(at % A_DAY, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{day}{hours:02d}:{minutes:02d}:{seconds:02d}{offset}"
