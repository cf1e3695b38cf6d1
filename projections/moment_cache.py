"""What was made lately of state tables: of small ones by when something of them had last begun or ended, of all by what
was asked to the letter.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

_MOST = 64
_T = TypeVar("_T")
_Key = TypeVar("_Key", bound=Hashable)


class MomentCache:
    """A cache for some tables, by name, whose rows are only added and ended; several threads may use it."""

    def __init__(self, tables: Iterable[str]) -> None:
        self._made: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._by_key: dict[str, OrderedDict[Hashable, Any]] = {}
        self._lock = threading.Lock()
        self._changes: dict[str, tuple[Sequence[int], Sequence[date]]] = dict.fromkeys(tables, ((), ()))

    def note_changes(self, table: str, positions: Sequence[int], days: Sequence[date]) -> None:
        """Every position, and every day, at which a row of a table begins or ends, in order.

        What lies behind a moment that somebody asks about makes no difference to it, so that they may be ahead of what
        a reader sees of the table.
        """
        self._changes[table] = positions, days

    def get(self, table: str, day: date | None, position: int, name: str, make: Callable[[], _T]) -> _T:
        """What is made of a table for a day, or with None for all days, as known at a position: made by who comes first
        and kept for all moments between which nothing changes.
        """
        positions, days = self._changes[table]
        known, valid = bisect_right(positions, position), 0 if day is None else bisect_right(days, day)
        changed_at, changed_on = positions[known - 1] if known else None, days[valid - 1] if valid else None
        key = table, name, day is None, changed_at, changed_on
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                found: _T = self._made[key]
                return found
        made = make()
        with self._lock:
            found = self._made.setdefault(key, made)
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
        return found

    def get_by_key(
        self, name: str, keys: Iterable[_Key], most: int, make: Callable[[list[_Key]], Mapping[_Key, _T]]
    ) -> dict[_Key, _T]:
        """What some questions give that name both times to the letter, a position that everything has come to among
        them: nothing can change it any more. Of each name so many are kept, those that were asked for last.
        """
        every = list(dict.fromkeys(keys))
        with self._lock:
            kept = self._by_key.setdefault(name, OrderedDict())
            found: dict[_Key, _T] = {}
            for key in every:
                if key in kept:
                    kept.move_to_end(key)
                    found[key] = kept[key]
        if missing := [key for key in every if key not in found]:
            made = make(missing)
            found |= made
            with self._lock:
                kept.update(made.items())
                while len(kept) > most:
                    kept.popitem(last=False)
        return found
