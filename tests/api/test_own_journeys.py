"""What a municipality reads: the journeys that concern it today, and of the others not even that they exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from service.intake.cloudevents import ONE
from tests.api.listening import Listener, told
from tests.api.reports import granted, home_ready, housed, linked, said
from tests.api.tokens import SUPPLIER, Guarded, guarded, oin
from tests.posts import COA, DUO, ENSCHEDE, HENGELO, IND, MINISTRY, V_NUMBER, event, permit

MINE, THEIRS, MOVED, UNLINKED = "9999000011", "9999000022", "9999000033", "9999000044"
OURS, HENGELOS = "GM0153", "GM0164"
NOBODY = "0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d"

_EVENTS = [
    granted(MINE, "2022-05-01"),
    linked(MINE, "2022-06-01", OURS),
    granted(THEIRS, "2022-05-01"),
    linked(THEIRS, "2022-06-01", HENGELOS),
    # Linked to Enschede first, and to Hengelo from July on.
    granted(MOVED, "2022-05-01"),
    linked(MOVED, "2022-06-01", OURS),
    linked(MOVED, "2022-07-01", HENGELOS),
    granted(UNLINKED, "2022-05-01"),
    event("quota-published", MINISTRY, "q-1", period="2022-II", persons=10_000, reference="Stcrt. 2022, 1"),
]


@contextmanager
def four_persons(url: str) -> Iterator[Guarded]:
    """Four permit holders: Enschede's, Hengelo's, one who went from the one to the other, and nobody's."""
    with guarded(url, client_rate=0, public_rate=0) as running:
        for one in _EVENTS:
            assert running.post_as(one).status_code == 201, one
        running.follow()
        yield running


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Guarded]:
    with four_persons(sqlite_url) as running:
        yield running


@pytest.fixture
def on_each_engine(database_url: str) -> Iterator[Guarded]:
    with four_persons(database_url) as running:
        yield running


def journey(service: Guarded, v_number: str) -> str:
    return str(service.context.keys.journey(v_number))


def asked(service: Guarded, url: str, by: str = ENSCHEDE, **more: Any) -> Any:
    return service.request("GET", url, headers=service.of_organisation(oin(by)), **more)


def test_a_journey_that_is_not_theirs_is_answered_as_one_that_does_not_exist(service):
    for address in ("", "/timeline", "/events"):
        for url in (f"/v1/journeys/{{}}{address}", f"/v1/journeys/{{}}{address}?validOn=2022-06-15"):
            of_nobody = asked(service, url.format(NOBODY))

            assert asked(service, url.format(journey(service, MINE))).status_code == 200
            assert of_nobody.status_code == 404
            for person in (THEIRS, MOVED, UNLINKED):
                refused = asked(service, url.format(journey(service, person)))
                assert (refused.status_code, refused.content) == (404, of_nobody.content), (url, person)


def test_who_moved_on_is_the_next_municipality_s_alone(service):
    for url in ("/v1/journeys/{}", "/v1/journeys/{}/events"):
        assert asked(service, url.format(journey(service, MOVED)), HENGELO).status_code == 200
        assert asked(service, url.format(journey(service, MOVED)), ENSCHEDE).status_code == 404
        assert asked(service, url.format(journey(service, MINE)), HENGELO).status_code == 404


def test_a_v_number_is_found_by_whom_it_concerns_and_by_nobody_else(service):
    def found(v_number: str, by: str) -> Any:
        headers = service.of_organisation(oin(by))
        return service.request("POST", "/v1/journeys/_find", json={"vNumber": v_number}, headers=headers)

    assert found(MINE, ENSCHEDE).json() == {"journey": journey(service, MINE)}
    unknown = found("9999000099", ENSCHEDE)
    assert unknown.status_code == 404
    for person in (THEIRS, MOVED, UNLINKED):
        assert (found(person, ENSCHEDE).status_code, found(person, ENSCHEDE).content) == (404, unknown.content)
        assert found(person, COA).status_code == found(person, IND).status_code == 200


def test_the_list_of_who_waits_is_of_their_own_today_whatever_day_is_asked(on_each_engine):
    service = on_each_engine

    def listed(by: str, query: str = "") -> list[str]:
        return [item["journey"] for item in asked(service, f"/v1/journeys{query}", by).json()["items"]]

    assert listed(ENSCHEDE) == listed(ENSCHEDE, "?municipality=GM0153") == [journey(service, MINE)]
    assert listed(ENSCHEDE, "?validOn=2022-06-15") == [journey(service, MINE)]
    assert listed(HENGELO) == sorted([journey(service, THEIRS), journey(service, MOVED)])
    assert len(listed(COA)) == 4


