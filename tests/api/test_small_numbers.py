"""Small numbers: figures as analysts and the public read them, and exactly by role; the answer states the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from tests.api.reports import granted, home_ready, housed, linked, said
from tests.api.service_under_test import serving
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import ENSCHEDE, HENGELO, MINISTRY, OVERIJSSEL, event

OURS, THEIRS, ELSEWHERE, DIED = "GM0153", "GM0164", "GM0344", "GM0193"
ROUNDED = {"rule": "rounded-to-5", "exactFor": []}
EXACT = {"rule": "exact", "exactFor": []}
WINDOW = "from=2021-07-01&to=2021-12-31&validOn=2021-12-31"
#: Enschede houses eleven, one in a hotel and six in temporary homes; Hengelo houses two.
_HOUSED = [
    *((OURS, kind) for kind in ("regular",) * 4 + ("transit-home",) * 6 + ("hotel",)),
    *((THEIRS, "regular"),) * 2,
]
#: A half-year later Utrecht houses seven in one way, and in each other way as many as round to none.
_HOUSED_LATER = [
    *((ELSEWHERE, "regular"),) * 7,
    *(
        (ELSEWHERE, kind)
        for kind in ("intermediate", "transit-home", "transit-location", "hotel", "gva", "minor-unit", "with-family")
        for _ in range(2)
    ),
]
LATER = "from=2022-01-01&to=2022-06-30&validOn=2022-06-30"


def _persons(first: date = date(2021, 7, 1), housings: Sequence[tuple[str, str]] = _HOUSED) -> Iterator[dict[str, Any]]:
    for nth, (municipality, kind) in enumerate(housings):
        person, on = f"9999{first:%y%m}{nth:02d}", first + timedelta(days=nth)
        yield granted(person, on.isoformat())
        yield linked(person, (on + timedelta(days=10)).isoformat(), municipality)
        if municipality != ELSEWHERE:  # it posts nothing here
            yield home_ready(person, (on + timedelta(days=60)).isoformat(), municipality, kind)
        yield housed(person, (on + timedelta(days=71)).isoformat(), municipality, kind)


def _died() -> Iterator[dict[str, Any]]:
    """Three who were linked to Zwolle and two to Almelo, and never housed."""
    for nth, municipality in enumerate((DIED, DIED, DIED, "GM0141", "GM0141")):
        person = f"99992205{nth:02d}"
        yield granted(person, "2022-05-01")
        yield linked(person, "2022-05-05", municipality)
        yield said("died", "2022-05-20", person)


@pytest.fixture(scope="module")
def service(shared_sqlite_url: str) -> Iterator[Guarded]:
    """A half-year in which thirteen persons were housed, and one in which twenty-one were and five died."""
    with guarded(shared_sqlite_url, client_rate=0, public_rate=0) as running:
        running.post_as(event("quota-published", MINISTRY, "q-1", period="2021-II", persons=10_000, reference="1"))
        for one in (*_persons(), *_persons(date(2022, 1, 1), _HOUSED_LATER), *_died()):
            assert running.post_as(one).status_code == 201
        running.follow()
        yield running


def asked(service: Guarded, url: str, role: str = "public") -> Any:
    answer = service.request("GET", url, headers=service.of_role(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_quota_what_was_realised_and_the_balances_are_public_and_exact(service):
    url = "/v1/realisation?period=2021-II&groupBy=municipality&validOn=2021-12-31"
    told, exact = asked(service, url), asked(service, url, "ministry")
    rows, exact_rows = (
        {
            one["code"]: {name: value for name, value in one.items() if not name.startswith("realisedBy")}
            for one in items
        }
        for items in (told["items"], exact["items"])
    )

    assert rows == exact_rows and rows[OURS]["realised"] == 11
    assert (told["disclosure"], exact["disclosure"]) == (ROUNDED, EXACT)
    assert asked(service, "/v1/backlog?from=2021-07-01&to=2021-12-31") == asked(
        service, "/v1/backlog?from=2021-07-01&to=2021-12-31", "ministry"
    )


def test_kinds_of_accommodation_are_rounded_each_by_itself(service):
    def kinds(role: str, group_by: str = "municipality") -> dict[str, dict[str, int]]:
        url = f"/v1/realisation?period=2021-II&groupBy={group_by}&validOn=2021-12-31"
        return {one["code"]: one["realisedByAccommodation"] for one in asked(service, url, role)["items"]}

    exact = {"hotel": 1, "regular": 4, "transit-home": 6}
    assert kinds("ministry")[OURS] == exact
    for role in ("public", "analyst", "cbs", "duo", "administrator"):
        # Hengelo's two round to none.
        assert (kinds(role)[OURS], kinds(role)[THEIRS]) == ({"regular": 5, "transit-home": 5}, {}), role
    assert kinds("analyst", "country") == {"NL": {"regular": 5, "transit-home": 5}}
    assert kinds("ministry", "country") == {"NL": {"hotel": 1, "regular": 6, "transit-home": 6}}


def test_where_the_total_gives_them_away_kinds_of_accommodation_are_told_to_nobody_who_reads_them_rounded(service):
    def kinds(role: str, group_by: str = "municipality") -> Any:
        url = f"/v1/realisation?period=2022-I&groupBy={group_by}&validOn=2022-06-30"
        (row,) = (one for one in asked(service, url, role)["items"] if one["realised"])
        return row["realised"], row["realisedByAccommodation"]

    assert kinds("ministry") == (21, {**{kind: 2 for _, kind in _HOUSED_LATER}, "regular": 7})
    for role in ("public", "analyst", "cbs"):
        # Five in one way, of twenty-one: that can only be seven, and two in each of the others.
        assert kinds(role) == kinds(role, "country") == (21, {})


def test_a_municipality_reads_how_its_own_were_housed_exactly_and_those_of_others_rounded(service):
    url = "/v1/realisation?period=2021-II&groupBy=municipality&validOn=2021-12-31"
    told = service.request("GET", url, headers=service.of_organisation(oin(ENSCHEDE))).json()
    kinds = {one["code"]: one["realisedByAccommodation"] for one in told["items"]}

    assert (kinds[OURS], kinds[THEIRS]) == ({"hotel": 1, "regular": 4, "transit-home": 6}, {})
    assert told["disclosure"] == {**ROUNDED, "exactFor": [OURS]}


def test_norm_phases_are_rounded_and_rows_of_nobody_are_left_out(service):
    url = f"/v1/norm-phases?{WINDOW}&groupBy=municipality"
    told, exact = asked(service, url, "analyst"), asked(service, url, "coa")
    linking = {one["code"]: one["phases"]["linking"]["completed"] for one in exact["items"]}

    assert linking[THEIRS] == {"count": 2, "mean": 10, "median": 10, "p90": 10, "withinNorm": 1}
    assert linking[OURS]["count"] == 11
    assert [one["code"] for one in told["items"]] == [OURS]
    (ours,) = told["items"]
    assert ours["phases"]["linking"]["completed"] == {
        "count": 10,
        "mean": 10,
        "median": 10,
        "p90": 10,
        "withinNorm": 1,
    }
    # 71 days in all: as far from 70 as from 75 it is not.
    assert ours["phases"]["total"]["completed"]["mean"] == 70
    assert ours["phases"]["linking"]["open"] == {"count": 0, "mean": None, "median": None, "p90": None, "overNorm": 0}
    assert (told["disclosure"], exact["disclosure"]) == (ROUNDED, EXACT)


def test_a_row_without_any_number_is_there_for_whom_it_is_exact_and_for_nobody_else(service):
    # In December nobody is housed or waits: there is nothing to tell but that there was somebody.
    url = "/v1/norm-phases?from=2021-12-01&to=2021-12-31&validOn=2021-12-31&groupBy=municipality"

    assert [one["code"] for one in asked(service, url, "coa")["items"]] == [OURS, THEIRS]
    assert asked(service, url, "analyst")["items"] == []
    told = service.request("GET", url, headers=service.of_organisation(oin(ENSCHEDE))).json()
    assert ([one["code"] for one in told["items"]], told["disclosure"]["exactFor"]) == ([OURS], [OURS])


def test_a_row_of_none_but_closed_journeys_is_there_once_they_are_told(service):
    url = "/v1/norm-phases?from=2022-07-01&to=2022-07-10&validOn=2022-07-10&groupBy=municipality"

    # Zwolle's three are five, Almelo's two are none.
    assert [(one["code"], one["closedWithoutHousing"]) for one in asked(service, url)["items"]] == [(DIED, 5)]


def test_no_number_of_the_norm_phases_is_finer_than_five_for_anybody_who_reads_them_rounded(service):
    for role, group_by in (("public", "country"), ("analyst", "province"), ("cbs", "municipality"), ("duo", "country")):
        items = asked(service, f"/v1/norm-phases?{WINDOW}&groupBy={group_by}", role)["items"]
        assert items
        for item in items:
            assert item["closedWithoutHousing"] % 5 == 0
            for cells in item["phases"].values():
                for cell in cells.values():
                    for name, value in cell.items():
                        step = 0.05 if name == "withinNorm" else 5
                        assert value is None or round(value / step, 9) % 1 == 0, (role, name, value)


def test_a_municipality_and_a_province_read_their_own_exactly_and_the_others_rounded(service):
    def disclosed(by: str, group_by: str) -> tuple[Any, dict[str, int]]:
        url = f"/v1/norm-phases?{WINDOW}&groupBy={group_by}"
        told = service.request("GET", url, headers=service.of_organisation(oin(by))).json()
        counts = {one["code"]: one["phases"]["total"]["completed"]["count"] for one in told["items"]}
        return told["disclosure"], counts

    assert disclosed(ENSCHEDE, "municipality") == ({**ROUNDED, "exactFor": [OURS]}, {OURS: 11})
    assert disclosed(HENGELO, "municipality") == ({**ROUNDED, "exactFor": [THEIRS]}, {OURS: 10, THEIRS: 2})
    assert disclosed(ENSCHEDE, "country") == (ROUNDED, {"NL": 15})
    both = [OURS, THEIRS]
    assert disclosed(OVERIJSSEL, "municipality") == ({**ROUNDED, "exactFor": both}, {OURS: 11, THEIRS: 2})
    assert disclosed(OVERIJSSEL, "province") == ({**ROUNDED, "exactFor": ["PV23"]}, {"PV23": 13})
    assert disclosed(OVERIJSSEL, "country") == (ROUNDED, {"NL": 15})


def test_a_province_reads_no_municipality_of_another_one_exactly(service):
    for group_by, code in (("municipality", ELSEWHERE), ("province", "PV26")):
        url = f"/v1/norm-phases?{LATER}&groupBy={group_by}"
        told = service.request("GET", url, headers=service.of_organisation(oin(OVERIJSSEL))).json()
        counts = {one["code"]: one["phases"]["total"]["completed"]["count"] for one in told["items"]}
        assert counts[code] == 20
        assert code not in told["disclosure"]["exactFor"]


def test_an_analyst_of_a_municipality_reads_its_row_rounded_as_analysts_do(service):
    headers = service.of_person("analyst", organisation=oin(ENSCHEDE))
    told = service.request("GET", f"/v1/norm-phases?{WINDOW}&groupBy=municipality", headers=headers).json()

    assert told["disclosure"] == ROUNDED
    assert [one["phases"]["total"]["completed"]["count"] for one in told["items"]] == [10]


def test_windows_a_day_apart_differ_by_nothing_or_by_what_may_be_many_persons(service):
    def count(last: date, role: str) -> int:
        url = f"/v1/norm-phases?from=2021-07-01&to={last}&validOn=2021-12-31"
        items = asked(service, url, role)["items"]
        return int(items[0]["phases"]["total"]["completed"]["count"]) if items else 0

    days = [date(2021, 9, 9) + timedelta(days=nth) for nth in range(14)]
    # One person was housed on each of the days on which Enschede or Hengelo housed somebody.
    assert [count(day, "ministry") for day in days] == [*range(14)]
    assert [count(day, "analyst") for day in days] == [0, 0, 0, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15]


def test_in_development_mode_without_a_token_figures_are_exact(sqlite_url: str):
    with serving(sqlite_url) as open_service:
        open_service.post_all([*_persons()])
        told = open_service.told(f"/v1/norm-phases?{WINDOW}&groupBy=municipality")

    assert told["disclosure"] == EXACT
    assert {one["code"] for one in told["items"]} == {OURS, THEIRS}


@pytest.mark.parametrize("address", ["/v1/norm-phases", "/v1/figures/norm-phases", "/v1/figures/lateness"])
def test_a_norm_that_comes_with_the_question_takes_whole_weeks_from_who_is_told_rounded_numbers(service, address):
    def status(days: str, role: str) -> tuple[int, list[str]]:
        url = f"{address}?{WINDOW}&normSet={days},permit"
        answer = service.request("GET", url, headers=service.of_role(role))
        return answer.status_code, [f"{one['parameter']} {one['code']}" for one in answer.json().get("errors", [])]

    # A day more, day after day, would say of each person how long it took.
    for role in ("public", "analyst", "cbs"):
        assert status("14,70,14,98", role) == status("0,7,21,105", role) == (200, [])
        for days in ("14,70,14,99", "13,70,14,98", "14,71,14,98", "14,70,15,98"):
            assert status(days, role) == (400, ["normSet too-fine"]), role
    ours = service.request(
        "GET", f"{address}?{WINDOW}&normSet=14,70,14,99,permit", headers=service.of_organisation(oin(ENSCHEDE))
    )
    assert ours.status_code == 400
    assert status("14,70,14,99", "coa") == status("14,70,14,99", "auditor") == (200, [])


@pytest.mark.parametrize(("asked", "refused"), [("left=2501", "left"), ("months=7", "months")])
def test_so_do_the_ends_of_a_loan_and_a_term(service, asked, refused):
    for role, status in (("public", 400), ("analyst", 400), ("ministry", 200)):
        answer = service.request("GET", f"/v1/figures/elip?{asked}", headers=service.of_role(role))
        assert answer.status_code == status, role
        if status == 400:
            assert [(one["parameter"], one["code"]) for one in answer.json()["errors"]] == [(refused, "too-fine")]
    coarse = service.request("GET", "/v1/figures/elip?left=1500&months=24", headers=service.of_role("public"))
    assert coarse.json()["left"] == 1_500


def test_a_share_within_the_norm_is_that_of_the_rounded_numbers(service):
    def within(norm: str, role: str) -> Any:
        url = f"/v1/norm-phases?{WINDOW}&groupBy=municipality&normSet={norm},permit"
        (ours,) = (one for one in asked(service, url, role)["items"] if one["code"] == OURS)
        return ours["phases"]["linking"]["completed"]["withinNorm"], ours["phases"]["total"]["completed"]["withinNorm"]

    assert within("7,70,14,70", "coa") == (0, 0) and within("14,70,14,77", "coa") == (1, 1)
    # Eleven of eleven: ten of ten.
    assert within("14,70,14,77", "public") == (1, 1)
    published = f"/v1/norm-phases?{LATER}&groupBy=municipality"
    (exact,) = (one for one in asked(service, published, "coa")["items"] if one["code"] == ELSEWHERE)
    (told,) = (one for one in asked(service, published)["items"] if one["code"] == ELSEWHERE)
    assert exact["phases"]["linking"]["completed"]["count"] == 21
    assert told["phases"]["linking"]["completed"] == {"count": 20, "mean": 10, "median": 10, "p90": 10, "withinNorm": 1}
