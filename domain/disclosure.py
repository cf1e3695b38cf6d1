"""Small numbers: how a figure is written for who may not read of single persons, each number by itself.

Counts go to the nearest multiple of 5, so that 0 to 2 persons are none and 3 to 7 are five. Days go to multiples of 5
and shares to multiples of 0.05, half away from zero, and to nothing where the persons behind them are none. Rounding
looks at one number alone: no answer depends on another one, and rounded parts need not add up to the rounded sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from domain.rounding import rounded

STEP = 5
_TWENTIETHS = 20
_SHARE_DECIMALS = 4
_SHARES = [rounded(Fraction(n, _TWENTIETHS), _SHARE_DECIMALS) for n in range(_TWENTIETHS + 1)]
#: How many values each part must leave open beside an exact total, at the least.
_LEFT_OPEN = 3


def count(persons: int) -> int:
    """A number of persons, to the nearest multiple of 5."""
    return (persons + STEP // 2) // STEP * STEP if persons >= 0 else -count(-persons)


def days(value: Fraction | None, persons: int) -> int | None:
    """A mean, median or percentile of days, to multiples of 5; None where the rounded number of persons is none."""
    if value is None or persons <= STEP // 2:
        return None
    below = value.denominator * STEP
    return (2 * value.numerator + below) // (2 * below) * STEP


def share(value: Fraction | None, persons: int) -> Decimal | int | None:
    """A share, to multiples of 0.05; None where the rounded number of persons is none."""
    if value is None or persons <= STEP // 2:
        return None
    return _SHARES[(2 * value.numerator * _TWENTIETHS + value.denominator) // (2 * value.denominator)]


class Writing(NamedTuple):
    """How the numbers of a cell are written: a count, the days and a share of so many persons."""

    count: Callable[[int], int]
    days: Callable[[Fraction | None, int], Decimal | int | None]
    share: Callable[[Fraction | None, int], Decimal | int | None]


EXACT = Writing(
    lambda persons: persons,
    lambda value, _: rounded(value),
    lambda value, _: rounded(value, _SHARE_DECIMALS),
)
ROUNDED = Writing(count, days, share)


def parts(exact: Mapping[str, int], kinds: int) -> dict[str, int]:
    """The parts of a total that is told exactly, each rounded; those that round to none are left out.

    `kinds` is how many parts there can be. Where the total and the rounded parts together would leave a part fewer
    than three values, none is told: of 6 in all, 5 in one way and 5 in another can only be 3 and 3.
    """
    told = {kind: rounded_to for kind, persons in exact.items() if (rounded_to := count(persons))}
    if min(exact.values(), default=0) < 0:
        # A return from a housing of an earlier half-year: which parts may be negative nobody can tell.
        return told
    total, beside = sum(exact.values()), STEP // 2
    least = sum(told.values()) - len(told) * beside
    most = sum(told.values()) + kinds * beside
    return told if min(total - least, most - total) >= _LEFT_OPEN - 1 else {}
