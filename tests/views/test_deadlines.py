"""What falls due, as lists read it from the tables and as the journey says it, for any history and any day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.ages import comes_of_age_on
from domain.deadlines import DEADLINE_OWNERS, DeadlineKind
from domain.facts import Recorded
from domain.norm_sets import NORM_SETS
from domain.norms import PhaseState
from domain.places import Places
from projections.deadlines import OPEN_DEADLINES, Deadline, DeadlineKey, read_deadlines
from projections.engine import Asked
from projections.journey_state import journey_state
from projections.places import read_places
from projections.waiting import Sought, read_waiting
from tests.rules.histories import histories as histories_of
from tests.rules.histories import journey_facts
from tests.views.logs import PLACES, Log, examples

PERMIT_14 = NORM_SETS["permit-14"]
KINDS = tuple(OPEN_DEADLINES)

journeys = st.lists(histories_of(least=4, of=journey_facts), min_size=1, max_size=4)


def listed(
    log: Log,
    on: date,
    *,
    kinds: Collection[DeadlineKind] = KINDS,
    after: DeadlineKey | None = None,
    limit: int = 10_000,
) -> list[Deadline]:
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        places = read_places(tables, asked)
        return read_deadlines(
            tables,
            asked,
            PERMIT_14,
            places,
            kinds=kinds,
            municipality=None,
            since=None,
            until=None,
            after=after,
            limit=limit,
        )


def said_of(known: Sequence[Recorded], on: date, places: Places) -> Iterator[tuple[DeadlineKind, date]]:
    """What falls due as a journey tells it itself."""
    stands = journey_state(known, on, PERMIT_14, places)
    journey, stay = stands.journey, stands.stay
    housing = next(one for one in stands.phases if one.name == "housing")
    if housing.state is PhaseState.OPEN and housing.due_on is not None:
        yield "housing-norm", housing.due_on
    if stay is not None and stay.until is not None:
        yield "guest-stay" if stay.kind == "guest" else "temporary-stay", stay.until
    integration = journey.integration
    undone = integration.fulfilled_on is None and integration.exempted != "full"
    if integration.law is not None and journey.ending is None and undone:
        plan_due_on = integration.plan_due_on(journey.registered_on, journey.housing and journey.housing.on)
        if plan_due_on is not None and integration.first_plan is None:
            yield "integration-plan", plan_due_on
        if integration.term_ends_on is not None:
            yield "integration-term", integration.term_ends_on
    in_unit = journey.housing is not None and journey.housing.accommodation == "minor-unit" and not journey.moved_on
    looked_after = journey.ending is None and (journey.in_reception or in_unit)
    if journey.unaccompanied_minor and journey.born and looked_after:
        comes_on = comes_of_age_on(journey.born)
        if comes_on is not None:
            yield "turning-18", comes_on


@examples(25)
@given(journeys, st.randoms(use_true_random=False))
def test_the_list_has_what_each_journey_says_of_itself_and_nothing_more(
    log: Log, stories: list[list[Recorded]], seed: Random
) -> None:
    known = [log.commit(log.journey(story)) for story in stories]
    log.follow()
    days = sorted({event.effective_on for events in known for event in events})
    for day in {seed.choice(days) + timedelta(days=seed.choice((0, 0, 1, 40))) for _ in range(3)}:
        streams = {events[0].stream for events in known}
        found = {(one.journey, one.kind, one.due_on) for one in listed(log, day) if one.journey in streams}
        expected = {(events[0].stream, *one) for events in known for one in said_of(events, day, PLACES)}
        assert found == expected, day


def test_every_kind_has_its_rows_and_its_owner() -> None:
    assert [*OPEN_DEADLINES] == [*DEADLINE_OWNERS]


@examples(6)
@given(journeys)
def test_pages_of_any_size_are_the_whole_list(log: Log, stories: list[list[Recorded]]) -> None:
    for story in stories:
        log.commit(log.journey(story))
    log.follow()
    day = max(event.effective_on for story in stories for event in story)
    whole = listed(log, day)
    for limit in (1, 3):
        pages: list[Deadline] = []
        while page := listed(log, day, limit=limit, after=_key(pages[-1]) if pages else None):
            pages += page
            if len(pages) > 20:
                break
        assert pages == whole[: len(pages)] and (len(pages) > 20 or len(pages) == len(whole))


def _key(one: Deadline) -> DeadlineKey:
    return DeadlineKey(one.due_on, one.kind, one.journey)


@examples(20)
@given(journeys, st.integers(0, 60))
def test_the_cause_of_a_row_is_that_which_the_journey_gives_for_the_day(
    log: Log, stories: list[list[Recorded]], later: int
) -> None:
    known = [log.commit(log.journey(story)) for story in stories]
    log.follow()
    day = max(event.effective_on for events in known for event in events) + timedelta(days=later)
    with log.tables() as tables:
        asked = Asked(day, log.reached())
        places = read_places(tables, asked)
        rows = read_waiting(
            tables, asked, PERMIT_14, places, sought=Sought(), municipality=None, after=None, limit=100_000
        )
    causes: dict[UUID, str | None] = {one.journey: one.cause for one in rows}
    for events in known:
        if events[0].stream in causes:
            spells = journey_state(events, day, PERMIT_14, PLACES).causes_by_day
            # Of who has no permit no day has a cause.
            assert causes[events[0].stream] == (spells[-1].cause if spells else None)
            assert not spells or spells[-1].until is None
