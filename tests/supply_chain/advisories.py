"""Holds the locked versions against known weaknesses: `python -m tests.supply_chain.advisories FOLDER`.

FOLDER holds advisories in the OSV format (JSON, a file each), as the advisory databases export them. Without one
nothing is audited, and that is said: an audit without data would only look like one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[2]
SERVICE, DEVELOPMENT = "requirements/service.txt", "requirements/development.txt"
_PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ]+)", re.MULTILINE)


class Weakness(NamedTuple):
    """A locked version of which an advisory speaks."""

    package: str
    version: str
    advisory: str


def locked(*locks: str) -> dict[str, str]:
    """Package to version, as these locks pin them."""
    pins = (pin for lock in locks for pin in _PIN.findall((ROOT / lock).read_text()))
    return {canonicalize_name(name): version for name, version in pins}


def weaknesses(advisories: Path, versions: Mapping[str, str]) -> tuple[int, list[Weakness]]:
    """How many advisories there were, and those that speak of one of these versions."""
    read, found = 0, []
    for file in sorted(advisories.rglob("*.json")):
        told = json.loads(file.read_text("utf-8"))
        read += 1
        if "withdrawn" not in told:
            found += [Weakness(name, version, told["id"]) for name, version in _spoken_of(told, versions)]
    return read, sorted(set(found))


def _spoken_of(told: Mapping[str, Any], versions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for affected in told.get("affected", ()):
        package = affected.get("package", {})
        name = canonicalize_name(str(package.get("name", "")))
        version = versions.get(name)
        if package.get("ecosystem") != "PyPI" or version is None:
            continue
        if version in affected.get("versions", ()) or any(
            _within(version, each) for each in affected.get("ranges", ())
        ):
            yield name, version


def _within(version: str, of: Mapping[str, Any]) -> bool:
    """Whether a version lies in a range: the last of its events up to that version says so."""
    if of.get("type") != "ECOSYSTEM":
        return False
    told = [(_version(at), kind) for event in of.get("events", ()) for kind, at in event.items()]
    here, inside = _version(version), False
    for at, kind in sorted(told):
        if kind in ("introduced", "fixed") and at <= here:
            inside = kind == "introduced"
        elif kind == "last_affected" and at < here:
            inside = False
    return inside


def _version(written: str) -> Version:
    try:
        return Version(written)
    except InvalidVersion:
        # "0" is how a range says "from the first".
        return Version("0")


def main() -> None:
    """The exit code says whether no advisory speaks of what is locked, as far as there were any to ask."""
    if len(sys.argv) < 2:
        sys.stdout.write("No advisories were given: NOTHING was audited (make advisories ADVISORIES=folder)\n")
        return
    versions = locked(SERVICE, DEVELOPMENT)
    read, found = weaknesses(Path(sys.argv[1]), versions)
    for one in found:
        sys.stdout.write(f"{one.package} {one.version}: {one.advisory}\n")
    sys.stdout.write(f"{len(versions)} packages, {read} advisories, {len(found)} of them about what is locked\n")
    if not read:
        sys.stdout.write("The folder holds no advisory: NOTHING was audited\n")
    sys.exit(1 if found or not read else 0)


if __name__ == "__main__":
    main()
