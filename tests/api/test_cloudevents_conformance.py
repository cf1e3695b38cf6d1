"""The NL GOV profile for CloudEvents 1.1: what is accepted, and what is refused with which fault, in every form."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service.intake.cloudevents import BATCH, LINES, MOST_BYTES_OF_AN_EVENT, MOST_EVENTS, ONE
from tests.api.service_under_test import Service, serving
from tests.posts import ABSENT, BSN, COA, IBAN, V_NUMBER, Event, body, but, linked

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def intake(shared_sqlite_url: str) -> Iterator[Service]:
    """One service for the whole table; each event has an id of its own."""
    with serving(shared_sqlite_url) as service:
        yield service


def post(service: Service, content: bytes, form: str = ONE, **headers: str) -> httpx.Response:
    return service.request("POST", "/v1/events", content=content, headers={"Content-Type": form, **headers})


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


#: Whether it is null or any of these, it says nothing that the service would have to refuse.
GOOD: dict[str, dict[str, Any]] = {
    "nothing but what is required": {"datacontenttype": ABSENT},
    "null for an attribute that may be left out": {"subject": None, "dataschema": None, "datacontenttype": None},
    "null for an extension, as the profile has it": {"geheimnummer": None},
    "null for an extension that would be refused otherwise": {"dataref": None},
    "a nationality, as the profile has it": {"nlbrpnationaliteit": "0083"},
    "an extension that is a boolean": {"deprecated": True},
    "the largest integer of 32 bits": {"sequence": 2**31 - 1},
    "the smallest integer of 32 bits": {"sequence": -(2**31)},
    "an extension that is empty": {"partitionkey": ""},
    "an extension of twenty characters": {"a" * 20: "x"},
    "an extension of more characters than it should have": {"a" * 21: "x", "verantwoordelijkeorganisatie1": True},
    "a sequence of ten digits": {"sequence": "0000000417", "sequencetype": "Integer"},
    "a sequence that passes the eleven-test": {"sequence": BSN},
    "a trace": {"traceparent": TRACEPARENT, "tracestate": "keten=1"},
    "a schema": {"dataschema": "https://ketenspoor.example/v1/event-types"},
    "a reference to data over https": {"dataref": "https://elders.example/claims/17"},
    "a reference to data that is relative": {"dataref": "/claims/17?part=1:2"},
    "a reference to data beside it": {"dataref": "claims/17"},
    "data in base64": {"data": ABSENT, "data_base64": b64encode(body(linked()["data"])).decode()},
    "data in base64 beside null": {"data": None, "data_base64": b64encode(body(linked()["data"])).decode()},
    "an id between spaces": {"id": " tvs-2021-000417 "},
    "a serial number in the id": {"id": "ZAAK-2026-0000000014"},
    "an instant with nanoseconds that pass the eleven-test": {"recordedtime": "2021-03-10T14:05:00.999990342+01:00"},
    "a media type with parameters": {"datacontenttype": "Application/JSON; charset=utf-8"},
    "an id with letters of any language": {"id": "tvs-2021-\N{LATIN SMALL LETTER E WITH ACUTE}"},
    "a source that is escaped": {"source": f"{COA}:%C3%A9"},
    "a time in UTC": {"time": "2021-04-12T07:30:00Z"},
    "a time at another offset": {"time": "2021-04-12T09:30:00-11:30"},
    "a time at nought hours from UTC": {"time": "2021-04-12T09:30:00+00:00"},
    "a time with nanoseconds": {"time": "2021-04-12T09:30:00.123456789Z"},
}

BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    # what makes it a CloudEvent
    "null for the id": ({"id": None}, [("/id", "required")]),
    "an empty id": ({"id": ""}, [("/id", "empty")]),
    "an id with a line break": ({"id": "tvs\n17"}, [("/id", "control-character")]),
    "an id with a control character of eight bits": ({"id": "tvs\x8517"}, [("/id", "control-character")]),
    "specversion 1": ({"specversion": "1"}, [("/specversion", "not-one-of")]),
    "specversion 1.0.2": ({"specversion": "1.0.2"}, [("/specversion", "not-one-of")]),
    "a source with a space": ({"source": f"{COA} 2"}, [("/source", "not-a-uri")]),
    "a source that is escaped by half": ({"source": f"{COA}:%C"}, [("/source", "not-a-uri")]),
    "a source beyond ASCII": ({"source": f"{COA}:\N{LATIN SMALL LETTER E WITH ACUTE}"}, [("/source", "not-a-uri")]),
    "a source in angle brackets": ({"source": f"<{COA}>"}, [("/source", "not-a-uri")]),
    "an empty source": ({"source": ""}, [("/source", "empty")]),
    "a type in capitals": ({"type": "NL.KETENSPOOR.LINKED.V1"}, [("/type", "unknown-type")]),
    "an empty type": ({"type": ""}, [("/type", "unknown-type")]),
    # the time
    "a time with a small t": ({"time": "2021-04-12t09:30:00Z"}, [("/time", "not-an-instant")]),
    "a time with a small z": ({"time": "2021-04-12T09:30:00z"}, [("/time", "not-an-instant")]),
    "a time with a space": ({"time": "2021-04-12 09:30:00Z"}, [("/time", "not-an-instant")]),
    "a week date": ({"time": "2021-W15-1T09:30:00Z"}, [("/time", "not-an-instant")]),
    "an offset that is not known": ({"time": "2021-04-12T09:30:00-00:00"}, [("/time", "not-an-instant")]),
    "a leap second": ({"time": "2016-12-31T23:59:60Z"}, [("/time", "not-an-instant")]),
    "a time without its zone": ({"time": "2021-04-12T09:30:00"}, [("/time", "not-an-instant")]),
    "an empty time": ({"time": ""}, [("/time", "not-an-instant")]),
    # what may be left out
    "a schema that is no absolute URI": ({"dataschema": "linked.v1"}, [("/dataschema", "not-a-uri")]),
    "a schema that is empty": ({"dataschema": ""}, [("/dataschema", "not-a-uri")]),
    "a schema that is a number": ({"dataschema": 17}, [("/dataschema", "wrong-type")]),
    "a schema at a BSN": ({"dataschema": f"https://elders.example/{BSN}"}, [("/dataschema", "personal-number")]),
    "a schema that is very long": ({"dataschema": "urn:" + "x" * 2_048}, [("/dataschema", "too-long")]),
    "data of another kind": ({"datacontenttype": "application/xml"}, [("/datacontenttype", "not-one-of")]),
    "a datacontenttype that is a number": ({"datacontenttype": 17}, [("/datacontenttype", "not-one-of")]),
    "data twice": ({"data_base64": "e30="}, [("/data_base64", "unknown-field")]),
    "a reference over http": ({"dataref": "http://elders.example/claims/17"}, [("/dataref", "not-a-uri")]),
    "a reference to a file": ({"dataref": "file:///etc/hosts"}, [("/dataref", "not-a-uri")]),
    "a reference to no host": ({"dataref": "https:///claims/17"}, [("/dataref", "not-a-uri")]),
    "a reference with a space": ({"dataref": "https://elders.example/a b"}, [("/dataref", "not-a-uri")]),
    "a reference to a scheme and nothing": ({"dataref": "https:"}, [("/dataref", "not-a-uri")]),
    "a relative reference at a V-number": ({"dataref": f"/{V_NUMBER}"}, [("/dataref", "personal-number")]),
    "a reference at a V-number": (
        {"dataref": f"https://elders.example/{V_NUMBER}"},
        [("/dataref", "personal-number")],
    ),
    # extensions
    "an extension in capitals": ({"traceParent": TRACEPARENT}, [("", "wrong-name")]),
    "an extension with a low line": ({"trace_parent": TRACEPARENT}, [("", "wrong-name")]),
    "an extension without a name": ({"": "x"}, [("", "wrong-name")]),
    "an extension beyond ASCII": ({"\N{LATIN SMALL LETTER E WITH ACUTE}tage": "x"}, [("", "wrong-name")]),
    "an extension of 21 characters in capitals": ({"A" * 21: "x"}, [("", "wrong-name")]),
    "an object in an extension of 21 characters": (
        {"a" * 21: {}},
        [("/\N{HORIZONTAL ELLIPSIS}", "wrong-type")],
    ),
    "a name in capitals, though it is null": ({"geheimNummer": None}, [("", "wrong-name")]),
    "an integer of more than 32 bits": ({"sequence": 2**31}, [("/sequence", "out-of-range")]),
    "an integer of more than 32 bits below nought": ({"sequence": -(2**31) - 1}, [("/sequence", "out-of-range")]),
    "a fraction": ({"sequence": 1.5}, [("/sequence", "wrong-type")]),
    "a whole number with a point": ({"sequence": 1.0}, [("/sequence", "wrong-type")]),
    "an object": ({"sequence": {"at": 1}}, [("/sequence", "wrong-type")]),
    "a list": ({"sequence": [1]}, [("/sequence", "wrong-type")]),
    "an extension with a tab": ({"partitionkey": "a\tb"}, [("/partitionkey", "control-character")]),
    "an extension with a delete": ({"partitionkey": "a\x7f"}, [("/partitionkey", "control-character")]),
    "a BSN in an extension": ({"partitionkey": BSN}, [("/partitionkey", "personal-number")]),
    "a BSN in an extension that is a number": ({"partitionkey": int(BSN)}, [("/partitionkey", "personal-number")]),
    "a V-number in an extension": ({"partitionkey": f"v {V_NUMBER}"}, [("/partitionkey", "personal-number")]),
    "an IBAN in an extension of another name": ({"rekening": IBAN}, [("/\N{HORIZONTAL ELLIPSIS}", "personal-number")]),
    "a V-number as the name of an extension": ({V_NUMBER: "x"}, [("", "personal-number")]),
    "a BSN as the name of an extension that is null": ({BSN: None}, [("", "personal-number")]),
    "a V-number in what is called a sequence": ({"sequence": f"v-{V_NUMBER}"}, [("/sequence", "personal-number")]),
    "a BSN as subject": ({"subject": BSN}, [("/subject", "not-a-journey")]),
    "several at once": (
        {"time": "gisteren", "traceParent": "x", "dataref": "ftp://elders.example"},
        [("/time", "not-an-instant"), ("", "wrong-name"), ("/dataref", "not-a-uri")],
    ),
}


def changed(name: str, changes: dict[str, Any]) -> Event:
    given = but(linked(f"good {name}"))
    for attribute, value in changes.items():
        if value is ABSENT:
            del given[attribute]
        else:
            given[attribute] = value
    return given


@pytest.mark.parametrize("name", GOOD)
def test_what_the_profile_allows_is_recorded(intake: Service, name: str) -> None:
    answer = post(intake, body(changed(name, GOOD[name])))

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("name", BAD)
def test_what_the_profile_does_not_allow_is_refused_with_its_fault(intake: Service, name: str) -> None:
    changes, expected = BAD[name]
    answer = post(intake, body(changed(name, changes)))

    assert answer.status_code == 400
    assert sorted(faults(answer)) == sorted(expected)


def test_the_whole_table_says_the_same_of_a_batch_and_of_lines(intake: Service) -> None:
    cases = [(changed(name, changes), expected) for name, (changes, expected) in BAD.items()]
    batch = post(intake, body([event for event, _ in cases]), BATCH)
    lines = post(intake, b"\n".join(body(event) for event, _ in cases), LINES)

    for answer in (batch, lines):
        told = [result["problem"]["errors"] for result in answer.json()["results"]]
        found = [sorted((error["pointer"], error["code"]) for error in errors) for errors in told]
        assert found == [sorted(expected) for _, expected in cases]


# Bytes


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b'"id":', b'"id": "x", "id":', [("", "doubled-key")]),
        (b'"H-88"', b'"H\\u0000"', [("/data/household", "nul")]),
        (b'"H-88"', b'"H\\ud800"', [("/data/household", "lone-surrogate")]),
        (b'"H-88"', b'"H\xff"', [("", "not-utf-8")]),
        (b'"H-88"', b'"H\n"', [("", "not-json")]),
        (b'"H-88"', b"NaN", [("/data/household", "not-finite"), ("/data/household", "wrong-type")]),
    ],
)
def test_bytes_that_two_readers_would_read_differently_are_refused(
    intake: Service, old: bytes, new: bytes, expected: list[tuple[str, str]]
) -> None:
    sent = body(linked("bytes", household="H-88"))
    assert sent.count(old) == 1
    answer = post(intake, sent.replace(old, new))

    assert answer.status_code == 400
    assert set(expected) <= set(faults(answer))


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 201), (MOST_BYTES_OF_AN_EVENT, 201), (256 * 1024 + 1, 413)])
def test_an_event_of_64_kb_passes_and_one_of_more_than_256_kb_does_not(intake: Service, size: int, status: int) -> None:
    empty = but(linked(f"size {size}"), comment="")
    sent = body(but(empty, comment="x" * (size - len(body(empty)))))

    assert len(sent) == size
    assert post(intake, sent).status_code == status


# Batches


def test_a_batch_of_none_is_a_batch(intake: Service) -> None:
    answer = post(intake, b"[]", BATCH)

    assert (answer.status_code, answer.json()) == (
        200,
        {"recorded": 0, "repeated": 0, "rejected": 0, "lastPosition": None, "results": []},
    )


@pytest.mark.parametrize(("size", "status"), [(1, 200), (MOST_EVENTS, 200), (MOST_EVENTS + 1, 413)])
def test_a_batch_holds_one_event_or_as_many_as_the_limit(intake: Service, size: int, status: int) -> None:
    answer = post(intake, body([linked(f"batch {size}-{n}") for n in range(size)]), BATCH)

    assert answer.status_code == status
    assert status == 413 or answer.json()["recorded"] == size


def test_one_event_is_no_batch_and_a_batch_is_no_event(intake: Service) -> None:
    assert faults(post(intake, body(linked("no batch")), BATCH)) == [("", "not-an-array")]
    assert faults(post(intake, body([linked("no event")]), ONE)) == [("", "not-an-object")]


@pytest.mark.parametrize(
    "form", ["application/cloudevents", "application/cloudevents+avro", "application/cloudevents-batch", "text/json"]
)
def test_a_form_that_is_not_read_is_told(intake: Service, form: str) -> None:
    answer = post(intake, body(linked("form")), form)

    assert answer.status_code == 415
    assert {ONE, BATCH} <= set(answer.headers["accept-post"].split(", "))


# Binary mode


def binary(service: Service, event: Event, **headers: str) -> httpx.Response:
    told = {f"ce-{name}": quote(str(value)) for name, value in event.items() if name not in ("data", "datacontenttype")}
    return post(service, body(event["data"]), "application/json", **told, **headers)


def test_an_event_in_binary_mode_is_the_same_event(intake: Service) -> None:
    event = linked("binary \N{LATIN SMALL LETTER E WITH ACUTE} 1")
    structured, again = post(intake, body(event)), binary(intake, event)

    assert (structured.status_code, again.status_code) == (201, 200)
    assert again.content == structured.content


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ce-partitionkey": quote("a\tb")}, [("/partitionkey", "control-character")]),
        ({"ce-partitionkey": BSN}, [("/partitionkey", "personal-number")]),
        ({"ce-trace_parent": "x"}, [("", "wrong-name")]),
        ({"ce-dataref": "http://elders.example"}, [("/dataref", "not-a-uri")]),
        ({"ce-partitionkey": "%ff"}, [("", "not-utf-8")]),
        ({"ce-partitionkey": "%ed%a0%80"}, [("", "not-utf-8")]),
        ({"ce-data": "x"}, [("", "wrong-name")]),
        ({f"ce-{V_NUMBER}": "x"}, [("", "personal-number")]),
    ],
)
def test_headers_of_binary_mode_are_held_to_the_same_rules(
    intake: Service, headers: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    answer = binary(intake, linked("binary 2"), **headers)

    assert (answer.status_code, faults(answer)) == (400, expected)


# Again


def test_an_event_that_comes_again_is_where_it_was_and_a_changed_one_is_a_conflict(intake: Service) -> None:
    event = linked("again", V_NUMBER)
    first, again = post(intake, body(event)), post(intake, body(event))
    changed_since = post(intake, body(but(event, data__municipality="GM0164")))
    decorated = post(intake, body(but(event, traceparent=TRACEPARENT, time="2021-04-12T07:30:00Z")))

    assert (first.status_code, again.status_code, decorated.status_code) == (201, 200, 200)
    assert first.json() == again.json() == decorated.json()
    assert first.headers["location"] == again.headers["location"] == f"/v1/events/{first.json()['position']}"
    assert (changed_since.status_code, faults(changed_since)) == (409, [("/id", "conflict")])


def test_no_value_of_what_is_refused_is_repeated(intake: Service) -> None:
    for name, (changes, _) in BAD.items():
        told = post(intake, body(changed(name, changes))).text
        for value in (BSN, V_NUMBER, IBAN, "elders", "gisteren", "rekening", "traceParent", "trace_parent"):
            assert value not in told, name


def test_what_data_are_kept_elsewhere_is_never_fetched(intake: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*_: Any, **__: Any) -> None:
        raise AssertionError("an address in an event was asked")

    monkeypatch.setattr("socket.getaddrinfo", fetched)
    event = but(linked("claim"), dataref="https://elders.example/claims/18", data=ABSENT)

    assert faults(post(intake, json.dumps(event).encode())) == [("/data", "required")]
