"""Municipalities through time: mergers, the split of Haaren, Weesp in the middle of a period, and posted facts."""

import csv
from datetime import date
from pathlib import Path

import pytest

import domain.places
from domain.places import PROVINCES, Handover, Places, UnknownMunicipality

SHIPPED = Places.shipped()
HAAREN = "GM0788"
NEW_YEAR_2021, EVE_2021 = date(2021, 1, 1), date(2020, 12, 31)
WEESP_JOINS, WEESP_STANDS = date(2022, 3, 24), date(2022, 3, 23)


@pytest.mark.parametrize(
    ("day", "municipalities"),
    [
        (date(2018, 5, 1), 355),
        (date(2020, 12, 31), 355),
        (date(2021, 1, 1), 352),
        (date(2022, 1, 1), 345),
        (date(2022, 3, 23), 345),
        (date(2022, 3, 24), 344),
        (date(2023, 1, 1), 342),
        (date(2026, 7, 1), 342),
    ],
)
def test_as_many_municipalities_exist_as_there_were(day: date, municipalities: int) -> None:
    codes = SHIPPED.codes_on(day)
    assert len(codes) == municipalities
    assert list(codes) == sorted(codes)
    assert all(SHIPPED.exists(code, day) for code in codes)


@pytest.mark.parametrize("year", range(2019, 2027))
def test_the_inhabitants_of_a_year_sum_to_the_control_totals_of_provinces_and_country(year: int) -> None:
    path = Path(domain.places.__file__).parent / "reference" / "provinces.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        control = {row["code"]: int(row[f"{year}-01-01"]) for row in csv.DictReader(lines)}
    sums = {"NL": 0, **dict.fromkeys(PROVINCES, 0)}
    for code, persons in SHIPPED.inhabitants(year, date(year, 1, 1)).items():
        assert persons > 0
        sums["NL"] += persons
        sums[SHIPPED.province(code)] += persons
    assert sums == control


def test_there_are_twelve_provinces_with_their_names() -> None:
    assert list(PROVINCES) == [f"PV{number}" for number in range(20, 32)]
    assert (PROVINCES["PV21"], PROVINCES["PV27"], PROVINCES["PV31"]) == ("Fryslân", "Noord-Holland", "Limburg")


def test_a_municipality_has_a_name_a_province_and_a_place_on_the_map() -> None:
    assert SHIPPED.name("GM0344") == "Utrecht"
    assert SHIPPED.province("GM0344") == "PV26"
    almere = SHIPPED.municipality("GM0034")
    assert (almere.name, almere.latitude, almere.longitude) == ("Almere", 52.367, 5.247)


def test_an_unknown_code_is_not_a_municipality_on_any_day() -> None:
    assert not SHIPPED.known("GM9999")
    assert not SHIPPED.exists("GM9999", NEW_YEAR_2021)
    assert SHIPPED.code_on("GM9999", NEW_YEAR_2021) == "GM9999"
    with pytest.raises(UnknownMunicipality):
        SHIPPED.name("GM9999")


def test_weesp_counts_for_itself_until_the_day_it_joins_amsterdam() -> None:
    assert SHIPPED.code_on("GM0457", WEESP_STANDS) == "GM0457"
    assert SHIPPED.code_on("GM0457", WEESP_JOINS) == "GM0363"
    assert SHIPPED.code_on("GM0457", date(2026, 1, 1)) == "GM0363"


def test_for_haaren_counts_the_successor_that_took_most_inhabitants() -> None:
    assert SHIPPED.successors(HAAREN) == (
        Handover("GM0757", 2149),
        Handover("GM0824", 5827),
        Handover("GM0855", 1442),
        Handover("GM0865", 4900),
    )
    assert SHIPPED.code_on(HAAREN, EVE_2021) == HAAREN
    assert SHIPPED.code_on(HAAREN, NEW_YEAR_2021) == "GM0824"


def test_before_a_municipality_begins_its_largest_predecessor_counts() -> None:
    assert SHIPPED.code_on("GM1980", date(2021, 12, 31)) == "GM0398"
    assert SHIPPED.code_on("GM1980", date(2022, 1, 1)) == "GM1980"
    assert [each.municipality for each in SHIPPED.predecessors("GM1980")] == ["GM0398", "GM0416"]
    assert SHIPPED.predecessors("GM0363") == (Handover("GM0457", 20766),)


