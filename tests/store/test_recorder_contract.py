"""The recorder keeps the contract that the eventsourcing library ships as test suites, on both engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator

# The module, not the classes: pytest would collect the abstract suites as well.
import eventsourcing.tests.persistence as contract
import pytest

from service.log.recorder import EventRecorder
from service.storage.database import connect


class OnDatabase:
    """Hands a fresh database to suites of unittest, which cannot be parametrised."""

    database: str
    recorder: EventRecorder

    @pytest.fixture(autouse=True)
    def _recorder(self, request: pytest.FixtureRequest) -> Iterator[None]:
        engine = connect(request.getfixturevalue(self.database))
        self.recorder = EventRecorder(engine)
        before = set(threading.enumerate())
        yield
        # One of the suites leaves its readers to end by themselves; their connections are to be closed first.
        for thread in set(threading.enumerate()) - before:
            thread.join()
        engine.dispose()

    def create_recorder(self) -> EventRecorder:
        return self.recorder


class ApplicationContract(OnDatabase, contract.ApplicationRecorderTestCase[EventRecorder]):
    __test__ = False

    def test_insert_subscribe(self) -> None:
        # The library leaves it to each recorder to say that it has subscriptions.
        self.optional_test_insert_subscribe()


class OrderContract(OnDatabase, contract.NonInterleavingNotificationIDsBaseCase):
    __test__ = False


class TestApplicationContractOnSQLite(ApplicationContract):
    __test__ = True
    database = "sqlite_url"


class TestApplicationContractOnPostgreSQL(ApplicationContract):
    __test__ = True
    database = "postgresql_url"


class TestOrderContractOnSQLite(OrderContract):
    __test__ = True
    database = "sqlite_url"


class TestOrderContractOnPostgreSQL(OrderContract):
    __test__ = True
    database = "postgresql_url"
