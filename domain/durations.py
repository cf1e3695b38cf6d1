"""Exact summaries of durations in days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Summary:
    """Count, mean, median and 90th percentile, in days and exact; None where there is nothing to average."""

    count: int
    mean: Fraction | None
    median: Fraction | None
    p90: Fraction | None


def summary(days: Sequence[int]) -> Summary:
    """The summary of some durations."""
    if not days:
        return Summary(0, None, None, None)
    ranked = sorted(days)
    return Summary(
        len(ranked),
        Fraction(sum(ranked), len(ranked)),
        percentile(ranked, 1, 2),
        percentile(ranked, 9, 10),
    )


def percentile(ranked: Sequence[int], part: int, of: int) -> Fraction:
    """Linear interpolation between ranks, as SQL's `percentile_cont`; `ranked` ascends and is not empty."""
    below, beyond = divmod(part * (len(ranked) - 1), of)
    above = min(below + 1, len(ranked) - 1)
    # One fraction, made at the end: a table of figures has thousands of them, and their arithmetic is slow.
    return Fraction(of * ranked[below] + beyond * (ranked[above] - ranked[below]), of)


def within(ranked: Sequence[int], norm: int) -> int:
    """How many take no longer than a norm; `ranked` ascends."""
    return bisect_right(ranked, norm)
