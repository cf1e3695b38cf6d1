"""What is to be destroyed, and who said so: proposals with their lists, and holds that keep journeys from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select

from domain.facts import Recorded
from domain.identifiers import holds_personal_number, is_v_number
from domain.persons import group_journeys
from projections import dialect
from service.audit.access_log import log_command
from service.log.keys import Keyring
from service.log.person_links import read_persons
from service.log.recorder import EventRecorder
from service.log.sealing import select_destroyed
from service.storage.database import reading, writing
from service.storage.service_tables import destructions, holds, journey_keys, listed_journeys

Grounds = Literal["list", "retention"]
_LONGEST_REASON = 500
_AT_ONCE = 2_000


class ProposalRefused(Exception):
    """A list or a reason cannot be used; tells which lines, and nothing that stands in them."""


class Proposal(NamedTuple):
    """What one person wants destroyed, and why."""

    number: int
    grounds: Grounds
    reason: str
    journeys: int
    digest: bytes
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    declaration: str | None


def parse_list(lines: Iterable[str], keys: Keyring) -> list[UUID]:
    """The journeys of a list, one a line, each by its id or its V-number. ProposalRefused tells what is neither."""
    found: dict[UUID, None] = {}
    wrong = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if is_v_number(text):
            found[keys.journey(text)] = None
        elif text:
            try:
                found[UUID(text)] = None
            except ValueError:
                wrong.append(number)
    if wrong:
        raise ProposalRefused(f"neither a journey nor a V-number stands on {_line_numbers(wrong)}")
    if not found:
        raise ProposalRefused("the list is empty")
    return list(found)


def _line_numbers(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"line {shown}" if len(numbers) == 1 else f"lines {shown}{' and others' if len(numbers) > 10 else ''}"


def list_digest(journeys: Iterable[UUID]) -> bytes:
    """By which two persons know that they mean one list: SHA-256 over the ids in order, each with a newline."""
    return sha256("".join(f"{journey}\n" for journey in sorted(journeys)).encode()).digest()


def propose(
    engine: Engine,
    actor: str,
    now: datetime,
    journeys: Sequence[UUID],
    reason: str,
    classes: Mapping[UUID, str] | None = None,
) -> Proposal:
    """Write down what is to be destroyed; nothing is, before a second person approves."""
    grounds: Grounds = "list" if classes is None else "retention"
    row = {
        "grounds": grounds,
        "reason": _checked_reason(reason),
        "journeys": len(journeys),
        "digest": list_digest(journeys),
        "proposed_by": actor,
        "proposed_at": now,
    }
    with writing(engine) as connection:
        unknown = set(journeys) - _known_journeys(connection, journeys)
        if unknown:
            raise ProposalRefused(f"{len(unknown)} of {len(journeys)} on the list are no journeys of this service")
        destroyed = select_destroyed(connection, journeys)
        if destroyed == set(journeys):
            raise ProposalRefused("every journey on the list is destroyed already")
        refuse_partial_persons(connection, journeys)
        number = connection.execute(insert(destructions).values(**row).returning(destructions.c.number)).scalar_one()
        of_class = classes or {}
        for part in dialect.in_chunks(sorted(journeys), _AT_ONCE):
            connection.execute(
                insert(listed_journeys),
                [{"destruction": number, "stream": one, "class": of_class.get(one)} for one in part],
            )
        log_command(connection, now, actor, "propose destruction", f"destruction {number}", reason=reason)
    return read_proposal(engine, number)


def refuse_partial_persons(connection: Connection, journeys: Iterable[UUID]) -> None:
    """ProposalRefused when a list has not all that is left of a person on it."""
    every = set(journeys)
    left = (
        frozenset[UUID]().union(*persons_of(connection, every - select_destroyed(connection, every)).values()) - every
    )
    if left - select_destroyed(connection, left):
        raise ProposalRefused("the list leaves out journeys of persons on it who have had several V-numbers")


def read_proposal(engine: Engine, number: int) -> Proposal:
    """One of the proposals; ProposalRefused when there is none of this number."""
    with reading(engine) as connection:
        row = connection.execute(select(destructions).where(destructions.c.number == number)).one_or_none()
    if row is None:
        raise ProposalRefused(f"there is no destruction {number}")
    return Proposal(
        *(row.number, row.grounds, row.reason, row.journeys, bytes(row.digest)),
        *(row.proposed_by, row.proposed_at, row.approved_by, row.approved_at, row.declaration),
    )


def read_list(engine: Engine, number: int) -> list[UUID]:
    """The journeys on the list of a proposal, in order."""
    statement = select(listed_journeys.c.stream).where(listed_journeys.c.destruction == number)
    with reading(engine) as connection:
        return sorted(connection.execute(statement).scalars())


def hold(engine: Engine, actor: str, now: datetime, journeys: Sequence[UUID], reason: str) -> int:
    """Keep these persons' journeys from destruction until they are released; how many were not kept from it before."""
    why = _checked_reason(reason)
    with writing(engine) as connection:
        if set(journeys) - _known_journeys(connection, journeys):
            raise ProposalRefused("not all on the list are journeys of this service")
        every = frozenset[UUID]().union(*persons_of(connection, journeys).values())
        new = every - on_hold(connection, every)
        if new:
            rows = [{"stream": one, "placed_by": actor, "placed_at": now, "reason": why} for one in sorted(new)]
            connection.execute(insert(holds), rows)
        for one in sorted(new):
            log_command(connection, now, actor, "hold journey", "journey", reason=why, journey=one)
    return len(new)


