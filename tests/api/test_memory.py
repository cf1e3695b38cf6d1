"""What a server holds has a bound, whatever its clients send it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from service.intake.cloudevents import BATCH, LINES, MOST_BYTES, ONE
from tests.benchmarks.memory import held, peak
from tests.processes import Served, environment, served

#: More than a server has been seen to take for this, and far less than it would without a bound.
MOST = 100_000_000
# As objects these take thirty times the memory that they do as text.
OBJECT = b'{"":0}'


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as running:
        yield running


def objects(size: int) -> bytes:
    return b"[" + b",".join([OBJECT] * ((size - 2) // (len(OBJECT) + 1))) + b"]"


def nested(size: int) -> bytes:
    event = b'{"data":%b}' % objects(250_000)
    return b"[" + b",".join([event] * (size // (len(event) + 1))) + b"]"


@pytest.mark.parametrize(
    ("form", "posted", "answers"),
    [
        (BATCH, objects(MOST_BYTES), {413, 503}),
        (BATCH, nested(MOST_BYTES), {200, 503}),
        (LINES, b"{}\n" * 40_000, {200, 503}),
    ],
)
def test_what_is_small_as_text_and_large_as_objects_is_never_all_in_memory(
    service: Served, form: str, posted: bytes, answers: set[int]
) -> None:
    before = held(service.process.pid)

    def post(_: int) -> int:
        headers = {"Content-Type": form}
        return httpx.post(f"{service.address}/v1/events", content=posted, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(4) as clients:
        found = set(clients.map(post, range(4)))
    assert found <= answers
    assert found != {503}
    assert peak(service.process.pid) - before < MOST


@pytest.mark.parametrize(("form", "answers"), [(ONE, {413}), (BATCH, {413, 503}), (LINES, {200})])
def test_what_is_small_as_it_comes_and_large_unpacked_is_never_all_in_memory(
    service: Served, form: str, answers: set[int]
) -> None:
    before = held(service.process.pid)
    sent = gzip.compress(b"x" * 150_000_000)
    assert len(sent) < 200_000

    def post(_: int) -> tuple[int, list[int]]:
        headers = {"Content-Type": form, "Content-Encoding": "gzip"}
        answer = httpx.post(f"{service.address}/v1/events", content=sent, headers=headers, timeout=60)
        return answer.status_code, [one["problem"]["status"] for one in answer.json().get("results", [])]

    with ThreadPoolExecutor(4) as clients:
        found = list(clients.map(post, range(4)))
    statuses = {status for status, _ in found}
    assert statuses <= answers
    assert statuses != {503}
    # Of lines the one that is too long is told by itself.
    assert form != LINES or found == [(200, [413])] * 4
    assert peak(service.process.pid) - before < MOST
