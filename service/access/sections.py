"""What each kind of organisation needs to know of a journey that it may read: one table of parts and roles.

An answer about a journey leaves out the parts that are of no use to who asks (AVG art. 5(1)(c)), and names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request

from service.access.caller import Role, caller_of
from service.access.rules import RULES

_HOUSING: frozenset[Role] = frozenset({"coa", "municipality"})
_HISTORY: frozenset[Role] = _HOUSING | {"auditor"}

#: Parts of `GET /v1/journeys/{journey}` and the roles that read them; a part that is not here all read who may ask.
SECTIONS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "household": _HOUSING,
        "permit": _HISTORY | {"ind", "duo"},
        "documentOn": _HOUSING | {"ind"},
        "phases": _HISTORY | {"ind"},
        "links": _HISTORY | {"ind"},
        "homes": _HISTORY,
        "returnedOn": _HISTORY | {"ind"},
        "permanentHomeOn": _HISTORY | {"duo"},
        "guestSince": _HOUSING,
        "family": _HOUSING | {"ind"},
        "dossier": _HOUSING,
        "refusals": _HISTORY,
        "integration": _HISTORY | {"duo"},
        "causes": _HISTORY,
        "findings": _HISTORY,
    }
)


def needed(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an answer about a journey that who asks needs, and the names of those that were left out."""
    caller = caller_of(request.scope)
    roles = {"auditor"} if "auditor" in caller.roles and not caller.open else caller.roles
    # A role that may not read journeys at all adds nothing.
    reading = roles & RULES["read_journey"].extents.keys()
    out = [] if caller.open else [name for name, some in SECTIONS.items() if not some & reading]
    return {**{name: part for name, part in body.items() if name not in out}, "withheld": out}
