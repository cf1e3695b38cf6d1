"""The service within this process, on a database that is gone afterwards: what it is given, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

import migrations
from service.demo.server import DemonstrationFailed
from service.foundation.settings import Settings
from service.http.app import create_app
from service.intake.cloudevents import LINES
from service.projector.follower import Follower
from service.storage.database import connect

#: Gives the body of what the service answers to a request for an address.
Ask = Callable[[str], Any]

_READY_WITHIN = 30.0


@contextmanager
def answering(events: bytes, now: datetime) -> Iterator[Ask]:
    """The service with these events (NDJSON) in its log, each recorded when its sender did, at an instant that stands.

    DemonstrationFailed where it refuses an event, or a question.
    """
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        url = f"sqlite:///{Path(folder) / 'ketenspoor.db'}"
        engine = connect(url)
        migrations.upgrade(engine)
        engine.dispose()
        app = create_app(Settings(database_url=url, clock="sender", follower="none"), lambda: now)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ketenspoor.example")
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        try:
            posted = runner.run(client.post("/v1/events", content=events, headers={"Content-Type": LINES}))
            if posted.status_code != httpx.codes.OK or posted.json()["rejected"]:
                raise DemonstrationFailed(f"the service does not take the events: {posted.text}")
            context = app.state.context
            while Follower(context.engine, cache_limit=0).project_next("view_a"):
                pass
            if not context.figures.wait(_READY_WITHIN):
                raise DemonstrationFailed("the tables are not there")

            def ask(address: str) -> Any:
                answer = runner.run(client.get(address))
                if answer.status_code != httpx.codes.OK:
                    raise DemonstrationFailed(f"{address} answers {answer.text}")
                return answer.json()

            yield ask
        finally:
            runner.run(client.aclose())
            runner.run(lifespan.__aexit__(None, None, None))
