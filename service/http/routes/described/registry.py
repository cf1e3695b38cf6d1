"""The answer about the registry."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from domain.authority import PartyKind
from service.access.caller import Role, TokenScope
from service.foundation.settings import Access
from service.http.routes.described import Described


class RegisteredOrganisation(Described):
    """A party of the chain."""

    oin: str
    kind: PartyKind
    name: str
    code: str | None


class RegisteredIssuer(Described):
    """Whose tokens are believed, where its keys are, and for whom its tokens must be."""

    url: str
    kind: Access
    jwks: str | None
    audience: str


class RegisteredClient(Described):
    """What shows tokens; without organisation one through which people work."""

    id: str
    issuer: str
    organisation: str | None
    scopes: list[TokenScope]
    purpose: str | None


class RegisteredMandate(Described):
    """That one organisation may post for another; types null for all, until null while no end was agreed."""

    holder: str
    of: str
    types: list[str] | None
    since: date = Field(alias="from")
    until: date | None


class RegisteredPurpose(Described):
    """The processing activity that people of a role work for."""

    role: Role
    uri: str


class Registry(Described):
    """Who is who; in development mode organisations are known by their numbers, and none is listed."""

    organisations: list[RegisteredOrganisation]
    issuers: list[RegisteredIssuer]
    clients: list[RegisteredClient]
    mandates: list[RegisteredMandate]
    purposes: list[RegisteredPurpose]
