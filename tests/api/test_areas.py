"""What is said of areas: posted by who may, read back by area and in the log, corrected and withdrawn there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from service.foundation.version import TYPE_PREFIX
from service.http.openapi.event_types import EXAMPLES
from tests.api.reports import AMSTERDAM, ENSCHEDE, UTRECHT, WEESP, Event, quota, said
from tests.api.service_under_test import Service
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import CBS, COA, DUO, HENGELO, MINISTRY, OVERIJSSEL
from tests.posts import ENSCHEDE as ENSCHEDES_SYSTEM

TOPICS = (
    *("permits-forecast-published.v1", "links-announced.v1", "homes-stated.v1", "temporary-places-stated.v1"),
    *("reception-places-stated.v1", "ladder-step-decided.v1", "assessment-suspended.v1"),
)


def homes(on: str, area: str = UTRECHT, number: int = 4, **more: Any) -> Event:
    return said("homes-stated", on, area=area, homes=[{"bedrooms": 2, "adapted": False, "number": number}], **more)


def withdrawal(of: Event, on: str, **more: Any) -> Event:
    data = {"withdraws": of["id"], "reason": "Counted twice", "area": of["data"]["area"]}
    return {**said("event-withdrawn", on, **data, **more), "source": of["source"]}


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_example_is_recorded_and_read_back_under_its_area(service: Service, topic: str) -> None:
    example = EXAMPLES[topic]
    posted = service.post(example)
    assert posted.status_code == 201, posted.text
    assert posted.json() | {"recordedAt": ""} == {
        "id": example["id"],
        "position": 1,
        "journey": None,
        "version": 1,
        "recordedAt": "",
        "status": "recorded",
    }
    assert posted.headers["Location"] == "/v1/events/1"

    area = example["data"]["area"]
    told = service.told(f"/v1/areas/{area}/events")
    (item,) = told["items"]
    assert (item["type"], item["data"], item["subject"]) == (f"{TYPE_PREFIX}{topic}", example["data"], None)
    assert item["stream"] == {"kind": "area", "period": None, "area": area}
    assert (item["sealed"], item["inForce"], told["findings"]) == (False, True, [])
    assert service.told("/v1/events/1")["event"] == item == service.told("/v1/events")["items"][0]


def test_the_events_of_an_area_are_those_that_name_its_code(embedded: Service) -> None:
    embedded.post_all(
        [
            homes("2021-09-01"),
            homes("2021-09-01", ENSCHEDE),
            said("reception-places-stated", "2021-09-02", area="PV26", places=9),
            said("assessment-suspended", "2021-09-03", by="ministry", area="NL", period="2021-I"),
            quota("quota-published", "2021-03-29", "2021-I", persons=11000),
            said("ladder-step-decided", "2021-09-04", area=UTRECHT, period="2021-I", rung=1, reason="Behind"),
        ]
    )

    found = {
        area: [one["position"] for one in embedded.told(f"/v1/areas/{area}/events")["items"]]
        for area in (UTRECHT, ENSCHEDE, "PV26", "NL", "PV23", AMSTERDAM)
    }

    assert found == {UTRECHT: [1, 6], ENSCHEDE: [2], "PV26": [3], "NL": [4], "PV23": [], AMSTERDAM: []}


@pytest.mark.parametrize("area", ["GM9999", "PV19", "gm0344", "nl", "2021-II", "reference", "GM0344 "])
def test_of_what_is_no_area_nothing_is_known(refusing: Service, area: str) -> None:
    refused = refusing.get(f"/v1/areas/{area}/events")

    assert (refused.status_code, refused.json()["title"]) == (404, "No such area")
    assert area not in refused.text


def test_a_municipality_that_a_posted_merger_makes_is_an_area_from_then_on(embedded: Service) -> None:
    embedded.post_all(
        [
            said(
                "municipality-merged",
                "2022-01-01",
                municipality=ENSCHEDE,
                into="GM9153",
                on="2022-01-01",
                name="Twente",
                province="PV23",
            )
        ]
    )

    assert embedded.told("/v1/areas/GM9153/events")["items"] == []
    assert embedded.get("/v1/areas/GM9153/events", atPosition=0).status_code == 404


def test_a_statement_is_corrected_and_withdrawn_within_its_area(service: Service) -> None:
    first, other = homes("2021-09-01", id="first"), homes("2021-10-01", id="other", number=7)
    service.post_all([first, other])
    service.clock.forward(days=1)
    service.post_all([homes("2021-09-02", id="better", number=5, corrects="first", at="2021-10-02T09:00:00Z")])
    service.post_all([withdrawal(other, "2021-10-03", id="undone")])

    told = service.told(f"/v1/areas/{UTRECHT}/events")
    assert {one["id"]: (one["inForce"], one["correctedBy"], one["withdrawnBy"]) for one in told["items"]} == {
        "first": (False, {"source": first["source"], "id": "better"}, None),
        "other": (False, None, {"source": first["source"], "id": "undone"}),
        "better": (True, None, None),
        "undone": (True, None, None),
    }
    assert told["items"][3]["stream"] == {"kind": "area", "period": None, "area": UTRECHT}
    assert [one["inForce"] for one in service.told(f"/v1/areas/{UTRECHT}/events", atPosition=2)["items"]] == [True] * 2
    assert ids(service.told(f"/v1/areas/{UTRECHT}/events", validOn="2021-09-15")) == ["first", "better"]


def test_what_an_area_says_that_cannot_be_is_told_beside_its_events(service: Service) -> None:
    service.post_all(
        [
            # Weesp went into Amsterdam on 24 March 2022.
            homes("2022-03-23", WEESP, id="in time"),
            {**homes("2022-03-24", WEESP, id="too late"), "source": homes("2022-03-24", AMSTERDAM)["source"]},
            homes("2021-09-01", AMSTERDAM, id="elsewhere"),
            {**homes("2022-03-01", WEESP, id="of nothing", corrects="elsewhere")},
            withdrawal(homes("2022-03-01", WEESP, id="unknown"), "2022-03-02", id="of none"),
        ]
    )

    weesp = homes("2022-03-23", WEESP)["source"]
    assert service.told(f"/v1/areas/{WEESP}/events", limit=1)["findings"] == [
        {
            "code": "area-not-there-that-day",
            "source": homes("2022-03-24", AMSTERDAM)["source"],
            "id": "too late",
            "on": "2022-03-24",
        },
        {"code": "corrects-unknown-event", "source": weesp, "id": "of nothing", "on": "2022-03-01"},
        {"code": "withdraws-unknown-event", "source": weesp, "id": "of none", "on": "2022-03-02"},
    ]
    of_that_day = service.told(f"/v1/areas/{WEESP}/events", validOn="2022-03-01")
    assert [one["id"] for one in of_that_day["findings"]] == ["of nothing"]
    assert service.told(f"/v1/areas/{AMSTERDAM}/events")["findings"] == []


def test_the_events_of_an_area_come_in_pages_of_one_list(service: Service) -> None:
    service.post_all([homes(f"2021-09-{day:02}") for day in range(1, 8)])

    found, url = [], f"/v1/areas/{UTRECHT}/events?limit=3"
    while url:
        answer = service.get(url)
        found.append([one["position"] for one in answer.json()["items"]])
        service.post_all([homes("2021-12-01", id=f"later {len(found)}")])
        url = answer.headers.get("Link", "").partition(">")[0].lstrip("<")

    assert found == [[1, 2, 3], [4, 5, 6], [7]]


def test_the_events_of_an_area_come_as_a_file(embedded: Service) -> None:
    embedded.post_all([homes("2021-09-01", number=7)])

    rows = list(csv.DictReader(io.StringIO(embedded.get(f"/v1/areas/{UTRECHT}/events", format="csv").text)))

    assert [(row["streamKind"], row["streamArea"], row["streamPeriod"]) for row in rows] == [("area", UTRECHT, "")]
    assert '"number":7' in rows[0]["data"]


def test_the_log_is_found_by_the_municipality_that_an_area_event_names(service: Service) -> None:
    service.post_all(
        [
            homes("2021-09-01", id="homes"),
            homes("2021-09-01", ENSCHEDE, id="elsewhere"),
            said("ladder-step-decided", "2021-09-04", area=UTRECHT, period="2021-I", rung=1, reason="x", id="step"),
            said("assessment-suspended", "2021-09-05", by="ministry", area="NL", period="2021-I", id="suspended"),
        ]
    )

    assert ids(service.told("/v1/events", municipality=UTRECHT)) == ["homes", "step"]
    assert ids(service.told("/v1/events", type=f"{TYPE_PREFIX}homes-stated.v1")) == ["homes", "elsewhere"]
    # Of a half-year are its numbers and what held of journeys in it.
    assert ids(service.told("/v1/events", period="2021-I")) == ids(service.told("/v1/events", period="2021-II")) == []


def test_who_posts_of_an_area_may_ask_that_nothing_came_in_between(service: Service) -> None:
    first = service.post(homes("2021-09-01", id="first"))
    service.post_all([homes("2021-09-02", ENSCHEDE)])
    second = service.post(homes("2021-10-01", id="second"), **{"If-Match": first.headers["ETag"]})
    stale = service.post(homes("2021-11-01", id="third"), **{"If-Match": first.headers["ETag"]})

    assert (first.headers["ETag"], second.headers["ETag"]) == ('"1"', '"2"')
    assert (second.status_code, stale.status_code, stale.headers["ETag"]) == (201, 412, '"2"')


def test_a_withdrawal_that_names_no_stream_is_told_what_it_may_name(refusing: Service) -> None:
    undone = withdrawal(homes("2021-09-01"), "2021-09-02")
    del undone["data"]["area"]
    (fault,) = refusing.post(undone).json()["errors"]

    assert (fault["pointer"], fault["code"]) == ("/data", "required")
    assert "one of vNumber, subject, period, area" in fault["detail"]


def test_who_speaks_of_an_area_that_is_not_theirs_is_told_so(refusing: Service) -> None:
    posted = said("ladder-step-decided", "2021-09-04", area=ENSCHEDE, period="2021-I", rung=1, reason="Behind")
    refused = refusing.post(posted)

    assert refused.status_code == 403
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/data/area", "not-your-area")]


def test_a_decision_of_who_takes_no_part_in_a_transfer_is_a_finding_of_the_half_year(service: Service) -> None:
    transfers = [{"municipality": UTRECHT, "persons": 3}, {"municipality": ENSCHEDE, "persons": -3}]
    decided = [{"municipality": UTRECHT, "on": "2021-08-24"}, {"municipality": AMSTERDAM, "on": "2021-08-25"}]
    moved = quota("quota-transferred", "2021-09-01", by="ministry", transfers=transfers, decisions=decided, id="moved")
    service.post_all([quota("quota-published", "2021-03-29", persons=11000), moved])

    (period,) = service.told("/v1/periods", validOn="2021-12-31")["items"]
    assert period["findings"] == [
        {"code": "decision-without-part", "municipality": AMSTERDAM, "source": moved["source"], "id": "moved"}
    ]
    (before,) = service.told("/v1/periods", validOn="2021-08-31")["items"]
    assert before["findings"] == []


# --- who reads it


@pytest.fixture
def locked_areas(database_url: str) -> Iterator[Guarded]:
    """One statement of each kind of area, a province's decision, and what COA announced of two municipalities."""
    with guarded(database_url, client_rate=0, public_rate=0) as running:
        for one in (
            said("links-announced", "2021-09-01", area=ENSCHEDE, month="2021-10", persons=2, id="announced ours"),
            said("links-announced", "2021-09-01", area="GM0164", month="2021-10", persons=1, id="announced theirs"),
            said("links-announced", "2021-09-01", area=UTRECHT, month="2021-10", persons=3, id="announced far"),
            homes("2021-09-01", "GM0164", id="homes"),
            said("reception-places-stated", "2021-09-01", by="coa", area="PV26", places=9, id="places"),
        ):
            source = {"coa": COA, "municipality": HENGELO}[one["source"].split(":")[-1]]
            assert running.post_as({**one, "source": source}).status_code == 201, one
        step = said("ladder-step-decided", "2021-09-04", area="GM0164", period="2021-I", rung=1, reason="x", id="step")
        assert running.post_as({**step, "source": OVERIJSSEL}).status_code == 201
        yield running