def test_all_that_took_over_a_part_are_successors() -> None:
    for successor in ("GM0757", "GM0824", "GM0855", "GM0865"):
        assert SHIPPED.is_successor_of(successor, HAAREN)
    assert not SHIPPED.is_successor_of(HAAREN, "GM0824")
    assert not SHIPPED.is_successor_of("GM0824", "GM0824")


def test_inhabitants_of_a_split_municipality_go_pro_rata_to_its_successors() -> None:
    # Haaren had 14,370 inhabitants on 1 January 2020; 2149 / 5827 / 1442 / 4900 of 14,318 moved. Exact parts:
    # 2156.80, 5848.16, 1447.24, 4917.80; the two persons left go to Boxtel and Vught.
    before = SHIPPED.inhabitants(2020, EVE_2021)
    after = SHIPPED.inhabitants(2020, NEW_YEAR_2021)
    assert before[HAAREN] == 14370 and HAAREN not in after
    assert [after[code] - before[code] for code in ("GM0757", "GM0824", "GM0855", "GM0865")] == [2157, 5848, 1447, 4918]
    assert after["GM1979"] == 11642 + 24678 + 9537
    assert sum(before.values()) == sum(after.values()) == 17407585


def test_inhabitants_of_weesp_are_amsterdams_from_the_day_it_joins() -> None:
    assert SHIPPED.inhabitants(2021, WEESP_STANDS)["GM0457"] == 20445
    joined = SHIPPED.inhabitants(2021, WEESP_JOINS)
    assert "GM0457" not in joined
    assert joined["GM0363"] == SHIPPED.inhabitants(2021, WEESP_STANDS)["GM0363"] + 20445


def test_a_year_outside_the_table_takes_the_nearest_count() -> None:
    assert SHIPPED.inhabitants(2018, date(2019, 1, 1)) == SHIPPED.inhabitants(2019, date(2019, 1, 1))
    assert SHIPPED.inhabitants(2029, date(2030, 1, 1)) == SHIPPED.inhabitants(2026, date(2026, 1, 1))


def test_a_posted_count_replaces_the_shipped_one_and_leaves_the_shipped_places_as_they_were() -> None:
    counted = SHIPPED.with_counts({("GM0344", date(2021, 1, 1)): 400000})
    assert counted.inhabitants(2021, date(2022, 1, 1))["GM0344"] == 400000
    assert SHIPPED.inhabitants(2021, date(2022, 1, 1))["GM0344"] == 359370


def test_a_count_on_another_day_than_the_first_of_january_is_no_reference_count() -> None:
    assert SHIPPED.with_counts({("GM0344", date(2021, 2, 1)): 1}) is SHIPPED


def test_counts_of_a_new_year_complete_themselves_with_those_of_the_year_before() -> None:
    counted = SHIPPED.with_counts({("GM0344", date(2027, 1, 1)): 380000})
    of_2027 = counted.inhabitants(2027, date(2028, 1, 1))
    assert of_2027["GM0344"] == 380000
    assert of_2027["GM0363"] == SHIPPED.inhabitants(2026, date(2026, 1, 1))["GM0363"]


def test_a_posted_merger_into_a_new_municipality_makes_it_exist_from_that_day() -> None:
    day = date(2027, 1, 1)
    merged = SHIPPED.with_merger("GM0344", "GM2001", day, 375000, name="Domstad", province="PV26")
    merged = merged.with_merger("GM0356", "GM2001", day, 68000)
    assert merged.exists("GM0344", date(2026, 12, 31)) and not merged.exists("GM0344", day)
    assert not merged.exists("GM2001", date(2026, 12, 31)) and merged.exists("GM2001", day)
    assert (merged.name("GM2001"), merged.province("GM2001")) == ("Domstad", "PV26")
    assert merged.code_on("GM0356", day) == "GM2001"
    assert merged.code_on("GM2001", date(2026, 12, 31)) == "GM0344"
    shipped = SHIPPED.inhabitants(2026, date(2026, 7, 1))
    assert merged.inhabitants(2026, day)["GM2001"] == shipped["GM0344"] + shipped["GM0356"]
    assert not SHIPPED.known("GM2001")


