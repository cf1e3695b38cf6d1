"""The state tables in columns: a copy in memory (DuckDB), from which figures are read by one scan for any two times.

It is loaded once and caught up from the rows that began or ended behind its position. Rows are never overwritten but
for the position until which they are known, so a copy that has come further than what somebody sees of the database
answers every position of theirs truly too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import date
from typing import Any, TypeVar

import duckdb
import numpy as np
from sqlalchemy import Column, Connection, Table, select

from projections import dialect
from projections.column_schema import changed, insert_csv, number_of, read_csv, schema, type_of
from projections.column_values import ARRAYS, listed, value_text
from projections.moment_cache import MomentCache
from projections.row_store import Row
from projections.states import TABLES
from projections.states.areas import areas
from projections.states.norm_sets import norm_sets
from projections.states.quota import quota
from projections.states.reference import reference
from projections.tables import place

#: Megabytes that a copy and the questions over it may take, by default.
MEMORY = 1_024
#: Called with a table and how many rows of it were loaded.
Progress = Callable[[str, int], None]

# So many positions of the log are caught up in one transaction: a reader whose time is up keeps what it got.
_PORTION = 20_000
# DuckDB asks for its own threads; who reads or loads is one already, and several read side by side.
_THREADS = 2
# So many bytes of CSV are poured in at once, and then compressed: all of a table would take several times its memory.
_POURED_AT_ONCE = 100 << 20
_COPY = "copy"
_USE = f"USE {_COPY}"
# Beyond so many rows an array costs less than parameters.
_FEW = 8

# What is made of these is cached: they are small, and everything rests on them.
_SMALL = (quota, areas, reference, norm_sets)
_TURNS = "SELECT {span}_from FROM {table} UNION SELECT {span}_until FROM {table} ORDER BY 1"
_KEY = ("stream", "known_from", "number")
_T = TypeVar("_T")
_Key = TypeVar("_Key", bound=Hashable)


class TooLarge(Exception):
    """The copy, or what a question makes of it, does not fit into the memory that it may take."""


class Busy(Exception):
    """Somebody else is catching the copy up, and takes longer than could be waited for."""


class Failed(Exception):
    """DuckDB cannot compute something, for any other reason; the message is the kind of its error alone."""


class Broken(Exception):
    """DuckDB gave the copy up, and it has to be made anew."""


class Closed(Exception):
    """The copy was closed, and there is another one or none."""


class Snapshot:
    """The state tables as one cursor sees them in one transaction; true for every day and every position up to
    `position`.

    Statements are DuckDB's and name their parameters: `$day`, `$position`. Beside the tables there are for each of them
    `<table>_at(day, position)`, the rows as of both times, and `<table>_between(day, after, until)`, the rows
    valid on the day that were known at `after` or at any position behind it up to `until`. Raises TooLarge and Failed.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, position: int, cache: MomentCache) -> None:
        self._cursor = cursor
        self._cache = cache
        self.position = position

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a statement: days as `date`, streams as UUID, a sum as int."""
        with _within_memory():
            found: list[tuple[Any, ...]] = self._cursor.execute(statement, parameters or None).fetchall()
            return found

    def columns(self, statement: str, parameters: Mapping[str, Any] | None = None) -> dict[str, list[Any]]:
        """The same by column: cheap for many rows, where columns are numbers, days or texts of few values."""
        with _within_memory():
            result = self._cursor.execute(statement, parameters or None)
            # Not the type itself as a text, which would list ten thousand municipalities.
            kinds = {name: str(kind.id) for name, kind, *_ in result.description}
            if not ARRAYS.issuperset(kinds.values()):
                rows = result.fetchall()
                return dict(
                    zip(kinds, map(list, zip(*rows, strict=True)) if rows else ([] for _ in kinds), strict=True)
                )
            return {name: listed(array, kinds[name]) for name, array in result.fetchnumpy().items()}

    def cached(self, table: Table, day: date | None, position: int, name: str, make: Callable[[], _T]) -> _T:
        """What is made of the rows of a small table for both times, or with None for all days: made once for all
        moments between which no row begins or ends, by whom comes first. It must never be changed.
        """
        return self._cache.get(table.name, day, position, name, make)

    def cached_by_key(
        self, name: str, keys: Iterable[_Key], most: int, make: Callable[[list[_Key]], Mapping[_Key, _T]]
    ) -> Mapping[_Key, _T]:
        """What is made of the rows known at positions up to this one, which with the days are in the keys: made once,
        those that are missing together, and kept as some of so many of their name. It must never be changed.
        """
        return self._cache.get_by_key(name, keys, most, make)


class ColumnStore:
    """A process's copy of the state tables in DuckDB, in memory. Several threads may read it while one catches it up.

    `memory` is how many megabytes it may take, questions over it included; nothing is ever written to a disk.
    """

    def __init__(self, memory: int = MEMORY) -> None:
        self._database = duckdb.connect(
            ":memory:",
            config={
                "threads": _THREADS,
                "async_threads": 0,
                # What is free again after loading goes back to the machine.
                "allocator_background_threads": True,
                "memory_limit": f"{memory}MB",
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # Objects of numpy are texts, whatever the first of them look like.
                "pandas_analyze_sample": 0,
            },
        )
        self._memory = memory
        self._closed, self._users = False, 0
        self._lock = threading.Lock()
        self._catching_up = threading.Lock()
        self._cache = MomentCache(table.name for table in _SMALL)
        #: The position of the log up to which each table is copied, by its name.
        self.positions: Mapping[str, int] = {table.name: 0 for table in TABLES}
        # Rows of one person repeat each other: compressed they take a quarter, and are read as fast.
        for statement in (f"ATTACH ':memory:' AS {_COPY} (COMPRESS)", _USE, *schema()):
            self._database.execute(statement)

    @classmethod
    def of(cls, connection: Connection, memory: int = MEMORY, progress: Progress | None = None) -> ColumnStore:
        """A copy of the set of tables that a connection reads, as it sees it. Raises TooLarge."""
        store = cls(memory)
        try:
            store.load(connection, progress)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Give the memory back, once nobody reads it any more; who comes later, or is loading it, raises Closed."""
        with self._lock:
            self._closed = True
            unused = not self._users
        if unused:
            self._database.close()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for a thread: to close the database would end all of them."""
        with self._lock:
            if self._closed:
                raise Closed
            self._users += 1
            cursor = self._database.cursor()
        try:
            with closing(cursor):
                cursor.execute(_USE)
                yield cursor
        finally:
            with self._lock:
                self._users -= 1
                last = self._closed and not self._users
            if last:
                self._database.close()

    def load(self, connection: Connection, progress: Progress | None = None) -> None:
        """Copy everything, once, from one transaction."""
        stands = dict(map(tuple, connection.execute(select(place.c.projection, place.c.position))))
        with self._told_of_memory():
            for table in TABLES:
                rows = self._pour(connection, table)
                with self._cursor() as cursor:
                    self._note_changes(cursor, table)
                if progress is not None:
                    progress(table.name, rows)
        self.positions = {table.name: stands.get(table.name, 0) for table in TABLES}
        self.seal()

    def seal(self) -> None:
        """Let nothing reach a file, an extension or another setting from now on."""
        # Not before: a table is poured in through a pipe, which is a file to DuckDB.
        for statement in ("SET enable_external_access = false", "SET lock_configuration = true"):
            self._database.execute(statement)

    def add(self, table: Table, rows: Sequence[Row]) -> None:
        """More rows of a table, whole and in the order of its columns, as a projection or a driver gives them."""
        with self._told_of_memory(), self._cursor() as cursor:
            _insert(cursor, table, rows)
            self._note_changes(cursor, table)

    def catch_up(self, connection: Connection, reached: Mapping[str, int], patience: float) -> None:
        """Copy what began or ended behind the copy, up to the position where the connection sees each table.

        Waits so many seconds for who is at it already, and then raises Busy. Where the copy is further, nothing is to
        be done. Raises TooLarge, and then is as it was before.
        """
        while any(self.positions[name] < position for name, position in reached.items()):
            if not self._catching_up.acquire(timeout=patience):
                raise Busy
            try:
                self._next_portion(connection, reached)
            finally:
                self._catching_up.release()

    def _next_portion(self, connection: Connection, reached: Mapping[str, int]) -> None:
        ahead = {
            table: (self.positions[table.name], min(self.positions[table.name] + _PORTION, reached[table.name]))
            for table in TABLES
            if self.positions[table.name] < reached.get(table.name, 0)
        }
        questions = [changed(connection, table, *span) for table, span in ahead.items()]
        answers = dialect.fetch_together(connection, questions)
        with self._told_of_memory(), self._cursor() as cursor, _transaction(cursor):
            for (table, (after, _)), rows in zip(ahead.items(), answers, strict=True):
                _insert(cursor, table, [row for row in rows if row[1] > after])
                _close(cursor, table, [row[:4] for row in rows if row[1] <= after])
                if rows:
                    self._note_changes(cursor, table)
        self.positions = {**self.positions, **{table.name: until for table, (_, until) in ahead.items()}}

    def _note_changes(self, cursor: duckdb.DuckDBPyConnection, table: Table) -> None:
        """Tell the cache where the rows of a small table begin and end, as a cursor sees it."""
        if table in _SMALL:
            positions, days = (
                [value for (value,) in cursor.execute(_TURNS.format(table=table.name, span=span)).fetchall()]
                for span in ("known", "valid")
            )
            self._cache.note_changes(table.name, positions, days)

    @contextmanager
    def snapshot(self, position: int | None = None) -> Iterator[Snapshot]:
        """What is there now, to be read by this thread; up to a position that all that is read of has come to."""
        reached = min(self.positions.values()) if position is None else position
        with self._cursor() as cursor:
            cursor.begin()
            try:
                yield Snapshot(cursor, reached, self._cache)
            finally:
                cursor.rollback()

    def _pour(self, connection: Connection, table: Table) -> int:
        """Send a table through pipes as CSV, which takes a tenth of the time that rows take; how many rows it has."""
        parts = read_csv(connection, table)
        rows = 0
        try:
            for portion in _portions(parts):
                rows += self._pour_portion(table, portion)
                with self._cursor() as cursor:
                    cursor.execute(f"CHECKPOINT {_COPY}")  # which compresses it
        finally:
            parts.close()
        return rows

    def _pour_portion(self, table: Table, parts: Iterator[bytes]) -> int:
        out, into = os.pipe()
        found: list[int] = []
        failed: list[BaseException] = []

        def insert() -> None:
            try:
                with self._cursor() as cursor:
                    found.append(cursor.execute(insert_csv(table, out)).fetchall()[0][0])
            except BaseException as fault:  # noqa: BLE001 - raised by who waits for it
                failed.append(fault)
            finally:
                # So that nothing is written any more where nobody reads.
                os.close(out)

        reader = threading.Thread(target=insert, name="pour")
        reader.start()
        try:
            with suppress(BrokenPipeError), os.fdopen(into, "wb") as pipe:
                for part in parts:
                    if self._closed:
                        raise Closed
                    pipe.write(part)
        finally:
            reader.join()
        if self._closed:
            raise Closed
        if failed:
            raise failed[0]
        return found[0]

    @contextmanager
    def _told_of_memory(self) -> Iterator[None]:
        try:
            with _within_memory():
                yield
        except TooLarge:
            raise TooLarge(f"the state tables do not fit into {self._memory} MB") from None


def _portions(parts: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """The parts of a text by portions of whole lines; each is to be read to its end before the next one is."""

    def portion(part: bytes | None) -> Iterator[bytes]:
        size = 0
        while part is not None:
            yield part
            size += len(part)
            if size >= _POURED_AT_ONCE and part.endswith(b"\n"):
                return
            part = next(parts, None)

    for first in parts:
        yield portion(first)


@contextmanager
def _within_memory() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException:
        # From None: what DuckDB says may repeat values.
        raise TooLarge("the question takes more memory than there is for figures") from None
    except (duckdb.FatalException, duckdb.InternalException):
        raise Broken("the column store failed") from None
    except duckdb.Error as error:
        raise Failed(type(error).__name__) from None


@contextmanager
def _transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.begin()
    try:
        yield
        cursor.commit()
    except BaseException:
        cursor.rollback()
        raise


def _insert(cursor: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        with _given(cursor, list(table.columns), rows) as (source, columns, parameters):
            cursor.execute(f"INSERT INTO {table.name} SELECT {', '.join(columns)} FROM {source}", parameters)


def _close(cursor: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    """Let rows be known until a position: their stream, known_from, number and that position."""
    if rows:
        names = (*_KEY, "known_until")
        with _given(cursor, [table.c[name] for name in names], rows) as (source, (*key, until), parameters):
            which = " AND ".join(f"{table.name}.{name} = {of}" for name, of in zip(_KEY, key, strict=True))
            cursor.execute(f"UPDATE {table.name} SET known_until = {until} FROM {source} WHERE {which}", parameters)


@contextmanager
def _given(
    cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column[Any]], rows: Sequence[Row]
) -> Iterator[tuple[str, list[str], list[Any] | None]]:
    """Rows as something to select from: that, the expressions for its columns, and the parameters it needs."""
    types, texts = [type_of(column) for column in columns], [[value_text(value) for value in row] for row in rows]
    for nth, column in enumerate(columns):
        if (number := number_of(column)) is not None:
            for text in texts:
                if (value := text[nth]) is not None:
                    text[nth] = str(number(value))
    if len(texts) <= _FEW:
        # Parameters are read as what they are once, before the statement runs.
        each = f"({', '.join(f'?::{kind}' for kind in types)})"
        source = f"(VALUES {', '.join([each] * len(texts))}) AS given ({', '.join(one.name for one in columns)})"
        yield source, [f"given.{one.name}" for one in columns], [value for row in texts for value in row]
        return
    arrays = zip(columns, zip(*texts, strict=True), strict=True)
    cursor.register("given", {column.name: np.array(values, dtype=object) for column, values in arrays})
    yield "given", [f"given.{one.name}::{kind}" for one, kind in zip(columns, types, strict=True)], None
    # After a failure the cursor goes, and can be asked for nothing more.
    cursor.unregister("given")
