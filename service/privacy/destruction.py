"""Destruction: the keys of journeys, what was refused about them, and every copy of both; declared when it is done.

The events stay as they are, so that the log, its tree and the figures do too; what was sealed in them opens no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, select, update

from projections import dialect
from service.audit.access_log import log_command
from service.evidence.signed_notes import Signer
from service.foundation.time import Clock, format_instant
from service.log.keys import Keyring
from service.log.permanent_keys import require_all_master_keys
from service.log.recorder import EventRecorder
from service.log.sealing import select_destroyed
from service.privacy.proposals import (
    Proposal,
    ProposalRefused,
    held_among,
    read_list,
    read_proposal,
    refuse_partial_persons,
)
from service.privacy.refused_events import PersonSearch, search_refused
from service.privacy.wiping import wipe
from service.storage.database import reading, writing
from service.storage.service_tables import destructions, journey_keys, listed_journeys, rejections, serving

_JOURNEYS_AT_ONCE = 500
_CARRY_ON = "carry on destruction"
_NAMES = "SELECT source, source_id FROM events WHERE {}"

Progress = Callable[[int, int], None]


class Destroyed(NamedTuple):
    """What became of a list."""

    destroyed: int
    destroyed_before: int
    held: int
    rejections: int
    declaration: str


def approve(engine: Engine, actor: str, now: datetime, number: int, digest: bytes) -> Proposal:
    """A second person approves of a list that it looked at; what was approved before may be carried on by either."""
    proposed = read_proposal(engine, number)
    if digest != proposed.digest:
        raise ProposalRefused("the digest is not that of the proposed list: look at it again")
    if proposed.declaration is not None:
        raise ProposalRefused(f"destruction {number} was done and declared before")
    if proposed.approved_by is not None:
        with writing(engine) as connection:
            log_command(connection, now, actor, _CARRY_ON, f"destruction {number}", reason=proposed.reason)
        return proposed
    if proposed.proposed_by == actor:
        raise ProposalRefused("who proposed it cannot approve of it: a second person must")
    with writing(engine) as connection:
        # It may have become known since that somebody has had several V-numbers.
        refuse_partial_persons(connection, read_list(engine, number))
        approved = connection.execute(
            update(destructions)
            .where(destructions.c.number == number, destructions.c.approved_by.is_(None))
            .values(approved_by=actor, approved_at=now)
        ).rowcount
        action = "approve destruction" if approved else _CARRY_ON
        log_command(connection, now, actor, action, f"destruction {number}", reason=proposed.reason)
    return read_proposal(engine, number)


def destroy(
    engine: Engine,
    keys: Keyring,
    clock: Clock,
    signer: Signer,
    number: int,
    progress: Progress = lambda done, of: None,
    by: str | None = None,
) -> Destroyed:
    """Carry out what was approved, or what is left of it after an interruption; NotWiped: it has to be done again.

    `by` is who carries it out; who approved of it, if None.
    """
    approved = read_proposal(engine, number)
    if approved.approved_by is None:
        raise ProposalRefused(f"destruction {number} is not approved of")
    if approved.declaration is not None:
        raise ProposalRefused(f"destruction {number} was done and declared before")
    with reading(engine) as connection:
        # Else refused events about these persons would stay for who has the other key.
        require_all_master_keys(connection, keys)
    done = 0
    while some := _destroy_keys(engine, number, clock()):
        done += some
        progress(done, approved.journeys)
    wanted = _search_for(engine, _all_destroyed(engine, number))
    _delete_refused(engine, keys, wanted, number)
    wipe(engine)
    return _declare(engine, signer, clock(), approved, by or approved.approved_by)


def _next_journeys(connection: Connection, number: int) -> list[UUID]:
    """Journeys of the list that nothing has become of yet."""
    statement = (
        select(listed_journeys.c.stream)
        .where(listed_journeys.c.destruction == number, listed_journeys.c.outcome.is_(None))
        .order_by(listed_journeys.c.stream)
        .limit(_JOURNEYS_AT_ONCE)
    )
    return list(connection.execute(statement).scalars())


def _destroy_keys(engine: Engine, number: int, now: datetime) -> int:
    """Overwrite the keys of the next journeys of a list; how many were looked at."""
    with writing(engine) as connection:
        # Whoever commits after this sees that journeys were destroyed, and forgets the keys it has open. And of two who
        # carry out one list each takes what the other has left.
        EventRecorder(connection).lock()
        journeys = _next_journeys(connection, number)
        if not journeys:
            return 0
        before = select_destroyed(connection, journeys)
        held = held_among(connection, journeys) - before
        now_destroyed = set(journeys) - before - held
        for part in dialect.in_chunks(sorted(now_destroyed)):
            connection.execute(
                update(journey_keys)
                .where(journey_keys.c.stream.in_(part))
                .values(wrapped_key=b"", sealed_v_number=b"", destroyed_at=now)
            )
        connection.execute(update(serving).values(destroyed=serving.c.destroyed + 1))
        for outcome, some in (("destroyed", now_destroyed), ("destroyed-before", before), ("held", held)):
            for part in dialect.in_chunks(sorted(some)):
                connection.execute(
                    update(listed_journeys)
                    .where(listed_journeys.c.destruction == number, listed_journeys.c.stream.in_(part))
                    .values(outcome=outcome)
                )
        return len(journeys)


def _all_destroyed(engine: Engine, number: int) -> list[UUID]:
    """Of the list all that are destroyed by now, by this destruction or before."""
    with reading(engine) as connection:
        return sorted(select_destroyed(connection, read_list(engine, number)))


def _search_for(engine: Engine, journeys: Iterable[UUID]) -> PersonSearch:
    every = frozenset(journeys)
    with reading(engine) as connection:
        names = [
            (source, event_id)
            for condition, parameters in dialect.in_streams(connection, "stream", every)
            for source, event_id in dialect.fetch(connection, _NAMES.format(condition), parameters)
        ]
    return PersonSearch.of(every, names)


def _delete_refused(engine: Engine, keys: Keyring, wanted: PersonSearch, number: int) -> None:
    """Delete what was refused about these."""
    for some in search_refused(engine, keys, wanted):
        if some:
            with writing(engine) as connection:
                deleted = 0
                for part in dialect.in_chunks([row.id for row, _ in some]):
                    deleted += connection.execute(delete(rejections).where(rejections.c.id.in_(part))).rowcount
                # Counted where it is done: what goes on after an interruption declares all of it.
                counted = update(destructions).where(destructions.c.number == number)
                connection.execute(counted.values(refused=destructions.c.refused + deleted))


def _declare(engine: Engine, signer: Signer, now: datetime, approved: Proposal, by: str) -> Destroyed:
    of = destructions.c.number == approved.number
    with writing(engine) as connection:
        outcomes = _outcomes(connection, approved.number)
        deleted = connection.execute(select(destructions.c.refused).where(of)).scalar_one()
        text = _declaration(signer.name, approved, now, outcomes, deleted)
        note = signer.sign(text)
        declared = update(destructions).where(of, destructions.c.declaration.is_(None))
        if not connection.execute(declared.values(done_at=now, declaration=note)).rowcount:
            raise ProposalRefused(f"destruction {approved.number} was done and declared before")
        what = f"destruction {approved.number}"
        log_command(connection, now, by, "declare destruction", what, reason=approved.reason)
    return Destroyed(outcomes["destroyed"], outcomes["destroyed-before"], outcomes["held"], deleted, note)


def _outcomes(connection: Connection, number: int) -> Counter[str]:
    statement = (
        select(listed_journeys.c.outcome, func.count())
        .where(listed_journeys.c.destruction == number)
        .group_by(listed_journeys.c.outcome)
    )
    return Counter(dict(map(tuple, connection.execute(statement))))


def _declaration(log: str, approved: Proposal, now: datetime, outcomes: Counter[str], deleted: int) -> str:
    """The text that is signed. Its first line is not the name of the log, so it passes for no checkpoint."""
    by, at = approved.approved_by, approved.approved_at
    lines = [
        f"{log} destruction {approved.number}",
        f"reason {approved.reason}",
        f"grounds {approved.grounds}",
        f"proposed {format_instant(approved.proposed_at)} by {approved.proposed_by}",
        f"approved {'' if at is None else format_instant(at)} by {by}",
        f"done {format_instant(now)}",
        f"list sha-256 {approved.digest.hex()}",
        f"journeys {approved.journeys}",
        f"destroyed {outcomes['destroyed']}",
        f"destroyed before {outcomes['destroyed-before']}",
        f"held {outcomes['held']}",
        f"refused events deleted {deleted}",
        "method keys of journeys and sealed V-numbers overwritten, files written anew",
    ]
    return "".join(f"{line}\n" for line in lines)
