"""Who is asking, as authentication found out; everything behind it asks this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from starlette.types import Scope as AsgiScope

from domain.authority import Mandate, Organisation, PartyKind

#: What only people are, whomever they work for.
PersonRole = Literal["analyst", "auditor", "administrator"]
#: In what capacity somebody asks. A machine has the kind of its organisation; a person has what the claim says.
Role = Literal["public", PartyKind, PersonRole]
ROLES: tuple[Role, ...] = get_args(Role)

#: What a token was issued for.
TokenScope = Literal["events.write", "events.read", "journeys.read", "figures.read", "history.read", "registry.manage"]
SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)

#: What an organisation may post for others, by the OIN of each.
Mandates = Mapping[str, Sequence[Mandate]]
NO_MANDATES: Mandates = MappingProxyType({})

_KEY = "ketenspoor.caller"


class Caller(NamedTuple):
    """Who asks. `actor` is what the logs call them: a client's id or a pseudonym, never a name.

    `organisation` is None for who speaks for none; `purpose` is the URI of the processing activity they work for (the
    register of AVG art. 30). `open` only in development mode without a token: the source of an event decides who sent
    it, and reads are open.
    """

    actor: str
    roles: frozenset[Role]
    scopes: frozenset[TokenScope]
    organisation: Organisation | None = None
    purpose: str | None = None
    mandates: Mandates = NO_MANDATES
    open: bool = False


#: Who shows nothing.
ANYONE = Caller("anyone", frozenset({"public"}), frozenset({"figures.read"}))
#: Who shows nothing in development mode.
DEVELOPER = Caller("development", frozenset(ROLES), frozenset(SCOPES), open=True)


def set_caller(scope: AsgiScope, caller: Caller) -> None:
    """Say who a request is from."""
    scope[_KEY] = caller


def caller_of(scope: AsgiScope) -> Caller:
    """Who a request is from; nothing is served before authentication has set it."""
    found: Caller = scope[_KEY]
    return found


def origin_of(scope: AsgiScope) -> str:
    """Where on the network a request comes from, as the audit log has it."""
    client = scope.get("client")
    return "unknown" if client is None else str(client[0])
