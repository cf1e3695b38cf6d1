"""Reading from a replica: where questions go, and how far it must have come before it can answer one.

What a replica has not received yet looks to it as if it had never been. A question that names a moment is only answered
when all that was recorded by then is there; one that names none is answered as the replica is, and tells its position.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from service.foundation.time import Clock
from service.log.recorder import head, position_at, take_append_lock
from service.storage.database import reading, writing

_PRIMARY = "primary"
# Longer than a commit takes; what was stamped before that can be seen.
_LONGEST_COMMIT = timedelta(minutes=1)


def reads_from(replica: Engine, primary: Engine) -> None:
    """Let questions asked of the one know where all is that was recorded."""
    replica.update_execution_options(**{_PRIMARY: primary})


def complete_at(engine: Engine, known_at: datetime | None, position: int, clock: Clock) -> int:
    """The position that the log must have come to where a question is asked, before it can be answered.

    `known_at` and `position` are the latest moments it names, 0 for no position. Waits for a commit that is under way,
    when it may still bring something that was recorded by `known_at`: an event is stamped while its commit holds the
    lock of the log, and seen when that is done. What begins to commit after it is stamped later than any knownAt.
    """
    primary = engine.get_execution_options().get(_PRIMARY)
    if not isinstance(primary, Engine):
        if _just_now(known_at, clock):
            with writing(engine) as connection:
                take_append_lock(connection)
        return 0
    if known_at is None and not position:
        return 0
    with reading(engine) as connection:
        there = head(connection)
    # Stamps never fall as positions rise: what is stamped later came after all that was recorded by then.
    known = known_at is None or (there.recorded_at is not None and there.recorded_at > known_at)
    if known and position <= there.position:
        return 0
    if _just_now(known_at, clock):
        with writing(primary) as connection:
            take_append_lock(connection)
    with reading(primary) as connection:
        by = 0 if known_at is None else position_at(connection, known_at)
        return max(by, min(position, head(connection).position))


def _just_now(known_at: datetime | None, clock: Clock) -> bool:
    return known_at is not None and known_at > clock() - _LONGEST_COMMIT
