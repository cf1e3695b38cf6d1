"""Exact summaries of durations in days, against which the figures are held."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Summary:
    """Count, mean, median and 90th percentile, in days and exact; None where there is nothing to average."""

    count: int
    mean: Fraction | None
    median: Fraction | None
    p90: Fraction | None


def summarise(days: Sequence[int]) -> Summary:
    """The summary of some durations."""
    return summarise_ascending(sorted(days))


def summarise_ascending(ranked: Sequence[int]) -> Summary:
    """The summary of durations that ascend."""
    if not ranked:
        return _NOTHING
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
    return _fraction(of * ranked[below] + beyond * (ranked[above] - ranked[below]), of)


def count_within(ranked: Sequence[int], norm: int) -> int:
    """How many take no longer than a norm; `ranked` ascends."""
    return bisect_right(ranked, norm)


_NOTHING = Summary(0, None, None, None)
# Halves and tenths of days, and parts of few: they come back time and again, and making one costs more than finding it.
_fraction = lru_cache(maxsize=8_192)(Fraction)