def test_the_log_holds_what_concerns_them_and_what_is_of_no_journey(on_each_engine):
    service = on_each_engine

    def positions(by: str, query: str = "") -> list[int]:
        return [item["position"] for item in asked(service, f"/v1/events{query}", by).json()["items"]]

    assert positions(ENSCHEDE) == [1, 2, 9]
    assert positions(HENGELO) == [3, 4, 5, 6, 7, 9]
    assert positions(MINISTRY) == positions(DUO) == [9]
    # What it said itself, and of the same journeys nothing else.
    assert positions(IND) == [1, 3, 5, 8, 9]
    assert positions(IND, "?type=nl.ketenspoor.linked.v1") == []
    assert positions(COA) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert positions(ENSCHEDE, "?limit=1&after=1") == [2]
    assert positions(ENSCHEDE, "?type=nl.ketenspoor.linked.v1") == [2]


def test_pages_of_the_log_lead_through_all_that_is_theirs(service):
    found, url = [], "/v1/events?limit=1"
    while url:
        page = asked(service, url, HENGELO)
        found += [item["position"] for item in page.json()["items"]]
        url = page.links.get("next", {}).get("url")

    assert found == [3, 4, 5, 6, 7, 9]


def test_one_event_of_another_s_journey_is_answered_as_one_that_is_not_there(on_each_engine):
    service = on_each_engine
    nothing = asked(service, "/v1/events/100")

    assert [asked(service, f"/v1/events/{position}").status_code for position in (1, 2, 9)] == [200, 200, 200]
    for position in (3, 4, 5, 6, 7, 8):
        refused = asked(service, f"/v1/events/{position}")
        assert (refused.status_code, refused.content) == (404, nothing.content)
    assert asked(service, "/v1/events/8", COA).status_code == 200
    assert asked(service, "/v1/events/1", MINISTRY).status_code == 404
    assert asked(service, "/v1/events/1", IND).json()["event"]["recordedBy"] == oin(IND)
    assert asked(service, "/v1/events/2", IND).content == nothing.content


def test_who_posts_under_a_mandate_reads_that_back_and_so_does_who_it_was_said_for(database_url):
    mandate = f'[[mandate]]\nholder = "{SUPPLIER}"\nof = "{oin(HENGELO)}"\nfrom = 2022-01-01\n'
    with guarded(database_url, more=mandate, client_rate=0, public_rate=0) as service:
        for one in (granted(THEIRS, "2022-05-01"), linked(THEIRS, "2022-06-01", OURS)):
            assert service.post_as(one).status_code == 201
        ready = home_ready(THEIRS, "2022-07-01", HENGELOS)
        assert service.post_as(ready, SUPPLIER).status_code == 201

        for number in (SUPPLIER, oin(HENGELO)):
            headers = service.of_organisation(number)
            told = service.request("GET", "/v1/events", headers=headers).json()["items"]
            assert [(one["position"], one["postedBy"]) for one in told] == [(3, SUPPLIER)]
            assert service.request("GET", "/v1/events/3", headers=headers).status_code == 200
            assert service.request("GET", "/v1/events/2", headers=headers).status_code == 404


def test_a_stream_of_the_log_tells_what_is_theirs_when_it_is_told(service):
    later = permit("p-9", "9999000066", effectiveOn="2022-05-01"), linked("9999000066", "2022-06-01", OURS)

    async def listen() -> str:
        listener = Listener(service.app, "/v1/events", shown=service.of_organisation(oin(ENSCHEDE)))
        await listener.until(lambda one: len(told(one.text)) == 3)
        for one in later:
            headers = {**service.of_organisation(oin(one["source"])), "Content-Type": ONE}
            posted = await service.client.post("/v1/events", content=json.dumps(one), headers=headers)
            assert posted.status_code == 201
        await listener.until(lambda one: len(told(one.text)) >= 4)
        await listener.leave()
        return listener.text

    # Nobody was linked yet when the permit of the last one was recorded, or it was told together with the link.
    assert [block.id for block in told(service.run(listen()))] in (["1", "2", "9", "11"], ["1", "2", "9", "10", "11"])


def test_a_plan_makes_a_journey_theirs_and_for_a_month_leaves_it_the_one_before(service):
    address = f"/v1/journeys/{journey(service, MOVED)}"
    assert asked(service, address).status_code == 404
    service.post_as(said("integration-plan-established", "2022-06-20", MOVED, municipality=OURS, route="b1"))

    assert asked(service, address).status_code == 200
    service.post_as(said("integration-plan-established", "2022-07-01", MOVED, municipality=HENGELOS, route="b1"))
    assert asked(service, address).status_code == 200
    service.clock.forward(days=17)
    assert asked(service, address).status_code == 404


def test_a_plan_of_a_municipality_that_nobody_linked_them_to_opens_nothing(service):
    for person in (THEIRS, UNLINKED):
        plan = said("integration-plan-established", "2022-06-20", person, municipality=OURS, route="b1")

        assert service.post_as(plan).status_code == 201
        assert asked(service, f"/v1/journeys/{journey(service, person)}").status_code == 404


