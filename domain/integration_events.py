"""Which events are behind what is said of somebody who has to integrate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from domain.facts import (
    FineCancelled,
    FineImposed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    Recorded,
    RegisteredAtAddress,
)
from domain.journey import Journey, evolve
from domain.places import Places


def integration_events(history: Sequence[Recorded], places: Places, aspects: Collection[str]) -> Sequence[Recorded]:
    """Why a person has to integrate, and where: the newest duty, and the housing that stands, else the newest link;
    then those of each aspect, which may be `completion`, `clock`, `intake`, `plan`, `route`, `routes`, `extension`,
    `term`, `loan` or `fines`.
    """
    journey, housed, linked = Journey(), list[Recorded](), list[Recorded]()
    for event in history:
        before, journey = journey, evolve(journey, event, places)
        if journey.housing != before.housing:
            housed = [] if journey.housing is None else [event]
        if len(journey.links) > len(before.links):
            linked = [event]
    found = [*_newest(IntegrationDutyStarted)(history), *(housed or linked)]
    for aspect in aspects:
        found += [event for event in _OF_ASPECTS[aspect](history) if event not in found]
    return found


_Find = Callable[[Sequence[Recorded]], list[Recorded]]


def _every(*facts: type) -> _Find:
    return lambda history: [event for event in history if isinstance(event.fact, facts)]


def _newest(*facts: type) -> _Find:
    return lambda history: _every(*facts)(history)[-1:]


def _first(*facts: type) -> _Find:
    return lambda history: _every(*facts)(history)[:1]


def _both(one: _Find, other: _Find) -> _Find:
    return lambda history: [*one(history), *other(history)]


def _outlasting(history: Sequence[Recorded]) -> list[Recorded]:
    """The extensions that may run: the newest, and those before it that end later than all after them."""
    found = list[Recorded]()
    last = date.min
    for event in reversed(history):
        if isinstance(event.fact, IntegrationTermExtended) and event.fact.ends_on > last:
            found.insert(0, event)
            last = event.fact.ends_on
    return found


_OF_ASPECTS: Mapping[str, _Find] = {
    "completion": _both(_first(IntegrationFulfilled), _newest(IntegrationExempted)),
    # From when the weeks for the plan run.
    "clock": _both(_first(IntegrationNoticeSent), _first(RegisteredAtAddress)),
    "intake": _first(IntakeHeld),
    "plan": _first(IntegrationPlanEstablished),
    "route": _newest(IntegrationPlanEstablished),
    "routes": _every(IntegrationPlanEstablished),
    "extension": _outlasting,
    "term": _newest(IntegrationTermSet, IntegrationTermExtended),
    "loan": _newest(IntegrationLoanStated),
    "fines": _every(FineImposed, FineCancelled),
}
