"""A stream is its strands: what is in force in each of them, together, is what is in force in the stream."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.effective import effective_events, independent_groups
from domain.facts import (
    EventWithdrawn,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    QuotaPublished,
    QuotaTransferred,
    Recorded,
    Transfer,
)
from domain.period import Period
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, said

HALF, DAY = Period(2021, 2), date(2021, 7, 1)


def ids(history: list[Recorded]) -> list[tuple[str, ...]]:
    """The ids of every strand, each once."""
    return sorted({tuple(event.id for event in strand) for _, strand in independent_groups(history)})


def numbered(*events: Recorded) -> list[Recorded]:
    return [event._replace(position=n) for n, event in enumerate(events, start=1)]


def test_each_municipality_is_a_strand_with_what_corrects_and_withdraws_it() -> None:
    history = numbered(
        said(DAY, QuotaPublished(HALF, 11_000), id="national"),
        said(DAY, MunicipalQuotaPublished(HALF, UTRECHT, 10), id="quota"),
        said(DAY, OpeningBalanceRecorded(HALF, UTRECHT, 3), id="opening"),
        said(DAY, MunicipalQuotaPublished(HALF, AMERSFOORT, 5), id="other"),
        said(DAY, EventWithdrawn("other", "mistyped", HALF), id="off"),
        said(DAY, QuotaTransferred(HALF, (Transfer(UTRECHT, 1), Transfer(AMERSFOORT, -1))), id="transfer"),
    )
    assert ids(history) == [("national", "transfer"), ("other", "off"), ("quota", "opening")]


def test_a_correction_ties_two_municipalities_together() -> None:
    history = numbered(
        said(DAY, MunicipalQuotaPublished(HALF, UTRECHT, 10), id="one"),
        said(DAY, MunicipalQuotaPublished(HALF, AMERSFOORT, 5), id="two"),
        said(DAY, MunicipalQuotaPublished(HALF, AMERSFOORT, 10), id="three", corrects="one"),
    )
    assert ids(history) == [("one", "two", "three")]


@st.composite
def streams(draw: st.DrawFn) -> list[Recorded]:
    """What is said of one half-year, in which events correct and withdraw one another or what is not there."""
    found = []
    for n in range(draw(st.integers(0, 12))):
        town = draw(st.sampled_from([UTRECHT, AMERSFOORT, AMSTERDAM]))
        fact: Any = draw(
            st.sampled_from(
                [
                    QuotaPublished(HALF, n),
                    MunicipalQuotaPublished(HALF, town, n),
                    OpeningBalanceRecorded(HALF, town, n),
                    EventWithdrawn(f"e{draw(st.integers(0, 12))}", "mistyped", HALF),
                ]
            )
        )
        corrects = draw(st.none() | st.integers(0, 12).map(lambda which: f"e{which}"))
        found.append(said(DAY, fact, id=f"e{n}", corrects=corrects))
    return numbered(*found)


@given(streams())
def test_what_is_in_force_in_the_strands_is_in_force_in_the_stream(history: list[Recorded]) -> None:
    each = {event.position: strand for event, strand in independent_groups(history)}
    assert sorted(each) == [event.position for event in history]
    apart = {tuple(one.id for one in strand): strand for strand in each.values()}.values()
    together = sorted(event.position for strand in apart for event in effective_events(strand).events)
    assert together == sorted(event.position for event in effective_events(history).events)
