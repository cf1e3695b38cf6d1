"""The rules as a table for people: what each role may do, and which parts of a journey it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fastapi.routing import APIRoute

from service.access.caller import ROLES, Role
from service.access.rules import OUTSIDE, RULES, SECTIONS, Rule
from service.http import routes

_BESIDE_THE_ROUTES = {"post_events": "POST /v1/events", "openapi": "GET /v1/openapi.json"}

_PREFACE = """\
# Who may do what

Made by `ketenspoor rules` from the one table that every request is held against; a test compares the two. What does
not stand here, nobody may. A token needs the scope of the row as well; what is public needs none. In development mode
without a token everything is open.

- `all`: everything. `exact`: figures as they are.
- `rounded`: each number by itself, persons to multiples of 5, days to multiples of 5, shares to multiples of 0.05, and
  nothing where the persons round to none. The quota, what was realised and what is left are public and stay exact. What
  that protects, and what it leaves, is told in [small numbers](small-numbers.md).
- `masked`: everything but what tells who somebody is. V-numbers, birth dates and free text are sealed and shown to
  nobody here; a journey is named by its id, which is a keyed pseudonym. Of refusals the reasons, not what was posted.
- `own`: of journeys those that concern the municipality, of the log also what it said or posted itself and what is of
  no journey (numbers, areas and municipalities are public facts), of figures its own rows exactly and the others
  rounded, of a list its own municipality, of refusals those of what it posted itself. Of what is not its own the answer
  is that there is none; a row that it is yet to share, by a merger to come, is not its own. One public fact is not
  everybody's: how many persons are to be linked to a municipality (`links-announced`), with what corrects or withdraws
  it, is told to it, to its province, to the ministry and to IND, as small numbers of persons in figures are.

Of several roles the first that a row gives counts, in the order all, exact, masked, own, rounded; it holds for the
whole answer. Who has the auditor's role has that one alone, because what an auditor sees of the whole would, together
with what another role sees of persons, say more than each: somebody who has to do both, does so as two.

A journey concerns the municipality where the permit holder is housed, or to which they are linked while they are not;
the one whose integration plan is the newest; and for a month after a plan of another municipality the one that had the
plan before. A plan counts only of a municipality that COA linked or housed them to: nobody opens a journey by what they
say of it themselves. That is settled by what holds today and is known now, whatever day or instant is asked; who
succeeded a merged municipality has its journeys. What ends it is not told: the list of journeys no longer has it.
"""
_SECTIONS = """\
## Parts of a journey

`GET /v1/journeys/{journey}` leaves out what the role has no need of, and names it in `withheld`. Parts that are not in
this table all read who may ask.
"""


def text() -> str:
    """The whole page."""
    return "\n".join([_PREFACE, *_operations(), "", _SECTIONS, *_parts(), "", *_outside(), ""])


def _operations() -> Iterator[str]:
    yield from _table(("Operation", "Scope", *ROLES), map(_operation, sorted(RULES.items(), key=_order)))


def _operation(one: tuple[str, Rule]) -> Sequence[str]:
    name, rule = one
    scope = rule.scope if rule.or_scope is None else f"{rule.scope} or {rule.or_scope}"
    return (f"`{_addresses().get(name, name)}`", scope, *(rule.extents.get(role, "") for role in ROLES))


def _order(one: tuple[str, Rule]) -> tuple[str, str]:
    method, _, address = _addresses().get(one[0], one[0]).partition(" ")
    return address, method


def _addresses() -> dict[str, str]:
    """The method and address of every operation, by its name."""
    found = dict(_BESIDE_THE_ROUTES)
    for part in routes.PARTS:
        for route in part.routes:
            if isinstance(route, APIRoute):
                path = route.path.replace(":uuid}", "}")
                found[route.name] = f"{'/'.join(sorted(route.methods or ()))} /v1{path}"
    return found


def _parts() -> Iterator[str]:
    readers: list[Role] = [role for role in ROLES if role in RULES["read_journey"].extents]
    rows = ((f"`{name}`", *("yes" if role in some else "" for role in readers)) for name, some in SECTIONS.items())
    yield from _table(("Part", *readers), rows)


def _outside() -> Iterator[str]:
    yield "## Beside the API"
    yield ""
    yield "Open to whoever reaches them, without a rule; they tell of no person. The metrics count events by type and"
    yield "organisation, exactly: a proxy keeps them, and the health addresses, to the platform alone."
    yield ""
    for address in OUTSIDE.values():
        yield f"- `{address}`"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
