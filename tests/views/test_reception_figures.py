"""Who is in reception by outflow region, beside what the quotas ask of it: counted by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from domain.facts import GuestStayEnded, GuestStayStarted, QuotaPublished, ReceptionPlaced
from domain.period import Period
from projections.figure import Cell
from tests.rules.histories import UTRECHT, died, granted, housed, linked, returned, said
from tests.views.figure_rows import moved, rows_of
from tests.views.logs import Log, of_period
from tests.views.test_link_figures import told


def placed(on: str, region: Any) -> Any:
    return said(on, ReceptionPlaced(region))


def test_who_is_in_reception_counts_by_the_newest_region_and_as_in_a_bed_or_a_guest(log: Log) -> None:
    told(
        log,
        # 99 days since the permit on 1 December, and a region that another took the place of.
        [granted("2021-08-24"), placed("2021-08-25", "ZH-ZL"), placed("2021-09-01", "OV-GLD")],
        [granted("2021-08-25"), placed("2021-08-25", "OV-GLD"), linked("2021-09-01")],  # 98 days
        [granted("2021-11-01"), placed("2021-10-25", "OV-GLD"), said("2021-11-20", GuestStayStarted())],
        [
            *(granted("2021-11-01"), placed("2021-10-25", "NB-LB")),
            *(said("2021-11-20", GuestStayStarted()), said("2021-11-25", GuestStayEnded())),
        ],
        [granted("2021-11-01")],
        # Housed, dead or yet without a permit: not in reception.
        [granted("2021-08-01"), placed("2021-08-01", "NB-LB"), housed("2021-11-30")],
        [granted("2021-08-01"), placed("2021-08-01", "NB-LB"), died("2021-11-30")],
        [granted("2021-12-02"), placed("2021-08-01", "NB-LB")],
    )
    day = date(2021, 12, 1)
    of_regions = {
        ("NL", "OV-GLD"): {
            "persons": 3,
            "inBeds": 2,
            "linked": 1,
            "guests": 1,
            "overNorm": 1,
            "share": Fraction(3, 4),
            "quotaShare": None,
            "difference": None,
        },
        ("NL", "NB-LB"): {"persons": 1, "inBeds": 1, "share": Fraction(1, 4), "quotaShare": None, "difference": None},
        ("NL", "unknown"): {"persons": 1, "inBeds": 1, "share": None, "quotaShare": None, "difference": None},
    }
    assert rows_of(log, "reception", "country", day) == of_regions


def test_a_return_brings_somebody_back_and_a_guest_who_was_housed_is_one_no_longer(log: Log) -> None:
    told(
        log,
        [
            *(granted("2021-08-01"), linked("2021-08-10"), said("2021-08-12", GuestStayStarted())),
            *(housed("2021-09-01"), returned("2021-10-01")),
        ],
    )
    here = ("NL", "unknown")
    assert rows_of(log, "reception", "country", date(2021, 8, 31))[here]["guests"] == 1
    assert rows_of(log, "reception", "country", date(2021, 9, 30)) == {}
    back = rows_of(log, "reception", "country", date(2021, 10, 1))[here]
    assert (back["persons"], back["inBeds"], back["linked"], "guests" in back) == (1, 1, 1, False)


def test_beside_the_share_of_the_persons_stands_that_of_the_quotas_of_the_provinces(log: Log) -> None:
    # One each to 352 municipalities: 40, 76, 79, 65 and 92 of them lie in the regions.
    half = Period(2021, 2)
    log.commit(of_period(said("2021-04-01", QuotaPublished(half, 352), id="q")))
    told(
        log,
        [granted("2021-08-24"), placed("2021-09-01", "OV-GLD")],
        [granted("2021-08-24"), placed("2021-09-01", "OV-GLD")],
        [granted("2021-08-24"), placed("2021-09-01", "OV-GLD"), linked("2021-09-03", UTRECHT)],
        [granted("2021-08-24"), placed("2021-09-01", "NB-LB")],
        [granted("2021-08-24")],
    )
    rows = rows_of(log, "reception", "country", date(2021, 10, 1))
    assert {region: row.get("quotaShare", 0) for (_, region), row in rows.items()} == {
        "GR-FR-DR": Fraction(40, 352),
        "OV-GLD": Fraction(76, 352),
        "FL-UT-NH": Fraction(79, 352),
        "ZH-ZL": Fraction(65, 352),
        "NB-LB": Fraction(92, 352),
        "unknown": None,
    }
    assert rows["NL", "OV-GLD"]["difference"] == Fraction(3, 4) - Fraction(76, 352)
    assert rows["NL", "NB-LB"]["difference"] == Fraction(1, 4) - Fraction(92, 352)
    assert rows["NL", "GR-FR-DR"] == {"quotaShare": Fraction(40, 352), "difference": Fraction(-40, 352)}

    before = log.reached()
    told(log, [granted("2021-08-24"), placed("2021-09-01", "NB-LB")])
    cell = Cell("NL", {"region": "NB-LB"}, "persons")
    assert [one.adds.amount for one in moved(log, "reception", cell, before, date(2021, 10, 1)).values()] == [1]
    moved(log, "reception", cell._replace(column="difference"), before, date(2021, 10, 1))
