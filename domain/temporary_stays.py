"""Who lives where they cannot stay, since when and until when: in a temporary place, or as a guest with hosts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, get_args

from domain.accommodation import TemporaryAccommodation
from domain.journey import Journey
from domain.milestones import Housing
from domain.months import months_later
from domain.norms import link_and_home
from domain.places import Places

StayKind = Literal[TemporaryAccommodation, "guest"]
STAY_KINDS: tuple[StayKind, ...] = get_args(StayKind)
_TEMPORARY: tuple[TemporaryAccommodation, ...] = get_args(TemporaryAccommodation)
#: How long a stay lasts where nobody said its last day, in months: others have no end.
MONTHS: Mapping[StayKind, int] = {"hotel": 6, "guest": 3}


class TemporaryStay(NamedTuple):
    """A stay at the end of a day; `until` is its last day, None where it has none.

    `municipality` is, as posted, that of the housing, and of a guest where the journey belongs: perhaps none.
    """

    kind: StayKind
    municipality: str | None
    since: date
    until: date | None


def temporary_stay(journey: Journey, places: Places) -> TemporaryStay | None:
    """Where somebody lives temporarily at the end of a day; None where nowhere.

    Who died or left does not, nor who moved on to a lasting home; a permit that ended moves nobody out of a home. Only
    who is in reception is a guest.
    """
    housing = journey.housing
    if housing is not None:
        kind = housing.accommodation
        if kind in _TEMPORARY and journey.departed_on is None and not journey.moved_on:
            until = housing.until or _last_day_of_home(journey, housing, places) or _usual_end(kind, housing.on)
            return TemporaryStay(kind, housing.municipality, housing.on, until)
        return None
    since = journey.guest_since
    if since is None or not journey.in_reception:
        return None
    # A home that is ready for a guest is not where they live: how long it is there says nothing of the stay.
    until = (journey.guest_stay and journey.guest_stay.until) or _usual_end("guest", since)
    return TemporaryStay("guest", journey.municipality, since, until)


def _last_day_of_home(journey: Journey, housing: Housing, places: Places) -> date | None:
    """That of the home which counts in the norm phases, when it was ready by the day of the housing."""
    _, home = link_and_home(journey, places)
    return home.until if home is not None and home.on <= housing.on else None


def _usual_end(kind: StayKind, since: date) -> date | None:
    months = MONTHS.get(kind)
    return None if months is None else months_later(since, months)
