"""Where one permit holder stands on a day (part 1, section 4, *Norm phases*; part 2, *Words used below*)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.independent.land import Land
from tests.independent.record import Event

_CLOSING = ("died", "left-unknown-destination", "permit-ended")
_OPENING = ("permit-granted", "linked", "housed")
REQUIRED = ("bsn", "identity-document", "iban")


@dataclass
class Link:
    """A link that changed something. `municipality` as it was named on its first day."""

    municipality: str
    first: date
    criteria: tuple[str, ...]
    ended: date | None = None
    reason: str | None = None
    housed_before_end: bool = False


@dataclass
class Housing:
    """A housing that counts, and the day of the return that undid it."""

    municipality: str
    on: date
    accommodation: str
    undone: date | None = None
    #: Its last day, if it was said.
    until: date | None = None
    #: The link that stood.
    link: Link | None = None
    #: The first home that was ready for that link by its day.
    ready: Event | None = None


@dataclass
class Offer:
    """An offer, an acceptance or a refusal, by its place among the events held."""

    kind: str
    municipality: str
    on: date
    place: int
    reason: str = "unstated"
    justified: bool | None = None


@dataclass(eq=False)
class Life:
    """One journey at the end of a day."""

    on: date
    held: list[Event]
    land: Land
    #: Of each link and housing what stood in its way.
    took: dict[Event, str] = field(default_factory=dict)
    permit_on: date | None = None
    ground: str = "unknown"
    links: list[Link] = field(default_factory=list)
    housings: list[Housing] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    guest: bool = False
    guest_stay: Event | None = None
    #: The last return that undid a housing.
    returned_on: date | None = None
    #: Died or left, and nothing began after it.
    departed: bool = False
    gone: bool = False
    closed: bool = False

    @property
    def housed(self) -> Housing | None:
        """The housing that stands."""
        return self.housings[-1] if self.housings and self.housings[-1].undone is None else None

    @property
    def standing(self) -> Link | None:
        """The link that stands."""
        return self.links[-1] if self.links and self.links[-1].ended is None else None

    @property
    def in_reception(self) -> bool:
        """A permit in force, not housed, not closed, not gone."""
        return self.permit_on is not None and self.housed is None and not self.closed and not self.gone

    @property
    def linked(self) -> Link | None:
        """The standing link of who is in reception."""
        return self.standing if self.in_reception else None

    @property
    def ready(self) -> Event | None:
        """The first home ready for the standing link."""
        return None if self.standing is None else self.ready_for(self.standing, self.held)

    def ready_for(self, link: Link, held: Sequence[Event]) -> Event | None:
        """The first home-ready of the link's municipality on or after its first day and the last return."""
        since = link.first if self.returned_on is None else max(link.first, self.returned_on)
        for one in held:
            ready = one.topic == "home-ready" and one.on >= since
            if ready and self.land.same(link.municipality, link.first, one.data["municipality"], one.on):
                return one
        return None

    def newest(self, *topics: str, says: str | None = None) -> Event | None:
        """The last of these, in effective order, that says something."""
        told = [one for one in self.held if one.topic in topics and (says is None or says in one.data)]
        return told[-1] if told else None

    def every(self, topic: str) -> list[Event]:
        """All of a topic."""
        return [one for one in self.held if one.topic == topic]

    def belongs_to(self, on: date) -> str | None:
        """The municipality of the standing link, else of the newest, else of the housing: as it is on a day."""
        if self.links:
            return self.land.named_on(self.links[-1].municipality, self.links[-1].first, on)
        if self.housed is not None:
            return self.land.named_on(self.housed.municipality, self.housed.on, on)
        return None

    @property
    def household(self) -> str | None:
        """The key of the newest permit-granted or linked that says one."""
        said = self.newest("permit-granted", "linked", says="household")
        return None if said is None else str(said.data["household"])

    @property
    def born(self) -> date | None:
        """The first day of the month of birth; of a year alone July."""
        said = self.newest("permit-granted", says="birthDate")
        if said is None:
            return None
        year, _, rest = said.data["birthDate"].partition("-")
        return date(int(year), int(rest[:2] or 7), 1)

    @property
    def age(self) -> int | None:
        """Full years."""
        born = self.born
        if born is None:
            return None
        return self.on.year - born.year - ((self.on.month, self.on.day) < (born.month, born.day))

    def band(self) -> str:
        """The band of ages."""
        age = self.age
        if age is None:
            return "unknown"
        return "0-3" if age < 4 else "4-11" if age < 12 else "12-15" if age < 16 else "16-17" if age < 18 else "18+"

    def complete(self, on: date) -> bool:
        """Whether of each required item the newest of completed and lapsed by that day is completed."""
        return all(self.has(item, on) for item in REQUIRED)

    def has(self, item: str, on: date) -> bool:
        """Whether the newest of completed and lapsed by that day is completed; of the residence document, issued."""
        if item == "residence-document":
            return any(one.on <= on for one in self.every("residence-document-issued"))
        newest = None
        for one in self.held:
            if one.topic in ("dossier-item-completed", "dossier-item-lapsed") and one.on <= on:
                newest = one.topic if one.data["item"] == item else newest
        return newest == "dossier-item-completed"

    def total(self, topic: str, of: str) -> int:
        """Persons over all events of a topic."""
        return sum(int(one.data[of]) for one in self.every(topic))

    @property
    def undecided(self) -> int:
        """Applied for and neither granted nor refused."""
        granted, refused = (self.total("family-reunification-decided", of) for of in ("granted", "refused"))
        return max(0, self.total("family-reunification-applied", "persons") - granted - refused)

    @property
    def awaited(self) -> int:
        """Granted and not arrived."""
        granted = self.total("family-reunification-decided", "granted")
        return max(0, granted - self.total("family-arrived", "persons"))

    def accepted_after(self, refused: Offer) -> bool:
        """Whether an offer of the same municipality was accepted after this refusal."""
        return any(
            one.kind == "offer-accepted"
            and one.place > refused.place
            and self.land.same(refused.municipality, refused.on, one.municipality, one.on)
            for one in self.offers
        )


