"""How old a child is: full years from the first day of the birth month, in the bands that homes are sought by.

Only the year and month of a birth are known outside its sealed event; of a year alone July stands for it.
"""

from __future__ import annotations

from datetime import date

from domain.field_types import AGES_OF_CHILDREN

#: The bands below 18.
CHILDREN = AGES_OF_CHILDREN
#: From which age on somebody is too old for each of them.
CHILDREN_BELOW: tuple[int, ...] = (4, 12, 16, 18)


def born_by(years: int, on: date) -> date:
    """The last day of birth, the first of a month, of who has an age on a day: born later is younger."""
    return date(on.year - years, on.month, 1) if on.year > years else date.min
