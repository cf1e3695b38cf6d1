"""The log of processing: a line for each person of each answer, as Logboek Dataverwerkingen has it; for auditors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from projections.dialect import insert_rows
from service.audit.records import NO_ACTIVITY
from service.foundation.version import VERSION
from service.storage.database import reading
from service.storage.service_tables import processing_log
from tests.api.service_under_test import Service
from tests.api.tokens import OF_ROLE, PURPOSE, Guarded
from tests.posts import ANOTHER_V_NUMBER, linked, permit

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


def lines(service: Service, trace: str = TRACE, **headers: str) -> list[dict[str, Any]]:
    """The lines of a trace, as the service tells them."""
    answer = service.request("GET", f"/v1/processing-log?traceId={trace}", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_reading_a_journey_writes_one_line_with_all_fields_of_the_standard(service: Service) -> None:
    service.post_all([permit(), linked()])
    journey = service.journey()
    service.clock.forward(seconds=1.25)
    assert service.request("GET", f"/v1/journeys/{journey}", headers=TRACEPARENT).status_code == 200
    (line,) = lines(service)
    span = line.pop("spanId")
    assert len(span) == 16 and span != SPAN
    assert line == {
        "traceId": TRACE,
        "parentSpanId": SPAN,
        "status": "Ok",
        "name": "read a journey",
        "startTime": "2022-07-15T10:00:01.250Z",
        "endTime": "2022-07-15T10:00:01.250Z",
        "resource": {"attributes": {"name": "ketenspoor", "version": VERSION}},
        "attributes": {
            "dpl.core.processing_activity_id": NO_ACTIVITY,
            "dpl.core.data_subject_id": journey,
            "dpl.core.data_subject_id_type": "urn:ketenspoor:journey",
        },
    }


def test_times_are_kept_in_milliseconds(embedded: Service) -> None:
    embedded.post_all([permit(), linked()])
    journey = embedded.journey()
    assert embedded.request("GET", f"/v1/journeys/{journey}", headers=TRACEPARENT).status_code == 200
    with reading(embedded.context.primary) as connection:
        rows = connection.execute(select(processing_log.c.start_time, processing_log.c.end_time)).all()
    # 15 July 2022, 10:00 UTC.
    assert {tuple(row) for row in rows} == {(1_657_879_200_000, 1_657_879_200_000)}


def test_a_list_of_several_persons_writes_a_line_for_each_below_that_of_the_request(service: Service) -> None:
    others = [permit("p-2", ANOTHER_V_NUMBER), linked("l-2", ANOTHER_V_NUMBER)]
    service.post_all([permit(), linked(), *others])
    service.follow()
    listed = service.request("GET", "/v1/journeys", headers=TRACEPARENT).json()["items"]
    of_the_request, *of_persons = lines(service)
    assert of_the_request["parentSpanId"] == SPAN
    assert "dpl.core.data_subject_id" not in of_the_request["attributes"]
    assert {line["parentSpanId"] for line in of_persons} == {of_the_request["spanId"]}
    assert len({line["spanId"] for line in of_persons}) == 2
    subjects = [line["attributes"]["dpl.core.data_subject_id"] for line in of_persons]
    assert sorted(subjects) == sorted(one["journey"] for one in listed)


@pytest.mark.parametrize("url", ["/v1/journeys/{}", "/v1/journeys/{}/timeline", "/v1/journeys/{}/events"])
def test_every_read_of_one_journey_writes_a_line_each_time(embedded: Service, url: str) -> None:
    embedded.post_all([permit(), linked()])
    journey = embedded.journey()
    for _ in range(2):
        assert embedded.request("GET", url.format(journey), headers=TRACEPARENT).status_code == 200
    assert [line["attributes"]["dpl.core.data_subject_id"] for line in lines(embedded)] == [journey, journey]


def test_an_explanation_writes_a_line_for_each_person_it_names(embedded: Service) -> None:
    others = [permit("p-2", ANOTHER_V_NUMBER), linked("l-2", ANOTHER_V_NUMBER)]
    embedded.post_all([permit(), linked(), *others])
    embedded.follow()
    url = "/v1/figures/norm-phases/_explanation?column=housingOpenCount&code=NL&from=2021-01-01&to=2021-12-31"
    answer = embedded.request("GET", url, headers=TRACEPARENT)
    assert answer.status_code == 200, answer.text
    named = {one["journey"] for one in answer.json()["parts"]}
    subjects = [line["attributes"].get("dpl.core.data_subject_id") for line in lines(embedded)]
    assert len(named) == 2
    assert sorted(filter(None, subjects)) == sorted(named)


def test_a_page_of_a_thousand_journeys_is_a_thousand_lines_written_at_once(
    embedded: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"{3_000_000_000 + number}" for number in range(1_000)]
    events = [one for at, n in enumerate(numbers) for one in (permit(f"p-{at}", n), linked(f"l-{at}", n))]
    embedded.post_all(events)
    embedded.follow()
    written: list[int] = []

    def counting(connection: Connection, table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
        written.append(len(rows))
        insert_rows(connection, table, columns, rows)

    monkeypatch.setattr("projections.dialect.insert_rows", counting)
    assert len(embedded.request("GET", "/v1/journeys?limit=1000", headers=TRACEPARENT).json()["items"]) == 1_000
    assert written == [1_001, 1]
    with reading(embedded.context.primary) as connection:
        every = select(processing_log.c.data_subject).where(processing_log.c.trace_id == bytes.fromhex(TRACE))
        subjects = connection.execute(every).scalars().all()
    assert (len(subjects), len(set(subjects)), subjects.count(None)) == (1_001, 1_001, 1)


def test_a_request_without_a_trace_begins_one(embedded: Service) -> None:
    embedded.post_all([permit(), linked()])
    journey = embedded.journey()
    for _ in range(2):
        embedded.request("GET", f"/v1/journeys/{journey}")
    answer = embedded.request("GET", f"/v1/processing-log?dataSubjectId={journey}").json()["items"]
    # Looked up by V-number, and read twice.
    assert len({line["traceId"] for line in answer}) == 3
    assert [line["parentSpanId"] for line in answer] == [None] * 3


def test_what_was_refused_or_not_there_is_no_processing(embedded: Service) -> None:
    embedded.post_all([permit(), linked()])
    journey = embedded.journey()
    for url in (f"/v1/journeys/{journey}?norm=no", f"/v1/journeys/{journey[:-4]}0000"):
        assert embedded.request("GET", url, headers=TRACEPARENT).status_code in (400, 404)
    assert lines(embedded) == []


def test_the_purpose_is_that_of_who_asks_and_the_other_application_is_named(locked: Guarded) -> None:
    journey = locked.journey(**locked.of_role("coa"))
    locked.request("GET", f"/v1/journeys/{journey}", headers=locked.of_role("coa") | TRACEPARENT)
    (line,) = lines(locked, **locked.of_role("auditor"))
    assert line["attributes"]["dpl.core.processing_activity_id"] == f"{PURPOSE}/coa"
    assert line["attributes"]["dpl.core.foreign_operation.processor"] == f"urn:nld:oin:{OF_ROLE['coa']}"


def test_the_log_names_no_user(locked: Guarded) -> None:
    person = locked.of_person("coa", subject="j.jansen@coa.example", organisation=OF_ROLE["coa"])
    journey = locked.journey(**locked.of_role("coa"))
    assert locked.request("GET", f"/v1/journeys/{journey}", headers=person | TRACEPARENT).status_code == 200
    with reading(locked.context.primary) as connection:
        (actor,) = connection.execute(text("SELECT actor FROM audit_log WHERE action = 'read_journey'")).scalars()
        every = connection.execute(select(processing_log)).all()
    assert actor not in str(every) and "jansen" not in str(every)


def test_only_an_auditor_reads_the_log(locked: Guarded) -> None:
    url = f"/v1/processing-log?traceId={TRACE}"
    roles = ("public", "analyst", "coa", "ind", "municipality", "ministry", "administrator", "auditor")
    statuses = [locked.request("GET", url, headers=locked.of_role(role)).status_code for role in roles]
    assert statuses == [401, 403, 403, 403, 403, 403, 403, 200]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", [("traceId", "required")]),
        ("?from=2022-07-01T00:00:00Z", [("traceId", "required")]),
        ("?traceId=4BF9", [("traceId", "wrong-pattern")]),
        ("?dataSubjectId=2876540913", [("dataSubjectId", "not-a-journey")]),
        ("?from=2023-01-01T00:00:00Z&to=2022-07-01", [("to", "not-an-instant")]),
        (f"?traceId={TRACE}&from=2022-07-02T00:00:00Z&to=2022-07-01T00:00:00Z", [("from", "behind-to")]),
        (f"?traceId={TRACE}&to=2023-01-01T00:00:00Z", [("to", "in-the-future")]),
    ],
)
def test_a_question_without_a_trace_a_purpose_or_a_person_is_refused_with_all_faults(
    embedded: Service, query: str, faults: list[tuple[str, str]]
) -> None:
    answer = embedded.request("GET", f"/v1/processing-log{query}")
    assert answer.status_code == 400
    assert [(one["parameter"], one["code"]) for one in answer.json()["errors"]] == faults


def test_the_lines_of_a_purpose_come_in_pages_the_oldest_first_within_a_window(service: Service) -> None:
    service.post_all([permit(), linked()])
    journey = service.journey()
    for _ in range(5):
        service.clock.forward(minutes=1)
        service.request("GET", f"/v1/journeys/{journey}")
    window = "&from=2022-07-15T10:02:00Z&to=2022-07-15T10:04:00Z"
    url = f"/v1/processing-log?processingActivityId={NO_ACTIVITY}{window}&limit=2"
    first = service.request("GET", url)
    second = service.request("GET", first.links["next"]["url"])
    ended = [[line["endTime"][11:16] for line in page.json()["items"]] for page in (first, second)]
    assert ended == [["10:02", "10:03"], ["10:04"]]
    assert "next" not in second.links
