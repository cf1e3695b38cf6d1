"""The states of persons who have to integrate: literal lives, and the rows that come of them, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

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
from domain.places import Places
from projections.states.integration import integration, rows
from projections.stream_history import StreamHistory
from projections.tables import FOREVER
from tests.rules.histories import (
    AMERSFOORT,
    UTRECHT,
    died,
    granted,
    housed,
    linked,
    permit_ended,
    returned,
    said,
)
from tests.rules.histories import given as log

NAMES = ["valid_from", "valid_until", *(column.name for column in list(integration.c)[6:])]
#: What a row says of which a test says nothing.
USUAL: dict[str, Any] = {
    "municipality": None,
    "law": "wi2021",
    "housed_on": None,
    "plan_due_on": None,
    "first_intake_on": None,
    "first_plan_on": None,
    "route": None,
    "changed_route": False,
    "term_ends_on": None,
    "extension": "none",
    "exempted": None,
    "fulfilled": False,
    "loan_left": None,
    "fines": 0,
    "fines_cancelled": 0,
}
DUTY = said("2022-01-10", IntegrationDutyStarted("wi2021"))


def states(*events: Recorded) -> list[dict[str, Any]]:
    """The rows, in order of their days: days as text, without an end where there is none."""
    return [
        {
            name: (None if value == FOREVER else str(value)) if isinstance(value, date) else value
            for name, value in zip(NAMES, row, strict=True)
        }
        for row in sorted(rows(StreamHistory(log(*events), Places.shipped())))
    ]


def state(since: str, until: str | None = None, **more: Any) -> dict[str, Any]:
    """A row with the usual, and what a test says."""
    return {"valid_from": since, "valid_until": until, **USUAL, **more}


def test_who_has_no_duty_has_no_row() -> None:
    assert states(granted("2021-12-01"), linked("2021-12-10"), said("2022-01-12", IntegrationNoticeSent())) == []


def test_from_the_duty_by_way_of_notice_housing_and_intake_to_the_plan() -> None:
    told = states(
        granted("2021-12-01"),
        linked("2021-12-10", AMERSFOORT),
        DUTY,
        said("2022-01-12", IntegrationNoticeSent()),
        housed("2022-02-01", UTRECHT),
        said("2022-02-04", RegisteredAtAddress(UTRECHT)),
        said("2022-02-14", IntakeHeld(UTRECHT)),
        said("2022-03-14", IntegrationPlanEstablished(UTRECHT, "education")),
        said("2022-03-15", IntegrationTermSet(date(2025, 3, 15))),
    )
    here: dict[str, Any] = {"municipality": UTRECHT, "housed_on": "2022-02-01", "plan_due_on": "2022-04-15"}
    intake = {**here, "first_intake_on": "2022-02-14"}
    plan = {**intake, "first_plan_on": "2022-03-14", "route": "education"}
    assert told == [
        state("2022-01-10", "2022-02-01", municipality=AMERSFOORT),
        state("2022-02-01", "2022-02-04", **{**here, "plan_due_on": "2022-04-12"}),
        state("2022-02-04", "2022-02-14", **here),
        state("2022-02-14", "2022-03-14", **intake),
        state("2022-03-14", "2022-03-15", **plan),
        state("2022-03-15", **plan, term_ends_on="2025-03-15"),
    ]


def test_who_returned_counts_where_they_belong_and_has_a_last_day_by_registration_only() -> None:
    told = states(linked("2021-12-10", AMERSFOORT), DUTY, housed("2022-02-01", UTRECHT), returned("2022-02-20"))
    assert told == [
        state("2022-01-10", "2022-02-01", municipality=AMERSFOORT),
        state("2022-02-01", "2022-02-20", municipality=UTRECHT, housed_on="2022-02-01", plan_due_on="2022-04-12"),
        state("2022-02-20", municipality=AMERSFOORT),
    ]


def test_who_is_gone_has_no_row_also_after_the_housing_until_a_permit_says_otherwise() -> None:
    told = states(DUTY, housed("2022-02-01"), permit_ended("2022-03-01"), granted("2022-05-01"), died("2022-06-01"))
    housing: dict[str, Any] = {"municipality": UTRECHT, "housed_on": "2022-02-01", "plan_due_on": "2022-04-12"}
    assert told == [
        state("2022-01-10", "2022-02-01"),
        state("2022-02-01", "2022-03-01", **housing),
        state("2022-05-01", "2022-06-01", **housing),
    ]


def test_an_extension_runs_out_on_a_day_on_which_nothing_happens() -> None:
    told = states(
        said("2019-03-06", IntegrationDutyStarted("wi2013")),
        said("2019-03-13", IntegrationTermSet(date(2022, 3, 6))),
        said("2022-03-15", IntegrationTermExtended(date(2024, 3, 6), "after-fine")),
        said("2022-04-01", IntegrationTermExtended(date(2022, 9, 1), "literacy")),
    )
    old = {"law": "wi2013"}
    assert told == [
        state("2019-03-06", "2019-03-13", **old),
        state("2019-03-13", "2022-03-15", **old, term_ends_on="2022-03-06"),
        state("2022-03-15", "2022-04-01", **old, term_ends_on="2024-03-06", extension="after-fine"),
        state("2022-04-01", "2022-09-01", **old, term_ends_on="2022-09-01", extension="other"),
        state("2022-09-01", "2024-03-06", **old, term_ends_on="2022-09-01", extension="after-fine"),
        state("2024-03-06", **old, term_ends_on="2022-09-01"),
    ]


def test_an_extension_that_changes_nothing_that_is_said_splits_no_row() -> None:
    told = states(
        DUTY,
        said("2022-02-10", IntegrationTermExtended(date(2025, 1, 10), "no-blame")),
        said("2022-03-10", IntegrationTermExtended(date(2025, 1, 10), "literacy")),
    )
    extended = {"term_ends_on": "2025-01-10", "extension": "other"}
    assert told == [
        state("2022-01-10", "2022-02-10"),
        state("2022-02-10", "2025-01-10", **extended),
        state("2025-01-10", term_ends_on="2025-01-10"),
    ]


def test_fines_stand_until_they_are_cancelled_by_whichever_version_is_named() -> None:
    told = states(
        DUTY,
        said("2022-09-05", FineImposed(340, "participation"), id="one"),
        said("2022-09-06", FineImposed(50, "route"), id="two"),
        said("2022-09-07", FineImposed(60, "route"), id="two-again", corrects="two"),
        said("2022-11-01", FineCancelled("two")),
    )
    assert told == [
        state("2022-01-10", "2022-09-05"),
        state("2022-09-05", "2022-09-07", fines=1),
        state("2022-09-07", "2022-11-01", fines=2),
        state("2022-11-01", fines=1, fines_cancelled=1),
    ]


class _Counted(date):
    """A day that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: date) -> bool:
        type(self).compared += 1
        return super().__lt__(other)

    def __le__(self, other: date) -> bool:
        type(self).compared += 1
        return super().__le__(other)

    def __gt__(self, other: date) -> bool:
        type(self).compared += 1
        return super().__gt__(other)


