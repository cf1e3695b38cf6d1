"""The registry file: what it may say, and every fault in it told before anything is served."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.authority import Mandate, Organisation
from service.access.registry import WhoIsWho, from_file, who_is_who
from service.foundation.organisations import InvalidRegistry, Registry
from service.foundation.settings import Settings
from tests.api.tokens import registry_text

ROOT = Path(__file__).parents[2]
IND, COA, SUPPLIER = "00000001003214345000", "00000001003214346000", "00000001003214347000"
IND_OF_THE_FILE = f'[[organisation]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n'
FILE = f"""
[[organisation]]
oin = "{IND}"
kind = "ind"
name = "IND"

[[organisation]]
oin = "{COA}"
kind = "coa"
name = "COA"

[[organisation]]
oin = "{SUPPLIER}"
kind = "intermediary"
name = "Supplier"

[[issuer]]
url = "https://issuer.test"
jwks = "https://issuer.test/jwks"

[[client]]
id = "coa-1"
issuer = "https://issuer.test"
organisation = "{COA}"
scopes = ["events.write", "events.read"]
purpose = "https://register.test/1"

[[client]]
id = "desk"
issuer = "https://issuer.test"
people = true

[[mandate]]
holder = "{SUPPLIER}"
of = "{COA}"
types = ["nl.ketenspoor.housed.v1"]
from = 2022-01-01
until = 2022-12-31

