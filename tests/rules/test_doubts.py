"""Doubts: a finding on the journey until whoever said what is doubted corrects, withdraws or answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.facts import DoubtAnswered, FactDoubted, Recorded
from domain.norm_sets import NORM_SETS
from domain.places import Places
from projections.journey_state import journey_state
from projections.timeline import timeline
from service.foundation.organisations import development
from service.queries.sentences import sentences
from service.queries.sentences.language import Names
from tests.rules.histories import COA, IND, TOWN, days, given, granted, histories, linked, said, withdrawn

PLACES = Places.shipped()
PERMIT_14 = NORM_SETS["permit-14"]
LATE = date(2026, 1, 1)

A_PERMIT = granted("2021-03-01", id="p", source=IND)
A_LINK = linked("2021-03-10", "GM0344", id="l", source=COA)


def doubted(on: str = "2021-06-01", of: str = "l", source: str = COA, **envelope: Any) -> Recorded:
    fact = FactDoubted(of, source, "another municipality")
    return said(on, fact, **{"id": "d", "source": TOWN, **envelope})


def answered(*, upheld: bool, on: str = "2021-06-08", of: str = "d", **envelope: Any) -> Recorded:
    fact = DoubtAnswered(of, TOWN, upheld)
    return said(on, fact, **{"id": "a", "source": COA, **envelope})


def found(*events: Recorded, on: date = LATE) -> list[tuple[str, str, date]]:
    """The findings about doubts, as a reader of the journey sees them."""
    every = journey_state(given(*events), on, PERMIT_14, PLACES).findings
    return [(one.code, one.id, one.on) for one in every if "doubt" in one.code]


def test_what_is_doubted_is_a_finding_on_the_day_of_what_is_doubted() -> None:
    assert found(A_PERMIT, A_LINK, doubted()) == [("fact-doubted", "d", date(2021, 3, 10))]


def test_the_day_on_which_it_was_doubted_plays_no_part() -> None:
    assert found(A_PERMIT, A_LINK, doubted("2021-06-01"), on=date(2021, 4, 1)) == [
        ("fact-doubted", "d", date(2021, 3, 10))
    ]
    assert found(A_PERMIT, A_LINK, doubted("2021-01-01"), on=date(2021, 3, 9)) == []


def test_a_doubt_changes_nothing_else() -> None:
    plain, with_doubt = (
        journey_state(given(A_PERMIT, A_LINK, *more), LATE, PERMIT_14, PLACES)
        for more in ([], [doubted(), answered(upheld=True)])
    )
    assert with_doubt[:-1] == plain[:-1]


def test_a_correction_of_what_is_doubted_settles_the_doubt() -> None:
    right = linked("2021-03-10", "GM0307", id="l2", source=COA, corrects="l", at="2021-06-09T12:00:00+00:00")
    assert found(A_PERMIT, A_LINK, doubted(), right) == []


def test_a_doubt_about_the_newest_version_stands_though_an_older_one_was_corrected() -> None:
    right = linked("2021-03-10", "GM0307", id="l2", source=COA, corrects="l", at="2021-06-09T12:00:00+00:00")
    assert found(A_PERMIT, A_LINK, right, doubted(of="l2")) == [("fact-doubted", "d", date(2021, 3, 10))]


def test_a_withdrawal_of_what_is_doubted_settles_the_doubt_until_it_is_withdrawn_itself() -> None:
    off = withdrawn("l", id="w", source=COA)
    assert found(A_PERMIT, A_LINK, doubted(), off) == []
    back = withdrawn("w", id="ww", source=COA)
    assert found(A_PERMIT, A_LINK, doubted(), off, back) == [("fact-doubted", "d", date(2021, 3, 10))]


def test_an_answer_that_does_not_uphold_the_doubt_settles_it() -> None:
    assert found(A_PERMIT, A_LINK, doubted(), answered(upheld=False)) == []


def test_a_doubt_that_was_upheld_is_a_finding_until_what_it_is_about_is_set_right() -> None:
    told = [A_PERMIT, A_LINK, doubted(), answered(upheld=True)]
    assert found(*told) == [("doubt-upheld", "d", date(2021, 3, 10))]
    right = linked("2021-03-10", "GM0307", id="l2", source=COA, corrects="l", at="2021-06-09T12:00:00+00:00")
    assert found(*told, right) == []


def test_the_newest_answer_counts() -> None:
    first = answered(upheld=True, id="a1", at="2021-06-08T12:00:00+00:00")
    second = answered(upheld=False, id="a2", at="2021-06-09T12:00:00+00:00")
    assert found(A_PERMIT, A_LINK, doubted(), second, first) == []


def test_only_who_said_it_can_answer() -> None:
    assert found(A_PERMIT, A_LINK, doubted(), answered(upheld=False, source=IND)) == [
        ("fact-doubted", "d", date(2021, 3, 10)),
        ("doubt-answered-by-another", "a", date(2021, 6, 8)),
    ]


def test_a_withdrawn_doubt_and_a_withdrawn_answer_might_never_have_been() -> None:
    assert found(A_PERMIT, A_LINK, doubted(), withdrawn("d", id="w", source=TOWN)) == []
    told = [A_PERMIT, A_LINK, doubted(), answered(upheld=False), withdrawn("a", id="w", source=COA)]
    assert found(*told) == [("fact-doubted", "d", date(2021, 3, 10))]


def test_a_corrected_doubt_is_answered_by_any_of_its_names() -> None:
    anew = doubted(id="d2", corrects="d", at="2021-06-02T12:00:00+00:00")
    assert found(A_PERMIT, A_LINK, doubted(), anew) == [("fact-doubted", "d2", date(2021, 3, 10))]
    assert found(A_PERMIT, A_LINK, doubted(), anew, answered(upheld=False)) == []
    assert found(A_PERMIT, A_LINK, doubted(), anew, answered(upheld=False, of="d2")) == []


def test_a_doubt_of_what_is_not_there_and_an_answer_to_no_doubt_are_findings() -> None:
    assert found(A_PERMIT, doubted(), answered(upheld=False, of="l"), on=date(2021, 3, 2)) == [
        ("doubts-unknown-event", "d", date(2021, 6, 1)),
        ("answers-unknown-doubt", "a", date(2021, 6, 8)),
    ]


def test_a_doubt_and_its_answer_are_told_in_words() -> None:
    names = Names(PLACES, development)
    told = [
        sentences(one, names) for one in timeline(given(A_LINK, doubted(), answered(upheld=True)), PERMIT_14, PLACES)
    ]
    assert [one["nl"].partition("; gemeld")[0] for one in told[1:]] == [
        "Op 1 juni 2021 is twijfel gemeld over de melding ‘gekoppeld’ over 10 maart 2021 (positie 1)",
        "Op 8 juni 2021 is de melding ‘twijfel’ over 1 juni 2021 (positie 2) beantwoord: wat gemeld is, klopt niet",
    ]
    assert [one["en"].partition("; reported")[0] for one in told[1:]] == [
        "On 1 June 2021 doubt was raised about the report ‘linked’ of 10 March 2021 (position 1)",
        "On 8 June 2021 the report ‘doubt’ of 1 June 2021 (position 2) was answered: what was reported is not right",
    ]


def test_the_history_of_a_day_tells_a_doubt_with_what_it_is_about() -> None:
    entries = timeline(given(A_LINK, doubted(), answered(upheld=True)), PERMIT_14, PLACES, date(2021, 3, 10))
    assert [entry.event.id for entry in entries] == ["l", "d", "a"]


_ids = st.sampled_from([f"e{place}" for place in range(12)])
_doubts = st.builds(FactDoubted, _ids, st.sampled_from([COA, IND]), st.just("why"))
_answers = st.builds(DoubtAnswered, _ids, st.sampled_from([COA, IND]), st.booleans())


@st.composite
def doubtful(draw: st.DrawFn) -> list[Recorded]:
    """A journey with anything in it, of which much is doubted and answered for."""
    told: Sequence[Recorded] = draw(histories(least=3))
    return [event._replace(fact=draw(_doubts | _answers)) if draw(st.integers(0, 2)) == 0 else event for event in told]


@settings(max_examples=150, deadline=None)
@drawn(doubtful(), days, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_what_is_in_doubt(told: list[Recorded], day: date, dice: Any) -> None:
    shuffled = list(told)
    dice.shuffle(shuffled)
    one, other = (journey_state(given(*some), day, PERMIT_14, PLACES) for some in (told, shuffled))
    assert one.findings == other.findings
