"""Every kind of refusal: all faults at once, no value repeated, nothing recorded, and what was sent kept sealed."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from domain.identifiers import holds_personal_number
from service.intake.cloudevents import BATCH, LINES, ONE
from service.storage.database import reading
from service.storage.service_tables import rejections
from tests.api.refused_events import REFUSED, Case
from tests.api.service_under_test import Service
from tests.posts import (
    ANOTHER_V_NUMBER,
    BSN,
    IBAN,
    V_NUMBER,
    body,
    but,
    linked,
    values,
)

#: Written in explanations, so they do not tell what was sent.
_KNOWN = {"application/json", "1.0", "linked", "work", "asylum", "nl.ketenspoor."}


def count(service: Service, table: str) -> int:
    with reading(service.context.engine) as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def kept(service: Service) -> list[Any]:
    with reading(service.context.engine) as connection:
        return list(connection.execute(select(rejections).order_by(rejections.c.id)).all())


def opened(service: Service, row: Any) -> bytes:
    return service.context.keys.open_rejected(bytes(row.sealed))


def all_of(answer: httpx.Response) -> str:
    """Everything in an answer in which a value could stand."""
    return answer.text + "\n".join(f"{name}: {value}" for name, value in answer.headers.items())


def repeated(answer: httpx.Response, posted: Any) -> list[str]:
    """The posted values that stand in the answer, apart from the words that explanations use anyway."""
    told = all_of(answer)
    return [
        value
        for value in values(posted)
        if len(value) > 3 and value in told and value not in _KNOWN and not value.startswith("nl.ketenspoor.linked.v1")
    ]


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told.keys() == {"type", "title", "status", "detail", "errors"}
    assert told["status"] == answer.status_code
    assert all(error.keys() == {"pointer", "code", "detail"} and error["detail"] for error in told["errors"])
    return sorted((error["pointer"], error["code"]) for error in told["errors"])


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_lists_every_fault_repeats_no_value_and_keeps_what_was_sent(embedded: Service, case: Case) -> None:
    answer = embedded.request("POST", "/v1/events", content=body(case.posted), headers={"Content-Type": ONE})
    assert answer.status_code == case.status, answer.text
    assert faults(answer) == sorted(case.faults)
    assert repeated(answer, case.posted) == []
    assert (count(embedded, "events"), count(embedded, "journey_keys")) == (0, 0)
    (row,) = kept(embedded)
    assert json.loads(opened(embedded, row)) == case.posted
    told = {(fault["pointer"], fault["code"]) for fault in json.loads(row.faults)}
    assert told == set(case.faults)
    for plain in (row.source, row.source_id, row.topic, row.oin, row.faults):
        assert plain is None or not holds_personal_number(plain)


def test_the_whole_table_in_one_batch_is_told_event_by_event(service: Service) -> None:
    posted = [but(case.posted) for case in REFUSED.values()]
    answer = service.request("POST", "/v1/events", content=body(posted), headers={"Content-Type": BATCH})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["recorded"], told["repeated"], told["rejected"]) == (0, 0, len(posted))
    assert told["lastPosition"] is None
    for result, case in zip(told["results"], REFUSED.values(), strict=True):
        errors = result["problem"]["errors"]
        assert sorted((error["pointer"], error["code"]) for error in errors) == sorted(case.faults)
        assert (result["status"], result["problem"]["status"]) == ("rejected", case.status)
    assert (count(service, "events"), count(service, "journey_keys")) == (0, 0)
    assert [json.loads(opened(service, row)) for row in kept(service)] == posted
    for number in (V_NUMBER, ANOTHER_V_NUMBER, BSN, IBAN, "Lariks"):
        assert number not in all_of(answer)


def test_the_whole_table_in_one_atomic_batch_is_refused_with_every_fault(service: Service) -> None:
    posted = [linked("l-0"), *(case.posted for case in REFUSED.values())]
    answer = service.request("POST", "/v1/events?atomic=true", content=body(posted), headers={"Content-Type": BATCH})
    assert answer.status_code == 400
    expected = [
        (f"/{index}{pointer}", code)
        for index, case in enumerate(REFUSED.values(), start=1)
        for pointer, code in case.faults
    ]
    assert faults(answer) == sorted(expected)
    assert (count(service, "events"), count(service, "journey_keys")) == (0, 0)
    assert count(service, "rejections") == len(REFUSED)


def test_the_whole_table_as_lines_is_told_line_by_line(service: Service) -> None:
    posted = b"\n".join(body(case.posted) for case in REFUSED.values())
    answer = service.request("POST", "/v1/events", content=posted, headers={"Content-Type": LINES})
    told = answer.json()
    assert (answer.status_code, told["rejected"]) == (200, len(REFUSED))
    assert [result["problem"]["status"] for result in told["results"]] == [case.status for case in REFUSED.values()]


@pytest.mark.parametrize("name", ["an id with a V-number", "an id with a BSN", "an id with an IBAN"])
def test_an_id_that_holds_a_personal_number_is_told_as_null(embedded: Service, name: str) -> None:
    answer = embedded.request(
        "POST", "/v1/events", content=body([REFUSED[name].posted]), headers={"Content-Type": BATCH}
    )
    (result,) = answer.json()["results"]
    assert (result["index"], result["id"], result["status"]) == (0, None, "rejected")


AMBIGUOUS = {
    "a doubled key": ('"municipality": "GM0153"', '"municipality": "GM0153", "municipality": "GM0164"', "doubled-key"),
    "a doubled attribute": ('"id": "l-1"', '"id": "l-1", "id": "l-2"', "doubled-key"),
    "a NUL": ('"H-88"', '"H\\u0000Lariks"', "nul"),
    "a NUL in the id": ('"l-1"', '"l\\u0000Lariks"', "nul"),
    "a NUL in a key": ('"household"', '"h\\u0000Lariks"', "unreadable-key"),
    "half a character": ('"H-88"', '"H\\ud83dLariks"', "lone-surrogate"),
    "half a character in the source": ('systeem:plaatsing"', '\\udfe0Lariks"', "lone-surrogate"),
    "NaN": ('"H-88"', "NaN", "not-finite"),
    "infinity": ('"H-88"', "Infinity", "not-finite"),
    "minus infinity": ('"H-88"', "-Infinity", "not-finite"),
    "a number beyond all floats": ('"H-88"', "1e400", "not-finite"),
    "an integer beyond 2^53": ('"H-88"', "9007199254740993", "integer-too-large"),
    "an integer below -2^53": ('"H-88"', "-9007199254740993", "integer-too-large"),
    "an integer of five thousand digits": ('"H-88"', "7" * 5000, "integer-too-large"),
    "an extension beyond 2^53": ('"id"', '"sequence": 9007199254740993, "id"', "integer-too-large"),
}


@pytest.mark.parametrize("form", [ONE, BATCH, LINES])
@pytest.mark.parametrize(("old", "new", "code"), AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_two_readers_could_understand_differently_is_refused_and_kept_as_sent(
    embedded: Service, old: str, new: str, code: str, form: str
) -> None:
    sent = json.dumps(linked(household="H-88"))
    assert sent.count(old) == 1
    sent = sent.replace(old, new)
    answer = embedded.request(
        "POST", "/v1/events", content=f"[{sent}]" if form == BATCH else sent, headers={"Content-Type": form}
    )
    assert answer.status_code == (400 if form == ONE else 200), answer.text
    problem = answer.json() if form == ONE else answer.json()["results"][0]["problem"]
    assert code in {error["code"] for error in problem["errors"]}
    assert "Lariks" not in all_of(answer)
    assert count(embedded, "events") == 0
    (row,) = kept(embedded)
    assert opened(embedded, row).decode() == sent
    assert code in row.faults and "Lariks" not in row.faults


def test_what_is_ambiguous_is_kept_by_every_database(service: Service) -> None:
    sent = [json.dumps(linked(household="H-88")).replace(old, new) for old, new, _ in AMBIGUOUS.values()]
    answer = service.request("POST", "/v1/events", content="\n".join(sent), headers={"Content-Type": LINES})
    assert (answer.status_code, answer.json()["rejected"]) == (200, len(sent))
    assert [opened(service, row).decode() for row in kept(service)] == sent


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b'{"id": "l-1",}', "not-json"),
        (b"\xef\xbb\xbf", "not-json"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "not-json"),
        (b"{} {}", "not-json"),
        (b'{"id": "\x00"}', "not-json"),
        (b'{"id": "\xff"}', "not-utf-8"),
        ("{}".encode("utf-16"), "not-utf-8"),
        (b"[" * 50_000, "not-json"),
        (b'{"a":' * 40_000, "not-json"),
    ],
)
@pytest.mark.parametrize("form", [ONE, BATCH])
def test_a_body_that_is_no_json_is_told_as_such(embedded: Service, sent: bytes, code: str, form: str) -> None:
    answer = embedded.request("POST", "/v1/events", content=sent, headers={"Content-Type": form})
    assert answer.status_code == 400
    assert faults(answer) == [("", code)]
    assert count(embedded, "events") == 0


@pytest.mark.parametrize("sent", [b"[]", b"null", b"true", b"5", b'"Lariks"', b"[5]"])
def test_json_that_is_no_object_is_no_event(embedded: Service, sent: bytes) -> None:
    answer = embedded.request("POST", "/v1/events", content=sent, headers={"Content-Type": ONE})
    assert answer.status_code == 400
    assert faults(answer) == [("", "not-an-object")]
    (row,) = kept(embedded)
    assert json.loads(opened(embedded, row)) == json.loads(sent)


@pytest.mark.parametrize("depth", [20, 200, 900, 940, 960, 980, 990, 5_000])
@pytest.mark.parametrize("form", [ONE, BATCH, LINES])
def test_deep_nesting_is_refused_in_the_data_and_never_a_fault_of_the_service(
    embedded: Service, depth: int, form: str
) -> None:
    sent = body(linked(household="H-88")).replace(b'"H-88"', b"[" * depth + b"]" * depth)
    answer = embedded.request(
        "POST", "/v1/events", content=b"[" + sent + b"]" if form == BATCH else sent, headers={"Content-Type": form}
    )
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert answer.json()["rejected"] == 1
    assert count(embedded, "events") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/cloudevents"},
        {"Content-Type": "application/cloudevents+xml"},
        {"Content-Type": "application/cloudevents-batch+json; charset=latin-1"},
        {"Content-Type": "application/cloudevents+json; charset=utf-16"},
    ],
)
def test_another_content_type_is_told_what_to_send(embedded: Service, headers: dict[str, str]) -> None:
    answer = embedded.request("POST", "/v1/events", content=body(linked()), headers=headers)
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ONE in answer.headers["Accept-Post"]
    assert (count(embedded, "events"), count(embedded, "rejections")) == (0, 0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("atomic=1", "not-one-of"),
        ("atomic=", "not-one-of"),
        ("atomic=TRUE", "not-one-of"),
        ("Atomic=true", "unknown-parameter"),
        ("dryRun=true", "unknown-parameter"),
        (f"{V_NUMBER}={V_NUMBER}", "unknown-parameter"),
        ("atomic=true&atomic=false", "doubled"),
        ("atomic=true&atomic=true", "doubled"),
        ("atomic=false&limit=5", "unknown-parameter"),
        ("%00=%ff", "unknown-parameter"),
    ],
)
@pytest.mark.parametrize("form", [ONE, BATCH, LINES])
def test_a_parameter_that_is_unknown_or_unclear_is_refused(embedded: Service, query: str, code: str, form: str) -> None:
    answer = embedded.request("POST", f"/v1/events?{query}", content=body(linked()), headers={"Content-Type": form})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert V_NUMBER not in all_of(answer)
    assert count(embedded, "events") == 0


def test_an_event_over_256_kb_is_too_large(embedded: Service) -> None:
    sent = body(linked(household="H" * 256 * 1024))
    answer = embedded.request("POST", "/v1/events", content=sent, headers={"Content-Type": ONE})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert count(embedded, "events") == 0


@pytest.mark.parametrize("form", [ONE, BATCH])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(embedded: Service, form: str, *, declared: bool) -> None:
    taken = 0

    async def chunks() -> Any:
        nonlocal taken
        for _ in range(160):
            taken += 1
            yield b" " * 65_536

    headers = {"Content-Type": form, **({"Content-Length": str(160 * 65_536)} if declared else {})}
    answer = embedded.request("POST", "/v1/events", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert taken == 0 if declared else taken < 160
    assert count(embedded, "events") == 0
