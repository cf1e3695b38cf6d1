"""Dividing persons: Adams' method, against published quotas and its own definition, and pro rata."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation import Method, adams, divide, largest_remainder
from domain.period import Period
from domain.places import PROVINCES, Places
from domain.rounding import rounded

NATIONAL = {
    "2019-I": 6000,
    "2019-II": 6000,
    "2020-I": 5500,
    "2020-II": 6500,
    "2021-I": 13500,
    "2021-II": 11000,
    "2022-I": 10000,
    "2022-II": 13500,
    "2023-I": 21200,
    "2023-II": 17600,
    "2024-I": 18750,
    "2024-II": 17000,
    "2025-I": 15000,
    "2025-II": 13000,
    "2026-I": 15000,
}
CODES = st.integers(1, 40).map(lambda number: f"GM{number:04d}")
INHABITANTS = st.dictionaries(CODES, st.integers(1, 60) | st.integers(900, 900_000), min_size=1, max_size=25)


def shares(written: str, persons: int) -> dict[str, int]:
    period = Period.parse(written)
    return adams(persons, Places.shipped().inhabitants(period.year - 1, period.first))


def one_by_one(persons: int, inhabitants: dict[str, int]) -> dict[str, int]:
    """Adams in sequence, as it is defined: each next person where inhabitants per person so far are highest."""

    def claim(code: str) -> tuple[int, Fraction, int, str]:
        given_so_far = so_far[code]
        per_person = -Fraction(inhabitants[code], given_so_far) if given_so_far else Fraction(0)
        return (min(given_so_far, 1), per_person, -inhabitants[code], code)

    so_far = dict.fromkeys(inhabitants, 0)
    for _ in range(persons):
        so_far[min(so_far, key=claim)] += 1
    return so_far


@pytest.mark.parametrize(("written", "persons"), NATIONAL.items())
def test_the_quotas_of_every_period_sum_to_the_national_number(written: str, persons: int) -> None:
    quotas = shares(written, persons)
    assert sum(quotas.values()) == persons
    assert set(quotas) == set(Places.shipped().codes_on(Period.parse(written).first))
    assert min(quotas.values()) >= 1


def test_the_published_quotas_of_2022_come_out() -> None:
    quotas = shares("2022-I", 10000)
    assert (quotas["GM0363"], quotas["GM1735"]) == (492, 20)
    assert shares("2022-II", 13500)["GM1735"] == 27


def test_the_published_quotas_of_2020_come_out_for_gooise_meren() -> None:
    assert shares("2020-I", 5500)["GM1942"] == 18
    assert shares("2020-II", 6500)["GM1942"] == 22


def test_the_published_provincial_quotas_of_2021_i_come_out() -> None:
    sums = dict.fromkeys(PROVINCES, 0)
    for code, persons in shares("2021-I", 13500).items():
        sums[Places.shipped().province(code)] += persons
    assert (sums["PV25"], sums["PV23"], sums["PV24"], sums["PV27"]) == (1624, 901, 328, 2228)


def test_the_tie_of_2021_ii_goes_to_amstelveen_which_is_larger_than_peel_en_maas() -> None:
    # On 1 January 2020: 91,675 and 43,425 inhabitants; 91,675 / 57 = 43,425 / 27 exactly.
    inhabitants = Places.shipped().inhabitants(2020, date(2021, 7, 1))
    assert (inhabitants["GM0362"], inhabitants["GM1894"]) == (91675, 43425)
    assert Fraction(91675, 57) == Fraction(43425, 27)
    by_number = [shares("2021-II", persons) for persons in (10999, 11000, 11001)]
    assert [(each["GM0362"], each["GM1894"]) for each in by_number] == [(57, 27), (58, 27), (58, 28)]


def test_a_tie_goes_to_the_larger_municipality_then_to_the_lower_code() -> None:
    assert adams(4, {"A": 100, "B": 200}) == {"A": 1, "B": 3}
    assert adams(4, {"A": 100, "B": 100, "C": 200}) == {"A": 1, "B": 1, "C": 2}
    assert adams(5, {"A": 100, "B": 100, "C": 200}) == {"A": 1, "B": 1, "C": 3}
    assert adams(3, {"B": 100, "A": 100}) == {"B": 1, "A": 2}


def test_every_share_is_rounded_up_with_one_divisor() -> None:
    # With 40 inhabitants a person: 2.525, 1.275 and 0.05, rounded up 3, 2 and 1.
    assert adams(6, {"A": 101, "B": 51, "C": 2}) == {"A": 3, "B": 2, "C": 1}


def test_fewer_persons_than_municipalities_go_one_each_to_the_largest() -> None:
    inhabitants = {"A": 10, "B": 30, "C": 20, "D": 20}
    assert adams(2, inhabitants) == {"A": 0, "B": 1, "C": 1, "D": 0}
    assert adams(3, inhabitants) == {"A": 0, "B": 1, "C": 1, "D": 1}
    assert adams(4, inhabitants) == {"A": 1, "B": 1, "C": 1, "D": 1}
    assert adams(0, inhabitants) == {"A": 0, "B": 0, "C": 0, "D": 0}


def test_a_municipality_without_inhabitants_gets_nobody() -> None:
    assert adams(9, {"A": 10, "B": 0}) == {"A": 9, "B": 0}


def test_persons_cannot_be_divided_over_nobody_nor_be_fewer_than_none() -> None:
    with pytest.raises(ValueError, match="no inhabitants"):
        adams(1, {"A": 0})
    with pytest.raises(ValueError, match="not negative"):
        adams(-1, {"A": 10})
    assert adams(0, {}) == {}


@given(persons=st.integers(0, 400), inhabitants=INHABITANTS)
def test_adams_gives_what_handing_out_one_by_one_gives(persons: int, inhabitants: dict[str, int]) -> None:
    assert adams(persons, inhabitants) == one_by_one(persons, inhabitants)


@given(persons=st.integers(0, 50_000), inhabitants=INHABITANTS)
def test_adams_sums_exactly_and_never_exceeds_the_share_rounded_up(persons: int, inhabitants: dict[str, int]) -> None:
    quotas = adams(persons, inhabitants)
    total = sum(inhabitants.values())
    assert sum(quotas.values()) == persons
    assert all(quotas[code] <= -(-persons * inhabitants[code] // total) for code in inhabitants)


@given(persons=st.integers(0, 20_000), inhabitants=INHABITANTS)
def test_one_person_more_takes_nobody_from_any_municipality(persons: int, inhabitants: dict[str, int]) -> None:
    fewer, more = adams(persons, inhabitants), adams(persons + 1, inhabitants)
    assert all(more[code] >= fewer[code] for code in inhabitants)


def test_the_interim_goal_of_1500_divided_pro_rata() -> None:
    backlogs = {"PV20": 1200, "PV21": 900, "PV22": 1800, "PV23": 1686}
    assert largest_remainder(1500, backlogs) == {"PV20": 322, "PV21": 242, "PV22": 483, "PV23": 453}


def test_a_negative_total_is_divided_like_its_absolute_value() -> None:
    haaren = {"GM0757": 2149, "GM0824": 5827, "GM0855": 1442, "GM0865": 4900}
    assert largest_remainder(10, haaren) == {"GM0757": 2, "GM0824": 4, "GM0855": 1, "GM0865": 3}
    assert largest_remainder(-10, haaren) == {"GM0757": -2, "GM0824": -4, "GM0855": -1, "GM0865": -3}


def test_equal_remainders_go_to_the_lower_code() -> None:
    assert largest_remainder(2, {"C": 1, "A": 1, "B": 1}) == {"C": 0, "A": 1, "B": 1}


def test_nothing_can_be_divided_without_weights_and_anything_needs_them_not_negative() -> None:
    assert largest_remainder(0, {"A": 0}) == {"A": 0}
    with pytest.raises(ValueError, match="nothing to divide pro rata to"):
        largest_remainder(1, {"A": 0})
    with pytest.raises(ValueError, match="not negative"):
        largest_remainder(1, {"A": 2, "B": -1})


@given(
    total=st.integers(-50_000, 50_000),
    weights=st.dictionaries(CODES, st.integers(0, 9_000), min_size=1).filter(lambda each: any(each.values())),
)
def test_pro_rata_sums_exactly_and_stays_within_one_of_the_exact_part(total: int, weights: dict[str, int]) -> None:
    parts = largest_remainder(total, weights)
    assert sum(parts.values()) == total
    for code, weight in weights.items():
        assert abs(parts[code] - Fraction(total * weight, sum(weights.values()))) < 1


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (Fraction(1, 3), 2, "0.33"),
        (Fraction(2, 3), 4, "0.6667"),
        (Fraction(1, 200), 2, "0.01"),
        (Fraction(-1, 200), 2, "-0.01"),
        (Fraction(1, 201), 2, "0"),
        (Fraction(-1, 201), 2, "0"),
        (Fraction(1, 2), 2, "0.5"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(-5, 2), 0, "-3"),
        (Fraction(2999, 1000), 2, "3"),
        (Fraction(12345678901234567890123456789012345, 100), 1, "123456789012345678901234567890123.5"),
        (Fraction(6, 3), 2, "2"),
        (7, 2, "7"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero_and_whole_ones_stay_whole(
    value: Fraction | int, places: int, written: str
) -> None:
    number = rounded(value, places)
    assert str(number) == written
    assert isinstance(number, Decimal if "." in written else int)


def test_nothing_rounded_is_nothing() -> None:
    assert rounded(None) is None


@pytest.mark.parametrize(
    ("persons", "inhabitants", "of_all", "nearest", "ceiling", "floor"),
    [
        (10_000, 35_129, 17_475_415, 20, 21, 20),  # Hof van Twente, 2022-I
        (13_500, 35_129, 17_475_415, 27, 28, 27),  # and 2022-II
        (5_500, 57_715, 17_282_163, 18, 19, 18),  # Gooise Meren, 2020-I
        (6_500, 57_715, 17_282_163, 22, 22, 21),  # and 2020-II
        (20_000, 18_388, 16_900_726, 22, 22, 21),  # Eersel, 2016-I
        (3, 1, 2, 2, 2, 1),  # half a person: halves go up
    ],
)
def test_each_share_rounded_by_itself(
    persons: int, inhabitants: int, of_all: int, nearest: int, ceiling: int, floor: int
) -> None:
    everybody = {"GM0001": inhabitants, "GM0002": of_all - inhabitants}
    methods: tuple[Method, ...] = ("nearest", "ceiling", "floor")
    assert [divide(method, persons, everybody)["GM0001"] for method in methods] == [nearest, ceiling, floor]


def test_largest_remainders_of_equal_fractions_go_to_the_larger_municipality_then_to_the_lower_code() -> None:
    # 10 over 8 inhabitants: 6.25 and three times 1.25; the one that is over goes to the largest.
    everybody = {"GM0003": 1, "GM0001": 5, "GM0002": 1, "GM0004": 1}
    assert divide("largest-remainder", 10, everybody) == {"GM0003": 1, "GM0001": 7, "GM0002": 1, "GM0004": 1}
    # 6 of 4: one and a half each.
    assert divide("largest-remainder", 6, dict.fromkeys(["GM0004", "GM0002", "GM0003", "GM0001"], 1)) == {
        "GM0004": 1,
        "GM0002": 2,
        "GM0003": 1,
        "GM0001": 2,
    }


def test_of_nobody_nothing_is_divided_whatever_the_method() -> None:
    for method in get_args(Method):
        assert divide(method, 0, {"GM0001": 0}) == {"GM0001": 0}
        with pytest.raises(ValueError, match="no inhabitants"):
            divide(method, 1, {"GM0001": 0})
        with pytest.raises(ValueError, match="not negative"):
            divide(method, -1, {"GM0001": 1})


@given(
    st.integers(0, 2_000),
    st.dictionaries(st.from_regex(r"GM[0-9]{4}", fullmatch=True), st.integers(0, 900_000), min_size=1).filter(
        lambda some: any(some.values())
    ),
)
def test_the_methods_keep_within_one_of_the_share_and_round_one_after_another(
    persons: int, inhabitants: dict[str, int]
) -> None:
    found = {method: divide(method, persons, inhabitants) for method in get_args(Method)}
    total = sum(inhabitants.values())
    assert sum(found["adams"].values()) == sum(found["largest-remainder"].values()) == persons
    assert all(list(shares) == list(inhabitants) for shares in found.values())
    for code, count in inhabitants.items():
        share = Fraction(persons * count, total)
        below, near, above = (found[method][code] for method in ("floor", "nearest", "ceiling"))
        assert below <= near <= above
        assert share - 1 < below <= share <= above < share + 1
        assert abs(near - share) <= Fraction(1, 2)
        assert below <= found["largest-remainder"][code] <= above
        assert found["adams"][code] <= above
