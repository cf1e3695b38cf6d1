"""The service whose answers are compared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.service_under_test import Service, serving
from tests.independent.clerk import NOW


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """On an empty database of each engine."""
    with serving(database_url, NOW) as running:
        yield running
