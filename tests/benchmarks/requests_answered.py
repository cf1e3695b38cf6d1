"""A history in a database, answering any request of any caller the same each time: its clock, keys and chance are set.

The clock is the history's present at first, and a second later for each request. Journey keys are drawn from a seed in
order of issue, nonces of seals are all zeros, and `random` is seeded anew before each request: so ids of requests and
spans, MACs, sealed values and the hashes over them are the same each time. That is for recordings alone: what is sealed
so is not safe.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple

import httpx

from service.evidence.signed_notes import Signer
from service.log.keys import DEVELOPMENT_KEY
from service.privacy.destruction import approve, destroy
from service.privacy.proposals import propose
from tests.api.listening import STREAM, Listener, told
from tests.api.service_under_test import Service, serving
from tests.api.tokens import SUPPLIER, Guarded, bearing, guarded, oin, signed
from tests.benchmarks.recorded_histories import History
from tests.benchmarks.recorded_service import ASKING, OPEN
from tests.posts import COA, ENSCHEDE, HENGELO, OVERIJSSEL

_ORGANISATIONS = {"enschede": ENSCHEDE, "hengelo": HENGELO, "overijssel": OVERIJSSEL}
#: Who asks besides those of `recorded_service`: a supplier, a person of a municipality, and those who are not let in.
BESIDES = (
    "intermediary",
    "person-of-enschede",
    "without-scopes",
    "no-client",
    "expired",
    "no-token",
)
CALLERS = (OPEN, *ASKING, *BESIDES)
#: V-numbers of persons of the history whose journeys are destroyed before anything is asked.
DESTROYED = ("9999300003", "9999300011")
#: The supplier posts for Enschede.
_MANDATE = f"""
[[mandate]]
holder = "{SUPPLIER}"
of = "{oin(ENSCHEDE)}"
types = ["nl.ketenspoor.home-offered.v1", "nl.ketenspoor.home-ready.v1"]
from = 2022-01-01
until = 2023-01-01
"""
#: How many events of a stream are heard; it has no end of its own.
HEARD = 3
_EVENTS = "application/x-ndjson"
_KEY_BYTES, _NONCE_BYTES = 32, 12


class Asked(NamedTuple):
    """One request; `who` is one of CALLERS."""

    method: str
    url: str
    who: str = OPEN
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    content: bytes | None = None


class Answer(NamedTuple):
    """What came back; names of headers in small letters."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes


class Answering:
    """The service in development mode and with its doors locked, both over one database."""

    def __init__(self, plain: Service, locked: Guarded) -> None:
        self._plain, self._locked = plain, locked
        self._shown = {who: _shown(locked, who) for who in CALLERS if who != OPEN}
        self._asked = 0

    def ask(self, asked: Asked) -> Answer:
        """The next request; what it put in the log is projected before the one after it."""
        self._asked += 1
        for service in (self._plain, self._locked):
            service.clock.forward(seconds=1)
        headers = {"traceparent": trace(self._asked), **self._shown.get(asked.who, {}), **asked.headers}
        service = self._plain if asked.who == OPEN else self._locked
        random.seed(self._asked)
        if asked.headers.get("Accept") == STREAM["Accept"]:
            return service.run(_heard(service, asked.url, headers))
        got = service.request(asked.method, asked.url, headers=headers, content=asked.content)
        if asked.method == "POST":
            self._plain.follow()
        return Answer(got.status_code, sorted(got.headers.multi_items()), got.content)

    @property
    def destroyed(self) -> list[str]:
        """The journeys that are."""
        return [str(self._plain.context.keys.journey(one)) for one in DESTROYED]

    @property
    def last(self) -> int:
        """The last position of the log."""
        return self._plain.position()


def trace(number: int) -> str:
    """The trace of the request of this number, from 1."""
    return f"00-{number:032x}-{number:016x}-01"


@contextmanager
def answering(url: str, history: History) -> Iterator[Answering]:
    """Record a history in a migrated, empty database by its senders' clocks, destroy some of it, and answer over it."""
    settings: dict[str, Any] = {
        # The key of development mode, so that production mode opens what was recorded there.
        "master_key": DEVELOPMENT_KEY.hex(),
        "rate": 0,
        "public_rate": 0,
        "security_contact": "mailto:security@ketenspoor.test",
    }
    with fixed_chance(), serving(url, history.now, clock="sender") as plain:
        for number, body in enumerate(history.requests(), 1):
            headers = {"Content-Type": _EVENTS, "traceparent": trace(number)}
            random.seed(number)
            answer = plain.request("POST", "/v1/events", content=body, headers=headers)
            if answer.status_code != httpx.codes.OK:
                raise RuntimeError(f"posting answers {answer.status_code}: {answer.text[:500]}")
        plain.follow()
        _destroyed(plain)
        with guarded(url, history.now, _MANDATE, **settings) as locked:
            yield Answering(plain, locked)


@contextmanager
def fixed_chance(seed: int = 1) -> Iterator[None]:
    """Draw keys of journeys from a seed, and only zeros for nonces, in this process; whatever else is drawn stays."""
    drawn, keys = os.urandom, Random(seed)

    def fixed(size: int) -> bytes:
        # Zeros, so that it does not matter which of two seals is made first.
        return bytes(size) if size == _NONCE_BYTES else keys.randbytes(size) if size == _KEY_BYTES else drawn(size)

    os.urandom = fixed
    try:
        yield
    finally:
        os.urandom = drawn


def _destroyed(plain: Service) -> None:
    """Destroy the journeys of some persons, as two people do by commands; those read clocks of their own."""
    given, now = plain.context, plain.clock()
    proposed = propose(given.engine, "first", now, [given.keys.journey(one) for one in DESTROYED], "asked for")
    approve(given.engine, "second", now, proposed.number, proposed.digest)
    signer = Signer("ketenspoor.example/log", given.keys.signing)
    destroy(given.engine, given.keys, plain.clock, signer, proposed.number)


def _shown(locked: Guarded, who: str) -> dict[str, str]:
    """The headers by which somebody is known, or is not."""
    if who in _ORGANISATIONS:
        return locked.of_organisation(oin(_ORGANISATIONS[who]))
    match who:
        case "person-of-enschede":
            return locked.of_person("municipality", organisation=oin(ENSCHEDE))
        case "without-scopes":
            return locked.of_organisation(oin(COA), "")
        case "no-client":
            return bearing(signed(locked.claims("system-of-nobody")))
        case "expired":
            now = int(locked.clock().timestamp())
            return locked.of_organisation(oin(COA), iat=now - 7_200, exp=now - 3_600)
        case "no-token":
            return bearing("no-token")
    return locked.of_role(who)


async def _heard(service: Service, url: str, headers: dict[str, str]) -> Answer:
    """The beginning of a stream: as many events as are heard, or a refusal."""
    shown = {name: value for name, value in headers.items() if name != "Accept"}
    listener = Listener(service.app, url, shown=shown)
    await listener.until(lambda it: it.ended or len(told(it.text)) >= HEARD)
    await listener.leave()
    blocks, events = listener.text.split("\n\n"), 0
    for number, block in enumerate(blocks, 1):
        events += "data:" in block
        if events == HEARD:
            blocks = [*blocks[:number], ""]
            break
    return Answer(listener.status, sorted(listener.headers.items()), "\n\n".join(blocks).encode())
