"""Senders that post one request after another, in every form and until each is acknowledged; and what is left of it.

What a sender notes is what it was told: the position and the instant of each acknowledged event. `examined` holds that
against the log.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Engine, select

from service.intake.cloudevents import BATCH, LINES, ONE
from service.storage.database import reading
from service.storage.service_tables import events
from tests.posts import COA, Event, body, event, lines, linked

#: How many events a request of each form brings, and how often a sender chooses it.
_FORMS = ((ONE, 1, 1, 6), (BATCH, 2, 120, 3), (LINES, 2, 400, 2), (LINES, 2_001, 2_400, 0.05))
_PERSONS = 400
#: A database that is gone is not asked a thousand times a second.
_PAUSE = 0.02


class Told(NamedTuple):
    """What a sender was told of an event: None is what the form of the answer leaves out."""

    position: int | None
    recorded_at: datetime | None


class Sender(threading.Thread):
    """One organisation's system with one connection. `address` is asked anew before each request."""

    def __init__(self, address: Callable[[], str], number: int, run: str, seed: int, pause: float) -> None:
        super().__init__(daemon=True)
        self._pause = pause
        self._address = address
        self._number, self._run = number, run
        self._random = random.Random(seed * 1_000 + number)
        self._count = 0
        self._client: httpx.Client | None = None
        self._stopped = threading.Event()
        self.sent: dict[str, Event] = {}
        self.acknowledged: dict[str, Told] = {}
        #: Answers that no sender may get: a fault of the service, or a repeat told otherwise than the first time.
        self.faults: list[str] = []
        self.statuses: Counter[int] = Counter()
        #: The longest that one request was without an answer.
        self.longest = 0.0

    def stop(self) -> None:
        """Send nothing new; what is under way is sent until it is acknowledged."""
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.wait(self._pause):
            self._send(*self._request())
        self._leave()

    def _request(self) -> tuple[str, list[Event]]:
        ((form, least, most, _),) = self._random.choices(_FORMS, [weight for *_, weight in _FORMS])
        posted = [self._next() for _ in range(self._random.randint(least, most))]
        if self.acknowledged and self._random.random() < 0.15:
            # Systems send what they had sent before: alone, or among what is new.
            again = self._random.sample(sorted(self.acknowledged), min(len(self.acknowledged), 5))
            had = [self.sent[id_] for id_ in again]
            posted = had[:1] if form == ONE else [*posted, *had]
        return form, posted

    def _next(self) -> Event:
        self._count += 1
        id_ = f"{self._run}-{self._number}-{self._count}"
        v_number = f"2876{self._number:02}{self._random.randrange(_PERSONS):04}"
        posted = linked(id_, v_number)
        if self._count % 3 == 0:
            posted = event("housed", COA, id_, vNumber=v_number, municipality="GM0153", accommodation="regular")
        self.sent[id_] = posted
        return posted

    def _send(self, form: str, posted: Sequence[Event]) -> None:
        """Until it is acknowledged, however long that takes."""
        content = {ONE: lambda: body(posted[0]), BATCH: lambda: body(posted), LINES: lambda: lines(posted)}[form]()
        while (answer := self._answer(form, content)) is None:
            time.sleep(_PAUSE)
        if answer.status_code in (200, 201):
            self._note(form, posted, answer.json())
        else:
            self.faults.append(f"{answer.status_code} {answer.text}")

    def _answer(self, form: str, content: bytes) -> httpx.Response | None:
        """The answer of the service; None when there was none, or it asked to come back."""
        address, began = self._address(), time.monotonic()
        if self._client is None or self._client.base_url != address:
            self._leave()
            self._client = httpx.Client(base_url=address, timeout=60.0)
        try:
            answer = self._client.post("/v1/events", content=content, headers={"Content-Type": form})
        except httpx.TransportError:
            self._leave()
            return None
        finally:
            self.longest = max(self.longest, time.monotonic() - began)
        self.statuses[answer.status_code] += 1
        return None if answer.status_code == 503 and "retry-after" in answer.headers else answer

    def _leave(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _note(self, form: str, posted: Sequence[Event], answer: Any) -> None:
        if form == ONE:
            self._acknowledge(answer["id"], Told(answer["position"], datetime.fromisoformat(answer["recordedAt"])))
            return
        listed = {one["id"]: one for one in answer["results"]}
        if answer["recorded"] + answer["repeated"] != len(posted):
            self.faults.append(f"of {len(posted)}: {answer}")
            return
        for one in posted:
            # Plainly recorded lines are not listed.
            self._acknowledge(one["id"], Told(listed.get(one["id"], {}).get("position"), None))

    def _acknowledge(self, id_: str, told: Told) -> None:
        before = self.acknowledged.get(id_, Told(None, None))
        for first, now in zip(before, told, strict=True):
            if first is not None and now is not None and first != now:
                self.faults.append(f"{id_} was {first}, and is told again as {now}")
        self.acknowledged[id_] = Told(before.position or told.position, before.recorded_at or told.recorded_at)


@dataclass
class Company:
    """Several senders at once; one may be gone while others go on."""

    senders: list[Sender]

    def start(self) -> None:
        for sender in self.senders:
            sender.start()

    def stop(self) -> None:
        """Wait until everything that was sent is acknowledged."""
        for sender in self.senders:
            sender.stop()
        for sender in self.senders:
            sender.join()

    def acknowledged(self) -> int:
        return sum(len(sender.acknowledged) for sender in self.senders)

    def faults(self) -> list[str]:
        return [fault for sender in self.senders for fault in sender.faults]


def company(address: Callable[[], str], run: str, seed: int, size: int = 6, pause: float = 0.0) -> Company:
    """`pause`: seconds that each sender rests between an answer and its next request."""
    return Company([Sender(address, number, run, seed, pause) for number in range(size)])


@dataclass
class Examined:
    """What is wrong with a log, by what its senders were told; empty lists when nothing is."""

    events: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    #: Found at another position or instant than was told.
    moved: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    #: Gaps in positions or versions, instants that fall, events that nobody sent.
    other: list[str] = field(default_factory=list)


def examined(engine: Engine, senders: Iterable[Sender]) -> Examined:
    """The whole log against what these senders, who are all that wrote to it, were told."""
    columns = events.c
    wanted = select(columns.position, columns.source_id, columns.recorded_at, columns.stream, columns.version)
    with reading(engine) as connection:
        rows = connection.execute(wanted.order_by(columns.position)).all()
    found = Examined(events=len(rows))
    found.doubled = [id_ for id_, count in Counter(row.source_id for row in rows).items() if count > 1]
    told = {id_: one for sender in senders for id_, one in sender.acknowledged.items()}
    sent = {id_ for sender in senders for id_ in sender.sent}
    found.acknowledged = len(told)
    there = {row.source_id: Told(row.position, row.recorded_at) for row in rows}
    found.lost = [id_ for id_ in told if id_ not in there]
    found.moved = [
        id_
        for id_, one in told.items()
        if id_ in there and any(said not in (None, is_) for said, is_ in zip(one, there[id_], strict=True))
    ]
    found.other = [f"{id_} was never sent" for id_ in there.keys() - sent]
    versions: Counter[Any] = Counter()
    before = None
    for nth, row in enumerate(rows, 1):
        versions[row.stream] += 1
        if row.position != nth or row.version != versions[row.stream]:
            found.other.append(f"position {row.position}, version {row.version} stands {nth}.")
        if before is not None and row.recorded_at < before:
            found.other.append(f"position {row.position} is recorded before the one before it")
        before = row.recorded_at
    return found
