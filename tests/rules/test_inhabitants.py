"""Inhabitants of a year that counts some municipalities only, and of the time before the table of municipalities."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.allocation import adams
from domain.municipality import Municipality
from domain.period import Period
from domain.places import Places
from domain.quota import PeriodFigures, quotas

SHIPPED = Places.shipped()
UTRECHT, GRONINGEN, AMSTERDAM = "GM0344", "GM0014", "GM0363"
BEDUM, WINSUM, EEMSMOND, DE_MARNE = "GM0005", "GM0053", "GM1651", "GM1663"
HET_HOGELAND, WESTERKWARTIER = "GM1966", "GM1969"
TEN_BOER, HAREN = "GM0009", "GM0017"
IN_2018, IN_2019 = date(2018, 1, 1), date(2019, 7, 1)


def counted(places: Places = SHIPPED, on: date = IN_2018, **persons: int) -> Places:
    return places.with_counts({(code, on): count for code, count in persons.items()})


# A year that counts some only


def test_one_count_for_a_year_leaves_the_other_municipalities_what_the_nearest_year_says_of_them() -> None:
    shares = quotas(Period(2019, 2), PeriodFigures(national=6_000), counted(GM0344=347_574))
    inhabitants = {**SHIPPED.inhabitants(2019, IN_2019), UTRECHT: 347_574}
    # 347,574 / 17,277,464 of 6,000 is 120.7; that everybody is rounded up costs the large ones a few.
    assert (len(shares), sum(shares.values()), shares[UTRECHT]) == (355, 6_000, 118)
    assert min(shares.values()) == 1
    assert shares == adams(6_000, inhabitants)


@pytest.mark.parametrize(
    ("year", "expected"),
    [(2009, 10), (2010, 10), (2011, 10), (2012, 14), (2013, 14), (2014, 14), (2020, 14)],
)
def test_the_nearest_year_speaks_for_who_was_not_counted_and_of_two_as_near_the_later(year: int, expected: int) -> None:
    towns = [Municipality(code, code, "PV26") for code in ("GM0001", "GM0002")]
    each_year = {(each, "GM0001"): 100 for each in range(2010, 2015)}
    places = Places(towns, {**each_year, (2010, "GM0002"): 10, (2014, "GM0002"): 14})
    assert places.inhabitants(year, date(2015, 1, 1)) == {"GM0001": 100, "GM0002": expected}


def test_a_year_that_nobody_counted_takes_of_each_municipality_the_nearest_year_that_did() -> None:
    towns = [Municipality(code, code, "PV26") for code in ("GM0001", "GM0002")]
    counts = {(2010, "GM0001"): 10, (2010, "GM0002"): 20, (2014, "GM0001"): 14, (2014, "GM0002"): 24}
    of = {year: Places(towns, counts).inhabitants(year, date(2015, 1, 1))["GM0001"] for year in range(2009, 2017)}
    assert of == {2009: 10, 2010: 10, 2011: 10, 2012: 14, 2013: 14, 2014: 14, 2015: 14, 2016: 14}


def test_a_municipality_of_which_an_earlier_year_counted_only_a_part_takes_a_year_that_counted_it_all() -> None:
    day = date(2028, 1, 1)
    merged = SHIPPED.with_merger(UTRECHT, "GM2001", day, name="Domstad", province="PV26").with_merger(
        "GM0356", "GM2001", day
    )
    in_part = counted(merged, date(2027, 1, 1), GM0344=380_000)
    kept = SHIPPED.inhabitants(2026, date(2026, 7, 1))
    assert in_part.inhabitants(2027, day)["GM2001"] == 380_000 + kept["GM0356"]
    # In 2028 the two are one, and the year before it counted half of it.
    in_part = counted(in_part, date(2028, 1, 1), GM0363=950_000)
    assert in_part.inhabitants(2028, day)["GM2001"] == kept[UTRECHT] + kept["GM0356"]


@settings(max_examples=25, deadline=None)
@given(st.data(), st.sampled_from([(2018, 2019), (2027, 2026), (2031, 2026)]))
def test_counting_some_as_the_nearest_year_has_them_changes_nothing(
    data: st.DataObject, years: tuple[int, int]
) -> None:
    year, nearest = years
    known = SHIPPED.inhabitants(nearest, date(nearest, 7, 1))
    some = data.draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=20, unique=True))
    places = SHIPPED.with_counts({(code, date(year, 1, 1)): known[code] for code in some})
    on = date(max(year, nearest), 7, 1)
    assert places.inhabitants(year, on) == SHIPPED.inhabitants(nearest, on)


# Before the table


def test_a_count_of_a_municipality_that_ended_before_2019_goes_to_its_successor_once_all_of_that_is_counted() -> None:
    alone = counted(GM0005=10_475)
    assert alone.inhabitants(2018, IN_2019) == SHIPPED.inhabitants(2019, IN_2019)
    # Winsum was split: 11,947 of its 13,505 who moved went to Het Hogeland, of 13,600 that is 12,031.01.
    every = counted(alone, GM0053=13_600, GM1651=15_500, GM1663=10_100)
    assert every.inhabitants(2018, IN_2019)[HET_HOGELAND] == 10_475 + 12_031 + 15_500 + 10_100
    # The others of which Westerkwartier came to be were not counted.
    assert every.inhabitants(2018, IN_2019)[WESTERKWARTIER] == SHIPPED.inhabitants(2019, IN_2019)[WESTERKWARTIER]


def test_who_grew_by_a_merger_since_keeps_the_later_count_until_it_is_counted_itself() -> None:
    in_2019 = SHIPPED.inhabitants(2019, IN_2019)[GRONINGEN]
    assert counted(GM0009=7_300, GM0017=20_200).inhabitants(2018, IN_2019)[GRONINGEN] == in_2019
    every = counted(GM0009=7_300, GM0017=20_200, GM0014=202_800)
    assert every.inhabitants(2018, IN_2019)[GRONINGEN] == 230_300
    assert counted(GM0014=202_800).inhabitants(2018, IN_2019)[GRONINGEN] == 202_800


def test_a_count_of_who_had_ended_before_adds_nothing_to_its_successor() -> None:
    of_2023 = SHIPPED.inhabitants(2023, date(2024, 1, 1))
    weesp = SHIPPED.with_counts({("GM0457", date(2023, 1, 1)): 20_000})
    assert weesp.inhabitants(2023, date(2024, 1, 1)) == of_2023
    bedum = SHIPPED.with_counts({(BEDUM, date(2019, 1, 1)): 10_400})
    assert bedum.inhabitants(2019, IN_2019) == SHIPPED.inhabitants(2019, IN_2019)


def test_a_count_by_the_borders_of_later_speaks_for_itself() -> None:
    assert counted(GM1966=48_000).inhabitants(2018, IN_2019)[HET_HOGELAND] == 48_000
    assert counted(GM1966=48_000, GM0005=10_475).inhabitants(2018, IN_2019)[HET_HOGELAND] == 48_000


def test_what_is_posted_of_2018_in_whatever_order_is_one_table() -> None:
    facts = {BEDUM: 10_475, WINSUM: 13_600, EEMSMOND: 15_500, DE_MARNE: 10_100}
    one_by_one = SHIPPED
    for code in reversed(facts):
        one_by_one = one_by_one.with_counts({(code, IN_2018): facts[code]})
        one_by_one = one_by_one.with_merger(code, HET_HOGELAND, date(2019, 1, 1))
    together = SHIPPED.with_counts({(code, IN_2018): persons for code, persons in facts.items()})
    for code in facts:
        together = together.with_merger(code, HET_HOGELAND, date(2019, 1, 1))
    assert together.inhabitants(2018, IN_2019) == one_by_one.inhabitants(2018, IN_2019)
    assert together.inhabitants(2018, IN_2019)[HET_HOGELAND] == sum(facts.values())


def test_before_the_table_begins_its_municipalities_are_those_of_its_first_day() -> None:
    for places in (SHIPPED, counted(GM0005=10_475)):
        assert not places.exists(BEDUM, date(2018, 5, 1)) and places.exists(HET_HOGELAND, date(2018, 5, 1))
        assert places.code_on(BEDUM, date(2018, 5, 1)) == places.code_on(BEDUM, IN_2019) == HET_HOGELAND
        assert places.codes_on(date(2018, 5, 1)) == places.codes_on(date(2019, 1, 1))
        assert (len(places.ever_there), BEDUM in places.ever_there) == (360, False)


_of_2018 = [TEN_BOER, HAREN, GRONINGEN, BEDUM, WINSUM, EEMSMOND, DE_MARNE, HET_HOGELAND, WESTERKWARTIER, UTRECHT]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(_of_2018), st.sampled_from([2016, 2018, 2019, 2024, 2028])), st.integers(1, 400_000)
    ),
    st.sampled_from([date(2018, 7, 1), IN_2019, date(2025, 1, 1), date(2029, 1, 1)]),
)
def test_whoever_was_counted_nobody_has_no_inhabitants_and_every_number_is_that_of_its_counts(
    counts: dict[tuple[str, int], int], on: date
) -> None:
    places = SHIPPED.with_counts({(code, date(year, 1, 1)): persons for (code, year), persons in counts.items()})
    for code, persons in places.inhabitants(on.year - 1, on).items():
        assert persons > 0
        behind = places.counts_summed(code, on.year - 1, on)
        reaching = [places.handed_over({of: whole}, on) for _, of, whole in behind]
        shares = sum(share for one in reaching for heir, share in one.items() if places.code_on(heir, on) == code)
        # What is split is divided in whole persons.
        assert abs(persons - shares) <= sum(len(one) > 1 for one in reaching)


def test_a_merger_of_the_time_before_the_table_brings_the_municipality_that_ended_with_it() -> None:
    # Leeuwarderadeel went into Leeuwarden on 1 January 2018.
    merged = SHIPPED.with_merger("GM0081", "GM0080", IN_2018)
    assert merged.code_on("GM0081", IN_2019) == "GM0080"
    every = counted(merged, date(2017, 1, 1), GM0081=10_300, GM0080=108_000)
    assert every.inhabitants(2017, date(2018, 7, 1))["GM0080"] == 118_300
    assert SHIPPED.with_merger("GM0081", "GM0080", date(2019, 1, 1)) is SHIPPED


# A code used before it exists


def test_before_its_time_a_code_counts_for_the_part_with_most_inhabitants_not_for_that_which_gave_most() -> None:
    day = date(2027, 1, 1)
    # Of Amsterdam (over 900,000) a tenth goes, of Utrecht (over 360,000) all, and of neither is said how many.
    split = SHIPPED.with_merger(AMSTERDAM, "GM2001", day, 90_000, name="Nieuwstad", province="PV26")
    split = split.with_merger(AMSTERDAM, "GM0384", day, 850_000).with_merger(UTRECHT, "GM2001", day, 375_000)
    assert split.code_on("GM2001", date(2026, 12, 31)) == AMSTERDAM
    unsaid = SHIPPED.with_merger("GM0310", "GM2001", day).with_merger(UTRECHT, "GM2001", day)
    assert unsaid.code_on("GM2001", date(2026, 12, 31)) == UTRECHT


def test_of_parts_that_were_never_counted_the_lower_code_counts() -> None:
    day = date(2027, 1, 1)
    towns = [Municipality(code, code, "PV26") for code in ("GM0001", "GM0002")]
    places = Places(towns, {}).with_merger("GM0002", "GM2001", day).with_merger("GM0001", "GM2001", day)
    assert places.code_on("GM2001", date(2026, 12, 31)) == "GM0001"