def live(history: Sequence[Event], on: date, land: Land) -> Life:
    """Where the journey of this history, in force and in effective order, stands at the end of a day."""
    life = Life(on, [one for one in history if one.on <= on], land)
    # The last that closes and is not followed by what opens, and the housing that stood then.
    closing: tuple[Housing | None] | None = None
    for place, event in enumerate(life.held):
        if event.topic in _OPENING:
            closing, life.departed = None, False
        if event.topic in ("died", "left-unknown-destination"):
            life.departed = True
        if event.topic in _CLOSING and closing is None:
            closing = (life.housed,)
        if event.topic in ("linked", "housed"):
            life.took[event] = _in_its_way(life, event)
        _take(life, place, event, event.data)
    if closing is not None:
        life.gone = True
        life.closed = closing[0] is None or closing[0].undone is not None
    return life


def _in_its_way(life: Life, event: Event) -> str:
    if life.housed is not None:
        return "housed"
    link = life.standing
    if link is not None and life.land.same(link.municipality, link.first, event.data["municipality"], event.on):
        return "standing"
    return "nothing"


def _take(life: Life, place: int, event: Event, said: dict[str, Any]) -> None:  # noqa: C901  a case a topic
    match event.topic:
        case "permit-granted" if life.permit_on is None:
            life.permit_on, life.ground = event.on, said["ground"]
        case "linked" if life.took[event] == "nothing":
            if life.standing is not None:
                _end(life, life.standing, event.on, "replaced")
            life.links.append(Link(said["municipality"], event.on, tuple(said.get("criteria", ()))))
        case "link-ended" if life.standing is not None:
            _end(life, life.standing, event.on, said["reason"])
        case "housed" if life.housed is None:
            housing = Housing(said["municipality"], event.on, said["accommodation"], link=life.standing)
            housing.until = date.fromisoformat(said["until"]) if "until" in said else None
            if housing.link is not None:
                by_then = [one for one in life.held if one.on <= event.on]
                housing.ready = life.ready_for(housing.link, by_then)
            life.housings.append(housing)
            life.guest = False
        case "returned-to-reception" if life.housed is not None:
            life.housed.undone = life.returned_on = event.on
        case "guest-stay-started":
            life.guest, life.guest_stay = True, event
        case "guest-stay-ended":
            life.guest = False
        case "home-offered" | "offer-accepted":
            life.offers.append(Offer(event.topic, said["municipality"], event.on, place))
        case "offer-refused":
            reason = said.get("reasonCode", "unstated")
            life.offers.append(Offer(event.topic, said["municipality"], event.on, place, reason))
        case "refusal-assessed":
            refused = [one for one in life.offers if one.kind == "offer-refused"]
            if refused:
                refused[-1].justified = said["justified"]


def _end(life: Life, link: Link, on: date, reason: str) -> None:
    link.ended, link.reason, link.housed_before_end = on, reason, bool(life.housings)
