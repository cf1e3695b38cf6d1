"""The audit log: who did what to what, with what result, from where and when; and who it is not kept of."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, text

from service.access import rules
from service.http.routes import PARTS
from service.storage.database import reading
from service.storage.service_tables import audit_log, processing_log
from tests.api.service_under_test import Service
from tests.api.tokens import OF_ROLE, PURPOSE, Guarded, guarded
from tests.posts import ANOTHER_V_NUMBER, V_NUMBER, but, linked, permit

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
BIRTH_DATE = "1987-11-23"


def lines(service: Service, query: str = "", **headers: str) -> list[dict[str, Any]]:
    answer = service.request("GET", f"/v1/audit-log{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_read_is_a_line_with_the_six_fields_and_its_trace_and_purpose(database_url: str) -> None:
    with guarded(database_url) as service:
        service.post_as(permit())
        service.post_as(linked())
        journey = service.journey(**service.of_role("coa"))
        service.clock.forward(minutes=1)
        transaction = {"Fsc-Transaction-Id": "0190163c-0000-7000-8000-000000000001"}
        service.request("GET", f"/v1/journeys/{journey}", headers=service.of_role("coa") | TRACEPARENT | transaction)
        line = lines(service, **service.of_role("auditor"))[-1]
    assert len(line.pop("requestId")) == 16
    assert line.pop("id") > 0
    assert line == {
        "recordedAt": "2022-07-15T10:01:00.000Z",
        "actor": f"system-{OF_ROLE['coa']}",
        "organisation": OF_ROLE["coa"],
        "action": "read_journey",
        "object": "/v1/journeys/{journey}",
        "journey": journey,
        "firstPosition": None,
        "lastPosition": None,
        "result": "succeeded",
        "origin": "127.0.0.1",
        "purpose": f"{PURPOSE}/coa",
        "reason": None,
        "traceId": TRACE,
        "transactionId": "0190163c-0000-7000-8000-000000000001",
    }


def test_who_is_known_and_refused_has_a_line_and_what_is_not_there_or_wrong_has_one_too(locked: Guarded) -> None:
    coa, analyst = locked.of_role("coa"), locked.of_role("analyst")
    journey = locked.journey(**coa)
    asked = [
        ("GET", f"/v1/journeys/{journey}", analyst, 403),
        ("GET", "/v1/journeys/5c5c5c5c-0000-8000-8000-000000000000", coa, 404),
        ("GET", "/v1/journeys?limit=0", coa, 400),
        ("GET", "/v1/nothing-here", coa, 404),
        ("DELETE", f"/v1/journeys/{journey}", coa, 405),
    ]
    for method, url, headers, status in asked:
        assert locked.request(method, url, headers=headers).status_code == status
    told = [(line["action"], line["result"]) for line in lines(locked, **locked.of_role("auditor"))]
    assert told == [
        ("find_journey", "succeeded"),
        ("read_journey", "refused"),
        ("read_journey", "not-found"),
        ("list_journeys", "invalid"),
        ("unmatched", "not-found"),
        ("read_journey", "invalid"),
    ]


def test_who_shows_nothing_or_is_not_believed_leaves_no_line_however_often(locked: Guarded) -> None:
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    asked = [
        ("/v1/journeys", {}, 401),
        ("/v1/journeys", forged, 401),
        ("/v1/realisation?period=2021-I", {}, 200),
        ("/v1/nothing-here", {}, 404),
        ("/livez", {}, 200),
    ]
    for url, headers, status in asked:
        assert locked.request("GET", url, headers=headers).status_code == status
    assert lines(locked, **locked.of_role("auditor")) == []


def test_what_anybody_may_see_has_no_line_and_what_only_some_may_has_one(locked: Guarded) -> None:
    ministry = locked.of_role("ministry")
    for url in ("/v1/municipalities", "/v1/periods", "/v1/event-types", "/v1/log/key", "/v1/openapi.json"):
        assert locked.get(url).status_code == 200
        assert locked.request("GET", url, headers=ministry).status_code == 200
    figures = "/v1/norm-phases?from=2021-01-01&to=2021-12-31&groupBy=municipality"
    assert locked.request("GET", figures, headers=locked.of_role("analyst")).status_code == 200
    assert lines(locked, **locked.of_role("auditor")) == []
    assert locked.request("GET", figures, headers=ministry).status_code == 200
    (line, *_) = lines(locked, f"?organisation={OF_ROLE['ministry']}", **locked.of_role("auditor"))
    assert (line["action"], line["result"]) == ("read_norm_phases", "succeeded")


def test_every_operation_that_is_not_public_leaves_a_line(locked: Guarded) -> None:
    """Whoever asks and whatever becomes of it: by the rules and the routes, not by a list of what we thought of."""
    coa = locked.of_role("coa")
    expected = []
    for route in (route for part in PARTS for route in part.routes if isinstance(route, APIRoute)):
        if not rules.RULES[route.name].public:
            url = route.path_format.replace("{journey}", "5c5c5c5c-0000-8000-8000-000000000000")
            url = url.replace("{position}", "1").replace("{id}", "1")
            method = min(route.methods or ())
            locked.request(method, f"/v1{url}", headers=coa)
            expected.append(route.name)
    assert len(expected) > 12
    assert [line["action"] for line in lines(locked, **locked.of_role("auditor"))] == expected


def test_reading_the_logs_is_itself_a_line(locked: Guarded) -> None:
    auditor = locked.of_person("auditor", subject="auditor-1")
    locked.request("GET", f"/v1/processing-log?traceId={TRACE}", headers=auditor)
    lines(locked, **auditor)
    told = lines(locked, **auditor)
    assert [line["action"] for line in told] == ["list_processings", "list_audited"]
    assert "auditor-1" not in str(told)


def test_all_of_one_client_in_a_window_is_one_question(locked: Guarded) -> None:
    for _ in range(4):
        locked.clock.forward(hours=1)
        locked.journey(**locked.of_role("coa"))
        locked.request("GET", "/v1/journeys", headers=locked.of_role("ind"))
    window = "from=2022-07-15T12:00:00Z&to=2022-07-15T13:00:00Z"
    found = lines(locked, f"?actor=system-{OF_ROLE['coa']}&{window}", **locked.of_role("auditor"))
    assert [(line["recordedAt"][11:16], line["action"]) for line in found] == [
        ("12:00", "find_journey"),
        ("13:00", "find_journey"),
    ]


def test_the_log_comes_in_pages_of_what_was_there_when_the_first_was_asked_for(service: Service) -> None:
    for _ in range(5):
        service.clock.forward(seconds=1)
        service.request("GET", "/v1/journeys")
    service.clock.forward(seconds=1)
    url: str | None = "/v1/audit-log?limit=2"
    pages = []
    while url is not None:
        service.clock.forward(seconds=1)
        page = service.request("GET", url)
        pages.append([line["action"] for line in page.json()["items"]])
        url = page.links.get("next", {}).get("url")
    assert pages == [["list_journeys"] * 2, ["list_journeys"] * 2, ["list_journeys"]]


def test_it_can_be_asked_who_was_handed_out_an_event_in_a_list(service: Service) -> None:
    service.post_all([permit(), linked()])
    service.request("GET", "/v1/events?limit=1", headers=TRACEPARENT)
    service.request("GET", "/v1/events/2")
    first, second = ([line["object"] for line in lines(service, f"?position={position}")] for position in (1, 2))
    assert (first, second) == (["/v1/events"], ["/v1/events/{position}"])


def heard(service: Service, events: int, **headers: str) -> None:
    """Listen to the stream of events until so many were told."""

    async def listen() -> None:
        told = 0
        ended = asyncio.Event()
        shown = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "method": "GET",
            "path": "/v1/events",
            "query_string": b"",
            "headers": [(b"accept", b"text/event-stream"), *shown],
            "client": ("192.0.2.7", 4711),
        }

        async def receive() -> dict[str, Any]:
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal told
            told += message.get("body", b"").count(b"event:")
            if told == events:
                ended.set()
                raise OSError

        await service.app(scope, receive, send)

    service.run(listen())


def test_a_stream_has_a_line_when_it_begins_and_one_that_says_how_far_it_came(embedded: Service) -> None:
    embedded.post_all([permit(), linked()])
    heard(embedded, 2)
    begun, ended = lines(embedded, "?action=list_events")
    assert (begun["firstPosition"], begun["lastPosition"], begun["origin"]) == (1, None, "192.0.2.7")
    assert (ended["firstPosition"], ended["lastPosition"], ended["requestId"]) == (1, 2, begun["requestId"])
    # While it goes on nobody knows where it ends.
    assert [line["lastPosition"] for line in lines(embedded, "?position=99")] == [None]


def test_a_stream_of_ones_own_writes_a_line_for_each_person_before_it_tells_of_them(locked: Guarded) -> None:
    others = (permit("p-2", ANOTHER_V_NUMBER), linked("l-2", ANOTHER_V_NUMBER, municipality="GM0164"))
    assert [locked.post_as(event).status_code for event in others] == [201, 201]
    locked.follow()
    journey = str(locked.context.keys.journey(V_NUMBER))
    heard(locked, 2, **locked.of_role("municipality") | TRACEPARENT)
    auditor = locked.of_role("auditor")
    told = locked.request("GET", f"/v1/processing-log?traceId={TRACE}", headers=auditor).json()["items"]
    assert [line["attributes"].get("dpl.core.data_subject_id") for line in told] == [None, journey]
    assert told[1]["parentSpanId"] == told[0]["spanId"]
    (line,) = lines(locked, f"?traceId={TRACE}", **auditor)
    assert (line["action"], line["firstPosition"]) == ("list_events", None)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("?actor=a%00b", [("actor", "wrong-pattern")]),
        ("?organisation=123&result=perhaps", [("organisation", "wrong-pattern"), ("result", "not-one-of")]),
        ("?position=0&traceId=X", [("traceId", "wrong-pattern"), ("position", "out-of-range")]),
        ("?who=me", [("who", "unknown-parameter")]),
        ("?cursor=AAAA", [("cursor", "not-a-cursor")]),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_all_faults(
    embedded: Service, query: str, faults: list[tuple[str, str]]
) -> None:
    answer = embedded.request("GET", f"/v1/audit-log{query}")
    assert answer.status_code == 400, answer.text
    assert [(one["parameter"], one["code"]) for one in answer.json()["errors"]] == faults


def test_nothing_personal_and_no_secret_is_in_either_log(sqlite_url: str) -> None:
    with guarded(sqlite_url) as service:
        service.post_as(but(permit(), data__birthDate=BIRTH_DATE))
        service.post_as(linked())
        service.post_as(but(linked("l-2", ANOTHER_V_NUMBER), data__municipality="GM9999"))
        coa = service.of_role("coa")
        journey = service.journey(**coa)
        service.follow()
        urls = [
            *("/v1/events", "/v1/journeys", "/v1/rejections", "/v1/rejections/1", f"/v1/journeys/{V_NUMBER}"),
            *(f"/v1/journeys/{journey}", f"/v1/journeys/{journey}/timeline", f"/v1/journeys?{V_NUMBER}={BIRTH_DATE}"),
            *(f"/v1/events/{V_NUMBER}", f"/v1/{V_NUMBER}", f"/v1/events?type={V_NUMBER}"),
        ]
        for url in urls:
            service.request("GET", url, headers={**coa, "Traceparent": V_NUMBER, "User-Agent": V_NUMBER})
        service.request("POST", "/v1/reconciliations?period=2021-I", content=f"vNumber,housedOn\n{V_NUMBER},2021-02-01")
        with reading(service.context.primary) as connection:
            rows = [connection.execute(select(table)).all() for table in (audit_log, processing_log)]
    assert all(rows)
    told = json.dumps(rows, default=lambda value: value.hex() if isinstance(value, bytes) else str(value))
    token = coa["Authorization"].split()[1]
    for secret in (V_NUMBER, ANOTHER_V_NUMBER, BIRTH_DATE, token, token.split(".")[2], "Bearer", "5f5f5f5f"):
        assert secret not in told


@pytest.mark.parametrize("table", ["audit_log", "processing_log"])
def test_there_is_no_address_by_which_a_log_is_changed_or_emptied(embedded: Service, table: str) -> None:
    url = f"/v1/{table.replace('_', '-')}"
    statuses = [embedded.request(method, url).status_code for method in ("POST", "PUT", "PATCH", "DELETE")]
    assert statuses == [405] * 4
    with reading(embedded.context.primary) as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit_log")) == 4
