"""Small tables known by heart: all that a table ever said, so that what it says at any moment is found without asking.

They are those of what is said of half-years and of municipalities: few rows, asked for with every figure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, literal_column, or_, select

from projections.stored import Row
from projections.tables import STILL

# A table with more rows than this is asked each time; with all half-years and municipalities it has some thousands.
_MOST_ROWS = 50_000
_MOST_MOMENTS = 32
_MOST_MADE = 64

_T = TypeVar("_T")
_Key = tuple[Any, ...]


class Known:
    """The rows as known at one moment of the log, for whatever days, and what was made of them.

    A row is valid_from, valid_until and its table's own columns. Nothing of it ever changes.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._days = sorted({day for row in rows for day in row[:2]})
        self._made: dict[Hashable, Any] = {}

    def stretch(self, day: date) -> int:
        """The same number for all days between which nothing of it begins or ends."""
        return bisect_right(self._days, day)

    def once(self, name: Hashable, make: Callable[[], _T]) -> _T:
        """What was made of it under this name, or is made now; by whom came first, if several come at once."""
        if name not in self._made:
            if len(self._made) >= _MOST_MADE:
                self._made = {}
            found: _T = self._made.setdefault(name, make())
            return found
        kept: _T = self._made[name]
        return kept


class _State(NamedTuple):
    """All rows up to a position of the log, by their key, and the positions at which they changed, in order."""

    position: int
    rows: Mapping[_Key, Row]
    turns: Sequence[int]


class ByHeart:
    """All rows of one table, as far as they were read; several threads may ask at once."""

    def __init__(self, table: Table, most: int = _MOST_ROWS) -> None:
        self._table, self._most = table, most
        self._state = _State(-1, {}, ())
        self._known: OrderedDict[int, Known] = OrderedDict()
        self._lock = Lock()

    def at(self, connection: Connection, position: int, reached: int) -> Known | None:
        """What was known at a position; None for a table too large to be known by heart.

        The connection sees the table as it was at `reached`, which is no earlier.
        """
        state = self._up_to(connection, reached)
        if state is None:
            return None
        turn = state.turns[place - 1] if (place := bisect_right(state.turns, position)) else -1
        with self._lock:
            known = self._known.get(turn)
            if known is not None:
                self._known.move_to_end(turn)
                return known
        known = Known([row[2:] for row in state.rows.values() if row[0] <= position < row[1]])
        with self._lock:
            known = self._known.setdefault(turn, known)
            while len(self._known) > _MOST_MOMENTS:
                self._known.popitem(last=False)
        return known

    def _up_to(self, connection: Connection, reached: int) -> _State | None:
        with self._lock:
            state = self._state
            if reached < state.position:
                # This connection began to look earlier; or the table is not what it was, and then that goes too.
                state = self._state = _shortened(state, reached)
                self._known = OrderedDict((turn, known) for turn, known in self._known.items() if turn <= reached)
        if reached == state.position:
            return state
        new = self._read(connection, state.position)
        if len(state.rows) + len(new) > self._most:
            return None
        state = _lengthened(state, new, reached)
        with self._lock:
            if state.position > self._state.position:
                self._state = state
        return state

    def _read(self, connection: Connection, behind: int) -> dict[_Key, Row]:
        """The rows that began or ended behind a position."""
        c = self._table.c
        own = [column for column in self._table.columns if column.name not in ("stream", "known_from", "number")]
        statement = select(c.stream, c.known_from, c.number, *own).limit(self._most + 1)
        if behind >= 0:
            statement = statement.where(or_(c.known_from > behind, ended(self._table, behind)))
        return {
            (stream, known_from, number): (known_from, *row)
            for stream, known_from, number, *row in connection.execute(statement)
        }


def ended(table: Table, behind: int) -> ColumnElement[bool]:
    """The rows that stopped being known behind a position."""
    # Written out, so that both engines see that the index over such rows alone will do.
    return and_(table.c.known_until > behind, table.c.known_until < literal_column(str(STILL)))


def _lengthened(state: _State, new: Mapping[_Key, Row], reached: int) -> _State:
    return _with_turns(reached, {**state.rows, **new}) if new else state._replace(position=reached)


def _shortened(state: _State, reached: int) -> _State:
    """As it was at an earlier position: nothing that began behind it, and nothing ended there."""
    if not state.turns or state.turns[-1] <= reached:
        return state._replace(position=reached)
    rows = {
        key: row if row[1] <= reached else (row[0], STILL, *row[2:])
        for key, row in state.rows.items()
        if row[0] <= reached
    }
    return _with_turns(reached, rows)


def _with_turns(position: int, rows: Mapping[_Key, Row]) -> _State:
    turns = {turn for row in rows.values() for turn in row[:2]} - {STILL}
    return _State(position, rows, sorted(turns))
