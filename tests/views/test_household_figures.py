"""Households that wait for a home, the homes that are free, and who could swap: counted by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.facts import (
    AdaptedHomeNeeded,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    HomesStated,
    PermitGranted,
)
from domain.facts.area import Homes
from domain.field_types import PartialDate
from projections.figure import Cell
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, granted, housed, link_ended, linked, said
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, of_area
from tests.views.test_link_figures import told

DAY = date(2021, 12, 1)


def born(on: str, household: str | None, birth_date: Any) -> Any:
    return said(on, PermitGranted("asylum", household, birth_date))


def homes(log: Log, area: str, *some: tuple[int, bool, int], on: str = "2021-06-01") -> None:
    """So many homes with so many bedrooms, adapted or not, stated to be free."""
    fact = HomesStated(area, tuple(Homes(*one) for one in some))
    source = f"urn:nld:oin:00000099{100_000_000 + int(area[2:])}000:systeem:wonen"
    log.commit([of_area(said(on, fact, id=f"{area}-{on}", source=source))])
    log.follow()


def household(log: Log, key: str, members: int, municipality: str = UTRECHT) -> None:
    """A household of so many persons, all linked."""
    told(log, *([granted("2021-02-01", household=key), linked("2021-03-01", municipality)] for _ in range(members)))


def test_a_household_of_three_at_one_municipality_is_one_household_with_two_bedrooms_to_find(log: Log) -> None:
    household(log, "H-1", 3)
    assert rows_of(log, "households", on=DAY) == {
        (UTRECHT, "3-5"): {
            "households": 1,
            "persons": 3,
            "afterReunification": 3,
            "bedrooms": 2,
            **dict.fromkeys(("homes", "adaptedHomes", "lack", "spare")),
        }
    }


def test_a_household_counts_with_all_its_persons_where_they_belong_once_somebody_is_linked(log: Log) -> None:
    lost = [granted("2021-02-01", household="H-1"), linked("2021-03-01"), link_ended("2021-04-01")]
    # Two who were linked there once, and one elsewhere, who is another household.
    told(log, lost, lost, [granted("2021-02-01", household="H-1"), linked("2021-03-01", AMERSFOORT)])
    assert sorted(rows_of(log, "households", on=DAY)) == [(AMERSFOORT, "1")]
    told(
        log,
        [granted("2021-02-01", household="H-1"), linked("2021-05-01")],
        [granted("2021-02-01", household="H-1"), linked("2021-05-01"), housed("2021-11-01")],  # not in reception
        [granted("2021-02-01"), linked("2021-05-01")],  # alone, without a key
        [granted("2021-02-01")],
    )
    found = rows_of(log, "households", on=DAY)
    assert {key: (row["households"], row["persons"]) for key, row in found.items()} == {
        (UTRECHT, "1"): (1, 1),
        (UTRECHT, "3-5"): (1, 3),
        (AMERSFOORT, "1"): (1, 1),
    }


def test_family_yet_to_come_needs_bedrooms_too_and_an_adapted_home_is_one_a_household(log: Log) -> None:
    adapted = said("2021-04-01", AdaptedHomeNeeded("wheelchair"))
    told(
        log,
        [
            # Four granted of five applied for, one not decided on, and one of the four there already.
            *(granted("2021-02-01"), linked("2021-03-01"), said("2021-03-05", FamilyReunificationApplied(5))),
            *(said("2021-06-01", FamilyReunificationDecided(4, 0)), said("2021-09-01", FamilyArrived(1))),
        ],
        [granted("2021-02-01", household="H-2"), linked("2021-03-01"), adapted],
        [granted("2021-02-01", household="H-2"), linked("2021-03-01"), adapted],
    )
    unstated: dict[str, None] = dict.fromkeys(("homes", "adaptedHomes", "lack", "spare"))
    assert rows_of(log, "households", on=DAY) == {
        (UTRECHT, "1"): {"households": 1, "persons": 1, "afterReunification": 5, "bedrooms": 3, **unstated},
        (UTRECHT, "2"): {
            "households": 1,
            "persons": 2,
            "adapted": 1,
            "afterReunification": 2,
            "bedrooms": 1,
            **unstated,
        },
    }


def test_who_is_alone_and_younger_than_twenty_three_is_by_the_month_of_birth(log: Log) -> None:
    told(
        log,
        [born("2021-02-01", None, date(1998, 12, 31)), linked("2021-03-01")],  # 23 from 1 December 2021 on
        [born("2021-02-01", None, PartialDate(1999, 1)), linked("2021-03-01")],
        [born("2021-02-01", None, PartialDate(1999)), linked("2021-03-01")],  # July
        [born("2021-02-01", "H-1", PartialDate(2001)), linked("2021-03-01")],  # alone for all that is known
        [born("2021-02-01", None, None), linked("2021-03-01")],
        *([born("2021-02-01", "H-2", PartialDate(2001)), linked("2021-03-01")] for _ in range(2)),
    )
    found = rows_of(log, "households", on=DAY)
    assert found[UTRECHT, "1"]["under23"] == 3
    assert "under23" not in found[UTRECHT, "2"]
    assert rows_of(log, "households", on=date(2021, 11, 30))[UTRECHT, "1"]["under23"] == 4


def test_homes_are_told_by_the_households_that_they_are_for_and_by_what_is_left_over(log: Log) -> None:
    household(log, "H-1", 2)
    household(log, "H-2", 2)
    household(log, "H-3", 4)
    homes(log, UTRECHT, (0, False, 2), (1, True, 1), (2, False, 1), (3, False, 1), (4, True, 3), (7, False, 1))
    found = rows_of(log, "households", on=DAY)
    assert {
        key: tuple(row.get(name, 0) for name in ("homes", "adaptedHomes", "lack", "spare"))
        for key, row in found.items()
    } == {
        (UTRECHT, "1"): (3, 1, 0, 3),
        (UTRECHT, "2"): (1, 0, 1, 0),
        (UTRECHT, "3-5"): (4, 3, 0, 3),
        (UTRECHT, "6+"): (1, 0, 0, 1),
    }
    # What was stated before it took the place of that, and none are none.
    homes(log, UTRECHT, on="2021-11-01")
    assert rows_of(log, "households", on=DAY)[UTRECHT, "2"]["lack"] == 2
    assert rows_of(log, "households", on=date(2021, 10, 31))[UTRECHT, "2"]["lack"] == 1
    assert (UTRECHT, "1") not in rows_of(log, "households", on=DAY)


def test_a_province_sums_what_its_municipalities_lack_over_those_that_stated_homes(log: Log) -> None:
    for key in ("H-1", "H-2", "H-3"):
        household(log, key, 2, AMERSFOORT)
    household(log, "H-4", 2, "GM0310")  # De Bilt, which stated nothing
    homes(log, UTRECHT, (2, False, 2))
    homes(log, AMERSFOORT, (2, False, 1))
    told(log, [granted("2021-02-01", household="H-9")])
    row = {
        "households": 4,
        "persons": 8,
        "homes": 3,
        "lack": 2,
        "spare": 2,
        "afterReunification": 8,
        "bedrooms": 4,
    }
    assert rows_of(log, "households", "province", on=DAY)["PV26", "2"] == row
    assert rows_of(log, "households", "country", on=DAY)["NL", "2"] == row


def test_homes_and_households_of_a_merged_municipality_are_its_successors(log: Log) -> None:
    # Of one key, on both sides of a merger that makes them one household of two.
    told(
        log,
        [granted("2021-02-01", household="H-1"), linked("2021-03-01", WEESP)],
        [granted("2021-02-01", household="H-1"), linked("2021-03-01", AMSTERDAM)],
    )
    homes(log, WEESP, (2, False, 3))
    homes(log, AMSTERDAM, (2, False, 4))
    apart = rows_of(log, "households", on=date(2022, 3, 23))
    assert {key: (row.get("households", 0), row["homes"]) for key, row in apart.items() if "homes" in row} == {
        (WEESP, "2"): (0, 3),
        (AMSTERDAM, "2"): (0, 4),
    }
    together = rows_of(log, "households", on=date(2022, 3, 24))
    assert together == {
        (AMSTERDAM, "2"): {
            "households": 1,
            "persons": 2,
            "homes": 7,
            "spare": 6,
            "afterReunification": 2,
            "bedrooms": 1,
        }
    }
    homes(log, AMSTERDAM, (2, False, 1), on="2022-04-01")
    assert rows_of(log, "households", on=date(2022, 4, 1))[AMSTERDAM, "2"]["homes"] == 1


def test_who_joins_a_household_moves_it_to_another_size(log: Log) -> None:
    household(log, "H-1", 2)
    homes(log, UTRECHT, (2, False, 0))
    before = log.reached()
    household(log, "H-1", 1)
    two, three = (Cell(UTRECHT, {"size": size}, "households") for size in ("2", "3-5"))
    assert [one.adds.amount for one in moved(log, "households", two, before, DAY).values()] == [-1]
    assert [one.adds.amount for one in moved(log, "households", three, before, DAY).values()] == [1]
    # The home stated for two is there as before; the household is not.
    lack = moved(log, "households", two._replace(column="lack"), before, DAY)
    assert [one.adds.amount for one in lack.values()] == [-1]
    bedrooms = moved(log, "households", three._replace(column="bedrooms"), before, DAY)
    assert sum(one.adds.amount for one in bedrooms.values()) == 2


def test_two_municipalities_of_a_province_that_lack_what_the_other_has_to_spare_could_swap(log: Log) -> None:
    for nth in range(4):
        household(log, f"A-{nth}", 2, AMERSFOORT)
    for nth in range(3):
        household(log, f"B-{nth}", 1, UTRECHT)
    household(log, "C-1", 1, AMSTERDAM)  # another province
    homes(log, AMERSFOORT, (2, False, 1), (1, False, 2))  # lacks 3 of two, 2 to spare of one
    homes(log, UTRECHT, (2, False, 5), (1, False, 0))  # lacks 3 of one, 5 to spare of two
    homes(log, AMSTERDAM, (2, False, 5))
    assert rows_of(log, "swaps", on=DAY) == {(AMERSFOORT, UTRECHT, "2", "1"): {"households": 2}}
    # The other way round it is one row: of the lower code.
    homes(log, AMERSFOORT, (2, False, 1), (1, False, 4), on="2021-07-01")
    assert rows_of(log, "swaps", on=DAY) == {(AMERSFOORT, UTRECHT, "2", "1"): {"households": 3}}
    homes(log, UTRECHT, (2, False, 0), (1, False, 0), on="2021-08-01")
    assert rows_of(log, "swaps", on=DAY) == {}


def test_households_of_each_number_of_persons_have_their_size_and_half_as_many_bedrooms_rounded_up(log: Log) -> None:
    for persons in (1, 2, 3, 4, 5, 6, 11):
        household(log, f"H-{persons}", persons)
    found = rows_of(log, "households", on=DAY)
    assert {
        size: tuple(row[name] for name in ("households", "persons", "bedrooms")) for (_, size), row in found.items()
    } == {
        "1": (1, 1, 1),
        "2": (1, 2, 1),
        "3-5": (3, 12, 2 + 2 + 3),
        "6+": (2, 17, 3 + 6),
    }


def test_family_is_counted_however_many_were_posted(log: Log) -> None:
    # Twenty-two times the most of one event, which is more than 2^31 - 1 and held to that; and one granted.
    applied = [said(f"2021-03-{day:02}", FamilyReunificationApplied(100_000_000)) for day in range(2, 25)]
    decided = [said(f"2021-04-{day:02}", FamilyReunificationDecided(100_000_000, 0)) for day in range(2, 25)]
    told(log, [granted("2021-02-01"), linked("2021-03-01"), *applied])
    told(log, [granted("2021-02-01"), linked("2021-03-01"), *applied, *decided])
    homes(log, UTRECHT, (1, False, 100_000_000), (0, True, 100_000_000))
    row = rows_of(log, "households", on=DAY)[UTRECHT, "1"]
    assert row["afterReunification"] == 2 * 2**31
    assert row["bedrooms"] == 2**31
    assert row["spare"] == 199_999_998
    assert rows_of(log, "swaps", on=DAY) == {}
