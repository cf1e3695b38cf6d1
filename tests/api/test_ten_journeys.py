"""Ten journeys as the simulation told them, followed by hand through every table that counts people.

Their events stand in `ten_journeys.ndjson`. Each lives in a municipality of its own, so that a row of a municipality is
one person, and the country is all ten; what each goes through stands here, in the words of the table that it is for.

| | municipality | |
|---|---|---|
| Wierden | GM0189 | linked elsewhere first; refused a home, which nobody assessed; the new law |
| Diemen | GM0384 | refused a home, unassessed; family of three came by way of reception; the old law |
| Oosterhout | GM0826 | lives in an intermediate home until October; family of three came straight there; the old law |
| Breda | GM0758 | a minor, in a unit, who came of age in June and moved on |
| Dronten | GM0303 | housed in 2019; a fine, an extension after it, and the fine taken back; the old law |
| Hardenberg | GM0160 | the new law, with an extension |
| Enschede | GM0153 | in time, in a hotel; two plans; the new law |
| Arnhem | GM0202 | was a guest; a home since 28 June; family of one has its visa; the new law |
| Den Bosch | GM0796 | came back to reception after a month and was housed again; family of five came |
| Montfoort | GM0335 | a minor, whose unit is ready on the last day |
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.service_under_test import Service

WIERDEN, DIEMEN, OOSTERHOUT, BREDA, DRONTEN = "GM0189", "GM0384", "GM0826", "GM0758", "GM0303"
HARDENBERG, ENSCHEDE, ARNHEM, DEN_BOSCH, MONTFOORT = "GM0160", "GM0153", "GM0202", "GM0796", "GM0335"
EVERYBODY = "NL"
JOURNEYS = Path(__file__).with_name("ten_journeys.ndjson")

Rows = dict[str, dict[str, Any]]

LAST, WINDOW = "validOn=2022-06-30", "from=2022-01-01&to=2022-06-30"
CAUSES = ("family", "refusal", "dossier", "document", "unlinked", "home", "leaving")


@pytest.fixture(scope="module")
def service(shared_service: Service) -> Service:
    shared_service.post_all([json.loads(line) for line in JOURNEYS.read_text().splitlines()])
    shared_service.follow()
    return shared_service


def answered(service: Service, asked: str, **dimensions: str) -> Rows:
    """The rows of a table by code, of the municipalities and of the country, where a dimension is as given."""
    items = [
        item
        for group in ("municipality", "country")
        for item in service.told(f"/v1/figures/{asked}{'&' if '?' in asked else '?'}groupBy={group}")["items"]
    ]
    return {item["code"]: item for item in items if dimensions.items() <= item.items()}


def compare(rows: Rows, expected: Rows) -> None:
    """Every row that was expected says what was reckoned, and no other row is there."""
    assert {code: {name: rows[code][name] for name in expected[code]} for code in expected if code in rows} == expected
    assert rows.keys() == expected.keys()


def late(days: int, **causes: int) -> dict[str, int]:
    return {"persons": 1, "days": days, **{cause: causes.get(cause, 0) for cause in CAUSES}}


def test_where_the_days_went_of_six_who_were_housed_too_late(service: Service) -> None:
    # Enschede is in time: 39 days. Of the others, the day that the norm ended, and what holds on the days after it:
    wierden = late(16, refusal=4, home=8, leaving=4)  # 30 March; accepted 4 April, ready 12 April, housed 15 April
    # 21 July; decided on the family 16 November, accepted 20 December, ready 6 January, housed 14 January.
    diemen = late(177, family=10 + 31 + 30 + 31 + 15, refusal=15 + 19, home=12 + 5, leaving=9)
    oosterhout = late(46, home=25 + 14, leaving=7)  # 6 January, when it was decided too; ready 15, housed 21 February
    breda = late(42, home=14 + 15, leaving=13)  # 17 January; ready 16 February, housed 28 February
    hardenberg = late(6, leaving=6)  # 7 January; ready 2 January, housed 13 January
    # 24 December; decided on the family 10 March, with a home since 17 February. That was lost with the return on
    # 29 March; the next was ready on 17 May, and they were housed on 19 May.
    den_bosch = late(146, family=7 + 31 + 28 + 9, home=3 + 30 + 16, leaving=19 + 3)
    together = {
        "persons": 6,
        "days": 16 + 177 + 46 + 42 + 6 + 146,
        "family": 117 + 75,
        "refusal": 4 + 34,
        "dossier": 0,
        "document": 0,
        "unlinked": 0,
        "home": 8 + 17 + 39 + 29 + 49,
        "leaving": 4 + 9 + 7 + 13 + 6 + 22,
    }
    rows = answered(service, f"lateness?{WINDOW}&{LAST}")

    compare(
        rows,
        {
            WIERDEN: wierden,
            DIEMEN: diemen,
            OOSTERHOUT: oosterhout,
            BREDA: breda,
            HARDENBERG: hardenberg,
            DEN_BOSCH: den_bosch,
            EVERYBODY: together,
        },
    )
    assert all(sum(row[cause] for cause in CAUSES) == row["days"] for row in rows.values())


def test_who_was_housed_in_time(service: Service) -> None:
    # 114, 275, 144, 140, 104 and 244 days, and the 39 of Enschede, 59 fewer than 98.
    rows = answered(service, f"bonus?{WINDOW}&{LAST}")
    nobody = {"known": 1, "within": 0, "share": 0.0, "daysSaved": 0}

    compare(
        rows,
        {
            **dict.fromkeys((WIERDEN, DIEMEN, OOSTERHOUT, BREDA, HARDENBERG, DEN_BOSCH), nobody),
            ENSCHEDE: {"known": 1, "within": 1, "share": 1.0, "daysSaved": 59},
            EVERYBODY: {"known": 7, "within": 1, "share": 0.1429, "daysSaved": 59},
        },
    )


def test_who_waits_on_the_last_day(service: Service) -> None:
    # Since 28 and 30 June for them to leave; since the permits of 8 February and 18 March.
    compare(
        answered(service, f"waiting?{LAST}", phase="departure"),
        {
            ARNHEM: {"persons": 1, "overNorm": 0, "mean": 2.0, "turn": "coa-and-permit-holder"},
            MONTFOORT: {"persons": 1, "overNorm": 0, "mean": 0.0, "turn": "coa-and-permit-holder"},
            EVERYBODY: {"persons": 2, "overNorm": 0, "mean": 1.0, "median": 1.0, "p90": 1.8},
        },
    )
    compare(
        answered(service, f"waiting?{LAST}", phase="total"),
        {
            ARNHEM: {"persons": 1, "overNorm": 1, "mean": 142.0, "turn": "chain"},
            MONTFOORT: {"persons": 1, "overNorm": 1, "mean": 104.0, "turn": "chain"},
            EVERYBODY: {"persons": 2, "overNorm": 2, "mean": 123.0, "median": 123.0, "p90": 138.2},
        },
    )


def test_who_waited_for_a_home_three_days_before(service: Service) -> None:
    # Linked on 15 February and 7 April.
    compare(
        answered(service, "waiting?validOn=2022-06-27", phase="housing"),
        {
            ARNHEM: {"persons": 1, "overNorm": 1, "mean": 132.0, "turn": "municipality"},
            MONTFOORT: {"persons": 1, "overNorm": 1, "mean": 81.0, "turn": "municipality"},
            EVERYBODY: {"persons": 2, "overNorm": 2, "mean": 106.5, "p90": 126.9},
        },
    )


def test_whose_file_was_complete(service: Service) -> None:
    # All had theirs on the day of the link at the latest, of Enschede and Arnhem the last item that very day.
    linked = {"linked": 1, "completeAtLink": 1, "shareAtLink": 1.0}
    not_linked = {"linked": 0, "completeAtLink": 0, "shareAtLink": None}
    housed = {"housed": 1, "completeAtHousing": 1, "shareAtHousing": 1.0, "open": 0, "completeNow": 0, "shareNow": None}
    waiting = {"housed": 0, "completeAtHousing": 0, "shareAtHousing": None, "open": 1, "completeNow": 1}
    others = {
        "missingBsn": 0,
        "missingIdentity": 0,
        "missingIban": 0,
        "adapted": 0,
        "adaptedDays": None,
        "cannotSign": 0,
    }
    rows = answered(service, f"dossiers?{WINDOW}&{LAST}")

    compare(
        rows,
        {
            **{code: {**linked, **housed, **others} for code in (WIERDEN, ENSCHEDE)},
            **{code: {**linked, **waiting, **others} for code in (ARNHEM, MONTFOORT)},
            **{code: {**not_linked, **housed, **others} for code in (DIEMEN, OOSTERHOUT, BREDA, HARDENBERG, DEN_BOSCH)},
            EVERYBODY: {
                "linked": 4,
                "completeAtLink": 4,
                "shareAtLink": 1.0,
                "housed": 7,
                "completeAtHousing": 7,
                "open": 2,
                "completeNow": 2,
                "shareNow": 1.0,
                "cannotSign": 0,
            },
        },
    )


def test_that_a_minor_needs_another_home_was_known_forty_days_after_the_link(service: Service) -> None:
    # Linked on 19 October, known on 28 November.
    rows = answered(service, "dossiers?from=2021-07-01&to=2021-12-31&validOn=2021-12-31")

    assert (rows[BREDA]["adapted"], rows[BREDA]["adaptedBefore"], rows[BREDA]["adaptedDays"]) == (1, 0, -40.0)


@pytest.mark.parametrize(
    ("item", "days", "everybody"),
    [
        (
            "residence-document",
            {WIERDEN: 36, ENSCHEDE: 8, ARNHEM: 9, MONTFOORT: 14},
            {"completed": 4, "mean": 16.75, "median": 11.5, "p90": 29.4, "open": 0},
        ),
        ("bsn", {ENSCHEDE: 3, ARNHEM: 7, MONTFOORT: 18}, {"completed": 3, "mean": 9.33, "median": 7.0, "p90": 15.8}),
        ("identity-document", {ENSCHEDE: 2, ARNHEM: 3, MONTFOORT: 8}, {"completed": 3, "mean": 4.33, "p90": 7.0}),
        ("iban", {ENSCHEDE: 6, ARNHEM: 6, MONTFOORT: 12}, {"completed": 3, "mean": 8.0, "median": 6.0, "p90": 10.8}),
    ],
)
def test_how_long_until_they_had_it(
    service: Service, item: str, days: dict[str, int], everybody: dict[str, Any]
) -> None:
    each = {code: {"completed": 1, "mean": float(number), "open": 0} for code, number in days.items()}

    compare(answered(service, f"documents?{WINDOW}&{LAST}", item=item), {**each, EVERYBODY: everybody})


def test_how_long_until_they_were_registered(service: Service) -> None:
    # Of Arnhem nobody said so in the 142 days since the permit.
    compare(
        answered(service, f"documents?{WINDOW}&{LAST}", item="brp-registration"),
        {
            ENSCHEDE: {"completed": 1, "median": 29.0, "open": 0, "openMedian": None},
            MONTFOORT: {"completed": 1, "median": 8.0, "open": 0},
            ARNHEM: {"completed": 0, "median": None, "open": 1, "openMedian": 142.0},
            EVERYBODY: {"completed": 2, "mean": 18.5, "p90": 26.9, "open": 1, "openMedian": 142.0},
        },
    )


def family(persons: int, **more: Any) -> dict[str, Any]:
    """A family of which all were granted and have a visa, and came; else as said."""
    return {
        "referents": 1,
        "applied": persons,
        "granted": persons,
        "refused": 0,
        "undecided": 0,
        "visas": persons,
        "arrived": persons,
        "awaited": 0,
        "grantedNoHome": 0,
        "medianSinceGrant": None,
        "housedAwaiting": 0,
        "bedroomsAwaited": 0,
        "arrivedDirect": 0,
        "arrivedThroughReception": 0,
        "arrivedUnstated": 0,
        **more,
    }


def test_whose_family_has_come_and_whose_is_on_the_way(service: Service) -> None:
    compare(
        answered(service, f"family?{LAST}"),
        {
            DIEMEN: family(3, arrivedThroughReception=3),
            OOSTERHOUT: family(3, arrivedDirect=3),
            DEN_BOSCH: family(5, arrivedDirect=5),
            # There is a home since 28 June.
            ARNHEM: family(1, arrived=0, awaited=1),
            EVERYBODY: family(12, referents=4, arrived=11, awaited=1, arrivedDirect=8, arrivedThroughReception=3),
        },
    )


def test_whose_family_may_come_without_a_home_and_who_is_housed_and_waits_for_theirs(service: Service) -> None:
    # Granted on 10 June to the one in Arnhem; on 10 March to the one in Den Bosch, who lived there until the 29th.
    june = answered(service, "family?validOn=2022-06-15")[ARNHEM]
    march = answered(service, "family?validOn=2022-03-15")[DEN_BOSCH]
    april = answered(service, "family?validOn=2022-04-01")[DEN_BOSCH]

    assert june.items() >= family(1, visas=0, arrived=0, awaited=1, grantedNoHome=1, medianSinceGrant=5.0).items()
    assert march.items() >= family(5, visas=0, arrived=0, awaited=5, housedAwaiting=1, bedroomsAwaited=3).items()
    assert april.items() >= family(5, arrived=0, awaited=5, grantedNoHome=1, medianSinceGrant=22.0).items()


def test_who_came_by_month_and_who_is_expected(service: Service) -> None:
    # Sixty days after the visa of 17 June.
    rows = service.told(f"/v1/figures/family-arrivals?from=2022-01-01&to=2022-08-31&groupBy=municipality&{LAST}")

    assert [(row["code"], row["month"], row["arrived"], row["expected"]) for row in rows["items"]] == [
        (ARNHEM, "2022-08", 0, 1),
        (DEN_BOSCH, "2022-04", 5, 0),
        (OOSTERHOUT, "2022-03", 3, 0),
    ]


def test_who_lives_somewhere_for_the_time_being(service: Service) -> None:
    # Both since 21 February: 8 + 31 + 30 + 31 + 30 nights. Until 17 October; without a day, six months of a hotel.
    intermediate = {
        "persons": 1,
        "overdue": 0,
        "within3": 0,
        "within6": 1,
        "within12": 1,
        "openEnded": 0,
        "nights": 130,
    }
    hotel = {"persons": 1, "overdue": 0, "within3": 1, "within6": 1, "within12": 1, "openEnded": 0, "nights": 130}
    # From 23 February up to 1 April: 6 + 31 nights.
    guest = {"persons": 0, "overdue": 0, "within3": 0, "within6": 0, "within12": 0, "openEnded": 0, "nights": 37}
    asked = f"temporary?{WINDOW}&{LAST}"

    compare(answered(service, asked, accommodation="intermediate"), {OOSTERHOUT: intermediate, EVERYBODY: intermediate})
    compare(answered(service, asked, accommodation="hotel"), {ENSCHEDE: hotel, EVERYBODY: hotel})
    compare(answered(service, asked, accommodation="guest"), {ARNHEM: guest, EVERYBODY: guest})


def test_whose_stay_ends_on_which_day(service: Service) -> None:
    # A guest until 24 May, or so it was said on 15 March; a hotel until 21 August.
    march = answered(service, "temporary?validOn=2022-03-15", accommodation="guest")[ARNHEM]
    on_the_day = answered(service, "temporary?validOn=2022-08-21&knownAt=2022-07-15T10:00:00Z", accommodation="hotel")
    after_it = answered(service, "temporary?validOn=2022-08-22&knownAt=2022-07-15T10:00:00Z", accommodation="hotel")

    assert (march["persons"], march["within3"], march["nights"]) == (1, 1, None)
    assert (on_the_day[ENSCHEDE]["overdue"], on_the_day[ENSCHEDE]["within3"]) == (0, 1)
    assert (after_it[ENSCHEDE]["overdue"], after_it[ENSCHEDE]["within3"]) == (1, 0)


def test_behind_the_nights_of_a_guest_is_also_what_ended_them(service: Service) -> None:
    asked = f"temporary/_explanation?{WINDOW}&{LAST}&code={ARNHEM}&column=nights&accommodation=guest"
    (part,) = service.told(f"/v1/figures/{asked}")["parts"]

    assert part["adds"] == 37
    assert {event["id"] for event in part["events"]} >= {"coa-0298860", "coa-0298861"}


def test_who_moved_on_and_who_came_back(service: Service) -> None:
    # From 28 February to 22 June.
    compare(
        answered(service, f"moves?{WINDOW}&{LAST}"),
        {
            BREDA: {"moved": 1, "days": 114.0, "returned": 0},
            DEN_BOSCH: {"moved": 0, "days": None, "returned": 1},
            EVERYBODY: {"moved": 1, "days": 114.0, "returned": 1},
        },
    )


def under_the_new_law(**told: Any) -> dict[str, Any]:
    counts = (
        *("withoutPlan", "withPlan", "withPlanExtended", "firstPlans", "plansInTime", "plansLate", "overdue"),
        *("housedWaitingIntake", "housedWaitingPlan", "routeB1", "routeEducation", "routeSelfReliance"),
        *("changedRoute", "extended", "exemptedFull", "exemptedPart", "fulfilled", "fines", "finesCancelled"),
    )
    return {"persons": 1, "inView": 1, **dict.fromkeys(counts, 0), **told}


def lags(intake: float, plan: float, to_plan: float) -> dict[str, float]:
    return {"housingToIntake": intake, "intakeToPlan": plan, "housingToPlan": to_plan}


def test_how_far_they_are_under_the_new_law(service: Service) -> None:
    compare(
        answered(service, f"integration?{LAST}", law="wi2021"),
        {
            # Registered on 23 April, so until 2 July; housed 15 April, intake 13 May, plan 21 June.
            WIERDEN: under_the_new_law(withPlan=1, firstPlans=1, plansInTime=1, routeB1=1, **lags(28.0, 39.0, 67.0)),
            # Housed 13 January, intake 3 February, plan 28 February.
            HARDENBERG: under_the_new_law(withPlanExtended=1, extended=1, routeB1=1, **lags(21.0, 25.0, 46.0)),
            # Housed 21 February, intake 15 April as corrected twice, plan 25 April and another on 2 June.
            ENSCHEDE: under_the_new_law(withPlan=1, routeSelfReliance=1, changedRoute=1, **lags(53.0, 10.0, 63.0)),
            ARNHEM: under_the_new_law(withoutPlan=1, housingToIntake=None, intakeToPlan=None, housingToPlan=None),
            EVERYBODY: under_the_new_law(
                persons=4,
                inView=4,
                withoutPlan=1,
                withPlan=2,
                withPlanExtended=1,
                firstPlans=1,
                plansInTime=1,
                routeB1=2,
                routeSelfReliance=1,
                changedRoute=1,
                extended=1,
                **lags(28.0, 25.0, 63.0),
            ),
        },
    )


def test_how_far_they_are_under_the_old_law(service: Service) -> None:
    # All were housed more than twelve weeks ago, and none had an intake. The fine of Dronten was taken back.
    one = {"persons": 1, "inView": None, "withoutPlan": None, "overdue": None, "housedWaitingIntake": 1, "fines": 0}
    none, extended = {"extended": 0, "finesCancelled": 0}, {"extended": 1, "finesCancelled": 1}

    compare(
        answered(service, f"integration?{LAST}", law="wi2013"),
        {
            DIEMEN: {**one, **none},
            OOSTERHOUT: {**one, **none},
            DRONTEN: {**one, **extended},
            EVERYBODY: {**one, **extended, "persons": 3, "housedWaitingIntake": 3},
        },
    )


def test_twelve_weeks_are_84_days(service: Service) -> None:
    # Housed on 21 February; 84 days later is 16 May.
    before = answered(service, "integration?validOn=2022-05-15", law="wi2013")[OOSTERHOUT]
    then = answered(service, "integration?validOn=2022-05-16", law="wi2013")[OOSTERHOUT]

    assert (before["housedWaitingIntake"], then["housedWaitingIntake"]) == (0, 1)


def test_a_fine_stands_until_it_is_taken_back(service: Service) -> None:
    rows = [answered(service, f"integration?validOn=2022-06-{day}", law="wi2013")[DRONTEN] for day in (25, 26)]

    assert [(row["fines"], row["finesCancelled"]) for row in rows] == [(1, 0), (0, 1)]


def terms(persons: int, last: str | None, **told: int) -> dict[str, Any]:
    counts = ("within6", "within12", "within24", "later", "past", "unknown")
    return {"persons": persons, **dict.fromkeys(counts, 0), **told, "last": last}


def test_whose_term_ends_when(service: Service) -> None:
    compare(
        answered(service, f"integration-terms?{LAST}", law="wi2013"),
        {
            DIEMEN: terms(1, "2024-05-24", within24=1),
            OOSTERHOUT: terms(1, "2024-11-15", later=1),
            DRONTEN: terms(1, "2024-04-06", within24=1),
            EVERYBODY: terms(3, "2024-11-15", within24=2, later=1),
        },
    )
    compare(
        answered(service, f"integration-terms?{LAST}", law="wi2021"),
        {
            WIERDEN: terms(1, "2025-06-22", later=1),
            HARDENBERG: terms(1, "2025-08-31", later=1),
            ENSCHEDE: terms(1, "2025-04-26", later=1),
            ARNHEM: terms(1, None, unknown=1),
            EVERYBODY: terms(4, "2025-08-31", later=3, unknown=1),
        },
    )


def test_a_term_that_ended_is_past_until_it_is_extended(service: Service) -> None:
    # It ended on 5 April; on 17 April it was extended after the fine of the day before.
    days = {
        day: answered(service, f"integration-terms?validOn={day}", law="wi2013")[DRONTEN]
        for day in ("2022-04-04", "2022-04-05", "2022-04-16", "2022-04-17")
    }

    assert {day: (row["within6"], row["past"], row["within24"]) for day, row in days.items()} == {
        "2022-04-04": (1, 0, 1),
        "2022-04-05": (0, 1, 0),
        "2022-04-16": (0, 1, 0),
        "2022-04-17": (0, 0, 1),
    }


def test_who_is_at_the_end_of_the_loan(service: Service) -> None:
    # 1,200 euros are left. In March the term ends within half a year; in June it was extended after a fine.
    march, june = {"ending": 1, "regular": 1}, {"ending": 0, "regular": 0}
    none, extended = {"extendedAfterFine": 0, "extended": 0, "overlap": 0}, {"extendedAfterFine": 1, "overlap": 0}

    compare(
        answered(service, "elip?validOn=2022-03-31"),
        {DRONTEN: {**march, **none}, EVERYBODY: {**march, **none}},
    )
    compare(answered(service, f"elip?{LAST}"), {DRONTEN: {**june, **extended}, EVERYBODY: {**june, **extended}})


def test_which_minors_are_in_reception_or_in_a_unit(service: Service) -> None:
    # Of age from 1 June on, the first day of the month of birth; moved on 22 June. The other is of age in October 2023.
    here = {"persons": 1, "turning6": 0, "turning12": 0, "adult": 0, "unknown": 0}
    both = {**here, "persons": 2}

    compare(answered(service, f"minors?{LAST}"), {MONTFOORT: here, EVERYBODY: here})
    compare(
        answered(service, "minors?validOn=2022-06-21"),
        {BREDA: {**here, "adult": 1}, MONTFOORT: here, EVERYBODY: {**both, "adult": 1}},
    )
    compare(
        answered(service, "minors?validOn=2022-05-31"),
        {
            BREDA: {**here, "turning6": 1, "turning12": 1},
            MONTFOORT: here,
            EVERYBODY: {**both, "turning6": 1, "turning12": 1},
        },
    )


def test_who_was_handed_over_in_person(service: Service) -> None:
    warm = {"housed": 1, "warm": 1, "written": 0, "none": 0, "shareWarm": 1.0}
    written = {"housed": 1, "warm": 0, "written": 1, "none": 0, "shareWarm": 0.0}
    none = {"housed": 1, "warm": 0, "written": 0, "none": 1, "shareWarm": 0.0}

    compare(
        answered(service, f"handovers?{WINDOW}&{LAST}"),
        {
            **dict.fromkeys((DIEMEN, OOSTERHOUT, ENSCHEDE), warm),
            **dict.fromkeys((BREDA, HARDENBERG), written),
            **dict.fromkeys((WIERDEN, DEN_BOSCH), none),
            EVERYBODY: {"housed": 7, "warm": 3, "written": 2, "none": 2, "shareWarm": 0.4286},
        },
    )


def test_who_sent_what_and_how_late(service: Service) -> None:
    # All was recorded on 15 July. Wierden took an offer back, and then took that back; from 24 to 144 days late.
    asked = "/v1/figures/data-quality?from=2022-07-15&to=2022-07-15&validOn=2022-07-15"
    rows = {row["organisation"]: row for row in service.told(asked)["items"]}
    wierden, duo = rows["00000099100000189000"], rows["00000099000000003000"]

    assert {name: wierden[name] for name in ("events", "corrections", "withdrawals", "rejected", "late")} == {
        "events": 10,
        "corrections": 0,
        "withdrawals": 2,
        "rejected": 0,
        "late": 9,
    }
    assert (wierden["medianLateness"], wierden["p90Lateness"]) == (103.0, 143.1)
    # 3 of Wierden, 3 of Diemen, 2 of Oosterhout, 7 of Dronten, 4 of Hardenberg, 3 of Enschede, 2 of Arnhem.
    assert (duo["events"], duo["corrections"], duo["withdrawals"], duo["findings"]) == (24, 1, 0, 0)


def test_in_these_ten_nothing_contradicts_and_one_home_was_never_ready(service: Service) -> None:
    # Dronten was housed in 2019, before homes were told of: what is missing is a finding, of no event.
    missing = {"finding": "housed-without-home-ready", "journeys": 1, "events": 0}

    compare(answered(service, f"findings?{LAST}"), {DRONTEN: missing, EVERYBODY: missing})


def due(service: Service, asked: str) -> list[tuple[str, str, str, str | None]]:
    items = service.told(f"/v1/deadlines?{asked}")["items"]
    return [(one["dueOn"], one["kind"], one["municipality"], one["since"]) for one in items]


def test_what_falls_due_before_2024(service: Service) -> None:
    # Neither of those who wait is waited for by the municipality: their homes are ready. No term ends by then.
    assert due(service, f"until=2023-12-31&{LAST}") == [
        ("2022-08-21", "temporary-stay", ENSCHEDE, "2022-02-21"),
        ("2022-10-17", "temporary-stay", OOSTERHOUT, "2022-02-21"),
        ("2023-10-01", "turning-18", MONTFOORT, None),
    ]


def test_what_fell_due_for_the_municipality_three_days_before(service: Service) -> None:
    # Seventy days after the links of 15 February and 7 April.
    assert due(service, "until=2022-07-31&validOn=2022-06-27") == [
        ("2022-04-26", "housing-norm", ARNHEM, "2022-02-15"),
        ("2022-06-16", "housing-norm", MONTFOORT, "2022-04-07"),
    ]


def test_when_a_plan_was_due(service: Service) -> None:
    # Wierden: not yet registered on 20 April, so 70 days after the housing of the 15th; registered on the 23rd.
    # Enschede: the notice of 17 April counts; Hardenberg has its plan, and Arnhem no day to count from.
    def plans(day: str) -> list[tuple[str, str]]:
        return [(on, code) for on, kind, code, _ in due(service, f"validOn={day}") if kind == "integration-plan"]

    assert plans("2022-04-20") == [("2022-06-24", WIERDEN), ("2022-06-26", ENSCHEDE)]
    assert plans("2022-04-25") == [("2022-07-02", WIERDEN)]
    assert plans("2022-06-21") == []


def page(service: Service, v_number: str) -> dict[str, Any]:
    return service.told(f"/v1/journeys/{service.journey(v_number)}?{LAST}")


def test_a_journey_says_of_every_day_what_it_is_put_down_to(service: Service) -> None:
    # Diemen: the file was complete on 27 April, the refusal of 14 May comes before the document of 24 May, and the
    # family applied for on 21 June before the refusal. From 14 April up to and including 14 January are 276 days.
    spells = [(one["cause"], one["since"], one["days"]) for one in page(service, "9999028470")["causesByDay"]]

    assert spells == [
        ("dossier", "2021-04-14", 13),
        ("document", "2021-04-27", 17),
        ("refusal", "2021-05-14", 38),
        ("family", "2021-06-21", 148),
        ("refusal", "2021-11-16", 34),
        ("home", "2021-12-20", 17),
        ("leaving", "2022-01-06", 9),
    ]
    assert sum(days for _, _, days in spells) == 276


def test_a_journey_says_until_when_somebody_can_stay_and_when_a_plan_was_due(service: Service) -> None:
    enschede = page(service, "9999025204")

    assert enschede["temporaryStay"]["until"] == "2022-08-21"
    assert enschede["integration"]["planDueOn"] == "2022-06-26"
    assert enschede["integration"]["termEndsOn"] == "2025-04-26"
