"""Who is who in the chain: a registry from OIN to organisation, from a settings file or the reserved test numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.authority import KINDS, Organisation, OrganisationKind
from domain.identifiers import is_municipality_code, is_oin, is_province_code
from domain.places import PROVINCES, Places
from service.settings import Settings

#: From an OIN to the organisation, None when it is not registered.
Registry = Callable[[str], Organisation | None]

_TEST_NUMBER = re.compile(r"00000099([0-9]{9})000", re.ASCII)
_NATIONAL: dict[int, tuple[OrganisationKind, str]] = {
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


def registry(settings: Settings) -> Registry:
    """The registry of this service; only in development mode the reserved test numbers will do."""
    if settings.organisations is not None:
        return from_file(settings.organisations)
    if settings.development:
        return development
    raise InvalidRegistry("KETENSPOOR_ORGANISATIONS is needed where there is a master key: the file of who is who")


def development(oin: str) -> Organisation | None:
    """The organisations of development mode, by the reserved test numbers (contract, section 3)."""
    match = _TEST_NUMBER.fullmatch(oin)
    if match is None:
        return None
    number = int(match[1])
    if number in _NATIONAL:
        kind, name = _NATIONAL[number]
        return Organisation(oin, kind, name)
    if 100_000_000 <= number <= 100_009_999:
        code = f"GM{number - 100_000_000:04d}"
        # Any code, so that a municipality that a posted merger brings can speak; whether it exists is another question.
        places = Places.shipped()
        return Organisation(oin, "municipality", places.name(code) if places.known(code) else code, code)
    code = f"PV{number - 200_000_000:02d}" if 200_000_000 <= number <= 200_000_099 else ""
    return Organisation(oin, "province", PROVINCES[code], code) if code in PROVINCES else None


def from_file(path: Path) -> Registry:
    """A registry file: TOML, one `[[organisation]]` each with oin, kind, name and, where it applies, code."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InvalidRegistry(f"{path}: {fault}") from fault
    entries = document.pop("organisation", None)
    if document or not isinstance(entries, list) or not entries:
        raise InvalidRegistry(f"{path}: has [[organisation]] tables, at least one and nothing else")
    found: dict[str, Organisation] = {}
    for number, entry in enumerate(entries, start=1):
        organisation = _organisation(entry, f"{path}, organisation {number}")
        if organisation.oin in found:
            raise InvalidRegistry(f"{path}, organisation {number}: its oin stands there twice")
        found[organisation.oin] = organisation
    return found.get


def _organisation(entry: Any, where: str) -> Organisation:
    if not isinstance(entry, dict) or entry.keys() - {"oin", "kind", "name", "code"}:
        raise InvalidRegistry(f"{where}: has oin, kind, name and code, nothing else")
    oin, kind, name, code = (entry.get(key) for key in ("oin", "kind", "name", "code"))
    if not isinstance(oin, str) or not is_oin(oin):
        raise InvalidRegistry(f"{where}: oin must be twenty digits, as a string")
    if kind not in KINDS:
        raise InvalidRegistry(f"{where}: kind must be one of {', '.join(KINDS)}")
    if not isinstance(name, str) or not name:
        raise InvalidRegistry(f"{where}: name must be a string")
    fits = {"municipality": is_municipality_code, "province": is_province_code}.get(kind)
    if fits is None and code is not None:
        raise InvalidRegistry(f"{where}: only a municipality or a province has a code")
    if fits is not None and (not isinstance(code, str) or not fits(code)):
        raise InvalidRegistry(f"{where}: code must be a CBS code like GM0344 or PV26")
    return Organisation(oin, kind, name, code)
