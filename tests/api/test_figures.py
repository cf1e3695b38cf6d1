"""The figure tables over HTTP, on small scenarios computed by hand."""

from __future__ import annotations

import pytest

from service.queries import as_sent
from tests.api.reports import (
    AMERSFOORT,
    UTRECHT,
    Event,
    granted,
    home_ready,
    housed,
    linked,
    quota,
    returned,
    said,
    withdrawn,
)
from tests.api.service_under_test import Service

A, B, C, D, E = (f"999900000{n}" for n in range(1, 6))

#: One person for each of the 352 municipalities, but ten for Utrecht and five for Amersfoort.
QUOTA: list[Event] = [
    quota("quota-published", "2021-03-29", persons=352),
    quota("municipal-quota-published", "2021-03-29", municipality=UTRECHT, persons=10),
    quota("municipal-quota-published", "2021-03-29", municipality=AMERSFOORT, persons=5),
    quota("opening-balance-recorded", "2021-07-01", municipality=UTRECHT, persons=4),
    quota("opening-balance-recorded", "2021-07-01", municipality=AMERSFOORT, persons=-3),
    quota("interim-goal-set", "2021-07-01", reduction=10),
    quota(
        "quota-transferred",
        "2021-09-01",
        transfers=[{"municipality": UTRECHT, "persons": 2}, {"municipality": AMERSFOORT, "persons": -2}],
    ),
]
HOUSINGS: list[Event] = [
    housed(A, "2021-07-20"),
    housed(B, "2021-07-20"),
    housed(E, "2021-07-25", AMERSFOORT),
    housed(C, "2021-08-10", accommodation="hotel"),
    returned(B, "2021-09-05"),
    housed(D, "2021-10-05"),
]


@pytest.fixture(scope="module")
def half_year(shared_service: Service) -> Service:
    shared_service.post_all([*QUOTA, *HOUSINGS])
    return shared_service


@pytest.fixture
def own_half_year(service: Service) -> Service:
    """The same for a test that posts more."""
    service.post_all([*QUOTA, *HOUSINGS])
    return service


# Realisation


def test_a_municipality_stands_as_computed_by_hand(half_year):
    told = half_year.told("/v1/realisation?period=2021-II&groupBy=municipality&validOn=2021-09-30")
    items = {item["code"]: item for item in told["items"]}

    assert [*items] == sorted(items) and len(items) == 352
    assert items[UTRECHT] == {
        "code": "GM0344",
        "name": "Utrecht",
        "province": "PV26",
        "inhabitants": 357597,
        "quota": 10,
        "transferred": 2,
        "openingBalance": 4,
        "task": 16,
        "realised": 2,
        "realisedByAccommodation": {"hotel": 1, "regular": 1},
        "realisedByGround": {"unknown": 2},
        "remaining": 14,
        "advance": 0,
        "percentage": 12.5,
        "pace": 8,
        "ahead": -6,
    }
    assert items[AMERSFOORT] | {"name": "", "inhabitants": 0} == {
        "code": "GM0307",
        "name": "",
        "province": "PV26",
        "inhabitants": 0,
        "quota": 5,
        "transferred": -2,
        "openingBalance": -3,
        "task": 0,
        "realised": 1,
        "realisedByAccommodation": {"regular": 1},
        "realisedByGround": {"unknown": 1},
        "remaining": -1,
        "advance": 1,
        "percentage": None,
        "pace": 0,
        "ahead": 1,
    }


def test_the_country_is_the_sum_of_its_municipalities(half_year):
    told = half_year.told("/v1/realisation?period=2021-II&validOn=2021-09-30")

    assert told == {
        "validOn": "2021-09-30",
        "knownAt": "2022-07-15T10:00:00.000Z",
        "position": 13,
        "period": "2021-II",
        "groupBy": "country",
        "disclosure": {"rule": "exact", "exactFor": []},
        "items": [
            {
                "code": "NL",
                "name": "Nederland",
                "province": None,
                "inhabitants": 17407585,
                "quota": 365,
                "transferred": 0,
                "openingBalance": 1,
                "task": 366,
                "realised": 3,
                "realisedByAccommodation": {"hotel": 1, "regular": 2},
                "realisedByGround": {"unknown": 3},
                "remaining": 363,
                "advance": 1,
                "percentage": 0.82,
                "pace": 183,
                "ahead": -180,
                "backlog": 364,
                "lead": -1,
                "behind": 351,
                "exact": 0,
                "aheadCount": 1,
                "interimGoal": {"reduction": 10, "goal": 375, "above": -372},
            }
        ],
    }


