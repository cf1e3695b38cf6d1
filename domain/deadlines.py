"""What falls due for a permit holder, and who must act by then (termijnen)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

#: What falls due. `housing-norm`: the last day on which the housing phase ends within the norm. `temporary-stay`,
#: `guest-stay`: the last day that somebody can live where they are. `integration-plan`: the last day on which a plan is
#: in time. `integration-term`: the day the term for integrating ends, no longer part of it. `turning-18`: of an
#: unaccompanied minor the first day of the month of their eighteenth birthday, the day of which is not kept.
DeadlineKind = Literal[
    "housing-norm", "temporary-stay", "guest-stay", "integration-plan", "integration-term", "turning-18"
]
DeadlineOwner = Literal["municipality", "coa", "duo-and-permit-holder", "coa-and-nidos"]

#: Who must act. A municipality houses, finds who lives temporarily a lasting home, and draws up the plan. A guest is
#: still COA's, which extends the stay or takes them back. DUO keeps the term, and it is the permit holder who must
#: integrate within it. COA and the guardian (Nidos) see to what comes after the eighteenth birthday.
DEADLINE_OWNERS: Mapping[DeadlineKind, DeadlineOwner] = MappingProxyType(
    {
        "housing-norm": "municipality",
        "temporary-stay": "municipality",
        "guest-stay": "coa",
        "integration-plan": "municipality",
        "integration-term": "duo-and-permit-holder",
        "turning-18": "coa-and-nidos",
    }
)
