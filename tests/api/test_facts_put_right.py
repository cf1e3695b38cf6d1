"""Corrections whose clocks disagree, and counts of a year before the table, from the post to the figure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.reports import UTRECHT, granted, housed, linked, quota, said
from tests.api.service_under_test import Service

A = "9999000001"
MIDNIGHT = "2021-07-05T00:00:00+02:00"


def realised(service: Service, period: str) -> int:
    (country,) = service.told(f"/v1/realisation?period={period}&groupBy=country&validOn=2021-12-31")["items"]
    number: int = country["realised"]
    return number


@pytest.mark.parametrize(
    ("first", "second"),
    [(MIDNIGHT, MIDNIGHT), ("2021-07-05T00:00:00.4+02:00", MIDNIGHT), ("9999-12-31T00:00:00Z", MIDNIGHT)],
    ids=["one instant", "a clock that is behind", "a slip of the keyboard"],
)
def test_a_housing_corrected_into_the_half_year_before_counts_there(service: Service, first: str, second: str) -> None:
    service.post_all([granted(A, "2021-01-04"), linked(A, "2021-01-11")])
    assert service.post(housed(A, "2021-07-02", id="tvs-9", at=first)).status_code == 201
    assert (realised(service, "2021-I"), realised(service, "2021-II")) == (0, 1)
    assert service.post(housed(A, "2021-06-29", id="tvs-10", at=second, corrects="tvs-9")).status_code == 201
    assert (realised(service, "2021-I"), realised(service, "2021-II")) == (1, 0)


def test_a_ring_of_corrections_is_told_on_the_journey(service: Service) -> None:
    service.post_all(
        [
            housed(A, "2021-07-02", id="a", at=MIDNIGHT, corrects="b"),
            housed(A, "2021-06-29", id="b", at=MIDNIGHT, corrects="a"),
        ]
    )
    findings = service.told(f"/v1/journeys/{service.journey(A)}")["findings"]
    assert [(one["code"], one["id"]) for one in findings if one["id"]] == [
        ("corrections-in-a-ring", "b"),
        ("corrections-in-a-ring", "a"),
    ]


def counted(code: str, persons: int, on: str = "2018-01-01") -> dict[str, Any]:
    return said("inhabitants-counted", on, municipality=code, on=on, persons=persons, id=f"{code} {on}")


def quotas(service: Service) -> dict[str, int]:
    told = service.told("/v1/realisation?period=2019-II&groupBy=municipality&validOn=2019-07-01")
    return {item["code"]: item["quota"] for item in told["items"]}


def test_one_count_of_the_year_before_the_table_takes_nobody_elses_quota(service: Service) -> None:
    service.post_all([quota("quota-published", "2019-04-01", "2019-II", persons=6_000)])
    before = quotas(service)
    service.post_all([counted(UTRECHT, 347_574)])
    after = quotas(service)
    assert (len(after), sum(after.values())) == (355, 6_000)
    assert (before[UTRECHT], after[UTRECHT]) == (119, 118)
    assert min(after.values()) == 1


def test_a_table_of_2018_with_codes_that_ended_in_it_can_be_loaded(service: Service) -> None:
    parts = {"GM0005": 10_475, "GM0053": 13_600, "GM1651": 15_500, "GM1663": 10_100}
    service.post_all([quota("quota-published", "2019-04-01", "2019-II", persons=6_000)])
    service.post_all([counted(code, persons) for code, persons in parts.items()])
    told = service.told("/v1/realisation?period=2019-II&groupBy=municipality&validOn=2019-07-01")
    # Of Winsum, that was split, 12,031 went to Het Hogeland.
    assert {item["code"]: item["inhabitants"] for item in told["items"]}["GM1966"] == 48_106
    assert service.post(counted("GM0081", 10_300, on="2017-01-01")).status_code == 201


def test_a_number_is_explained_by_the_counts_that_it_rests_on_and_their_own_days(service: Service) -> None:
    service.post_all([counted(UTRECHT, 347_574), counted("GM0009", 7_300), counted("GM0017", 20_200)])

    def parts(code: str) -> list[tuple[Any, ...]]:
        asked = {"period": "2019-II", "code": code, "column": "inhabitants", "validOn": "2019-07-01"}
        told = service.told("/v1/figures/realisation/_explanation", **asked)["parts"]
        return [(one["kind"], one["code"], one["adds"], one["on"], len(one["events"])) for one in told]

    assert parts(UTRECHT) == [("counted", UTRECHT, 347_574, "2018-01-01", 1)]
    assert parts("GM0363") == [("counted", "GM0363", 862_965, "2019-01-01", 0)]
    # Two of three parts were counted, so what is told of Groningen is the count of a year later.
    assert parts("GM0014") == [("counted", "GM0014", 231_299, "2019-01-01", 0)]
    service.post_all([counted("GM0014", 202_800)])
    assert sorted(parts("GM0014")) == [
        ("counted", "GM0009", 7_300, "2018-01-01", 1),
        ("counted", "GM0014", 202_800, "2018-01-01", 1),
        ("counted", "GM0017", 20_200, "2018-01-01", 1),
    ]


def test_a_year_lists_the_inhabitants_that_it_counted_and_nobody_elses(service: Service) -> None:
    service.post_all([counted(UTRECHT, 347_574)])
    items = {item["code"]: item for item in service.told("/v1/municipalities")["items"]}
    assert len(items) == 360
    assert items[UTRECHT]["inhabitants"][0] == {"year": 2018, "persons": 347_574}
    assert [one["year"] for one in items["GM0363"]["inhabitants"]] == list(range(2019, 2027))


def test_a_count_of_the_tables_time_names_a_municipality_that_is_known(service: Service) -> None:
    refused = service.post(counted("GM9999", 10_300, on="2019-01-01"))
    assert (refused.status_code, [one["code"] for one in refused.json()["errors"]]) == (400, ["unknown-municipality"])
