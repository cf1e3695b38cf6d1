"""What the processes log: JSON, one line an event, traceable, and nothing of anybody."""

from __future__ import annotations

import json
import os
import pty
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.foundation import tracing
from service.foundation.errors import describe_error
from service.intake.cloudevents import BATCH, LINES, ONE
from tests.posts import ANOTHER_V_NUMBER, BSN, IBAN, V_NUMBER, body, but, linked
from tests.processes import COMMAND, Served, environment, free_port, served, until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
TRANSACTION = "01914f3e-2c3f-7b0a-9f3c-6f1e6f0d9a11"
HOUSEHOLD, FREE_TEXT = "H-geheim-77", "mevrouw geheim"


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def requests_in(log: Path) -> list[dict[str, Any]]:
    return [line for line in lines_of(log) if line["event"] == "request"]


def raw(service: Served, content: bytes) -> bytes:
    """What is answered to bytes that no client would send."""
    url = httpx.URL(service.address)
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65_536)


@pytest.mark.timeout(120)
def test_whatever_is_posted_and_asked_nothing_of_anybody_is_logged(database_url: str, tmp_path: Path) -> None:
    personal = [V_NUMBER, ANOTHER_V_NUMBER, BSN, IBAN, HOUSEHOLD, FREE_TEXT]
    bad = [
        but(linked(BSN), data__municipality=IBAN),
        but(linked("l-9", ANOTHER_V_NUMBER), type=V_NUMBER),
        but(linked("l-9"), time=f"{FREE_TEXT}"),
        {V_NUMBER: {BSN: [IBAN]}},
        but(linked(f"x {V_NUMBER}"), source=f"urn:{BSN}"),
    ]
    env = environment(database_url, log_level="debug")
    with served(env, tmp_path / "service.log") as service:
        with httpx.Client(base_url=service.address, timeout=30.0) as client:
            for form, content in [
                (ONE, body(linked(household=HOUSEHOLD))),
                *((ONE, body(one)) for one in bad),
                (BATCH, json.dumps([linked("l-2"), *bad]).encode()),
                (LINES, b"\n".join(map(body, [linked("l-3"), *bad]))),
                (ONE, f'{{"data": "{V_NUMBER}", {FREE_TEXT}'.encode()),
                (BATCH, f'"{IBAN}"'.encode()),
                (f"text/{FREE_TEXT}", b"x"),
            ]:
                assert client.post("/v1/events", content=content, headers={"Content-Type": form}).status_code < 500
            for address in (
                f"/v1/journeys/{V_NUMBER}",
                f"/{BSN}",
                f"/v1/events?source={IBAN}",
                f"/v1/realisation?period={V_NUMBER}",
                f"/v1/events/{V_NUMBER}",
                f"/v1/{V_NUMBER}?{BSN}={IBAN}#{FREE_TEXT}",
                f"/readyz?exclude={BSN}",
            ):
                headers = {"traceparent": f"00-{V_NUMBER}-{BSN}-01", "User-Agent": FREE_TEXT, "Referer": IBAN}
                assert client.get(address, headers=headers).status_code < 500
            client.post("/v1/journeys/_find", json={"vNumber": V_NUMBER})
            client.request("FOO", f"/{V_NUMBER}")
        assert raw(service, f"{V_NUMBER} /{BSN}\r\n{IBAN}\r\n\r\n".encode()).startswith(b"HTTP/1.1 400 ")
        raw(service, f"GET /{V_NUMBER}".encode())
        assert service.stop() == 0

    logged = (tmp_path / "service.log").read_text()
    assert [value for value in personal if value.lower() in logged.lower()] == []
    every = lines_of(tmp_path / "service.log")
    assert {"timestamp", "level", "event", "logger"} <= set.intersection(*(set(line) for line in every))
    assert not [line for line in every if "\n" in line["event"]]
    assert {"/v1/events", "/v1/journeys/_find", "unmatched"} <= {line["route"] for line in requests_in(service.log)}


@pytest.mark.timeout(60)
def test_a_request_is_one_line_with_its_ids(sqlite_url: str, tmp_path: Path) -> None:
    with served(environment(sqlite_url, follower="none"), tmp_path / "service.log") as service:
        given = {"traceparent": PARENT, "Fsc-Transaction-Id": TRANSACTION}
        answer = httpx.get(f"{service.address}/v1/events/7?minPosition=0", headers=given)
        httpx.get(f"{service.address}/v1/periods")
        for quiet in ("/livez", "/readyz", "/metrics"):
            httpx.get(f"{service.address}{quiet}")
        assert service.stop() == 0

    requests = [line for line in requests_in(service.log) if line["route"] != "/v1/openapi.json"]
    first, second = requests
    assert answer.status_code == 404
    assert first.pop("milliseconds") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", first.pop("timestamp"))
    assert re.fullmatch("[0-9a-f]{16}", first.pop("requestId"))
    assert first == {
        "level": "info",
        "event": "request",
        "logger": "ketenspoor.access",
        "traceId": TRACE,
        "transactionId": TRANSACTION,
        "method": "GET",
        "route": "/v1/events/{position}",
        "status": 404,
    }
    assert re.fullmatch("[0-9a-f]{32}", second["traceId"]) and second["traceId"] != TRACE
    assert "transactionId" not in second
    # Whose ids they are is for the log: the sender knows its own.
    assert not [name for name in answer.headers if "trace" in name or "request-id" in name]


