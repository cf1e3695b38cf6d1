"""What was offered, accepted and refused, as it is kept: the rows of literal lives, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import SmallInteger

from domain.facts import EventWithdrawn, Recorded
from domain.places import Places
from projections.states.housings import housings
from projections.states.links import links
from projections.states.offers import PROJECTION, offers
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    accepted,
    assessed,
    linked,
    offered,
    refused,
    said,
)
from tests.rules.histories import given as log


def rows(*events: Recorded) -> list[tuple[Any, ...]]:
    """The rows: days as text, without an end where there is none."""
    return [
        tuple((None if value == FOREVER else str(value)) if isinstance(value, date) else value for value in row)
        for row in PROJECTION.rows(StreamHistory(log(*events), Places.shipped()))
    ]


def test_what_was_offered_and_accepted_stays_as_it_is() -> None:
    assert rows(offered("2021-04-01"), accepted("2021-04-03")) == [
        ("2021-04-01", None, "offered", UTRECHT, "2021-04-01", None, None, None, None, 1),
        ("2021-04-03", None, "accepted", UTRECHT, "2021-04-03", None, None, None, None, 2),
    ]


def test_a_refusal_has_a_row_for_each_thing_that_becomes_of_it() -> None:
    told = "refused", UTRECHT, "2021-04-01", "size"
    assert rows(
        refused("2021-04-01", UTRECHT, "size"),
        assessed("2021-04-10", justified=True),
        assessed("2021-04-12", justified=False),
        accepted("2021-05-01"),
    ) == [
        ("2021-04-01", "2021-04-10", *told, "unassessed", False, None, 1),
        ("2021-04-10", "2021-04-12", *told, "justified", False, None, 1),
        ("2021-04-12", "2021-05-01", *told, "unjustified", False, None, 1),
        ("2021-05-01", None, *told, "unjustified", True, None, 1),
        ("2021-05-01", None, "accepted", UTRECHT, "2021-05-01", None, None, None, None, 2),
    ]


def test_an_assessment_is_of_the_newest_refusal_before_it_and_one_before_any_of_none() -> None:
    found = rows(
        assessed("2021-03-01", justified=True),
        refused("2021-04-01"),
        refused("2021-04-05", AMERSFOORT, "rent"),
        assessed("2021-04-10", justified=False),
    )
    assert [(row[0], row[3], row[5], row[6]) for row in found] == [
        ("2021-04-01", UTRECHT, "unstated", "unassessed"),
        ("2021-04-05", AMERSFOORT, "rent", "unassessed"),
        ("2021-04-10", AMERSFOORT, "rent", "unjustified"),
    ]


def test_only_what_is_accepted_after_it_in_the_same_municipality_is_accepted_later() -> None:
    def accepted_later(*events: Recorded) -> list[tuple[str, bool]]:
        return [(row[0], row[7]) for row in rows(*events) if row[2] == "refused"]

    assert accepted_later(accepted("2021-03-01"), refused("2021-04-01")) == [("2021-04-01", False)]
    assert accepted_later(refused("2021-04-01"), accepted("2021-05-01", AMERSFOORT)) == [("2021-04-01", False)]
    # Weesp went into Amsterdam on 24 March 2022.
    assert accepted_later(refused("2022-01-01", WEESP), accepted("2022-03-01", AMSTERDAM)) == [("2022-01-01", False)]
    assert accepted_later(refused("2022-01-01", WEESP), accepted("2022-04-01", AMSTERDAM)) == [
        ("2022-01-01", False),
        ("2022-04-01", True),
    ]
    on_one_day = [
        refused("2021-04-01", at="2021-04-01T08:00:00+00:00"),
        accepted("2021-04-01", at="2021-04-01T09:00:00+00:00"),
    ]
    assert accepted_later(*on_one_day) == [("2021-04-01", True)]


def test_an_acceptance_is_for_the_newest_link_on_or_before_its_day_where_that_is_of_the_same_municipality() -> None:
    def for_links(*events: Recorded) -> list[tuple[str, str | None]]:
        return [(row[0], row[8]) for row in rows(*events)]

    link = linked("2021-03-10")
    assert for_links(link, accepted("2021-03-12")) == [("2021-03-12", "2021-03-10")]
    assert for_links(link, accepted("2021-03-12", AMERSFOORT)) == [("2021-03-12", None)]
    assert for_links(accepted("2021-03-09"), link) == [("2021-03-09", None)]
    # By days: one of the link's day is for it, though it was told earlier that day.
    early = accepted("2021-03-10", at="2021-03-10T08:00:00+00:00")
    assert for_links(early, linked("2021-03-10", at="2021-03-10T09:00:00+00:00")) == [("2021-03-10", "2021-03-10")]
    both = link, linked("2021-04-01", AMERSFOORT), accepted("2021-04-02"), accepted("2021-04-03", AMERSFOORT)
    assert for_links(*both) == [("2021-04-02", None), ("2021-04-03", "2021-04-01")]
    # Weesp went into Amsterdam on 24 March 2022.
    assert for_links(linked("2022-01-10", WEESP), accepted("2022-03-23", AMSTERDAM)) == [("2022-03-23", None)]
    assert for_links(linked("2022-01-10", WEESP), accepted("2022-03-24", AMSTERDAM)) == [("2022-03-24", "2022-01-10")]


def test_an_acceptance_withdrawn_was_never_there() -> None:
    told = refused("2021-04-01"), accepted("2021-05-01", id="a")
    gone = said("2021-06-01", EventWithdrawn("a", "another person"), source=told[1].source)
    assert [row[7] for row in rows(*told, gone)] == [False]


def test_the_next_acceptance_is_of_a_municipality_as_it_is_on_the_day_of_that() -> None:
    found = rows(
        refused("2022-01-01", WEESP),
        refused("2022-01-02", AMSTERDAM),
        accepted("2022-02-01", WEESP),
        refused("2022-02-02", WEESP),
        accepted("2022-03-01", AMSTERDAM),
        refused("2022-03-02", WEESP),
        accepted("2022-04-01", AMSTERDAM),
        accepted("2022-05-01", AMSTERDAM),
    )
    since = {(row[5], row[4]): row[0] for row in found if row[7] is True}
    # Weesp went into Amsterdam on 24 March 2022.
    assert {on: day for (_, on), day in since.items()} == {
        "2022-01-01": "2022-02-01",
        "2022-01-02": "2022-03-01",
        "2022-02-02": "2022-04-01",
        "2022-03-02": "2022-04-01",
    }


def test_what_becomes_of_many_refusals_is_found_in_one_pass_over_them(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    code_on = Places.code_on

    def counted(places: Places, code: str, on: date) -> str:
        looked.append(code)
        return code_on(places, code, on)

    monkeypatch.setattr(Places, "code_on", counted)
    days = [date(2021, 1, 1) + timedelta(days=day) for day in range(200)]
    history = StreamHistory(log(*(refused(str(day)) for day in days)), Places.shipped())
    assert history.stages
    looked.clear()
    assert len(list(PROJECTION.rows(history))) == 200
    assert len(looked) < 5 * 200


def test_more_than_32767_of_what_was_offered_can_be_told_apart() -> None:
    assert not any(isinstance(table.c.turn.type, SmallInteger) for table in (offers, links, housings))
