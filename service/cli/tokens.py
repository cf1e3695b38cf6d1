"""Tokens of development mode: for who tries the service, or writes against it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, get_args

import typer

from domain.authority import PartyKind
from service.access import development
from service.access.caller import SCOPES, PersonRole
from service.access.registry import who_is_who
from service.cli.terminal import Failed
from service.foundation.organisations import NATIONAL, test_oin
from service.foundation.settings import load

#: The systems of these roles by the reserved test numbers; a municipality or province is one of many.
_NATIONAL: dict[str, int] = {kind: number for number, (kind, _) in NATIONAL.items()}
_SYSTEMS, _PEOPLE = get_args(PartyKind), get_args(PersonRole)
#: The longest that a token lasts, in minutes: as long as the profile lets one of a machine.
_LONGEST = 360


def token(
    organisation: Annotated[str | None, typer.Option(help="The OIN of an organisation.")] = None,
    role: Annotated[
        str | None,
        typer.Option(help=f"In what capacity: {', '.join(_SYSTEMS)}, or that of a person: {', '.join(_PEOPLE)}."),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Makes it a person's token, also of an organisation's; says which person.")
    ] = None,
    scopes: Annotated[str, typer.Option(help="What the token is for, with spaces between.")] = " ".join(SCOPES),
    minutes: Annotated[int, typer.Option(min=1, max=_LONGEST, help="How long it lasts.")] = 60,
) -> None:
    """Print an access token, for development mode only.

    With `--role coa` it is one of COA's system, with `--role analyst` one of a person, and with `--organisation` and an
    OIN one of any organisation's system. Somebody of a municipality: its OIN, `--role municipality` and `--subject`.
    """
    settings = load()
    if not settings.development:
        raise Failed(
            "tokens are made here in development mode only; where there is a master key your issuer makes them"
        )
    if role is not None and role not in (*_SYSTEMS, *_PEOPLE):
        raise Failed(f"there is no such role; one of {', '.join((*_SYSTEMS, *_PEOPLE))}")
    if unknown := set(scopes.split()) - set(SCOPES):
        raise Failed(f"there are no such scopes ({len(unknown)}); some of {', '.join(SCOPES)}")
    organisation = organisation or (test_oin(_NATIONAL[role]) if role in _NATIONAL else None)
    registered = None if organisation is None else who_is_who(settings).organisations(organisation)
    if organisation is not None and registered is None:
        raise Failed("there is no organisation of this OIN in the registry")
    if registered is None and role not in _PEOPLE:
        raise Failed("say whose token: --organisation with an OIN, or --role")
    if registered is not None and role in _SYSTEMS and role != registered.kind:
        raise Failed("the organisation of this OIN is of another kind")
    claims: dict[str, object] = {}
    if registered is not None and subject is None and role not in _PEOPLE:
        claims[development.ORGANISATION] = registered.oin
    else:
        acting = role or (registered.kind if registered is not None else "")
        claims = {"sub": subject or acting, settings.oidc_roles_claim: [acting]}
        if registered is not None:
            claims[settings.oidc_organisation_claim] = registered.oin
    typer.echo(development.token(datetime.now(UTC), minutes, claims, scopes.split()))
