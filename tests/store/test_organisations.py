"""Who is who: the reserved test numbers of development mode, and the registry file of a real installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.authority import Organisation
from service import organisations
from service.organisations import InvalidRegistry

IND = "00000001003214345000"


def from_text(tmp_path: Path, text: str) -> organisations.Registry:
    path = tmp_path / "organisations.toml"
    path.write_text(text, "utf-8")
    return organisations.from_file(path)


@pytest.mark.parametrize(
    ("oin", "kind", "code"),
    [
        ("00000099000000001000", "ind", None),
        ("00000099000000002000", "coa", None),
        ("00000099000000003000", "duo", None),
        ("00000099000000004000", "ministry", None),
        ("00000099000000005000", "cbs", None),
        ("00000099100000344000", "municipality", "GM0344"),
        ("00000099100001987000", "municipality", "GM1987"),
        ("00000099200000026000", "province", "PV26"),
        ("00000099200000031000", "province", "PV31"),
    ],
)
def test_a_reserved_test_number_is_an_organisation_of_development_mode(oin: str, kind: str, code: str | None) -> None:
    organisation = organisations.development(oin)
    assert organisation is not None
    assert (organisation.oin, organisation.kind, organisation.code) == (oin, kind, code)
    assert organisation.name


@pytest.mark.parametrize(
    "oin",
    [
        "00000099000000000000",
        "00000099000000006000",
        "00000099000000001001",
        "00000098000000001000",
        "00000099200000019000",
        "00000099200000032000",
        "00000099100010000000",
        "0000009900000000100",
        "000000990000000010000",
        "00000099\N{ARABIC-INDIC DIGIT ONE}00000001000",
        "",
    ],
)
def test_no_other_number_is_an_organisation_of_development_mode(oin: str) -> None:
    assert organisations.development(oin) is None


def test_a_test_number_is_made_of_its_nine_digits() -> None:
    assert organisations.test_oin(100_000_344) == "00000099100000344000"


def test_a_registry_file_names_organisations_by_oin(tmp_path: Path) -> None:
    registry = from_text(
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
    registry = from_text(tmp_path, f'[[organisation]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n')
    assert registry("00000099000000001000") is None


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ('kind = "ind"\nname = "IND"', "oin"),
        ('oin = "0000000100321434500"\nkind = "ind"\nname = "IND"', "oin"),
        ('oin = "0000000100321434500X"\nkind = "ind"\nname = "IND"', "oin"),
        ('oin = 12345678901234567890\nkind = "ind"\nname = "IND"', ""),
        (f'oin = "{IND}"\nname = "IND"', "kind"),
        (f'oin = "{IND}"\nkind = "police"\nname = "IND"', "kind"),
        (f'oin = "{IND}"\nkind = ["ind"]\nname = "IND"', "kind"),
        (f'oin = "{IND}"\nkind = {{}}\nname = "IND"', "kind"),
        (f'oin = "{IND}"\nkind = "ind"', "name"),
        (f'oin = "{IND}"\nkind = "ind"\nname = ""', "name"),
        (f'oin = "{IND}"\nkind = "ind"\nname = 5', "name"),
        (f'oin = "{IND}"\nkind = "municipality"\nname = "Utrecht"', "code"),
        (f'oin = "{IND}"\nkind = "municipality"\nname = "Utrecht"\ncode = "PV26"', "code"),
        (f'oin = "{IND}"\nkind = "municipality"\nname = "Utrecht"\ncode = 344', "code"),
        (f'oin = "{IND}"\nkind = "province"\nname = "Utrecht"\ncode = "GM0344"', "code"),
        (f'oin = "{IND}"\nkind = "ind"\nname = "IND"\ncode = "GM0344"', "code"),
        (f'oin = "{IND}"\nkind = "ind"\nname = "IND"\nmandate = "x"', "nothing else"),
    ],
)
def test_a_registry_file_with_a_fault_says_which_organisation_and_what(tmp_path: Path, entry: str, what: str) -> None:
    with pytest.raises(InvalidRegistry) as refused:
        from_text(tmp_path, f"[[organisation]]\n{entry}\n")
    assert "organisations.toml" in str(refused.value)
    assert what in str(refused.value)


def test_a_registry_file_that_names_an_oin_twice_is_refused(tmp_path: Path) -> None:
    entry = f'[[organisation]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n'
    with pytest.raises(InvalidRegistry, match="organisation 2: its oin stands there twice"):
        from_text(tmp_path, entry * 2)


@pytest.mark.parametrize("text", ["[[organisation", 'organisation = "IND"', "organisation = 5", "organisation = [5]"])
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRegistry, match=r"organisations\.toml"):
        from_text(tmp_path, text)


def test_a_misspelt_table_is_not_taken_for_an_empty_registry(tmp_path: Path) -> None:
    with pytest.raises(InvalidRegistry):
        from_text(tmp_path, f'[[organisations]]\noin = "{IND}"\nkind = "ind"\nname = "IND"\n')


def test_a_registry_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRegistry):
        organisations.from_file(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidRegistry):
        organisations.from_file(tmp_path / "binary.toml")