def release(engine: Engine, actor: str, now: datetime, journeys: Sequence[UUID], reason: str) -> int:
    """Let these persons' journeys be destroyed again when it is time; how many were kept from it."""
    why = _checked_reason(reason)
    with writing(engine) as connection:
        every = frozenset[UUID]().union(*persons_of(connection, journeys).values())
        there = sorted(on_hold(connection, every))
        for one in there:
            connection.execute(delete(holds).where(holds.c.stream == one))
            log_command(connection, now, actor, "release journey", "journey", reason=why, journey=one)
    return len(there)


def held_among(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys that are kept from destruction: they, or another journey of the same person.

    Who has had several V-numbers is often told after one of the journeys was put on hold.
    """
    persons = persons_of(connection, journeys)
    held = on_hold(connection, frozenset[UUID]().union(*persons.values()))
    return {one for one, person in persons.items() if not held.isdisjoint(person)}


def on_hold(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys that were put on hold themselves."""
    return _select_among(connection, "holds", journeys)


def _known_journeys(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    return _select_among(connection, journey_keys.name, journeys)


def _select_among(connection: Connection, table: str, journeys: Iterable[UUID]) -> set[UUID]:
    return {
        dialect.stream_id(stream)
        for condition, parameters in dialect.in_streams(connection, "stream", journeys)
        for (stream,) in dialect.fetch(connection, f"SELECT stream FROM {table} WHERE {condition}", parameters)  # noqa: S608 - ours
    }


def _checked_reason(text: str) -> str:
    """Why, in a line that stays for ever and so may name nobody."""
    if not text.strip() or len(text) > _LONGEST_REASON or not text.isprintable():
        raise ProposalRefused(f"a reason is a line of at most {_LONGEST_REASON} characters")
    if holds_personal_number(text):
        raise ProposalRefused("a reason must not hold a V-number, BSN or IBAN")
    return text


def whole_persons(connection: Connection, journeys: Iterable[UUID]) -> dict[frozenset[UUID], list[Recorded]]:
    """All journeys of the persons of these, and what is recorded of each person in order of position."""
    every = set(journeys)
    people = read_persons(connection, every, list)
    return {frozenset(people[one].streams): people[one].known for one in every}


def persons_of(connection: Connection, journeys: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By each of these journeys all those of the same person; read only where there may be several."""
    every = set(journeys)
    merged = every & group_journeys(EventRecorder(connection).select_person_links()).keys()
    found = {one: frozenset({one}) for one in every - merged}
    for person in whole_persons(connection, merged) if merged else ():
        found.update(dict.fromkeys(person & every, person))
    return found
