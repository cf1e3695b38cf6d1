"""Why did it change? The figure then, the figure now, and the events in between with what each moved."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from service.database import writing
from service.question import Since, Times, asking
from service.recorder import take_append_lock
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    ENSCHEDE,
    UTRECHT,
    WEESP,
    granted,
    housed,
    quota,
    returned,
    said,
    withdrawn,
)
from tests.api.service_under_test import NOW, Service, serving
from tests.api.test_same_bytes import tell

URL = "/v1/changes"
ONE, TWO, THREE = "9999000001", "9999000002", "9999000003"


def changes(service: Service, **asked: Any) -> dict[str, Any]:
    """The changes of 2021-II by municipality, as it stands in June 2022."""
    asked = {"period": "2021-II", "groupBy": "municipality", "validOn": "2022-06-30", "figure": "realised"} | asked
    return service.told(URL, **asked)


def moved(found: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["code"], one["amount"], one["event"]["id"]) for one in found["changes"]]


def differences(found: dict[str, Any]) -> dict[str, tuple[Any, Any, int]]:
    return {
        item["code"]: (item["then"], item["now"], item["difference"])
        for item in found["items"]
        if item["difference"] or item["then"] != item["now"]
    }


def later(service: Service, *events: dict[str, Any]) -> str:
    """Events recorded together, a day on; tells the instant just before."""
    then = service.clock.forward(hours=12).isoformat().replace("+00:00", "Z")
    service.clock.forward(hours=12)
    service.post_all(events)
    return then


def test_a_correction_moves_a_person_from_one_town_to_the_other(service):
    service.post_all([housed(ONE, "2021-08-02", AMERSFOORT, id="first"), housed(TWO, "2021-08-03")])
    then = later(service, housed(ONE, "2021-08-02", corrects="first", at="2022-07-01T08:00:00Z", id="second"))
    found = changes(service, **{"from": then})
    assert differences(found) == {AMERSFOORT: (1, 0, -1), UTRECHT: (1, 2, 1)}
    assert moved(found) == [(AMERSFOORT, -1, "second"), (UTRECHT, 1, "second")]
    event = found["changes"][0]["event"]
    assert event["corrects"] == {"source": event["source"], "id": "first"}
    assert (event["position"], event["inForce"], event["period"], event["withdraws"]) == (3, True, None, None)
    assert event["journey"] == service.told("/v1/events/1")["event"]["subject"]
    assert found["then"] == {"knownAt": then.replace("Z", ".000Z"), "position": 2}
    assert found["now"] == {"knownAt": found["knownAt"], "position": 3}
    assert changes(service, **{"from": then, "groupBy": "country"})["changes"] == []


def test_a_withdrawal_tells_what_it_withdraws_and_a_return_takes_one_back(service):
    first = housed(ONE, "2021-08-02", id="mistaken")
    service.post_all([first, housed(TWO, "2021-08-03")])
    then = later(
        service,
        withdrawn(ONE, first, at="2022-07-02T08:00:00Z", id="taken back"),
        returned(TWO, "2021-09-01", id="back"),
    )
    found = changes(service, **{"from": then, "municipality": UTRECHT})
    assert [item["difference"] for item in found["items"]] == [-2]
    assert moved(found) == [(UTRECHT, -1, "taken back"), (UTRECHT, -1, "back")]
    assert found["changes"][0]["event"]["withdraws"]["id"] == "mistaken"


def test_events_of_one_commit_each_have_their_own_amount(service):
    then = later(
        service,
        granted(ONE, "2021-03-01"),
        housed(ONE, "2021-08-02", AMERSFOORT, id="in"),
        returned(ONE, "2021-09-01", id="out"),
        housed(ONE, "2021-10-01", id="in again"),
    )
    found = changes(service, **{"from": then})
    assert moved(found) == [(AMERSFOORT, 1, "in"), (AMERSFOORT, -1, "out"), (UTRECHT, 1, "in again")]


def test_what_came_and_went_within_one_commit_is_of_no_other_half_year(service):
    service.post_all(
        [
            quota("municipal-quota-published", "2021-07-01", municipality=UTRECHT, persons=10),
            quota("municipal-quota-published", "2022-01-01", "2022-I", municipality=UTRECHT, persons=20),
        ]
    )
    then = later(
        service,
        housed(ONE, "2021-02-02", id="first"),
        housed(ONE, "2021-08-02", corrects="first", at="2022-07-01T08:00:00Z", id="second"),
    )
    found = changes(service, **{"from": then, "figure": "openingBalance", "period": "2022-I"})
    assert moved(found) == [(UTRECHT, -1, "second")]


def test_an_event_that_was_taken_back_in_between_is_told_too(service):
    service.post_all([granted(ONE, "2021-03-01")])
    first = housed(ONE, "2021-08-02", id="mistaken")
    then = later(service, first)
    later(service, withdrawn(ONE, first, at="2022-07-16T08:00:00Z", id="taken back"))
    found = changes(service, **{"from": then})
    assert differences(found) == {}
    assert moved(found) == [(UTRECHT, 1, "mistaken"), (UTRECHT, -1, "taken back")]
    assert [one["event"]["inForce"] for one in found["changes"]] == [False, True]


def test_what_remains_moves_by_numbers_and_by_persons_of_the_half_years_before(service):
    service.post_all(
        [
            quota("municipal-quota-published", "2021-07-01", municipality=UTRECHT, persons=10),
            quota("municipal-quota-published", "2022-01-01", "2022-I", municipality=UTRECHT, persons=20),
        ]
    )
    then = later(
        service,
        housed(ONE, "2021-08-02", id="before"),
        housed(TWO, "2022-02-02", id="within"),
        quota("opening-balance-recorded", "2021-07-01", municipality=UTRECHT, persons=5, id="opening"),
    )
    found = changes(service, **{"from": then, "figure": "remaining", "period": "2022-I"})
    assert differences(found) == {UTRECHT: (30, 33, 3)}
    assert moved(found) == [(UTRECHT, -1, "before"), (UTRECHT, -1, "within"), (UTRECHT, 5, "opening")]
    assert found["changes"][2]["event"]["period"] == "2021-II"
    opened = later(
        service, quota("opening-balance-recorded", "2022-01-01", "2022-I", municipality=UTRECHT, persons=3, id="signed")
    )
    replaced = changes(service, **{"from": opened, "figure": "openingBalance", "period": "2022-I"})
    assert moved(replaced) == [(UTRECHT, 3 - 14, "signed")]
    after = later(service, housed(THREE, "2021-08-05", id="late"))
    assert changes(service, **{"from": after, "figure": "openingBalance", "period": "2022-I"})["changes"] == []


def test_a_number_that_was_not_there_counts_as_nought(service):
    service.post_all([housed(ONE, "2021-08-02", id="early")])
    then = later(service, housed(TWO, "2021-08-03"), quota("quota-published", "2021-03-29", persons=11000))
    found = changes(service, **{"from": then, "figure": "remaining", "groupBy": "country"})
    (item,) = found["items"]
    assert (item["then"], item["now"], item["difference"]) == (None, 10998, 10998)
    assert moved(found) == [("NL", 10998, "quota-published 2021-03-29")]


def test_a_merger_moves_what_a_municipality_had_to_its_successor(service):
    service.post_all([housed(ONE, "2021-08-02", ENSCHEDE), housed(TWO, "2021-08-03")])
    then = later(
        service,
        said(
            "municipality-merged",
            "2021-10-01",
            municipality=ENSCHEDE,
            into="GM9153",
            on="2021-10-01",
            name="Twente",
            province="PV23",
            id="merger",
        ),
    )
    found = changes(service, **{"from": then})
    assert differences(found) == {ENSCHEDE: (1, None, -1), "GM9153": (None, 1, 1)}
    assert moved(found) == [(ENSCHEDE, -1, "merger"), ("GM9153", 1, "merger")]
    assert (found["changes"][0]["event"]["journey"], found["changes"][0]["event"]["period"]) == (None, None)
    assert changes(service, **{"from": then, "municipality": ENSCHEDE})["items"] == [
        item for item in found["items"] if item["code"] in (ENSCHEDE, "GM9153")
    ]


def test_a_municipality_that_came_and_went_in_between_is_an_item_too(service):
    service.post_all([housed(ONE, "2021-08-02", ENSCHEDE)])
    merger = {"municipality": ENSCHEDE, "into": "GM9153", "on": "2021-10-01", "name": "Twente", "province": "PV23"}
    then = later(service, said("municipality-merged", "2021-10-01", id="merger", **merger))
    later(service, said("event-withdrawn", "2022-07-16", by="cbs", withdraws="merger", reason="Called off", id="off"))
    found = changes(service, **{"from": then})
    assert moved(found) == [
        (ENSCHEDE, -1, "merger"),
        ("GM9153", 1, "merger"),
        (ENSCHEDE, 1, "off"),
        ("GM9153", -1, "off"),
    ]
    items = {item["code"]: item for item in found["items"]}
    assert items["GM9153"] == {"code": "GM9153", "name": "GM9153", "then": None, "now": None, "difference": 0}
    assert list(items) == sorted(items)
    before = changes(service, **{"from": then, "limit": 1})
    assert {one["code"] for one in before["changes"]} == {ENSCHEDE}
    assert "GM9153" not in {item["code"] for item in before["items"]}


def test_realisation_is_another_word_for_realised_and_to_is_another_for_known_at(service):
    service.post_all([housed(ONE, "2021-08-02", WEESP)])
    then = later(service, housed(TWO, "2021-08-03", WEESP))
    now = later(service, housed(THREE, "2021-08-04", WEESP))
    asked = {"from": then, "municipality": WEESP, "validOn": "2021-12-31"}
    by_to = changes(service, **asked, figure="realisation", to=now)
    assert by_to == changes(service, **asked, knownAt=now)
    assert [item["difference"] for item in by_to["items"]] == [1]
    merged = changes(service, **{**asked, "validOn": "2022-06-30"}, period="2022-I")
    assert [item["code"] for item in merged["items"]] == [AMSTERDAM]


@pytest.mark.parametrize("since", [{"from": "2022-07-15T10:00:00Z"}, {"fromPosition": 1}])
def test_from_just_now_waits_until_the_tables_are_there(service, since):
    service.post_all([housed(ONE, "2021-08-02")])

    async def asked_before_they_are() -> tuple[bool, httpx.Response]:
        asked = {"period": "2021-II", "figure": "realised", **since}
        answer = asyncio.create_task(service.client.get(URL, params=asked))
        await asyncio.sleep(0.3)
        early = answer.done()
        await asyncio.to_thread(service.follow)
        return early, await answer

    early, answer = service.run(asked_before_they_are())
    assert (early, answer.status_code) == (False, 200)
    told = answer.json()
    assert (told["then"]["position"], told["now"]["position"], told["changes"]) == (1, 1, [])


def test_from_just_now_waits_for_the_commit_under_way(engine: Engine):
    taken, done = threading.Event(), threading.Event()

    def commit() -> None:
        with writing(engine) as connection:
            take_append_lock(connection)
            taken.set()
            done.wait(20)

    def ask() -> int:
        with asking(engine, Times(), lambda: NOW, since=Since(NOW)) as question:
            return question.asked.position

    with ThreadPoolExecutor(2) as pool:
        committing = pool.submit(commit)
        taken.wait(20)
        answer = pool.submit(ask)
        threading.Event().wait(0.3)
        early = answer.done()
        done.set()
        committing.result()
        assert (early, answer.result()) == (False, 0)


def test_all_pages_together_are_the_difference_on_both_engines(sqlite_url, postgresql_url):
    with serving(sqlite_url) as one, serving(postgresql_url) as other:
        last = tell(one)
        tell(other)
        for figure, start, period in (
            ("realised", 0, "2021-II"),
            ("remaining", 60, "2022-I"),
            ("openingBalance", last // 2, "2022-I"),
            ("task", 0, "2021-II"),
        ):
            asked: dict[str, Any] = {"figure": figure, "period": period, "fromPosition": start, "limit": 40}
            for group in ("country", "province", "municipality"):
                pages = pages_of(one, **asked, groupBy=group, validOn="2022-06-30")
                assert pages == pages_of(other, **asked, groupBy=group, validOn="2022-06-30")
                told = [json.loads(page) for page in pages]
                assert max(len(page["changes"]) for page in told) <= 40
                sums: Counter[str] = Counter()
                for change in (change for page in told for change in page["changes"]):
                    sums[change["code"]] += change["amount"]
                assert {code: amount for code, amount in sums.items() if amount} == {
                    item["code"]: item["difference"] for item in told[0]["items"] if item["difference"]
                }


def pages_of(service: Service, **asked: Any) -> list[bytes]:
    """The bodies of all pages, from the first to the last."""
    page = service.get(URL, **asked)
    assert page.status_code == 200, page.text
    found = [page.content]
    while "next" in page.links:
        page = service.get(page.links["next"]["url"])
        found.append(page.content)
    return found


@pytest.mark.parametrize(
    ("asked", "name", "code"),
    [
        ({}, "from", "required"),
        ({"from": "2022-07-15T09:00:00Z", "fromPosition": 0}, "from", "required"),
        ({"from": "yesterday"}, "from", "not-an-instant"),
        ({"from": "2032-07-15T09:00:00Z"}, "from", "in-the-future"),
        ({"fromPosition": 0, "to": "2032-07-15T09:00:00Z"}, "to", "in-the-future"),
        ({"fromPosition": 0, "to": "2022-07-15T09:00:00Z", "atPosition": 1}, "atPosition", "disagrees"),
        ({"from": "2022-07-15T10:00:00Z", "to": "2022-07-14T10:00:00Z"}, "from", "behind-to"),
        ({"fromPosition": 2}, "from", "behind-to"),
        ({"fromPosition": 0, "knownAt": "2022-07-14T10:00:00Z", "knownBy": "sender"}, "knownBy", "not-of-changes"),
        ({"fromPosition": 0, "figure": "pace"}, "figure", "not-one-of"),
        ({"fromPosition": 0, "municipality": UTRECHT, "groupBy": "country"}, "groupBy", "disagrees"),
        (
            {"fromPosition": 0, "municipality": "GM9999", "groupBy": "municipality"},
            "municipality",
            "unknown-municipality",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(embedded, asked, name, code):
    embedded.post_all([housed(ONE, "2021-08-02")])
    answer = embedded.get(URL, **{"period": "2021-II", "figure": "realised", **asked})
    assert answer.status_code == 400
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == [(name, code)]


def test_whatever_disagrees_is_told_at_once(refusing):
    asked = {"from": "2032-07-15T09:00:00Z", "fromPosition": 0, "to": "2032-07-15T09:00:00Z", "atPosition": 1}
    answer = refusing.get(URL, period="2021-II", figure="task", groupBy="country", municipality="GM9999", **asked)
    assert answer.status_code == 400
    assert {(error["parameter"], error["code"]) for error in answer.json()["errors"]} == {
        ("from", "in-the-future"),
        ("from", "required"),
        ("to", "in-the-future"),
        ("atPosition", "disagrees"),
        ("groupBy", "disagrees"),
        ("municipality", "unknown-municipality"),
    }
