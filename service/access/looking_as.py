"""In development mode an address may say as whom it is asked: `as=coa`, `as=analyst`, `as=GM0344` or `as=PV26`.

Who builds on the service, or shows it, sees so what each role gets to see; elsewhere nobody is believed like that.
"""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qsl, urlencode

from starlette.types import Scope

from domain.authority import PartyKind
from service.access.caller import ANYONE, ROLES, Caller, Role
from service.access.identification import person_with_roles
from service.access.registry import WhoIsWho
from service.foundation.organisations import NATIONAL, test_oin
from service.foundation.problems import invalid_parameter

PARAMETER = "as"
_IN_SCOPE = "ketenspoor.as"
_IN_QUERY = PARAMETER.encode() + b"="
#: The number in the reserved test OIN of each organisation that there is one of.
_NUMBERS: dict[str, int] = {kind: number for number, (kind, _) in NATIONAL.items()}
_MUNICIPALITY, _PROVINCE = 100_000_000, 200_000_000
_OF_MANY = frozenset({"municipality", "province"})
#: Who can be chosen by a word; a municipality or a province by its code.
NAMED: tuple[Role, ...] = tuple(role for role in ROLES if role not in _OF_MANY)


def take_caller(scope: Scope, who: WhoIsWho) -> Caller | None:
    """As whom a request is asked, taken out of its address; None where it does not say, Problem where it is nobody."""
    if _IN_QUERY not in scope["query_string"]:
        return None
    parameters = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    asked = [value for name, value in parameters if name == PARAMETER]
    if not asked:
        return None
    caller = _caller(asked[0], who) if len(asked) == 1 else None
    if caller is None:
        raise invalid_parameter(
            PARAMETER, "not-one-of", f"is one of {', '.join(NAMED)}, or a municipality's or province's code"
        )
    scope["query_string"] = urlencode([one for one in parameters if one[0] != PARAMETER]).encode()
    scope[_IN_SCOPE] = asked[0]
    return caller


def looks_as(scope: Scope) -> str | None:
    """As whom a request is asked, as its address said it."""
    found: str | None = scope.get(_IN_SCOPE)
    return found


def _caller(asked: str, who: WhoIsWho) -> Caller | None:
    if asked == "public":
        return ANYONE
    role, number = _role_and_number(asked)
    oin = None if number is None else test_oin(number)
    if role is None or (role in get_args(PartyKind) and (oin is None or who.organisations(oin) is None)):
        return None
    return person_with_roles(f"development:{asked}", [role], oin, who)


def _role_and_number(asked: str) -> tuple[Role | None, int | None]:
    kind, digits = asked[:2], asked[2:]
    if kind in {"GM", "PV"} and digits.isascii() and digits.isdigit() and len(digits) == (4 if kind == "GM" else 2):
        return ("municipality", _MUNICIPALITY + int(digits)) if kind == "GM" else ("province", _PROVINCE + int(digits))
    return next(((role, _NUMBERS.get(role)) for role in NAMED if role == asked), (None, None))
