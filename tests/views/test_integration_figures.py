"""Integration, terms and ELIP: counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from domain.facts import (
    FineCancelled,
    FineImposed,
    IntakeHeld,
    IntegrationDutyStarted,
    IntegrationExempted,
    IntegrationFulfilled,
    IntegrationLoanStated,
    IntegrationNoticeSent,
    IntegrationPlanEstablished,
    IntegrationTermExtended,
    IntegrationTermSet,
    Recorded,
    RegisteredAtAddress,
)
from domain.facts.integration import ExtensionGround, Law, Route
from projections.engine import Asked
from projections.figure import Cell, Query
from projections.figures import FIGURES
from projections.places import read_places
from service.queries.disclosed_rows import write_row
from tests.rules.histories import AMERSFOORT, AMSTERDAM, DUO, UTRECHT, WEESP, died, housed, linked, said, withdrawn
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, examples

SPRING = date(2022, 5, 10)
#: What is null of whom the law of 2013 holds for, besides the days between events.
UNPLANNED: dict[str, None] = dict.fromkeys(
    (
        *("inView", "withoutPlan", "withPlan", "withPlanExtended", "firstPlans", "plansInTime", "plansLate", "overdue"),
        *("housedWaitingPlan", "routeB1", "routeEducation", "routeSelfReliance", "changedRoute"),
    )
)
NO_LAGS: dict[str, None] = dict.fromkeys(("housingToIntake", "intakeToPlan", "housingToPlan"))


def told(log: Log, *lives: Sequence[Recorded]) -> None:
    """Journeys of permit holders, followed."""
    for life in lives:
        log.commit(log.journey([event._replace(id=event.id or f"e{nth}") for nth, event in enumerate(life)]))
    log.follow()


def duty(on: str, law: Law = "wi2021") -> Recorded:
    return said(on, IntegrationDutyStarted(law))


def plan(on: str | date, route: Route = "b1") -> Recorded:
    return said(on, IntegrationPlanEstablished(UTRECHT, route))


def intake(on: str) -> Recorded:
    return said(on, IntakeHeld(UTRECHT))


def term(ends_on: str, on: str = "2019-03-01") -> Recorded:
    return said(on, IntegrationTermSet(date.fromisoformat(ends_on)))


def extended(on: str, ends_on: str, ground: ExtensionGround = "no-blame") -> Recorded:
    return said(on, IntegrationTermExtended(date.fromisoformat(ends_on), ground))


def integration(log: Log, on: date = SPRING, weeks: int = 12, **more: Any) -> dict[Any, dict[str, Any]]:
    return rows_of(log, "integration", on=on, weeks=weeks, **more)


def utrecht(log: Log, on: date = SPRING, **more: Any) -> dict[str, Any]:
    """The row of Utrecht under the law of 2021: what is neither 0 nor null."""
    found = integration(log, on, **more).get((UTRECHT, "wi2021"), {})
    return {name: value for name, value in found.items() if value is not None}


NOTIFIED = (duty("2022-02-01"), said("2022-03-01", IntegrationNoticeSent()))
HERE = (housed("2022-02-10", UTRECHT), said("2022-02-15", RegisteredAtAddress(UTRECHT)))


def test_of_a_notice_on_1_march_a_plan_is_in_time_on_10_may_and_late_the_day_after(log: Log) -> None:
    told(log, [*HERE, *NOTIFIED, plan("2022-05-10")], [*HERE, *NOTIFIED, plan("2022-05-11")], [*HERE, *NOTIFIED])
    waiting = {"persons": 3, "inView": 3, "housedWaitingIntake": 3}
    on_the_day = utrecht(log, date(2022, 5, 10))
    assert on_the_day == {
        **waiting,
        "withoutPlan": 2,
        "withPlan": 1,
        "firstPlans": 1,
        "plansInTime": 1,
        "routeB1": 1,
        "housedWaitingPlan": 2,
        "housingToPlan": 89,
    }
    assert utrecht(log, date(2022, 5, 11)) == {
        **waiting,
        "withoutPlan": 1,
        "withPlan": 2,
        "firstPlans": 2,
        "plansInTime": 1,
        "plansLate": 1,
        "routeB1": 2,
        "overdue": 1,
        "housedWaitingPlan": 1,
        "housingToPlan": Fraction(179, 2),
    }


def test_first_plans_are_those_of_thirty_days_the_day_asked_among_them(log: Log) -> None:
    told(
        log,
        [*HERE, *NOTIFIED, plan("2022-04-11")],
        # The first counts, not the newest.
        [*HERE, *NOTIFIED, plan("2022-04-10"), plan("2022-05-01", "education")],
        # Neither in view nor overdue any more, but a plan of these days.
        [*HERE, *NOTIFIED, plan("2022-04-20"), said("2022-05-01", IntegrationFulfilled("diploma"))],
        # Without a last day, and so in time.
        [linked("2022-02-10", UTRECHT), *NOTIFIED, plan("2022-05-10")],
    )
    found = utrecht(log)
    assert {name: found[name] for name in ("firstPlans", "plansInTime", "withPlan", "persons")} == {
        "firstPlans": 3,
        "plansInTime": 3,
        "withPlan": 3,
        "persons": 4,
    }
    assert (found["routeB1"], found["routeEducation"], found["changedRoute"], found["fulfilled"]) == (3, 1, 1, 1)
    assert utrecht(log, date(2022, 5, 11))["firstPlans"] == 2


def test_in_view_are_those_without_a_plan_with_one_and_with_one_that_an_extension_goes_with(log: Log) -> None:
    told(
        log,
        [*HERE, *NOTIFIED],
        [*HERE, *NOTIFIED, extended("2022-03-10", "2025-09-01")],  # extended, and no plan yet
        [*HERE, *NOTIFIED, plan("2022-03-10")],
        [*HERE, *NOTIFIED, plan("2022-03-10"), extended("2022-03-20", "2022-05-11")],
        [*HERE, *NOTIFIED, plan("2022-03-10"), extended("2022-03-20", "2022-05-10")],  # has run out
        [*HERE, *NOTIFIED, plan("2022-03-10"), said("2022-04-01", IntegrationExempted("full"))],
        [*HERE, *NOTIFIED, plan("2022-03-10"), said("2022-04-01", IntegrationExempted("part"))],
        [*HERE, *NOTIFIED, plan("2022-03-10"), said("2022-04-01", IntegrationFulfilled("self-reliance"))],
    )
    found = utrecht(log)
    counted = {name: found[name] for name in ("persons", "inView", "withoutPlan", "withPlan", "withPlanExtended")}
    assert counted == {"persons": 8, "inView": 6, "withoutPlan": 2, "withPlan": 3, "withPlanExtended": 1}
    assert (found["extended"], found["exemptedFull"], found["exemptedPart"], found["fulfilled"]) == (2, 1, 1, 1)


def test_of_whom_the_law_of_2013_holds_for_nothing_is_said_of_plans(log: Log) -> None:
    told(
        log,
        [
            housed("2021-06-01", UTRECHT),
            duty("2021-12-31", "wi2013"),
            intake("2021-08-01"),
            plan("2022-05-01"),
        ],
        [
            housed("2021-06-01", UTRECHT),
            duty("2022-01-01"),
            intake("2021-05-01"),
            plan("2022-05-01"),
        ],
        [housed("2021-06-01", UTRECHT), duty("2021-12-31", "wi2013"), duty("2022-01-01")],
    )
    found = integration(log)
    assert found[UTRECHT, "wi2013"] == {
        "persons": 1,
        "housingToIntake": 61,
        **UNPLANNED,
        "intakeToPlan": None,
        "housingToPlan": None,
    }
    assert found[UTRECHT, "wi2021"] == {
        "persons": 2,
        "inView": 2,
        "withoutPlan": 1,
        "withPlan": 1,
        "firstPlans": 1,
        "plansLate": 1,
        "overdue": 1,
        "housedWaitingIntake": 1,
        "housedWaitingPlan": 1,
        "routeB1": 1,
        # The intake was before the housing.
        "intakeToPlan": 365,
        "housingToPlan": 334,
    }
    assert integration(log, on=date(2021, 12, 31)) == {
        (UTRECHT, "wi2013"): {"persons": 2, "housedWaitingIntake": 1, "housingToIntake": 61, **UNPLANNED}
        | {"intakeToPlan": None, "housingToPlan": None}
    }


def test_who_waits_was_housed_so_many_weeks_ago(log: Log) -> None:
    told(
        log,
        [housed("2022-02-15", UTRECHT), duty("2022-02-20", "wi2013")],  # twelve weeks before
        [housed("2022-02-16", UTRECHT), duty("2022-02-20", "wi2013")],
        [housed("2022-01-01", UTRECHT), duty("2022-02-20", "wi2013"), said("2022-03-01", IntakeHeld(UTRECHT))],
        [housed("2022-01-01", UTRECHT), duty("2022-02-20", "wi2013"), said("2022-03-01", IntegrationExempted("full"))],
        [linked("2022-01-01", UTRECHT), duty("2022-02-20", "wi2013")],
    )
    waiting = [
        integration(log, weeks=weeks)[UTRECHT, "wi2013"].get("housedWaitingIntake", 0) for weeks in (13, 12, 11, 0)
    ]
    assert waiting == [0, 1, 2, 2]


def test_fines_are_counted_and_not_persons_and_those_cancelled_apart(log: Log) -> None:
    fined = [
        said("2022-04-01", FineImposed(340, "participation"), id="one"),
        said("2022-04-02", FineImposed(50, "route"), id="two"),
        said("2022-04-03", FineImposed(50, "route"), id="three"),
        said("2022-05-10", FineCancelled("two"), id="cancelled"),
    ]
    told(log, [duty("2022-02-01"), *fined])
    counted = {"persons": 1, "inView": 1, "withoutPlan": 1, **NO_LAGS}
    assert integration(log, date(2022, 5, 9), by="country") == {("NL", "wi2021"): {**counted, "fines": 3}}
    now = {**counted, "fines": 2, "finesCancelled": 1}
    assert integration(log, by="country") == {("NL", "wi2021"): now}
    assert integration(log) == {}  # nobody knows where


def test_persons_count_where_they_are_housed_else_where_they_belong_and_who_is_gone_nowhere(log: Log) -> None:
    told(
        log,
        [linked("2021-12-01", AMERSFOORT), housed("2022-02-01", UTRECHT), duty("2022-02-20")],
        [linked("2022-02-01", WEESP), duty("2022-02-20")],
        [linked("2022-02-01", WEESP), duty("2022-02-20"), died("2022-05-10")],
    )
    assert {key: row["persons"] for key, row in integration(log, date(2022, 3, 23)).items()} == {
        (UTRECHT, "wi2021"): 1,
        (WEESP, "wi2021"): 2,
    }
    assert {key: row["persons"] for key, row in integration(log).items()} == {
        (UTRECHT, "wi2021"): 1,
        (AMSTERDAM, "wi2021"): 1,
    }


def test_what_moved_a_plan_overdue_is_the_plan(log: Log) -> None:
    told(log, [*HERE, *NOTIFIED])
    before, on = log.reached(), date(2022, 6, 1)
    life = [*HERE, *NOTIFIED]
    told(log, [*life, plan("2022-05-11")])
    (difference,) = moved(
        log, "integration", Cell("NL", {"law": "wi2021"}, "firstPlans"), before, on, weeks=12
    ).values()
    assert difference.adds.amount == 1


# ELIP's four cases, and the others beside them.


def near(ends_on: str, used: int) -> list[Recorded]:
    """Somebody under the law of 2013 whose term ends on a day, and who used so much of 10,000 euros."""
    loan = said("2021-12-01", IntegrationLoanStated(10_000, used))
    return [housed("2019-01-01", UTRECHT), duty("2019-02-01", "wi2013"), term(ends_on), loan]


def elip(log: Log, on: date = date(2022, 1, 1), months: int = 6, left: int = 2_500) -> dict[str, Any]:
    return rows_of(log, "elip", on=on, months=months, left=left).get(UTRECHT, {})


@pytest.mark.parametrize(
    ("life", "counted"),
    [
        (near("2022-06-01", 7_600), {"regular": 1, "ending": 1}),  # five months, 2,400 left
        (near("2022-08-01", 7_600), {}),  # seven months
        (near("2022-06-01", 7_500), {"ending": 1}),  # 2,500 left
        (near("2022-07-01", 7_501), {"regular": 1, "ending": 1}),  # six months to the day
        (near("2022-07-02", 7_501), {}),
        (near("2022-01-02", 9_000), {"regular": 1, "ending": 1}),
        (near("2022-01-01", 9_000), {}),  # has ended
        (
            [*near("2021-11-01", 9_000), extended("2021-11-20", "2023-11-01", "after-fine")],
            {"extendedAfterFine": 1},
        ),
        ([*near("2021-11-01", 9_000), extended("2021-10-20", "2023-11-01", "literacy")], {"extended": 1}),
        (
            [*near("2021-11-01", 9_000), extended("2021-10-20", "2022-05-01", "no-blame")],
            {"extended": 1, "overlap": 1, "ending": 1},
        ),
        (
            [*near("2021-11-01", 7_000), extended("2021-11-20", "2022-05-01", "after-fine")],
            {"extendedAfterFine": 1, "ending": 1},
        ),
        # Of two that still run the newest decides.
        (
            [
                *near("2021-11-01", 9_000),
                extended("2021-11-20", "2024-11-01", "after-fine"),
                extended("2021-12-20", "2022-02-01", "other"),
            ],
            {"extended": 1, "overlap": 1, "ending": 1},
        ),
        # One that has run out decides nothing.
        ([*near("2021-11-01", 9_000), extended("2021-11-20", "2022-01-01")], {}),
        ([*near("2022-06-01", 9_000), said("2021-12-10", IntegrationFulfilled("diploma"))], {}),
        ([*near("2022-06-01", 9_000), said("2021-12-10", IntegrationExempted("full"))], {}),
        ([*near("2022-06-01", 9_000), said("2021-12-10", IntegrationExempted("part"))], {"regular": 1, "ending": 1}),
        ([*near("2022-06-01", 9_000), duty("2022-01-01")], {}),  # another law by now
        # Of an unknown loan little is left of nothing.
        ([housed("2019-01-01", UTRECHT), duty("2019-02-01", "wi2013"), term("2022-06-01")], {"ending": 1}),
    ],
)
def test_elip_counts_by_extension_and_else_by_term_and_loan(
    log: Log, life: list[Recorded], counted: dict[str, int]
) -> None:
    told(log, life)
    assert elip(log) == counted


def test_what_moved_elip_is_who_is_at_the_end_now(log: Log) -> None:
    before = log.reached()
    told(log, near("2022-06-01", 7_600), near("2022-08-01", 7_600))
    (difference,) = moved(
        log, "elip", Cell("NL", {}, "ending"), before, date(2022, 1, 1), months=6, left=2_500
    ).values()
    assert difference.adds.amount == 1


def test_the_months_and_what_is_left_are_asked(log: Log) -> None:
    told(log, near("2022-08-01", 7_500))
    assert elip(log, months=7) == {"ending": 1}
    assert elip(log, months=7, left=2_501) == {"regular": 1, "ending": 1}


def test_the_months_end_with_the_month_where_it_is_shorter(log: Log) -> None:
    told(log, near("2022-02-28", 8_000))
    assert elip(log, date(2021, 8, 31)) == {"ending": 1}  # the loan was stated in December
    assert elip(log, date(2021, 12, 31), months=2) == {"regular": 1, "ending": 1}
    assert elip(log, date(2021, 12, 31), months=1) == {}


def test_terms_end_within_months_later_or_in_the_past_or_nobody_knows(log: Log) -> None:
    old: tuple[Recorded, ...] = (housed("2019-01-01", UTRECHT), duty("2019-02-01", "wi2013"))
    told(
        log,
        [*old, term("2022-01-01")],  # on the day asked: past
        [*old, term("2022-01-02")],
        [*old, term("2022-07-01")],  # six months to the day
        [*old, term("2022-07-02")],
        [*old, term("2023-01-02")],
        [*old, term("2024-01-01")],
        [*old, term("2024-01-02")],
        [*old, term("2021-03-01"), extended("2021-02-01", "2026-12-01"), term("2025-12-01", on="2021-06-01")],
        [*old],
        [*old, term("2030-01-01"), said("2021-02-01", IntegrationFulfilled("diploma"))],
        [*old, term("2030-01-01"), said("2021-02-01", IntegrationExempted("full"))],
        [housed("2021-10-01", UTRECHT), duty("2022-01-01"), term("2025-02-01", on="2022-01-01")],
    )
    found = rows_of(log, "integration-terms", on=date(2022, 1, 1))
    assert found == {
        (UTRECHT, "wi2013"): {
            "persons": 9,
            "within6": 2,
            "within12": 3,
            "within24": 5,
            "later": 2,
            "past": 1,
            "unknown": 1,
            "last": date(2025, 12, 1),
        },
        (UTRECHT, "wi2021"): {"persons": 1, "later": 1, "last": date(2025, 2, 1)},
    }


def test_who_gets_rounded_numbers_is_told_no_days_of_a_few_persons(log: Log) -> None:
    told(
        log,
        *[[housed("2022-02-01", UTRECHT), duty("2022-02-20")] for _ in range(8)],
        *[[housed("2022-02-01", UTRECHT), duty("2022-02-20"), intake("2022-02-24")] for _ in range(2)],
    )
    assert as_told(log)["housingToIntake"] is None
    told(log, [housed("2022-02-01", UTRECHT), duty("2022-02-20"), intake("2022-02-24")])
    assert as_told(log)["housingToIntake"] == 25
    assert integration(log)[UTRECHT, "wi2021"]["housingToIntake"] == 23


def test_who_gets_rounded_numbers_is_told_the_month_in_which_the_last_term_ends(log: Log) -> None:
    told(log, *[[housed("2022-02-01", UTRECHT), duty("2022-02-20")] for _ in range(8)])
    told(log, *[[housed("2022-02-01", UTRECHT), duty("2022-02-20"), term("2025-02-11")] for _ in range(2)])
    assert as_told(log, "integration-terms")["last"] is None
    told(log, [housed("2022-02-01", UTRECHT), duty("2022-02-20"), term("2024-02-11")])
    assert as_told(log, "integration-terms")["last"] == date(2025, 2, 28)


def test_what_a_law_does_not_know_is_told_to_nobody(log: Log) -> None:
    told(log, *[[housed("2022-02-01", UTRECHT), duty("2021-12-31", "wi2013")] for _ in range(5)])
    assert as_told(log) == {
        **as_told(log),
        **UNPLANNED,
        **NO_LAGS,
        "persons": 5,
        "housedWaitingIntake": 5,
        "extended": 0,
    }


def as_told(log: Log, name: str = "integration") -> dict[str, Any]:
    """The row of Utrecht as it is told rounded."""
    figure = FIGURES[name]
    with log.tables() as tables:
        asked = Asked(SPRING, log.reached())
        query = Query(tables, asked, read_places(tables, asked), "municipality", {"weeks": 12})
        (row,) = figure.rows(query)
    written = write_row(figure, row, exact=False)
    return dict(zip((column.name for column in figure.columns), written.values, strict=True))


_STEPS: tuple[Any, ...] = (
    IntegrationDutyStarted("wi2021"),
    IntegrationDutyStarted("wi2013"),
    IntegrationNoticeSent(),
    RegisteredAtAddress(UTRECHT),
    IntakeHeld(UTRECHT),
    IntegrationPlanEstablished(UTRECHT, "b1"),
    IntegrationPlanEstablished(UTRECHT, "education"),
    IntegrationTermExtended(date(2022, 4, 20), "after-fine"),
    IntegrationTermExtended(date(2025, 4, 20), "other"),
    IntegrationTermSet(date(2022, 9, 1)),
    IntegrationLoanStated(10_000, 8_000),
    IntegrationExempted("full"),
    IntegrationExempted("part"),
    IntegrationFulfilled("diploma"),
)
_some_days = st.integers(0, 99).map(lambda after: date(2022, 2, 1) + timedelta(days=after))
_lives = st.lists(st.tuples(st.sampled_from(_STEPS), _some_days), max_size=8)


# Not shrunk: a smaller example would meet the log that the larger one left.
@settings(examples(15), phases=(Phase.reuse, Phase.generate))
@given(lives=st.lists(_lives, min_size=1, max_size=5), on=_some_days)
def test_whoever_has_to_integrate_each_is_counted_in_one_way(log: Log, lives: list[Any], on: date) -> None:
    told(log, *([duty("2022-01-20"), *(said(day, fact) for fact, day in life)] for life in lives))
    for row in counted(log, "integration", on):
        if row["law"] == "wi2021":
            assert row["inView"] == row["withoutPlan"] + row["withPlan"] + row["withPlanExtended"]
            assert row["firstPlans"] == row["plansInTime"] + row["plansLate"]
    for row in counted(log, "integration-terms", on):
        assert row["persons"] == row["within24"] + row["later"] + row["past"] + row["unknown"]
        assert row["within6"] <= row["within12"] <= row["within24"]
    for row in counted(log, "elip", on):
        assert row["regular"] + row["overlap"] <= row["ending"]
        assert row["overlap"] <= row["extendedAfterFine"] + row["extended"]


def counted(log: Log, name: str, on: date) -> list[dict[str, Any]]:
    """The rows of the country."""
    figure = FIGURES[name]
    names = [*(one.name for one in figure.dimensions), *(one.name for one in figure.columns)]
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        given = {"weeks": 12, "months": 6, "left": 2_500}
        rows = figure.rows(Query(tables, asked, read_places(tables, asked), "country", given))
    return [dict(zip(names, (*row.dimensions, *row.values), strict=True)) for row in rows]


def test_a_cancellation_that_was_withdrawn_leaves_the_fine(log: Log) -> None:
    fined = [
        said("2022-04-01", FineImposed(340, "participation"), id="fine"),
        said("2022-04-20", FineCancelled("fine"), id="cancelled"),
        withdrawn("cancelled", source=DUO),
    ]
    told(log, [housed("2022-02-01", UTRECHT), duty("2022-02-20"), *fined])
    assert utrecht(log)["fines"] == 1
