"""The topics that a projection listens to are those that can change its rows, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from domain.facts import (
    AREA_FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    DossierItemCompleted,
    EventWithdrawn,
    Fact,
    FamilyReunificationDecided,
    GuestStayStarted,
    OfferRefused,
    Recorded,
    RefusalAssessed,
    VNumberReplaced,
)
from domain.persons import merge_histories
from projections.engine import Projection
from projections.row_store import Row
from projections.states import PROJECTIONS
from projections.stream_history import StreamHistory
from tests.rules.histories import (
    COA,
    FIRST_DAY,
    STREAM,
    UTRECHT,
    area_facts,
    days,
    facts,
    granted,
    histories,
    home_ready,
    housed,
    journey_facts,
    linked,
    period_facts,
    plain_histories,
    reference_facts,
    said,
)
from tests.rules.histories import given as log
from tests.views.logs import PLACES

OTHER = UUID("6e2f7d2f-8b1c-5d4f-8b55-1d8f6a2b3c4e")


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """The way of a permit holder to a home in one municipality, as far as it came in the first days of that spring."""
    on = sorted(draw(st.lists(st.dates(FIRST_DAY, FIRST_DAY + timedelta(days=4)), min_size=4, max_size=4)))
    way = granted(on[0]), linked(on[1]), home_ready(on[2]), housed(on[3])
    return log(*way[: draw(st.sampled_from([2, 3, 4, 4]))])


#: What of a stay in reception another event can end or undo.
_MEANWHILE = (
    DossierItemCompleted("bsn"),
    FamilyReunificationDecided(3, 0),
    GuestStayStarted(),
    OfferRefused(UTRECHT, "too small"),
    RefusalAssessed(False),
)


@st.composite
def stays(draw: st.DrawFn) -> list[Recorded]:
    """Somebody in reception who is linked, and some of what happens meanwhile, all of it in the first days."""
    some = draw(st.lists(st.sampled_from(range(len(_MEANWHILE))), unique=True).map(sorted))
    meanwhile = (said(FIRST_DAY + timedelta(days=nth), _MEANWHILE[nth]) for nth in some)
    return log(granted(FIRST_DAY), linked(FIRST_DAY), *meanwhile)


class Speaking(NamedTuple):
    """What can be said in a stream: all of its topics, and any history; of journeys that of two may be told at once."""

    topics: frozenset[str]
    histories: st.SearchStrategy[list[Recorded]]
    streams: Sequence[UUID] = (STREAM,)


def speaking(
    shapes: Sequence[type[Fact]], of: st.SearchStrategy[Fact], *more: st.SearchStrategy[list[Recorded]]
) -> Speaking:
    topics = frozenset(shape.TOPIC for shape in (*shapes, EventWithdrawn))
    return Speaking(topics, st.one_of(histories(least=1, of=of), plain_histories(least=1, of=of), *more))


EVERY = {
    # Lives in order for the most part: in a tangle few events change anything.
    "journeys": speaking(JOURNEY_FACTS, journey_facts, lives(), lives(), stays())._replace(streams=(STREAM, OTHER)),
    "a half-year": speaking(PERIOD_FACTS, period_facts),
    "an area": speaking(AREA_FACTS, area_facts),
    "the municipalities": speaking(REFERENCE_FACTS, reference_facts),
}


@st.composite
def one_more(draw: st.DrawFn, of: Speaking, topic: str) -> tuple[list[Recorded], Recorded]:
    """Anything that was said, and an event of a topic that comes after it.

    It is of a municipality that was spoken of before, and sets nothing right unless that is what its topic is for.
    """
    streams = st.sampled_from(of.streams)
    before = draw(of.histories)
    if draw(st.integers(0, 2)) == 0:
        before = [event._replace(stream=draw(streams)) for event in before]
    named = [code for event in before if (code := getattr(event.fact, "municipality", None)) is not None]
    fact: Any = draw(facts(topic))
    stream, source = draw(st.sampled_from(before)).stream, COA
    if isinstance(fact, EventWithdrawn):
        wrong = draw(st.sampled_from(before))
        fact, stream, source = replace(fact, withdraws=wrong.id), wrong.stream, wrong.source
    elif isinstance(fact, VNumberReplaced):
        stream, older = draw(st.permutations(of.streams))
        fact = replace(fact, replaces=str(older))
    elif named and hasattr(fact, "municipality"):
        fact = replace(fact, municipality=draw(st.sampled_from(named)))
    return before, said(draw(days), fact, id="more", source=source)._replace(stream=stream)


def everyone(*known: Recorded) -> dict[UUID, StreamHistory]:
    """All that was said, by stream; what is told of one person by the stream of the newest V-number."""
    _, persons = merge_histories(log(*known))
    return {stream: StreamHistory(history, PLACES) for stream, history in persons.items()}


def rows(projection: Projection, every: Mapping[UUID, StreamHistory]) -> dict[UUID, Counter[Row]]:
    """The rows of streams that have any."""
    found = {stream: Counter(projection.rows(one)) for stream, one in every.items()}
    return {stream: some for stream, some in found.items() if some}


def changed(before: Sequence[Recorded], event: Recorded) -> set[str]:
    """The projections whose rows an event changes."""
    then, now = everyone(*before), everyone(*before, event)
    return {projection.name for projection in PROJECTIONS if rows(projection, now) != rows(projection, then)}


@pytest.mark.parametrize(
    ("of", "topic"),
    [pytest.param(of, topic, id=f"{name}-{topic}") for name, of in EVERY.items() for topic in sorted(of.topics)],
)
@given(st.data())
def test_an_event_changes_no_rows_but_those_of_projections_that_listen_to_its_topic(
    of: Speaking, topic: str, data: st.DataObject
) -> None:
    assert changed(*data.draw(one_more(of, topic))) <= {one.name for one in PROJECTIONS if topic in one.topics}


@pytest.mark.parametrize(
    ("projection", "topic"),
    [pytest.param(one, topic, id=f"{one.name}-{topic}") for one in PROJECTIONS for topic in sorted(one.topics)],
)
def test_every_topic_that_a_projection_listens_to_can_change_its_rows(projection: Projection, topic: str) -> None:
    some = st.one_of(*(one_more(of, topic) for of in EVERY.values() if topic in of.topics))
    enough = settings(max_examples=2_000, phases=[Phase.generate], database=None)
    find(some, lambda one: projection.name in changed(*one), settings=enough, random=Random(1))