def read_by(service: Guarded, who: dict[str, str], url: str) -> list[str]:
    answer = service.request("GET", url, headers=who)
    assert answer.status_code == 200, answer.text
    return ids(answer.json())


_PUBLIC = ["homes", "places", "step"]


@pytest.mark.parametrize(
    ("source", "announced"),
    [
        (COA, ["announced ours", "announced theirs", "announced far"]),
        (MINISTRY, ["announced ours", "announced theirs", "announced far"]),
        (OVERIJSSEL, ["announced ours", "announced theirs"]),
        (ENSCHEDES_SYSTEM, ["announced ours"]),
        (HENGELO, ["announced theirs"]),
        (DUO, []),
        (CBS, []),
    ],
)
def test_who_is_to_be_linked_is_told_exactly_to_whom_such_numbers_are(
    locked_areas: Guarded, source: str, announced: list[str]
) -> None:
    who = locked_areas.of_organisation(oin(source))
    everything = read_by(locked_areas, who, "/v1/events")
    assert everything == [*announced, *_PUBLIC]
    by_area = [read_by(locked_areas, who, f"/v1/areas/{area}/events") for area in (ENSCHEDE, "GM0164", UTRECHT, "PV26")]
    assert sorted(name for some in by_area for name in some) == sorted(everything)
    one = locked_areas.request("GET", "/v1/events/3", headers=who)
    assert one.status_code == (200 if "announced far" in announced else 404)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (COA, ["announced", "undone", "other", "undone twice", "of none", "theirs", "of no homes"]),
        (HENGELO, ["announced", "undone", "other", "undone twice", "of none", "theirs", "of no homes"]),
        (ENSCHEDES_SYSTEM, ["theirs", "of no homes"]),
        (DUO, ["theirs", "of no homes"]),
    ],
)
def test_what_amends_announced_links_there_is_for_nobody_else_either(
    sqlite_url: str, source: str, told: list[str]
) -> None:
    announced, other = (
        {**said("links-announced", "2021-09-01", area="GM0164", month=month, persons=1, id=name), "source": COA}
        for name, month in (("announced", "2021-10"), ("other", "2021-11"))
    )
    undone = withdrawal(announced, "2021-09-02", id="undone")
    with guarded(sqlite_url, client_rate=0, public_rate=0) as service:
        for one in (
            announced,
            undone,
            other,
            {**withdrawal(other, "2021-09-02", id="undone twice"), "source": COA},
            withdrawal({**announced, "id": "yet to come"}, "2021-09-02", id="of none"),
            {**homes("2021-09-01", "GM0164", id="theirs"), "source": HENGELO},
            {
                **withdrawal(homes("2021-09-01", "GM0164", id="never"), "2021-09-02", id="of no homes"),
                "source": HENGELO,
            },
        ):
            posted = service.post_as(one)
            assert posted.status_code == 201, posted.text

        who = service.of_organisation(oin(source))
        assert read_by(service, who, "/v1/events") == told
        assert read_by(service, who, "/v1/areas/GM0164/events") == told
        one_event = [service.request("GET", f"/v1/events/{at}", headers=who).status_code for at in range(1, 8)]
        assert one_event == [200 if len(told) == 7 else 404] * 5 + [200] * 2
        findings = service.request("GET", "/v1/areas/GM0164/events", headers=who).json()["findings"]
        assert ("of none" in [one["id"] for one in findings]) == ("of none" in told)


