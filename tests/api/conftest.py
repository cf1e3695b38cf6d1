"""The service under test, as a fixture, on each engine in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.service_under_test import Service, serving


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """The real application on an empty database."""
    with serving(database_url) as running:
        yield running
