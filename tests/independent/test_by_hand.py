"""The calculation itself, held to what was worked out by hand and to the examples of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.independent.balances import Balances, adams
from tests.independent.clerk import AMSTERDAM, HAAREN, UTRECHT, WEESP, by
from tests.independent.half_years import last_day, months_later, whole_months
from tests.independent.land import Land, largest_remainder
from tests.independent.link_tables import expected, households, links
from tests.independent.lives import live
from tests.independent.quota_tables import permits, quota_revisions, settled
from tests.independent.record import Event, in_force, read
from tests.independent.rows import Asked
from tests.independent.statements import in_effect
from tests.independent.supply_tables import Supervision, supervision
from tests.independent.world import World

DEN_BOSCH, VOORSCHOTEN = "GM0796", "GM0626"
_NAMES = iter(range(10**6))


def said(topic: str, on: str, id: str = "", at: str = "09:00", **data: Any) -> Event:  # noqa: A002  as the envelope has it
    number = next(_NAMES)
    posted = {
        "type": f"nl.ketenspoor.{topic}.v1",
        "source": by("coa"),
        "id": id or f"e-{number}",
        "time": f"{on}T{at}:00Z",
        "data": {"effectiveOn": on, **data},
    }
    return read(posted, "2022-07-01T10:00:00.000Z", number + 1)


def a_life(*events: Event, on: str = "2021-12-31") -> Any:
    return live(in_force(events), date.fromisoformat(on), Land())


def asked(events: Sequence[Event], on: str, by_: str = "municipality", **parameters: Any) -> Asked:
    return Asked(World(events, 10**7, date(2022, 7, 15)), date.fromisoformat(on), by_, parameters)


def one(rows: list[Any], code: str) -> Any:
    (row,) = [row for row in rows if row["code"] == code]
    return row


def test_of_versions_that_nothing_corrects_the_newest_speaks() -> None:
    first = said("quota-published", "2021-03-01", "a", period="2021-II", persons=1)
    second = said("quota-published", "2021-02-01", "b", period="2021-II", persons=2, corrects="a")
    third = said("quota-published", "2021-04-01", "c", period="2021-II", persons=3, corrects="a")
    assert [told.data["persons"] for told in in_force([third, second, first])] == [3]


def test_a_withdrawal_that_is_withdrawn_brings_the_fact_back_and_a_ring_of_them_is_void() -> None:
    fact = said("quota-published", "2021-03-01", "a", period="2021-II", persons=1)
    undone = said("event-withdrawn", "2021-03-02", "b", period="2021-II", withdraws="a", reason="")
    again = said("event-withdrawn", "2021-03-03", "c", period="2021-II", withdraws="b", reason="")
    ring = said("event-withdrawn", "2021-03-02", "b", period="2021-II", withdraws="c", reason="")
    assert in_force([undone, fact]) == []
    assert in_force([fact, undone, again]) == [fact]
    assert in_force([fact, ring, again]) == [fact]


def test_within_a_day_a_link_ends_before_another_begins_and_a_death_comes_last() -> None:
    died = said("died", "2021-03-10", at="01:00", vNumber="1")
    linked = said("linked", "2021-03-10", at="02:00", vNumber="1", municipality=UTRECHT)
    ended = said("link-ended", "2021-03-10", at="03:00", vNumber="1", reason="other")
    assert in_force([died, linked, ended]) == [ended, linked, died]


def test_a_split_municipality_hands_on_by_largest_remainder_and_its_journeys_to_whom_took_most() -> None:
    # 2,149, 5,827, 1,442 and 4,900 of 14,318: 1.50, 4.07, 1.01 and 3.42 of 10.
    handed = Land().handed_on({HAAREN: -10}, date(2020, 12, 31), date(2021, 1, 1))
    assert handed == {"GM0757": -2, "GM0824": -4, "GM0855": -1, "GM0865": -3}
    assert Land().code_on(HAAREN, date(2021, 1, 1)) == "GM0824"
    assert Land().code_on(HAAREN, date(2020, 12, 31)) == HAAREN
    assert Land().code_on(WEESP, date(2022, 3, 24)) == AMSTERDAM


def test_shares_are_rounded_up_by_one_divisor() -> None:
    # With a divisor of 55: 1.8, 1.1 and 0.2 rounded up.
    assert adams(5, {"A": 100, "B": 60, "C": 10}) == {"A": 2, "B": 2, "C": 1}
    assert adams(2, {"A": 10, "B": 60, "C": 10}) == {"A": 1, "B": 1, "C": 0}
    assert largest_remainder(5, {"A": 100, "B": 60, "C": 10}) == {"A": 3, "B": 2, "C": 0}


def test_months_keep_the_day_or_take_the_last_one() -> None:
    assert months_later(date(2021, 12, 31), 2) == date(2022, 2, 28)
    assert last_day("2021-II") == date(2021, 12, 31)
    assert whole_months("2021-II", date(2021, 12, 31)) == 6
    assert whole_months("2021-II", date(2021, 12, 30)) == 5


def test_what_a_half_year_leaves_is_what_the_next_opens_with() -> None:
    events = [
        said("municipal-quota-published", "2021-01-01", period="2021-I", municipality=UTRECHT, persons=3),
        said("opening-balance-recorded", "2021-01-01", period="2021-I", municipality=UTRECHT, persons=2),
        said("housed", "2021-05-01", vNumber="1", municipality=UTRECHT, accommodation="regular"),
        said("quota-published", "2021-01-01", period="2021-II", persons=345),
    ]
    stand = Balances(World(events, 10**7, date(2022, 7, 1)), date(2021, 12, 31)).stand("2021-II", date(2021, 12, 31))
    assert stand.opening[UTRECHT] == 4
    assert stand.task(UTRECHT) == stand.quota[UTRECHT] + 4


def test_a_life_is_closed_by_a_return_after_a_death_and_opened_by_a_link() -> None:
    housed = said("housed", "2021-05-01", vNumber="1", municipality=UTRECHT, accommodation="regular")
    left = said("left-unknown-destination", "2021-06-01", vNumber="1")
    returned = said("returned-to-reception", "2021-07-01", vNumber="1")
    again = said("linked", "2021-08-01", vNumber="1", municipality=UTRECHT)
    assert (a_life(housed, left).closed, a_life(housed, left).gone) == (False, True)
    assert a_life(housed, left, returned).closed
    assert not a_life(housed, left, returned, again).gone


def test_leads_of_30_30_and_50_settle_as_the_contract_says() -> None:
    told = settled(417, [30, 30, 50])
    assert [told[f"lead{name}"] for name in ("Sum", "Signed", "Last", "Built")] == [110, 110, 50, 50]
    assert [told[f"remainder{name}"] for name in ("Sum", "Signed", "Last", "Built")] == [307, 307, 367, 367]
    told = settled(417, [30, -10, 50])
    assert [told[f"lead{name}"] for name in ("Sum", "Signed", "Last", "Built")] == [80, 70, 50, 80]


def test_revisions_leave_out_who_keeps_the_same() -> None:
    events = [
        said("quota-published", "2021-03-01", period="2021-II", persons=352),
        said("quota-revised", "2021-05-01", period="2021-II", persons=353),
    ]
    told = quota_revisions(asked(events, "2021-06-01", period="2021-II"))
    assert [(row["code"], row["change"]) for row in told] == [(AMSTERDAM, None), (AMSTERDAM, 1)]


def test_permits_are_forecast_by_the_days_that_count() -> None:
    events = [
        said(
            "permits-forecast-published",
            "2020-12-01",
            area="NL",
            persons=365,
            **{"from": "2021-01-01", "to": "2021-12-31"},
        ),
        said("permit-granted", "2021-02-10", vNumber="1", ground="family"),
    ]
    window = {"from": date(2021, 1, 31), "to": date(2021, 2, 28)}
    first, second = permits(asked(events, "2021-02-10", "country", **window))
    assert (first["granted"], first["forecast"]) == (0, 1)
    assert (second["family"], second["forecast"], second["difference"]) == (1, 10, -10)


def test_links_that_ended_after_a_housing_were_not_lost() -> None:
    events = [
        said("linked", "2021-03-01", vNumber="1", municipality=UTRECHT),
        said("linked", "2021-03-11", vNumber="1", municipality=WEESP, criteria=["work"]),
        said("housed", "2021-04-01", vNumber="1", municipality=WEESP, accommodation="regular"),
        said("link-ended", "2021-05-01", vNumber="1", reason="other"),
    ]
    window = {"from": date(2021, 1, 1), "to": date(2021, 12, 31)}
    (row,) = links(asked(events, "2022-06-01", "country", **window))
    assert (row["made"], row["work"], row["ended"], row["replaced"], row["daysLost"]) == (2, 1, 1, 1, 10)


def test_statements_of_a_merged_area_stand_until_the_successor_states() -> None:
    mine = said("homes-stated", "2021-01-01", area=AMSTERDAM, homes=[])
    theirs = said("homes-stated", "2022-01-01", area=WEESP, homes=[])
    anew = said("homes-stated", "2022-03-24", area=AMSTERDAM, homes=[])

    def standing(*events: Event) -> list[Event]:
        return in_effect(list(events), Land(), date(2022, 6, 1), lambda _: "homes")[AMSTERDAM, "homes"]

    assert standing(mine, theirs) == [mine, theirs]
    assert standing(mine, theirs, anew) == [anew]


def test_households_need_rooms_for_whom_they_await() -> None:
    events = [
        *(said("permit-granted", "2021-01-01", vNumber=v, ground="asylum", household="H") for v in "12"),
        *(said("linked", "2021-01-10", vNumber=v, municipality=UTRECHT) for v in "12"),
        said("family-reunification-applied", "2021-02-01", vNumber="1", persons=3),
        said("homes-stated", "2021-01-01", area=UTRECHT, homes=[{"bedrooms": 1, "adapted": False, "number": 2}]),
    ]
    first, second = sorted(households(asked(events, "2021-03-01", "country")), key=lambda row: str(row["size"]))
    assert (first["size"], first["homes"], first["households"], first["spare"]) == ("1", 2, 0, 2)
    assert (second["size"], second["persons"], second["afterReunification"], second["bedrooms"]) == ("2", 2, 5, 3)
    assert (second["homes"], second["lack"]) == (0, 1)


def test_what_is_expected_goes_where_persons_are_needed() -> None:
    events = [
        said("municipal-quota-published", "2021-01-01", period="2021-II", municipality=UTRECHT, persons=4),
        said("quota-published", "2021-01-01", period="2021-II", persons=0),
        *(said("permit-granted", "2021-06-01", vNumber=v, ground="asylum") for v in "123"),
        said("linked", "2021-07-01", vNumber="1", municipality=UTRECHT),
    ]
    row = one(expected(asked(events, "2021-08-01")), UTRECHT)
    # One link in 91 days, 61 days asked about, and two still without a link.
    assert (row["linked"], row["expected"]) == (1, Fraction(61, 91))


def _den_bosch(linked_on: str) -> Supervision:
    period = {"period": "2021-II"}
    events = [said("municipal-quota-published", "2021-01-01", municipality=DEN_BOSCH, persons=146, **period)]
    for number in range(82):
        v_number = str(number)
        events.append(said("permit-granted", "2021-02-01", vNumber=v_number, ground="asylum"))
        events.append(
            said("linked", linked_on if number < 3 else "2021-03-01", vNumber=v_number, municipality=DEN_BOSCH)
        )
        if number >= 3:
            home = {"municipality": DEN_BOSCH, "accommodation": "regular"}
            events.append(said("housed", "2021-08-01", vNumber=v_number, **home))
    return Supervision(World(events, 10**7, date(2022, 7, 1)), "2021-II", date(2021, 12, 31), date(2021, 12, 31))


def test_den_bosch_is_short_of_links_and_not_of_homes() -> None:
    judged = _den_bosch("2021-09-01")
    assert judged.stand.remaining(DEN_BOSCH) == 67
    assert len(judged.open(DEN_BOSCH)) == 3
    # The three lack their dossier: none is of its own doing.
    assert judged.attributable(DEN_BOSCH) == 0
    assert _den_bosch("2021-11-01").open(DEN_BOSCH) == []


def test_voorschoten_is_one_short_and_takes_no_step() -> None:
    own, dossier = {"municipality": VOORSCHOTEN}, ("bsn", "identity-document", "iban")
    events = [said("municipal-quota-published", "2021-01-01", period="2021-II", persons=13, **own)]
    for number in range(13):
        v_number = str(number)
        events.append(said("permit-granted", "2021-02-01", vNumber=v_number, ground="asylum"))
        events.append(said("linked", "2021-03-01", vNumber=v_number, **own))
        events.append(said("residence-document-issued", "2021-03-01", vNumber=v_number))
        events += [said("dossier-item-completed", "2021-03-01", vNumber=v_number, item=item) for item in dossier]
        if number:
            events.append(said("housed", "2021-08-01", vNumber=v_number, accommodation="regular", **own))
    row = one(supervision(asked(events, "2022-01-10", period="2021-II")), VOORSCHOTEN)
    assert (row["task"], row["realised"], row["gross"], row["supplyGap"]) == (13, 12, 1, 0)
    assert (row["attributable"], row["stack"], row["margin"], row["short"], row["proposed"]) == (1, 1, 1, 1, 0)
    assert (row["light"], row["supplyLight"], row["dossierLight"]) == ("amber", "green", "green")
    assert last_day("2021-II") - timedelta(days=70) == date(2021, 10, 22)
