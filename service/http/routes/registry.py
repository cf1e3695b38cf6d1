"""The registry as this process has it: who is who, and who may post for whom. It is changed in its file."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from domain.authority import Mandate, Organisation
from service.access.caller import ROLES, SCOPES
from service.access.registry import Client, Issuer, WhoIsWho
from service.foundation.answers import answer
from service.foundation.event_types import TYPE_PREFIX
from service.http.routes.described import answers
from service.http.routes.described import registry as described

router = APIRouter(tags=["registry"])


@router.get("/registry", response_model=None, responses=answers(described.Registry))
def read_registry(request: Request) -> Response:
    """Organisations, issuers of tokens, clients, mandates and purposes, as read when the process started."""
    who: WhoIsWho = request.app.state.shell.who
    mandates = [mandate for of in who.mandates.values() for some in of.values() for mandate in some]
    return answer(
        {
            "organisations": [_organisation(each) for each in sorted(who.listed)],
            "issuers": [_issuer(each) for each in sorted(who.issuers.values())],
            "clients": [_client(issuer, each) for (issuer, _), each in sorted(who.clients.items(), key=_by_name)],
            "mandates": [
                _mandate(each) for each in sorted(mandates, key=lambda each: (each.holder, each.of, each.since))
            ],
            "purposes": [{"role": role, "uri": who.purposes[role]} for role in ROLES if role in who.purposes],
        }
    )


def _by_name(entry: tuple[tuple[str, str], Client]) -> tuple[str, str]:
    return entry[0]


def _organisation(one: Organisation) -> dict[str, Any]:
    return {"oin": one.oin, "kind": one.kind, "name": one.name, "code": one.code}


def _issuer(one: Issuer) -> dict[str, Any]:
    return {"url": one.url, "kind": one.kind, "jwks": one.jwks, "audience": one.audience}


def _client(issuer: str, one: Client) -> dict[str, Any]:
    return {
        "id": one.id,
        "issuer": issuer,
        "organisation": None if one.organisation is None else one.organisation.oin,
        "scopes": [scope for scope in SCOPES if scope in one.scopes],
        "purpose": one.purpose,
    }


def _mandate(one: Mandate) -> dict[str, Any]:
    return {
        "holder": one.holder,
        "of": one.of,
        "types": None if one.topics is None else sorted(f"{TYPE_PREFIX}{topic}" for topic in one.topics),
        "from": one.since,
        "until": one.until,
    }
