"""The calculation of the people's tables, held to what was worked out by hand and to the examples of the contract."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.independent.clerk import UTRECHT, WEESP, ZEIST
from tests.independent.family_tables import family, family_arrivals, minors, temporary
from tests.independent.file_tables import documents, dossiers, handovers, moves
from tests.independent.integration_tables import elip, integration, integration_terms
from tests.independent.measures import mean, median, p90
from tests.independent.record import Event
from tests.independent.test_by_hand import asked, said
from tests.independent.wait_tables import lateness, waiting

YEAR: dict[str, Any] = {"from": date(2021, 1, 1), "to": date(2021, 12, 31)}
_HOME = {"municipality": UTRECHT, "accommodation": "regular"}


def person(topic: str, on: str, id: str = "", at: str = "09:00", **data: Any) -> Event:  # noqa: A002
    return said(topic, on, id, at, vNumber="1", **data)


def the_row(rows: list[Any]) -> Any:
    (row,) = rows
    return row


def test_middles_lie_between_ranks() -> None:
    told: list[Any] = [mean([1, 2, 6]), median([1, 2]), p90([0, 10, 20])]
    assert told == [3, Fraction(3, 2), 18]
    assert median([]) is None


def test_days_too_late_have_one_cause_each() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("linked", "2021-03-10", municipality=UTRECHT),
        *(person("dossier-item-completed", "2021-04-01", item=item) for item in ("bsn", "identity-document")),
        person("dossier-item-completed", "2021-06-10", item="iban"),
        person("residence-document-issued", "2021-06-12"),
        person("home-ready", "2021-06-14", **_HOME),
        person("housed", "2021-06-17", **_HOME),
    ]
    # The norm ends on 7 June: 8 and 9 June for the dossier, 10 and 11 for the document, 12 and 13 without a home.
    row = the_row(lateness(asked(events, "2021-07-01", **YEAR)))
    assert (row["persons"], row["days"]) == (1, 10)
    assert (row["dossier"], row["document"], row["home"], row["leaving"]) == (2, 2, 2, 4)
    # From the link on the norm ended on 16 June; of 84 days on 2 June.
    assert the_row(lateness(asked(events, "2021-07-01", norm="link-14", **YEAR)))["days"] == 1
    assert the_row(lateness(asked(events, "2021-07-01", norm="link-12", **YEAR)))["days"] == 15


def test_a_refusal_that_waits_to_be_judged_comes_before_the_dossier_and_after_the_family() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("family-reunification-applied", "2021-03-02", persons=2),
        person("family-reunification-decided", "2021-06-09", granted=1, refused=1),
        person("offer-refused", "2021-06-01", municipality=UTRECHT, reason=""),
        person("refusal-assessed", "2021-06-10", justified=True),
        person("housed", "2021-06-11", **_HOME),
    ]
    # 8 June for the family, 9 June for the refusal, and two for the dossier, which never is complete.
    row = the_row(lateness(asked(events, "2021-07-01", **YEAR)))
    assert (row["days"], row["family"], row["refusal"], row["dossier"]) == (4, 1, 1, 2)


def test_linking_ages_by_the_days_without_a_link() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("linked", "2021-03-10", municipality=UTRECHT),
        person("link-ended", "2021-04-20", reason="other"),
    ]
    linking, total = waiting(asked(events, "2021-04-27", "country"))
    # The example of part 1: 9 + 7 days, two over.
    assert (linking["phase"], linking["mean"], linking["overNorm"], linking["turn"]) == ("linking", 16, 1, "coa")
    assert (total["phase"], total["mean"], total["overNorm"]) == ("total", 57, 0)
    assert [row["phase"] for row in waiting(asked(events, "2021-04-27", "country", norm="link-14"))] == ["linking"]


def test_a_dossier_is_complete_at_the_link_or_later() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("adapted-home-needed", "2021-03-20", kind="other"),
        person("linked", "2021-03-10", municipality=UTRECHT),
        *(person("dossier-item-completed", "2021-03-10", item=item) for item in ("bsn", "identity-document")),
        person("offer-accepted", "2021-05-01", **_HOME),
    ]
    row = the_row(dossiers(asked(events, "2021-06-01", **YEAR)))
    assert (row["linked"], row["completeAtLink"], row["missingBsn"], row["missingIban"]) == (1, 0, 0, 1)
    assert (row["open"], row["completeNow"], row["cannotSign"], row["shareAtHousing"]) == (1, 0, 1, None)
    assert (row["adapted"], row["adaptedBefore"], row["adaptedDays"]) == (1, 0, -10)


def test_who_loses_a_document_waits_for_it_again() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("dossier-item-completed", "2021-02-20", item="bsn"),
        person("dossier-item-lapsed", "2021-03-20", item="bsn"),
    ]
    (row,) = [row for row in documents(asked(events, "2021-03-31", "country", **YEAR)) if row["item"] == "bsn"]
    assert (row["completed"], row["mean"], row["open"], row["openMedian"]) == (1, 0, 1, 30)


def test_a_move_belongs_to_the_newest_housing_on_or_before_its_day() -> None:
    events = [
        person("housed", "2021-03-01", municipality=WEESP, accommodation="hotel"),
        person("returned-to-reception", "2021-03-11"),
        person("moved-to-permanent-home", "2021-04-01", municipality=UTRECHT, at="01:00"),
        person("housed", "2021-04-01", at="02:00", municipality=UTRECHT, accommodation="hotel"),
        person("moved-to-permanent-home", "2021-05-01", municipality=UTRECHT),
    ]
    weesp, utrecht = sorted(moves(asked(events, "2021-06-01", **YEAR)), key=lambda row: int(str(row["moved"])))
    assert (weesp["code"], weesp["returned"]) == (WEESP, 1)
    assert (utrecht["code"], utrecht["moved"], utrecht["days"]) == (UTRECHT, 1, 0)


def test_a_handover_counts_from_the_link_to_the_housing() -> None:
    events = [
        person("linked", "2021-03-10", municipality=UTRECHT),
        person("handover-held", "2021-03-09", municipality=UTRECHT, form="warm"),
        person("handover-held", "2021-04-01", municipality=ZEIST, form="written"),
        person("housed", "2021-04-01", **_HOME),
    ]
    row = the_row(handovers(asked(events, "2021-06-01", **YEAR)))
    assert (row["housed"], row["warm"], row["written"], row["none"], row["shareWarm"]) == (1, 0, 1, 0, 0)


def test_family_is_awaited_and_expected() -> None:
    events = [
        person("permit-granted", "2021-03-01", ground="asylum"),
        person("linked", "2021-03-10", municipality=UTRECHT),
        person("family-reunification-applied", "2021-03-10", persons=5),
        person("family-reunification-decided", "2021-06-01", granted=3, refused=1),
        person("family-visa-issued", "2021-07-01", persons=2),
        person("family-arrived", "2021-07-20", persons=1, direct=True),
    ]
    row = the_row(family(asked(events, "2021-08-01")))
    assert (row["undecided"], row["awaited"], row["grantedNoHome"], row["medianSinceGrant"]) == (1, 2, 1, 61)
    assert (row["arrivedDirect"], row["bedroomsAwaited"]) == (1, 0)
    july, august, september = family_arrivals(asked(events, "2021-08-01", **YEAR))
    assert (july["month"], july["arrived"]) == ("2021-07", 1)
    assert (august["month"], august["expected"], september["expected"]) == ("2021-08", 1, 1)
    housed = the_row(family(asked([*events, person("housed", "2021-08-01", **_HOME)], "2021-08-01")))
    # Half of 1 + 2, rounded up.
    assert (housed["housedAwaiting"], housed["bedroomsAwaited"], housed["grantedNoHome"]) == (1, 2, 0)


def test_a_hotel_is_for_six_months_unless_it_says_until_when() -> None:
    hotel = {"municipality": UTRECHT, "accommodation": "hotel"}
    events = [
        said("temporary-places-stated", "2021-01-01", area=UTRECHT, accommodation="hotel", places=3),
        person("housed", "2021-03-31", **hotel),
        said("housed", "2021-03-31", vNumber="2", until="2021-06-01", **hotel),
    ]
    window: dict[str, Any] = {"from": date(2021, 3, 30), "to": date(2021, 4, 1)}
    row = the_row(temporary(asked(events, "2021-07-01", **window)))
    assert (row["places"], row["persons"], row["free"], row["nights"]) == (3, 2, 1, 4)
    # Six months after 31 March is 30 September.
    assert (row["overdue"], row["within3"], row["openEnded"]) == (1, 1, 0)
    assert the_row(temporary(asked(events, "2021-06-29")))["within3"] == 0


def test_who_is_eighteen_within_half_a_year() -> None:
    events = [
        said("permit-granted", "2021-01-01", vNumber=str(number), ground="asylum", unaccompaniedMinor=True, **born)
        for number, born in enumerate(
            ({"birthDate": "2003-12"}, {"birthDate": "2004-01-20"}, {"birthDate": "2003"}, {}, {"birthDate": "2003-07"})
        )
    ]
    row = the_row(minors(asked(events, "2021-07-01", "country")))
    assert (row["persons"], row["turning6"], row["turning12"]) == (5, 2, 2)
    assert (row["adult"], row["unknown"]) == (1, 2)


def _wi2021(*events: Event, on: str) -> Any:
    duty = person("integration-duty-started", "2022-02-01", law="wi2021")
    return the_row(integration(asked([duty, *events], on, "country")))


def test_a_plan_is_due_ten_weeks_after_notice_and_registration() -> None:
    notice = person("integration-notice-sent", "2022-03-01")
    there = person("registered-at-address", "2022-02-10", municipality=UTRECHT)
    assert _wi2021(notice, there, on="2022-05-10")["overdue"] == 0
    assert _wi2021(notice, there, on="2022-05-11")["overdue"] == 1
    # Neither registered nor housed.
    assert _wi2021(notice, on="2022-05-11")["overdue"] == 0
    assert _wi2021(notice, person("housed", "2022-03-05", **_HOME), on="2022-05-15")["overdue"] == 1
    late = person("integration-plan-established", "2022-05-11", municipality=UTRECHT, route="b1")
    row = _wi2021(notice, there, late, on="2022-05-31")
    assert (row["withPlan"], row["firstPlans"], row["plansLate"], row["routeB1"]) == (1, 1, 1, 1)
    assert _wi2021(notice, there, late, on="2022-06-09")["firstPlans"] == 1
    assert _wi2021(notice, there, late, on="2022-06-10")["firstPlans"] == 0


def test_a_fine_is_cancelled_by_the_id_of_any_version() -> None:
    fine: dict[str, Any] = {"amount": 340, "for": "route"}
    events = [
        person("fine-imposed", "2022-03-01", "a", **fine),
        person("fine-imposed", "2022-03-02", "b", corrects="a", **fine),
        person("fine-imposed", "2022-03-03", "c", **fine),
        person("fine-cancelled", "2022-04-01", fine="a"),
    ]
    row = _wi2021(*events, on="2022-05-01")
    assert (row["fines"], row["finesCancelled"]) == (1, 1)


@pytest.mark.parametrize(
    ("ends_on", "used", "more", "told"),
    [
        ("2022-06-01", 7_600, (), {"regular": 1, "ending": 1}),
        ("2022-08-01", 7_600, (), {}),
        ("2022-06-01", 7_500, (), {"ending": 1}),
        ("2021-12-01", 7_600, ("after-fine",), {"extendedAfterFine": 1, "overlap": 1, "ending": 1}),
        ("2021-12-01", 7_500, ("literacy",), {"extended": 1, "ending": 1}),
    ],
)
def test_elip(ends_on: str, used: int, more: tuple[str, ...], told: dict[str, int]) -> None:
    events = [
        person("integration-duty-started", "2019-01-01", law="wi2013"),
        person("integration-term-set", "2019-01-02", endsOn=ends_on),
        person("integration-loan-stated", "2021-01-01", granted=10_000, used=used),
        *(person("integration-term-extended", "2021-11-01", endsOn="2022-06-01", ground=ground) for ground in more),
    ]
    rows = elip(asked(events, "2022-01-01", "country"))
    counted = {column: value for row in rows for column, value in row.items() if value and column != "code"}
    assert counted == told


def test_terms_end_after_the_day_and_within_so_many_months() -> None:
    events = [
        event
        for number, ends_on in enumerate(("2022-01-01", "2022-07-01", "2022-07-02", "2024-01-02"))
        for event in (
            said("integration-duty-started", "2021-01-01", vNumber=str(number), law="wi2013"),
            said("integration-term-set", "2021-01-01", vNumber=str(number), endsOn=ends_on),
        )
    ]
    row = the_row(integration_terms(asked(events, "2022-01-01", "country")))
    assert (row["past"], row["within6"], row["within12"], row["within24"], row["later"]) == (1, 1, 2, 2, 1)
    assert row["last"] == date(2024, 1, 2)
