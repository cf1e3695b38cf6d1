"""Which questions of the chain each operation answers, by the numbers that the contract gives them (Q1 to Q66)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from projections.figures import FIGURES

#: By how an operation is named in the rules; those of the declared tables say so with the table.
_QUESTIONS: Mapping[str, Sequence[int]] = MappingProxyType(
    {
        "read_realisation": FIGURES["realisation"].questions,
        "read_backlog": FIGURES["backlog"].questions,
        "read_norm_phases": FIGURES["norm-phases"].questions,
        # What differs between what was published and what the log has for that day.
        "list_published_figures": (13,),
        "reconcile_list": (14,),
        "list_journeys": (27, 35),
        "list_deadlines": (27, 42, 53, 65),
        "list_norm_sets": (31,),
        "list_findings": (59,),
        "list_processings": (60,),
        "list_audited": (60,),
        "read_journey": (61,),
        "read_timeline": (61,),
        "list_journey_events": (61,),
        # The same log gives the same figures: what it was at a position is signed and proved.
        "read_checkpoint": (62,),
        "read_consistency": (62,),
        "read_inclusion": (62,),
        # Of each table, who reads small numbers exactly.
        "list_figures": (66,),
    }
)
#: What every report of a change answers besides: why a figure is another than was told before.
OF_CHANGES = 13


def questions_of(name: str) -> list[str]:
    """The questions that an operation answers; none of what only posts, describes or serves the others."""
    return [f"Q{number}" for number in _QUESTIONS.get(name, ())]
