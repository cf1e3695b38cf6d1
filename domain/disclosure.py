"""Small numbers: how a figure is written for who may not read of single persons, each number by itself.

Counts go to the nearest multiple of 5, so that 0 to 2 persons are none and 3 to 7 are five. Days go to multiples of 5
and shares to multiples of 0.05, half away from zero, and to nothing where the persons behind them are none. Rounding
looks at one number alone: no answer depends on another one, and rounded parts need not add up to the rounded sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from domain.months import last_of_month
from domain.rounding import SHARE_DECIMALS, Exact, rounded

STEP = 5
_TWENTIETHS = 20
#: How many values each of several ways must leave open beside the exact total, at the least.
_LEFT_OPEN = 3


def round_count(persons: int) -> int:
    """A number of persons, to the nearest multiple of 5."""
    return (persons + STEP // 2) // STEP * STEP


def round_part(persons: int, known: int) -> int:
    """Some of a number of persons that everybody knows exactly: rounded, and no more than can be there.

    Of six "about five" are three or more; of four it would be three or four, and so none are told there.
    """
    return min(round_count(persons), known // STEP * STEP)


def round_days(value: Exact | int | None, persons: int) -> int | None:
    """A mean, median or percentile of days, to multiples of 5; None where the rounded number of persons is none."""
    if value is None or round_count(persons) == 0:
        return None
    return _nearest(value.numerator, value.denominator * STEP) * STEP


def round_day(day: date, persons: int) -> date | None:
    """The day of a single person, to the last of its month; None where the rounded number of persons is none."""
    return last_of_month(day) if round_count(persons) else None


def round_share(value: Exact | int | None, persons: int) -> Decimal | int | None:
    """A share, to multiples of 0.05; None where the rounded number of persons is none."""
    if value is None or round_count(persons) == 0:
        return None
    return rounded(Fraction(_nearest(value.numerator * _TWENTIETHS, value.denominator), _TWENTIETHS), SHARE_DECIMALS)


def share_of_rounded(value: Exact | int | None, persons: int) -> Decimal | int | None:
    """A share as the two numbers have it that are told of it: of exact ones it would say how many those are. `value` is
    some of them, of all.
    """
    if value is None or round_count(persons) == 0:
        return None
    known = round_count(persons)
    return round_share(Fraction(round_part(value.numerator, value.denominator), known), known)


def round_sum_of_days(days: int | None, persons: int, told: int) -> int | None:
    """The days of several persons together, as those who are `told` would have of a rounded mean; None where these are
    none.

    Of the sum itself, rounded, one person more would show their own days.
    """
    mean = None if days is None or not told else round_days(Fraction(days, persons), persons)
    return None if mean is None else mean * told


def _nearest(numerator: int, denominator: int) -> int:
    """The nearest whole number, half away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


class RoundingRule(NamedTuple):
    """How the numbers of a cell are written: the rule as answers name it, a count, and days and a share of persons."""

    rule: str
    count: Callable[[int], int]
    days: Callable[[Exact | int | None, int], Decimal | int | None]
    share: Callable[[Exact | int | None, int], Decimal | int | None]


EXACT = RoundingRule(
    "exact",
    lambda persons: persons,
    lambda value, _: rounded(value),
    lambda value, _: rounded(value, SHARE_DECIMALS),
)
ROUNDED = RoundingRule(f"rounded-to-{STEP}", round_count, round_days, round_share)


def round_by_kind(exact: Mapping[str, int]) -> dict[str, int]:
    """How a total that is given exactly came about in each of several ways, rounded; those that round to none left out.

    Ways in which nobody was counted are given too: they leave values open. Where the total and the rounded numbers
    together would leave one fewer than three values, none is given: of 6 in all, 5 in one way and 5 in another can only
    be 3 and 3.
    """
    shown = {kind: rounded_to for kind, persons in exact.items() if (rounded_to := round_count(persons))}
    if any(persons < 0 for persons in exact.values()):
        # A return from a housing of an earlier half-year: which numbers may be negative nobody can tell.
        return shown
    total, beside = sum(exact.values()), STEP // 2
    least = sum(shown.values()) - len(shown) * beside
    most = sum(shown.values()) + len(exact) * beside
    return shown if min(total - least, most - total) >= _LEFT_OPEN - 1 else {}


def rounded_from(told: int) -> range:
    """The numbers of persons that are told as this one."""
    return range(max(0, told - STEP // 2), told + STEP // 2 + 1)


def fit_parts(total: int, parts: Sequence[int], *, every: bool = True, exact: bool = False) -> list[int]:
    """The rounded parts of a rounded total, so that all together leave each number three values.

    Of about five, about five in one way and about five in another would be six or seven: the last of the largest parts
    is told a step lower then, as if it were the other way round, and the largest a step higher where all parts together
    would hardly come to the total. To leave them out would tell the same. The parts are persons who count once, all
    of the total or, without `every`, some of it. A total that everybody knows exactly (`exact`) takes one step more.
    """
    found, apart = list(parts), 2 if exact else 1
    least, most = (sum(rounded_from(part)[nth] for part in found) for nth in (0, -1))
    while least > max(0, total - apart):
        nth = max(range(len(found)), key=lambda nth: (found[nth], nth))
        found[nth] -= STEP
        least = sum(rounded_from(part)[0] for part in found)
    while every and most < total + apart and total:
        nth = max(range(len(found)), key=lambda nth: (found[nth], -nth))
        found[nth] += STEP
        most = sum(rounded_from(part)[-1] for part in found)
    return found


def numbers_leave_open(told: Sequence[int], possible: Callable[..., bool]) -> bool:
    """Whether rounded numbers that belong together leave each of them three values, of all that are possible."""
    found = [numbers for numbers in product(*map(rounded_from, told)) if possible(*numbers)]
    return bool(found) and all(len(set(values)) >= _LEFT_OPEN for values in zip(*found, strict=True))