def test_the_province_with_the_only_backlog_has_the_whole_of_the_interim_goal(half_year):
    told = half_year.told("/v1/realisation?period=2021-II&groupBy=province&validOn=2021-09-30")
    items = {item["code"]: item for item in told["items"]}
    utrecht = items["PV26"]

    assert [*items] == [f"PV{number}" for number in range(20, 32)]
    assert (utrecht["quota"], utrecht["task"], utrecht["realised"], utrecht["remaining"]) == (39, 40, 3, 37)
    assert (utrecht["backlog"], utrecht["lead"], utrecht["percentage"]) == (38, -1, 7.5)
    assert (utrecht["behind"], utrecht["exact"], utrecht["aheadCount"]) == (25, 0, 1)
    assert utrecht["interimGoal"] == {"reduction": 10, "goal": 49, "above": -46}
    assert items["PV20"]["interimGoal"] == {"reduction": 0, "goal": 10, "above": -10}


def test_what_remains_is_the_opening_of_the_next_half_year(half_year):
    told = half_year.told("/v1/realisation?period=2022-I&groupBy=municipality&validOn=2022-01-31")
    utrecht = next(item for item in told["items"] if item["code"] == UTRECHT)

    assert utrecht["openingBalance"] == 13
    assert {name: utrecht[name] for name in ("quota", "task", "remaining", "percentage", "pace", "ahead")} == {
        "quota": None,
        "task": None,
        "remaining": None,
        "percentage": None,
        "pace": None,
        "ahead": None,
    }


def test_a_half_year_of_which_nothing_was_said_has_nulls(half_year):
    (country,) = half_year.told("/v1/realisation?period=2020-II&validOn=2020-12-31")["items"]

    assert (country["quota"], country["task"], country["realised"], country["remaining"]) == (None, None, 0, None)
    assert "interimGoal" not in country


def test_before_the_first_day_nothing_is_realised_and_no_pace_is_expected(half_year):
    (country,) = half_year.told("/v1/realisation?period=2021-II&validOn=2021-06-30")["items"]

    assert (country["quota"], country["openingBalance"], country["realised"]) == (365, 0, 0)
    assert (country["pace"], country["ahead"]) == (0, 0)


def test_a_correction_changes_the_figure_and_not_what_was_known_before_it(own_half_year):
    before = own_half_year.told("/v1/realisation?period=2021-II&validOn=2021-12-31")["items"][0]["realised"]
    own_half_year.clock.forward(days=1)
    own_half_year.post(withdrawn(A, HOUSINGS[0], at="2022-07-16T08:00:00Z"))
    after = own_half_year.told("/v1/realisation?period=2021-II&validOn=2021-12-31")["items"][0]["realised"]
    then = own_half_year.told("/v1/realisation?period=2021-II&validOn=2021-12-31&knownAt=2022-07-15T23:00:00Z")
    there = own_half_year.told("/v1/realisation?period=2021-II&validOn=2021-12-31&atPosition=13")

    assert (before, after) == (4, 3)
    assert (then["items"][0]["realised"], then["position"], then["knownAt"]) == (4, 13, "2022-07-15T23:00:00.000Z")
    assert (there["items"][0]["realised"], there["position"]) == (4, 13)


def test_by_the_senders_clock_only_what_they_had_recorded_counts(half_year):
    asked = "/v1/realisation?period=2021-II&validOn=2021-12-31&knownAt=2021-08-31T00:00:00Z&knownBy=sender"
    told = half_year.told(asked)
    (country,) = told["items"]

    assert (told["knownAt"], told["knownBy"], told["position"]) == ("2021-08-31T00:00:00.000Z", "sender", 13)
    assert (country["quota"], country["transferred"], country["realised"]) == (365, 0, 4)


# Backlog


def test_the_backlog_follows_every_month_and_the_last_day(half_year):
    told = half_year.told(f"/v1/backlog?municipality={UTRECHT}&from=2021-07-01&to=2021-10-15")

    assert (told["municipality"], told["step"]) == (UTRECHT, "month")
    assert told["points"] == [
        {"on": "2021-07-31", "task": 14, "realised": 2, "remaining": 12},
        {"on": "2021-08-31", "task": 14, "realised": 3, "remaining": 11},
        {"on": "2021-09-30", "task": 16, "realised": 2, "remaining": 14},
        {"on": "2021-10-15", "task": 16, "realised": 3, "remaining": 13},
    ]


def test_the_backlog_by_day_ends_on_the_day_asked(half_year):
    told = half_year.told("/v1/backlog?from=2021-09-04&to=2021-12-31&step=day&validOn=2021-09-06")

    assert told["municipality"] is None
    assert told["points"] == [
        {"on": "2021-09-04", "task": 366, "realised": 4, "remaining": 362},
        {"on": "2021-09-05", "task": 366, "realised": 3, "remaining": 363},
        {"on": "2021-09-06", "task": 366, "realised": 3, "remaining": 363},
    ]


