"""What an event names that is not its own: the event that it corrects, and municipalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.authority import Organisation
from domain.field_types import Fault, Wrong, parse_key
from domain.identifiers import is_municipality_code
from domain.municipality import TABLE_BEGINS
from domain.places import Places
from service.foundation.organisations import Registry
from service.intake.identity import sender

_TABLE_BEGINS = TABLE_BEGINS.isoformat()


def corrected(data: Mapping[str, Any], faults: list[Fault]) -> dict[str, str]:
    """What names the event that is corrected, as it is written; every fault in it is added to `faults`."""
    named: dict[str, str] = {}
    for name in ("corrects", "correctsSource"):
        if data.get(name) is None:
            continue
        try:
            named[name] = parse_key(data[name])
        except Wrong as wrong:
            faults += [Fault(f"/data/{name}{within}", code, detail) for within, code, detail in wrong.faults]
    if data.get("correctsSource") is not None and data.get("corrects") is None:
        faults.append(Fault("/data/corrects", "required", "is required where there is a correctsSource"))
    return named


def not_to_correct(
    data: Mapping[str, Any], organisation: Organisation, registry: Registry, places: Places
) -> list[Fault]:
    """Nobody overwrites another's fact: another source is one's own, or of a municipality that one succeeded."""
    source = data.get("correctsSource")
    if not isinstance(source, str):
        return []
    other, _ = sender(source, registry)
    if other is not None and other.oin == organisation.oin:
        return []
    if (
        other is not None
        and other.code is not None
        and organisation.code is not None
        and other.kind == organisation.kind == "municipality"
        and places.is_successor_of(organisation.code, other.code)
    ):
        return []
    detail = "must be a source of your own, or of a municipality that you succeeded"
    return [Fault("/data/correctsSource", "not-yours-to-correct", detail)]


def municipalities(data: Mapping[str, Any], places: Places) -> list[Fault]:
    """Codes of municipalities that no time knows; a merger may bring a new one with its name and province.

    What is said of a day before the table of municipalities begins may be of one that the table does not have.
    """
    brings_its_own = "name" in data and "province" in data
    on = data.get("on")
    named = [("of", data.get("of"))]
    if not (isinstance(on, str) and on < _TABLE_BEGINS):
        named.insert(0, ("municipality", data.get("municipality")))
    if "into" in data and not brings_its_own:
        named.append(("into", data["into"]))
    transfers = data.get("transfers")
    if isinstance(transfers, list):
        named += [
            (f"transfers/{index}/municipality", part.get("municipality"))
            for index, part in enumerate(transfers)
            if isinstance(part, dict)
        ]
    return [
        Fault(f"/data/{name}", "unknown-municipality", "is no municipality's code")
        for name, code in named
        if isinstance(code, str) and not places.known(code) and is_municipality_code(code)
    ]


def merger(data: Mapping[str, Any]) -> list[Fault]:
    """What one field of a merger says against another; that each is right by itself is looked at elsewhere."""
    faults = []
    on, effective_on = data.get("on"), data.get("effectiveOn")
    if on is not None and effective_on is not None and on != effective_on:
        faults.append(Fault("/data/on", "disagrees", "must be the same day as effectiveOn"))
    if data.get("into") is not None and data.get("into") == data.get("municipality"):
        faults.append(Fault("/data/into", "disagrees", "must be another municipality"))
    return faults