[purposes]
analyst = "https://register.test/2"
"""


def from_text(tmp_path: Path, text: str, audience: str | None = "https://ketenspoor.test") -> WhoIsWho:
    path = tmp_path / "registry.toml"
    path.write_text(text, "utf-8")
    return from_file(path, audience)


def organisations_in(tmp_path: Path, text: str) -> Registry:
    return from_text(tmp_path, text).organisations


def faults(tmp_path: Path, text: str, audience: str | None = "https://ketenspoor.test") -> list[str]:
    with pytest.raises(InvalidRegistry) as refused:
        from_text(tmp_path, text, audience)
    return [line.removeprefix(f"{tmp_path / 'registry.toml'}, ") for line in str(refused.value).splitlines()]


def test_a_registry_file_names_organisations_by_oin(tmp_path: Path) -> None:
    registry = organisations_in(
        tmp_path,
        f"""
        [[organisation]]
        oin = "{IND}"
        kind = "ind"
        name = "Immigratie- en Naturalisatiedienst"

        [[organisation]]
        oin = "00000001003214345001"
        kind = "municipality"
        name = "Súdwest-Fryslân"
        code = "GM1900"

        [[organisation]]
        oin = "00000001003214345002"
        kind = "province"
        name = "Fryslân"
        code = "PV21"
        """,
    )
    assert registry(IND) == Organisation(IND, "ind", "Immigratie- en Naturalisatiedienst", None)
    sudwest = registry("00000001003214345001")
    assert sudwest is not None
    assert (sudwest.kind, sudwest.code, sudwest.name) == ("municipality", "GM1900", "Súdwest-Fryslân")
    assert registry("00000001003214345003") is None


def test_beside_a_registry_file_the_test_numbers_are_nobody(tmp_path: Path) -> None:
    registry = organisations_in(tmp_path, f'[[organisation]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n')
    assert registry("00000099000000001000") is None


def test_a_registry_file_says_whose_tokens_are_believed_and_for_whom_clients_work(tmp_path: Path) -> None:
    who = from_text(tmp_path, FILE)
    issuer = who.issuers["https://issuer.test"]
    assert (issuer.kind, issuer.jwks, issuer.audience) == (
        "oauth",
        "https://issuer.test/jwks",
        "https://ketenspoor.test",
    )
    client = who.clients["https://issuer.test", "coa-1"]
    assert client.organisation == who.organisations(COA)
    assert (set(client.scopes), client.purpose) == ({"events.write", "events.read"}, "https://register.test/1")
    assert who.clients["https://issuer.test", "desk"].organisation is None
    assert (who.purpose_of("analyst"), who.purpose_of("auditor")) == ("https://register.test/2", None)


def test_mandates_are_found_by_their_holder_and_whom_they_are_for(tmp_path: Path) -> None:
    who = from_text(tmp_path, FILE)
    supplier, coa = who.organisations(SUPPLIER), who.organisations(COA)
    assert supplier is not None and coa is not None
    topics = frozenset({"housed.v1"})
    assert who.mandates_of(supplier) == {COA: [Mandate(SUPPLIER, COA, topics, date(2022, 1, 1), date(2022, 12, 31))]}
    assert who.mandates_of(coa) == {}


WRONG = [
    ('kind = "ind"', 'kind = "police"', "organisation 1: kind: Input should be 'ind', 'coa'"),
    ('kind = "ind"', 'kind = ["ind"]', "organisation 1: kind: Input should be"),
    (f'oin = "{IND}"', 'oin = "0000000100321434500"', "organisation 1: oin: must be twenty digits, as a string"),
    (f'oin = "{IND}"', "oin = 12345678901234567", "organisation 1: oin: Input should be a valid string"),
    (f'oin = "{IND}"\n', "", "organisation 1: oin: is required"),
    ('name = "IND"', 'name = ""', "organisation 1: name: String should have at least 1 character"),
    ('name = "IND"', "name = 5", "organisation 1: name: Input should be a valid string"),
    ('name = "IND"', 'name = "IND"\nnaam = "x"', "organisation 1: naam: is no key of this table"),
    ('name = "IND"', 'name = "IND"\ncode = "GM0344"', "organisation 1: only a municipality or a province has a code"),
    ('kind = "ind"', 'kind = "municipality"', "organisation 1: code must be a CBS code like GM0344 or PV26"),
    ('kind = "ind"', 'kind = "province"\ncode = "GM0344"', "organisation 1: code must be a CBS code"),
    (f'oin = "{IND}"', f'oin = "{COA}"', "organisation 2: its oin stands there twice"),
    ('jwks = "https:', 'jwks = "http:', "issuer 1: jwks: must be an https address"),
    ('jwks = "https://issuer.test/jwks"', 'kind = "fsc"', "issuer 1: jwks: is required"),
    ('jwks = "', 'kind = "development"\njwks = "', "issuer 1: kind: Input should be 'oauth' or 'fsc'"),
    ('issuer = "https://issuer.test"\norg', 'issuer = "x"\norg', "client 1: issuer: is the url of no [[issuer]]"),
    (f'organisation = "{COA}"', f'organisation = "{IND[:-1]}1"', "client 1: organisation: is the oin of no [[organis"),
    ('"events.read"]', '"events.raed"]', "client 1: scopes.1: Input should be 'events.write'"),
    ('purpose = "https://register.test/1"\n', "", "client 1: purpose is required"),
    ('purpose = "https://register.test/1"', 'purpose = "settling"', "client 1: purpose: must be a URI"),
    ("people = true", "", "client 2: has an organisation, or `people = true` where people work through it"),
    ("people = true", 'people = true\nscopes = ["events.write"]', "client 2: what people may do follows from"),
    ('id = "desk"', 'id = "coa-1"', "client 2: its id and issuer stands there twice"),
    (f'holder = "{SUPPLIER}"', f'holder = "{COA}"', "mandate 1: nobody needs a mandate of its own"),
    (f'holder = "{SUPPLIER}"', f'holder = "{IND[:-1]}1"', "mandate 1: holder: is the oin of no [[organisation]]"),
    ("housed.v1", "housed.v2", "mandate 1: types.0: must be an event type, like nl.ketenspoor.housed.v1"),
    ('"nl.ketenspoor.housed.v1"', "", "mandate 1: types: List should have at least 1 item"),
    ("from = 2022-01-01", 'from = "2022-01-01"', "mandate 1: from: Input should be a valid date"),
    ("from = 2022-01-01", "since = 2022-01-01", "mandate 1: since: is no key of this table"),
    ("from = 2022-01-01", "from = 2023-01-01", "mandate 1: until must not be before from"),
    ("analyst =", "analist =", "purposes: analist.[key]: Input should be"),
    ("[purposes]", "[[rol]]\nx = 1\n[purposes]", "rol: is no key of this table"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG, ids=[told for _, _, told in WRONG])
def test_a_fault_in_the_file_is_told_with_its_place(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert FILE.count(right) >= 1
    found = faults(tmp_path, FILE.replace(right, wrong, 1))
    assert any(fault.startswith(told) for fault in found), found


def test_all_faults_of_the_file_are_told_at_once(tmp_path: Path) -> None:
    text = FILE.replace('kind = "ind"', 'kind = "police"').replace("people = true", "").replace("analyst", "analist")
    assert {fault.split(":")[0] for fault in faults(tmp_path, text)} == {"organisation 1", "client 2", "purposes"}


def test_for_whom_tokens_are_must_be_said_somewhere(tmp_path: Path) -> None:
    (told,) = faults(tmp_path, FILE, audience=None)
    assert told.startswith("issuer 1: audience: is required where KETENSPOOR_AUDIENCE does not say")
    own = FILE.replace("[[issuer]]", '[[issuer]]\naudience = "ketenspoor"')
    assert from_text(tmp_path, own, None).issuers["https://issuer.test"].audience == "ketenspoor"


def test_with_a_master_key_there_must_be_an_issuer_of_the_kind_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text(registry_text({"https://issuer.test": "https://issuer.test/jwks"}))
    given: dict[str, Any] = {"master_key": "00" * 32, "registry": path, "audience": "https://ketenspoor.test"}
    assert who_is_who(Settings(**given)).issuers.keys() == {"https://issuer.test"}
    with pytest.raises(InvalidRegistry, match=r"has no \[\[issuer\]\] of kind fsc"):
        who_is_who(Settings(**given, access="fsc"))
    path.write_text(IND_OF_THE_FILE)
    with pytest.raises(InvalidRegistry, match=r"has no \[\[issuer\]\] of kind oauth"):
        who_is_who(Settings(**given))
    with pytest.raises(InvalidRegistry, match="KETENSPOOR_REGISTRY is needed where there is a master key"):
        who_is_who(Settings(master_key="00" * 32))


@pytest.mark.parametrize("text", ["[[organisation", 'organisation = "IND"', "organisation = 5", "organisation = [5]"])
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRegistry, match=r"registry\.toml"):
        from_text(tmp_path, text)


def test_a_misspelt_table_is_not_taken_for_an_empty_registry(tmp_path: Path) -> None:
    with pytest.raises(InvalidRegistry):
        from_text(tmp_path, f'[[organisations]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n')


def test_a_registry_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRegistry):
        from_file(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRegistry):
        from_file(tmp_path / "binary.toml")


def test_the_example_in_the_readme_is_a_registry(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    who = from_text(tmp_path, example)
    supplier = who.clients["https://issuer.example", "housing-system"].organisation
    assert supplier is not None
    assert who.mandates_of(supplier).keys() == {"00000099100000344000"}
