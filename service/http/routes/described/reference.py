"""The answers about reference data."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from domain.authority import OrganisationKind
from service.http.openapi.event_types import About
from service.http.routes.described import Described, Told


class Successor(Described):
    """Who took over a municipality, and how many of its inhabitants; null where that is not known."""

    municipality: str
    persons: int | None


class Count(Described):
    """Inhabitants on 1 January of a year."""

    year: int
    persons: int


class Municipality(Described):
    """A municipality of whatever time; `validUntil` is the first day without it."""

    code: str
    name: str
    province: str
    valid_from: date | None
    valid_until: date | None
    successors: list[Successor]
    inhabitants: list[Count]
    latitude: float | None
    longitude: float | None


class Municipalities(Told):
    """Every municipality since 2019, in code order."""

    items: list[Municipality]


class PeriodFinding(Described):
    """What a half-year's events say that cannot be so, with the municipality or the event it is about."""

    code: str
    municipality: str | None
    source: str | None
    id: str | None


class Period(Described):
    """A half-year of which something was said: the national quota, forecast and interim goal in force on the day."""

    period: str
    first: date
    last: date
    quota: int | None
    forecast: int | None
    reduction: int | None
    findings: list[PeriodFinding]


class Periods(Told):
    """The half-years, in order of time."""

    items: list[Period]


class EventType(Described):
    """A type of event: what it is about, who may say it, the JSON Schema of its `data`, and an example.

    `authority` is empty where whoever sent the event it names may say it.
    """

    type: str
    description: str
    about: list[About]
    authority: list[OrganisationKind]
    schema_: Annotated[Any, Field(alias="schema")]
    example: Any


class EventTypes(Told):
    """Every type of event that can be posted, in the order of the contract."""

    items: list[EventType]


class Operation(Described):
    """What can be asked or sent: how and where, a line about it, the parameters it needs, and whether anybody may."""

    method: str
    href: str
    description: str
    required: Annotated[list[str], Field(description="Parameters; of `a or b` it needs one")]
    public: bool


class Index(Described):
    """What this service is, where it is documented, and all that can be asked or sent without an identifier."""

    name: str
    version: str
    summary: str
    documentation: str
    openapi: str
    items: list[Operation]
