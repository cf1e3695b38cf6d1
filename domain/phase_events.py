"""Which events bound the phases of a journey as it stands: those of the milestones between which a phase is measured.

The event of a milestone is given also where another day took its place (a permit later than the link, a housing before
the home was ready); the event of that other day is then given too.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.facts import Recorded
from domain.journey import Journey, evolve
from domain.norm_sets import NormSet, PhaseName
from domain.norms import link_and_home, phases
from domain.places import Places


def phase_events(history: Sequence[Recorded], places: Places, norm: NormSet) -> dict[PhaseName, tuple[Recorded, ...]]:
    """The events that bound each phase after an effective history, in its order; none where a phase has no start.

    Of linking also those that bound its earlier stretches: every link that ended, and what ended it.
    """
    permit: list[Recorded] = []
    links: list[Recorded] = []
    ends: list[Recorded] = []  # in the order of `links`: a link ends before the next begins
    homes: list[Recorded] = []
    housings: list[Recorded] = []
    journey = Journey()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        permit += [event] * (journey.permit is not before.permit)
        links += [event] * (len(journey.links) - len(before.links))
        ends += [event] * (_links_ended(journey) - _links_ended(before))
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
    measured = phases(journey, places)
    return {
        name: tuple(event for event in history if event in some) if measured.get(name, norm).started_on else ()
        for name, some in between.items()
    }


def closing_events(history: Sequence[Recorded], places: Places) -> tuple[Recorded, ...]:
    """The events that closed a journey without housing: what ended it, and the return that undid the housing since."""
    ended: list[Recorded] = []
    journey = Journey()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        if journey.ending is None:
            ended = []
        elif journey.ending is not before.ending:
            ended.append(event)
    return tuple(ended) if journey.closing else ()


def _links_ended(journey: Journey) -> int:
    return len(journey.links) - (journey.current_link is not None)
