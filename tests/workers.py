"""Which worker of a parallel run is given which tests."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

#: Files whose tests share what is costly to make: a server, clusters, the whole scenario.
TOGETHER = {
    "tests/api/test_connections.py",
    "tests/api/test_outages.py",
    "tests/api/test_reading_replica.py",
    "tests/api/test_workers.py",
    "tests/rules/test_simulation.py",
    "tests/store/test_outages.py",
}


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Every test to whoever is free; those of a file in TOGETHER to one worker, and first, because they take long.

    The marks that xdist has for that (`xdist_group`) do nothing under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path in TOGETHER else nodeid

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """What is done is forgotten: with every test, all that a worker was ever given is counted again."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]
