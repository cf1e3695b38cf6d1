"""How many persons may be linked to a municipality in the two months ahead: plain on purpose, and about no person.

As many a day as of late, no more than there are to link, divided as what municipalities still have to house.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import isqrt
from typing import NamedTuple

from domain.months import month_of, months_later
from domain.period import Period
from domain.rounding import Ratio

#: How far it looks ahead.
MONTHS = 2
#: The days up to the day asked whose links tell how fast it goes.
DAYS_OF_PACE = 91
# Four in five of what is counted so lie within so many times the root of what was expected.
_SPREAD = Fraction(128, 100)


class DaysAhead(NamedTuple):
    """The days that are spoken of, the first and the last."""

    first: date
    last: date

    @classmethod
    def after(cls, day: date) -> DaysAhead:
        """The days after a day up to two months later; none at the end of the calendar."""
        if day == date.max:
            return cls(day, day - timedelta(days=1))
        return cls(day + timedelta(days=1), months_later(day, MONTHS))

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def period(self) -> Period:
        """The half-year that holds most of them, the later of two that hold as many."""
        earlier, later = Period.of(self.first), Period.of(max(self.first, self.last))
        if earlier == later:
            return earlier
        return later if (self.last - later.first).days >= (earlier.last - self.first).days else earlier


def months_ahead(day: date) -> tuple[str, ...]:
    """The two calendar months after that of a day."""
    return tuple(month_of(months_later(day.replace(day=1), ahead)) for ahead in range(1, MONTHS + 1))


class Outlook(NamedTuple):
    """What is known of the country: persons linked in the days of the pace, the days ahead, persons in reception
    without a link, and persons for whom a permit is expected in those days.
    """

    linked_of_late: int
    days: int
    waiting: int
    forecast: Fraction

    @property
    def by_pace(self) -> Fraction:
        """As many a day as of late."""
        return Fraction(self.linked_of_late * self.days, DAYS_OF_PACE)

    @property
    def capped(self) -> bool:
        """Whether there are fewer to link."""
        return self.by_pace > self.waiting + self.forecast

    @property
    def coming(self) -> Fraction:
        """The persons who will be linked."""
        return min(self.by_pace, self.waiting + self.forecast)


def needed(task: int | None, realised: int, linked: int) -> int:
    """Persons whom a municipality still has to house and who are not linked to it yet."""
    return 0 if task is None else max(0, task - realised - linked)


def expected(coming: Fraction, here: int, everywhere: int) -> Fraction:
    """The part of those who come that goes where so many of all are needed; nobody comes where nothing is needed."""
    return coming * here / everywhere if everywhere else Fraction(0)


def bounds(persons: Fraction) -> tuple[Ratio, Ratio]:
    """Between which two numbers, to two decimals, half away from zero: the low one is not below 0."""
    # Both are (a ∓ √b) / c hundredths, of whole numbers: rounded without ever taking a root that is not exact.
    above, below = persons.numerator, persons.denominator
    spread = 100 * _SPREAD
    a = 2 * 100 * above + below
    b = 4 * spread.numerator**2 * above * below
    root = isqrt(b)
    low = (a - root - (root * root < b)) // (2 * below)
    return Ratio(max(0, low), 100), Ratio((a + root) // (2 * below), 100)
