"""Bodies that are compressed: gzip is read wherever a body is, within the bounds of what it unpacks to."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.types import Message

from service.foundation.memory_budget import MemoryBudget, Reservation
from service.foundation.problems import Problem
from service.intake.cloudevents import BATCH, LINES, MOST_BYTES, MOST_BYTES_OF_AN_EVENT, ONE
from service.intake.content_coding import GzipDecompressor, NotGzip, gunzipped, unpacked
from service.storage.database import reading
from tests.api.service_under_test import Service
from tests.posts import V_NUMBER, body, but, lines, linked

RECONCILIATION = "/v1/reconciliations?period=2021-II"
CSV = f"vNumber,housedOn\n{V_NUMBER},2021-08-01\n".encode()
#: Every way to send a body: where to, of which kind, and one that is taken.
BODIES = [
    ("/v1/events", ONE, body(linked())),
    ("/v1/events", BATCH, body([linked(), linked("l-2")])),
    ("/v1/events", LINES, lines([linked(), linked("l-2")])),
    ("/v1/events", "application/json", body(linked()["data"])),
    ("/v1/journeys/_find", "application/json", body({"vNumber": V_NUMBER})),
    (RECONCILIATION, "text/csv", CSV),
]
everywhere = pytest.mark.parametrize(("url", "kind", "plain"), BODIES)
BINARY = {f"ce-{name}": value for name, value in linked().items() if name not in ("data", "datacontenttype")}


def post(service: Service, url: str, kind: str, sent: bytes | AsyncIterator[bytes], *codings: str) -> httpx.Response:
    binary = BINARY if (url, kind) == ("/v1/events", "application/json") else {}
    headers = [("Content-Type", kind), *binary.items(), *(("Content-Encoding", coding) for coding in codings)]
    return service.request("POST", url, content=sent, headers=headers)


def count(service: Service, table: str) -> int:
    with reading(service.context.engine) as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


@everywhere
def test_gzip_is_read_wherever_a_body_is(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    embedded.post(linked())
    embedded.follow()
    post(embedded, url, kind, plain)
    expected = post(embedded, url, kind, plain)

    assert expected.status_code == 200
    assert post(embedded, url, kind, gzip.compress(plain) + bytes(512), "gzip").content == expected.content
    for codings in (["gzip"], ["GZip"], ["x-gzip"], [" gzip\t"], ["identity, gzip"], ["identity", "gzip"]):
        answer = post(embedded, url, kind, gzip.compress(plain), *codings)
        assert (codings, answer.status_code, answer.content) == (codings, 200, expected.content)


@everywhere
def test_a_body_that_is_said_to_be_as_it_is_is_read_so(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    embedded.post(linked())
    embedded.follow()

    for coding in ("identity", "Identity", "", "identity, identity"):
        assert (coding, post(embedded, url, kind, plain, coding).status_code) == (coding, 200)


@everywhere
def test_of_another_coding_it_is_told_which_one_to_use(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    for codings in (["br"], ["deflate"], ["zstd"], ["gzip, gzip"], ["gzip", "gzip"], ["gzip, br"], ["x"]):
        answer = post(embedded, url, kind, gzip.compress(plain), *codings)
        assert (codings, answer.status_code, answer.headers["Accept-Encoding"]) == (codings, 415, "gzip")
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert (count(embedded, "events"), count(embedded, "rejections")) == (0, 0)


@pytest.mark.parametrize(("url", "kind"), [("/v1/events", "text/xml"), (RECONCILIATION, "text/xml")])
def test_what_is_refused_for_its_kind_says_nothing_of_codings(embedded: Service, url: str, kind: str) -> None:
    """RFC 9110, 12.5.3: so that a client can tell the one from the other."""
    answer = post(embedded, url, kind, gzip.compress(CSV), "gzip")

    assert answer.status_code == 415
    assert "Accept-Encoding" not in answer.headers


def turned(packed: bytes, at: int) -> bytes:
    return packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]


DAMAGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda packed: b"", "without its end"),
    (lambda packed: packed[:-1], "without its end"),
    (lambda packed: packed[:9], "without its end"),
    (lambda packed: packed[: len(packed) // 2], "without its end"),
    (lambda packed: turned(packed, -8), "is no gzip, or was damaged"),
    (lambda packed: turned(packed, len(packed) // 2), "is no gzip, or was damaged"),
    (gzip.decompress, "is no gzip, or was damaged"),
    (lambda packed: packed + b"\n", "what follows it is"),
    (lambda packed: packed + bytes(512) + b"\n\n", "what follows it is no gzip"),
    (lambda packed: bytes(512) + packed, "is no gzip, or was damaged"),
    (lambda packed: bytes(512), "is no gzip, or was damaged"),
    (lambda packed: packed + packed[:-1], "what follows it is gzip without its end"),
]


@everywhere
def test_gzip_that_is_none_or_not_whole_is_told_as_such(embedded: Service, url: str, kind: str, plain: bytes) -> None:
    for damage, said in DAMAGES:
        answer = post(embedded, url, kind, damage(gzip.compress(plain)), "gzip")
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("", "not-gzip")
        assert said in error["detail"]
        assert V_NUMBER not in answer.text


def test_lines_that_were_unpacked_before_the_damage_are_repeats_when_they_are_sent_again(embedded: Service) -> None:
    every = lines(linked(f"l-{n}", f"{2876000000 + n}") for n in range(3_000))
    assert post(embedded, "/v1/events", LINES, gzip.compress(every)[:-4], "gzip").status_code == 400
    told = post(embedded, "/v1/events", LINES, gzip.compress(every), "gzip").json()

    assert (told["recorded"] + told["repeated"], told["rejected"]) == (3_000, 0)
    assert count(embedded, "events") == 3_000


@pytest.mark.parametrize(
    ("url", "kind", "most"),
    [
        ("/v1/events", ONE, MOST_BYTES_OF_AN_EVENT),
        ("/v1/events", BATCH, MOST_BYTES),
        ("/v1/events", "application/json", MOST_BYTES_OF_AN_EVENT),
        ("/v1/journeys/_find", "application/json", 4_096),
        (RECONCILIATION, "text/csv", 8_000_000),
    ],
)
def test_the_bounds_hold_for_what_it_unpacks_to(embedded: Service, url: str, kind: str, most: int) -> None:
    read = 0

    async def bomb() -> AsyncIterator[bytes]:
        nonlocal read
        packing = zlib.compressobj(9, wbits=31)
        for _ in range(2_000):
            read += 1
            yield packing.compress(b" " * 1_000_000)

    answer = post(embedded, url, kind, bomb(), "gzip")

    assert (answer.status_code, answer.json()["title"]) == (413, "Too large")
    # No more of it than tells that it is too large.
    assert read * 1_000_000 < most + 64_000_000
    assert embedded.app.state.memory_budget.reserved == 0
    assert post(embedded, url, kind, gzip.compress(b" " * most), "gzip").status_code != 413


def test_a_line_is_as_long_as_it_unpacks_to(embedded: Service) -> None:
    large = body(but(linked("l-2"), comment="x" * 30_000_000))
    sent = gzip.compress(body(linked("l-1")) + b"\n" + large + b"\n" + body(linked("l-3")))
    told = post(embedded, "/v1/events", LINES, sent, "gzip").json()

    assert len(sent) < 100_000
    assert (told["recorded"], told["rejected"]) == (2, 1)
    assert (told["results"][0]["index"], told["results"][0]["problem"]["status"]) == (1, 413)


def test_it_takes_the_room_of_what_it_unpacks_to(embedded: Service) -> None:
    budget: MemoryBudget = embedded.app.state.memory_budget
    sent = gzip.compress(b"[" + b" " * 4_000_000 + b"]")
    with Reservation(budget) as others:
        others.reserve(budget.most - budget.most // 4 - 1_000_000)
        for url, kind in (("/v1/events", BATCH), (RECONCILIATION, "text/csv")):
            assert post(embedded, url, kind, sent, "gzip").status_code == 503
        assert post(embedded, "/v1/events", BATCH, gzip.compress(b"[]"), "gzip").status_code == 200
    assert (budget.reserved, post(embedded, "/v1/events", BATCH, sent, "gzip").status_code) == (0, 200)


def test_a_refused_event_is_kept_unpacked(embedded: Service) -> None:
    wrong = but(linked(), data__municipality="GM9999")
    assert post(embedded, "/v1/events", ONE, gzip.compress(body(wrong)), "gzip").status_code == 400
    (kept,) = embedded.told("/v1/rejections")["items"]

    assert embedded.told(f"/v1/rejections/{kept['id']}")["rejection"]["event"] == wrong


# Unpacking by itself


def messages(*chunks: bytes) -> Callable[[], Any]:
    """A body in these chunks."""
    left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    left.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return left.pop(0)

    return receive


async def whole(receive: Callable[[], Any]) -> bytes:
    found = b""
    while True:
        message = await receive()
        found += message["body"]
        if not message["more_body"]:
            return found


CUTS = st.lists(st.integers(0, 400), max_size=8).map(sorted)


@given(members=st.lists(st.binary(max_size=200), min_size=1, max_size=4), filling=st.integers(0, 300), cuts=CUTS)
def test_members_filled_up_with_nuls_or_not_are_one_body_however_they_come(
    members: list[bytes], filling: int, cuts: list[int]
) -> None:
    sent = b"".join(gzip.compress(member) + bytes(filling) for member in members)
    assert gzip.decompress(sent) == b"".join(members)
    chunks = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    assert asyncio.run(whole(gunzipped(messages(*chunks)))) == b"".join(members)
    assert b"".join(unpacked(chunks)) == b"".join(members)


@given(plain=st.binary(max_size=400), data=st.data())
def test_what_is_not_whole_is_never_taken_for_it(plain: bytes, data: st.DataObject) -> None:
    sent = gzip.compress(plain)
    cut = sent[: data.draw(st.integers(0, len(sent) - 1))]
    with pytest.raises(NotGzip):
        list(unpacked([cut]))
    with pytest.raises(Problem):
        asyncio.run(whole(gunzipped(messages(cut))))


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 262_144, 1_000_000])
@pytest.mark.parametrize("character", [b"x", bytes(range(256))])
def test_pieces_have_a_bound_and_nothing_is_left_in_between(size: int, character: bytes) -> None:
    plain = (character * size)[:size]
    pieces = list(unpacked([gzip.compress(plain)]))

    assert b"".join(pieces) == plain
    assert max(map(len, pieces), default=0) <= 65_536


def test_others_get_their_turn_while_a_body_is_unpacked() -> None:
    async def work() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        beside = asyncio.create_task(other())
        await whole(gunzipped(messages(gzip.compress(bytes(20_000_000)))))
        beside.cancel()
        return turns

    # In pieces of 64 KB there are some three hundred.
    assert asyncio.run(work()) >= 300


def test_what_unpacks_to_nothing_takes_no_turn_for_long() -> None:
    unpacking = GzipDecompressor()
    unpacking.feed(gzip.compress(b"") * 1_000)
    turns = 0
    while not unpacking.waits:
        assert unpacking.piece() == b""
        turns += 1
    unpacking.end()

    assert turns == 1_000
