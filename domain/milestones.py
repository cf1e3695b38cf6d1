"""What a journey passes: permit, links, homes, housing, and what else is known of a permit holder on the way."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from domain.accommodation import Accommodation
from domain.facts.integration import Law, Route
from domain.facts.permit import Ground
from domain.places import Places


class Permit(NamedTuple):
    """The first permit in force; `on` is the day the decision was made known."""

    on: date
    ground: Ground
    unaccompanied_minor: bool | None


class Link(NamedTuple):
    """A link that took effect, to the municipality as posted; `until` is the day it ended."""

    municipality: str
    on: date
    until: date | None = None


class Home(NamedTuple):
    """A home, or a temporary place, that became ready."""

    municipality: str
    on: date
    accommodation: Accommodation


class Housing(NamedTuple):
    """The housing in effect, with the link that was current that day."""

    municipality: str
    on: date
    accommodation: Accommodation
    link: Link | None


class Posting(NamedTuple):
    """What a housing, or the return that undoes it, does to the quota's realisation: +1 or -1 person."""

    on: date
    municipality: str
    accommodation: Accommodation
    persons: int


class Family(NamedTuple):
    """Family reunification so far, in persons; None before anything was applied for or decided."""

    applied_on: date | None = None
    persons: int = 0
    decided_on: date | None = None
    granted: int = 0
    refused: int = 0
    arrived: int = 0


class Integration(NamedTuple):
    """Civic integration so far."""

    duty_on: date | None = None
    law: Law | None = None
    intake_on: date | None = None
    plan_on: date | None = None
    route: Route | None = None


class Refusal(NamedTuple):
    """A refused offer and, once COA judged it, whether that was justified."""

    on: date
    municipality: str
    assessed_on: date | None = None
    justified: bool | None = None


ClosingReason = Literal["died", "left-unknown-destination", "permit-ended"]


class Closing(NamedTuple):
    """Why and when a journey ended, if it is not housed."""

    on: date
    reason: ClosingReason


def same_municipality(one: Link | Home | Housing, other: Link | Home | Housing, places: Places) -> bool:
    """Whether both are of one municipality, or of one and its successor, as seen on the later of their days.

    A code counts for whom it named on its own day.
    """
    later = max(one.on, other.on)
    first, second = (places.code_on(places.code_on(each.municipality, each.on), later) for each in (one, other))
    return first == second
