"""Tables of households, swaps and what is expected over HTTP: who reads what, and why a cell is so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from projections.figures import FIGURES
from tests.api.every_operation import told_as_problem
from tests.api.reports import ENSCHEDE, Event, granted, linked, quota, said, source
from tests.api.test_declared_tables import body, faults
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import OVERIJSSEL

HENGELO = "GM0164"
DAY = "validOn=2022-02-15"
SWAP = ("GM0153", "GM0164", "2", "1")


def some_homes(*homes: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"bedrooms": bedrooms, "adapted": False, "number": number} for bedrooms, number in homes]


def events() -> Iterator[Event]:
    yield quota("quota-published", "2021-10-01", "2022-I", persons=345)
    yield quota("municipal-quota-published", "2021-10-01", "2022-I", municipality=HENGELO, persons=40)
    yield said("homes-stated", "2022-01-10", area=HENGELO, homes=some_homes((1, 3), (2, 7)))
    yield said("homes-stated", "2022-01-10", area=ENSCHEDE, homes=some_homes((1, 9)))
    yield said("links-announced", "2022-02-01", area=HENGELO, month="2022-03", persons=7, children={"0-3": 2})
    year: dict[str, Any] = {"from": "2022-01-01", "to": "2022-12-31"}
    yield said("permits-forecast-published", "2022-01-01", area="NL", persons=3_650, **year)
    for n in range(8):
        person = f"99990001{n:02d}"
        yield granted(person, "2021-12-01", birthDate=f"{1990 + n}-05-17")
        yield linked(person, "2022-01-05", HENGELO)
    for n in range(16):
        person = f"99990002{n:02d}"
        yield granted(person, "2021-12-01", household=f"H-{n // 2}")
        yield linked(person, "2022-01-05", ENSCHEDE)
    for n in range(12):
        yield granted(f"99990003{n:02d}", "2021-12-01", birthDate="2020-03")


@pytest.fixture(scope="module")
def locked_tables(sqlite_url_of_module: str) -> Iterator[Guarded]:
    with guarded(sqlite_url_of_module, client_rate=0, public_rate=0) as running:
        for one in events():
            answer = running.post_as(one)
            assert answer.status_code == 201, answer.text
        running.follow()
        yield running


@pytest.fixture(scope="module")
def sqlite_url_of_module(another_sqlite_url: Any) -> str:
    url: str = another_sqlite_url()
    return url


def rows(service: Guarded, name: str, by: dict[str, str], group_by: str = "municipality") -> dict[Any, dict[str, Any]]:
    """The rows of a table by code and dimensions."""
    dimensions = [one.name for one in FIGURES[name].dimensions]
    items = body(service, f"/v1/figures/{name}?{DAY}&groupBy={group_by}", **by)["items"]
    return {(item["code"], *(item[one] for one in dimensions)): item for item in items}


def test_what_is_lacking_is_told_from_rounded_households_and_summed_for_a_province(locked_tables: Guarded) -> None:
    exact, told = (rows(locked_tables, "households", locked_tables.of_role(role)) for role in ("coa", "analyst"))
    hengelo = HENGELO, "1"
    assert [exact[hengelo][name] for name in ("households", "homes", "lack", "spare")] == [8, 3, 5, 0]
    # With about ten households and three homes for them it cannot be five, of which only eight could be told.
    assert [told[hengelo][name] for name in ("households", "homes", "lack", "spare")] == [10, 3, 7, 0]
    provinces = rows(locked_tables, "households", locked_tables.of_role("analyst"), "province")
    assert [provinces["PV23", "1"][name] for name in ("households", "homes", "lack", "spare")] == [10, 12, 7, 9]
    own = rows(locked_tables, "households", locked_tables.of_organisation(oin(source("municipality", HENGELO))))
    assert (own[hengelo]["lack"], own[ENSCHEDE, "2"]["lack"]) == (5, 10)


def test_a_swap_is_exact_for_who_reads_both_municipalities_exactly(locked_tables: Guarded) -> None:
    coa, analyst = (locked_tables.of_role(role) for role in ("coa", "analyst"))
    assert {key: row["households"] for key, row in rows(locked_tables, "swaps", coa).items()} == {SWAP: 5}
    assert {key: row["households"] for key, row in rows(locked_tables, "swaps", analyst).items()} == {SWAP: 7}
    for town in (HENGELO, ENSCHEDE):
        theirs = locked_tables.of_organisation(oin(source("municipality", town)))
        assert {key: row["households"] for key, row in rows(locked_tables, "swaps", theirs).items()} == {SWAP: 7}
        cell = f"code={ENSCHEDE}&column=households&with={HENGELO}&size=2&withSize=1"
        why = f"/v1/figures/swaps/_explanation?{DAY}&{cell}"
        told_as_problem(locked_tables.request("GET", why, headers=theirs), 403)
    explained = body(locked_tables, why, **coa)
    assert faults(why, explained) == []
    assert sorted(part["adds"] for part in explained["parts"]) == [-3, *[1] * 8]
    province = locked_tables.of_organisation(oin(OVERIJSSEL))
    assert {key: row["households"] for key, row in rows(locked_tables, "swaps", province).items()} == {SWAP: 5}


def test_what_is_expected_is_told_from_rounded_numbers(locked_tables: Guarded) -> None:
    of_roles = (rows(locked_tables, "expected", locked_tables.of_role(role)) for role in ("coa", "analyst"))
    exact, told = (found[HENGELO,] for found in of_roles)
    # 24 linked in the days of the pace, 59 days ahead, 12 wait and ten a day may get a permit. Hengelo needs 40 less 8,
    # Enschede has its one, and 343 others need one each.
    needed = 32 + 343
    assert (exact["linked"], exact["announced"], exact["announced0to3"]) == (8, 7, 2)
    assert exact["expected"] == pytest.approx(24 * 59 / 91 * 32 / needed, abs=0.005)
    assert exact["expected0to3"] == exact["expected"]
    assert (told["linked"], told["announced"], told["announced0to3"]) == (10, 5, 0)
    assert told["expected"] == pytest.approx(25 * 59 / 91 * 30 / (30 + 343), abs=0.005)
    # It is July by now, and nobody was.
    assert (exact["actual"], told["actual"]) == (0, 0)


def test_what_is_expected_of_itself_a_municipality_is_told_and_not_why(locked_tables: Guarded) -> None:
    # Its parts are who waits and was linked in the whole country: who they are is not for one municipality.
    hengelo = locked_tables.of_organisation(oin(source("municipality", HENGELO)))
    coa, own = (rows(locked_tables, "expected", by)[HENGELO,] for by in (locked_tables.of_role("coa"), hengelo))
    assert (own["linked"], own["announced"]) == (8, 7)
    for column in ("expected", "low", "high", "expected0to3"):
        assert own[column] == coa[column]
        why = f"/v1/figures/expected/_explanation?{DAY}&code={HENGELO}&column={column}"
        told_as_problem(locked_tables.request("GET", why, headers=hengelo), 403)
    why = f"/v1/figures/expected/_explanation?{DAY}&code={HENGELO}&column=linked"
    assert body(locked_tables, why, **hengelo)["cell"]["value"] == 8


def test_persons_of_households_are_told_where_they_leave_the_number_of_households_open(locked_tables: Guarded) -> None:
    exact, told = (rows(locked_tables, "households", locked_tables.of_role(role)) for role in ("coa", "analyst"))
    names = ("households", "persons", "afterReunification", "bedrooms")
    assert [exact[ENSCHEDE, "2"][name] for name in names] == [8, 16, 16, 8]
    # About fifteen persons in about ten households of two would be sixteen in eight.
    assert [told[ENSCHEDE, "2"][name] for name in names] == [10, None, None, None]
    assert [told[HENGELO, "1"][name] for name in names] == [10, 10, 10, 10]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("links", f"from=2022-01-01&to=2022-01-31&code={HENGELO}&column=made"),
        ("reception", "code=NL&column=persons&region=unknown"),
        ("expected", f"code={HENGELO}&column=linked"),
        ("expected", f"code={HENGELO}&column=announced"),
        ("expected", f"code={HENGELO}&column=expected"),
        ("expected", "code=NL&column=high"),
        ("expected", "code=PV23&column=expected0to3"),
        ("households", f"code={HENGELO}&column=homes&size=2"),
        ("households", f"code={ENSCHEDE}&column=households&size=2"),
        ("households", "code=PV23&column=lack&size=1"),
    ],
)
def test_a_cell_is_explained_by_parts_with_the_events_behind_them(locked_tables: Guarded, name: str, cell: str) -> None:
    url = f"/v1/figures/{name}/_explanation?{DAY}&{cell}"
    answered = body(locked_tables, url, **locked_tables.of_role("coa"))
    assert faults(url, answered) == []
    assert answered["parts"]
    # What is needed, and how far bounds lie apart, nobody said.
    worked_out = ("needed", "needed-elsewhere", "spread")
    assert all(part["events"] for part in answered["parts"] if part.get("kind") not in worked_out)
    told_as_problem(locked_tables.request("GET", url, headers=locked_tables.of_role("analyst")), 403)