def test_a_reconciliation_is_of_their_own_and_knows_nothing_of_persons_of_others(on_each_engine):
    service = on_each_engine
    service.post_as(home_ready(MINE, "2022-07-05", OURS))
    service.post_as(housed(MINE, "2022-07-06", OURS))
    service.post_as(housed(THEIRS, "2022-07-06", HENGELOS))
    service.follow()
    listed = f"vNumber,housedOn\n{MINE},2022-07-06\n{THEIRS},2022-07-06\n{MOVED},2022-07-06\n9999000099,2022-07-06\n"

    def compared(by: str, query: str = "") -> Any:
        headers = {**service.of_organisation(oin(by)), "Content-Type": "text/csv"}
        return service.request("POST", f"/v1/reconciliations?period=2022-II{query}", content=listed, headers=headers)

    mine = compared(ENSCHEDE).json()
    assert mine["municipality"] == OURS
    assert [item["category"] for item in mine["items"]] == ["same", "only-there", "only-there", "only-there"]
    assert [item["reason"] for item in mine["items"]] == [None, "unknown", "unknown", "unknown"]
    assert [item["ours"] is None for item in mine["items"]] == [False, True, True, True]
    assert compared(ENSCHEDE, "&municipality=GM0164").status_code == 403
    # COA is told of everybody.
    assert [item["reason"] for item in compared(COA, "&municipality=GM0153").json()["items"]] == [
        None,
        "elsewhere",
        "not-housed",
        "unknown",
    ]


def test_an_explanation_of_their_figure_names_those_who_concern_them_and_counts_the_others(service):
    service.post_as(housed(MINE, "2022-07-06", OURS))
    service.post_as(housed(MOVED, "2022-07-06", OURS))
    service.post_as(said("returned-to-reception", "2022-07-08", MOVED))
    service.follow()
    url = "/v1/figures/realisation/_explanation?period=2022-II&column=realised&code=GM0153"
    parts = asked(service, url).json()["parts"]

    assert sum(part["adds"] for part in parts) == 1
    named = {part["journey"] for part in parts}
    assert named == {journey(service, MINE), None}
    assert all(part["events"] == [] for part in parts if part["journey"] is None)
    assert {part["journey"] for part in asked(service, url, COA).json()["parts"]} == {
        journey(service, MINE),
        journey(service, MOVED),
    }


def test_refusals_are_read_by_who_posted_and_by_nobody_else(service):
    service.post_as(linked("9999000055", "2022-06-01", "GM9999"))
    number = asked(service, "/v1/rejections", COA).json()["items"][0]["id"]
    mine = asked(service, f"/v1/rejections/{number}", COA).json()["rejection"]
    auditor = service.of_role("auditor")

    assert mine["event"]["data"]["vNumber"] == "9999000055"
    assert asked(service, "/v1/rejections").json()["items"] == []
    assert asked(service, f"/v1/rejections/{number}").content == asked(service, "/v1/rejections/999").content
    masked = service.request("GET", f"/v1/rejections/{number}", headers=auditor).json()["rejection"]
    assert (masked["event"], masked["text"], masked["errors"]) == (None, None, mine["errors"])


def test_no_answer_to_anybody_holds_what_tells_who_somebody_is(service):
    said_of_them = {"vNumber": MINE, "birthDate": "1990-04-17", "household": "H-88121"}
    service.post_as(permit("p-10", effectiveOn="2022-05-02", **said_of_them))
    service.post_as(event("link-ended", COA, "x-1", vNumber=MINE, effectiveOn="2022-07-14", reason="other"))
    service.follow()
    one = journey(service, MINE)
    urls = [
        *(f"/v1/journeys/{one}{part}" for part in ("", "/events", "/timeline")),
        *("/v1/journeys", "/v1/events", "/v1/events/1", "/v1/events/10", "/v1/rejections"),
        "/v1/figures/realisation/_changes?period=2022-II&column=realised&code=NL&fromPosition=0",
        "/v1/figures/norm-phases/_explanation?from=2022-01-01&to=2022-12-31&column=totalOpenCount&code=NL",
    ]
    for role in ("auditor", "coa", "ind", "duo", "municipality", "ministry", "analyst", "public"):
        for url in urls:
            answer = service.request("GET", url, headers=service.of_role(role))
            assert answer.status_code != 500
            for secret in (*said_of_them.values(), V_NUMBER, THEIRS):
                assert secret not in answer.text, (role, url)


def test_of_a_journey_each_reads_what_they_need_and_is_told_what_is_left_out(service):
    one = journey(service, MINE)
    whole = asked(service, f"/v1/journeys/{one}", COA).json()
    parts = {role: service.request("GET", f"/v1/journeys/{one}", headers=service.of_role(role)).json() for role in
            ("ind", "duo", "municipality", "auditor")}  # fmt: skip

    assert whole["withheld"] == [] == parts["municipality"]["withheld"]
    assert {"dossier", "integration", "household"} <= set(parts["ind"]["withheld"])
    assert {"dossier", "family", "household", "guestSince"} <= set(parts["auditor"]["withheld"])
    assert "integration" in parts["duo"] and "dossier" not in parts["duo"]
    for body in parts.values():
        assert {*body, *body["withheld"]} == whole.keys()
        assert all(body[name] == whole[name] for name in body if name != "withheld")
