"""The log read back over HTTP: events as recorded, what became of them, and what was refused."""

from __future__ import annotations

import pytest

from tests.api.reports import UTRECHT, granted, housed, linked, quota, said, withdrawn, worked_case
from tests.api.service_under_test import Service

A, B = "9999000001", "9999000002"


def ids(told: dict[str, list[dict[str, str]]]) -> list[str]:
    return [event["id"] for event in told["items"]]


def test_an_event_is_told_as_it_was_sent_with_what_the_service_knows_of_it(service):
    posted = service.post(linked(A, "2021-03-10", household="H-1", criteria=["work"], at="2021-03-10T14:05:00+01:00"))
    receipt = posted.json()
    told = service.told(posted.headers["Location"])

    assert told == {
        "validOn": None,
        "knownAt": "2022-07-15T10:00:00.000Z",
        "position": 1,
        "event": {
            "specversion": "1.0",
            "id": "linked 0001 2021-03-10 GM0344",
            "source": "urn:nld:oin:00000099000000002000:systeem:coa",
            "type": "nl.ketenspoor.linked.v1",
            "time": "2021-03-10T13:05:00.000Z",
            "subject": receipt["journey"],
            "datacontenttype": "application/json",
            "data": {
                "effectiveOn": "2021-03-10",
                "municipality": "GM0344",
                "household": service.context.keys.household("H-1"),
                "criteria": ["work"],
            },
            "position": 1,
            "version": 1,
            "recordedAt": receipt["recordedAt"],
            "recordedBy": "00000099000000002000",
            "postedBy": None,
            "traceId": told["event"]["traceId"],
            "stream": {"kind": "journey", "period": None, "area": None},
            "sealed": True,
            "destroyed": False,
            "inForce": True,
            "correctedBy": None,
            "withdrawnBy": None,
        },
    }


def test_personal_fields_stay_sealed(service):
    service.post_all(
        [
            granted(A, "2021-03-01", birthDate="1990-05-17", referent="9999000009"),
            said("offer-refused", "2021-05-12", A, municipality=UTRECHT, reason="Too many stairs"),
        ]
    )
    told = service.told("/v1/events")

    assert [event["sealed"] for event in told["items"]] == [True, True]
    assert told["items"][1]["data"] == {"effectiveOn": "2021-05-12", "municipality": UTRECHT}
    for secret in ("1990-05", "birthDate", "Too many stairs", A, "9999000009"):
        assert secret not in service.get("/v1/events").text


def test_what_corrected_an_event_is_told_as_known_at_the_position_asked(service):
    service.post_all([granted(A, "2021-03-01"), linked(A, "2021-03-10", id="first")])
    service.clock.forward(hours=1)
    service.post_all([linked(A, "2021-03-12", id="second", at="2021-04-01T09:00:00Z", corrects="first")])

    now, before = service.told("/v1/events/2")["event"], service.told("/v1/events/2?atPosition=2")["event"]
    speaking = service.told("/v1/events/3")["event"]

    assert (now["inForce"], now["correctedBy"]["id"], now["withdrawnBy"]) == (False, "second", None)
    assert (before["inForce"], before["correctedBy"]) == (True, None)
    assert (speaking["inForce"], speaking["correctedBy"], speaking["data"]["corrects"]) == (True, None, "first")


def test_what_withdrew_an_event_is_told_and_gone_when_the_withdrawal_is_withdrawn(service):
    first = linked(A, "2021-03-10", id="first")
    undone = withdrawn(A, first, at="2021-04-01T09:00:00Z", id="undone")
    service.post_all([first])
    service.post_all([undone])
    service.post_all([withdrawn(A, undone, at="2021-04-02T09:00:00Z", id="restored")])

    withdrawn_then = service.told("/v1/events/1?atPosition=2")["event"]
    restored = service.told("/v1/events/1")["event"]
    withdrawal = service.told("/v1/events/2")["event"]

    assert (withdrawn_then["inForce"], withdrawn_then["withdrawnBy"]["id"]) == (False, "undone")
    assert (restored["inForce"], restored["withdrawnBy"]) == (True, None)
    assert (withdrawal["inForce"], withdrawal["withdrawnBy"]["id"]) == (False, "restored")


