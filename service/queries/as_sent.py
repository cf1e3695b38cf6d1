"""What could have been known by the senders' own clocks: projections of what they had recorded by an instant.

The tables of the projections know when the service recorded an event. For registers that were loaded afterwards the
question is when their senders did (`knownBy=sender`), so the same projections are made once more, in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Connection, select

from domain.facts import Recorded
from domain.persons import group_journeys, merge_histories
from projections import streams
from projections.column_store import MEMORY, ColumnStore, Snapshot
from projections.engine import StreamUpdate, compute_rows
from projections.places import PlacesHistory
from projections.states import PROJECTIONS
from projections.tables import metadata
from service.foundation.problems import busy
from service.log.mapper import read_histories
from service.log.recorder import EventRecorder
from service.storage.service_tables import events

_STREAMS_A_BATCH = 2_000
# It takes the memory of all rows at once, and a second for every thirty thousand events.
_one_at_a_time = threading.Lock()


@contextmanager
def project_as_sent(log: Connection, sent_by: datetime, position: int, memory: int = MEMORY) -> Iterator[Snapshot]:
    """The projections of all events up to a position that their senders had recorded by an instant.

    Raises TooLarge when they take more than so many megabytes.
    """
    # Who comes second is not kept waiting: that would hold a connection, and a moment of the log, all the while.
    if not _one_at_a_time.acquire(blocking=False):
        raise busy()
    try:
        with closing(ColumnStore(memory)) as store:
            _fill(store, log, sent_by, position)
            with store.snapshot(position) as tables:
                yield tables
    finally:
        _one_at_a_time.release()


def _fill(store: ColumnStore, log: Connection, sent_by: datetime, position: int) -> None:
    reference = _sent(read_histories(log, [streams.REFERENCE]).get(streams.REFERENCE, []), sent_by)
    places_at = PlacesHistory(reference)
    every = list(log.execute(select(events.c.stream).distinct().order_by(events.c.stream)).scalars())
    together, there = group_journeys(EventRecorder(log).select_person_links()), set(every)
    for start in range(0, len(every), _STREAMS_A_BATCH):
        some = every[start : start + _STREAMS_A_BATCH]
        # Whose journeys are read as one with others is looked at with all of them, and where the first of them is.
        known = {
            stream: _sent(history, sent_by)
            for stream, history in read_histories(log, [one for one in some if one not in together]).items()
        }
        for group in {together[one] for one in some if one in together and one == min(together[one] & there)}:
            apart = [_sent(history, sent_by) for history in read_histories(log, group).values()]
            _, of_each = merge_histories(
                sorted((event for history in apart for event in history), key=attrgetter("position"))
            )
            known |= of_each
        for name, rows in compute_rows(PROJECTIONS, _work(known, position, places_at)).items():
            store.add(metadata.tables[f"view.{name}"], rows)


def _work(known: dict[UUID, list[Recorded]], position: int, places_at: PlacesHistory) -> dict[UUID, StreamUpdate]:
    return {stream: StreamUpdate(history, [position], places_at) for stream, history in known.items() if history}


def _sent(history: list[Recorded], sent_by: datetime) -> list[Recorded]:
    return [event for event in history if event.sent_at <= sent_by]
