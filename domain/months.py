"""Months of the calendar: days so many months later, and the months that a stretch of days touches."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, date
from typing import NamedTuple


class DaysOfMonth(NamedTuple):
    """The days of one month that lie in a stretch, the first and the last; the month is written `2021-10`."""

    month: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


def months_later(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or its last day where that is shorter."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_of_month(day: date) -> date:
    """The last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_of(day: date) -> str:
    """The month of a day, as it is written."""
    return f"{day.year:04}-{day.month:02}"


def months_between(first: date, last: date) -> int:
    """How many months have days from the first to the last; 0 where the last comes first."""
    return 0 if last < first else 12 * (last.year - first.year) + last.month - first.month + 1


def months_touched(first: date, last: date) -> Iterator[DaysOfMonth]:
    """The months that have days from the first to the last, in order, each with those days."""
    since = first
    while since <= last:
        until = min(last_of_month(since), last)
        yield DaysOfMonth(month_of(since), since, until)
        if until == date.max:
            return
        since = date.fromordinal(until.toordinal() + 1)
