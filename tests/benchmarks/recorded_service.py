"""A history in a database, as whoever has a right to ask may ask it over HTTP: open, and with its doors locked."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from service.log.keys import DEVELOPMENT_KEY
from tests.api.service_under_test import Service, serving
from tests.api.tokens import Guarded, guarded, oin
from tests.posts import ENSCHEDE, HENGELO, OVERIJSSEL
from tests.processes import environment

#: Who asks in development mode, where no token is needed and every figure is exact.
OPEN = "development"
_ORGANISATIONS = {"enschede": ENSCHEDE, "hengelo": HENGELO, "overijssel": OVERIJSSEL}
#: Who else: roles, by a token of an organisation's system or of a person, and organisations of that name.
ASKING = ("public", "ministry", "coa", "ind", "cbs", "duo", "auditor", "analyst", "administrator", *_ORGANISATIONS)
_LINES = "application/x-ndjson"
_CATCHES_UP_WITHIN = 1_800.0
_READS = (
    "realisation?period=2021-I",
    "backlog?from=2021-01-01&to=2021-01-31",
    "norm-phases?from=2021-01-01&to=2021-01-31",
)
#: One trace for all: it is recorded with the events, and each request would get its own.
_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Answering:
    """The service over one recorded history: in development mode, and in production mode with tokens."""

    def __init__(self, plain: Service, locked: Guarded) -> None:
        self._plain, self._locked = plain, locked
        for service in (plain, locked):
            service.client.headers["traceparent"] = _TRACE
        self._headers = {
            who: locked.of_organisation(oin(_ORGANISATIONS[who])) if who in _ORGANISATIONS else locked.of_role(who)
            for who in ASKING
        }

    def ask(self, url: str, who: str = OPEN) -> httpx.Response:
        """One question, as it comes."""
        if who == OPEN:
            return self._plain.request("GET", url)
        return self._locked.request("GET", url, headers=self._headers[who])

    def told(self, url: str) -> Any:
        """The body of an answer in development mode, which must be one."""
        answer = self.ask(url)
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{url} answers {answer.status_code}: {answer.text}")
        return answer.json()

    @property
    def last(self) -> int:
        """The last position of the log."""
        return int(self.told("/v1/events?limit=1")["position"])


@contextmanager
def answering(url: str, requests: Iterable[bytes], now: datetime) -> Iterator[Answering]:
    """Record a history in a migrated, empty database by the senders' clocks, and answer once all of it is projected.

    `requests` are bodies of NDJSON, each posted once the one before is answered: so the instants of recording are the
    same each time. `now` is the present of all questions, and no event is of a later one.
    """
    # The key of development mode, so that production mode opens what was recorded there.
    locked: dict[str, Any] = {"master_key": DEVELOPMENT_KEY.hex(), "rate": 0, "public_rate": 0}
    with _following(url), serving(url, now, clock="sender") as plain:
        plain.client.headers["traceparent"] = _TRACE
        for body in requests:
            answer = plain.request("POST", "/v1/events", content=body, headers={"Content-Type": _LINES})
            if answer.status_code != httpx.codes.OK:
                raise RuntimeError(f"posting answers {answer.status_code}: {answer.text[:500]}")
        with guarded(url, now, **locked) as guard:
            service = Answering(plain, guard)
            _catch_up(service)
            yield service


def ndjson(events: Iterable[dict[str, Any]]) -> bytes:
    """Events as a body, one a line."""
    return b"".join(json.dumps(event, separators=(",", ":")).encode() + b"\n" for event in events)


@contextmanager
def _following(url: str) -> Iterator[None]:
    """The real follower, in a process of its own."""
    # Quiet at its end: it is stopped by a signal in the middle of waiting for more.
    command = [sys.executable, "-m", "service", "project"]
    with subprocess.Popen(command, env=environment(url, clock="sender", log_level="error")) as follower:
        try:
            yield
            if follower.poll() is not None:
                raise RuntimeError(f"the follower ended by itself, with {follower.returncode}")
        finally:
            follower.terminate()


def _catch_up(service: Answering) -> None:
    deadline, last = time.monotonic() + _CATCHES_UP_WITHIN, service.last
    while any(service.told(f"/v1/{read}")["position"] < last for read in _READS):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the projections have not come to position {last}")
        time.sleep(0.2)