def test_of_a_municipality_that_is_yet_to_begin_only_its_province_is_told_who_is_to_be_linked(sqlite_url: str) -> None:
    with guarded(sqlite_url, client_rate=0, public_rate=0) as service:
        for old in (ENSCHEDE, "GM0164"):
            new = {"into": "GM9153", "on": "2022-09-01", "name": "Twente", "province": "PV23"}
            merger = said("municipality-merged", "2022-09-01", municipality=old, **new)
            assert service.post_as({**merger, "source": CBS}).status_code == 201
        for month, area in (("2022-08", ENSCHEDE), ("2022-10", "GM9153")):
            announced = said("links-announced", "2022-07-01", area=area, month=month, persons=2, id=area)
            assert service.post_as({**announced, "source": COA}).status_code == 201

        def announced_to(source: str) -> list[str]:
            who = service.of_organisation(oin(source))
            return read_by(service, who, f"/v1/events?type={TYPE_PREFIX}links-announced.v1")

        assert [announced_to(one) for one in (ENSCHEDES_SYSTEM, HENGELO, OVERIJSSEL)] == [
            [ENSCHEDE],
            [],
            [ENSCHEDE, "GM9153"],
        ]


def test_an_auditor_reads_all_of_an_area_and_who_shows_nothing_none_of_it(locked_areas: Guarded) -> None:
    auditor = locked_areas.of_role("auditor")
    assert read_by(locked_areas, auditor, "/v1/areas/GM0164/events") == ["announced theirs", "homes", "step"]
    assert locked_areas.request("GET", "/v1/areas/GM0164/events").status_code == 401
    analyst = locked_areas.request("GET", "/v1/areas/GM0164/events", headers=locked_areas.of_role("analyst"))
    assert analyst.status_code == 403
