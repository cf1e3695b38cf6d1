"""For whom a verified token speaks, as the registry has it: a client's organisation, an FSC peer, or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.authority import Organisation
from service.access import development
from service.access.caller import SCOPES, Caller, Role, TokenScope
from service.access.people import person
from service.access.registry import Client, Issuer, WhoIsWho
from service.foundation.settings import Settings
from service.log.keys import Keyring


class NotKnown(Exception):
    """The token is genuine, and the registry does not have who shows it."""


class Given(NamedTuple):
    """What a token is looked up in."""

    who: WhoIsWho
    settings: Settings
    keys: Keyring


def bearer(claims: Mapping[str, Any], issuer: Issuer, given: Given) -> Caller:
    """Who shows a token with these claims, which were verified; NotKnown."""
    who = given.who
    if issuer.kind == "fsc":
        return _peer(claims, issuer, who)
    if issuer.kind == "development":
        return _developer(claims, given)
    client = who.clients.get((issuer.url, _client_id(claims)))
    if client is None:
        raise NotKnown
    if client.organisation is None:
        return _person(claims, issuer, given)
    return _machine(client, client.organisation, client.scopes & _scope(claims), who)


def _machine(client: Client, organisation: Organisation, scopes: frozenset[TokenScope], who: WhoIsWho) -> Caller:
    roles: frozenset[Role] = frozenset({organisation.kind})
    return Caller(client.id, roles, scopes, organisation, client.purpose, who.mandates_of(organisation))


def _client_id(claims: Mapping[str, Any]) -> str:
    """The client that a token was issued to: `azp` of the NL GOV profile or `client_id` of RFC 9068."""
    found = {claims[name] for name in ("azp", "client_id") if isinstance(claims.get(name), str)}
    if len(found) != 1:
        raise NotKnown
    return str(found.pop())


def _scope(claims: Mapping[str, Any]) -> frozenset[TokenScope]:
    """What a token was issued for; words of others are passed over."""
    scope = claims.get("scope")
    words = scope.split(" ") if isinstance(scope, str) else ()
    return frozenset(scope for scope in SCOPES if scope in words)


def _peer(claims: Mapping[str, Any], issuer: Issuer, who: WhoIsWho) -> Caller:
    """The peer that connects: where it does so for another (`act`), it is the one that needs the mandate."""
    acting = claims.get("act")
    oin = claims["sub"] if acting is None else acting.get("sub") if isinstance(acting, dict) else None
    client = who.clients.get((issuer.url, oin)) if isinstance(oin, str) else None
    if client is None or client.organisation is None or client.organisation.oin != oin:
        raise NotKnown
    return _machine(client, client.organisation, client.scopes, who)


def _person(claims: Mapping[str, Any], issuer: Issuer, given: Given) -> Caller:
    """Somebody by their own token, as they would be when they signed in."""
    if not isinstance(claims.get("sub"), str):
        raise NotKnown
    somebody = person(claims, issuer.url, given.settings, given.who, given.keys)
    if not somebody.roles:
        raise NotKnown
    return somebody


def _developer(claims: Mapping[str, Any], given: Given) -> Caller:
    """Whoever a token of development mode says: a person with roles, or an organisation's system."""
    if isinstance(claims.get("sub"), str):
        somebody = _person(claims, development.ISSUER, given)
        return somebody._replace(
            scopes=somebody.scopes & _scope(claims), purpose=somebody.purpose or development.PURPOSE
        )
    oin = claims.get(development.ORGANISATION)
    organisation = given.who.organisations(oin) if isinstance(oin, str) else None
    if organisation is None:
        raise NotKnown
    client = Client(f"development-{oin}", organisation, frozenset(SCOPES), development.PURPOSE)
    return _machine(client, organisation, _scope(claims), given.who)
