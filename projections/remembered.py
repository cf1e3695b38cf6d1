"""What a process remembers of the set of tables that serves, so that it need not read and compute all of it again.

Everything in it follows from the tables and is true for any position of the log. It is dropped when another set comes
to serve, or the same one filled anew, and when a connection was lost: the database may be another one then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, event

from domain.openings import Openings
from projections import tables
from projections.anchors import Anchors
from projections.by_heart import ByHeart, Known

_OPTION = "remembered"
_MOST_LATELY = 8

_T = TypeVar("_T")


class Turn(NamedTuple):
    """A set of tables while it serves, and how many sets served before it."""

    view: str
    number: int


class Memory:
    """What is remembered of one set of tables while it serves."""

    def __init__(self) -> None:
        self.anchors = Anchors()
        self.openings = Openings()
        self.by_heart = {table.name: ByHeart(table) for table in (tables.quota, tables.reference)}
        self._lately: dict[Hashable, deque[Any]] = {}

    def same(self, name: Hashable, value: _T) -> _T:
        """Something equal that was given under this name lately, else the value: what is equal is then identical."""
        lately = self._lately.setdefault(name, deque(maxlen=_MOST_LATELY))
        for other in list(lately):
            if other == value:
                found: _T = other
                return found
        lately.append(value)
        return value


class Memories:
    """The memory of a process: of the set that serves, and none of those before."""

    def __init__(self) -> None:
        self._turn: Turn | None = None
        self._memory = Memory()
        self._lock = Lock()

    def of(self, turn: Turn) -> Memory:
        """What is remembered of a set; nothing of one that did not serve before."""
        with self._lock:
            if turn != self._turn:
                self._turn, self._memory = turn, Memory()
            return self._memory

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._turn = None


class Remembered:
    """What a process remembers, for one connection: it sees each table as it was at a position of its own."""

    def __init__(self, connection: Connection, memory: Memory, reached: Mapping[str, int]) -> None:
        self._connection, self._memory, self._reached = connection, memory, reached

    @property
    def anchors(self) -> Anchors:
        return self._memory.anchors

    @property
    def openings(self) -> Openings:
        return self._memory.openings

    def same(self, name: Hashable, value: _T) -> _T:
        """Something equal that was given under this name lately, else the value."""
        return self._memory.same(name, value)

    def reached(self, table: str) -> int:
        """The position up to which this connection sees a table."""
        return self._reached.get(table, -1)

    def known(self, table: str, position: int) -> Known | None:
        """What a small table says as known at a position; None where it must be asked itself."""
        reached = self.reached(table)
        if position > reached:
            return None
        return self._memory.by_heart[table].at(self._connection, position, reached)


def remember(engine: Engine) -> None:
    """Let the questions asked through this engine share what they find."""
    memories = Memories()
    engine.update_execution_options(**{_OPTION: memories})

    @event.listens_for(engine, "invalidate")
    def _lost(*_: object) -> None:
        memories.forget()


def serving(connection: Connection, turn: Turn, reached: Mapping[str, int]) -> Connection:
    """The connection, set to read the set of tables that serves, and to remember where its engine does.

    `reached` is the position up to which the connection sees each of the tables, by their names.
    """
    options: dict[str, object] = {"schema_translate_map": {"view": turn.view}}
    memories = connection.get_execution_options().get(_OPTION)
    if isinstance(memories, Memories):
        options[_OPTION] = Remembered(connection, memories.of(turn), reached)
    return connection.execution_options(**options)


def remembered(connection: Connection) -> Remembered | None:
    """What is remembered of the set that a connection reads; None where everything is to be read from it."""
    found = connection.get_execution_options().get(_OPTION)
    return found if isinstance(found, Remembered) else None
