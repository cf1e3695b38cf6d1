"""The copy of the state tables that a process reads figures from, and when it has to be made anew.

A thread of its own loads it, on a connection of its own, beside the start of the service. Who asks catches it up on the
connection of the question. It is made anew when another set of tables serves, when journeys were destroyed, when a
connection was lost, and when the log shows another event where it was copied: then the database is another one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from projections.column_store import Broken, Closed, ColumnStore, Snapshot, TooLarge
from service.foundation.errors import log_fault
from service.log.recorder import Head, head
from service.projector.offsets import standing
from service.storage.database import reading
from service.storage.service_tables import events, serving

_log = logging.getLogger("ketenspoor")
_OPTION = "state_copy"
_PAUSE = 0.25
#: Seconds that a question waits for another one that is catching the copy up.
_PATIENCE = 2.0
#: A copy that is further behind, and by so great a part of the log, is sooner loaded anew than caught up.
_FAR, _PART = 50_000, 4


class Origin(NamedTuple):
    """What is copied: the set of tables, how many sets served before it, and how often journeys were destroyed."""

    view: str
    turn: int
    destroyed: int


class Seen(NamedTuple):
    """What a connection sees: which set of tables serves, the end of the log, and where each table stands."""

    origin: Origin
    head: Head
    positions: Mapping[str, int]
    #: The furthest event of which it is known when it was recorded.
    mark: Head


def look(connection: Connection) -> Seen:
    """What there is to see on a connection, in its transaction."""
    origin = Origin(*connection.execute(select(serving.c.view, serving.c.turn, serving.c.destroyed)).one())
    last = head(connection)
    stands = standing(of_set(connection, origin.view))
    known = [Head(one.position, one.recorded_at) for one in stands if one.recorded_at is not None]
    mark = max([last, *known], key=lambda one: one.position)
    return Seen(origin, last, {one.projection: one.position for one in stands}, mark)


def of_set(connection: Connection, view: str) -> Connection:
    """The connection, reading this set of tables."""
    return connection.execution_options(schema_translate_map={"view": view})


class _Loaded:
    def __init__(self, store: ColumnStore, origin: Origin, mark: Head) -> None:
        self.store, self.origin, self.mark = store, origin, mark


class StateCopy:
    """The copy of one process. `engine` is of its own and never hurried; `memory` in megabytes."""

    def __init__(self, engine: Engine, memory: int) -> None:
        self._engine, self._memory = engine, memory
        self._there = threading.Event()
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._loading: ColumnStore | None = None
        self._stopping = self._was_there = self._told = False
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)
        #: Why it can never be loaded as things are: it is too large; None while that is not known.
        self.refused: str | None = None

    @property
    def memory(self) -> int:
        """The megabytes that a copy may take."""
        return self._memory

    def start(self, engine: Engine) -> None:
        """Begin to load, for the questions that are asked through this engine from now on.

        When it loses one of its connections the copy is made anew: the database may be another one then.
        """
        engine.update_execution_options(**{_OPTION: self})

        @event.listens_for(engine, "invalidate")
        def _lost(*_: object) -> None:
            self.forget()

        self._wanted.set()
        self._thread.start()

    def stop(self) -> None:
        """Load no more, and give the memory back."""
        self._stopping = True
        self._wanted.set()
        if (loading := self._loading) is not None:
            loading.close()
        if self._thread.is_alive():
            self._thread.join()
        if self._loaded is not None:
            self._loaded.store.close()
        self._engine.dispose()

    @property
    def refuses(self) -> bool:
        """Whether it did not fit when the service started: then there is no use in going on."""
        return self.refused is not None and not self._was_there

    @property
    def missing(self) -> str | None:
        """Why no figure can be told; None when it can."""
        return None if self._there.is_set() else self.refused or "the state tables are being loaded"

    def wait(self, seconds: float) -> bool:
        """Wait until it is there; whether it is."""
        return self._there.wait(seconds)

    def forget(self) -> None:
        """Make it anew: what it was copied from may be another database now."""
        if (loaded := self._loaded) is not None:
            self._drop(loaded)

    @contextmanager
    def snapshot(self, connection: Connection, seen: Seen) -> Iterator[Snapshot | None]:
        """The tables as far as a connection sees them at least, caught up on it; None while they are made anew.

        Raises Busy and TooLarge.
        """
        with ExitStack() as stack:
            try:
                loaded = self._current(connection, seen)
                position = min(seen.head.position, *seen.positions.values())
                tables = None if loaded is None else stack.enter_context(loaded.store.snapshot(position))
            except Closed:
                # Somebody else found that it has to be made anew.
                tables = None
            try:
                yield tables
            except Broken:
                self.forget()
                raise

    def _current(self, connection: Connection, seen: Seen) -> _Loaded | None:
        loaded = self._loaded
        if loaded is None:
            return None
        theirs, ours = seen.origin, loaded.origin
        newer = theirs.turn > ours.turn or theirs.destroyed > ours.destroyed
        far = any(_far(loaded.store.positions[name], position) for name, position in seen.positions.items())
        if newer or far or not _same_log(connection, seen.head, loaded.mark):
            self._drop(loaded)
            return None
        if theirs != ours:
            # It looks from before the copy was made, so that the copy knows all that it sees.
            behind = any(loaded.store.positions[name] < position for name, position in seen.positions.items())
            return None if behind else loaded
        loaded.store.catch_up(of_set(connection, ours.view), seen.positions, _PATIENCE)
        if seen.mark.position > loaded.mark.position:
            loaded.mark = seen.mark
        return loaded

    def _drop(self, loaded: _Loaded) -> None:
        with self._lock:
            if self._loaded is loaded:
                self._there.clear()
                self._loaded = None
                self._wanted.set()
                loaded.store.close()

    def _run(self) -> None:
        while not self._stopping:
            self._wanted.wait()
            self._wanted.clear()
            while self._loaded is None and not self._attempt():
                time.sleep(_PAUSE)

    def _attempt(self) -> bool:
        """Load; whether nothing more is to be done for now."""
        if self._stopping:
            return True
        try:
            self._load()
        except TooLarge as fault:
            self.refused = f"{fault}: give KETENSPOOR_FIGURES_MEMORY more"
            _log.error("the figures do not fit into their memory", extra={"megabytes": self._memory})
        except Closed:
            pass
        except SQLAlchemyError as fault:
            if not self._told:
                # While a database is away there are four attempts a second.
                log_fault(_log, "the state tables cannot be loaded", fault)
            self._told = True
            return False
        return True

    def _load(self) -> None:
        began = time.monotonic()

        def tell(table: str, rows: int) -> None:
            took = round(time.monotonic() - began, 3)
            _log.info("state table loaded", extra={"table": table, "rows": rows, "seconds": took})

        with reading(self._engine) as connection:
            seen = look(connection)
            store = self._loading = ColumnStore(self._memory)
            try:
                store.load(of_set(connection, seen.origin.view), tell)
            except BaseException:
                store.close()
                raise
            finally:
                self._loading = None
        # The next time it may be another file that has this name.
        self._engine.dispose()
        self._loaded, self.refused = _Loaded(store, seen.origin, seen.mark), None
        self._was_there, self._told = True, False
        # Told first: who waits for it goes on at once.
        _log.info("figures can be told", extra={"seconds": round(time.monotonic() - began, 3)})
        self._there.set()


def _far(position: int, there: int) -> bool:
    return there - position > max(_FAR, there // _PART)


def _same_log(connection: Connection, there: Head, mark: Head) -> bool:
    """Whether a log that ends there is the one that had an event recorded then, or the beginning of it."""
    if there.position < mark.position:
        # Stamps never fall as positions rise, and what is written behind a restored end is stamped later.
        return there.recorded_at is None or mark.recorded_at is None or there.recorded_at <= mark.recorded_at
    if there.position == mark.position:
        return there.recorded_at == mark.recorded_at
    return _recorded_at(connection, mark.position) == mark.recorded_at


def _recorded_at(connection: Connection, position: int) -> datetime | None:
    statement = select(events.c.recorded_at).where(events.c.position == position)
    found: datetime | None = connection.execute(statement).scalar_one_or_none()
    return found


def copy_of(engine: Engine) -> StateCopy | None:
    """The copy that questions asked through this engine read; None where each has to make one of its own."""
    found = engine.get_execution_options().get(_OPTION)
    return found if isinstance(found, StateCopy) else None
