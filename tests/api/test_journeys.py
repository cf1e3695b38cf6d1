"""Journeys over HTTP: where one stands, who is waiting, and the one of a V-number."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from domain.period import Period
from projections import streams
from tests.api.found import A, find, journey
from tests.api.reports import (
    AMERSFOORT,
    UTRECHT,
    granted,
    linked,
    quota,
    said,
    withdrawn,
    worked_case,
)

UNKNOWN = "0f4d1c1e-7a0b-8c3e-9a44-0c7e5f1a2b3d"


# One journey


def test_who_waits_still_does_on_the_last_day_of_the_calendar(service):
    service.post_all([granted(A, "2021-03-01")])
    told = service.told(f"/v1/journeys/{journey(service, A)}?validOn=9999-12-31")
    days = (date.max - date(2021, 3, 1)).days
    assert told["phases"]["total"]["days"] == days
    assert [(one["cause"], one["days"]) for one in told["causesByDay"]] == [("dossier", days + 1)]


def test_the_worked_case_stands_as_in_the_contract(service):
    service.post_all(worked_case(A))
    told = service.told(f"/v1/journeys/{journey(service, A)}")

    assert told["phases"] == {
        "linking": {
            "owner": "coa",
            "state": "completed",
            "startedOn": "2021-03-01",
            "endedOn": "2021-03-10",
            "earlierDays": 0,
            "days": 9,
            "norm": 14,
            "dueOn": "2021-03-15",
            "daysOver": 0,
        },
        "housing": {
            "owner": "municipality",
            "state": "completed",
            "startedOn": "2021-03-10",
            "endedOn": "2021-06-01",
            "earlierDays": 0,
            "days": 83,
            "norm": 70,
            "dueOn": "2021-05-19",
            "daysOver": 13,
        },
        "departure": {
            "owner": "coa-and-permit-holder",
            "state": "completed",
            "startedOn": "2021-06-01",
            "endedOn": "2021-06-10",
            "earlierDays": 0,
            "days": 9,
            "norm": 14,
            "dueOn": "2021-06-15",
            "daysOver": 0,
        },
        "total": {
            "owner": "chain",
            "state": "completed",
            "startedOn": "2021-03-01",
            "endedOn": "2021-06-10",
            "earlierDays": 0,
            "days": 101,
            "norm": 98,
            "dueOn": "2021-06-07",
            "daysOver": 3,
        },
    }
    assert told["norm"]["name"] == "permit-14"
    assert told["link"] == {"municipality": UTRECHT, "on": "2021-03-10", "until": None, "endReason": None}
    assert told["housing"] == {"municipality": UTRECHT, "on": "2021-06-10", "accommodation": "regular", "until": None}
    assert (told["municipality"], told["closed"], told["findings"]) == (UTRECHT, None, [])
    assert (told["validOn"], told["position"]) == ("2022-07-15", 4)


@pytest.mark.parametrize(("norm", "days", "over"), [("permit-14", 101, 3), ("link-14", 92, 0), ("link-12", 92, 8)])
def test_the_total_depends_on_the_norm_set(service, norm, days, over):
    service.post_all(worked_case(A))
    told = service.told(f"/v1/journeys/{journey(service, A)}", norm=norm)

    assert (told["norm"]["name"], told["phases"]["total"]["days"], told["phases"]["total"]["daysOver"]) == (
        norm,
        days,
        over,
    )


def test_a_new_link_adds_the_gap_to_linking_and_starts_the_housing_phase_anew(service):
    first = [
        granted(A, "2021-03-01"),
        linked(A, "2021-03-10"),
        said("link-ended", "2021-04-20", A, reason="reassigned"),
    ]
    service.post_all([*first, linked(A, "2021-04-27", AMERSFOORT)])
    told = service.told(f"/v1/journeys/{journey(service, A)}", validOn="2021-06-30")
    linking, housing = told["phases"]["linking"], told["phases"]["housing"]

    assert (linking["days"], linking["daysOver"], linking["earlierDays"]) == (16, 2, 9)
    assert (housing["state"], housing["startedOn"], housing["dueOn"]) == ("open", "2021-04-27", "2021-07-06")
    assert told["links"] == [
        {"municipality": UTRECHT, "on": "2021-03-10", "until": "2021-04-20", "endReason": "reassigned"},
        {"municipality": AMERSFOORT, "on": "2021-04-27", "until": None, "endReason": None},
    ]


def test_an_earlier_day_is_answered_as_it_stood(service):
    service.post_all(worked_case(A))
    told = service.told(f"/v1/journeys/{journey(service, A)}", validOn="2021-05-20")

    assert told["housing"] is None
    assert (told["phases"]["housing"]["days"], told["phases"]["housing"]["daysOver"]) == (71, 1)
    assert told["phases"]["departure"]["state"] == "not-started"
    assert told["phases"]["departure"]["dueOn"] is None


def test_before_anything_happened_everything_is_unknown(service):
    service.post_all(worked_case(A))
    told = service.told(f"/v1/journeys/{journey(service, A)}", validOn="2020-01-01")

    assert (told["permit"], told["link"], told["municipality"]) == (None, None, None)
    assert {name: phase["state"] for name, phase in told["phases"].items()} == {
        "linking": "unknown",
        "housing": "unknown",
        "departure": "not-started",
        "total": "unknown",
    }


def test_family_dossier_refusals_integration_and_causes_are_told(service):
    service.post_all(
        [
            granted(A, "2021-03-01", household="H-1", unaccompaniedMinor=False),
            said("residence-document-issued", "2021-03-08", A),
            linked(A, "2021-03-10"),
            said("family-reunification-applied", "2021-03-15", A, persons=3),
            said("dossier-item-completed", "2021-03-24", A, item="bsn"),
            said("guest-stay-started", "2021-04-01", A),
            said("offer-refused", "2021-05-12", A, municipality=UTRECHT, reason="Too many stairs"),
            said("refusal-assessed", "2021-05-19", A, justified=True),
            said("integration-duty-started", "2021-06-01", A, law="wi2021"),
            said("intake-held", "2021-06-10", A, municipality=UTRECHT),
            said("integration-plan-established", "2021-06-20", A, municipality=UTRECHT, route="b1"),
        ]
    )
    told = service.told(f"/v1/journeys/{journey(service, A)}", validOn="2021-06-30")

    assert told["permit"] == {"on": "2021-03-01", "ground": "asylum", "unaccompaniedMinor": False}
    assert told["household"] == service.context.keys.household("H-1")
    assert (told["documentOn"], told["guestSince"]) == ("2021-03-08", "2021-04-01")
    assert told["family"] == {
        "appliedOn": "2021-03-15",
        "persons": 3,
        "decidedOn": None,
        "grantedOn": None,
        "granted": 0,
        "refused": 0,
        "undecided": 3,
        "visas": 0,
        "visaOn": None,
        "arrived": 0,
        "arrivedDirect": 0,
        "arrivedThroughReception": 0,
        "awaited": 0,
        "expected": [],
    }
    assert told["dossier"] == [{"item": "bsn", "completedOn": "2021-03-24"}]
    assert told["refusals"] == [
        {
            "on": "2021-05-12",
            "municipality": UTRECHT,
            "reasonCode": None,
            "assessedOn": "2021-05-19",
            "justified": True,
        }
    ]
    assert told["integration"] == {
        "dutyOn": "2021-06-01",
        "law": "wi2021",
        "noticeOn": None,
        "intakeOn": "2021-06-10",
        "planOn": "2021-06-20",
        "firstIntakeOn": "2021-06-10",
        "firstPlanOn": "2021-06-20",
        "planDueOn": None,
        "changedRoute": False,
        "route": "b1",
        "termEndsOn": None,
        "extension": None,
        "loanLeft": None,
        "exempted": None,
        "fulfilledOn": None,
        "fulfilledHow": None,
    }
    assert told["causes"] == [
        {"label": "dossier:bsn", "since": "2021-03-10", "until": "2021-03-24", "days": 14},
        {"label": "waiting-for-family", "since": "2021-03-15", "until": None, "days": 107},
        {"label": "refusal-under-assessment", "since": "2021-05-12", "until": "2021-05-19", "days": 7},
    ]
    # One cause a day, and the day asked is one of them: 17 days of March, then 30, 31 and 30.
    assert told["causesByDay"] == [
        {"cause": "dossier", "since": "2021-03-01", "until": "2021-03-15", "days": 14},
        {"cause": "family", "since": "2021-03-15", "until": None, "days": 108},
    ]
    assert told["missingItems"] == ["identity-document", "iban"]


def test_reception_home_handover_and_what_became_of_integration_are_told(service):
    service.post_all(
        [
            granted(A, "2021-03-01", birthDate="1990-05-17"),
            said("reception-placed", "2021-03-02", A, region="FL-UT-NH"),
            said("adapted-home-needed", "2021-03-08", A, kind="ground-floor"),
            linked(A, "2021-03-10"),
            said("family-reunification-applied", "2021-03-15", A, persons=5),
            said("guest-stay-started", "2021-04-01", A, until="2021-06-30"),
            said(
                "offer-refused", "2021-05-12", A, municipality=UTRECHT, reason="Too many stairs", reasonCode="medical"
            ),
            said("handover-held", "2021-05-31", A, municipality=UTRECHT, form="warm"),
            said("home-ready", "2021-06-01", A, municipality=UTRECHT, accommodation="transit-home", bedrooms=3),
            said("integration-notice-sent", "2021-06-02", A),
            said("integration-term-set", "2021-06-03", A, endsOn="2024-06-03"),
            said("fine-imposed", "2021-06-04", A, id="fine", amount=340, **{"for": "participation"}),
            said("fine-cancelled", "2021-06-05", A, fine="fine"),
            said("integration-exempted", "2021-06-06", A, extent="part"),
            said("integration-fulfilled", "2021-06-07", A, how="diploma"),
        ]
    )
    stays = service.told(f"/v1/journeys/{journey(service, A)}", validOn="2021-06-08")
    service.post_all(
        [
            said("housed", "2021-06-10", A, municipality=UTRECHT, accommodation="transit-home", until="2023-05-31"),
            said("registered-at-address", "2021-06-14", A, municipality=UTRECHT),
            said("family-reunification-decided", "2021-09-20", A, granted=4, refused=0),
            said("family-visa-issued", "2021-10-18", A, persons=3, validUntil="2022-01-15"),
            said("family-arrived", "2021-11-30", A, persons=2, direct=True),
            said("family-arrived", "2021-12-01", A, persons=1, direct=False),
        ]
    )
    told = service.told(f"/v1/journeys/{journey(service, A)}")

    assert (stays["guestSince"], stays["guestUntil"]) == ("2021-04-01", "2021-06-30")
    assert (told["guestSince"], told["guestUntil"]) == (None, None)
    assert stays["temporaryStay"] == {
        "kind": "guest",
        "municipality": UTRECHT,
        "since": "2021-04-01",
        "until": "2021-06-30",
        "daysOver": 0,
    }
    assert told["temporaryStay"] == {
        "kind": "transit-home",
        "municipality": UTRECHT,
        "since": "2021-06-10",
        "until": "2023-05-31",
        "daysOver": 0,
    }
    # To the day of the housing, which is one of them.
    assert told["causesByDay"] == [
        {"cause": "dossier", "since": "2021-03-01", "until": "2021-03-15", "days": 14},
        {"cause": "family", "since": "2021-03-15", "until": "2021-06-11", "days": 88},
    ]
    assert told["region"] == "FL-UT-NH"
    assert told["adaptedNeeds"] == [{"on": "2021-03-08", "kind": "ground-floor"}]
    assert told["refusals"][0]["reasonCode"] == "medical"
    assert told["handovers"] == [{"on": "2021-05-31", "municipality": UTRECHT, "form": "warm"}]
    assert (told["homes"][0]["bedrooms"], told["homes"][0]["until"]) == (3, None)
    assert (told["housing"]["until"], told["registeredOn"]) == ("2023-05-31", "2021-06-14")
    assert told["family"] == {
        "appliedOn": "2021-03-15",
        "persons": 5,
        "decidedOn": "2021-09-20",
        "grantedOn": "2021-09-20",
        "granted": 4,
        "refused": 0,
        "undecided": 1,
        "visas": 3,
        "visaOn": "2021-10-18",
        "arrived": 3,
        "arrivedDirect": 2,
        "arrivedThroughReception": 1,
        "awaited": 1,
        # Who had a visa came; 120 days after the decision are past.
        "expected": [{"on": "2022-07-15", "persons": 1}],
    }
    assert told["integration"] == {
        "dutyOn": None,
        "law": None,
        "noticeOn": "2021-06-02",
        "intakeOn": None,
        "planOn": None,
        "firstIntakeOn": None,
        "firstPlanOn": None,
        "planDueOn": None,
        "changedRoute": False,
        "route": None,
        "termEndsOn": "2024-06-03",
        "extension": None,
        "loanLeft": None,
        "exempted": "part",
        "fulfilledOn": "2021-06-07",
        "fulfilledHow": "diploma",
    }
    assert told["fines"] == [{"on": "2021-06-04", "amount": 340, "cancelledOn": "2021-06-05"}]
    assert told["findings"] == []
    assert "1990" not in service.get(f"/v1/journeys/{journey(service, A)}").text


def test_the_cancellation_of_a_fine_that_nobody_knows_is_a_finding(service):
    service.post_all([granted(A, "2021-03-01"), said("fine-cancelled", "2021-06-05", A, id="c", fine="lost")])
    told = service.told(f"/v1/journeys/{journey(service, A)}")

    assert [(found["code"], found["id"], found["on"]) for found in told["findings"]] == [
        ("cancels-unknown-fine", "c", "2021-06-05")
    ]
    assert service.told(f"/v1/journeys/{journey(service, A)}", validOn="2021-06-04")["findings"] == []


def test_what_does_not_fit_is_a_finding_with_the_event_it_was_seen_at(service):
    again = linked(A, "2021-03-20", id="again")
    lost = linked(A, "2021-03-01", id="lost", at="2021-03-21T08:00:00Z", corrects="never-sent")
    service.post_all([again, lost])
    told = service.told(f"/v1/journeys/{journey(service, A)}")

    assert told["findings"] == [
        {"code": "corrects-unknown-event", "source": lost["source"], "id": "lost", "on": "2021-03-01"},
        {"code": "no-permit", "source": None, "id": None, "on": "2021-03-01"},
        {"code": "linked-again", "source": again["source"], "id": "again", "on": "2021-03-20"},
    ]


def test_a_withdrawn_event_is_as_if_it_had_never_been_and_is_there_when_asked_as_known_before(service):
    events = worked_case(A)
    service.post_all(events)
    service.clock.forward(hours=1)
    service.post_all([withdrawn(A, events[3], at="2022-07-15T10:30:00Z")])
    address = f"/v1/journeys/{journey(service, A)}"

    assert service.told(address)["housing"] is None
    assert service.told(address, knownAt="2022-07-15T10:59:59Z")["housing"]["on"] == "2021-06-10"
    assert service.told(address, atPosition=4)["housing"]["on"] == "2021-06-10"


def test_by_the_senders_clock_only_what_they_had_recorded_is_known(service):
    service.post_all(worked_case(A))
    asked = {"knownAt": "2021-06-05T00:00:00Z", "knownBy": "sender"}
    told = service.told(f"/v1/journeys/{journey(service, A)}", **asked)

    assert (told["housing"], told["homes"][0]["on"]) == (None, "2021-06-01")
    assert (told["knownBy"], told["position"]) == ("sender", 4)


@pytest.mark.parametrize("stream", [UUID(UNKNOWN), streams.REFERENCE])
def test_what_is_no_journey_of_this_service_is_not_found(embedded, stream):
    embedded.post_all(
        [said("inhabitants-counted", "2022-01-01", municipality=UTRECHT, on="2022-01-01", persons=361000)]
    )
    for address in (f"/v1/journeys/{stream}", f"/v1/journeys/{stream}/events"):
        answer = embedded.get(address)

        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_stream_of_a_half_year_is_no_journey(service):
    service.post_all([quota("quota-published", "2021-03-29", persons=11000)])

    assert service.get(f"/v1/journeys/{streams.of_period(Period(2021, 2))}").status_code == 404


def test_a_journey_is_not_found_as_known_before_its_first_event(service):
    service.post_all([quota("quota-published", "2021-03-29", persons=11000)])
    service.clock.forward(hours=1)
    service.post_all(worked_case(A))

    assert service.get(f"/v1/journeys/{journey(service, A)}", knownAt="2022-07-15T10:30:00Z").status_code == 404


# Finding the journey of a V-number


def test_the_journey_of_a_v_number_is_the_one_its_events_were_given(service):
    posted = service.post(granted(A, "2021-03-01")).json()["journey"]

    assert find(service, A).json() == {"journey": posted}


def test_a_v_number_of_which_nothing_was_said_is_not_found_and_not_repeated(refusing):
    answer = find(refusing, "9999000009")

    assert answer.status_code == 404
    assert "9999000009" not in answer.text


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b'{"vNumber": "999900000"}', "/vNumber", "not-a-v-number"),
        ('{"vNumber": "٩٩٩٩٠٠٠٠٠١"}'.encode(), "/vNumber", "not-a-v-number"),
        (b'{"vNumber": 9999000001}', "/vNumber", "not-a-v-number"),
        (b'{"vNumber": null}', "/vNumber", "required"),
        (b"{}", "/vNumber", "required"),
        (b'{"vNumber": "9999000001", "bsn": "1"}', "", "unknown-field"),
        (b'["9999000001"]', "", "not-an-object"),
        (b'{"vNumber": "9999000001"', "", "not-json"),
        (b"", "", "not-json"),
        (b"\xff", "", "not-json"),
    ],
)
def test_a_body_that_names_no_v_number_is_refused(refusing, body, pointer, code):
    answer = refusing.request("POST", "/v1/journeys/_find", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
    assert "99990" not in answer.text


def test_a_body_in_another_form_or_too_large_is_refused(refusing):
    other = refusing.request("POST", "/v1/journeys/_find", content=b"{}", headers={"Content-Type": "text/plain"})
    large = refusing.request(
        "POST", "/v1/journeys/_find", content=b" " * 5000, headers={"Content-Type": "application/json"}
    )

    assert (other.status_code, large.status_code) == (415, 413)
