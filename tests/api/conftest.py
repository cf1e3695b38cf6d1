"""The service under test and the command, as fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.api.at_once import Command, command
from tests.api.provider import Provider, providing
from tests.api.service_under_test import NOW, Service, StandingClock, serving
from tests.api.tokens import Guarded, guarded
from tests.posts import linked, permit


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """The real application on an empty database."""
    with serving(database_url) as running:
        yield running


@pytest.fixture
def embedded(sqlite_url: str) -> Iterator[Service]:
    """The same on SQLite, for what no database has to do with."""
    with serving(sqlite_url) as running:
        yield running


@pytest.fixture(scope="module")
def shared_service(shared_database_url: str) -> Iterator[Service]:
    """One on each engine that the tests of a module share: for those that only read what a fixture posted once."""
    with serving(shared_database_url) as running:
        yield running


@pytest.fixture(scope="session")
def _of_all_refusals(another_sqlite_url: Callable[[], str]) -> Iterator[Service]:
    with serving(another_sqlite_url()) as running:
        yield running


@pytest.fixture
def refusing(_of_all_refusals: Service) -> Iterator[Service]:
    """One on SQLite with an empty log, which all tests share: for what is refused, or answered without an event."""
    before = _of_all_refusals.position()
    yield _of_all_refusals
    assert _of_all_refusals.position() == before, "a test that records takes `service` or `embedded`"


@pytest.fixture
def locked(sqlite_url: str) -> Iterator[Guarded]:
    """The application with its doors locked and one journey in its log."""
    with guarded(sqlite_url) as running:
        for event in (permit(), linked()):
            assert running.post_as(event).status_code == 201
        yield running


@pytest.fixture(scope="module")
def openid_provider() -> Iterator[Provider]:
    """One for the tests of a module: to make its keys takes a while. Each begins with `reset`."""
    with providing(StandingClock(NOW)) as provider:
        yield provider


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command without a process of its own."""
    return command(monkeypatch, capsys)
