"""What a journey passes: permit, links, offers, homes, housing and what else there is on the way; and its state."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from domain.accommodation import Accommodation
from domain.dossier import REQUIRED_ITEMS
from domain.effective import Finding
from domain.facts.housing import RefusalReason
from domain.facts.linking import AdaptedHome, Criterion, HandoverForm, Item, LinkEndReason, OutflowRegion
from domain.facts.permit import Ground
from domain.family import Family
from domain.field_types import PartialDate
from domain.integration import Integration
from domain.places import Places


class Permit(NamedTuple):
    """The first permit in force; `on` is the day the decision was made known."""

    on: date
    ground: Ground


LinkEnding = LinkEndReason | Literal["replaced"]


class Link(NamedTuple):
    """A link that took effect, to the municipality as posted, with why it was made there.

    `until` is the day it ended, `end_reason` why: `replaced` where another link took its place; `after_housing` when
    there was a housing before that, also one undone by then. `missing` are the required items of the file that were not
    complete at the end of its first day.
    """

    municipality: str
    on: date
    until: date | None = None
    criteria: tuple[Criterion, ...] = ()
    end_reason: LinkEnding | None = None
    after_housing: bool = False
    missing: tuple[Item, ...] = REQUIRED_ITEMS


class AdaptedNeed(NamedTuple):
    """That an adapted home is needed, and from which day that is known."""

    on: date
    kind: AdaptedHome


class Home(NamedTuple):
    """A home, or a temporary place, that became ready; `until` is its last day."""

    municipality: str
    on: date
    accommodation: Accommodation
    bedrooms: int | None = None
    until: date | None = None


class Housing(NamedTuple):
    """The housing in effect, with the link that was current that day; `until` is its last day."""

    municipality: str
    on: date
    accommodation: Accommodation
    link: Link | None
    until: date | None = None


class GuestStay(NamedTuple):
    """A stay with hosts that was not ended: since when, and its last day as it was agreed.

    `housed` is true once a housing that counts ended it.
    """

    since: date
    until: date | None = None
    housed: bool = False


class Posting(NamedTuple):
    """What a housing, or the return that undoes it, does to the quota's realisation: +1 or -1 person."""

    on: date
    municipality: str
    accommodation: Accommodation
    persons: int


class Handover(NamedTuple):
    """A handover to a municipality, by whomever it was held."""

    on: date
    municipality: str
    form: HandoverForm


OfferKind = Literal["offered", "accepted", "refused"]


class Offer(NamedTuple):
    """A home that was offered, or an offer that was accepted or refused.

    Of a refusal the reason, as far as it was stated, the day of COA's first assessment, and what the newest says.
    """

    kind: OfferKind
    on: date
    municipality: str
    reason_code: RefusalReason | None = None
    assessed_on: date | None = None
    justified: bool | None = None


ClosingReason = Literal["died", "left-unknown-destination", "permit-ended"]


class Closing(NamedTuple):
    """Why and when a journey ended, if it is not housed."""

    on: date
    reason: ClosingReason


class Journey(NamedTuple):
    """One permit holder's state; the defaults are the state before anything happened."""

    permit: Permit | None = None
    household: str | None = None
    born: PartialDate | None = None  # never the day
    unaccompanied_minor: bool | None = None
    region: OutflowRegion | None = None
    adapted_needs: tuple[AdaptedNeed, ...] = ()
    links: tuple[Link, ...] = ()
    homes: tuple[Home, ...] = ()
    housing: Housing | None = None
    returned_on: date | None = None
    ending: Closing | None = None
    departed_on: date | None = None  # died, or left: nobody lives here any more
    postings: tuple[Posting, ...] = ()
    housings: tuple[Housing, ...] = ()  # all that counted, also those undone
    family: Family = Family()
    dossier: tuple[tuple[str, date], ...] = ()
    offers: tuple[Offer, ...] = ()
    guest_stay: GuestStay | None = None
    document_on: date | None = None
    permanent_home_on: date | None = None
    moves: tuple[date, ...] = ()  # to a lasting home: every one, also before any housing
    registered_on: date | None = None  # first, at an address
    handovers: tuple[Handover, ...] = ()
    integration: Integration = Integration()
    findings: tuple[Finding, ...] = ()

    @property
    def current_link(self) -> Link | None:
        """The newest link, when it has not ended."""
        return self.links[-1] if self.links and self.links[-1].until is None else None

    @property
    def guest_since(self) -> date | None:
        """Since when the permit holder stays with hosts, while nothing ended that."""
        return self.guest_stay.since if self.guest_stay is not None and not self.guest_stay.housed else None

    @property
    def in_reception(self) -> bool:
        """Whether a permit holder is not housed, and did not die, leave, or lose the permit."""
        return self.permit is not None and self.housing is None and self.ending is None

    @property
    def moved_on(self) -> bool:
        """Whether the permit holder went from where they were housed to a lasting home, be it on the very day."""
        return self.housing is not None and bool(self.moves) and self.moves[-1] >= self.housing.on

    @property
    def refusals(self) -> tuple[Offer, ...]:
        """The offers that were refused, oldest first."""
        return tuple(one for one in self.offers if one.kind == "refused")

    @property
    def closing(self) -> Closing | None:
        """How the journey ended without housing; an ending during a housing counts once that is undone."""
        return None if self.housing else self.ending

    @property
    def municipality(self) -> str | None:
        """Where the journey belongs, as posted: the current link, else the newest, else the housing."""
        if self.links:
            return self.links[-1].municipality
        return self.housing.municipality if self.housing else None


#: What took place in a municipality on a day.
Placed = Link | Home | Housing | Offer


def same_municipality(one: Placed, other: Placed, places: Places) -> bool:
    """Whether both are of one municipality, or of one and its successor, as seen on the later of their days.

    A code counts for whom it named on its own day.
    """
    later = max(one.on, other.on)
    first, second = (places.code_on(places.code_on(each.municipality, each.on), later) for each in (one, other))
    return first == second