def _comparisons(number: int) -> int:
    """Of days, for so many extensions, each ending before all earlier ones, and as many fines."""
    events, first = [DUTY], date(2023, 1, 1)
    for nth in range(number):
        on = _Counted.fromordinal(first.toordinal() + nth)
        ends_on = _Counted.fromordinal(first.toordinal() + 3 * number - nth)
        events.append(said("2022-02-10", IntegrationTermExtended(ends_on, "other"))._replace(effective_on=on))
        events.append(said("2022-02-10", FineImposed(1, "route"))._replace(effective_on=on))
    history = StreamHistory(log(*events), Places.shipped())
    assert len(history.stages) == number + 1
    _Counted.compared = 0
    # The duty alone, each day with one more of both, and the day that the last extension runs out.
    assert len([*rows(history)]) == number + 2
    return _Counted.compared


def test_each_extension_and_fine_is_looked_at_a_few_times_and_not_on_every_day() -> None:
    assert 0 < _comparisons(256) < 3 * _comparisons(128)


def test_a_fine_from_before_the_duty_is_told_of_with_it() -> None:
    assert states(said("2021-09-05", FineImposed(340, "route")), DUTY) == [state("2022-01-10", fines=1)]


def test_the_newest_exemption_and_what_is_left_of_the_newest_loan() -> None:
    told = states(
        DUTY,
        said("2022-02-01", IntegrationLoanStated(10_000, 7_000)),
        said("2022-03-01", IntegrationLoanStated(5_000, 5_200)),
        said("2022-04-01", IntegrationExempted("full")),
        said("2022-05-01", IntegrationExempted("part")),
        said("2022-06-01", IntegrationFulfilled("diploma")),
    )
    assert told == [
        state("2022-01-10", "2022-02-01"),
        state("2022-02-01", "2022-03-01", loan_left=3_000),
        state("2022-03-01", "2022-04-01", loan_left=-200),
        state("2022-04-01", "2022-05-01", loan_left=-200, exempted="full"),
        state("2022-05-01", "2022-06-01", loan_left=-200, exempted="part"),
        state("2022-06-01", loan_left=-200, exempted="part", fulfilled=True),
    ]


def test_the_law_and_a_changed_route_are_those_of_the_newest() -> None:
    told = states(
        said("2021-12-31", IntegrationDutyStarted("wi2013")),
        said("2022-01-01", IntegrationDutyStarted("wi2021")),
        said("2022-02-01", IntegrationPlanEstablished(UTRECHT, "b1")),
        said("2022-03-01", IntegrationPlanEstablished(UTRECHT, "self-reliance")),
    )
    plan = {"first_plan_on": "2022-02-01"}
    assert told == [
        state("2021-12-31", "2022-01-01", law="wi2013"),
        state("2022-01-01", "2022-02-01"),
        state("2022-02-01", "2022-03-01", **plan, route="b1"),
        state("2022-03-01", **plan, route="self-reliance", changed_route=True),
    ]
