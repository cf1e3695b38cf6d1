"""What is to be destroyed, and who said so: proposals with their lists, and holds that keep journeys from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, insert, select

from domain.identifiers import holds_personal_number, is_v_number
from projections import dialect
from service.audit.access_log import noted
from service.log.keys import Keyring
from service.log.vault import destroyed_among
from service.privacy.one_person import together
from service.storage.database import reading, writing
from service.storage.service_tables import destructions, holds, journey_keys, listed_journeys

Grounds = Literal["list", "retention"]
_LONGEST_REASON = 500
_AT_ONCE = 2_000


class NotProposed(Exception):
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


def journeys_in(lines: Iterable[str], keys: Keyring) -> list[UUID]:
    """The journeys of a list, one a line, each by its id or its V-number. NotProposed tells what is neither."""
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
        raise NotProposed(f"neither a journey nor a V-number stands on {_lines(wrong)}")
    if not found:
        raise NotProposed("the list is empty")
    return list(found)


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"line {shown}" if len(numbers) == 1 else f"lines {shown}{' and others' if len(numbers) > 10 else ''}"


def digest_of(journeys: Iterable[UUID]) -> bytes:
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
        "reason": _reason(reason),
        "journeys": len(journeys),
        "digest": digest_of(journeys),
        "proposed_by": actor,
        "proposed_at": now,
    }
    with writing(engine) as connection:
        unknown = set(journeys) - _known(connection, journeys)
        if unknown:
            raise NotProposed(f"{len(unknown)} of {len(journeys)} on the list are no journeys of this service")
        destroyed = destroyed_among(connection, journeys)
        if destroyed == set(journeys):
            raise NotProposed("every journey on the list is destroyed already")
        refuse_parts(connection, journeys)
        number = connection.execute(insert(destructions).values(**row).returning(destructions.c.number)).scalar_one()
        of_class = classes or {}
        for part in dialect.in_parts(sorted(journeys), _AT_ONCE):
            connection.execute(
                insert(listed_journeys),
                [{"destruction": number, "stream": one, "class": of_class.get(one)} for one in part],
            )
        noted(connection, now, actor, "propose destruction", f"destruction {number}", reason=reason)
    return proposal(engine, number)


def refuse_parts(connection: Connection, journeys: Iterable[UUID]) -> None:
    """NotProposed when a list has not all that is left of a person on it."""
    every = set(journeys)
    left = frozenset[UUID]().union(*together(connection, every - destroyed_among(connection, every)).values()) - every
    if left - destroyed_among(connection, left):
        raise NotProposed("the list leaves out journeys of persons on it who have had several V-numbers")


def proposal(engine: Engine, number: int) -> Proposal:
    """One of the proposals; NotProposed when there is none of this number."""
    with reading(engine) as connection:
        row = connection.execute(select(destructions).where(destructions.c.number == number)).one_or_none()
    if row is None:
        raise NotProposed(f"there is no destruction {number}")
    return Proposal(
        *(row.number, row.grounds, row.reason, row.journeys, bytes(row.digest)),
        *(row.proposed_by, row.proposed_at, row.approved_by, row.approved_at, row.declaration),
    )


def listed(engine: Engine, number: int) -> list[UUID]:
    """The journeys on the list of a proposal, in order."""
    statement = select(listed_journeys.c.stream).where(listed_journeys.c.destruction == number)
    with reading(engine) as connection:
        return sorted(connection.execute(statement).scalars())


def hold(engine: Engine, actor: str, now: datetime, journeys: Sequence[UUID], reason: str) -> int:
    """Keep these persons' journeys from destruction until they are released; how many were not kept from it before."""
    why = _reason(reason)
    with writing(engine) as connection:
        if set(journeys) - _known(connection, journeys):
            raise NotProposed("not all on the list are journeys of this service")
        every = frozenset[UUID]().union(*together(connection, journeys).values())
        new = every - on_hold(connection, every)
        if new:
            rows = [{"stream": one, "placed_by": actor, "placed_at": now, "reason": why} for one in sorted(new)]
            connection.execute(insert(holds), rows)
        for one in sorted(new):
            noted(connection, now, actor, "hold journey", "journey", reason=why, journey=one)
    return len(new)


def release(engine: Engine, actor: str, now: datetime, journeys: Sequence[UUID], reason: str) -> int:
    """Let these persons' journeys be destroyed again when it is time; how many were kept from it."""
    why = _reason(reason)
    with writing(engine) as connection:
        every = frozenset[UUID]().union(*together(connection, journeys).values())
        there = sorted(on_hold(connection, every))
        for one in there:
            connection.execute(delete(holds).where(holds.c.stream == one))
            noted(connection, now, actor, "release journey", "journey", reason=why, journey=one)
    return len(there)


def held_among(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys that are kept from destruction: they, or another journey of the same person.

    Who has had several V-numbers is often told after one of the journeys was put on hold.
    """
    persons = together(connection, journeys)
    held = on_hold(connection, frozenset[UUID]().union(*persons.values()))
    return {one for one, person in persons.items() if not held.isdisjoint(person)}


def on_hold(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    """Those of these journeys that were put on hold themselves."""
    return _among(connection, "holds", journeys)


def _known(connection: Connection, journeys: Iterable[UUID]) -> set[UUID]:
    return _among(connection, journey_keys.name, journeys)


def _among(connection: Connection, table: str, journeys: Iterable[UUID]) -> set[UUID]:
    return {
        dialect.stream(stream)
        for condition, parameters in dialect.among(connection, "stream", journeys)
        for (stream,) in dialect.fetch(connection, f"SELECT stream FROM {table} WHERE {condition}", parameters)  # noqa: S608 - ours
    }


def _reason(text: str) -> str:
    """Why, in a line that stays for ever and so may name nobody."""
    if not text.strip() or len(text) > _LONGEST_REASON or not text.isprintable():
        raise NotProposed(f"a reason is a line of at most {_LONGEST_REASON} characters")
    if holds_personal_number(text):
        raise NotProposed("a reason must not hold a V-number, BSN or IBAN")
    return text
