"""How old a child is: full years from the first day of the birth month, in the bands that homes are sought by.

Only the year and month of a birth are known outside its sealed event; of a year alone July stands for it.
"""

from __future__ import annotations

from datetime import date

from domain.field_types import AGES_OF_CHILDREN, PartialDate
from domain.months import months_later

#: The bands below 18.
CHILDREN = AGES_OF_CHILDREN
#: From which age on somebody is too old for each of them.
CHILDREN_BELOW: tuple[int, ...] = (4, 12, 16, 18)

#: From which age on nobody is a minor.
OF_AGE = 18


def first_day(born: PartialDate) -> date:
    """The day from which an age is counted."""
    return date(born.year, born.month or 7, 1)


def day_of_age(years: int, born: date) -> date:
    """The first day on which somebody has an age, by the day from which it is counted."""
    return months_later(born, 12 * years)


def comes_of_age_on(born: PartialDate) -> date | None:
    """The first day of the month in which somebody turns 18; None where only the year of birth is known."""
    return None if born.month is None else day_of_age(OF_AGE, first_day(born))


def younger_from(years: int, on: date) -> date:
    """The first day of birth, the first of a month, of who does not have an age on a day yet: born before, one has it.

    Nobody was born before the calendar begins.
    """
    return months_later(date(on.year - years, on.month, 1), 1) if on.year > years else date.min