def test_events_about_no_person_tell_what_they_are_about(service):
    service.post_all(
        [
            quota("quota-published", "2021-03-29", id="q", persons=11000),
            quota("event-withdrawn", "2021-04-01", by="ministry", withdraws="q", reason="Too early"),
            said("inhabitants-counted", "2021-01-01", id="i", municipality=UTRECHT, on="2021-01-01", persons=359370),
            said("event-withdrawn", "2021-06-01", by="cbs", withdraws="i", reason="Provisional"),
        ]
    )
    items = service.told("/v1/events")["items"]

    assert [(event["stream"]["kind"], event["stream"]["period"], event["subject"]) for event in items] == [
        ("period", "2021-II", None),
        ("period", "2021-II", None),
        ("reference", None, None),
        ("reference", None, None),
    ]
    assert [event["inForce"] for event in items] == [False, True, False, True]
    assert items[1]["data"]["reason"] == "Too early"


def test_the_log_is_read_on_from_a_position(service):
    service.post_all(worked_case(A))

    assert [event["position"] for event in service.told("/v1/events?after=2")["items"]] == [3, 4]
    assert service.told("/v1/events?after=4")["items"] == []


def test_pages_of_the_log_follow_each_other_and_end_where_it_ended(service):
    service.post_all(worked_case(A))
    first = service.get("/v1/events?limit=3")
    service.post_all(worked_case(B))
    second = service.get(first.links["next"]["url"])

    assert [event["position"] for event in first.json()["items"] + second.json()["items"]] == [1, 2, 3, 4]
    assert (second.json()["position"], second.links) == (4, {})


def test_the_events_of_a_journey_are_its_own_in_pages_too(service):
    service.post_all([*worked_case(A), *worked_case(B)])
    journey = service.told("/v1/events/5")["event"]["subject"]
    first = service.get(f"/v1/journeys/{journey}/events?limit=3")
    second = service.get(first.links["next"]["url"])
    events = first.json()["items"] + second.json()["items"]

    assert [event["position"] for event in events] == [5, 6, 7, 8]
    assert [event["version"] for event in events] == [1, 2, 3, 4]
    assert {event["subject"] for event in events} == {journey}


def test_only_what_was_known_at_the_instant_is_listed(service):
    service.post_all([linked(A, "2021-03-10", id="first")])
    service.clock.forward(hours=1)
    service.post_all([linked(A, "2021-03-11", id="second")])
    journey = service.told("/v1/events/1")["event"]["subject"]

    for address in ("/v1/events", f"/v1/journeys/{journey}/events"):
        then = service.told(address, knownAt="2022-07-15T10:30:00Z")
        assert (ids(then), then["position"]) == (["first"], 1)
        assert ids(service.told(address)) == ["first", "second"]
    assert service.get("/v1/events/2", knownAt="2022-07-15T10:30:00Z").status_code == 404


def test_only_what_held_by_the_day_is_listed_and_without_a_day_all_of_it(service):
    service.post_all(
        [linked(A, "2021-03-10", id="past"), housed(A, "2023-01-01", id="future", at="2021-04-01T00:00:00Z")]
    )

    assert ids(service.told("/v1/events")) == ["past", "future"]
    assert ids(service.told("/v1/events?validOn=2022-07-15")) == ["past"]


def test_only_what_senders_had_recorded_is_listed_by_their_clock(service):
    service.post_all(worked_case(A))
    told = service.told("/v1/events", knownAt="2021-03-10T09:00:00Z", knownBy="sender")

    assert [event["position"] for event in told["items"]] == [1, 2]
    assert service.get("/v1/events/3?knownAt=2021-03-10T09:00:00Z&knownBy=sender").status_code == 404


