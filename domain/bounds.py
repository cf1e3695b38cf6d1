"""Which events bound the phases of a journey as it stands: those that made the milestones a phase is measured between.

A bound is named with the event of its milestone, also where another day took its place: a permit later than the link,
a housing before the home was ready; that other event is then named too.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.facts import Recorded
from domain.journey import Journey, evolve
from domain.norms import NormSet, PhaseName, link_and_home, phases
from domain.places import Places


def bounds(speaking: Sequence[Recorded], places: Places, norm: NormSet) -> dict[PhaseName, tuple[Recorded, ...]]:
    """The events that bound each phase after an effective history, in its order; none where a phase has no start.

    Of linking also those that bound its earlier stretches: every link that ended, and what ended it.
    """
    permit: list[Recorded] = []
    links: list[Recorded] = []
    ends: list[Recorded] = []  # by place those of `links`: a link ends before the next begins
    homes: list[Recorded] = []
    housings: list[Recorded] = []
    journey = Journey()
    for event in speaking:
        before, journey = journey, evolve(journey, event, places)
        permit += [event] * (journey.permit is not before.permit)
        links += [event] * (len(journey.links) - len(before.links))
        ends += [event] * (_ended(journey) - _ended(before))
        homes += [event] * (len(journey.homes) - len(before.homes))
        housings += [event] * (journey.housing is not None and before.housing is None)

    link, home = link_and_home(journey, places)
    link_began = links[-1:] if link else []
    home_ready = [homes[journey.homes.index(home)]] if home else []
    housed = housings[-1:] if journey.housing else []
    housing_began = [*link_began, *(one for one in permit if link and one.effective_on > link.on)]
    home_or_housed = [*home_ready, *(one for one in housed if home and one.effective_on < home.on)]
    between: dict[PhaseName, list[Recorded]] = {
        "linking": [*permit, *links, *ends[: len(links) - len(link_began)]],
        "housing": [*housing_began, *home_or_housed],
        "departure": [*home_or_housed, *housed],
        "total": [*(permit if norm.total_starts == "permit" else housing_began), *housed],
    }
    every = phases(journey, places)
    return {
        name: tuple(event for event in speaking if event in some) if every.get(name, norm).started_on else ()
        for name, some in between.items()
    }


def closing(speaking: Sequence[Recorded], places: Places) -> tuple[Recorded, ...]:
    """The events that closed a journey without housing: what ended it, and the return that undid the housing since."""
    ended: list[Recorded] = []
    journey = Journey()
    for event in speaking:
        before, journey = journey, evolve(journey, event, places)
        if journey.ending is None:
            ended = []
        elif journey.ending is not before.ending:
            ended.append(event)
    return tuple(ended) if journey.closing else ()


def _ended(journey: Journey) -> int:
    return len(journey.links) - (journey.standing_link is not None)
