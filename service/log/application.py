"""The log as an application of the eventsourcing library: our own, or any other that keeps its events in our table.

Another one names this module as PERSISTENCE_MODULE, and a migrated database as KETENSPOOR_DATABASE_URL.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from service.foundation.settings import PREFIX
from service.log.mapper import FactMapper
from service.log.recorder import EventRecorder
from service.storage.database import connect

_DATABASE_URL = f"{PREFIX}DATABASE_URL"


class Factory(InfrastructureFactory[TrackingRecorder]):
    """Builds recorders of events; snapshots and tracking have no table here."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(_DATABASE_URL)
        if not url:
            raise InfrastructureFactoryError(f"{_DATABASE_URL} is not set")
        self.engine = connect(url)

    def application_recorder(self) -> ApplicationRecorder:
        return EventRecorder(self.engine)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        if purpose != "events":
            raise InfrastructureFactoryError(f"the log has no table for {purpose}")
        return EventRecorder(self.engine)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        raise InfrastructureFactoryError("the log keeps no tracking; the follower does")

    def process_recorder(self) -> ProcessRecorder:
        raise InfrastructureFactoryError("the log keeps no tracking; the follower does")

    def close(self) -> None:
        self.engine.dispose()


class EventLog(Application[UUID]):
    """The log to be read by the library's means, such as its `ProjectionRunner`: its domain events are our facts.

    KETENSPOOR_DATABASE_URL names the database, in the environment or in `env`.
    """

    name = "ketenspoor"
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": "service.log.application"}

    def construct_mapper(self) -> Mapper[UUID]:
        return FactMapper()
