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
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from projections.column_store import Broken, Closed, ColumnStore, Failed, Snapshot, TooLarge
from projections.deliveries import blocks_ahead, count_blocks
from service.foundation.errors import log_error
from service.log.recorder import EventRecorder, Head
from service.projector.offsets import read_offsets
from service.queries.deliveries import Deliveries
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
    switches: int
    destroyed: int


class DatabaseState(NamedTuple):
    """What a connection sees: which set of tables serves, the end of the log, and how far each table has come."""

    origin: Origin
    head: Head
    positions: Mapping[str, int]
    #: The furthest event of which it is known when it was recorded.
    mark: Head

    def recorded_at(self, connection: Connection, position: int) -> datetime | None:
        """When the event of a position was recorded."""
        return self.head.recorded_at if position == self.head.position else _recorded_at(connection, position)


def read_database_state(connection: Connection) -> DatabaseState:
    """What a connection sees in its transaction."""
    origin = Origin(*connection.execute(select(serving.c.view, serving.c.turn, serving.c.destroyed)).one())
    last = EventRecorder(connection).head()
    stands = read_offsets(on_view(connection, origin.view))
    known = [Head(one.position, one.recorded_at) for one in stands if one.recorded_at is not None]
    mark = max([last, *known], key=itemgetter(0))
    return DatabaseState(origin, last, {one.projection: one.position for one in stands}, mark)


def on_view(connection: Connection, view: str) -> Connection:
    """The connection, reading this set of tables."""
    return connection.execution_options(schema_translate_map={"view": view})


class _Loaded:
    def __init__(self, store: ColumnStore, origin: Origin, mark: Head) -> None:
        self.store, self.origin, self.mark = store, origin, mark


class StateCopy:
    """The copy of one process. `engine` is of its own and never hurried; `memory` in megabytes."""

    def __init__(self, engine: Engine, memory: int) -> None:
        self._engine, self._memory = engine, memory
        self._available = threading.Event()
        self._load_wanted = threading.Event()
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._loading: ColumnStore | None = None
        self._stopping = self._loaded_before = self._error_logged = False
        self._thread = threading.Thread(target=self._run, name="figures", daemon=True)
        #: Why it can never be loaded as things are; None while that is not known.
        self.too_large: str | None = None

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

        self._load_wanted.set()
        self._thread.start()

    def stop(self) -> None:
        """Load no more, and give the memory back."""
        self._stopping = True
        self._load_wanted.set()
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
        return self.too_large is not None and not self._loaded_before

    @property
    def unavailable(self) -> str | None:
        """Why there is no copy to read figures from; None where there is one."""
        return None if self._available.is_set() else self.too_large or "the state tables are being loaded"

    def wait(self, seconds: float) -> bool:
        """Wait until it is there; whether it is."""
        return self._available.wait(seconds)

    def forget(self) -> None:
        """Make it anew: what it was copied from may be another database now."""
        if (loaded := self._loaded) is not None:
            self._drop(loaded)

    @contextmanager
    def snapshot(self, connection: Connection, state: DatabaseState) -> Iterator[Snapshot | None]:
        """The tables as far as a connection sees them at least, caught up on it; None while they are made anew.

        Raises Busy and TooLarge.
        """
        with ExitStack() as stack:
            try:
                loaded = self._current(connection, state)
                position = min(state.head.position, *state.positions.values())
                tables = None if loaded is None else stack.enter_context(loaded.store.snapshot(position))
            except Closed:
                # Somebody else found that it has to be made anew.
                tables = None
            try:
                yield tables
            except Broken:
                self.forget()
                raise

    def _current(self, connection: Connection, state: DatabaseState) -> _Loaded | None:
        loaded = self._loaded
        if loaded is None:
            return None
        theirs, ours = state.origin, loaded.origin
        newer = theirs.switches > ours.switches or theirs.destroyed > ours.destroyed
        far = any(
            position - loaded.store.positions[name] > max(_FAR, position // _PART)
            for name, position in state.positions.items()
        )
        if newer or far or not (state.head == loaded.mark or _same_log(connection, state.head, loaded.mark)):
            self._drop(loaded)
            return None
        behind = any(loaded.store.positions[name] < position for name, position in state.positions.items())
        if theirs != ours:
            # It looks from before the copy was made, so that the copy knows all that it sees.
            return None if behind else loaded
        if behind:
            loaded.store.catch_up(on_view(connection, ours.view), state.positions, _PATIENCE)
        if state.mark.position > loaded.mark.position:
            loaded.mark = state.mark
        return loaded

    def _drop(self, loaded: _Loaded) -> None:
        with self._lock:
            if self._loaded is loaded:
                self._available.clear()
                self._loaded = None
                self._load_wanted.set()
                loaded.store.close()

    def _run(self) -> None:
        while not self._stopping:
            self._load_wanted.wait()
            self._load_wanted.clear()
            while self._loaded is None and not self._attempt():
                time.sleep(_PAUSE)

    def _attempt(self) -> bool:
        """Load; whether nothing more is to be done for now."""
        if self._stopping:
            return True
        try:
            self._load()
        except TooLarge as fault:
            self.too_large = f"{fault}: give KETENSPOOR_FIGURES_MEMORY more"
            _log.error("the figures do not fit into their memory", extra={"megabytes": self._memory})
        except Closed:
            pass
        except (SQLAlchemyError, Broken, Failed) as fault:
            if not self._error_logged:
                # While a database is away there are four attempts a second.
                log_error(_log, "the state tables cannot be loaded", fault)
            self._error_logged = True
            return False
        return True

    def _load(self) -> None:
        began = time.monotonic()

        def log_table(table: str, rows: int) -> None:
            took = round(time.monotonic() - began, 3)
            _log.info("state table loaded", extra={"table": str(table), "rows": rows, "seconds": took})

        with reading(self._engine) as connection:
            state = read_database_state(connection)
            store = self._loading = ColumnStore(self._memory)
            try:
                store.load(on_view(connection, state.origin.view), log_table)
            except BaseException:
                store.close()
                raise
            finally:
                self._loading = None
        # The next time it may be another file that has this name.
        self._engine.dispose()
        loaded = self._loaded = _Loaded(store, state.origin, state.mark)
        self.too_large = None
        self._loaded_before, self._error_logged = True, False
        # Logged first: who waits for it goes on at once.
        _log.info("figures can be told", extra={"seconds": round(time.monotonic() - began, 3)})
        self._available.set()
        self._count_deliveries(loaded)

    def _count_deliveries(self, loaded: _Loaded) -> None:
        """Count who delivered what before anybody asks, beside the questions that are asked already."""
        began, position, blocks = time.monotonic(), loaded.mark.position, 0
        try:
            for some in blocks_ahead(position):
                blocks += len(some)
                if self._stopping or self._loaded is not loaded:
                    return
                # A little at a time: nobody's transaction is to last.
                with reading(self._engine) as connection, loaded.store.snapshot(position) as tables:
                    count_blocks(Deliveries(connection, None), tables, some)
        except Closed:
            return
        except SQLAlchemyError as fault:
            # Whoever asks counts what is missing.
            log_error(_log, "deliveries were not counted", fault)
            return
        finally:
            self._engine.dispose()
        if blocks:
            _log.info("deliveries counted", extra={"seconds": round(time.monotonic() - began, 3)})


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
