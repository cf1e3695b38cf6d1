"""The journeys of one person, who has had several V-numbers: what is destroyed of one is destroyed of all."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection

from domain.facts import Recorded
from domain.persons import kin
from service.log.person_links import claims
from service.log.persons import persons


def whole_persons(connection: Connection, journeys: Iterable[UUID]) -> dict[frozenset[UUID], list[Recorded]]:
    """All journeys of the persons of these, and what is recorded of each person in order of position."""
    every = set(journeys)
    people = persons(connection, every, list)
    return {frozenset(people[one].streams): people[one].known for one in every}


def together(connection: Connection, journeys: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By each of these journeys all those of the same person; read only where there may be several."""
    every = set(journeys)
    merged = every & kin(claims(connection)).keys()
    found = {one: frozenset({one}) for one in every - merged}
    for person in whole_persons(connection, merged) if merged else ():
        found.update(dict.fromkeys(person & every, person))
    return found
