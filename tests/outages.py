"""A PostgreSQL for the tests of outages."""

from __future__ import annotations

import migrations
from service.storage.database import connect
from tests.clusters import Cluster, Clusters


def migrated(room: Clusters) -> Cluster:
    """A new cluster with the schema, to which anything may be done."""
    made = room.new()
    engine = connect(made.url)
    migrations.upgrade(engine)
    engine.dispose()
    return made
