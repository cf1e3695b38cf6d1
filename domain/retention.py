"""How long what is known is kept: a class for every type of event, and the day on which a journey is to be destroyed.

The terms are a reading that an archivist of each organisation has still to confirm: no category of a selection list was
established for this chain. A journey is kept or destroyed as a whole, for its events say nothing alone.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from domain.effective import effective_events
from domain.facts import (
    AREA_FACTS,
    FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    Recorded,
)
from domain.journey import Journey, fold
from domain.places import Places

Action = Literal["destroy", "keep", "with-its-stream"]


class RetentionClass(NamedTuple):
    """What is kept how long: `years` after what triggers it; None where there is no end."""

    name: str
    trigger: str
    years: int | None
    action: Action
    #: The category of the selection list; None until one is established.
    category: str | None = None


HOUSED = RetentionClass("journey-housed", "housed, and the integration plan established", 10, "destroy")
CLOSED = RetentionClass("journey-closed", "closed without housing", 5, "destroy")
JOURNEY = RetentionClass("journey", "as the journey it is of: housed or closed", None, "with-its-stream")
FIGURES = RetentionClass("figures", "none: quotas are no personal data, and account for what was asked", None, "keep")
AREA = RetentionClass("area", "none: numbers and decisions are no personal data, and account for them", None, "keep")
REFERENCE = RetentionClass("reference", "none: what municipalities there were", None, "keep")
ANY_STREAM = RetentionClass("of-any-stream", "as the stream it is of", None, "with-its-stream")
REFUSED = RetentionClass("refused", "received", 1, "destroy")

CLASSES = (HOUSED, CLOSED, JOURNEY, FIGURES, AREA, REFERENCE, ANY_STREAM, REFUSED)

_OF_TYPES: dict[type, RetentionClass] = {
    **dict.fromkeys(JOURNEY_FACTS, JOURNEY),
    **dict.fromkeys(PERIOD_FACTS, FIGURES),
    **dict.fromkeys(AREA_FACTS, AREA),
    **dict.fromkeys(REFERENCE_FACTS, REFERENCE),
}
#: Types that may stand in any stream.
_ANYWHERE = frozenset({"event-withdrawn.v1", "fact-doubted.v1", "doubt-answered.v1"})


def class_of(topic: str) -> RetentionClass:
    """How long events of this type are kept; KeyError for a type that nobody thought about."""
    return ANY_STREAM if topic in _ANYWHERE else _OF_TYPES[FACTS[topic]]


class Due(NamedTuple):
    """A journey that is, or is to be, destroyed by retention: of which class, and from which day on."""

    of: RetentionClass
    on: date


def due(known: list[Recorded], today: date, places: Places) -> Due | None:
    """When a journey is to be destroyed, as it stands today; None for as long as it goes on."""
    history = (event for event in effective_events(known).events if event.effective_on <= today)
    return due_of(fold(history, places))


def due_of(journey: Journey) -> Due | None:
    """When a journey in this state is to be destroyed."""
    if journey.housing is not None:
        plan = journey.integration.plan_on
        if plan is None:
            return None
        # Whoever moved on to a lasting home is still on the way until then.
        ended = max(journey.housing.on, plan, journey.permanent_home_on or plan)
        return Due(HOUSED, years_after(ended, HOUSED.years or 0))
    if journey.closing is not None:
        return Due(CLOSED, years_after(journey.closing.on, CLOSED.years or 0))
    return None


def years_after(day: date, years: int) -> date:
    """The same day some years later; the 29th of February becomes the 1st of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """The last day that lies so many years back, counted as `years_after` counts."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)
