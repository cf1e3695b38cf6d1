"""The norm sets that are known: those that the service ships, and those that the ministry published.

Read from the state table, or computed from the history of the reference stream for any position of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.facts import Recorded
from domain.norm_sets import NORM_SETS, NormSet
from domain.places import Places
from projections.column_store import Snapshot
from projections.engine import LAST_DAY, Asked
from projections.row_store import Row
from projections.states.norm_sets import norm_sets, rows
from projections.stream_history import StreamHistory

_KNOWN = (
    "SELECT name, linking, housing, departure, total, total_starts, in_use_from, source "
    "FROM norm_sets_at($day, $position) ORDER BY name"
)


def read_norm_sets(tables: Snapshot, asked: Asked) -> Mapping[str, NormSet]:
    """Every norm set known at the position asked, by its name; of whatever day, for they may be asked of any."""

    def read() -> Mapping[str, NormSet]:
        at = {"day": LAST_DAY, "position": asked.position}
        return _with_shipped(tables.rows(_KNOWN, at))

    return tables.cached(norm_sets, None, asked.position, "norm sets", read)


def known_norm_sets(events: Sequence[Recorded]) -> Mapping[str, NormSet]:
    """The same from what is known of the reference stream, in order of position."""
    found = rows(StreamHistory(events, Places.shipped()))
    return _with_shipped(sorted(row[2:] for row in found))


def _with_shipped(published: Iterable[Row]) -> Mapping[str, NormSet]:
    found = dict(NORM_SETS)
    for name, linking, housing, departure, total, total_starts, valid_from, source in published:
        found[name] = NormSet(
            name=name,
            linking=linking,
            housing=housing,
            departure=departure,
            total=total,
            total_starts=total_starts,
            source=source,
            valid_from=valid_from,
        )
    return found
