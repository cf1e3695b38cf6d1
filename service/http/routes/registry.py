"""Who is who: the registry as this process has it, which is changed in its file; and who asks."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from domain.authority import Mandate, Organisation, PartyKind
from service.access.caller import ROLES, SCOPES, Role, TokenScope, caller_of
from service.access.registry import Client, Issuer, IssuerKind, WhoIsWho
from service.access.sessions import session_of
from service.foundation.answers import DescribedAs, InstantText, answer
from service.foundation.settings import Access
from service.foundation.time import format_instant
from service.foundation.version import TYPE_PREFIX
from service.http.openapi.responses import responses_of

router = APIRouter()


class RegisteredOrganisation(TypedDict):
    """A party of the chain."""

    oin: str
    kind: PartyKind
    name: str
    code: str | None


class RegisteredIssuer(TypedDict):
    """Whose tokens are believed, where its keys are, and for whom its tokens must be."""

    url: str
    # That of development mode stands in no registry.
    kind: Annotated[IssuerKind, DescribedAs(Access)]
    jwks: str | None
    audience: str


class RegisteredClient(TypedDict):
    """What shows tokens; without organisation one through which people work."""

    id: str
    issuer: str
    organisation: str | None
    scopes: list[TokenScope]
    purpose: str | None


RegisteredMandate = TypedDict(
    "RegisteredMandate",
    {"holder": str, "of": str, "types": list[str] | None, "from": date, "until": date | None},
)
RegisteredMandate.__doc__ = (
    "That one organisation may post for another; types null for all, until null while no end was agreed."
)


class RegisteredPurpose(TypedDict):
    """The processing activity that people of a role work for."""

    role: Role
    uri: str


class Registry(TypedDict):
    """Who is who; in development mode organisations are known by their numbers, and none is listed."""

    organisations: list[RegisteredOrganisation]
    issuers: list[RegisteredIssuer]
    clients: list[RegisteredClient]
    mandates: list[RegisteredMandate]
    purposes: list[RegisteredPurpose]


@router.get("/registry", response_model=None, responses=responses_of(Registry), tags=["registry"])
def read_registry(request: Request) -> Response:
    """Organisations, issuers of tokens, clients, mandates and purposes, as read when the process started."""
    who: WhoIsWho = request.app.state.context.who
    mandates = [mandate for of in who.mandates.values() for some in of.values() for mandate in some]
    body: Registry = {
        "organisations": [_organisation(each) for each in sorted(who.listed)],
        "issuers": [_issuer(each) for each in sorted(who.issuers.values())],
        "clients": [_client(issuer, each) for (issuer, _), each in sorted(who.clients.items(), key=_by_name)],
        "mandates": [_mandate(each) for each in sorted(mandates, key=lambda each: (each.holder, each.of, each.since))],
        "purposes": [{"role": role, "uri": who.purposes[role]} for role in ROLES if role in who.purposes],
    }
    return answer(body)


def _by_name(entry: tuple[tuple[str, str], Client]) -> tuple[str, str]:
    return entry[0]


def _organisation(one: Organisation) -> RegisteredOrganisation:
    return {"oin": one.oin, "kind": one.kind, "name": one.name, "code": one.code}


def _issuer(one: Issuer) -> RegisteredIssuer:
    return {"url": one.url, "kind": one.kind, "jwks": one.jwks, "audience": one.audience}


def _client(issuer: str, one: Client) -> RegisteredClient:
    return {
        "id": one.id,
        "issuer": issuer,
        "organisation": None if one.organisation is None else one.organisation.oin,
        "scopes": [scope for scope in SCOPES if scope in one.scopes],
        "purpose": one.purpose,
    }


def _mandate(one: Mandate) -> RegisteredMandate:
    return {
        "holder": one.holder,
        "of": one.of,
        "types": None if one.topics is None else sorted(f"{TYPE_PREFIX}{topic}" for topic in one.topics),
        "from": one.since,
        "until": one.until,
    }


class OrganisationTold(TypedDict):
    """An organisation of the chain; `code` is the CBS code of a municipality or province."""

    oin: str
    kind: str
    code: str | None


class SessionTold(TypedDict):
    """Who asks. `endsAt` moves on while somebody is active; `csrfToken` goes with what is no mere read."""

    signedIn: bool
    roles: list[str]
    organisation: OrganisationTold | None
    endsAt: InstantText | None
    csrfToken: str | None


@router.get("/session", response_model=None, responses=responses_of(SessionTold), tags=["session"])
def read_session(request: Request) -> Response:
    """Who asks, as the service takes it: somebody who is signed in, who shows a token, or anybody."""
    caller, session = caller_of(request.scope), session_of(request.scope)
    organisation = caller.organisation
    body: SessionTold = {
        "signedIn": session is not None,
        "roles": [role for role in ROLES if role in caller.roles],
        "organisation": None
        if organisation is None
        else {"oin": organisation.oin, "kind": organisation.kind, "code": organisation.code},
        "endsAt": None if session is None else format_instant(session.expires_at),
        "csrfToken": None if session is None else session.csrf_token,
    }
    return answer(body)
