"""Setting leads off against reception places that a province is to open (verevening), in four ways.

A lead is how far the municipalities of a province are ahead together on a day: less than nought where they are behind.
It is a stock that is carried on, so that to sum it over days may count one person several times; which of the four was
meant is not settled, and all are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

Way = Literal["Sum", "Signed", "Last", "Built"]
WAYS: tuple[Way, ...] = get_args(Way)


class Offset(NamedTuple):
    """What the leads come to in one way: how often each of them counts, in their order, and their sum."""

    counts: tuple[int, ...]
    persons: int


def offsets(leads: Sequence[int]) -> Mapping[Way, Offset] | None:
    """What leads, in order of their days, come to; None without any.

    `Sum`: those above 0. `Signed`: all. `Last`: the last one, 0 where below. `Built`: each rise, from 0, of the leads
    with those below 0 taken as 0.
    """
    if not leads:
        return None
    ahead = [int(lead > 0) for lead in leads]
    last = [0] * (len(leads) - 1) + [ahead[-1]]
    built = [0] * len(leads)
    before = 0
    for nth, lead in enumerate(leads):
        now = max(lead, 0)
        if now > before:
            built[nth] += ahead[nth]
            if nth:
                built[nth - 1] -= ahead[nth - 1]
        before = now
    counts: dict[Way, list[int]] = {"Sum": ahead, "Signed": [1] * len(leads), "Last": last, "Built": built}
    return {
        way: Offset(tuple(some), sum(count * lead for count, lead in zip(some, leads, strict=True)))
        for way, some in counts.items()
    }


def remainder(goal: int, opened: int, offset: int) -> int:
    """The places still to open: what was not opened of the goal, less the offset; never below 0 nor more than that."""
    left = max(0, goal - opened)
    return min(max(goal - opened - offset, 0), left)
