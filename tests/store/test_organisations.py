"""Who is who in development mode: the reserved test numbers."""

from __future__ import annotations

import pytest

from service.foundation import organisations


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
