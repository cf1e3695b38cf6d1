"""What the checks of the supply chain would find: a key, a known weakness, a part that the SBOM leaves out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply_chain.advisories import weaknesses
from tests.supply_chain.sbom import left_out
from tests.supply_chain.secret_scan import KNOWN, ROOT, Found, scan, unknown

LOCKED = {"httpx": "0.28.1"}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-----BEGIN " + "PRIVATE KEY-----", "Private Key"),
        ('password = "' + "hG7kQ2mZ" + 'xP4w"', "Secret Keyword"),
        ('seed = "' + "9f86d081884c7d65" + '9a2feaa0c55ad015"', "Hex High Entropy String"),
        ("postgresql://ketenspoor:" + "hG7kQ2mZ" + "@database/ketenspoor", "Basic Auth Credentials"),
        ('x = "' + "AKIA" + 'QYLPMN5HHHFPZAM2"', "AWS Access Key"),
    ],
)
def test_a_key_that_is_left_in_a_file_is_found(tmp_path: Path, line: str, kind: str):
    (tmp_path / "settings.py").write_text(f"{line}\n")

    assert kind in {found.kind for found in scan(["settings.py"], tmp_path)}


def test_what_is_known_to_be_no_secret_hides_no_other_of_its_kind(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(KNOWN, ("a.py", "Private Key"), (1, "made up for this test"))
    first, second = Found("a.py", "Private Key", 1), Found("a.py", "Private Key", 9)

    assert unknown([first]) == []
    assert unknown([first, second]) == [first, second]


def test_what_is_known_to_be_no_secret_is_still_there():
    assert [file for file, _ in KNOWN if not (ROOT / file).is_file()] == []


def advisory(**affected: Any) -> dict[str, Any]:
    return {"id": "PYSEC-1", "affected": [{"package": {"name": "HTTPX", "ecosystem": "PyPI"}, **affected}]}


def ranges(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return advisory(ranges=[{"type": kind, "events": list(events)}])


@pytest.mark.parametrize(
    ("told", "speaks_of_it"),
    [
        (advisory(versions=["0.28.0", "0.28.1"]), True),
        (advisory(versions=["0.28.0"]), False),
        (ranges({"introduced": "0"}), True),
        (ranges({"introduced": "0"}, {"fixed": "0.28.2"}), True),
        (ranges({"introduced": "0"}, {"fixed": "0.28.1"}), False),
        (ranges({"introduced": "0"}, {"last_affected": "0.28.1"}), True),
        (ranges({"introduced": "0"}, {"last_affected": "0.28.0"}), False),
        (ranges({"introduced": "0"}, {"fixed": "0.9"}, {"introduced": "0.28"}, {"fixed": "0.29"}), True),
        (ranges({"introduced": "0.29"}), False),
        (ranges({"introduced": "0"}, kind="GIT"), False),
        ({**advisory(versions=["0.28.1"]), "withdrawn": "2026-01-01T00:00:00Z"}, False),
        ({"id": "X", "affected": [{"package": {"name": "httpx", "ecosystem": "npm"}, "versions": ["0.28.1"]}]}, False),
    ],
)
def test_an_advisory_is_found_where_it_speaks_of_what_is_locked(tmp_path: Path, told: dict[str, Any], speaks_of_it):
    (tmp_path / "one.json").write_text(json.dumps(told))
    read, found = weaknesses(tmp_path, LOCKED)

    assert read == 1
    assert [(one.package, one.version) for one in found] == ([("httpx", "0.28.1")] if speaks_of_it else [])


def test_an_audit_without_advisories_says_that_nothing_was_audited():
    command = [sys.executable, "-m", "tests.supply_chain.advisories"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "NOTHING was audited" in ended.stdout


@pytest.mark.parametrize(
    ("parts", "missing"),
    [
        ([{"name": "httpx", "version": "0.28.1"}], set()),
        ([{"name": "httpx", "version": "0.28.0"}], {"httpx"}),
        ([{"name": "h11", "version": "0.28.1"}], {"httpx"}),
        ([], {"httpx"}),
    ],
)
def test_a_part_that_an_sbom_leaves_out_is_noticed(parts: list[dict[str, str]], missing: set[str]):
    assert left_out({"components": parts}, LOCKED) == missing