def test_a_window_that_begins_after_the_day_asked_has_no_points(half_year):
    assert half_year.told("/v1/backlog?from=2021-09-04&to=2021-12-31&validOn=2021-09-03")["points"] == []


def test_the_months_last_day_is_not_told_twice(half_year):
    told = half_year.told("/v1/backlog?from=2021-12-31&to=2022-02-28")

    assert [point["on"] for point in told["points"]] == ["2021-12-31", "2022-01-31", "2022-02-28"]


# Periods and municipalities


def test_the_half_years_tell_their_numbers_and_what_cannot_be(own_half_year):
    own_half_year.post_all(
        [
            quota("quota-forecast", "2021-01-15", persons=400),
            quota("municipal-quota-published", "2021-03-29", municipality="GM0788", persons=3),
        ]
    )
    told = own_half_year.told("/v1/periods")["items"]

    assert told == [
        {
            "period": "2021-II",
            "first": "2021-07-01",
            "last": "2021-12-31",
            "quota": 352,
            "forecast": 400,
            "reduction": 10,
            "findings": [
                {
                    "code": "municipal-quota-for-no-municipality",
                    "municipality": "GM0788",
                    "source": None,
                    "id": None,
                }
            ],
        }
    ]


def test_a_withdrawal_in_the_wrong_half_year_is_found_there(own_half_year):
    wrong = said("event-withdrawn", "2021-07-15", by="ministry", period="2022-I", withdraws="x-1", reason="double")
    own_half_year.post_all([wrong])
    told = {item["period"]: item for item in own_half_year.told("/v1/periods")["items"]}

    assert [*told] == ["2021-II", "2022-I"]
    assert told["2021-II"]["findings"] == []
    assert told["2022-I"]["quota"] is None
    assert told["2022-I"]["findings"] == [
        {"code": "withdraws-unknown-event", "municipality": None, "source": wrong["source"], "id": wrong["id"]}
    ]


def test_municipalities_tell_their_validity_successors_and_inhabitants(service):
    items = {item["code"]: item for item in service.told("/v1/municipalities")["items"]}

    assert [*items] == sorted(items)
    assert (items["GM0457"]["name"], items["GM0457"]["validUntil"]) == ("Weesp", "2022-03-24")
    assert [one["municipality"] for one in items["GM0457"]["successors"]] == ["GM0363"]
    assert {"year": 2021, "persons": 359370} in items[UTRECHT]["inhabitants"]
    assert 52 < items[UTRECHT]["latitude"] < 52.2


def test_a_posted_count_is_among_the_inhabitants(service):
    counted = said("inhabitants-counted", "2027-01-01", municipality=UTRECHT, on="2027-01-01", persons=380000)
    service.clock.forward(days=1800)
    service.post_all([counted])
    items = {item["code"]: item for item in service.told("/v1/municipalities")["items"]}

    assert items[UTRECHT]["inhabitants"][-1] == {"year": 2027, "persons": 380000}


def test_a_municipality_brought_by_a_merger_that_was_withdrawn_breaks_no_figure(service):
    merger = said(
        "municipality-merged",
        "2022-01-01",
        municipality=UTRECHT,
        into="GM9100",
        on="2022-01-01",
        name="Stichtse Stad",
        province="PV26",
    )
    undone = said("event-withdrawn", "2022-06-01", withdraws=merger["id"], reason="It did not come to that", by="cbs")
    service.post_all([merger])
    service.post_all([granted(A, "2022-01-03"), linked(A, "2022-01-10", "GM9100")])
    service.post_all([home_ready(A, "2022-02-01", "GM9100"), housed(A, "2022-02-02", "GM9100")])
    service.post_all([undone])

    asked = {"from": "2022-01-01", "to": "2022-06-30"}
    for group_by in ("country", "province", "municipality"):
        assert service.get("/v1/norm-phases", groupBy=group_by, **asked).status_code == 200
        assert service.get("/v1/realisation", period="2022-I", groupBy=group_by).status_code == 200
    assert service.get("/v1/journeys").status_code == 200


def test_who_asks_by_the_senders_clocks_while_another_does_is_asked_to_come_back(service):
    with as_sent._one_at_a_time:  # noqa: SLF001  another question under way, for as long as the test wants
        answer = service.get("/v1/realisation?period=2021-II&knownAt=2022-01-01T00:00:00Z&knownBy=sender")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert service.get("/v1/realisation?period=2021-II&knownAt=2022-01-01T00:00:00Z&knownBy=sender").status_code == 200


def test_readers_that_hold_every_connection_keep_no_writer_from_one(service):
    pool = service.context.engine.pool
    held = [service.context.engine.connect() for _ in range(pool.size())]  # there are none over
    try:
        assert service.post(granted(A, "2021-03-01")).status_code == 201
    finally:
        for connection in held:
            connection.close()
