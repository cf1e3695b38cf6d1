"""The service under test and the command, as fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.at_once import Command, command
from tests.api.service_under_test import Service, serving


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    """The real application on an empty database."""
    with serving(database_url) as running:
        yield running


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command without a process of its own."""
    return command(monkeypatch, capsys)
