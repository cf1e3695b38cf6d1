"""The national scenario: what was published about the half-years, with sources, and what the simulation assumes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.period import Period

SEED = 2021

#: Nothing that is simulated holds after this day; it may be recorded later.
UNTIL = date(2022, 6, 30)

#: The first permits; whoever is housed in January 2021 has waited from about here.
FIRST_PERMIT = date(2020, 6, 1)

#: From this day on COA's system tells of what happens in reception and of the files of who lives there.
CONNECTED = date(2022, 1, 3)


@dataclass(frozen=True, slots=True)
class HalfYear:
    """One period: its quota and when that was published, the national opening, and the persons to be housed in it."""

    period: Period
    quota: int | None
    published_on: date | None
    reference: str | None
    opening: int | None
    realised: int
    hotel: int
    reduction: int | None = None


# Quotas: letter of the ministers of 3 November 2020 (2021-I), Staatscourant of 29 March 2021 (2021-II), letter of
# 7 January 2022 (2022-I). Openings and realisation: answer to Parliament 2024Z12156 (2021-I: 15,144 with backlog, so an
# opening of 1,644; realised 9,596 and, in 2022-I, 11,934); letter of 7 January 2022 (2021-II: 12,787 housed and 71 in
# hotels; with the backlog of 3,728 that it left, the opening was 5,586). Hotel places in 2022-I and the
# day of publication of its quota, thirteen weeks ahead as the law asks, are assumed.
HALF_YEARS: tuple[HalfYear, ...] = (
    HalfYear(Period(2021, 1), 13_500, date(2020, 11, 3), "Letter of 3 November 2020", 1_644, 9_596, 0),
    HalfYear(Period(2021, 2), 11_000, date(2021, 3, 29), "Staatscourant, 29 March 2021", 5_586, 12_787 + 71, 71, 1_500),
    HalfYear(Period(2022, 1), 10_000, date(2021, 10, 1), None, None, 11_934, 180),
)

#: Who is still waiting at the end would be housed in the half-year after; of these lives only the beginning is told.
AFTERWARDS = HalfYear(Period(2022, 2), None, None, None, None, 8_000, 0)

#: The forecast for 2021-II in the letter of 3 November 2020. It was never the quota.
FORECAST = (Period(2021, 2), 13_500, date(2020, 11, 3))

#: Persons within each number who are resettled from abroad: half of the 500 a year that the Netherlands invites.
RESETTLEMENT = 250

#: The number of the half-year after the scenario, which is known within it.
NEXT = (AFTERWARDS.period, 13_500, date(2022, 4, 8), "Staatscourant, 8 April 2022")

#: The evaluation of January 2021 left the quota of 2021-I as it was (handreiking of 12 February 2021).
REVISION = (Period(2021, 1), 13_500, date(2021, 2, 12), "Evaluation of January 2021: no change")

#: The backlog of 1 July 2021 was first published, on 30 September 2021, as 5,580 and "may still change".
OPENING_FIRST_PUBLISHED = 5_580

#: Municipal quotas of 2022-I that were published (budgets of these municipalities); what the computation gives as well.
PUBLISHED_QUOTAS = (("GM0363", 492), ("GM1735", 20))

#: What was published of the country beside these numbers: period, figure, the day it states, persons, when and where.
PUBLISHED_FIGURES = (
    (Period(2021, 2), "openingBalance", date(2021, 7, 1), 5_580, date(2021, 9, 30), "Overview of 30 September 2021"),
    (Period(2021, 2), "realised", date(2022, 1, 1), 12_858, date(2022, 1, 7), "Letter of 7 January 2022"),
    (Period(2021, 2), "remaining", date(2022, 1, 1), 3_728, date(2022, 1, 7), "Letter of 7 January 2022"),
)

#: Half-years that were not judged for the ladder: where, and why. That is assumed; corona and the floods were there.
SUSPENDED = (
    (Period(2021, 1), "NL", date(2021, 3, 15), "Corona: homes came late and viewings could not be held"),
    (Period(2021, 2), "PV31", date(2021, 9, 15), "The floods of July 2021"),
)

#: A norm set that the ministry would try beside the agreed one; that is assumed.
NORM_SET = {
    "name": "permit-20",
    "source": "Assumed for the simulation: 2, 16 and 2 weeks, as long as most wait",
    "linking": 14,
    "housing": 112,
    "departure": 14,
    "total": 140,
    "totalStarts": "permit",
    "validFrom": "2022-07-01",
}
