"""A stock application of the eventsourcing library runs on our table, which stays readable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import InfrastructureFactoryError
from eventsourcing.utils import Environment
from sqlalchemy import text

from service.log.application import Factory
from service.storage.database import connect, reading


class Kennel(Aggregate):
    @event("Opened")
    def __init__(self, street: str) -> None:
        self.street = street
        self.dogs: list[str] = []

    @event("DogTakenIn")
    def take_in(self, dog: str) -> None:
        self.dogs.append(dog)


@pytest.fixture
def application(database_url: str) -> Iterator[Application[UUID]]:
    settings = {"PERSISTENCE_MODULE": "service.log.application", "KETENSPOOR_DATABASE_URL": database_url}
    with Application[UUID](env=settings) as running:
        yield running


def test_an_aggregate_is_saved_and_found_again(application: Application[UUID]) -> None:
    kennel = Kennel("Dorpsstraat")
    kennel.take_in("Fikkie")
    application.save(kennel)

    found: Kennel = application.repository.get(kennel.id)

    assert (found.street, found.dogs, found.version) == ("Dorpsstraat", ["Fikkie"], 2)


def test_its_events_stand_in_the_log_as_readable_json(application: Application[UUID], database_url: str) -> None:
    application.save(Kennel("Dorpsstraat"))
    engine = connect(database_url)
    with reading(engine) as connection:
        (data,) = connection.execute(text("SELECT data FROM events")).scalars()
    engine.dispose()
    assert json.loads(data)["street"] == "Dorpsstraat"


def test_its_notifications_are_the_positions_of_the_log(application: Application[UUID]) -> None:
    first, second = Kennel("Dorpsstraat"), Kennel("Kerkstraat")
    application.save(first, second)
    found = application.notification_log.select(start=1, limit=10)
    assert [(item.id, item.originator_id) for item in found] == [(1, first.id), (2, second.id)]


def test_the_factory_says_what_it_misses() -> None:
    with pytest.raises(InfrastructureFactoryError, match="KETENSPOOR_DATABASE_URL is not set"):
        Factory(Environment(env={"KETENSPOOR_DATABASE_URL": ""}))
