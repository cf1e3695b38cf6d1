"""The figures of the quota while municipalities merge and are split."""

from __future__ import annotations

from datetime import date

from domain.facts import (
    EventWithdrawn,
)
from tests.rules.histories import (
    AMERSFOORT,
    AMSTERDAM,
    UTRECHT,
    WEESP,
    said,
)
from tests.views.books import (
    ALMERE,
    DAY,
    EVE,
    P2021_I,
    P2022_I,
    P2022_II,
    books,
    house,
    municipal,
    national,
    opening,
    points,
    standing,
    told,
    transferred,
)
from tests.views.logs import Log, merged, of_reference


def test_weesp_hands_quota_balance_and_realisation_to_amsterdam_on_the_day_of_the_merger(log: Log) -> None:
    told(
        log,
        municipal(P2022_I, WEESP, 5),
        municipal(P2022_I, AMSTERDAM, 50),
        opening(P2022_I, WEESP, 2),
        opening(P2022_I, AMSTERDAM, -10),
        transferred(P2022_I, AMSTERDAM, WEESP, 1),
    )
    house(log, WEESP, "2022-02-01", "2022-03-23")
    house(log, AMSTERDAM, *["2022-02-01"] * 7)
    # Still told under the old code, after it had ended.
    house(log, WEESP, "2022-04-01", accommodation="hotel")
    eve, day, end = (standing(log, P2022_I, on) for on in (EVE, DAY, date(2022, 6, 30)))
    assert (books(eve[WEESP]), books(eve[AMSTERDAM])) == ((5, 2, 8, 2, 6), (50, -10, 39, 7, 32))
    assert WEESP not in day and WEESP not in end
    assert books(day[AMSTERDAM]) == (55, -8, 47, 9, 38)
    assert day[AMSTERDAM].transferred == 0
    assert books(end[AMSTERDAM]) == (55, -8, 47, 10, 37)
    assert end[AMSTERDAM].realised_by_accommodation == {"hotel": 1, "regular": 9}
    assert len(eve) - 1 == len(day) == len(end)
    # What Weesp left behind is in Amsterdam's next opening.
    assert standing(log, P2022_II, "2022-07-01")[AMSTERDAM].opening == 37


def test_a_posted_merger_hands_over_and_a_withdrawn_one_hands_back(log: Log) -> None:
    told(log, municipal(P2021_I, UTRECHT, 5), municipal(P2021_I, AMERSFOORT, 3))
    house(log, UTRECHT, "2021-02-01")
    told(log, merged("2021-03-01", UTRECHT, AMERSFOORT, "m"))
    known = log.position()
    told(log, *of_reference(said("2021-04-01", EventWithdrawn("m", "it did not happen"), id="w")))
    on = "2021-06-30"
    before = standing(log, P2021_I, on, position=known - 1)
    between = standing(log, P2021_I, on, position=known)
    after = standing(log, P2021_I, on)
    assert (books(before[UTRECHT]), books(before[AMERSFOORT])) == ((5, 0, 5, 1, 4), (3, 0, 3, 0, 3))
    assert UTRECHT not in between
    assert books(between[AMERSFOORT]) == (8, 0, 8, 1, 7)
    assert after == before


def test_a_code_used_before_its_municipality_began_counts_for_who_it_came_from(log: Log) -> None:
    told(log, merged("2021-06-01", AMERSFOORT, "GM9990", "m", name="Nieuwstad", province="PV26"))
    told(log, municipal(P2021_I, AMERSFOORT, 3))
    house(log, "GM9990", "2021-05-01")
    eve, day = (standing(log, P2021_I, on) for on in ("2021-05-31", "2021-06-01"))
    assert (books(eve[AMERSFOORT]), "GM9990" in eve) == ((3, 0, 3, 1, 2), False)
    assert (books(day["GM9990"]), AMERSFOORT in day) == ((3, 0, 3, 1, 2), False)


def test_of_a_municipality_that_is_split_balances_go_pro_rata_and_what_comes_later_to_the_larger_part(log: Log) -> None:
    told(
        log,
        municipal(P2021_I, AMERSFOORT, 8),
        merged("2021-03-01", AMERSFOORT, UTRECHT, "m1", persons_moved=3_000),
        merged("2021-03-01", AMERSFOORT, AMSTERDAM, "m2", persons_moved=1_000),
        transferred(P2021_I, ALMERE, AMERSFOORT, 4, on="2021-02-01"),
        transferred(P2021_I, ALMERE, AMERSFOORT, 4, on="2021-04-01"),
    )
    house(log, AMERSFOORT, "2021-02-01", "2021-02-02", "2021-02-03")
    found = standing(log, P2021_I, "2021-06-30")
    assert [found[code].quota for code in (UTRECHT, AMSTERDAM)] == [None, None]
    assert [found[code].transferred for code in (UTRECHT, AMSTERDAM, ALMERE)] == [3 + 4, 1, -8]
    assert [found[code].realised for code in (UTRECHT, AMSTERDAM)] == [3, 0]


def test_a_code_that_a_withdrawn_merger_had_brought_stops_no_figure(log: Log) -> None:
    told(log, national(P2021_I, 13_500))
    told(log, merged("2021-02-01", AMERSFOORT, "GM9990", "m", name="Nieuwstad", province="PV26"))
    house(log, "GM9990", "2021-03-01")
    assert standing(log, P2021_I, "2021-06-30")["GM9990"].realised == 1
    told(log, *of_reference(said("2021-04-01", EventWithdrawn("m", "it did not happen"), id="w")))
    assert AMERSFOORT in standing(log, P2021_I, "2021-06-30")
    assert standing(log, P2021_I, "2021-06-30", "country")["NL"].quota == 13_500
    assert len(points(log, ["2021-03-31", "2021-06-30"])) == 2
