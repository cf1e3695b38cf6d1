"""Which household fits which home: sizes of households, and the bedrooms that go with them."""

from __future__ import annotations

from typing import Literal, get_args

HouseholdSize = Literal["1", "2", "3-5", "6+"]
SIZES: tuple[HouseholdSize, ...] = get_args(HouseholdSize)
#: The fewest persons of each size, and the fewest bedrooms of a home for it.
LEAST_PERSONS: tuple[int, ...] = (1, 2, 3, 6)
LEAST_BEDROOMS: tuple[int, ...] = (0, 2, 3, 5)


#: How many persons share a bedroom: for an odd one there is one more.
PERSONS_A_BEDROOM = 2


def size_of_home(bedrooms: int) -> HouseholdSize:
    """The size of household for which a home with so many bedrooms is."""
    return SIZES[sum(bedrooms >= least for least in LEAST_BEDROOMS[1:])]
