"""Who a verified token or a session speaks for, as the registry has it: an organisation, an FSC peer, or a person.

Of a person the claims of an OpenID provider make roles of ours and an organisation that we know, and no name.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_args

from domain.authority import Organisation, PartyKind
from service.access import development
from service.access.caller import ROLES, SCOPES, Caller, Role, TokenScope
from service.access.registry import Client, Issuer, WhoIsWho
from service.access.rules import scopes_of
from service.foundation.settings import Settings
from service.log.keys import Keyring

#: Roles of who works for an organisation of that kind.
_OF_A_KIND = frozenset(get_args(PartyKind))
#: Nobody posts from a browser.
_OF_SYSTEMS: TokenScope = "events.write"


def identify_person(claims: Mapping[str, Any], issuer: str, settings: Settings, who: WhoIsWho, keys: Keyring) -> Caller:
    """Who somebody is by the claims of a token that was verified; without roles when none of theirs is known here."""
    oin = _claimed(claims, settings.oidc_organisation_claim)
    claimed = _claimed(claims, settings.oidc_roles_claim)
    listed = [claimed] if isinstance(claimed, str) else claimed if isinstance(claimed, list) else []
    roles = (role for role in ROLES if role in listed)
    return person_with_roles(pseudonym(keys, issuer, claims["sub"]), roles, oin if isinstance(oin, str) else None, who)


def person_with_roles(actor: str, roles: Iterable[Role], oin: str | None, who: WhoIsWho) -> Caller:
    """Somebody with those of their roles that who works for this organisation can have: COA's are for COA's people."""
    organisation = None if oin is None else who.organisations(oin)
    kind = None if organisation is None else organisation.kind
    theirs = frozenset(role for role in roles if role != "public" and (role not in _OF_A_KIND or role == kind))
    purposes = (who.purpose_of(role) for role in ROLES if role in theirs)
    purpose = next((purpose for purpose in purposes if purpose is not None), None)
    return Caller(actor, theirs, scopes_of(theirs) - {_OF_SYSTEMS}, organisation, purpose)


def pseudonym(keys: Keyring, issuer: str, subject: str) -> str:
    """What the logs call somebody: always the same, and nobody's name to who lacks the key."""
    # Where it is no text that can be written, it is still somebody's and nobody else's.
    who = b"\0".join((b"actor", issuer.encode(), subject.encode("utf-8", "surrogatepass")))
    digest = hmac.digest(keys.people, who, "sha256")
    return "person:" + digest[:16].hex()


def _claimed(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; where there is none, the way to it within others, by the dots."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


class UnknownBearer(Exception):
    """The token is genuine, and the registry does not have who shows it."""


class TokenContext(NamedTuple):
    """What a token is looked up in."""

    who: WhoIsWho
    settings: Settings
    keys: Keyring


def identify_bearer(claims: Mapping[str, Any], issuer: Issuer, context: TokenContext) -> Caller:
    """Who shows a token with these claims, which were verified; UnknownBearer."""
    who = context.who
    if issuer.kind == "fsc":
        return _peer(claims, issuer, who)
    if issuer.kind == "development":
        return _developer(claims, context)
    client = who.clients.get((issuer.url, _client_id(claims)))
    if client is None:
        raise UnknownBearer
    if client.organisation is None:
        return _person(claims, issuer, context)
    return _machine(client, client.organisation, client.scopes & _scope(claims), who)


def _machine(client: Client, organisation: Organisation, scopes: frozenset[TokenScope], who: WhoIsWho) -> Caller:
    roles: frozenset[Role] = frozenset({organisation.kind})
    return Caller(client.id, roles, scopes, organisation, client.purpose, who.mandates_of(organisation))


def _client_id(claims: Mapping[str, Any]) -> str:
    """The client that a token was issued to: `azp` of the NL GOV profile or `client_id` of RFC 9068."""
    found = {claims[name] for name in ("azp", "client_id") if isinstance(claims.get(name), str)}
    if len(found) != 1:
        raise UnknownBearer
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
        raise UnknownBearer
    return _machine(client, client.organisation, client.scopes, who)


def _person(claims: Mapping[str, Any], issuer: Issuer, context: TokenContext) -> Caller:
    """Somebody by their own token, as they would be when they signed in."""
    if not isinstance(claims.get("sub"), str):
        raise UnknownBearer
    somebody = identify_person(claims, issuer.url, context.settings, context.who, context.keys)
    if not somebody.roles:
        raise UnknownBearer
    return somebody


def _developer(claims: Mapping[str, Any], context: TokenContext) -> Caller:
    """Whoever a token of development mode says: a person with roles, or an organisation's system."""
    if isinstance(claims.get("sub"), str):
        somebody = _person(claims, development.ISSUER, context)
        return somebody._replace(
            scopes=somebody.scopes & _scope(claims), purpose=somebody.purpose or development.PURPOSE
        )
    oin = claims.get(development.ORGANISATION)
    organisation = context.who.organisations(oin) if isinstance(oin, str) else None
    if organisation is None:
        raise UnknownBearer
    client = Client(f"development-{oin}", organisation, frozenset(SCOPES), development.PURPOSE)
    return _machine(client, organisation, _scope(claims), context.who)
