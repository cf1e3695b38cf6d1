"""Who delivers late, contradicting or incomplete, over HTTP: the figures, what stands behind each, and what changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.every_operation import told_as_problem
from tests.api.reports import UTRECHT, granted, linked, said, source
from tests.api.service_under_test import NOW, Service

A, B = "9999000001", "9999000002"
OF_COA, OF_MINISTRY = (source(kind).split(":")[3] for kind in ("coa", "ministry"))
DAY = NOW.date().isoformat()
WINDOW = f"from={DAY}&to={DAY}"
QUALITY = "/v1/figures/data-quality"


@pytest.fixture(scope="module")
def delivered(shared_service: Service) -> Service:
    """All of it is recorded on one day: A is linked twice, and the second time corrected; one event is refused."""
    shared_service.post_all(
        [
            granted(A, "2021-03-01"),
            linked(A, "2021-03-10", id="first"),
            linked(A, "2021-03-20", id="again"),
            linked(A, "2021-03-21", id="again, rightly", corrects="again"),
            granted(B, "2021-03-01"),
            linked(B, "2021-03-10", id="wrong"),
            said("event-withdrawn", "2021-04-01", B, by="coa", id="away", withdraws="wrong", reason="andere persoon"),
            said("quota-published", "2021-02-01", period="2021-II", persons=11_000, id="quota"),
        ]
    )
    assert shared_service.post(linked(A, "2021-03-10", municipality="GM9999", id="refused")).status_code == 400
    # What was refused is known as of the next event that is recorded.
    shared_service.clock.forward(seconds=1)
    shared_service.post_all([linked(B, "2021-05-01", UTRECHT, id="last")])
    return shared_service


def row(service: Service, organisation: str) -> dict[str, Any]:
    items = service.told(f"{QUALITY}?{WINDOW}")["items"]
    (found,) = [item for item in items if item["organisation"] == organisation]
    return {name: value for name, value in found.items() if name not in ("code", "name", "organisation")}


def explained(service: Service, organisation: str, column: str) -> dict[str, Any]:
    return service.told(f"{QUALITY}/_explanation?{WINDOW}&code=NL&organisation={organisation}&column={column}")


def test_versions_corrections_withdrawals_and_refusals_are_counted_by_organisation(delivered):
    told = row(delivered, OF_COA)

    assert {name: told[name] for name in ("events", "corrections", "withdrawals", "rejected", "findings")} == {
        "events": 6,
        "corrections": 1,
        "withdrawals": 1,
        "rejected": 1,
        "findings": 1,
    }
    assert row(delivered, OF_MINISTRY)["events"] == 1


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        ("corrections", ["again, rightly"]),
        ("withdrawals", ["away"]),
        ("events", ["again", "again, rightly", "away", "first", "last", "wrong"]),
        ("findings", ["again, rightly"]),
    ],
)
def test_each_part_of_a_cell_is_one_event_of_its_journey(delivered, column, ids):
    told = explained(delivered, OF_COA, column)

    assert told["cell"]["sum"] == told["cell"]["value"] == len(ids)
    assert sorted(event["id"] for part in told["parts"] for event in part["events"]) == ids
    assert {part["journey"] for part in told["parts"]} <= {delivered.journey(A), delivered.journey(B)}


def test_what_is_of_no_journey_is_named_by_its_stream(delivered):
    (part,) = explained(delivered, OF_MINISTRY, "events")["parts"]

    assert (part["stream"], [event["id"] for event in part["events"]]) == ("2021-II", ["quota"])


def test_of_what_was_refused_nothing_is_in_the_log(delivered):
    (part,) = explained(delivered, OF_COA, "rejected")["parts"]

    assert (part["kind"], part["on"], part["adds"], part["stream"], part["events"]) == ("refused", DAY, 1, None, [])


def test_a_change_is_made_of_what_was_recorded_in_between(delivered):
    asked = f"{WINDOW}&code=NL&organisation={OF_COA}&column=events&fromPosition=0"
    told = delivered.told(f"{QUALITY}/_changes?{asked}")

    assert (told["then"], told["now"], told["difference"]) == (None, 6, 6)
    assert sorted(part["adds"] for part in told["parts"]) == [3, 3]


def test_a_window_may_begin_and_end_with_all_the_days_that_there_are(delivered):
    for window in ("from=0001-01-01&to=2021-01-01", "from=9999-12-31&to=9999-12-31&validOn=9999-12-31"):
        assert {item["events"] for item in delivered.told(f"{QUALITY}?{window}")["items"]} <= {0}
    (found,) = [
        item
        for item in delivered.told(f"{QUALITY}?from=0001-01-01&to=9999-12-31")["items"]
        if item["organisation"] == OF_MINISTRY
    ]
    assert found["events"] == 1


def test_a_page_of_what_stands_behind_a_cell_leads_to_the_next(delivered):
    asked = f"{QUALITY}/_explanation?{WINDOW}&code=NL&organisation={OF_COA}&column=events&limit=4"
    answer = delivered.request("GET", asked)
    following = delivered.told(answer.links["next"]["url"])

    assert (answer.json()["cell"]["sum"], answer.json()["cell"]["parts"]) == (6, 6)
    assert [len(told["parts"]) for told in (answer.json(), following)] == [4, 2]


def test_more_events_than_can_be_compared_at_once_are_refused(delivered, monkeypatch):
    monkeypatch.setattr("projections.figures.data_quality.MOST_PARTS", 5)
    asked = f"{QUALITY}/_changes?{WINDOW}&code=NL&organisation={OF_COA}&column=events&fromPosition=0"
    problem = told_as_problem(delivered.request("GET", asked), 400)

    assert [(one["parameter"], one["code"]) for one in problem["errors"]] == [("from", "too-many-events")]
