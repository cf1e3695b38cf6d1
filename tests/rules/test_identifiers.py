"""V-numbers, BSNs, IBANs, OINs and CBS codes are recognised exactly, and honest ids are left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.identifiers import (
    holds_personal_number,
    is_municipality_code,
    is_oin,
    is_province_code,
    is_region_code,
    is_v_number,
    oin_in,
    passes_eleven_test,
    passes_mod_97,
)

# Test numbers: published by the authorities as such, or made up to pass the check.
BSNS = ["999990342", "999993653", "111222333"]
IBANS = ["NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "DE89370400440532013000", "MT84MALT011000012345MTLCAST001S"]


# V-number


@pytest.mark.parametrize("text", ["0123456789", "0000000000", "9999999999"])
def test_a_v_number_is_ten_digits(text: str) -> None:
    assert is_v_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123456789",
        "01234567890",
        "012345678a",
        "0123456789\n",
        " 0123456789",
        "0123-456789",
        "０１２３４５６７８９",
    ],
)
def test_anything_else_is_no_v_number(text: str) -> None:
    assert not is_v_number(text)


# BSN


@pytest.mark.parametrize("text", BSNS)
def test_a_bsn_passes_the_eleven_test(text: str) -> None:
    assert passes_eleven_test(text)


@pytest.mark.parametrize(
    "text",
    [
        "123456789",
        "999990343",
        "000000000",
        "12",
        "00000012",
        "10464554",
        "99999034 2",
        "9999.90.342",
        "999990342\n",
        "９99990342",
        "",
    ],
)
def test_what_lenient_checks_let_through_is_no_bsn(text: str) -> None:
    assert not passes_eleven_test(text)


@drawn(st.sampled_from(BSNS), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_always_fails_the_eleven_test(bsn: str, place: int, step: int) -> None:
    wrong = str((int(bsn[place]) + step) % 10)
    assert not passes_eleven_test(bsn[:place] + wrong + bsn[place + 1 :])


# IBAN


@pytest.mark.parametrize("text", IBANS)
def test_an_iban_passes_mod_97(text: str) -> None:
    assert passes_mod_97(text)


@pytest.mark.parametrize("text", ["NL91ABNA0417164301", "NL19ABNA0417164300", "NL91ABNA041716430", "NL91", ""])
def test_a_mistyped_iban_fails_mod_97(text: str) -> None:
    assert not passes_mod_97(text)


@drawn(st.integers(4, 17), st.integers(1, 9))
def test_one_wrong_digit_always_fails_mod_97(place: int, step: int) -> None:
    iban = "NL91ABNA0417164300"
    if iban[place].isdigit():
        wrong = str((int(iban[place]) + step) % 10)
        assert not passes_mod_97(iban[:place] + wrong + iban[place + 1 :])


@drawn(st.text(max_size=40))
def test_a_check_answers_for_any_text(text: str) -> None:
    for check in (is_v_number, is_municipality_code, is_province_code, is_oin, passes_eleven_test, passes_mod_97):
        assert check(text) in (True, False)
    assert holds_personal_number(text) in (True, False)
    assert oin_in(text) is None or is_oin(oin_in(text) or "")


# Codes and OINs


def test_a_municipality_code_is_gm_and_four_digits() -> None:
    assert is_municipality_code("GM0344")
    assert not any(
        is_municipality_code(text) for text in ("0344", "gm0344", "GM344", "GM00344", "GM0344\n", "PV26", "")
    )


def test_a_province_code_is_pv_and_two_digits() -> None:
    assert is_province_code("PV26")
    assert not any(is_province_code(text) for text in ("26", "pv26", "PV6", "PV026", "PV26\n", "GM0344", ""))
    assert all(is_region_code(text) for text in ("NL", "PV20", "PV31", "GM0344"))
    assert not any(is_region_code(text) for text in ("nl", "PV19", "PV32", "GM344", "NL\n", "NLGM0344", ""))


def test_an_oin_is_twenty_digits() -> None:
    assert is_oin("00000099000000002000")
    assert not any(is_oin(text) for text in ("0000009900000000200", "000000990000000020000", "OIN00000099000000002000"))


def test_a_source_names_its_oin() -> None:
    assert oin_in("urn:nld:oin:00000099000000002000:systeem:tvs") == "00000099000000002000"


@pytest.mark.parametrize("source", ["urn:nld:oin:", "urn:nld:oin:0000009900000000200:x", "", "1" * 21])
def test_a_source_without_twenty_digits_names_no_oin(source: str) -> None:
    assert oin_in(source) is None


def test_a_source_that_names_two_oins_names_none() -> None:
    assert oin_in("urn:nld:oin:00000099000000002000:namens:00000099100000344000") is None


# Personal numbers in what stands in the open


@pytest.mark.parametrize(
    "text",
    [
        "0123456789",
        "v:0123456789",
        "tvs-0123456789-1",
        "urn:coa:0123456789:linked",
        "id 0123456789",
        "a_0123456789_b",
        "999990342",
        "bsn.999990342",
        "x/111222333/y",
        "NL91ABNA0417164300",
        "iban-NL91ABNA0417164300",
        "betaald op NL91 ABNA 0417 1643 00 in maart",
        "rekening NL91ABNA0417164300 OP NAAM",
        "DE89370400440532013000",
    ],
)
def test_a_number_of_a_person_that_stands_alone_is_found(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize("before", ["AA00", "GM03", "REF12", "XX99 ABCDEF"])
def test_an_iban_is_found_behind_another_word_in_capitals(before: str) -> None:
    assert holds_personal_number(f"{before} NL91ABNA0417164300")


@pytest.mark.parametrize(
    "text",
    [
        "tvs-2021-000417",
        "urn:nld:oin:00000099000000002000:systeem:tvs",
        "00000099000000002000",
        "550e8400-e29b-41d4-a716-446655440000",
        "550E8400-E29B-41D4-A716-446655440000",
        "5d1f6c1e7a0b5c3e9a440c7e5f1a2b3d",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "2021-03-10T14:05:00+01:00",
        "20210310140500",
        "20210310",
        "123456789",
        "000000000",
        "12345678901",
        "a0123456789",
        "0123456789b",
        "GM0344",
        "GM0344-2021-II-000417",
        "H-88121",
        "NL91ABNA0417164301",
        "",
    ],
)
def test_an_honest_id_is_left_alone(text: str) -> None:
    assert not holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-10T14:05:00.315578701+01:00",
        "2021-03-10T14:05:00.315578701",
        "tvs 2021-03-10 14:05:00.2876540913",
        "20210310T140500.999990342+0100",
        "2021-03-10T14:05:00,999990342+01:00",
        "2021-03-10T140500.999990342+0100",
        "20210310t140500.999990342+01:00",
        "tvs/2021-03-10T14:05:00,999990342Z/1",
        "0,999990342",
        "-0,999990342",
        ".999990342",
        "-.999990342",
        "0.999990342",
        "-3.2876540913",
        "x/17.999990342/y",
        "123456789.999990342",
    ],
)
def test_digits_behind_a_decimal_point_or_within_an_instant_are_no_number_of_a_person(text: str) -> None:
    assert not holds_personal_number(text)


TWO = st.integers(10, 12).map(str)
DATES = st.sampled_from(["{}-{}-{}", "{}{}{}", "{}-0{}", "{}0{}", "{}-W{}-5", "{}W{}5"])
TIMES = st.sampled_from(["{}", "{}:{}", "{}{}", "{}:{}:{}", "{}{}{}"])


@drawn(st.integers(1900, 2999), DATES, st.sampled_from("Tt "), TIMES, TWO, st.data())
def test_an_instant_holds_no_number_of_a_person_however_it_is_written(
    year: int, date: str, between: str, time: str, two: str, data: st.DataObject
) -> None:
    decimals = data.draw(st.sampled_from(BSNS) | st.text("0123456789", max_size=9))
    fraction = data.draw(st.sampled_from(".,")) + decimals if decimals else ""
    zone = data.draw(st.sampled_from(["", "Z", "z", "+01:00", "-0330", "+01"]))
    written = date.format(year, two, two) + between + time.format(two, two, two) + fraction + zone
    for text in (written, f"tvs:{written}", f"{written}/1", f"({written})", f"{written}."):
        assert not holds_personal_number(text)
    assert holds_personal_number(f"{written}/2876540913")


@pytest.mark.parametrize(
    "text",
    [
        "2876540913.5",
        "999990342.0",
        "2876540913.999990342",
        "v1.2876540913",
        "GM0344.999990342",
        "1.2.2876540913",
        "2021.2876540913.1",
        "1.5 2876540913",
        "2021-03-10T14:05:00.315578701+01:00/2876540913",
        "T140500.2876540913",
        "17,999990342",
        "999990342,0",
        "0,1,999990342",
        "0,999990342,1",
        "1,0,999990342",
        "v.999990342",
        "..999990342",
        "2021-03-10T14:05:00,2876540913",
        "2021-03-10T14:05:00,111222333,999990342",
        "2021-03-10T14:05:00.1.999990342",
        "2021-03-10T14:05:00+2876540913",
        "0,2876540913",
        "2876540913T140500.5 2876540913",
    ],
)
def test_a_number_of_a_person_is_not_hidden_by_a_point_that_parts_no_decimals(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize("text", ["ZAAK-2026-0000000014", "0000099999", "0000000000", "0000028765.5"])
def test_ten_digits_that_begin_with_five_noughts_are_a_serial_number(text: str) -> None:
    assert not holds_personal_number(text)
    assert holds_personal_number(text.replace("00000", "00001", 1))


@pytest.mark.parametrize(
    "text",
    # The first 15 to 18 characters would pass mod 97 if they stood alone.
    ["CD613E30D8F16ADF91B7584A2265B1F5", "BD6679C09C1317A35B1916CD450F0864", "NL91ABNA041716430099ZZ88YY77"],
)
def test_a_longer_token_is_no_iban_for_the_sake_of_its_beginning(text: str) -> None:
    assert not passes_mod_97(text)
    assert not holds_personal_number(text)


@drawn(
    st.sampled_from([*BSNS, *IBANS, "0123456789"]),
    st.sampled_from(["", "tvs-", "x:", "( "]),
    st.sampled_from(["", "/1", ".", ")"]),
)
def test_what_stands_around_a_number_of_a_person_does_not_hide_it(number: str, before: str, after: str) -> None:
    assert holds_personal_number(before + number + after)


@settings(max_examples=200)
@drawn(st.uuids())
def test_no_uuid_in_small_letters_is_taken_for_a_number_of_a_person(one) -> None:
    assert not holds_personal_number(str(one))
    assert not holds_personal_number(f"urn:uuid:{one}")


@pytest.mark.parametrize(
    "text",
    ["A1" * 128, "AA00" * 64, "AA00 " * 51, ("AA00" + " 0A" * 15 + "-") * 5, "0" * 256, "AA00" + "0 " * 126, " " * 256],
    ids=["pairs", "starts", "spaced starts", "long tries", "digits", "spaced digits", "blanks"],
)
def test_a_long_adversarial_text_is_tried_in_few_steps(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every place can begin at most one IBAN and each has at most twenty lengths, so more tries than that are a
    # search that grows with something else than the text.
    import domain.identifiers

    tries = 0

    def counted(candidate: str) -> bool:
        nonlocal tries
        tries += 1
        return passes_mod_97(candidate)

    monkeypatch.setattr(domain.identifiers, "passes_mod_97", counted)
    assert len(text) <= 256
    holds_personal_number(text)
    assert tries <= 20 * len(text)


def test_the_pattern_of_digits_reads_ascii_digits_only() -> None:
    assert not holds_personal_number("０１２３４５６７８９")
    assert re.fullmatch(r"\d{10}", "０１２３４５６７８９")
