"""The figures of the norm phases, counted over one journey at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from statistics import mean, median

from hypothesis import given
from hypothesis import strategies as st

from domain.effective import effective_events_on
from domain.facts import Recorded
from domain.journey import fold
from domain.norm_sets import NORM_SETS, PHASE_NAMES, NormSet, PhaseName
from domain.norms import PhaseState, phases
from domain.totals import GroupBy
from tests.rules.histories import (
    histories,
)
from tests.views.durations import Summary
from tests.views.logs import PLACES, Log, days_around, examples
from tests.views.phase_figures import NOTHING, FamilyFilter, Group, PhaseFigures, groups

# Counted over, one journey at a time.

_norm_sets = st.sampled_from(list(NORM_SETS.values()))
_families = st.sampled_from(["any", "with", "without"])
_group_bys = st.sampled_from(["country", "province", "municipality"])

#: Where one journey counts, whether it is closed, and by phase its days when completed and when open.
Counted = tuple[str, bool, dict[PhaseName, tuple[int | None, int | None]]]


def recount(
    history: Sequence[Recorded], on: date, window: tuple[date, date], norm: NormSet, family: FamilyFilter, by: GroupBy
) -> Counted | None:
    """What one journey brings to the figures, if anything."""
    held = effective_events_on(history, on)
    if not held:
        return None
    journey = fold(held, PLACES)
    if family != "any" and (journey.family.applied_on is not None) != (family == "with"):
        return None
    code = "NL"
    if by != "country":
        code = "" if journey.municipality is None else PLACES.code_on(journey.municipality, on)
        if not PLACES.known(code):
            return None
        code = code if by == "municipality" else PLACES.province(code)
    counted: dict[PhaseName, tuple[int | None, int | None]] = {}
    for name in PHASE_NAMES:
        phase = phases(journey, PLACES).get(name, norm)
        ended = phase.ended_on if phase.state is PhaseState.COMPLETED else None
        counted[name] = (
            phase.days(ended) if ended is not None and window[0] <= ended <= window[1] else None,
            phase.days(on) if phase.state is PhaseState.OPEN else None,
        )
    return code, journey.closing is not None, counted


def share(ranked: Sequence[int], part: Fraction) -> Fraction:
    """A percentile by weighing the two ranks around it."""
    at = part * (len(ranked) - 1)
    low, weight = at.numerator // at.denominator, at - at.numerator // at.denominator
    return (1 - weight) * ranked[low] + weight * ranked[min(low + 1, len(ranked) - 1)]


def summarised(days: list[int]) -> Summary:
    ranked = [Fraction(one) for one in sorted(days)]
    if not ranked:
        return NOTHING
    return Summary(len(ranked), Fraction(mean(ranked)), Fraction(median(ranked)), share(sorted(days), Fraction(9, 10)))


@examples(25)
@given(
    st.lists(histories(least=3), min_size=3, max_size=10),
    _families,
    _group_bys,
    _norm_sets,
    st.randoms(use_true_random=False),
)
def test_the_figures_are_those_of_the_journeys_counted_one_by_one(
    log: Log, stories: list[list[Recorded]], family: FamilyFilter, by: GroupBy, norm: NormSet, seed: Random
) -> None:
    for story in stories:
        log.commit(log.journey(story))
    log.follow()
    # The figures are about everybody in the database, those of the examples before this one too.
    everyone = log.recorded.values()
    days = days_around(stories)
    for on in seed.choices(days, k=6):
        start = seed.choice(days)
        window = (start, start + timedelta(days=seed.randint(0, 20)))
        counted = [one for history in everyone if (one := recount(history, on, window, norm, family, by)) is not None]
        expected = {code: recounted(code, counted, norm) for code in {code for code, _, _ in counted}}
        assert groups(log, on, window=window, by=by, norm=norm, family=family) == expected


def recounted(code: str, counted: Sequence[Counted], norm: NormSet) -> Group:
    """The figures of one group."""
    mine = [(closed, days) for one, closed, days in counted if one == code]
    figures: dict[PhaseName, PhaseFigures] = {}
    for name in PHASE_NAMES:
        done = [one for _, days in mine if (one := days[name][0]) is not None]
        still = [one for _, days in mine if (one := days[name][1]) is not None]
        within = [one for one in done if one <= norm.norm(name)]
        figures[name] = PhaseFigures(
            summarised(done),
            Fraction(len(within), len(done)) if done else None,
            summarised(still),
            len([one for one in still if one > norm.norm(name)]),
        )
    return Group(code, len([closed for closed, _ in mine if closed]), figures)
