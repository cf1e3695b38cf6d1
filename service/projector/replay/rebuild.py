"""Rebuilding blue/green: the set that does not serve is filled and caught up, and then serves; readers see no gap."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, select, update

from projections import dialect
from projections.tables import portions as portions_table
from service.projector.follower import step
from service.projector.offsets import Standing, standing
from service.projector.replay.backfill import Filled, fill
from service.projector.replay.digests import Summary
from service.projector.replay.worker_pool import Progress, silent
from service.storage.database import VIEWS, projecting, reading
from service.storage.service_tables import serving


class Incomplete(Exception):
    """A projection is stopped in the new set before the position that it has reached in the old one."""


_INCOMPLETE = "{} does not serve, because {} is stopped there at position {}: {} at {}"


class Rebuilt(NamedTuple):
    """The set that serves now, what was filled into it and up to where; `caught_up` is what came after that."""

    view: str
    filled: Filled
    caught_up: int

    @property
    def tables(self) -> dict[str, Summary]:
        """What the log said up to the position of the filling."""
        return self.filled.tables


def serving_view(engine: Engine) -> str:
    """The set of projection tables that answers read."""
    with reading(engine) as connection:
        view: str = connection.execute(select(serving.c.view)).scalar_one()
        return view


def rebuild(engine: Engine, processes: int = 1, progress: Progress = silent, *, anew: bool = False) -> Rebuilt:
    """Fill the set of tables that does not serve from the log, catch up, and let it serve.

    Goes on where an interrupted rebuild stopped, unless told to begin anew. The follower keeps feeding the set that
    serves, and goes on with the new one where that is. Raises Superseded when another rebuild gets ahead of this one,
    Lost when a process is killed, Raised when a projection does, and Incomplete when one is stopped later on.
    """
    old = serving_view(engine)
    new = next(view for view in VIEWS if view != old)
    # What serves is complete: an interruption right after the switch left its portions standing.
    _forget_portions(engine, old)
    if anew:
        _forget_portions(engine, new)
    filled = fill(engine, new, None, processes, progress)
    caught_up = 0
    while True:
        while count := step(engine, new):
            caught_up += count
        if _switched(engine, old, new):
            break
    _forget_portions(engine, new)
    return Rebuilt(new, filled, caught_up)


def _switched(engine: Engine, old: str, new: str) -> bool:
    """Let the new set serve, if it is not behind the old one: nobody may see less than was seen before."""
    with projecting(engine, old) as connection:  # the follower waits
        behind = [
            ours
            for ours, theirs in zip(_stand(connection, new), _stand(connection, old), strict=True)
            if ours.position < theirs.position
        ]
        for one in behind:
            if one.stopped is not None:
                raise Incomplete(_INCOMPLETE.format(new, one.projection, one.position, *one.stopped[2:]))
        if behind:
            return False
        dialect.lock_file(connection, "main.serving")
        connection.execute(update(serving).where(serving.c.view == old).values(view=new, turn=serving.c.turn + 1))
        return True


def _stand(connection: Connection, view: str) -> list[Standing]:
    return standing(connection.execution_options(schema_translate_map={"view": view}))


def _forget_portions(engine: Engine, view: str) -> None:
    with projecting(engine, view) as connection:
        connection.execute(delete(portions_table))
