"""Quotas by method, revisions, transfers, the offset, publication and permits: cases worked out by hand."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from domain.facts import (
    EventWithdrawn,
    MunicipalQuotaPublished,
    OpeningBalanceRecorded,
    PeriodFact,
    PermitsForecastPublished,
    QuotaForecast,
    QuotaPublished,
    QuotaRevised,
    QuotaTransferred,
    ReceptionPlacesStated,
    Transfer,
    TransferDecision,
)
from domain.period import Period
from projections.engine import Asked
from projections.figure import Cell, Part, Query
from projections.figures import FIGURES, quota_parts
from projections.figures.books import Inputs
from projections.figures.quota_parts import common_divisor
from projections.places import read_places
from tests.rules.histories import AMERSFOORT, AMSTERDAM, UTRECHT, WEESP, granted, housed, said
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, merged, of_area, of_period, of_reference

HOF_VAN_TWENTE = "GM1735"
P2021_I, P2021_II, P2022_I, P2022_II = (Period.parse(one) for one in ("2021-I", "2021-II", "2022-I", "2022-II"))
P2023_II = Period(2023, 2)


def say(log: Log, *facts: tuple[str, PeriodFact]) -> None:
    """Commit facts of half-years on days, one after another."""
    for on, fact in facts:
        event = said(on, fact, id=f"n{log.position()}")
        log.commit(of_period(event._replace(sent_at=event.sent_at.replace(minute=log.position() % 60))))
    log.follow()


def parts_of(log: Log, name: str, cell: Cell, on: date, **given: Any) -> list[Part]:
    with log.tables() as tables:
        asked = Asked(on, log.reached())
        by: Any = {"N": "country", "P": "province", "G": "municipality"}[cell.code[0]]
        query = Query(tables, asked, read_places(tables, asked), by, given)
        return FIGURES[name].parts(query, cell)


# Quotas by method (Q6, Q7).


@pytest.mark.parametrize(
    ("method", "hof_van_twente", "amsterdam", "surplus"),
    [
        ("adams", 20, 492, 0),
        ("largest-remainder", 20, 500, 0),
        ("nearest", 20, 500, 9),
        ("ceiling", 21, 500, 167),
        ("floor", 20, 499, -178),
    ],
)
def test_a_number_comes_out_by_each_method_beside_what_was_published(
    log: Log, method: str, hof_van_twente: int, amsterdam: int, surplus: int
) -> None:
    say(
        log,
        ("2021-09-29", QuotaPublished(P2022_I, 10_000)),
        ("2021-10-01", MunicipalQuotaPublished(P2022_I, HOF_VAN_TWENTE, 19)),
    )
    given: dict[str, Any] = {"period": P2022_I, "persons": None, "method": method}
    rows = rows_of(log, "quota-methods", on=date(2022, 6, 30), **given)

    assert rows[HOF_VAN_TWENTE]["inhabitants"] == 35_040
    assert rows[HOF_VAN_TWENTE]["unrounded"] == Fraction(10_000 * 35_040, 17_475_415)
    assert rows[HOF_VAN_TWENTE]["computed"] == hof_van_twente
    assert rows[HOF_VAN_TWENTE]["published"] == 19
    assert rows[HOF_VAN_TWENTE].get("difference", 0) == hof_van_twente - 19
    assert rows[AMSTERDAM]["computed"] == amsterdam
    assert rows[AMSTERDAM]["published"] is None
    # Weesp is there on the first day of the half-year.
    assert rows[WEESP]["inhabitants"] > 20_000
    (country,) = rows_of(log, "quota-methods", "country", date(2022, 6, 30), **given).values()
    assert country["unrounded"] == 10_000
    assert country["computed"] == 10_000 + surplus
    assert country.get("surplus", 0) == surplus
    assert (country["published"], country["difference"]) == (19, hof_van_twente - 19)


def test_without_a_number_only_inhabitants_are_told_and_any_number_can_be_supposed(log: Log) -> None:
    say(log, ("2021-10-01", MunicipalQuotaPublished(P2022_I, UTRECHT, 19)))
    on: date = date(2022, 1, 1)
    given: dict[str, Any] = {"period": P2022_I, "method": "adams"}

    (country,) = rows_of(log, "quota-methods", "country", on, persons=None, **given).values()
    supposed = rows_of(log, "quota-methods", "country", on, persons=13_500, **given)["NL"]
    position = log.position()

    assert country == {
        "inhabitants": 17_475_415,
        **dict.fromkeys(["unrounded", "computed", "published", "difference", "surplus"]),
    }
    assert (supposed["computed"], supposed["published"]) == (13_500, 19)
    assert log.position() == position == 1
    (part,) = parts_of(log, "quota-methods", Cell(UTRECHT, {}, "computed"), on, persons=13_500, **given)
    assert (part.source, part.details["national"], part.details["inhabitants"]) == (None, 13_500, 359_370)


def test_a_quota_by_method_rests_on_the_event_that_published_the_number(log: Log) -> None:
    say(log, ("2021-09-29", QuotaPublished(P2022_I, 10_000)), ("2022-02-01", QuotaRevised(P2022_I, 9_000)))
    given: dict[str, Any] = {"period": P2022_I, "persons": None, "method": "ceiling"}
    cell = Cell("NL", {}, "surplus")

    every = parts_of(log, "quota-methods", cell, date(2022, 3, 1), **given)
    less = [part for part in every if part.amount < 0]
    assert [(part.amount, part.stream, part.source and part.source.key) for part in less] == [
        (-9_000, "2022-I", ("national", None))
    ]
    found = moved(log, "quota-methods", cell, 1, date(2022, 3, 1), **given)
    assert set(found) == {"2022-I"}


def test_the_common_divisor_is_worked_out_for_parts_alone(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    say(log, ("2021-09-29", QuotaPublished(P2022_I, 9_000)), ("2021-10-29", QuotaRevised(P2022_I, 10_000)))
    worked_out = []

    def divisor_of(shares: Mapping[str, int], inhabitants: Mapping[str, int]) -> Decimal | int | None:
        worked_out.append(shares)
        return common_divisor(shares, inhabitants)

    monkeypatch.setattr(quota_parts, "common_divisor", divisor_of)
    given: dict[str, Any] = {"period": P2022_I, "persons": None, "method": "adams"}
    with log.tables() as tables:
        asked = Asked(date(2022, 6, 30), log.reached())
        for name in ("quota-methods", "quota-revisions"):
            query = Query(tables, asked, read_places(tables, asked), "municipality", given)
            assert FIGURES[name].rows(query)
    assert worked_out == []
    (part,) = parts_of(log, "quota-methods", Cell(UTRECHT, {}, "computed"), date(2022, 6, 30), **given)
    assert part.details["divisor"] == 1_776
    assert len(worked_out) == 1


# Revisions (Q5).


def test_each_number_stands_with_the_quotas_of_its_day_and_what_it_changed(log: Log) -> None:
    say(
        log,
        ("2023-04-01", QuotaPublished(P2023_II, 27_300)),
        ("2023-05-01", MunicipalQuotaPublished(P2023_II, UTRECHT, 500)),
        ("2023-10-01", QuotaRevised(P2023_II, 17_500)),
        ("2023-10-01", QuotaRevised(P2023_II, 17_600)),
        ("2024-02-01", QuotaRevised(P2023_II, 1)),
    )
    given: dict[str, Any] = {"period": P2023_II}
    on, first, second = date(2023, 12, 31), date(2023, 4, 1), date(2023, 10, 1)

    assert rows_of(log, "quota-revisions", "country", on, **given) == {
        ("NL", first): {"national": 27_300, "quota": 27_300, "change": None},
        # Utrecht's own quota stands beside the others, which are not divided anew: 500 and not 359.
        ("NL", second): {"national": 17_600, "quota": 17_741, "change": -9_559},
    }
    rows = rows_of(log, "quota-revisions", on=on, **given)
    assert rows[UTRECHT, second] == {"national": 17_600, "quota": 500, "change": 500 - 558}
    # Vlieland has 2 by both numbers, and is left out.
    assert ("GM0096", first) not in rows
    assert sum(row["quota"] for (_, day), row in rows.items() if day == first) == 27_300 - 2
    assert len(rows_of(log, "quota-revisions", "province", on, **given)) == 24


def test_who_keeps_the_same_quota_through_all_revisions_is_left_out(log: Log) -> None:
    say(
        log,
        ("2023-03-01", MunicipalQuotaPublished(P2023_II, UTRECHT, 500)),
        ("2023-04-01", QuotaPublished(P2023_II, 27_300)),
        ("2023-10-01", QuotaRevised(P2023_II, 17_600)),
    )
    codes = {code for code, _ in rows_of(log, "quota-revisions", on=date(2023, 12, 31), period=P2023_II)}
    assert UTRECHT not in codes
    assert AMERSFOORT in codes
    # After one number nothing has changed for anybody.
    assert rows_of(log, "quota-revisions", on=date(2023, 5, 1), period=P2023_II) == {}


def test_the_rows_of_one_grouping_are_not_those_of_another_that_was_asked_before_them(log: Log) -> None:
    say(log, ("2023-04-01", QuotaPublished(P2023_II, 27_300)), ("2023-05-01", QuotaRevised(P2023_II, 27_300)))
    with log.tables() as tables:
        asked = Asked(date(2023, 12, 31), log.reached())
        country = Query(tables, asked, read_places(tables, asked), "country", {"period": P2023_II})
        assert [row.values[1] for row in FIGURES["quota-revisions"].rows(country)] == [27_300, 27_300]
        # Nobody's quota changed, which leaves out all municipalities and nothing of the country.
        assert FIGURES["quota-revisions"].rows(replace(country, group_by="municipality")) == []


def test_the_books_of_one_half_year_have_its_grounds_whichever_was_asked_before(log: Log) -> None:
    log.commit(log.journey([granted("2023-02-01"), housed("2023-08-01")]))
    log.follow()
    with log.tables() as tables:
        asked = Asked(date(2023, 12, 31), log.reached())
        query = Query(tables, asked, read_places(tables, asked), "municipality", {"period": P2022_I})
        assert Inputs.of(query).rows(P2022_I, "municipality")[UTRECHT].by_ground == {}
        later = query.with_parameters(period=P2023_II)
        assert Inputs.of(later).rows(P2023_II, "municipality")[UTRECHT].by_ground == {"asylum": 1}


def test_a_quota_of_an_earlier_day_rests_on_the_number_of_that_day(log: Log) -> None:
    say(log, ("2023-04-01", QuotaPublished(P2023_II, 27_300)), ("2023-10-01", QuotaRevised(P2023_II, 17_600)))
    cell = Cell(UTRECHT, {"on": date(2023, 10, 1)}, "change")
    now, before = parts_of(log, "quota-revisions", cell, date(2023, 12, 31), period=P2023_II)
    assert now.amount > 0 > before.amount
    assert [part.source and part.source.on for part in (now, before)] == [date(2023, 10, 1), date(2023, 4, 1)]


# Transfers (Q8).


def transferred(giver: str, taker: str, persons: int, *deciding: str) -> QuotaTransferred:
    decisions = tuple(TransferDecision(code, date(2021, 6, 1)) for code in deciding)
    return QuotaTransferred(P2021_II, (Transfer(giver, -persons), Transfer(taker, persons)), decisions)


def test_twenty_and_twenty_seven_become_seventeen_and_thirty(log: Log) -> None:
    say(
        log,
        ("2021-04-01", QuotaPublished(P2021_II, 11_000)),
        ("2021-04-01", MunicipalQuotaPublished(P2021_II, UTRECHT, 20)),
        ("2021-04-01", MunicipalQuotaPublished(P2021_II, AMERSFOORT, 27)),
        ("2021-08-01", transferred(UTRECHT, AMERSFOORT, 3, UTRECHT, AMERSFOORT)),
        ("2021-09-01", transferred(UTRECHT, AMERSFOORT, 18, AMERSFOORT)),
        ("2022-02-01", transferred(UTRECHT, AMERSFOORT, 1)),
    )
    assert rows_of(log, "transfers", period=P2021_II) == {
        (AMERSFOORT, 1): {"before": 27, "persons": 3, "after": 30, "decided": 1, "valid": 1},
        (AMERSFOORT, 2): {"before": 30, "persons": 18, "after": 48, "decided": 1, "valid": 1},
        (UTRECHT, 1): {"before": 20, "persons": -3, "after": 17, "decided": 1, "valid": 1},
        # Below 0, and Utrecht did not decide on it.
        (UTRECHT, 2): {"before": 17, "persons": -18, "after": -1},
    }
    quota, first = parts_of(
        log, "transfers", Cell(UTRECHT, {"transfer": 2}, "before"), date(2021, 12, 31), period=P2021_II
    )
    assert (quota.amount, quota.details["kind"]) == (20, "published")
    assert (first.amount, first.details["on"]) == (-3, date(2021, 8, 1))


def test_a_transfer_of_a_merged_municipality_is_its_successors(log: Log) -> None:
    say(
        log,
        ("2021-10-01", QuotaPublished(P2022_I, 10_000)),
        ("2021-10-01", MunicipalQuotaPublished(P2022_I, WEESP, 12)),
        ("2021-10-01", MunicipalQuotaPublished(P2022_I, AMSTERDAM, 492)),
        ("2022-02-01", QuotaTransferred(P2022_I, (Transfer(WEESP, 2), Transfer(UTRECHT, -2)))),
    )
    before, after = (rows_of(log, "transfers", on=on, period=P2022_I) for on in (date(2022, 3, 23), date(2022, 3, 24)))
    assert (before[WEESP, 1]["before"], before[WEESP, 1]["after"]) == (12, 14)
    assert (after[AMSTERDAM, 1]["before"], after[AMSTERDAM, 1]["after"]) == (504, 506)
    assert (WEESP, 1) not in after


def test_a_municipality_decides_by_any_code_that_it_has_on_the_day_of_the_transfer(log: Log) -> None:
    transfers = (Transfer(AMSTERDAM, 2), Transfer(UTRECHT, -2))
    # Weesp is Amsterdam since 24 March 2022.
    for on in ("2022-03-23", "2022-03-24"):
        say(log, (on, QuotaTransferred(P2022_I, transfers, (TransferDecision(WEESP, date(2022, 3, 1)),))))

    rows = rows_of(log, "transfers", on=date(2022, 6, 30), period=P2022_I)
    decided = {key: row.get("decided", 0) for key, row in rows.items()}
    assert decided == {(AMSTERDAM, 1): 0, (AMSTERDAM, 2): 1, (UTRECHT, 1): 0, (UTRECHT, 2): 0}


def test_what_a_split_municipality_was_given_is_handed_over_together(log: Log) -> None:
    """Each of the two transfers by itself would go to the same successor: half a person to each."""
    say(
        log,
        ("2021-04-01", QuotaPublished(P2021_II, 11_000)),
        ("2021-04-01", MunicipalQuotaPublished(P2021_II, AMERSFOORT, 20)),
        ("2021-08-01", transferred(UTRECHT, AMERSFOORT, 1)),
        ("2021-09-01", transferred(UTRECHT, AMERSFOORT, 1)),
    )
    for code, name in (("GM9001", "Oost"), ("GM9002", "West")):
        split = {"persons_moved": 500, "name": name, "province": "PV26"}
        log.commit([merged("2021-10-01", AMERSFOORT, code, code, **split)])
    log.follow()

    rows = rows_of(log, "transfers", period=P2021_II)
    heirs = {key: row for key, row in rows.items() if key[0] > "GM9"}
    assert {key: (row["before"], row.get("persons", 0), row["after"]) for key, row in heirs.items()} == {
        ("GM9001", 1): (10, 1, 11),
        ("GM9001", 2): (11, 0, 11),
        ("GM9002", 1): (10, 0, 10),
        ("GM9002", 2): (10, 1, 11),
    }
    realised = rows_of(log, "realisation", period=P2021_II)
    for code in ("GM9001", "GM9002"):
        assert rows[code, 2]["after"] == realised[code]["quota"] + realised[code]["transferred"]
        parts = parts_of(log, "transfers", Cell(code, {"transfer": 2}, "after"), date(2021, 12, 31), period=P2021_II)
        assert sum(part.amount for part in parts) == 11


def test_without_a_number_nothing_is_known_before_or_after_a_transfer(log: Log) -> None:
    say(log, ("2021-08-01", transferred(UTRECHT, AMERSFOORT, 3)))
    assert rows_of(log, "transfers", period=P2021_II)[UTRECHT, 1] == {
        "before": None,
        "persons": -3,
        "after": None,
        "valid": None,
    }


# The offset (Q9).

AT = (date(2021, 1, 1), date(2021, 7, 1), date(2022, 1, 1))


def leads_are(log: Log, *leads: int) -> None:
    """Let Utrecht open three half-years so far ahead, and nobody have a quota."""
    for period, lead in zip((P2021_I, P2021_II, P2022_I), leads, strict=True):
        first = period.first.isoformat()
        say(log, (first, QuotaPublished(period, 0)), (first, OpeningBalanceRecorded(period, UTRECHT, -lead)))


def four(row: dict[str, Any], name: str) -> list[int | None]:
    return [row.get(f"{name}{way}", 0) for way in ("Sum", "Signed", "Last", "Built")]


@pytest.mark.parametrize(("leads", "set_off"), [((30, 30, 50), [110, 110, 50, 50]), ((30, -10, 50), [80, 70, 50, 80])])
def test_leads_are_set_off_in_four_ways(log: Log, leads: tuple[int, ...], set_off: list[int]) -> None:
    leads_are(log, *leads)
    on: date = date(2022, 3, 1)
    given: dict[str, Any] = {"goal": 417, "at": AT}

    rows = rows_of(log, "offset", "province", on, **given)
    assert four(rows["PV26"], "lead") == set_off
    assert four(rows["PV26"], "remainder") == [417 - each for each in set_off]
    assert rows["PV20"] == {"goal": 417, **{f"remainder{way}": 417 for way in ("Sum", "Signed", "Last", "Built")}}
    country = rows_of(log, "offset", "country", on, **given)["NL"]
    assert (country["goal"], four(country, "lead")) == (5_004, set_off)
    assert four(country, "remainder") == [5_004 - each for each in set_off]


def test_places_that_were_opened_count_first_and_nothing_is_left_below_nought(log: Log) -> None:
    leads_are(log, 30, 30, 50)
    log.commit([of_area(said("2021-02-01", ReceptionPlacesStated("PV26", 300), id="r1"))])
    log.commit([of_area(said("2021-05-01", ReceptionPlacesStated("PV26", 350), id="r2"))])
    log.follow()
    row = rows_of(log, "offset", "province", date(2022, 3, 1), goal=417, at=AT)["PV26"]
    assert row["opened"] == 350
    assert four(row, "remainder") == [0, 0, 17, 17]
    parts = parts_of(log, "offset", Cell("PV26", {}, "remainderSum"), date(2022, 3, 1), goal=417, at=AT)
    assert [(part.details["kind"], part.amount) for part in parts if part.stream == "PV26"] == [
        ("goal", 417),
        ("stated", -350),
        ("bounded", 43),
    ]


def test_within_a_half_year_the_lead_is_what_remained_the_day_before(log: Log) -> None:
    leads_are(log, 30, 0, 0)
    for on in ("2021-02-28", "2021-03-01"):
        log.commit(log.journey([housed(on, UTRECHT, id="h")]))
    log.follow()
    row = rows_of(log, "offset", "province", date(2021, 3, 1), goal=417, at=(date(2021, 3, 1),))["PV26"]
    assert four(row, "lead") == [31, 31, 31, 31]
    parts = parts_of(log, "offset", Cell("PV26", {}, "leadLast"), date(2021, 3, 1), goal=417, at=(date(2021, 3, 1),))
    assert sorted(part.amount for part in parts if part.amount) == [1, 30]


def test_a_date_that_is_not_known_yet_is_passed_over_and_without_any_nothing_is_known(log: Log) -> None:
    leads_are(log, 30, 40, 50)
    # 2022-I has a number from its first day on.
    for on, expected in [(date(2021, 12, 31), [70, 70, 40, 40]), (date(2022, 1, 1), [120, 120, 50, 50])]:
        row = rows_of(log, "offset", "province", on, goal=417, at=AT)["PV26"]
        assert four(row, "lead") == expected
    say(log, ("2021-10-01", QuotaPublished(P2022_I, 0)))
    for on, expected in [
        (date(2021, 12, 30), [70, 70, 40, 40]),  # the day before lies after it
        (date(2021, 12, 31), [110, 110, 40, 40]),  # what opens it is carried over as yet
        (date(2022, 1, 1), [120, 120, 50, 50]),
    ]:
        row = rows_of(log, "offset", "province", on, goal=417, at=AT)["PV26"]
        assert four(row, "lead") == expected
    early = rows_of(log, "offset", "province", date(2020, 6, 1), goal=417, at=AT)["PV26"]
    assert four(early, "lead") == four(early, "remainder") == [None] * 4
    assert early["goal"] == 417


# Publication (Q12, Q63).


def test_a_number_is_in_time_thirteen_weeks_before_the_half_year(log: Log) -> None:
    say(
        log,
        ("2020-10-01", QuotaForecast(P2021_II, 12_000, 900)),
        ("2020-11-15", QuotaForecast(P2021_II, 13_500)),
        ("2021-03-29", QuotaPublished(P2021_II, 11_000)),
        ("2021-04-02", QuotaForecast(P2021_II, 9_000)),
        ("2021-10-15", QuotaForecast(P2022_II, 20_000)),
        ("2022-04-08", QuotaPublished(P2022_II, 13_500, resettlement=500)),
        ("2022-04-08", QuotaRevised(P2022_II, 13_600)),
        ("2022-09-01", QuotaPublished(P2022_II, 13_700)),
    )
    log.commit(log.journey([housed("2021-08-01", UTRECHT, id="h")]))
    log.commit(log.journey([housed("2021-12-31", AMSTERDAM, id="h")]))
    log.follow()

    assert rows_of(log, "publication", "country", date(2022, 12, 31)) == {
        ("NL", "2021-II"): {
            "forecast": 9_000,
            "published": 11_000,
            "publishedOn": date(2021, 3, 29),
            "daysBefore": 94,
            "final": 11_000,
            "resettlement": 900,
            "forecastError": -2_500,
            "realised": 2,
        },
        ("NL", "2022-II"): {
            "forecast": 20_000,
            "published": 13_500,
            "publishedOn": date(2022, 4, 8),
            "daysBefore": 84,
            "daysShort": 7,
            "final": 13_700,
            "resettlement": 500,
            "forecastError": -6_300,
        },
    }
    # Only announced: when and what is not known, and nobody was housed in it.
    assert rows_of(log, "publication", "country", date(2021, 1, 1)) == {
        ("NL", "2021-II"): {
            "forecast": 13_500,
            "resettlement": 900,
            **dict.fromkeys(["published", "publishedOn", "daysBefore", "daysShort", "final", "forecastError"]),
        }
    }


def test_a_forecast_of_the_day_of_publication_counts_when_it_came_before_it(log: Log) -> None:
    say(
        log,
        ("2021-03-29", QuotaForecast(P2021_II, 13_500)),
        ("2021-03-29", QuotaPublished(P2021_II, 11_000)),
        ("2021-03-29", QuotaForecast(P2021_II, 1)),
    )
    row = rows_of(log, "publication", "country")["NL", "2021-II"]
    assert (row["forecast"], row["forecastError"]) == (1, -2_500)


def test_nobody_is_realised_where_no_municipality_is_any_more(log: Log) -> None:
    say(log, ("2021-03-29", QuotaPublished(P2021_II, 11_000)))
    log.commit([merged("2021-08-01", UTRECHT, "GM9001", "m", name="Nieuwstad", province="PV26")])
    log.commit(log.journey([housed("2021-09-01", "GM9001", id="h")]))
    log.commit(log.journey([housed("2021-09-01", AMSTERDAM, id="h")]))
    log.follow()
    assert rows_of(log, "publication", "country")["NL", "2021-II"]["realised"] == 2

    log.commit(of_reference(said("2021-12-01", EventWithdrawn("m", "it did not happen"), id="w")))
    log.follow()
    assert rows_of(log, "publication", "country")["NL", "2021-II"]["realised"] == 1


# Permits (Q17).


def test_permits_stand_beside_the_forecast_of_their_days(log: Log) -> None:
    for on, ground in [
        ("2021-09-30", "asylum"),
        ("2021-10-01", "asylum"),
        ("2021-10-31", "family"),
        ("2021-11-15", "resettlement"),
        ("2021-11-15", "asylum"),
        ("2021-11-16", "asylum"),
    ]:
        # A second permit is not the first.
        log.commit(log.journey([granted(on, ground, id="p"), granted("2021-11-20", id="p2")]))
    for event, on, first, last, persons in [
        ("f1", "2021-08-01", date(2021, 9, 1), date(2021, 10, 31), 122),
        ("f2", "2021-09-01", date(2021, 11, 1), date(2021, 11, 30), 60),
        ("f3", "2021-09-02", date(2021, 11, 11), date(2021, 11, 30), 60),
        ("f4", "2021-12-01", date(2021, 11, 1), date(2021, 11, 30), 1),
    ]:
        log.commit([of_area(said(on, PermitsForecastPublished("NL", first, last, persons), id=event))])
    log.follow()
    window = {"from": date(2021, 10, 1), "to": date(2021, 12, 31)}

    assert rows_of(log, "permits", "country", date(2021, 11, 15), **window) == {
        ("NL", "2021-10"): {
            "granted": 2,
            "asylum": 1,
            "family": 1,
            "forecast": 62,  # 122 persons, 31 of 61 days
            "grantedSoFar": 2,
            "forecastSoFar": 62,
            "difference": -60,
        },
        ("NL", "2021-11"): {
            "granted": 2,
            "asylum": 1,
            "resettlement": 1,
            "forecast": 15,  # the newest that holds the 15th: 60 persons, 5 of 20 days
            "grantedSoFar": 4,
            "forecastSoFar": 77,
            "difference": -73,
        },
    }
    later = rows_of(log, "permits", "country", date(2021, 12, 10), **window)
    assert later["NL", "2021-11"]["forecast"] == 1
    assert later["NL", "2021-12"] == {
        "forecast": None,
        "grantedSoFar": 5,
        "forecastSoFar": None,
        "difference": None,
    }


def test_a_forecast_need_not_be_whole_and_tells_which_event_published_it(log: Log) -> None:
    log.commit(log.journey([granted("2021-10-05", id="p")]))
    forecast = PermitsForecastPublished("NL", date(2021, 10, 1), date(2021, 10, 31), 100)
    log.commit([of_area(said("2021-09-01", forecast, id="f1"))])
    log.follow()
    on, window = date(2021, 10, 10), {"from": date(2021, 10, 1), "to": date(2021, 10, 31)}

    row = rows_of(log, "permits", "country", on, **window)["NL", "2021-10"]
    assert (row["forecast"], row["difference"]) == (Fraction(1_000, 31), 1 - Fraction(1_000, 31))
    parts = parts_of(log, "permits", Cell("NL", {"month": "2021-10"}, "difference"), on, **window)
    assert [(part.numerator, part.denominator, part.stream) for part in parts if part.journey is None] == [
        (-1_000, 0, "NL"),
        (0, 31, "NL"),
    ]
    assert [part.source.key for part in parts if part.source and part.source.table == "areas"] == [(2,)]


def test_permits_are_counted_and_not_carried_from_month_to_month(log: Log) -> None:
    """What the rows of a century take does not grow with the persons that they count."""
    first, last = date(1921, 1, 1), date(2021, 12, 31)
    log.commit([of_area(said("1921-01-01", PermitsForecastPublished("NL", first, last, 300), id="f"))])

    def taken() -> int:
        log.follow()
        with log.tables() as tables:
            asked = Asked(last, log.reached())
            query = Query(tables, asked, read_places(tables, asked), "country", {"from": first, "to": last})
            tracemalloc.start()
            try:
                rows = FIGURES["permits"].rows(query)
                assert len(rows) == 12 * 101
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    taken()
    nobody = taken()
    log.commit([event for _ in range(400) for event in log.journey([granted("1921-02-01", id="p")])])
    assert taken() < nobody + 1_000_000
