"""The answers about journeys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from domain.facts.housing import Accommodation
from domain.facts.integration import Law, Route
from domain.facts.permit import Ground
from domain.milestones import ClosingReason
from domain.norms import Owner, PhaseName, State
from service.foundation.parameter_types import OneOf
from service.http.routes.described import Described, Told
from service.http.routes.described.figures import Norm


class Waiting(Described):
    """A journey with an open phase: whose turn it is, since when, its deadline and the days over it."""

    journey: UUID
    municipality: str | None
    phase: PhaseName
    turn: Owner
    since: date
    days: int
    due_on: date
    days_over: int


class WaitingList(Told):
    """Journeys with an open phase, in the order of their ids."""

    norm: Norm
    items: list[Waiting]


class Permit(Described):
    """The first permit in force; `on` is the day the decision was made known."""

    on: date
    ground: Ground
    unaccompanied_minor: bool | None


class Link(Described):
    """A link to a municipality; `until` is the day it ended."""

    municipality: str
    on: date
    until: date | None


class Home(Described):
    """A home, or a temporary place, that became ready."""

    municipality: str
    on: date
    accommodation: Accommodation


class Phase(Described):
    """A phase: its last stretch, the days of earlier ones, its days in all, its norm, deadline and days over it."""

    state: Annotated[str, OneOf(State)]
    owner: Owner
    started_on: date | None
    ended_on: date | None
    earlier_days: int
    days: int | None
    norm: int
    due_on: date | None
    days_over: int | None


class Phases(Described):
    """The phases under the norm set of the answer."""

    linking: Phase
    housing: Phase
    departure: Phase
    total: Phase


class Family(Described):
    """Family reunification, in persons."""

    applied_on: date | None
    persons: int
    decided_on: date | None
    granted: int
    refused: int
    arrived: int


class Item(Described):
    """An item of the file that is complete."""

    item: str
    completed_on: date


class Refusal(Described):
    """A refused offer, and COA's judgement."""

    on: date
    municipality: str
    assessed_on: date | None
    justified: bool | None


class Closing(Described):
    """Why the journey ended without housing."""

    on: date
    reason: ClosingReason


class Integration(Described):
    """Civic integration so far."""

    duty_on: date | None
    law: Law | None
    intake_on: date | None
    plan_on: date | None
    route: Route | None


class Cause(Described):
    """A spell of waiting with its cause; no clock is stopped for it, and spells may overlap."""

    label: str
    since: date
    until: date | None
    days: int


class Finding(Described):
    """Something missing or contradictory, and the event it was seen at where there is one."""

    code: str
    source: str | None
    id: str | None
    on: date


class Journey(Told):
    """Where one permit holder stands; `withheld` names the parts that who asks has no need of, which are left out.

    `alsoKnownAs` are journeys of older V-numbers that are read as part of it.
    """

    journey: UUID
    also_known_as: list[UUID]
    municipality: str | None
    household: str | None = None
    permit: Permit | None = None
    document_on: date | None = None
    closed: Closing | None
    norm: Norm
    phases: Phases | None = None
    link: Link | None
    links: list[Link] = Field(default_factory=list)
    homes: list[Home] = Field(default_factory=list)
    housing: Home | None
    returned_on: date | None = None
    permanent_home_on: date | None = None
    guest_since: date | None = None
    family: Family | None = None
    dossier: list[Item] = Field(default_factory=list)
    refusals: list[Refusal] = Field(default_factory=list)
    integration: Integration | None = None
    causes: list[Cause] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    withheld: list[str]


class Found(Described):
    """The journey of a permit holder."""

    journey: UUID


#: The body that looks a journey up: a V-number never stands in an address.
FIND: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["vNumber"],
                    "properties": {"vNumber": {"type": "string", "pattern": "^[0-9]{10}$", "x-personal": True}},
                },
                "example": {"vNumber": "9999000001"},
            }
        },
    }
}
