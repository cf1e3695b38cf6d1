"""Exact summaries of durations in days."""

from __future__ import annotations

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
        percentile(ranked, Fraction(1, 2)),
        percentile(ranked, Fraction(9, 10)),
    )


def percentile(ranked: Sequence[int], share: Fraction) -> Fraction:
    """Linear interpolation between ranks, as SQL's `percentile_cont`; `ranked` ascends and is not empty."""
    rank = share * (len(ranked) - 1)
    below = int(rank)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (rank - below) * (ranked[above] - ranked[below])
