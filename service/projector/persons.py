"""Work on journeys that were ever claimed to be of one person: at each cut they are who they were known to be then."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from domain.facts import Recorded
from domain.persons import Kin
from projections.engine import Work
from projections.places_then import PlacesThen
from service.log.recorder import LogRow
from service.projector.commit_boundaries import cuts_between


def of_one_person(
    person: Kin, places_at: PlacesThen, reference: Sequence[LogRow] | Sequence[Recorded], after: int = 0
) -> dict[UUID, Work]:
    """What there is to do with each of the journeys, from commits behind a position.

    All of a person's rows are those of the newest journey; the others have none while it goes on in that.
    """
    if reference and not places_at.touch(person.history):
        reference = ()
    found = {}
    for journey, own in person.commits.items():
        cuts = cuts_between(own, reference, after)
        if cuts:
            found[journey] = Work(person.history, cuts, places_at, None, partial(person.known, journey))
    return found
