"""The norm of 2, 10 and 2 weeks: the phases of a journey, who must act in each, and what bounds them."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from domain.effective import Finding
from domain.journey import Journey
from domain.milestones import Home, Link, same_municipality
from domain.norm_sets import NormSet, PhaseName
from domain.places import Places

#: Who must act while a phase is open.
Owner = Literal["coa", "municipality", "coa-and-permit-holder", "chain"]
OWNERS: dict[PhaseName, Owner] = {
    "linking": "coa",
    "housing": "municipality",
    "departure": "coa-and-permit-holder",
    "total": "chain",
}


class PhaseState(StrEnum):
    """How far a phase is; `stopped` is open when the journey ended without housing."""

    NOT_STARTED = "not-started"
    OPEN = "open"
    COMPLETED = "completed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Phase(NamedTuple):
    """One phase: `started_on` and `ended_on` bound its last stretch, `earlier_days` are the days of those before it.

    Only linking has earlier stretches: the days without a link between the permit and the newest link.
    """

    state: PhaseState
    started_on: date | None = None
    ended_on: date | None = None
    earlier_days: int = 0

    def days(self, on: date) -> int | None:
        """Days the phase took, or has taken by `on`; None when it has none; never negative."""
        if self.started_on is None or self.state not in (PhaseState.OPEN, PhaseState.COMPLETED):
            return None
        until = self.ended_on if self.ended_on is not None else on
        return self.earlier_days + max(0, (until - self.started_on).days)

    def due_on(self, norm: int) -> date | None:
        """The last day that is in time."""
        if self.started_on is None:
            return None
        return self.started_on + timedelta(days=norm - self.earlier_days)


class Phases(NamedTuple):
    """The phases of one journey that do not depend on a norm set; `total` does."""

    linking: Phase
    housing: Phase
    departure: Phase
    from_permit: Phase
    from_link: Phase

    def total(self, norm: NormSet) -> Phase:
        """The phase `total` under a norm set."""
        return self.from_permit if norm.total_starts == "permit" else self.from_link

    def get(self, name: PhaseName, norm: NormSet) -> Phase:
        """The phase of that name under a norm set."""
        if name == "total":
            return self.total(norm)
        phase: Phase = getattr(self, name)
        return phase


def phases(journey: Journey, places: Places) -> Phases:
    """The phases of a journey as it stands at the end of a day."""
    running = PhaseState.STOPPED if journey.closing else PhaseState.OPEN
    link, home = link_and_home(journey, places)
    return Phases(
        _linking(journey, link, running),
        _housing(journey, link, home, running),
        _departure(journey, link, home, running),
        _from_permit(journey, running),
        _from_link(journey, link, running),
    )


def link_and_home(journey: Journey, places: Places) -> tuple[Link | None, Home | None]:
    """The link that counts, which is always the newest, and the home that counts for it; None where there is none."""
    link = journey.housing.link if journey.housing else journey.current_link
    return link, home_for(journey, link, places)


def home_for(journey: Journey, link: Link | None, places: Places) -> Home | None:
    """The first home ready for a link: of its municipality, not before it began nor before the last return."""
    if link is None:
        return None
    since = max(link.on, journey.returned_on) if journey.returned_on else link.on
    for home in journey.homes:
        if home.on >= since and same_municipality(home, link, places):
            return home
    return None


def _linking(journey: Journey, link: Link | None, running: PhaseState) -> Phase:
    if journey.housing and link is None:
        return Phase(PhaseState.NOT_APPLICABLE)
    if journey.permit is None:
        return Phase(PhaseState.UNKNOWN)
    permit_on, earlier, since = journey.permit.on, 0, journey.permit.on
    for one in journey.links:
        if link is not None and one.on == link.on and one.municipality == link.municipality:
            return Phase(PhaseState.COMPLETED, since, one.on, earlier)
        earlier += max(0, (one.on - since).days)
        since = max(permit_on, one.until or permit_on)
    return Phase(running, since, None, earlier)


def _housing(journey: Journey, link: Link | None, home: Home | None, running: PhaseState) -> Phase:
    housed = journey.housing
    if housed and home is None:
        return Phase(PhaseState.NOT_APPLICABLE)
    ended_on = min(home.on, housed.on) if home and housed else home and home.on
    return _since_the_link(journey, link, ended_on, running)


def _departure(journey: Journey, link: Link | None, home: Home | None, running: PhaseState) -> Phase:
    housed = journey.housing
    if housed and (link is None or home is None):
        return Phase(PhaseState.NOT_APPLICABLE)
    if home is None:
        return Phase(PhaseState.NOT_STARTED)
    if housed is None:
        return Phase(running, home.on)
    return Phase(PhaseState.COMPLETED, min(home.on, housed.on), housed.on)


def _from_permit(journey: Journey, running: PhaseState) -> Phase:
    if journey.permit is None:
        return Phase(PhaseState.UNKNOWN)
    if journey.housing is None:
        return Phase(running, journey.permit.on)
    return Phase(PhaseState.COMPLETED, journey.permit.on, journey.housing.on)


def _from_link(journey: Journey, link: Link | None, running: PhaseState) -> Phase:
    """Whether a home was ready plays no part: this and the total from the permit count the same persons."""
    if journey.housing and link is None:
        return Phase(PhaseState.NOT_APPLICABLE)
    return _since_the_link(journey, link, journey.housing and journey.housing.on, running)


def _since_the_link(journey: Journey, link: Link | None, ended_on: date | None, running: PhaseState) -> Phase:
    """A phase that starts with the link, or with the permit if that is later."""
    if journey.permit is None:
        return Phase(PhaseState.UNKNOWN)
    if link is None:
        return Phase(PhaseState.NOT_STARTED)
    started_on = max(link.on, journey.permit.on)
    return Phase(running, started_on) if ended_on is None else Phase(PhaseState.COMPLETED, started_on, ended_on)


def phase_findings(journey: Journey, places: Places) -> tuple[Finding, ...]:
    """What is missing or contradictory between the boundaries of the phases, as codes without an event of their own."""
    housed = journey.housing
    if housed is None and not journey.homes and (journey.permit is not None or not journey.links):
        # Nothing has ended yet.
        return ()
    link, home = link_and_home(journey, places)
    codes: list[tuple[str, date]] = []
    if journey.permit is None and (journey.links or housed):
        codes.append(("no-permit", housed.on if housed else journey.links[0].on))
    if housed and link is None:
        codes.append(("housed-without-link", housed.on))
    elif housed and home is None:
        codes.append(("housed-without-home-ready", housed.on))
    elif housed and home and home.on > housed.on:
        codes.append(("home-ready-after-housed", home.on))
    measured = phases(journey, places)
    codes += [
        ("negative-duration", phase.ended_on)
        for phase in (measured.housing, measured.departure, measured.from_permit)
        if phase.started_on and phase.ended_on and phase.ended_on < phase.started_on
    ]
    return tuple(Finding(code, "", "", on) for code, on in codes)
