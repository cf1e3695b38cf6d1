"""The real application on a database of the test's own, asked in process; the follower is stepped, never waited for.

`serving(url)` gives a `Service`: its writer runs as in production, its clock stands still until a test moves it, and
every read first brings the projections to the end of the log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from service.foundation.settings import Settings
from service.http.app import ApplicationContext, create_app
from service.intake.cloudevents import BATCH, ONE
from service.log.recorder import EventRecorder
from service.projector.follower import Follower
from service.storage.database import reading
from tests.posts import V_NUMBER

NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)
_Answer = TypeVar("_Answer")
_Service = TypeVar("_Service", bound="Service")


class StandingClock:
    """A clock that tells what it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by so many days, hours, ...; tells the new instant."""
        self.now += timedelta(**by)
        return self.now


class Service:
    """A running application, and the loop it runs on."""

    def __init__(self, app: FastAPI, clock: StandingClock, runner: asyncio.Runner) -> None:
        self.app, self.clock, self.runner = app, clock, runner
        self.context: ApplicationContext = app.state.context
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://ketenspoor.test")

    def run(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """The result of a coroutine on the application's loop; for several requests at once."""
        return self.runner.run(work)

    def request(self, method: str, url: str, **asked: Any) -> httpx.Response:
        """One request, as it comes."""
        return self.run(self.client.request(method, url, **asked))

    def post(self, event: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Post one event in structured mode."""
        return self.request("POST", "/v1/events", json=event, headers={"Content-Type": ONE, **headers})

    def post_all(self, events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Post events as one batch, all of which must be recorded."""
        posted = self.request("POST", "/v1/events", content=json.dumps(list(events)), headers={"Content-Type": BATCH})
        assert posted.status_code == 200, posted.text
        told: dict[str, Any] = posted.json()
        assert told["rejected"] == 0, told
        return told

    def journey(self, v_number: str = V_NUMBER, **headers: str) -> str:
        """The journey of a V-number, as it is told to who asks with these headers."""
        found = self.request("POST", "/v1/journeys/_find", json={"vNumber": v_number}, headers=headers)
        assert found.status_code == 200, found.text
        journey: str = found.json()["journey"]
        return journey

    def position(self) -> int:
        """The last position of the log."""
        with reading(self.context.engine) as connection:
            return EventRecorder(connection).head().position

    def follow(self) -> None:
        """Bring the projections to the end of the log."""
        while Follower(self.context.engine, cache_limit=0).project_next("view_a"):
            pass

    def get(self, url: str, **parameters: Any) -> httpx.Response:
        """Read, once the projections are at the end of the log."""
        self.follow()
        return self.request("GET", url, params=parameters or None)

    def told(self, url: str, **parameters: Any) -> dict[str, Any]:
        """The body of a read, which must succeed."""
        answer = self.get(url, **parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@contextmanager
def serving(database_url: str, now: datetime = NOW, **settings: Any) -> Iterator[Service]:
    """The application with its lifespan run, on a migrated database."""
    with serving_as(Service, database_url, now, **settings) as service:
        yield service


@contextmanager
def serving_as(kind: type[_Service], database_url: str, now: datetime, **settings: Any) -> Iterator[_Service]:
    """The same, asked in another way."""
    clock = StandingClock(now)
    app = create_app(Settings(database_url=database_url, follower="none", **settings), clock)
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        service = kind(app, clock, runner)
        assert service.context.figures.wait(30), service.context.figures.unavailable
        try:
            yield service
        finally:
            runner.run(service.client.aclose())
            runner.run(lifespan.__aexit__(None, None, None))
