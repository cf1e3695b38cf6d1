"""What the claims of an OpenID provider make of somebody: roles of ours, an organisation that we know, no name."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from domain.authority import PartyKind
from service.access.caller import ROLES, Caller, Role, TokenScope
from service.access.registry import WhoIsWho
from service.access.rules import scopes_of
from service.foundation.settings import Settings
from service.log.keys import Keyring

#: Roles of who works for an organisation of that kind.
_OF_A_KIND = frozenset(get_args(PartyKind))
#: Nobody posts from a browser. What was refused is read by the same scope, by who may post nothing.
_OF_SYSTEMS: TokenScope = "events.write"
_READS_REFUSALS: Role = "auditor"


def person(claims: Mapping[str, Any], issuer: str, settings: Settings, who: WhoIsWho, keys: Keyring) -> Caller:
    """Who somebody is by the claims of a token that was verified; without roles when none of theirs is known here."""
    oin = _claimed(claims, settings.oidc_organisation_claim)
    told = _claimed(claims, settings.oidc_roles_claim)
    listed = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    roles = (role for role in ROLES if role in listed)
    return known_person(pseudonym(keys, issuer, claims["sub"]), roles, oin if isinstance(oin, str) else None, who)


def known_person(actor: str, roles: Iterable[Role], oin: str | None, who: WhoIsWho) -> Caller:
    """Somebody with those of their roles that who works for this organisation can have: COA's are for COA's people."""
    organisation = None if oin is None else who.organisations(oin)
    kind = None if organisation is None else organisation.kind
    theirs = frozenset(role for role in roles if role != "public" and (role not in _OF_A_KIND or role == kind))
    purposes = (who.purpose_of(role) for role in ROLES if role in theirs)
    purpose = next((purpose for purpose in purposes if purpose is not None), None)
    scopes = scopes_of(theirs)
    if _READS_REFUSALS not in theirs:
        scopes -= {_OF_SYSTEMS}
    return Caller(actor, theirs, scopes, organisation, purpose)


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
