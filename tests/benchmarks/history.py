"""One log over many years that grows from measurement to measurement, for what depends on how large the log is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import create_engine, make_url, text

from service.evidence.tiles import grow_to_the_end
from service.storage.database import connect
from tests.benchmarks.commands import measured
from tests.benchmarks.many_lives import fill
from tests.benchmarks.stores import Stores
from tests.benchmarks.ten_years import told


class History:
    """A PostgreSQL database with the beginning of the log: recorded as if posted, projected, the tree complete."""

    def __init__(self, stores: Stores, one_in: int, telling: Callable[[str], None]) -> None:
        """`one_in`: only so many persons are told of; `telling` is called with what takes a while."""
        self._stores = stores
        self._one_in = one_in
        self._telling = telling
        self._kept: dict[int, str] = {}
        self._at_rest = 0
        self.events = 0
        self.journeys = 0

    @cached_property
    def url(self) -> str:
        """Where it stands; nobody may write there but this."""
        return self._stores.new("postgresql")

    def keep(self, sizes: Iterable[int]) -> None:
        """Keep copies of these sizes, in events, when the log grows past them."""
        self._kept |= dict.fromkeys(sizes, "")

    def kept(self, size: int) -> str:
        """The URL of a copy of its own, of a size that is kept."""
        if not self._kept[size]:
            self._record(size)
        return self._kept[size]

    def of_events(self, count: int) -> str:
        """Grow to so many events; the URL."""
        self._record(count)
        return self._projected()

    def of_journeys(self, count: int) -> str:
        """Grow until about so many journeys have begun; the URL."""
        while self.journeys < count:
            self._record(self.events + max(1_000, 6 * (count - self.journeys)))
        return self._projected()

    def _projected(self) -> str:
        if self._at_rest != self.events:
            self._telling(f"projecting {self.events:,} events")
            projected(self.url)
            self._at_rest = self.events
        return self.url

    def _record(self, count: int) -> None:
        if count < self.events:
            raise ValueError(f"the log has {self.events} events already, and does not shrink to {count}")
        for size in sorted(size for size, url in self._kept.items() if not url and self.events < size <= count):
            self._commit(size)
            self._kept[size] = self._stores.copy(self._projected())
        self._commit(count)

    def _commit(self, count: int) -> None:
        if count == self.events:
            return
        self._telling(f"recording events {self.events:,} to {count:,}")
        engine = connect(self.url)
        self.events += fill(engine, count - self.events, lambda _done, _of: None, self._told)
        with engine.connect() as connection:
            self.journeys = int(connection.execute(text("SELECT count(*) FROM journey_keys")).scalar_one())
        engine.dispose()
        if self.events < count:
            raise RuntimeError(f"the tellings end at {self.events} events")

    @cached_property
    def _told(self) -> Iterator[dict[str, Any]]:
        return told(one_in=self._one_in)


def projected(url: str) -> None:
    """Fill the projections and the tree of a log that was just recorded, and bring the database to rest."""
    measured("rebuild", url)
    engine = connect(url)
    grow_to_the_end(engine)
    engine.dispose()
    if make_url(url).get_backend_name() == "postgresql":
        # What autovacuum would do in its own time, and then in the middle of a measurement.
        resting = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with resting.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        resting.dispose()
