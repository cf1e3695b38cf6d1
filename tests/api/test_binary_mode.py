"""CloudEvents in binary mode: the attributes in headers, the data as the body."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select, text

from service.intake.cloudevents import ONE
from service.storage.database import reading
from service.storage.service_tables import rejections
from tests.api.service_under_test import Service
from tests.posts import COA, V_NUMBER, Event, body, but, linked


def post(service: Service, posted: Event, **more: str) -> httpx.Response:
    headers = {
        f"ce-{name}": quote(str(value), safe=":/+ ")
        for name, value in posted.items()
        if name not in ("data", "datacontenttype")
    }
    headers |= {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in more.items()}
    return service.request("POST", "/v1/events", content=body(posted["data"]), headers=headers)


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def stored(service: Service) -> int:
    with reading(service.context.engine) as connection:
        return connection.execute(text("SELECT count(*) FROM events")).scalar_one()


def test_an_event_in_binary_mode_is_the_event_in_structured_mode(service: Service) -> None:
    first = post(service, linked())
    assert first.status_code == 201
    again = service.request("POST", "/v1/events", content=body(linked()), headers={"Content-Type": ONE})
    assert (again.status_code, again.content) == (200, first.content)
    assert (first.headers["Location"], first.headers["ETag"]) == ("/v1/events/1", '"1"')


def test_attributes_are_percent_encoded(service: Service) -> None:
    posted = linked('tvs é \N{HOUSE BUILDING} "5%"')
    answer = post(service, posted)
    assert (answer.status_code, answer.json()["id"]) == (201, posted["id"])


def test_the_subject_and_extensions_are_headers_too(service: Service) -> None:
    journey = post(service, linked()).json()["journey"]
    by_id = but(linked("l-2"), subject=journey, traceparent="00-abc-01")
    del by_id["data"]["vNumber"]
    answer = post(service, by_id)
    assert (answer.status_code, answer.json()["journey"]) == (201, journey)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_the_content_type_is_that_of_the_data(service: Service, content_type: str) -> None:
    assert post(service, linked(), Content_Type=content_type).status_code == 201


@pytest.mark.parametrize("content_type", ["text/json", "application/json; charset=utf-16", "application/octet-stream"])
def test_data_in_another_form_is_not_taken(service: Service, content_type: str) -> None:
    assert post(service, linked(), Content_Type=content_type).status_code == 415


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"specversion": "0.3"}, [("/specversion", "not-one-of")]),
        ({"id": V_NUMBER}, [("/id", "personal-number")]),
        ({"source": "tvs"}, [("/source", "no-oin")]),
        ({"type": "nl.ketenspoor.gehuisvest.v1"}, [("/type", "unknown-type")]),
        ({"time": "gisteren"}, [("/time", "not-an-instant")]),
        ({"data__municipality": "GM9999"}, [("/data/municipality", "unknown-municipality")]),
        ({"data": None}, [("/data", "required")]),
        ({"data": ["x"]}, [("/data", "wrong-type")]),
    ],
)
def test_faults_are_told_as_in_structured_mode(
    service: Service, change: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    answer = post(service, but(linked(), **change))
    assert answer.status_code == 400
    assert faults(answer) == expected
    assert stored(service) == 0
    with reading(service.context.engine) as connection:
        (row,) = connection.execute(select(rejections)).all()
    kept = json.loads(service.context.keys.open_rejected(bytes(row.sealed)))
    sent = but(linked(), **change)
    assert kept["data"] == sent["data"]
    assert {name: kept[name] for name in ("id", "source", "type", "time", "specversion")} == {
        name: sent[name] for name in ("id", "source", "type", "time", "specversion")
    }


def test_missing_headers_are_missing_attributes(service: Service) -> None:
    answer = service.request(
        "POST",
        "/v1/events",
        content=body(linked()["data"]),
        headers={"Content-Type": "application/json", "ce-specversion": "1.0"},
    )
    assert answer.status_code == 400
    assert sorted(faults(answer)) == [
        ("/id", "required"),
        ("/source", "required"),
        ("/time", "required"),
        ("/type", "required"),
    ]


@pytest.mark.parametrize(
    ("sent", "code"),
    [(b"", "not-json"), (b"{", "not-json"), (b'{"a": "\xff"}', "not-utf-8"), (b"[" * 9999, "not-json")],
)
def test_a_body_that_is_no_json_is_told_as_such(service: Service, sent: bytes, code: str) -> None:
    headers = {f"ce-{name}": value for name, value in linked().items() if name not in ("data", "datacontenttype")}
    answer = service.request(
        "POST", "/v1/events", content=sent, headers={**headers, "Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert faults(answer) == [("", code)]


@pytest.mark.parametrize(
    "extra",
    [
        (b"ce-id", b"l-2"),
        (b"ce-partition", b"%ff"),
        (b"ce-partition", b"\xe9"),
    ],
)
def test_headers_that_two_readers_could_understand_differently_are_refused(
    service: Service, extra: tuple[bytes, bytes]
) -> None:
    headers = [
        (f"ce-{name}".encode(), str(value).encode())
        for name, value in linked().items()
        if name not in ("data", "datacontenttype")
    ]
    answer = service.request(
        "POST",
        "/v1/events",
        content=body(linked()["data"]),
        headers=[*headers, (b"Content-Type", b"application/json"), extra],
    )
    assert answer.status_code == 400
    assert stored(service) == 0


@pytest.mark.parametrize("name", ["data", "data_base64", "data-base64", "partition_key", ""])
def test_a_header_that_no_attribute_is_called_by_is_refused_and_never_read_as_data(service: Service, name: str) -> None:
    attributes = {f"ce-{key}": value for key, value in linked().items() if key not in ("data", "datacontenttype")}
    attributes[f"ce-{name}"] = base64.b64encode(body(linked()["data"])).decode()
    headers = {**attributes, "Content-Type": "application/json"}
    for sent in (linked(), but(linked(), data=None)):
        answer = service.request("POST", "/v1/events", content=body(sent["data"]), headers=headers)
        assert answer.status_code == 400
        assert faults(answer) == [("", "wrong-name"), *([] if sent["data"] else [("/data", "required")])]
    assert stored(service) == 0


def test_doubled_keys_in_the_data_are_refused_and_kept_as_sent(service: Service) -> None:
    headers = {f"ce-{name}": value for name, value in linked().items() if name not in ("data", "datacontenttype")}
    sent = json.dumps(linked()["data"])[:-1] + ', "municipality": "GM0164"}'
    answer = service.request(
        "POST", "/v1/events", content=sent, headers={**headers, "Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert faults(answer) == [("/data", "doubled-key")]
    with reading(service.context.engine) as connection:
        (row,) = connection.execute(select(rejections)).all()
    assert sent in service.context.keys.open_rejected(bytes(row.sealed)).decode()
    assert (row.source, row.source_id) == (COA, "l-1")


def test_too_much_data_is_too_large(service: Service) -> None:
    assert post(service, linked(household="H" * 256 * 1024)).status_code == 413


def test_json_without_ce_headers_is_no_event(service: Service) -> None:
    answer = service.request("POST", "/v1/events", content=body(linked()), headers={"Content-Type": "application/json"})
    assert answer.status_code == 415
