"""Who says what: the CloudEvents source of every organisation in the simulation, under the reserved test numbers."""

from __future__ import annotations

from functools import cache

from service.foundation.organisations import test_oin

IND, COA, DUO, MINISTRY, CBS = (
    f"urn:nld:oin:{test_oin(number)}:systeem:simulatie-{name}"
    for number, name in enumerate(("ind", "coa", "duo", "ministerie", "cbs"), start=1)
)
_NATIONAL = frozenset((IND, COA, DUO, MINISTRY, CBS))


@cache
def municipality(code: str) -> str:
    """The source of a municipality, by its CBS code."""
    return f"urn:nld:oin:{test_oin(100_000_000 + int(code[2:]))}:systeem:simulatie-gemeente"


@cache
def province(code: str) -> str:
    """The source of a province, by its CBS code."""
    return f"urn:nld:oin:{test_oin(200_000_000 + int(code[2:]))}:systeem:simulatie-provincie"


def is_national(source: str) -> bool:
    """Whether the source is one of the five national organisations, which no merger ends."""
    return source in _NATIONAL