def test_a_posted_merger_of_a_past_day_moves_the_shipped_counts_after_it_unless_a_count_was_posted() -> None:
    day = date(2024, 1, 1)
    before = SHIPPED.inhabitants(2025, date(2026, 1, 1))
    merged = SHIPPED.with_merger("GM0356", "GM0344", day)
    assert merged.inhabitants(2025, date(2026, 1, 1))["GM0344"] == before["GM0344"] + before["GM0356"]
    count = {("GM0344", date(2025, 1, 1)): 450000}
    for either_order in (merged.with_counts(count), SHIPPED.with_counts(count).with_merger("GM0356", "GM0344", day)):
        assert either_order.inhabitants(2025, date(2026, 1, 1))["GM0344"] == 450000


def test_a_posted_merger_that_is_already_known_changes_nothing() -> None:
    posted = SHIPPED.with_merger("GM0457", "GM0363", WEESP_JOINS)
    assert posted.municipality("GM0457") == SHIPPED.municipality("GM0457")


def test_a_posted_merger_on_another_day_or_into_another_municipality_replaces_the_shipped_one() -> None:
    later = SHIPPED.with_merger("GM0457", "GM0402", date(2022, 7, 1), 20700)
    assert later.code_on("GM0457", WEESP_JOINS) == "GM0457"
    assert later.code_on("GM0457", date(2022, 7, 1)) == "GM0402"
    assert later.predecessors("GM0363") == ()


def test_a_posted_merger_on_the_known_day_corrects_into_whom() -> None:
    corrected = SHIPPED.with_merger(HAAREN, "GM0865", NEW_YEAR_2021)
    assert corrected.successors(HAAREN) == (Handover("GM0865", 4900),)
    assert corrected.code_on(HAAREN, NEW_YEAR_2021) == "GM0865"


def test_a_new_municipality_begins_with_the_first_of_the_mergers_it_came_from() -> None:
    first, second = date(2027, 1, 1), date(2027, 7, 1)
    for days in ((first, second), (second, first)):
        merged = SHIPPED.with_merger("GM0344", "GM2001", days[0]).with_merger("GM0356", "GM2001", days[1])
        assert not merged.exists("GM2001", date(2026, 12, 31)) and merged.exists("GM2001", first)
        assert merged.name("GM2001") == "GM2001"


def test_a_split_is_posted_once_for_each_successor() -> None:
    day = date(2027, 1, 1)
    split = SHIPPED.with_merger("GM0356", "GM0344", day, 1000).with_merger("GM0356", "GM0310", day, 3000)
    assert split.successors("GM0356") == (Handover("GM0310", 3000), Handover("GM0344", 1000))
    assert split.code_on("GM0356", day) == "GM0310"
    assert split.handed_over({"GM0356": -10}, day) == {"GM0310": -8, "GM0344": -2}


def test_a_split_without_persons_is_made_in_equal_parts() -> None:
    day = date(2027, 1, 1)
    split = SHIPPED.with_merger("GM0356", "GM0344", day).with_merger("GM0356", "GM0310", day)
    assert split.handed_over({"GM0356": 5}, day) == {"GM0310": 3, "GM0344": 2}


def test_mergers_one_after_another_are_followed_to_the_end_also_on_one_day() -> None:
    day = date(2027, 1, 1)
    for second in (day, date(2028, 1, 1)):
        chain = SHIPPED.with_merger("GM0356", "GM0344", day).with_merger("GM0344", "GM0310", second)
        assert chain.code_on("GM0356", second) == "GM0310"
        assert chain.handed_over({"GM0356": 7}, second) == {"GM0310": 7}
        assert chain.final_successors("GM0356", second) == {"GM0310"}


def test_mergers_in_a_ring_or_of_nobody_do_no_harm() -> None:
    day = date(2027, 1, 1)
    ring = SHIPPED.with_merger("GM0356", "GM0344", day).with_merger("GM0344", "GM0356", day)
    assert ring.code_on("GM0356", day) == "GM0356"
    assert sum(ring.handed_over({"GM0356": 7, "GM0344": 1}, day).values()) == 8
    assert SHIPPED.with_merger("GM9999", "GM0344", day) is SHIPPED
    assert SHIPPED.with_merger("GM0344", "GM0344", day) is SHIPPED
