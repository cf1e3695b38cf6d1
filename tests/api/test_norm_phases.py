"""The norm phases over HTTP, on small histories counted by hand."""

from __future__ import annotations

import pytest

from domain.norm_sets import NORM_SETS
from tests.api.reports import (
    AMERSFOORT,
    granted,
    linked,
    said,
    worked_case,
)
from tests.api.service_under_test import Service

A, B, C, D, E = (f"999900000{n}" for n in range(1, 6))


# Norm phases


def phases(service: Service, **asked: str) -> dict[str, dict[str, dict[str, float]]]:
    (item,) = service.told("/v1/norm-phases", **{"from": "2021-03-01", "to": "2021-06-30", **asked})["items"]
    return item["phases"]


@pytest.mark.parametrize(("norm", "total", "within"), [("permit-14", 101, 0), ("link-14", 92, 1), ("link-12", 92, 0)])
def test_the_worked_case_under_each_norm_set(service, norm, total, within):
    service.post_all(worked_case(A))
    told = phases(service, norm=norm)

    assert {name: phase["completed"] for name, phase in told.items()} == {
        "linking": {"count": 1, "mean": 9, "median": 9, "p90": 9, "withinNorm": 1},
        "housing": {"count": 1, "mean": 83, "median": 83, "p90": 83, "withinNorm": 0},
        "departure": {"count": 1, "mean": 9, "median": 9, "p90": 9, "withinNorm": 1},
        "total": {"count": 1, "mean": total, "median": total, "p90": total, "withinNorm": within},
    }
    assert {phase["open"]["count"] for phase in told.values()} == {0}


@pytest.mark.parametrize("norm", NORM_SETS)
def test_every_answer_names_its_norm_set_with_its_source(refusing, norm):
    told = refusing.told("/v1/norm-phases", **{"from": "2021-01-01", "to": "2021-06-30", "norm": norm})["norm"]

    assert told["name"] == norm
    assert told["source"] == NORM_SETS[norm].source
    assert told["total"] == NORM_SETS[norm].total


@pytest.fixture(scope="module")
def three_journeys(shared_service: Service) -> Service:
    """The worked case; one with family, linked after 19 days and waiting for a home; one that died."""
    shared_service.post_all(
        [
            *worked_case(A),
            granted(B, "2021-03-01"),
            said("family-reunification-applied", "2021-03-05", B, persons=2),
            linked(B, "2021-03-20", AMERSFOORT),
            granted(C, "2021-03-01"),
            said("died", "2021-04-01", C),
        ]
    )
    return shared_service


def test_completed_and_open_phases_are_summarised(three_journeys):
    told = phases(three_journeys, validOn="2021-06-30")

    assert told["linking"]["completed"] == {"count": 2, "mean": 14, "median": 14, "p90": 18, "withinNorm": 0.5}
    assert told["housing"]["open"] == {"count": 1, "mean": 102, "median": 102, "p90": 102, "overNorm": 1}
    assert told["total"]["open"] == {"count": 1, "mean": 121, "median": 121, "p90": 121, "overNorm": 1}
    assert told["departure"]["open"] == {"count": 0, "mean": None, "median": None, "p90": None, "overNorm": 0}


def test_a_journey_that_ended_without_housing_is_counted_apart(three_journeys):
    asked = {"from": "2021-03-01", "to": "2021-06-30", "validOn": "2021-06-30"}
    (item,) = three_journeys.told("/v1/norm-phases", **asked)["items"]

    assert (item["code"], item["name"], item["closedWithoutHousing"]) == ("NL", "Nederland", 1)
    assert item["phases"]["linking"]["open"]["count"] == 0


def test_families_can_be_asked_apart(three_journeys):
    with_family = phases(three_journeys, family="with", validOn="2021-06-30")
    without = phases(three_journeys, family="without", validOn="2021-06-30")

    assert (with_family["linking"]["completed"]["mean"], with_family["total"]["completed"]["count"]) == (19, 0)
    assert (without["linking"]["completed"]["mean"], without["total"]["completed"]["count"]) == (9, 1)


def test_groups_stand_in_code_order_and_empty_ones_are_left_out(three_journeys):
    asked = {"from": "2021-03-01", "to": "2021-06-30", "validOn": "2021-06-30"}
    by_municipality = three_journeys.told("/v1/norm-phases", groupBy="municipality", **asked)["items"]
    by_province = three_journeys.told("/v1/norm-phases", groupBy="province", **asked)["items"]

    assert [(item["code"], item["name"]) for item in by_municipality] == [
        ("GM0307", "Amersfoort"),
        ("GM0344", "Utrecht"),
    ]
    assert [(item["code"], item["name"]) for item in by_province] == [("PV26", "Utrecht")]


def test_numbers_are_rounded_half_away_from_zero_to_two_decimals_and_shares_to_four(service):
    for n, days in enumerate((1, 2, 15)):
        v_number = f"999900010{n}"
        service.post_all([granted(v_number, "2021-03-01"), linked(v_number, f"2021-03-{1 + days:02d}")])
    told = phases(service, validOn="2021-06-30")["linking"]["completed"]

    assert told == {"count": 3, "mean": 6, "median": 2, "p90": 12.4, "withinNorm": 0.6667}
