"""Headers say what stands in them, without the white space, quotes and escapes that they came in."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from service.foundation.headers import decode_value
from service.intake.cloudevents import ONE
from service.storage.database import reading
from service.storage.service_tables import events
from tests.api.listening import Listener, told
from tests.api.reports import worked_case
from tests.api.service_under_test import Service
from tests.api.test_fsc import TRANSACTION, behind_an_inway, token
from tests.api.tokens import Guarded, oin
from tests.posts import COA, V_NUMBER, Event, body, linked
from tests.processes import environment, served

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
#: Where bodies are posted, of which kind, and one that is taken.
BODIES = [
    ("/v1/events", ONE, body(linked())),
    ("/v1/journeys/_find", "application/json", body({"vNumber": V_NUMBER})),
    ("/v1/reconciliations?period=2021-II", "text/csv", f"vNumber,housedOn\n{V_NUMBER},2021-08-01\n".encode()),
]
#: What a value may be wrapped in, and be the same value.
WRAPPED = ["{}", " {}", "{} ", "\t {} \t", '"{}"', ' "{}" ']


def binary(service: Service, posted: Event, *more: tuple[bytes, bytes], **changed: str) -> httpx.Response:
    attributes = {name: quote(str(value)) for name, value in posted.items() if name not in ("data", "datacontenttype")}
    headers = [(f"ce-{name}".encode(), value.encode()) for name, value in (attributes | changed).items()]
    headers += [(b"content-type", b"application/json"), *more]
    return service.request("POST", "/v1/events", content=body(posted["data"]), headers=headers)


def recorded(service: Service, column: str) -> list[Any]:
    with reading(service.context.engine) as connection:
        return list(connection.execute(select(events.c[column]).order_by(events.c.position)).scalars())


# What a value says


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"t-3", "t-3"),
        (b'"t-3"', "t-3"),
        (b'"a \\"b\\" \\\\ c"', 'a "b" \\ c'),
        (b'"a%20b"', "a b"),
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \N{EURO SIGN} \N{GRINNING FACE}"),
        # Only what stands between quotes as a whole is quoted, and what was encoded is not decoded twice.
        (b"%22t-3%22", '"t-3"'),
        (b"%2522", "%22"),
        (b'"%5C%22"', '\\"'),
        (b'a"b"', 'a"b"'),
        (b'"a"b"', '"a"b"'),
        (b'"a\\"', '"a\\"'),
        (b'"', '"'),
        (b'""', ""),
        (b"5%", "5%"),
        (b"%C0%A0", None),
        (b'"caf%E9"', None),
        (b"caf\xe9", None),
    ],
)
def test_a_value_is_unquoted_unescaped_and_decoded_once(value: bytes, said: str | None) -> None:
    assert decode_value(value) == said


# What a body is


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", ';charset="UTF-8"', "; charset=utf8", "; x=y; Charset = utf-8"]
)
@pytest.mark.parametrize(("url", "kind", "sent"), BODIES, ids=["events", "find", "reconciliations"])
def test_a_body_is_of_its_kind_however_that_is_written(
    embedded: Service, url: str, kind: str, sent: bytes, charset: str
) -> None:
    embedded.post(linked())
    embedded.follow()
    for form in (*WRAPPED[:4], *(() if '"' in charset else WRAPPED[4:])):
        headers = {"Content-Type": form.format(kind.upper() + charset)}
        assert (form, embedded.request("POST", url, content=sent, headers=headers).status_code) == (form, 200)


@pytest.mark.parametrize(
    "written",
    [
        "{}; charset=utf-16",
        '{}; charset="latin1"',
        '"{}; charset=cp1252"',
        "{}; Charset = utf-7",
        "x{}",
        "{}, {}",
        "caf\xe9",
    ],
)
@pytest.mark.parametrize(("url", "kind", "sent"), BODIES, ids=["events", "find", "reconciliations"])
def test_a_body_of_another_kind_or_charset_is_refused_wherever_it_is_posted(
    refusing: Service, url: str, kind: str, sent: bytes, written: str
) -> None:
    headers = [(b"content-type", written.format(kind, kind).encode("latin-1"))]
    answer = refusing.request("POST", url, content=sent, headers=headers)
    assert (answer.status_code, kind in answer.headers["Accept-Post"]) == (415, True)


# Binary mode


@pytest.mark.parametrize("form", WRAPPED)
def test_an_attribute_is_the_same_however_its_header_is_written(embedded: Service, form: str) -> None:
    posted = linked("t-3")
    first = embedded.post(posted)
    wrapped = {name: form.format(value) for name, value in posted.items() if name not in ("data", "datacontenttype")}
    again = binary(embedded, posted, **wrapped)

    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)


def test_an_escaped_id_is_recorded_without_its_escapes(embedded: Service) -> None:
    answer = binary(embedded, linked(), id='"a \\"b\\" %E2%82%AC"')
    assert (answer.status_code, answer.json()["id"]) == (201, 'a "b" \N{EURO SIGN}')


def test_a_personal_number_is_not_hidden_by_an_escape(embedded: Service) -> None:
    answer = binary(embedded, linked(), id='"2876\\540913"')
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "personal-number")


# The other headers that are read


@pytest.mark.parametrize("form", WRAPPED)
def test_a_trace_is_taken_over_however_it_is_written(embedded: Service, form: str) -> None:
    headers = {
        "Content-Type": form.format(ONE),
        "traceparent": form.format(PARENT),
        "Content-Encoding": form.format("Identity"),
    }
    assert embedded.request("POST", "/v1/events", content=body(linked()), headers=headers).status_code == 201
    assert [trace.hex() for trace in recorded(embedded, "trace_id")] == [TRACE]


@pytest.mark.parametrize("form", WRAPPED)
def test_a_stream_goes_on_behind_what_it_told_however_that_is_written(embedded: Service, form: str) -> None:
    embedded.post_all(worked_case("9999000001"))

    async def listen() -> str:
        listener = Listener(embedded.app, "/v1/events", last_event_id=form.format(3))
        await listener.until(lambda it: told(it.text) or it.ended)
        await listener.leave()
        return listener.text

    assert [block.id for block in told(embedded.run(listen()))] == ["4"]


@pytest.mark.parametrize("form", WRAPPED)
def test_what_an_inway_hands_on_is_the_same_however_it_is_written(sqlite_url: str, form: str) -> None:
    with behind_an_inway(sqlite_url) as inway:
        shown = f" Bearer {token()} ".encode()
        headers = [
            (b"content-type", ONE.encode()),
            (b"fsc-authorization", shown),
            (b"fsc-transaction-id", form.format(TRANSACTION).encode()),
        ]
        answer = inway.service.request("POST", "/v1/events", content=body(linked()), headers=headers)

        assert answer.status_code == 201, answer.text
        assert [trace.hex() for trace in recorded(inway.service, "trace_id")] == [TRANSACTION.replace("-", "")]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Accept", " {}\t"),
        ("Content-Type", "\t{} ; charset=utf-8 "),
        ("Authorization", "  {} "),
    ],
)
def test_white_space_around_what_is_read_elsewhere_plays_no_part(locked: Guarded, name: str, form: str) -> None:
    headers = {"Accept": "application/json", "Content-Type": "application/json", **locked.of_organisation(oin(COA))}
    headers[name] = form.format(headers[name])
    found = locked.request("POST", "/v1/journeys/_find", content=body({"vNumber": V_NUMBER}), headers=headers)

    assert found.status_code == 200, found.text


def test_a_server_reads_what_comes_on_the_wire_so(sqlite_url: str, tmp_path: Path) -> None:
    data = body(linked()["data"])
    attributes = {name: value for name, value in linked().items() if name not in ("data", "datacontenttype", "id")}
    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as service:
        url = httpx.URL(service.address)
        statuses = []
        for id_ in ("X", "X \t", '"X" ', "%58"):
            lines = [f"ce-{name}: {value}" for name, value in attributes.items()]
            head = [
                "POST /v1/events HTTP/1.1",
                "host: x",
                "connection: close",
                "content-type: application/json ",
                *lines,
            ]
            sent = "\r\n".join([*head, f"ce-id: {id_}", f"content-length: {len(data)} ", "", ""]).encode() + data
            with socket.create_connection((url.host, url.port), timeout=30) as connection:
                connection.sendall(sent)
                statuses.append(connection.makefile("rb").readline().split()[1])
    assert statuses == [b"201", b"200", b"200", b"200"]
