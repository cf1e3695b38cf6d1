"""The log as a persistence module of the eventsourcing library, so that a stock Application runs on it.

PERSISTENCE_MODULE=service.factory with KETENSPOOR_DATABASE_URL naming a migrated database.
"""

from __future__ import annotations

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from service.foundation.settings import PREFIX
from service.log.recorder import TableRecorder
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
        return TableRecorder(self.engine)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        if purpose != "events":
            raise InfrastructureFactoryError(f"the log has no table for {purpose}")
        return TableRecorder(self.engine)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        raise InfrastructureFactoryError("the log keeps no tracking; the follower does")

    def process_recorder(self) -> ProcessRecorder:
        raise InfrastructureFactoryError("the log keeps no tracking; the follower does")

    def close(self) -> None:
        self.engine.dispose()
