"""A browser and what it looks at, as fixtures; and applications in process, for tests that need none.

`browser` is a fixture of the module: while it runs, nothing else in this thread can run a loop of asyncio, so a module
that takes it takes no application in process (`embedded`, `serving`), but an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from tests.api.provider import Provider, providing
from tests.api.service_under_test import Service, serving
from tests.pages import services
from tests.pages.browser import NoBrowser, browsing
from tests.pages.history import history


@pytest.fixture(scope="module")
def told(another_sqlite_url: Callable[[], str]) -> Iterator[Service]:
    """A service with the history of the pages, for tests that only look."""
    with serving(another_sqlite_url(), clock="sender") as running:
        running.post_all(history())
        running.follow()
        yield running


@pytest.fixture
def empty(sqlite_url: str) -> Iterator[Service]:
    """A service in which nothing is recorded."""
    with serving(sqlite_url) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a module."""
    try:
        with browsing() as running:
            yield running
    except NoBrowser as none:
        pytest.skip(str(none))


@pytest.fixture
def page(browser: Browser, pages_address: str) -> Iterator[Page]:
    """An empty tab of its own, 1280 by 800, for the service with the history: `page.goto("/")`, in Dutch."""
    context = browser.new_context(base_url=pages_address, locale="nl-NL", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def pages_address(another_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the service answers that has the history of `tests/pages/history.py`: for tests that record nothing."""
    with services.telling(another_sqlite_url(), _folder(tmp_path_factory)) as address:
        yield address


@pytest.fixture(scope="session")
def empty_address(another_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one answers in which nothing is recorded."""
    with services.empty(another_sqlite_url(), _folder(tmp_path_factory)) as address:
        yield address


@pytest.fixture(scope="session")
def stopped_address(another_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where one answers whose projection of housings is stopped."""
    with services.stopped(another_sqlite_url(), _folder(tmp_path_factory)) as address:
        yield address


class Guarded(NamedTuple):
    """Where a service answers at which people sign in, and the provider that lets them in."""

    address: str
    provider: Provider


@pytest.fixture(scope="session")
def guarded(another_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One with the same history; `provider.person` are the claims of who signs in next."""
    with (
        providing(lambda: datetime.now(UTC)) as provider,
        services.guarded(another_sqlite_url(), _folder(tmp_path_factory), provider) as address,
    ):
        yield Guarded(address, provider)


def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")
