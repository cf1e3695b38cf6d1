"""Middles of numbers, exactly (part 1, section 4, *Aggregates*)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def mean(numbers: Iterable[int]) -> Fraction | None:
    """Their mean; null where there are none."""
    told = list(numbers)
    return Fraction(sum(told), len(told)) if told else None


def median(numbers: Iterable[int]) -> Fraction | None:
    """Their median."""
    return percentile(numbers, Fraction(1, 2))


def p90(numbers: Iterable[int]) -> Fraction | None:
    """What nine of ten do not pass."""
    return percentile(numbers, Fraction(9, 10))


def percentile(numbers: Iterable[int], share: Fraction) -> Fraction | None:
    """Linear between ranks."""
    told = sorted(numbers)
    if not told:
        return None
    rank = share * (len(told) - 1)
    below = rank.__floor__()
    above = min(below + 1, len(told) - 1)
    return told[below] + (rank - below) * (told[above] - told[below])
