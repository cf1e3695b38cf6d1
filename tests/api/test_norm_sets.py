"""Norm sets over HTTP: those of the service, those that the ministry published, and what if the norm were another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.found import A, journey
from tests.api.reports import said, worked_case
from tests.api.service_under_test import Service

#: Twelve weeks from the permit, and eight of them for a home.
PERMIT_12 = said(
    "norm-set-published",
    "2021-06-01",
    name="permit-12",
    source="a letter",
    linking=14,
    housing=56,
    departure=14,
    total=84,
    totalStarts="permit",
    validFrom="2021-07-01",
)
TOLD = {
    "name": "permit-12",
    "source": "a letter",
    "validFrom": "2021-07-01",
    "linking": 14,
    "housing": 56,
    "departure": 14,
    "total": 84,
    "totalStarts": "permit",
}
WINDOW = "from=2021-01-01&to=2021-06-30&validOn=2021-06-30"
#: Permit 1 March, linked the 10th, a home on 1 June, housed the 10th: 101 days in all, of which 83 for a home.
JOURNEY = "/v1/journeys/{journey}?validOn=2021-06-30"
TIMELINE = "/v1/journeys/{journey}/timeline?validOn=2021-06-30"
PHASES = f"/v1/norm-phases?{WINDOW}"
FLAT = f"/v1/figures/norm-phases?{WINDOW}"
LIST = "/v1/journeys?validOn=2021-05-20&overdue=true&phase=total"
#: Every request that takes a norm set.
EVERYWHERE = (
    JOURNEY,
    TIMELINE,
    PHASES,
    FLAT,
    f"/v1/figures/norm-phases/_explanation?{WINDOW}&code=NL&column=totalCompletedWithinNorm",
    f"/v1/figures/norm-phases/_changes?{WINDOW}&code=NL&column=totalCompletedWithinNorm&fromPosition=0",
    f"/v1/figures/lateness?{WINDOW}",
    "/v1/figures/waiting?validOn=2021-06-30",
    LIST,
    "/v1/deadlines?validOn=2021-05-20",
)


@pytest.fixture(scope="module")
def published(shared_service: Service) -> Service:
    shared_service.post_all(worked_case(A))
    shared_service.post_all([PERMIT_12])
    return shared_service


def taken_back(letter: dict[str, Any]) -> dict[str, Any]:
    what = {"withdraws": letter["id"], "reason": "never sent", "name": "permit-12"}
    return said("event-withdrawn", "2021-09-01", id=f"no {letter['id']}", by="ministry", **what)


def ask(service: Service, address: str) -> Any:
    answered = service.get(address.format(journey=journey(service, A)) if "{" in address else address)
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_those_of_the_service_come_first(refusing: Service) -> None:
    told = refusing.told("/v1/norm-sets")

    assert [one["name"] for one in told["items"]] == ["permit-14", "link-14", "link-12"]
    assert told["items"][2] == {
        "name": "link-12",
        "source": "COA to municipalities: 12 weeks from the link (10 and 2)",
        "validFrom": "2012-01-01",
        "linking": 14,
        "housing": 70,
        "departure": 14,
        "total": 84,
        "totalStarts": "link",
    }
    assert {"validOn", "knownAt", "position"} <= told.keys()


def test_one_that_was_published_is_known_from_its_position_on_and_for_all_days(published: Service) -> None:
    last = published.told("/v1/norm-sets", validOn="2020-01-01")

    assert last["items"][3:] == [TOLD]
    assert len(published.told("/v1/norm-sets", atPosition=str(last["position"] - 1))["items"]) == 3


@pytest.mark.parametrize("address", EVERYWHERE)
def test_every_request_takes_it_by_its_name_and_says_so(published: Service, address: str) -> None:
    assert ask(published, f"{address}&norm=permit-12")["norm"] == TOLD


@pytest.mark.parametrize("address", EVERYWHERE)
def test_every_request_says_what_if(published: Service, address: str) -> None:
    assert ask(published, f"{address}&normSet=10,70,9,100,permit")["norm"] == {
        "name": "10,70,9,100,permit",
        "source": "Given with the question",
        "validFrom": None,
        "linking": 10,
        "housing": 70,
        "departure": 9,
        "total": 100,
        "totalStarts": "permit",
    }


@pytest.mark.parametrize("address", EVERYWHERE)
@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("norm=permit-13", ("norm", "not-one-of")),
        ("norm=permit 13", ("norm", "not-one-of")),
        ("norm=permit-12&normSet=14,70,14,98,permit", ("normSet", "disagrees")),
        ("norm=permit-14&normSet=14,70,14,98,permit", ("normSet", "disagrees")),
        ("normSet=14,70,14,98", ("normSet", "wrong-pattern")),
        ("normSet=14,70,14,98,housed", ("normSet", "wrong-pattern")),
        ("normSet=14,70,-1,98,permit", ("normSet", "wrong-pattern")),
        ("normSet=014,70,14,98,permit", ("normSet", "wrong-pattern")),
        ("normSet=14,70,14,3651,permit", ("normSet", "out-of-range")),
    ],
)
def test_what_cannot_be_meant_is_refused(published: Service, address: str, asked: str, fault: tuple[str, str]) -> None:
    place = address.format(journey=journey(published, A)) if "{" in address else address
    refused = published.get(f"{place}&{asked}")

    assert refused.status_code == 400, refused.text
    assert [(one["parameter"], one["code"]) for one in refused.json()["errors"]] == [fault]


def test_before_it_was_published_nobody_knew_of_it(published: Service) -> None:
    position = published.told("/v1/norm-sets")["position"] - 1

    for address in (PHASES, JOURNEY.format(journey=journey(published, A)), LIST, FLAT):
        assert published.get(f"{address}&norm=permit-12&atPosition={position}").status_code == 400, address


def test_it_measures_what_its_days_say(published: Service) -> None:
    def within(asked: str) -> float:
        (row,) = ask(published, f"{FLAT}&{asked}")["items"]
        return row["totalCompletedWithinNorm"]

    # 101 days from the permit, 92 from the link: the day that the deadline falls on is in time.
    assert [within(f"normSet=14,70,14,{days},permit") for days in (100, 101)] == [0, 1]
    assert [within(f"normSet=14,70,14,{days},link") for days in (91, 92)] == [0, 1]
    assert within("norm=permit-12") == 0

    phases = ask(published, f"{JOURNEY}&norm=permit-12")["phases"]
    assert [(one["days"], one["norm"], one["daysOver"]) for one in phases.values()] == [
        (9, 14, 0),
        (83, 56, 27),
        (9, 14, 0),
        (101, 84, 17),
    ]


def test_who_is_over_time_depends_on_it(published: Service) -> None:
    # On 20 May it is day 80.
    assert [one["daysOver"] for one in ask(published, f"{LIST}&normSet=14,70,14,79,permit")["items"]] == [1]
    assert ask(published, f"{LIST}&normSet=14,70,14,80,permit")["items"] == []


def test_the_newest_of_a_name_counts_and_what_is_withdrawn_is_no_more(service: Service) -> None:
    letter = {**PERMIT_12, "id": "second", "data": {**PERMIT_12["data"], "effectiveOn": "2021-08-01", "total": 80}}
    service.post_all([letter, PERMIT_12])
    assert [one["total"] for one in service.told("/v1/norm-sets")["items"][3:]] == [80]

    service.post_all([taken_back(letter)])
    assert [one["total"] for one in service.told("/v1/norm-sets")["items"][3:]] == [84]
    service.post_all([taken_back(PERMIT_12)])
    assert service.told("/v1/norm-sets")["items"][3:] == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "permit-14"}, "taken"),
        ({"name": "Permit 12"}, "not-a-norm-name"),
        ({"name": "permit"}, "not-a-norm-name"),
        ({"name": "permit-9999000001"}, "personal-number"),
        ({"name": f"permit-{'1a' * 20}"}, "too-long"),
        ({"total": -1}, "out-of-range"),
        ({"housing": 3651}, "out-of-range"),
        ({"totalStarts": "home"}, "not-one-of"),
    ],
)
def test_one_that_cannot_be_named_or_measured_with_is_not_recorded(
    embedded: Service, wrong: dict[str, Any], code: str
) -> None:
    answered = embedded.post({**PERMIT_12, "data": {**PERMIT_12["data"], **wrong}})

    assert answered.status_code == 400, answered.text
    assert [(one["pointer"], one["code"]) for one in answered.json()["errors"]] == [
        (f"/data/{next(iter(wrong))}", code)
    ]


def test_only_the_ministry_publishes_one(embedded: Service) -> None:
    answered = embedded.post({**PERMIT_12, "source": "urn:nld:oin:00000099000000002000:systeem:coa"})

    assert [one["code"] for one in answered.json()["errors"]] == ["no-authority"]


@pytest.mark.parametrize("beside", [{}, {"period": "2021-I"}, {"area": "NL"}, {"vNumber": A}])
def test_a_withdrawal_of_one_names_it_and_nothing_else(embedded: Service, beside: dict[str, str]) -> None:
    withdrawal = taken_back(PERMIT_12)
    withdrawal["data"] |= beside
    answered = embedded.post(withdrawal)

    found = [(one["pointer"], one["code"]) for one in answered.json().get("errors", [])]
    assert (answered.status_code, found) == ((400, [("/data/name", "disagrees")]) if beside else (201, []))
