"""The history of a journey over HTTP: sentences with what they rest on, for any two times, the same on both engines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from domain.codec import fields_of
from domain.facts import FACTS
from projections import streams
from service.http.openapi.event_types import EXAMPLES
from service.http.openapi.specification import text
from tests.api.reports import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    Event,
    granted,
    home_ready,
    housed,
    linked,
    returned,
    said,
    source,
    withdrawn,
    worked_case,
)
from tests.api.service_under_test import NOW, Service, serving

A, B = "9999000001", "9999000002"
HOUSED_ID = "housed 0001 2021-06-10 GM0344"


def journey(service: Service, v_number: str = A) -> str:
    found: str = service.request("POST", "/v1/journeys/_find", json={"vNumber": v_number}).json()["journey"]
    return found


def timeline(service: Service, v_number: str = A, **asked: str) -> dict[str, Any]:
    return service.told(f"/v1/journeys/{journey(service, v_number)}/timeline", **asked)


def dutch(told: dict[str, Any]) -> list[str]:
    return [item["sentence"]["nl"].partition("; gemeld door")[0] for item in told["items"]]


def ids(told: dict[str, Any]) -> list[str]:
    return [item["id"] for item in told["items"]]


def of_a_life() -> list[Event]:
    """A journey with a late report, a correction, a withdrawn link and a withdrawal that was withdrawn."""
    link = linked(A, "2021-04-10", AMERSFOORT, id="mistaken link")
    undone = withdrawn(A, link, at="2021-04-12T09:00:00Z", id="undone link")
    refused = said("offer-refused", "2021-05-20", A, id="refusal", municipality=UTRECHT, reason="Too many stairs")
    mistaken = withdrawn(A, refused, at="2021-05-22T09:00:00Z", id="mistaken withdrawal")
    return [
        *worked_case(A),
        link,
        undone,
        refused,
        mistaken,
        withdrawn(A, mistaken, at="2021-05-23T09:00:00Z", id="restored refusal"),
        housed(A, "2021-06-20", id="corrected housing", at="2021-08-01T09:00:00Z", corrects=HOUSED_ID),
        said("residence-document-issued", "2021-03-20", A, id="late document", at="2022-02-01T09:00:00Z"),
        returned(A, "2021-09-01", id="return"),
    ]


# What an entry holds


def test_an_entry_tells_what_it_rests_on_beside_its_sentence(service):
    service.post_all(worked_case(A))
    told = timeline(service)

    assert {name: told[name] for name in ("validOn", "knownAt", "position", "journey")} == {
        "validOn": None,
        "knownAt": "2022-07-15T10:00:00.000Z",
        "position": 4,
        "journey": journey(service),
    }
    assert (told["norm"]["name"], [item["position"] for item in told["items"]]) == ("permit-14", [1, 2, 3, 4])
    entry = told["items"][3]
    changes = entry.pop("changes")
    sentence = entry.pop("sentence")
    assert entry == {
        "position": 4,
        "id": HOUSED_ID,
        "source": source("coa"),
        "type": "nl.ketenspoor.housed.v1",
        "effectiveOn": "2021-06-10",
        "recordedAt": "2022-07-15T10:00:00.000Z",
        "recordedBy": {"oin": "00000099000000002000", "name": "COA"},
        "corrects": None,
        "withdraws": None,
        "inForce": True,
        "correctedBy": None,
        "withdrawnBy": None,
    }
    assert [(one["kind"], one["phase"], one["days"], one["norm"], one["daysOver"]) for one in changes] == [
        ("phase-ended", "departure", 9, 14, 0),
        ("phase-ended", "total", 101, 98, 3),
        ("counted", None, None, None, None),
    ]
    assert changes[2] == {
        "kind": "counted",
        "on": "2021-06-10",
        "phase": None,
        "days": None,
        "norm": None,
        "daysOver": None,
        "municipality": UTRECHT,
        "countsFor": UTRECHT,
        "period": "2021-I",
        "persons": 1,
        "accommodation": "regular",
    }
    assert sentence == {
        "nl": "Op 10 juni 2021 is de vergunninghouder gehuisvest in de gemeente Utrecht, in een reguliere woning, en "
        "afgemeld bij het COA; daardoor eindigde de vertrekfase na 9 dagen (binnen de norm van 14 dagen), eindigde de "
        "totale doorlooptijd na 101 dagen (3 dagen over de norm van 98 dagen) en telt 1 persoon mee voor de "
        "taakstelling van de gemeente Utrecht in de eerste helft van 2021; gemeld door het COA "
        "(urn:nld:oin:00000099000000002000:systeem:coa) en geregistreerd op 15 juli 2022.",
        "en": "On 10 June 2021 the permit holder was housed in the municipality of Utrecht, in a regular home, and "
        "signed off at COA; as a result the departure phase ended after 9 days (within the norm of 14 days), the total "
        "lead time ended after 101 days (3 days over the norm of 98 days) and 1 person counts towards the quota of the "
        "municipality of Utrecht in the first half of 2021; reported by COA "
        "(urn:nld:oin:00000099000000002000:systeem:coa) and recorded on 15 July 2022.",
    }


def test_an_answer_is_as_it_is_described(service):
    service.post_all(of_a_life())
    answer = service.get(f"/v1/journeys/{journey(service)}/timeline")

    document = json.loads(text())
    described = {"$ref": "#/components/schemas/History", "components": document["components"]}
    assert [*OAS31Validator(described).iter_errors(answer.json())] == []


def test_a_norm_set_counts_the_total_in_its_own_way(service):
    service.post_all(worked_case(A))
    (total,) = [one for one in timeline(service, norm="link-12")["items"][3]["changes"] if one["phase"] == "total"]

    assert (total["kind"], total["days"], total["norm"], total["daysOver"]) == ("phase-ended", 92, 84, 8)


@pytest.mark.parametrize("norm", ["permit-14", "link-14", "link-12"])
@pytest.mark.parametrize(
    "told",
    [
        [granted(A, "2022-01-01"), linked(A, "2022-01-17"), housed(A, "2022-05-05"), home_ready(A, "2022-06-29")],
        [granted(A, "2022-01-01"), linked(A, "2022-01-17"), housed(A, "2022-05-05"), returned(A, "2022-06-01")],
        [linked(A, "2022-01-17"), housed(A, "2022-05-05"), granted(A, "2022-06-01")],
    ],
    ids=["home-ready-after-the-housing", "returned", "permit-after-the-housing"],
)
def test_what_the_events_changed_together_is_where_the_journey_stands(service, told, norm):
    service.post_all(told)
    reached: dict[str, tuple[str, str | None, int | None]] = {}
    for change in (change for item in timeline(service, norm=norm)["items"] for change in item["changes"]):
        match change["kind"]:
            case "phase-started":
                assert change["phase"] not in reached
                reached[change["phase"]] = ("open", None, None)
            case "phase-ended":
                assert reached[change["phase"]][0] == "open"
                reached[change["phase"]] = ("completed", change["on"], change["days"])
            case "phase-reopened":
                assert reached[change["phase"]][0] == "completed"
                reached[change["phase"]] = ("open", None, None)
            case "phase-dropped":
                del reached[change["phase"]]
    phases = service.told(f"/v1/journeys/{journey(service)}", norm=norm)["phases"]

    assert reached == {
        name: (phase["state"], phase["endedOn"], phase["days"] if phase["state"] == "completed" else None)
        for name, phase in phases.items()
        if phase["state"] in ("open", "completed")
    }


# What became of it


def test_corrected_and_withdrawn_entries_stay_in_their_place_and_say_by_what(service):
    service.post_all(of_a_life())
    told = timeline(service)

    assert ids(told) == [
        "permit-granted 0001 2021-03-01",
        "linked 0001 2021-03-10 GM0344",
        "late document",
        "mistaken link",
        "undone link",
        "refusal",
        "mistaken withdrawal",
        "restored refusal",
        "home-ready 0001 2021-06-01 GM0344",
        HOUSED_ID,
        "corrected housing",
        "return",
    ]
    found = {item["id"]: item for item in told["items"]}
    out = {name for name, item in found.items() if not item["inForce"]}
    assert out == {"mistaken link", "mistaken withdrawal", HOUSED_ID}
    assert found["mistaken link"]["withdrawnBy"] == {"source": source("coa"), "id": "undone link", "position": 6}
    assert found["undone link"]["withdraws"] == {"source": source("coa"), "id": "mistaken link", "position": 5}
    assert found[HOUSED_ID]["correctedBy"]["id"] == "corrected housing"
    assert found["corrected housing"]["corrects"]["position"] == found[HOUSED_ID]["position"] == 4
    assert (found["refusal"]["withdrawnBy"], found["mistaken withdrawal"]["withdrawnBy"]["id"]) == (
        None,
        "restored refusal",
    )
    assert [found[name]["changes"] for name in ("mistaken link", HOUSED_ID)] == [[], []]


def test_a_late_report_stands_on_its_day_with_the_day_it_was_recorded(service):
    service.post_all(worked_case(A))
    service.clock.forward(days=200)
    service.post_all([said("residence-document-issued", "2021-03-20", A, id="late")])
    late = timeline(service)["items"][2]

    assert (late["id"], late["effectiveOn"], late["recordedAt"]) == ("late", "2021-03-20", "2023-01-31T10:00:00.000Z")
    assert late["sentence"]["nl"] == (
        "Op 20 maart 2021 is de verblijfspas aan de vergunninghouder uitgereikt; gemeld door de IND "
        "(urn:nld:oin:00000099000000001000:systeem:ind) en geregistreerd op 31 januari 2023."
    )


def test_what_a_merged_municipality_is_posted_to_have_done_counts_for_its_successor(service):
    service.post_all([granted(A, "2022-01-03"), linked(A, "2022-01-10", WEESP), housed(A, "2022-05-02", WEESP)])
    last = timeline(service)["items"][2]

    assert [(one["municipality"], one["countsFor"]) for one in last["changes"] if one["kind"] == "counted"] == [
        (WEESP, AMSTERDAM)
    ]
    assert "gehuisvest in de gemeente Weesp" in last["sentence"]["nl"]
    assert "voor de taakstelling van de gemeente Amsterdam in de eerste helft van 2022" in last["sentence"]["nl"]


def test_a_merger_that_is_posted_later_renames_what_it_counted_for(service):
    service.post_all([granted(A, "2021-01-04"), linked(A, "2021-01-10"), housed(A, "2021-03-02")])
    before = timeline(service)
    merger = {"into": "GM9344", "on": "2021-02-01", "name": "Groot-Utrecht", "province": "PV26"}
    service.clock.forward(hours=1)
    service.post_all([said("municipality-merged", "2021-02-01", municipality=UTRECHT, **merger)])

    assert "taakstelling van de gemeente Groot-Utrecht in" in dutch(timeline(service))[2]
    assert timeline(service, atPosition="3")["items"] == before["items"]


# The two times


def test_as_known_before_a_correction_it_reads_as_it_did_then(service):
    service.post_all(worked_case(A))
    before = timeline(service)
    service.clock.forward(hours=1)
    service.post_all([housed(A, "2021-06-20", id="corrected housing", at="2021-08-01T09:00:00Z", corrects=HOUSED_ID)])

    assert timeline(service, knownAt="2022-07-15T10:30:00Z")["items"] == before["items"]
    assert timeline(service, atPosition="4") == before
    assert timeline(service)["items"][:3] == before["items"][:3]
    assert "geldt niet meer" in dutch(timeline(service))[3]


def test_by_the_senders_clock_only_what_was_sent_by_then_is_told(service):
    service.post_all(of_a_life())
    told = timeline(service, knownAt="2021-04-11T00:00:00Z", knownBy="sender")

    assert (ids(told)[-1], told["knownBy"], all(item["inForce"] for item in told["items"])) == (
        "mistaken link",
        "sender",
        True,
    )


def test_with_a_day_only_what_held_by_then_is_told(service):
    service.post_all(of_a_life())

    assert ids(timeline(service, validOn="2021-04-11"))[2:] == ["late document", "mistaken link", "undone link"]


# Persons


def test_no_personal_field_of_any_type_appears(service):
    secrets = {"vNumber": A, "birthDate": "1990-05-17", "referent": "9999000009", "reason": "Too many stairs, a secret"}
    secrets["replaces"] = "9999000008"
    posted = []
    for topic, shape in FACTS.items():
        example = EXAMPLES[topic]["data"]
        if "vNumber" not in example and topic != "event-withdrawn.v1":
            continue
        personal = {field.json_name: secrets[field.json_name] for field in fields_of(shape) if field.type.personal}
        data = {**example, **personal, "vNumber": A, "effectiveOn": "2021-03-10"}
        if "referent" in personal:
            data["ground"] = "family"
        if topic == "event-withdrawn.v1":
            data = {"effectiveOn": "2021-03-10", "vNumber": A, "withdraws": "of linked.v1", "reason": secrets["reason"]}
        data.pop("corrects", None)
        owner = said(topic.removesuffix(".v1"), "2021-03-10", municipality=data.get("municipality", UTRECHT))["source"]
        posted.append(
            {**said(topic.removesuffix(".v1"), "2021-03-10", id=f"of {topic}"), "source": owner, "data": data}
        )
    service.post_all(posted)
    text = service.get(f"/v1/journeys/{journey(service)}/timeline").text

    assert len(posted) == 42
    assert [secret for secret in secrets.values() if secret in text] == []
    assert "1990" not in text and "17 mei" not in text


# Refusals


@pytest.mark.parametrize("asked", ["norm=permit-13", "cursor=x", "validOn=yesterday", "knownAt=2999-01-01T00:00:00Z"])
def test_what_makes_no_question_is_refused(embedded, asked):
    embedded.post_all(worked_case(A))

    assert embedded.get(f"/v1/journeys/{journey(embedded)}/timeline?{asked}").status_code == 400


def test_a_journey_that_was_not_known_then_is_not_found(service):
    service.post_all(worked_case(A))
    address = f"/v1/journeys/{journey(service)}/timeline"

    assert service.get(address, atPosition="0").status_code == 404
    assert service.get(address.replace(journey(service), "00000000-0000-8000-8000-000000000000")).status_code == 404


def test_a_stream_that_is_no_journey_has_no_timeline(service):
    service.post_all([said("inhabitants-counted", "2021-01-01", municipality=UTRECHT, on="2021-01-01", persons=360000)])

    assert service.get(f"/v1/journeys/{streams.REFERENCE}/timeline").status_code == 404


# Engines


def test_both_engines_give_the_same_bytes(sqlite_url, postgresql_url):
    answers = []
    for url in (sqlite_url, postgresql_url):
        with serving(url, NOW) as service:
            # The trace of a request is recorded with its events; without one each would get its own.
            service.client.headers["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            service.post_all(of_a_life())
            service.clock.now = datetime(2022, 8, 1, tzinfo=UTC)
            service.post_all([home_ready(B, "2021-06-01", WEESP), housed(B, "2022-06-10", WEESP)])
            asked = ("", "?norm=link-14", "?validOn=2021-06-30", "?atPosition=12", "?knownAt=2021-05-01T00:00:00Z")
            selected = (
                "period=2021-I",
                f"municipality={WEESP}&type=nl.ketenspoor.housed.v1,nl.ketenspoor.home-ready.v1",
                f"municipality={UTRECHT}&validOn=2021-06-15&limit=2",
                "period=2021-II&knownAt=2021-12-01T00:00:00Z&knownBy=sender",
            )
            timelines = [f"/v1/journeys/{journey(service, who)}/timeline{one}" for who in (A, B) for one in asked]
            answers.append(
                [
                    (answer.status_code, sorted(answer.headers.items()), answer.content)
                    for address in (*timelines, *(f"/v1/events?{one}" for one in selected))
                    for answer in (service.request("GET", address),)
                ]
            )

    assert answers[0] == answers[1]
    assert [status for status, _, _ in answers[0]].count(200) == 11
