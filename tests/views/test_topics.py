"""The topics that a projection listens to are those that can change its rows, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from domain.dossier import REQUIRED_ITEMS
from domain.facts import (
    AREA_FACTS,
    JOURNEY_FACTS,
    PERIOD_FACTS,
    REFERENCE_FACTS,
    DossierItemCompleted,
    EventWithdrawn,
    Fact,
    FamilyArrived,
    FamilyReunificationApplied,
    FamilyReunificationDecided,
    FineImposed,
    GuestStayStarted,
    HandoverHeld,
    HomeReady,
    Housed,
    IntegrationDutyStarted,
    Linked,
    OfferAccepted,
    OfferRefused,
    PermitGranted,
    Recorded,
    RefusalAssessed,
    ResidenceDocumentIssued,
    VNumberReplaced,
)
from domain.persons import merge_histories
from projections.engine import Projection
from projections.row_store import Row
from projections.states import PROJECTIONS, findings
from projections.stream_history import StreamHistory
from tests.rules.histories import (
    AMSTERDAM,
    COA,
    FIRST_DAY,
    STREAM,
    UTRECHT,
    WEESP,
    accepted,
    area_facts,
    days,
    died,
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


#: What there must be before a home alone is what somebody waits for.
_PAPERS: tuple[Fact, ...] = (*map(DossierItemCompleted, REQUIRED_ITEMS), ResidenceDocumentIssued())


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """The way of a permit holder to a home in one municipality, as far as it came in the first days of that spring."""
    on = sorted(draw(st.lists(st.dates(FIRST_DAY, FIRST_DAY + timedelta(days=4)), min_size=4, max_size=4)))
    way = granted(on[0]), linked(on[1]), home_ready(on[2]), housed(on[3])
    papers = [said(FIRST_DAY, fact) for fact in _PAPERS] if draw(st.booleans()) else []
    return log(*papers, *way[: draw(st.sampled_from([2, 3, 4, 4]))])


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


#: What a way home is made of, in its order.
_HOMEWARD: tuple[Any, ...] = (
    Linked(UTRECHT),
    DossierItemCompleted("bsn"),
    HandoverHeld(UTRECHT, "warm"),
    OfferAccepted(UTRECHT, "regular"),
    Housed(UTRECHT, "regular"),
)


@st.composite
def ways_home(draw: st.DrawFn) -> list[Recorded]:
    """Somebody with a permit, and some of what happens on the way home, all through that spring."""
    some = draw(st.lists(st.sampled_from(range(len(_HOMEWARD))), min_size=1, unique=True).map(sorted))
    on = sorted(draw(st.lists(days, min_size=len(some), max_size=len(some))))
    return log(granted(FIRST_DAY), *(said(day, _HOMEWARD[nth]) for day, nth in zip(on, some, strict=True)))


@st.composite
def repeated(draw: st.DrawFn) -> list[Recorded]:
    """Somebody linked while housed, or linked before, which changes nothing unless that ended; and a home accepted."""
    on = sorted(draw(st.lists(days, min_size=2, max_size=2)))
    before = draw(st.sampled_from([housed(FIRST_DAY), linked(FIRST_DAY)]))
    return log(granted(FIRST_DAY), before, linked(on[0]), accepted(on[1]))


@st.composite
def duties(draw: st.DrawFn) -> list[Recorded]:
    """Somebody who was fined and has to integrate: housed, gone, or linked to what then was another municipality."""
    fine, duty = (
        said(FIRST_DAY, FineImposed(340, "route"), source=COA),
        said(FIRST_DAY, IntegrationDutyStarted("wi2021")),
    )
    anew = linked(FIRST_DAY, WEESP), linked(FIRST_DAY + timedelta(days=30), AMSTERDAM)
    return log(fine, duty, *draw(st.sampled_from([(housed(FIRST_DAY),), (died("2022-03-01"),), anew])))


@st.composite
def temporary(draw: st.DrawFn) -> list[Recorded]:
    """Somebody whose family is to follow, who is a guest, has a place in a hotel, or lives there, in the first days."""
    on = sorted(draw(st.lists(st.dates(FIRST_DAY, FIRST_DAY + timedelta(days=4)), min_size=4, max_size=4)))
    hotel = HomeReady(UTRECHT, "hotel", until=FIRST_DAY + timedelta(days=400))
    meanwhile: list[Any] = [hotel, hotel, GuestStayStarted(), FamilyArrived(1)]
    some = (
        said(on[0], PermitGranted("asylum", unaccompanied_minor=draw(st.booleans()))),
        linked(on[1]),
        said(on[1], FamilyReunificationApplied(2)),
        said(on[1], FamilyReunificationDecided(2, 0)),
        said(on[2], draw(st.sampled_from(meanwhile))),
        housed(on[3], accommodation=draw(st.sampled_from(["hotel", "hotel", "minor-unit"]))),
    )
    return log(*some[: draw(st.sampled_from([5, 6]))])


class Speaking(NamedTuple):
    """What can be said in a stream: all of its topics, and any history; of journeys that of two may be told at once."""

    topics: frozenset[str]
    kinds: Sequence[st.SearchStrategy[list[Recorded]]]
    streams: Sequence[UUID] = (STREAM,)


def speaking(
    shapes: Sequence[type[Fact]], of: st.SearchStrategy[Fact], *more: st.SearchStrategy[list[Recorded]]
) -> Speaking:
    topics = frozenset(shape.TOPIC for shape in (*shapes, EventWithdrawn))
    return Speaking(topics, (histories(least=1, of=of), plain_histories(least=1, of=of), *more))


EVERY = {
    # Lives in order for the most part: in a tangle few events change anything.
    "journeys": speaking(
        *(JOURNEY_FACTS, journey_facts, lives(), stays(), temporary(), duties(), ways_home(), repeated())
    )._replace(streams=(STREAM, OTHER)),
    "a half-year": speaking(PERIOD_FACTS, period_facts),
    "an area": speaking(AREA_FACTS, area_facts),
    "the municipalities": speaking(REFERENCE_FACTS, reference_facts),
}


@st.composite
def one_more(draw: st.DrawFn, of: Speaking, topic: str, corrects: str | None = None) -> tuple[list[Recorded], Recorded]:
    """Anything that was said, and an event of a topic that comes after it.

    It is of a municipality that was spoken of before, and sets nothing right unless that is what its topic is for;
    what it `corrects` is never known.
    """
    streams = st.sampled_from(of.streams)
    before = draw(st.one_of(*of.kinds))
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
    return before, said(draw(days), fact, id="more", source=source, corrects=corrects)._replace(stream=stream)


def everyone(*known: Recorded) -> dict[UUID, StreamHistory]:
    """All that was said, by stream; what is told of one person by the stream of the newest V-number."""
    who, persons = merge_histories(log(*known))
    return {
        stream: StreamHistory(
            history,
            PLACES,
            besides=[one for of in sorted(who.findings) if who.newest_of(of) == stream for one in who.findings[of]],
        )
        for stream, history in persons.items()
    }


def rows(projection: Projection, every: Mapping[UUID, StreamHistory]) -> dict[UUID, Counter[Row]]:
    """The rows of streams that have any."""
    found = {stream: Counter(projection.rows(one)) for stream, one in every.items()}
    return {stream: some for stream, some in found.items() if some}


def changed(before: Sequence[Recorded], event: Recorded, among: Sequence[Projection] = PROJECTIONS) -> set[str]:
    """The projections whose rows an event changes."""
    then, now = everyone(*before), everyone(*before, event)
    return {projection.name for projection in among if rows(projection, now) != rows(projection, then)}


@pytest.mark.parametrize(
    ("of", "topic"),
    [pytest.param(of, topic, id=f"{name}-{topic}") for name, of in EVERY.items() for topic in sorted(of.topics)],
)
@given(st.data())
def test_an_event_changes_no_rows_but_those_of_projections_that_listen_to_its_topic(
    of: Speaking, topic: str, data: st.DataObject
) -> None:
    corrects = data.draw(st.sampled_from([None, None, "never-sent"]))
    assert changed(*data.draw(one_more(of, topic, corrects))) <= {
        one.name for one in PROJECTIONS if topic in one.topics
    }


@pytest.mark.parametrize(
    ("projection", "topic"),
    [pytest.param(one, topic, id=f"{one.name}-{topic}") for one in PROJECTIONS for topic in sorted(one.topics)],
)
def test_every_topic_that_a_projection_listens_to_can_change_its_rows(projection: Projection, topic: str) -> None:
    corrects = "never-sent" if projection is findings.PROJECTION else None
    # One kind of history after another: what is rare in one is common in another.
    kinds = [of._replace(kinds=(kind,)) for of in EVERY.values() if topic in of.topics for kind in of.kinds]
    # What is found at all is mostly found early; who searches once more searches longer.
    for most, of in product((500, 4_000), kinds):
        with suppress(NoSuchExample):
            find(
                one_more(of, topic, corrects),
                lambda one: bool(changed(one[0], one[1], [projection])),
                settings=settings(max_examples=most, phases=[Phase.generate], database=None),
                random=Random(1),
            )
            return
    pytest.fail(f"nothing of {topic} changes {projection.name}")
