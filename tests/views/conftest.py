"""A log to commit to and to follow, in an empty database on each engine."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.views.logs import Log


@pytest.fixture
def log(engine: Engine) -> Log:
    return Log(engine)
