"""A file's worth of events as lines: read to the end, committed in portions, and told what was not plainly recorded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from starlette.types import Message

from service.intake.cloudevents import LINES
from service.storage.database import reading
from service.storage.service_tables import events, rejections
from tests.api.service_under_test import Service
from tests.posts import V_NUMBER, body, but, lines, linked

MARK = b"\xef\xbb\xbf"
WRONG = but(linked("l-9"), time="gisteren")


def told(service: Service, sent: bytes | AsyncIterator[bytes], query: str = "") -> dict[str, Any]:
    answer = service.request("POST", f"/v1/events{query}", content=sent, headers={"Content-Type": LINES})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    assert found.keys() == {"recorded", "repeated", "rejected", "lastPosition", "results"}
    return found


def counted(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["recorded"], found["repeated"], found["rejected"]


async def in_chunks(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def ids(service: Service) -> list[str]:
    with reading(service.context.engine) as connection:
        return list(connection.execute(select(events.c.source_id).order_by(events.c.position)).scalars())


def test_twenty_five_thousand_lines_are_recorded_and_sending_them_again_costs_nothing(service: Service) -> None:
    sent = lines(linked(f"l-{n}", f"{2876000000 + n % 5_000}") for n in range(25_000))
    found = told(service, sent)
    assert counted(found) == (25_000, 0, 0)
    assert (found["lastPosition"], found["results"]) == (25_000, [])
    again = told(service, sent)
    assert counted(again) == (0, 25_000, 0)
    assert again["lastPosition"] == 25_000
    # At most 10,000 of the lines that were not plainly recorded are listed.
    assert [one["index"] for one in again["results"]] == list(range(10_000))
    assert {one["status"] for one in again["results"]} == {"repeated"}
    with reading(service.context.engine) as connection:
        assert connection.execute(text("SELECT count(*), max(position) FROM events")).one() == (25_000, 25_000)


def test_lines_that_were_not_plainly_recorded_are_told_with_their_index(service: Service) -> None:
    sent = b"\n".join(
        [
            body(linked("l-1")),
            b'{"id": "half',
            body(WRONG),
            b"",
            body(linked("l-1")),
            body(but(linked("l-1"), data__household="H-1")),
            b"[]",
            body(linked("l-2")),
        ]
    )
    found = told(service, sent)
    assert counted(found) == (2, 1, 4)
    assert found["lastPosition"] == 2
    told_of = [(one["index"], one["id"], one["status"]) for one in found["results"]]
    assert told_of == [
        (1, None, "rejected"),
        (2, "l-9", "rejected"),
        (4, "l-1", "repeated"),
        (5, "l-1", "rejected"),
        (6, None, "rejected"),
    ]
    problems = [one["problem"] for one in found["results"] if one["status"] == "rejected"]
    assert [(problem["status"], problem["errors"][0]["code"]) for problem in problems] == [
        (400, "not-json"),
        (400, "not-an-instant"),
        (409, "conflict"),
        (400, "not-an-object"),
    ]


def test_a_malformed_line_is_kept_as_it_was_sent(service: Service) -> None:
    malformed = b'{"vNumber": "' + V_NUMBER.encode() + b'", \xff'
    told(service, lines([linked("l-1")]) + malformed + b"\n" + lines([linked("l-2")]))
    with reading(service.context.engine) as connection:
        (row,) = connection.execute(select(rejections)).all()
    assert service.context.keys.open_rejected(bytes(row.sealed)) == malformed
    assert V_NUMBER not in row.faults


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", (0, 0, 0)),
        (b"\n", (0, 0, 0)),
        (b"\r\n \t\r\n\n", (0, 0, 0)),
        (lines([linked("l-1"), linked("l-2")]), (2, 0, 0)),
        (lines([linked("l-1"), linked("l-2")]).rstrip(b"\n"), (2, 0, 0)),
        (lines([linked("l-1"), linked("l-2")]).replace(b"\n", b"\r\n"), (2, 0, 0)),
        (lines([linked("l-1"), linked("l-2")]).replace(b"\n", b"\n\n\r\n"), (2, 0, 0)),
        (b"  " + lines([linked("l-1")]), (1, 0, 0)),
        (lines([linked("l-1")]).replace(b"\n", b"\r") + body(linked("l-2")), (0, 0, 1)),
        (body(linked("l-1")) + body(linked("l-2")), (0, 0, 1)),
        (b"[" + body(linked("l-1")) + b"]", (0, 0, 1)),
        (MARK + lines([linked("l-1"), linked("l-2")]), (2, 0, 0)),
        (MARK + lines([linked("l-1")]) + MARK + lines([linked("l-2")]), (2, 0, 0)),
        (MARK + b"\r\n" + lines([linked("l-1")]) + MARK + b" \n" + MARK, (1, 0, 0)),
        (MARK, (0, 0, 0)),
        (MARK + MARK + body(linked("l-1")), (0, 0, 1)),
        (lines([linked("l-1", household="H\u2028\u0085\x0c")]), (1, 0, 0)),
        (body(linked("l-1", household="H\u2028\u0085")).decode("unicode-escape").encode(), (1, 0, 0)),
    ],
)
def test_lines_end_with_a_line_feed_and_blank_ones_are_passed_over(
    embedded: Service, sent: bytes, expected: tuple[int, int, int]
) -> None:
    assert counted(told(embedded, sent)) == expected


@pytest.mark.parametrize("blank", [b"\n", b" \t\r\n", b"\n" + MARK + b"\r\n", b"\n" * 70_000 + b" \n" * 70_000])
def test_blank_lines_count_for_the_index_of_those_behind_them(embedded: Service, blank: bytes) -> None:
    (result,) = told(embedded, blank + b"{\n")["results"]
    assert result["index"] == blank.count(b"\n")


def test_a_line_over_256_kb_is_refused_alone_however_it_arrives(embedded: Service) -> None:
    large = body(but(linked("l-2"), comment="x" * 300_000))
    sent = lines([linked("l-1")]) + large + b"\n" + lines([linked("l-3")])
    for size in (len(sent), 65_536, 1_000, 262_145):
        found = told(embedded, in_chunks([sent[start : start + size] for start in range(0, len(sent), size)]))
        (result,) = [one for one in found["results"] if one["status"] == "rejected"]
        assert result["index"] == 1
        assert (result["problem"]["status"], result["problem"]["errors"][0]["code"]) == (413, "too-large")
    assert ids(embedded) == ["l-1", "l-3"]


def test_a_line_of_many_megabytes_is_refused_alone(embedded: Service) -> None:
    sent = [*lines([linked("l-1")]).splitlines(keepends=True), b'{"id": "', *[b"x" * 1_000_000] * 12, b'"}\n']
    found = told(embedded, in_chunks([*sent, body(linked("l-2"))]))
    assert counted(found) == (2, 0, 1)
    assert found["results"][0]["problem"]["status"] == 413


def test_a_line_of_exactly_256_kb_is_taken(embedded: Service) -> None:
    bare = body(but(linked("l-1"), comment=""))
    fits = body(but(linked("l-1"), comment="x" * (256 * 1024 - len(bare))))
    assert len(fits) == 256 * 1024
    assert counted(told(embedded, fits + b"\n")) == (1, 0, 0)
    assert counted(told(embedded, fits.replace(b"l-1", b"l-2") + b"\r\n")) == (1, 0, 0)


FIVE_LINES = "\n".join(
    [
        "\ufeff" + json.dumps(linked("l-1", household="H-\N{HOUSE BUILDING}-1"), ensure_ascii=False),
        "{",
        json.dumps(linked("l-2", household="H-\u00e9"), ensure_ascii=False),
        "",
        json.dumps(linked("l-3")),
    ]
).encode()


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(FIVE_LINES)), max_size=12).map(sorted))
def test_chunks_may_end_anywhere_in_a_line(embedded: Service, cuts: list[int]) -> None:
    ends = [*cuts, len(FIVE_LINES)]
    found = told(embedded, in_chunks([FIVE_LINES[start:end] for start, end in zip([0, *cuts], ends, strict=True)]))
    assert (found["recorded"] + found["repeated"], found["rejected"]) == (3, 1)
    assert [one["index"] for one in found["results"] if one["status"] == "rejected"] == [1]


def test_every_byte_may_be_a_chunk_of_its_own(embedded: Service) -> None:
    found = told(embedded, in_chunks([bytes([byte]) for byte in FIVE_LINES]))
    assert counted(found) == (3, 0, 1)
    assert ids(embedded) == ["l-1", "l-2", "l-3"]


def test_atomic_is_not_for_lines(service: Service) -> None:
    sent = lines([linked("l-1")])
    answer = service.request("POST", "/v1/events?atomic=true", content=sent, headers={"Content-Type": LINES})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert ids(service) == []
    assert counted(told(service, sent, "?atomic=false")) == (1, 0, 0)


def test_portions_are_commits_of_their_own_in_order(embedded: Service) -> None:
    told(embedded, lines(linked(f"l-{n}") for n in range(5_000)))
    with reading(embedded.context.engine) as connection:
        instants = list(connection.execute(select(events.c.recorded_at).order_by(events.c.position)).scalars())
    assert instants == sorted(instants)
    assert 1 < len(set(instants)) < 10
    assert ids(embedded) == [f"l-{n}" for n in range(5_000)]


def test_what_a_broken_connection_left_is_made_whole_by_sending_again(service: Service) -> None:
    sent = lines(linked(f"l-{n}") for n in range(5_000))
    half = len(sent) // 2
    chunks = [sent[start : start + 10_000] for start in range(0, half, 10_000)]
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.disconnect"})
    answered: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/events",
        "raw_path": b"/v1/events",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", LINES.encode())],
    }

    async def break_off() -> None:
        await service.app(scope, receive, send)

    service.run(break_off())
    assert answered == []
    found = told(service, sent)
    assert found["recorded"] + found["repeated"] == 5_000
    assert found["repeated"] >= 2_000
    assert ids(service) == [f"l-{n}" for n in range(5_000)]
