"""Fines and their cancellations: any version of a fine's event names it, and no order of arrival plays a part."""

from __future__ import annotations

from datetime import date

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.effective import effective_events
from domain.facts import FineCancelled, FineImposed, IntegrationNoticeSent, Recorded
from domain.fines import Fine, fine_findings, fines
from tests.rules.histories import COA, DUO, days, facts, given, histories, said, withdrawn

LATE = date(2026, 12, 31)


def imposed(on: str, amount: int = 340, **envelope: str) -> Recorded:
    return said(on, FineImposed(amount, "participation"), **envelope)


def cancelled(on: str, fine: str, **envelope: str) -> Recorded:
    return said(on, FineCancelled(fine), **envelope)


def fines_of(*events: Recorded, on: date = LATE) -> tuple[Fine, ...]:
    known = given(*events)
    return fines(known, effective_events(known), on)


def codes_of(*events: Recorded) -> list[tuple[str, str]]:
    known = given(*events)
    return [(found.code, found.id) for found in fine_findings(known, effective_events(known))]


def test_a_fine_is_cancelled_from_the_day_of_its_cancellation_on() -> None:
    events = (imposed("2022-09-05", 340, id="f"), imposed("2022-09-06", 1000, id="g"), cancelled("2022-10-03", "f"))
    assert fines_of(*events, on=date(2022, 9, 4)) == ()
    assert fines_of(*events, on=date(2022, 10, 2)) == (Fine(date(2022, 9, 5), 340), Fine(date(2022, 9, 6), 1000))
    assert fines_of(*events) == (Fine(date(2022, 9, 5), 340, date(2022, 10, 3)), Fine(date(2022, 9, 6), 1000))
    assert codes_of(*events) == []


def test_any_version_of_a_fine_names_it() -> None:
    versions = (imposed("2022-09-05", 340, id="f"), imposed("2022-09-07", 250, id="f2", corrects="f"))
    right = (Fine(date(2022, 9, 7), 250, date(2022, 10, 3)),)
    assert fines_of(*versions, cancelled("2022-10-03", "f")) == right
    assert fines_of(*versions, cancelled("2022-10-03", "f2")) == right
    assert fines_of(cancelled("2022-10-03", "f"), *versions) == right


def test_of_two_cancellations_of_one_fine_the_first_day_holds() -> None:
    events = (imposed("2022-09-05", id="f"), cancelled("2022-11-01", "f"), cancelled("2022-10-03", "f"))
    assert fines_of(*events) == (Fine(date(2022, 9, 5), 340, date(2022, 10, 3)),)


def test_a_cancellation_that_was_withdrawn_cancels_nothing() -> None:
    events = (imposed("2022-09-05", id="f"), cancelled("2022-10-03", "f", id="c"), withdrawn("c", source=DUO))
    assert fines_of(*events) == (Fine(date(2022, 9, 5), 340),)


def test_a_cancellation_that_names_no_fine_of_its_source_is_a_finding() -> None:
    assert codes_of(cancelled("2022-10-03", "f", id="c")) == [("cancels-unknown-fine", "c")]
    assert codes_of(imposed("2022-09-05", id="f", source=COA), cancelled("2022-10-03", "f", id="c")) == [
        ("cancels-unknown-fine", "c")
    ]
    notice = said("2022-09-05", IntegrationNoticeSent(), id="f")
    assert codes_of(notice, cancelled("2022-10-03", "f", id="c")) == [("cancels-unknown-fine", "c")]


def test_the_cancellation_of_a_fine_that_was_withdrawn_is_no_finding() -> None:
    events = (imposed("2022-09-05", id="f"), cancelled("2022-10-03", "f"), withdrawn("f", source=DUO))
    assert (fines_of(*events), codes_of(*events)) == ((), [])


_FINES = facts("fine-imposed.v1", "fine-cancelled.v1")


@settings(max_examples=100, deadline=None)
@drawn(histories(of=_FINES), days, st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_what_was_cancelled(history: list[Recorded], on: date, dice) -> None:
    shuffled = list(history)
    dice.shuffle(shuffled)
    assert fines_of(*shuffled, on=on) == fines_of(*history, on=on)
    assert codes_of(*shuffled) == codes_of(*history)
