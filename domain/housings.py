"""What belongs to a housing: the first move on to a permanent home, and how the permit holder was handed over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from domain.facts.linking import HandoverForm
from domain.milestones import Handover, Housing

HandedOver = Literal[HandoverForm, "none"]


def first_moves(housings: Sequence[Housing], moves: Iterable[date]) -> list[date | None]:
    """The first move to a permanent home of each housing, None where there is none.

    Both are in effective order. A move belongs to the newest housing on or before its day, by days: whichever of the
    two was told first, and also when that housing was undone since. One before any housing belongs to none.
    """
    days = [housing.on for housing in housings]
    found: list[date | None] = [None] * len(housings)
    for move in moves:
        nth = bisect_right(days, move) - 1
        if nth >= 0 and found[nth] is None:
            found[nth] = move
    return found


def handed_over(housing: Housing, handovers: Iterable[Handover]) -> HandedOver:
    """How somebody was handed over from the first day of the link that stood up to the day of the housing.

    To whom and by whom plays no part. Of several a warm one counts; without a link that stood there is none.
    """
    if housing.link is None:
        return "none"
    forms = {one.form for one in handovers if housing.link.on <= one.on <= housing.on}
    return "warm" if "warm" in forms else "written" if "written" in forms else "none"
