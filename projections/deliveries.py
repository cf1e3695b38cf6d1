"""What organisations delivered to the log, as a table of figures asks for it: state tables do not say who said what.

Whoever opens a question gives a `DeliveryLog`. The log is counted in blocks of so many positions; one that is full
never changes, and is kept: a question adds up the blocks of its days and counts the rest of the newest one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.identifiers import oin_in
from projections.column_store import Snapshot

#: A version of an event recorded more than so many days after the day it tells of is late.
LATE_AFTER = 30
#: So many positions of the log are counted together.
BLOCK = 4_096

#: What of the versions of events: all of them, or some.
Kind = Literal["events", "corrections", "withdrawals", "late"]


class Delivered(NamedTuple):
    """How many versions of events a source had recorded in one block on one day that tell of the same day, and how many
    of them correct or withdraw. `block` is the number of the block, from 0.
    """

    block: int
    recorded_on: date
    source: str
    effective_on: date
    versions: int
    corrections: int
    withdrawals: int


class DeliveredEvent(NamedTuple):
    """One version of an event: where it stands, whose it is, and the days it was recorded on and tells of.

    `said_of` is null for a journey, else the name of the stream.
    """

    position: int
    stream: UUID
    said_of: str | None
    recorded_on: date
    effective_on: date


class DeliveryLog(Protocol):
    """The log as it is asked here: of what is known, days in Amsterdam."""

    def span(self, first: date, last: date, until: int) -> tuple[int, int]:
        """The position behind which, and the one up to which, all that was recorded on some days stands; the latter no
        further than `until`, and no less than the former.
        """

    def counted(self, after: int, until: int) -> Iterable[Delivered]:
        """What was recorded behind a position and up to another."""

    def delivered(self, organisation: str, kind: Kind, after: int, until: int) -> Sequence[DeliveredEvent]:
        """Versions of events of an organisation behind a position and up to another, in their order."""

    def rejected(self, first: date, last: date) -> Mapping[str, Mapping[date, int]]:
        """How many events of each sender were refused, by the day of receipt."""


@dataclass
class OfOrganisation:
    """What an organisation had recorded: how many versions of events, and how many of them so many days late."""

    events: int = 0
    corrections: int = 0
    withdrawals: int = 0
    lateness: dict[int, int] = field(default_factory=dict)

    @property
    def late(self) -> int:
        """How many were late."""
        return sum(count for days, count in self.lateness.items() if days > LATE_AFTER)


class _Block(NamedTuple):
    """The positions behind one and up to another: the organisations, and a row for each of them, day and number of days
    late, with the versions of events, and how many of them correct and withdraw.
    """

    after: int
    until: int
    organisations: tuple[str, ...]
    #: Columns as named below.
    rows: NDArray[np.int32]


_ORGANISATION, _DAY, _LATENESS, _VERSIONS, _CORRECTIONS, _WITHDRAWALS = range(6)
_COUNTS = slice(_VERSIONS, None)
# Of blocks, each of 24 bytes a row and at the most as many rows as positions: 40 MB in practice, 200 at the worst.
_KEPT = 2_048
_NEWEST_KEPT = 16
# So many blocks are counted by one statement: what it makes has to fit into memory.
_AT_ONCE = 32
# No more days late than that fit beside an organisation in one number.
_LATENESS_BITS = 24


def read_deliveries(
    log: DeliveryLog, tables: Snapshot, position: int, first: date, last: date
) -> Mapping[str, OfOrganisation]:
    """What each organisation, by its OIN, had recorded on some days up to a position."""
    numbers: dict[str, int] = {}
    found = []
    for block in _blocks(log, tables, position, first, last):
        own = np.array([numbers.setdefault(one, len(numbers)) for one in block.organisations], np.int64)
        which = own[block.rows[:, _ORGANISATION]] << _LATENESS_BITS | block.rows[:, _LATENESS]
        found.append((which, block.rows[:, _COUNTS]))
    if not found:
        return {}
    which, counts = (np.concatenate(some) for some in zip(*found, strict=True))
    keys, nth = np.unique(which, return_inverse=True)
    sums = [np.bincount(nth, weights=column).astype(np.int64).tolist() for column in counts.T]
    names = list(numbers)
    every: dict[str, OfOrganisation] = {}
    for key, versions, corrections, withdrawals in zip(keys.tolist(), *sums, strict=True):
        name = names[key >> _LATENESS_BITS]
        of = every.get(name) or every.setdefault(name, OfOrganisation())
        of.events += versions
        of.corrections += corrections
        of.withdrawals += withdrawals
        of.lateness[key & (1 << _LATENESS_BITS) - 1] = versions
    return every


def blocks_ahead(position: int) -> Iterator[Sequence[int]]:
    """The blocks that are full at a position, as many as are kept, in parts to count at once; the newest first."""
    full = position // BLOCK
    for end in range(full, max(0, full - _KEPT), -_AT_ONCE):
        yield range(max(0, end - _AT_ONCE, full - _KEPT), end)


def count_blocks(log: DeliveryLog, tables: Snapshot, numbers: Sequence[int]) -> None:
    """Count blocks that are full before anybody asks."""
    _full(log, tables, numbers)


def deliveries_from(
    log: DeliveryLog,
    tables: Snapshot,
    window: tuple[int, date, date],
    organisation: str,
    kind: Kind,
    after: int,
    most: int,
) -> Iterator[DeliveredEvent]:
    """So many versions of events of an organisation behind the first so many, of a position and days: only the blocks
    that have them are read.
    """
    for block in _blocks(log, tables, *window):
        there = _count(block, organisation, kind)
        if there <= after:
            after -= there
            continue
        some = log.delivered(organisation, kind, block.after, block.until)[after : after + most]
        yield from some
        after, most = 0, most - len(some)
        if most <= 0:
            return


def _count(block: _Block, organisation: str, kind: Kind) -> int:
    if organisation not in block.organisations:
        return 0
    rows = block.rows[block.rows[:, _ORGANISATION] == block.organisations.index(organisation)]
    if kind == "late":
        rows = rows[rows[:, _LATENESS] > LATE_AFTER]
    return int(rows[:, _COLUMNS[kind]].sum())


_COLUMNS: Mapping[Kind, int] = {
    "events": _VERSIONS,
    "late": _VERSIONS,
    "corrections": _CORRECTIONS,
    "withdrawals": _WITHDRAWALS,
}


def _blocks(log: DeliveryLog, tables: Snapshot, position: int, first: date, last: date) -> Iterator[_Block]:
    """What was recorded on some days, in the order of the log: blocks that are cut where the days begin and end."""
    after, until = log.span(first, last, position)
    if after == until:
        return
    whole = position // BLOCK
    numbers = range(after // BLOCK, (until - 1) // BLOCK + 1)
    full = _full(log, tables, [number for number in numbers if number < whole])
    some = [full[number] for number in numbers if number < whole]
    if numbers.stop > whole:
        key = whole, position
        newest = tables.cached_by_key(
            "deliveries so far", [key], _NEWEST_KEPT, lambda _: {key: _read(log, [whole], position)[whole]}
        )
        some.append(newest[key])
    days = first.toordinal(), last.toordinal()
    for block in some:
        on = block.rows[:, _DAY]
        rows = block.rows[(on >= days[0]) & (on <= days[1])]
        yield block._replace(after=max(after, block.after), until=min(until, block.until), rows=rows)


def _full(log: DeliveryLog, tables: Snapshot, numbers: Iterable[int]) -> Mapping[int, _Block]:
    """Blocks that are full, counted once."""

    def count(missing: list[int]) -> dict[int, _Block]:
        found: dict[int, _Block] = {}
        for some in _runs(sorted(missing)):
            found |= _read(log, some, (some[-1] + 1) * BLOCK)
        return found

    return tables.cached_by_key("deliveries", numbers, _KEPT, count)


def _runs(numbers: list[int]) -> Iterator[list[int]]:
    """Numbers in order, in parts of numbers that follow each other."""
    run = numbers[:1]
    for one, following in pairwise(numbers):
        if following != one + 1 or len(run) == _AT_ONCE:
            yield run
            run = []
        run.append(following)
    if run:
        yield run


def _read(log: DeliveryLog, numbers: Sequence[int], until: int) -> dict[int, _Block]:
    """Blocks that follow each other, the last of them up to a position."""
    found: dict[int, dict[tuple[str, int, int], list[int]]] = {number: {} for number in numbers}
    for one in log.counted(numbers[0] * BLOCK, until):
        organisation = _organisation(one.source)
        if organisation is not None:
            key = organisation, one.recorded_on.toordinal(), lateness(one.recorded_on, one.effective_on)
            counts = found[one.block].setdefault(key, [0, 0, 0])
            for nth, count in enumerate((one.versions, one.corrections, one.withdrawals)):
                counts[nth] += count
    return {
        number: _block(number * BLOCK, min(until, (number + 1) * BLOCK), counted) for number, counted in found.items()
    }


def _block(after: int, until: int, counted: Mapping[tuple[str, int, int], list[int]]) -> _Block:
    organisations = tuple(dict.fromkeys(organisation for organisation, *_ in counted))
    numbers = {organisation: number for number, organisation in enumerate(organisations)}
    rows: Any = [(numbers[organisation], *more, *counts) for (organisation, *more), counts in counted.items()]
    return _Block(after, until, organisations, np.array(rows, np.int32).reshape(-1, 6))


# A few sources say everything.
_organisation = lru_cache(maxsize=4_096)(oin_in)


def lateness(recorded_on: date, effective_on: date) -> int:
    """How many days after the day it tells of something was recorded; 0 where it was before."""
    return max(0, (recorded_on - effective_on).days)
