"""Which OIN is which organisation: what a registry tells, and the reserved test numbers of development mode."""

from __future__ import annotations

import re
from collections.abc import Callable

from domain.authority import Organisation, OrganisationKind
from domain.places import PROVINCES, Places

#: From an OIN to the organisation, None when it is not registered.
Registry = Callable[[str], Organisation | None]

_TEST_NUMBER = re.compile(r"00000099([0-9]{9})000", re.ASCII)
#: By the number in their reserved test OIN.
NATIONAL: dict[int, tuple[OrganisationKind, str]] = {
    1: ("ind", "IND"),
    2: ("coa", "COA"),
    3: ("duo", "DUO"),
    4: ("ministry", "Ministry"),
    5: ("cbs", "CBS"),
}


class InvalidRegistry(Exception):
    """The registry file can't be read as one."""


def test_oin(number: int) -> str:
    """The reserved test OIN with this number: 1-5 national, 1000 and a municipality code, 20000000 and a province."""
    return f"00000099{number:09d}000"


def development(oin: str) -> Organisation | None:
    """The organisations of development mode, by the reserved test numbers (contract, section 3)."""
    match = _TEST_NUMBER.fullmatch(oin)
    if match is None:
        return None
    number = int(match[1])
    if number in NATIONAL:
        kind, name = NATIONAL[number]
        return Organisation(oin, kind, name)
    if 100_000_000 <= number <= 100_009_999:
        code = f"GM{number - 100_000_000:04d}"
        # Any code, so that a municipality that a posted merger brings can speak; whether it exists is another question.
        places = Places.shipped()
        return Organisation(oin, "municipality", places.name(code) if places.known(code) else code, code)
    code = f"PV{number - 200_000_000:02d}" if 200_000_000 <= number <= 200_000_099 else ""
    return Organisation(oin, "province", PROVINCES[code], code) if code in PROVINCES else None
