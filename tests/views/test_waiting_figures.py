"""Where the days over the norm went, and who is waiting, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from domain.causes_by_day import DAY_CAUSES
from domain.facts import FamilyReunificationDecided, Recorded, ResidenceDocumentIssued
from domain.norm_sets import NORM_SETS, NormSet, parse_norm_set
from projections.engine import Asked
from projections.figure import Cell, Query
from projections.figures import FIGURES
from projections.places import read_places
from service.queries.disclosed_rows import write_row
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    applied,
    assessed,
    completed,
    granted,
    home_ready,
    housed,
    lapsed,
    link_ended,
    linked,
    refused,
    returned,
    said,
)
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, examples
from tests.views.test_figures_add_up import _log_of

PERMIT_14, LINK_12 = NORM_SETS["permit-14"], NORM_SETS["link-12"]
YEAR = {"from": date(2021, 1, 1), "to": date(2021, 12, 31)}
_ITEMS = ("bsn", "identity-document", "iban")

#: The norm ends on 9 April: 53 days over, from the 10th up to and including 1 June.
EVERYTHING = [
    granted("2021-01-01", id="permit"),
    *completed("2021-03-01", *_ITEMS),
    said("2021-04-20", ResidenceDocumentIssued(), id="document"),
    linked("2021-05-01", id="link"),
    home_ready("2021-05-11", id="home"),
    applied("2021-05-15", persons=2, id="applied"),
    said("2021-05-20", FamilyReunificationDecided(1, 1), id="decided"),
    refused("2021-05-22", id="refused"),
    assessed("2021-05-25", justified=False, id="assessed"),
    housed("2021-06-01", id="housed"),
]
#: 10 to 19 April, 20 to 30 April, 1 to 10 May, 15 to 19 May, 22 to 24 May; the others are 11 to 14 May, 20 and 21 May
#: and 25 May to 1 June.
SPENT = {"document": 10, "unlinked": 11, "home": 10, "family": 5, "refusal": 3, "leaving": 4 + 2 + 8}


def named(events: list[Recorded]) -> list[Recorded]:
    """The same, each with an id."""
    return [event if event.id else event._replace(id=f"n{nth}") for nth, event in enumerate(events)]


def lateness(log: Log, norm: NormSet = PERMIT_14, **asked: Any) -> dict[Any, dict[str, Any]]:
    return rows_of(log, "lateness", **{**YEAR, "norm": norm, **asked})


def told(log: Log, *lives: list[Recorded]) -> None:
    for life in lives:
        log.commit(log.journey(named(life)))
    log.follow()


def test_each_day_over_the_norm_has_one_cause_and_they_sum_to_the_days(log: Log) -> None:
    told(log, EVERYTHING)
    assert sum(SPENT.values()) == 53
    assert lateness(log) == {UTRECHT: {"persons": 1, "days": 53, **SPENT}}
    assert lateness(log, by="country") == {"NL": {"persons": 1, "days": 53, **SPENT}}


def test_the_day_on_which_the_norm_ends_is_in_time_and_that_of_the_housing_counts(log: Log) -> None:
    told(log, [granted("2021-01-01"), housed("2021-04-09")], [granted("2021-01-01"), housed("2021-04-10", AMERSFOORT)])
    assert lateness(log) == {AMERSFOORT: {"persons": 1, "days": 1, "dossier": 1}}


def test_another_norm_set_ends_on_another_day(log: Log) -> None:
    told(log, EVERYTHING)
    # Linked on 1 May, so that 31 days are in time under either reading from the link.
    assert lateness(log, LINK_12) == {}
    # From 22 May on.
    over = {"persons": 1, "days": 11, "refusal": 3, "leaving": 8}
    assert lateness(log, parse_norm_set("14,70,14,20,link")) == {UTRECHT: over}
    assert lateness(log, parse_norm_set("0,0,0,0,permit"))[UTRECHT] == {
        "persons": 1,
        "days": 151,
        **SPENT,
        # 2 January up to and including 28 February; 1 March to 19 April.
        "dossier": 58,
        "document": 50,
    }


def test_a_housing_counts_in_its_window_and_only_when_it_was(log: Log) -> None:
    told(log, EVERYTHING)
    assert lateness(log, to=date(2021, 5, 31)) == {}
    assert lateness(log, on=date(2021, 5, 31)) == {}
    assert lateness(log, to=date(2021, 6, 1), on=date(2021, 6, 1)) == {UTRECHT: {"persons": 1, "days": 53, **SPENT}}


def test_of_who_came_back_the_days_between_count_too(log: Log) -> None:
    life = [
        granted("2021-01-01"),
        *completed("2021-01-02", *_ITEMS),
        said("2021-01-02", ResidenceDocumentIssued()),
        linked("2021-01-10"),
        home_ready("2021-02-01"),
        housed("2021-02-10"),
        returned("2021-05-01"),
        home_ready("2021-05-20"),
        housed("2021-06-01"),
    ]
    told(log, life)
    assert lateness(log, on=date(2021, 4, 30)) == {}
    # Housed until 30 April, which nothing kept them from; from 1 to 19 May there was no home.
    assert lateness(log) == {UTRECHT: {"persons": 1, "days": 53, "leaving": 21 + 13, "home": 19}}


def test_what_came_after_a_housing_is_no_cause_of_it(log: Log) -> None:
    later = [lapsed("2021-07-01", "bsn"), applied("2021-07-01"), link_ended("2021-08-01")]
    told(log, [*EVERYTHING, *later, returned("2021-11-01")])
    assert lateness(log, on=date(2021, 10, 31)) == {UTRECHT: {"persons": 1, "days": 53, **SPENT}}
    assert lateness(log) == {}


def test_who_was_housed_without_a_link_or_a_permit(log: Log) -> None:
    told(log, [granted("2021-01-01"), housed("2021-05-01")], [linked("2021-01-01"), housed("2021-09-01")])
    assert lateness(log) == {UTRECHT: {"persons": 1, "days": 22, "dossier": 22}}
    assert lateness(log, parse_norm_set("0,0,0,0,link")) == {}


def test_what_moved_a_cause_is_told_by_its_days(log: Log) -> None:
    posted = log.commit(log.journey(named(EVERYTHING)))
    before = log.position()
    (first,) = (event for event in posted if isinstance(event.fact, ResidenceDocumentIssued))
    sooner = said(
        "2021-04-15", ResidenceDocumentIssued(), id="sooner", corrects=first.id, at="2021-09-01T09:00:00+00:00"
    )
    log.commit([sooner._replace(stream=first.stream, source=first.source)])
    log.follow()
    (found,) = moved(log, "lateness", Cell("NL", {}, "document"), before, **YEAR, norm=PERMIT_14).values()
    assert [one and one.amount for one in (found.before, found.after)] == [10, 5]
    assert lateness(log)[UTRECHT] == {"persons": 1, "days": 53, **SPENT, "document": 5, "unlinked": 16}


def told_rounded(log: Log) -> list[dict[str, Any]]:
    """The rows as who gets rounded numbers is told them."""
    figure = FIGURES["lateness"]
    with log.tables() as tables:
        asked = Asked(date(2021, 12, 31), log.reached())
        query = Query(tables, asked, read_places(tables, asked), "municipality", {**YEAR, "norm": PERMIT_14})
        names = [column.name for column in figure.columns]
        return [dict(zip(names, write_row(figure, row, exact=False).values, strict=True)) for row in figure.rows(query)]


def test_days_of_fewer_than_three_persons_are_told_to_nobody_who_gets_rounded_numbers(log: Log) -> None:
    # Each waits 22 days over for the file; of two it is complete on the last.
    late = [[granted("2021-01-01"), housed("2021-05-01")] for _ in range(3)]
    told(log, *late, *([*one, *completed("2021-05-01", *_ITEMS)] for one in late[:2]))
    untold: dict[str, Any] = dict.fromkeys(DAY_CAUSES)
    # 22 days each: about 20 of about five.
    assert told_rounded(log) == [{"persons": 5, "days": 100, **untold, "dossier": 100}]
    assert lateness(log) == {UTRECHT: {"persons": 5, "days": 110, "dossier": 108, "document": 2}}


def test_the_days_of_one_cause_alone_are_not_left_to_be_worked_out(log: Log) -> None:
    # Three of each cause but family, of which there is one; and two who were in time.
    in_time = [granted("2021-01-01"), housed("2021-02-01")]
    told(log, *([EVERYTHING] + [[one for one in EVERYTHING if one.fact.TOPIC[:6] != "family"]] * 2), in_time, in_time)
    (row,) = told_rounded(log)
    assert lateness(log)[UTRECHT] == {
        "persons": 3, "days": 159, "document": 30, "unlinked": 33, "home": 30, "family": 5, "refusal": 9, "leaving": 52,
    }  # fmt: skip
    # 53 days each, about 55 of about five; of all of them a fifth without a document, a third of leaving.
    assert row == {
        "persons": 5, "days": 275, "family": None, "refusal": 15, "dossier": None, "document": 55, "unlinked": 55,
        "home": 55, "leaving": 95,
    }  # fmt: skip


def test_the_days_of_one_person_more_are_not_the_difference_of_two_answers(log: Log) -> None:
    late = [granted("2021-01-01"), housed("2021-05-01")]
    told(log, *[late] * 5)
    (before,) = told_rounded(log)
    told(log, [granted("2021-01-01"), housed("2021-11-27")])
    (after,) = told_rounded(log)
    # 232 days over, and 22 of each of the others: 57 on average.
    assert lateness(log)[UTRECHT] == {"persons": 6, "days": 342, "dossier": 342}
    assert (before["days"], after["days"], after["dossier"]) == (100, 275, 275)


def test_that_all_were_late_who_were_housed_is_not_told_of_fewer_than_five(log: Log) -> None:
    late = [granted("2021-01-01"), housed("2021-05-01")]
    told(log, *[late] * 4)
    assert lateness(log)[UTRECHT]["persons"] == 4
    (row,) = told_rounded(log)
    assert (row["persons"], row["days"], row["dossier"]) == (0, None, None)
    told(log, late)
    assert told_rounded(log)[0]["persons"] == 5


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """Somebody who was housed after most of what can keep them from it, on days drawn one by one."""
    day = st.integers(1, 90).map(lambda after: date(2021, 1, 1) + timedelta(days=after))
    meanwhile = [
        *completed(draw(day), *_ITEMS),
        said(draw(day), ResidenceDocumentIssued()),
        linked(draw(day)),
        home_ready(draw(day)),
        refused(draw(day)),
        assessed(draw(day), justified=draw(st.booleans())),
        applied(str(draw(day))),
        said(draw(day), FamilyReunificationDecided(2, 0)),
        linked(draw(day), AMERSFOORT),
        link_ended(str(draw(day))),
        housed(draw(day)),
        returned(draw(day)),
    ]
    some = draw(st.lists(st.sampled_from(meanwhile), unique_by=id))
    return named([granted("2021-01-01"), *some, housed(date(2021, 4, 1) + timedelta(days=draw(st.integers(0, 20))))])


@examples(25)
@given(
    some=st.lists(lives(), min_size=1, max_size=4), total=st.integers(0, 110), start=st.sampled_from(["permit", "link"])
)
def test_the_causes_sum_to_the_days(engine: Engine, some: list[list[Recorded]], total: int, start: str) -> None:
    log = _log_of(engine)
    told(log, *some)
    for row in lateness(log, parse_norm_set(f"14,70,14,{total},{start}")).values():
        assert sum(row.get(cause, 0) for cause in DAY_CAUSES) == row["days"]
        assert row["days"] >= row["persons"]


def test_who_is_waiting_for_what_and_whose_turn_it_is(log: Log) -> None:
    told(
        log,
        [granted("2021-06-20")],  # 11 days for a link
        [granted("2021-06-10")],  # 21 days
        [granted("2021-03-01"), linked("2021-03-10")],  # 113 days for a home, 122 in all
        [granted("2021-03-01"), linked("2021-03-10", AMERSFOORT), home_ready("2021-06-25", AMERSFOORT)],  # 6, 122
        EVERYTHING,
    )
    on = date(2021, 7, 1)
    half = Fraction(1, 2)
    assert rows_of(log, "waiting", "country", on, norm=PERMIT_14) == {
        ("NL", "linking"): {
            "persons": 2, "overNorm": 1, "mean": 16, "median": 16, "p90": 20, "turn": "coa",
        },
        ("NL", "housing"): {
            "persons": 1, "overNorm": 1, "mean": 113, "median": 113, "p90": 113, "turn": "municipality",
        },
        ("NL", "departure"): {
            "persons": 1, "mean": 6, "median": 6, "p90": 6, "turn": "coa-and-permit-holder",
        },
        ("NL", "total"): {
            "persons": 4, "overNorm": 2, "mean": 69, "median": 71 + half, "p90": 122, "turn": "chain",
        },
    }  # fmt: skip
    assert rows_of(log, "waiting", "municipality", on, norm=LINK_12) == {
        (AMERSFOORT, "departure"): {"persons": 1, "mean": 6, "median": 6, "p90": 6, "turn": "coa-and-permit-holder"},
        (AMERSFOORT, "total"): {"persons": 1, "overNorm": 1, "mean": 113, "median": 113, "p90": 113, "turn": "chain"},
        (UTRECHT, "housing"): {
            "persons": 1, "overNorm": 1, "mean": 113, "median": 113, "p90": 113, "turn": "municipality",
        },
        (UTRECHT, "total"): {"persons": 1, "overNorm": 1, "mean": 113, "median": 113, "p90": 113, "turn": "chain"},
    }  # fmt: skip