def test_a_level_above_info_leaves_requests_out(sqlite_url: str, tmp_path: Path) -> None:
    with served(environment(sqlite_url, follower="none", log_level="warning"), tmp_path / "service.log") as service:
        httpx.get(f"{service.address}/v1/periods")
        assert service.stop() == 0

    assert {line["level"] for line in lines_of(service.log)} == {"warning"}


def test_the_follower_logs_in_the_same_way(sqlite_url: str, tmp_path: Path) -> None:
    with served(environment(sqlite_url, checkpoint_dir=str(tmp_path / "none")), tmp_path / "service.log") as service:
        httpx.post(f"{service.address}/v1/events", content=body(linked()), headers={"Content-Type": ONE})
        until(lambda: "nothing is signed" in service.log.read_text(), "something is said of it")
        assert service.stop() == 0

    assert lines_of(service.log)


def test_on_a_terminal_lines_are_for_reading(sqlite_url: str) -> None:
    ours, theirs = pty.openpty()
    env = environment(sqlite_url, follower="none", port=str(free_port()))
    process = subprocess.Popen([COMMAND, "serve"], env=env, stdin=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    said = b""
    try:
        while b"startup complete" not in said:
            said += os.read(ours, 4096)
    finally:
        process.terminate()
        process.wait(30)
        os.close(ours)

    assert b"development mode" in said
    assert b'"event"' not in said


# --- the ids of a request


@pytest.mark.parametrize(
    "given",
    [
        PARENT,
        f"00-{TRACE}-00f067aa0ba902b7-00",
        f"cc-{TRACE}-00f067aa0ba902b7-01-what-the-future-will-be",
        f"01-{TRACE}-00f067aa0ba902b7-01",
    ],
)
def test_a_valid_traceparent_is_taken_over(given: str) -> None:
    assert tracing.begun([(b"traceparent", given.encode())]).trace == TRACE


@pytest.mark.parametrize(
    "given",
    [
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01-more",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-00f067aa0ba902b7",
        f" {PARENT}",
        f"{PARENT}\n",
        f"01-{TRACE}-00f067aa0ba902b7-01more",
        V_NUMBER,
        "",
    ],
)
def test_another_one_begins_a_trace(given: str) -> None:
    begun = tracing.begun([(b"traceparent", given.encode())])
    assert re.fullmatch("[0-9a-f]{32}", begun.trace)
    assert begun.trace not in (TRACE, "0" * 32)


def test_two_of_them_are_as_good_as_none() -> None:
    assert tracing.begun([(b"traceparent", PARENT.encode())] * 2).trace != TRACE


@pytest.mark.parametrize("given", [f"{TRANSACTION} ", V_NUMBER, TRANSACTION.replace("-", ""), "é" * 36])
def test_a_transaction_id_that_is_none_is_left_out(given: str) -> None:
    assert tracing.begun([(b"fsc-transaction-id", given.encode("latin-1"))]).transaction is None


def test_no_two_requests_share_an_id() -> None:
    begun = [tracing.begun([]) for _ in range(1_000)]
    assert len({each.request for each in begun}) == len({each.trace for each in begun}) == 1_000


# --- faults


def test_a_fault_is_told_by_kind_and_place_without_its_message() -> None:
    def deep(depth: int) -> None:
        if depth:
            deep(depth - 1)
        raise KeyError(V_NUMBER)

    try:
        try:
            deep(40)
        except KeyError as fault:
            raise RuntimeError(BSN) from fault
    except RuntimeError as fault:
        chain = describe_error(fault)

    assert [one["kind"] for one in chain] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert all(re.fullmatch(r"tests/api/test_log_lines\.py:\d+ in \w+", place) for one in chain for place in one["at"])
    assert len(chain[1]["at"]) < 20
    assert V_NUMBER not in repr(chain) and BSN not in repr(chain)


SCRIPT = """
import asyncio, logging, threading, warnings
from service.foundation import log_lines
log_lines.configure("info")
log = logging.getLogger("of a library")
try:
    raise ValueError("{value}")
except ValueError:
    log.exception("it failed\\nwith {value}")
log.warning("two\\nlines {value}", stack_info=True)
warnings.warn("{value}")
thread = threading.Thread(target=lambda: int("{value}x"))
thread.start()
thread.join()
async def forgotten():
    asyncio.get_running_loop().create_task(asyncio.sleep(0)).add_done_callback(lambda _: int("{value}x"))
    await asyncio.sleep(0.01)
asyncio.run(forgotten())
class Ends:
    def __del__(self):
        raise ValueError("{value}")
Ends()
raise ValueError("{value}")
"""


def test_what_libraries_and_nobody_log_is_one_line_without_messages_of_exceptions() -> None:
    script = SCRIPT.format(value=V_NUMBER)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == 1
    assert V_NUMBER not in ended.stderr
    assert [line["event"] for line in lines] == [
        "it failed",
        "two",
        "a library warns",
        "nobody caught a fault",
        "Exception in callback forgotten.",
        "nobody caught a fault",
        "nobody caught a fault",
    ]
    assert [line["fault"][0]["kind"] for line in lines if "fault" in line] == ["builtins.ValueError"] * 5
    assert lines[2]["kind"] == "UserWarning"