def test_a_list_skips_what_is_not_on_it_however_much_that_is(service):
    early = [linked(A, "2021-03-10", id=f"early-{n}") for n in range(3)]
    later = [linked(A, "2021-09-10", id=f"later-{n}") for n in range(1200)]
    service.post_all([*later, *early])
    told = service.get("/v1/events?validOn=2021-06-30&limit=2")

    assert [event["position"] for event in told.json()["items"]] == [1201, 1202]
    assert [event["position"] for event in service.get(told.links["next"]["url"]).json()["items"]] == [1203]


@pytest.mark.parametrize("position", [2, 2**53])
def test_a_position_the_log_has_not_reached_is_not_found(service, position):
    service.post_all([linked(A, "2021-03-10")])

    assert service.get(f"/v1/events/{position}").status_code == 404


def test_an_empty_log_is_an_empty_list(service):
    assert service.told("/v1/events") == {"validOn": None, "knownAt": None, "position": 0, "items": []}


# Rejections


def refuse(service: Service, event: dict[str, object]) -> None:
    answer = service.post(event)
    assert answer.status_code in (400, 403, 409), answer.text


@pytest.fixture
def refused(service: Service) -> Service:
    """COA says what IND says, then posts no municipality; an unknown organisation speaks."""
    refuse(service, granted(A, "2021-03-01", by="coa", id="r-1"))
    service.clock.forward(hours=1)
    refuse(service, linked(A, "2021-03-10", "GM9999", id="r-2"))
    stranger = linked(A, "2021-03-10", id="r-3")
    refuse(service, stranger | {"source": "urn:nld:oin:00000004003214345000:systeem:vreemd"})
    return service


def test_what_was_refused_is_listed_with_its_reasons_newest_last(refused):
    items = refused.told("/v1/rejections")["items"]

    assert [item["eventId"] for item in items] == ["r-1", "r-2", "r-3"]
    assert items[0] == {
        "id": items[0]["id"],
        "receivedAt": "2022-07-15T10:00:00.000Z",
        "organisation": "00000099000000002000",
        "source": "urn:nld:oin:00000099000000002000:systeem:coa",
        "eventId": "r-1",
        "type": "nl.ketenspoor.permit-granted.v1",
        "errors": [{"pointer": "/source", "code": "no-authority", "detail": "permit-granted.v1 is said by ind only"}],
    }
    assert items[2]["organisation"] is None


def test_an_organisation_finds_its_own(refused):
    told = refused.told("/v1/rejections?organisation=00000099000000002000")

    assert [item["eventId"] for item in told["items"]] == ["r-1", "r-2"]
    assert refused.told("/v1/rejections?organisation=00000099000000003000")["items"] == []


def test_rejections_come_in_pages(refused):
    first = refused.get("/v1/rejections?limit=2")
    second = refused.get(first.links["next"]["url"])

    assert [item["eventId"] for item in first.json()["items"]] == ["r-1", "r-2"]
    assert ([item["eventId"] for item in second.json()["items"]], second.links) == (["r-3"], {})


def test_only_what_had_been_received_by_the_instant_is_listed(refused):
    told = refused.told("/v1/rejections?knownAt=2022-07-15T10:30:00Z")

    assert [item["eventId"] for item in told["items"]] == ["r-1"]


def test_one_rejection_has_the_event_as_it_was_posted(refused):
    number = refused.told("/v1/rejections")["items"][1]["id"]
    told = refused.told(f"/v1/rejections/{number}")["rejection"]

    assert told["event"] == linked(A, "2021-03-10", "GM9999", id="r-2")
    assert (told["text"], told["eventId"]) == (None, "r-2")


def test_a_line_that_was_no_json_is_kept_as_text(service):
    service.request("POST", "/v1/events", content=b'{"id": "half\n', headers={"Content-Type": "application/x-ndjson"})
    (item,) = service.told("/v1/rejections")["items"]
    told = service.told(f"/v1/rejections/{item['id']}")["rejection"]

    assert (told["event"], told["text"]) == (None, '{"id": "half')


def test_a_number_under_which_nothing_was_refused_is_not_found(refused):
    assert refused.get("/v1/rejections/99999").status_code == 404
