"""Who may do what: one table for every operation of the service. What does not stand in it, nobody may.

A second table says which parts of a journey each kind of organisation needs: an answer leaves out the parts that are of
no use to who asks (AVG art. 5(1)(c)), and names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from fastapi import Request
from starlette.types import Scope

from domain.authority import PartyKind
from domain.deadlines import DeadlineKind
from projections.figure import Audience, Figure
from projections.figures import FIGURES
from service.access.caller import ROLES, Caller, Role, TokenScope, caller_of
from service.foundation.problems import Problem

#: How far an operation is open to a role.
#:
#: `all`: everything. `exact`: figures as they are. `rounded`: figures, of which small numbers are rounded. `own`: what
#: is theirs (a municipality's journeys and figures, a province's figures, a sender's refusals). `masked`: history and
#: proofs without what tells who somebody is.
Extent = Literal["all", "exact", "masked", "own", "rounded"]
#: The widest first: of several roles the first of these holds, one for a whole answer and never two together.
EXTENTS: tuple[Extent, ...] = get_args(Extent)


class Rule(NamedTuple):
    """What a token needs to have been issued for, and how far each role gets; `or_scope` is as good as `scope`."""

    scope: TokenScope
    extents: Mapping[Role, Extent]
    or_scope: TokenScope | None = None

    @property
    def public(self) -> bool:
        """Whether anybody may ask, without showing anything."""
        return "public" in self.extents


def _open_to_all(scope: TokenScope = "figures.read") -> Rule:
    """What has been published, or says nothing about persons."""
    return Rule(scope, dict.fromkeys(ROLES, "exact"))


#: Who settles the quota, links, and counts has the figures as they are; a municipality and a province their own.
EXACT_TO: frozenset[Role] = frozenset({"ind", "coa", "ministry", "auditor"})
_FIGURES = Rule(
    "figures.read",
    {
        **dict.fromkeys(ROLES, "rounded"),
        **dict.fromkeys(EXACT_TO, "exact"),
        **dict.fromkeys(("municipality", "province"), "own"),
    },
)
# Who supervises, who links, and who answers for the whole reads of supervision as it is; a municipality its own.
_SUPERVISION = Rule(
    "figures.read",
    {
        **dict.fromkeys(ROLES, "rounded"),
        **dict.fromkeys(("province", "coa", "ministry", "auditor"), "exact"),
        "municipality": "own",
    },
)
_OF_AUDIENCES: Mapping[Audience, Rule] = {"public": _FIGURES, "persons": _FIGURES, "supervision": _SUPERVISION}
_SENDERS: tuple[Role, ...] = get_args(PartyKind)
# The parts of a figure name journeys.
_PARTS = Rule("journeys.read", {"coa": "all", "municipality": "own", "auditor": "masked"})
# What is of no journey is a public fact: who has no journeys of their own gets that, and what they said or posted.
_LOG = Rule("events.read", {**dict.fromkeys(_SENDERS, "own"), "coa": "all", "auditor": "masked"})
# Who posts sees what was refused; so do the people of an organisation, who post nothing and are to set it right.
_REFUSED = Rule("events.write", {**dict.fromkeys(_SENDERS, "own"), "auditor": "masked"}, "events.read")

_CHANGES = Rule("journeys.read", {"coa": "all", "auditor": "masked"})


def _of_table(figure: Figure) -> dict[str, Rule]:
    """The rules of a declared table: rows, and the parts of a cell at one position or at two. Where no part can be a
    journey's, those are open as the rows are.
    """
    name = figure.name.replace("-", "_")
    rows = _OF_AUDIENCES[figure.audience] if figure.rounds else _open_to_all()
    why, changes = (_PARTS, _CHANGES) if figure.of_journeys else (rows, rows)
    return {f"read_figure_{name}": rows, f"explain_figure_{name}": why, f"compare_figure_{name}": changes}


#: Every operation by the name of its route.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "post_events": Rule("events.write", dict.fromkeys(_SENDERS, "own")),
        "list_events": _LOG,
        "read_event": _LOG,
        "list_area_events": _LOG,
        "list_rejections": _REFUSED,
        "read_rejection": _REFUSED,
        "read_realisation": _FIGURES,
        "read_backlog": _open_to_all(),
        "read_norm_phases": _FIGURES,
        "list_published_figures": _open_to_all(),
        "list_figures": _open_to_all(),
        **{rule: of for figure in FIGURES.values() for rule, of in _of_table(figure).items()},
        "list_journeys": Rule(
            "journeys.read", {"ind": "all", "coa": "all", "municipality": "own", "auditor": "masked"}
        ),
        "list_deadlines": Rule(
            "journeys.read", {"ind": "all", "coa": "all", "municipality": "own", "auditor": "masked"}
        ),
        # What is one's own to set right; seen at no event, a municipality's of the journeys that belong to it.
        "list_findings": _LOG,
        "find_journey": Rule("journeys.read", {"ind": "all", "coa": "all", "duo": "all", "municipality": "own"}),
        "read_journey": Rule(
            "journeys.read", {"ind": "all", "coa": "all", "duo": "all", "municipality": "own", "auditor": "masked"}
        ),
        "read_timeline": Rule("journeys.read", {"coa": "all", "municipality": "own", "auditor": "masked"}),
        "list_journey_events": Rule("journeys.read", {"coa": "all", "municipality": "own", "auditor": "masked"}),
        "reconcile_list": Rule("journeys.read", {"coa": "all", "municipality": "own"}),
        "list_municipalities": _open_to_all(),
        "list_periods": _open_to_all(),
        "list_norm_sets": _open_to_all(),
        "list_event_types": _open_to_all(),
        "read_index": _open_to_all(),
        "openapi": _open_to_all(),
        "read_session": _open_to_all(),
        "read_checkpoint": _open_to_all(),
        "read_consistency": _open_to_all(),
        "read_key": _open_to_all(),
        # A leaf holds an event as it is sealed in the log.
        "read_inclusion": Rule("history.read", {"auditor": "masked"}),
        # Who asked what of whom: for who looks into it from outside, reading which is in it as well.
        "list_processings": Rule("history.read", {"auditor": "masked"}),
        "list_audited": Rule("history.read", {"auditor": "masked"}),
        "read_registry": Rule("registry.manage", {"auditor": "all", "administrator": "all"}),
        "make_checkpoint": Rule("history.read", {"auditor": "all", "administrator": "all"}),
    }
)

#: What stands beside the API, has no rule, and is open to whoever reaches it; the proxy before it lets few.
OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "live": "GET /livez",
        "ready": "GET /readyz",
        "metrics": "GET /metrics",
        "security_txt": "GET /.well-known/security.txt",
        "welcome": "GET /",
        "documentation": "GET /docs",
        "documentation_file": "GET /docs/{name}",
        "sign_in": "GET /sign-in",
        "sign_in_callback": "GET /sign-in/callback",
        "sign_out": "POST /sign-out",
        # Pages ask the API as who looks at them, and say nothing that it does not.
        "page_municipality": "GET /gemeenten/{code}",
        "page_municipality_more": "GET /gemeenten/{code}/meer",
        "page_catalogue": "GET /cijfers",
        "page_figure": "GET /cijfers/{figure}",
        "page_reasons": "GET /cijfers/{figure}/waarom",
        "page_verification": "GET /controle",
        "page_what_if": "GET /wat-als",
        "page_changes": "GET /cijfers/{figure}/veranderd",
        "page_journeys": "GET, POST /trajecten",
        "page_journey": "GET /trajecten/{journey}",
        "page_deliveries": "GET /aanleveren",
        "page_glossary": "GET /uitleg",
        "page_role": "GET /rol",
        "page_country": "GET /en/",
        "page_province": "GET /provincies/{code}",
        "page_municipalities": "GET /gemeenten",
        "page_file": "GET /pages/{name}",
    }
)

_KEY = "ketenspoor.extent"


class Unruled(Exception):
    """An operation without a rule: the service does not start."""


def check(names: Iterable[str]) -> None:
    """Every operation has its rule; told of those that have none."""
    if missing := sorted(set(names) - RULES.keys() - OUTSIDE.keys()):
        raise Unruled(f"no rule says who may do this: {', '.join(missing)}")


def extent(name: str, caller: Caller) -> Extent:
    """How far a caller gets with an operation: a refusal where not at all.

    Only in development mode somebody is open to everything. Who has the auditor's role has that one alone: what an
    auditor sees of the whole and another role sees of persons would together say more than each. A token is good for
    what it was issued for; what is public needs none.
    """
    found = find_extent(name, caller)
    if found is None:
        raise unauthenticated() if caller.roles == {"public"} and name in RULES else forbidden()
    return found


def find_extent(name: str, caller: Caller) -> Extent | None:
    """The same; None where not at all."""
    if caller.open:
        return "all"
    rule = RULES.get(name)
    if rule is None:
        return None
    open_to: set[Role] = {"public"}
    if rule.scope in caller.scopes or rule.or_scope in caller.scopes:
        open_to |= {"auditor"} if "auditor" in caller.roles else caller.roles
    found = {rule.extents[role] for role in open_to if role in rule.extents}
    return next((one for one in EXTENTS if one in found), None)


def reads_every_journey(request: Request) -> bool:
    """Whether who asks may read any journey there is, though of what they ask now only their own is theirs."""
    return find_extent("read_journey", caller_of(request.scope)) == "all"


def scopes_of(roles: Iterable[Role]) -> frozenset[TokenScope]:
    """All that the table gives to some roles: the scopes of a person, who has no token."""
    some = set(roles)
    return frozenset(rule.scope for rule in RULES.values() if some & rule.extents.keys())


async def permitted(request: Request) -> None:
    """Let a request in as far as the rules go, before anything else is looked at."""
    request.scope[_KEY] = extent(request.scope["route"].name, caller_of(request.scope))


def extent_of(request: Request) -> Extent:
    """How far the request was let in."""
    found: Extent = request.scope[_KEY]
    return found


def let_in_as(scope: Scope) -> Extent | None:
    """The same, for who looks at it from outside the routes; None where nobody was let in."""
    return scope.get(_KEY)


def unauthenticated() -> Problem:
    """Nobody showed who asks."""
    return Problem(401, "Unauthorized", "Show who asks: an access token.", headers={"WWW-Authenticate": "Bearer"})


def forbidden() -> Problem:
    """It is known who asks, and this is not for them."""
    return Problem(403, "Forbidden", "This is not for who asks.")


_HOUSING: frozenset[Role] = frozenset({"coa", "municipality"})
_HISTORY: frozenset[Role] = _HOUSING | {"auditor"}

#: Parts of `GET /v1/journeys/{journey}` and the roles that read them; a part that is not here all read who may ask.
SECTIONS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "household": _HOUSING,
        "permit": _HISTORY | {"ind", "duo"},
        "documentOn": _HOUSING | {"ind"},
        "region": _HOUSING,
        "adaptedNeeds": _HOUSING,
        "phases": _HISTORY | {"ind"},
        "links": _HISTORY | {"ind"},
        "homes": _HISTORY,
        "returnedOn": _HISTORY | {"ind"},
        "permanentHomeOn": _HISTORY | {"duo"},
        "registeredOn": _HOUSING | {"duo"},
        "handovers": _HISTORY,
        "guestSince": _HOUSING,
        "guestUntil": _HOUSING,
        "family": _HOUSING | {"ind"},
        "dossier": _HOUSING,
        "missingItems": _HOUSING,
        "refusals": _HISTORY,
        "temporaryStay": _HOUSING,
        "comesOfAgeOn": _HOUSING,
        "integration": _HISTORY | {"duo"},
        "fines": _HOUSING | {"duo"},
        "causes": _HISTORY,
        "causesByDay": _HISTORY,
        "findings": _HISTORY,
    }
)

#: In which part of a journey each kind of deadline is told: who does not read that does not read of those.
DEADLINE_SECTIONS: Mapping[DeadlineKind, str] = MappingProxyType(
    {
        "housing-norm": "phases",
        "temporary-stay": "temporaryStay",
        "guest-stay": "temporaryStay",
        "integration-plan": "integration",
        "integration-term": "integration",
        "turning-18": "comesOfAgeOn",
    }
)


def withheld_sections(request: Request) -> list[str]:
    """The names of the parts that who asks has no need of."""
    caller = caller_of(request.scope)
    roles = {"auditor"} if "auditor" in caller.roles and not caller.open else caller.roles
    # A role that may not read journeys at all adds nothing.
    reading = roles & RULES["read_journey"].extents.keys()
    return [] if caller.open else [name for name, some in SECTIONS.items() if not some & reading]
