"""Readings of the norm of 2, 10 and 2 weeks: norm sets as data with a name, a source and a validity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

PhaseName = Literal["linking", "housing", "departure", "total"]
PHASE_NAMES: tuple[PhaseName, ...] = get_args(PhaseName)

#: The boundary from which a norm set counts the total.
TotalStarts = Literal["permit", "link"]

#: More days than any phase may be given; catches a slip of the keyboard.
MOST_DAYS: Final = 3_650


@dataclass(frozen=True, slots=True, kw_only=True)
class NormSet:
    """A reading of the norm, in days; `total_starts` says from which boundary the total is counted.

    The total is a norm of its own, and may be another than the phases together. `valid_from` is told and not reckoned
    with: any set may be asked of any time; None where nobody put the set into use.
    """

    name: str
    linking: int
    housing: int
    departure: int
    total: int
    total_starts: TotalStarts
    source: str
    valid_from: date | None

    def norm(self, phase: PhaseName) -> int:
        """Days within which the phase must end; the day a deadline falls on is in time."""
        days: int = getattr(self, phase)
        return days


#: The source documents contradict each other, so there is more than one and every answer names its own. The ministry
#: may publish others.
NORM_SETS: dict[str, NormSet] = {
    norm.name: norm
    for norm in (
        NormSet(
            name="permit-14",
            linking=14,
            housing=70,
            departure=14,
            total=98,
            total_starts="permit",
            source="Agreement of 2012 as told in the letter of 3 November 2020: 2, 10 and 2 weeks; "
            "handreiking 2021, 4.3.1",
            valid_from=date(2012, 1, 1),
        ),
        NormSet(
            name="link-14",
            linking=14,
            housing=70,
            departure=14,
            total=98,
            total_starts="link",
            source="Handreiking of February 2021, 4.1: within 14 weeks of the link",
            valid_from=date(2021, 2, 12),
        ),
        NormSet(
            name="link-12",
            linking=14,
            housing=70,
            departure=14,
            total=84,
            total_starts="link",
            source="COA to municipalities: 12 weeks from the link (10 and 2)",
            valid_from=date(2012, 1, 1),
        ),
    )
}
DEFAULT_NORM = "permit-14"


#: A norm set as it is given with a question: the days of linking, housing, departure and in all, and where they start.
NORM_SET: Final = r"^(0|[1-9][0-9]{0,3})(,(0|[1-9][0-9]{0,3})){3},(permit|link)$"


def parse_norm_set(text: str) -> NormSet:
    """The norm set that is written so, like `14,70,14,98,permit`; ValueError on anything else."""
    if not re.fullmatch(NORM_SET, text, re.ASCII):
        raise ValueError("takes four numbers of days and permit or link")
    *days, starts = text.split(",")
    linking, housing, departure, total = map(int, days)
    if max(linking, housing, departure, total) > MOST_DAYS:
        raise ValueError(f"takes at most {MOST_DAYS} days")
    return NormSet(
        name=text,
        linking=linking,
        housing=housing,
        departure=departure,
        total=total,
        total_starts="permit" if starts == "permit" else "link",
        source="Given with the question",
        valid_from=None,
    )
