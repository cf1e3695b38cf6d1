"""The eventsourcing library as it comes, on PostgreSQL: what its users would get. Run in a process of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import Environment
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url


@dataclass(frozen=True)
class Reported(DomainEvent):
    """An event of the chain as an event of the library."""

    TOPIC = "reported"

    source: str
    source_id: str
    type: str
    sent_at: str
    effective_on: str
    data: dict[str, Any]


class Chain(Application[UUID]):
    """The library's application, with nothing added."""


class Rows(PostgresTrackingRecorder):
    """A view of one row an event."""

    _TABLE = "reported_rows"

    def __init__(self, datastore: PostgresDatastore, **named: Any) -> None:
        super().__init__(datastore, **named)
        schema, table = Identifier(self.datastore.schema), Identifier(self._TABLE)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {}.{} (stream uuid, version bigint, type text, effective_on date, "
                "municipality text, PRIMARY KEY (stream, version))"
            ).format(schema, table)
        )
        self._insert = SQL("INSERT INTO {}.{} VALUES (%s, %s, %s, %s, %s)").format(schema, table)

    def add(self, event: Reported, tracking: Tracking) -> None:
        """Write the row and the place, in one transaction."""
        values = event.originator_id, event.originator_version, event.type, event.effective_on
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._insert, (*values, event.data.get("municipality")), prepare=True)


class OneRowAnEvent(Projection[Rows]):
    """The library's way to fill a view."""

    name = "rows"
    topics = (Reported.TOPIC,)

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        raise NotImplementedError

    @process_event.register
    def _(self, domain_event: Reported, tracking: Tracking) -> None:
        self.view.add(domain_event, tracking)


def environment(url: str) -> dict[str, str]:
    """The library's settings for a database."""
    given = make_url(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given.database or "",
        "POSTGRES_HOST": given.host or "",
        "POSTGRES_PORT": str(given.port),
        "POSTGRES_USER": given.username or "",
        "POSTGRES_PASSWORD": "trusted",
        "POSTGRES_POOL_SIZE": "10",
        "POSTGRES_MAX_OVERFLOW": "30",
    }


def alone(event: dict[str, Any]) -> Reported:
    """An event of a stream of its own: the library need not look for a version."""
    return _reported(event, uuid4(), 1)


def save(url: str, lines: list[bytes], a_save: int) -> float:
    """Events a second: `app.save` of so many events at a time."""
    with Chain(env=environment(url)) as application:
        events = _of_streams(lines)
        began = time.perf_counter()
        for start in range(0, len(events), a_save):
            application.save(*events[start : start + a_save])
        return len(events) / (time.perf_counter() - began)


def project(url: str, lines: list[bytes]) -> float:
    """Events a second: the library's runner writing one row an event, from an empty view to the end of the log."""
    with Chain(env=environment(url)) as application:
        events = _of_streams(lines)
        for start in range(0, len(events), 500):
            application.save(*events[start : start + 500])
        last = application.recorder.max_notification_id()
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Chain,
        projection_class=OneRowAnEvent,
        view_class=Rows,
        env=Environment(env=environment(url)),
    ) as runner:
        while (runner.projection.view.max_tracking_id(Chain.__name__) or 0) < (last or 0):
            if runner.is_interrupted.is_set():
                runner.run_forever()
            time.sleep(0.01)
        return len(events) / (time.perf_counter() - began)


def _of_streams(lines: list[bytes]) -> list[Reported]:
    """The events with the streams and versions they have with us."""
    versions: dict[UUID, int] = {}
    found = []
    for line in lines:
        event = msgspec.json.decode(line)
        data = event["data"]
        stream = uuid5(NAMESPACE_URL, data.get("vNumber") or data.get("period") or "reference")
        versions[stream] = versions.get(stream, 0) + 1
        found.append(_reported(event, stream, versions[stream]))
    return found


def _reported(event: dict[str, Any], stream: UUID, version: int) -> Reported:
    data = event["data"]
    return Reported(
        stream,
        version,
        Reported.create_timestamp(),
        event["source"],
        event["id"],
        event["type"],
        event["time"],
        data["effectiveOn"],
        data,
    )
