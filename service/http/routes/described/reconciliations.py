"""The answers of reconciliations and of published figures: another's figure beside ours, never merged into it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from domain.facts.housing import Accommodation
from domain.facts.quota import PublishedFigure
from domain.reconciliation import Category, Reason
from service.http.routes.described import Described, Told


class TheirLine(Described):
    """A line of their list: its number (the header is line 1), and the day it has."""

    line: int
    on: date


class OurHousing(Described):
    """A housing as posted, and the event that says so."""

    on: date
    municipality: str
    accommodation: Accommodation
    position: int
    source: str
    id: str


class OurReturn(Described):
    """The return that undid it, and the event that says so."""

    on: date
    position: int
    source: str
    id: str


class OurSide(Described):
    """What we know of the person: the housing that the comparison rests on, and what undid it."""

    journey: UUID
    housing: OurHousing | None
    return_: OurReturn | None = Field(alias="return")


class ReconciledPerson(Described):
    """One person, under one category; `effect` is what adopting their list does to our realised.

    `same`, `other-date`, `other-period`: housed in both, on one day, in one half-year, in two. `only-there`,
    `only-here`: housed in only one of them; `reason` says why not in ours. `returned`: our half-year takes back a
    housing of an earlier one, which a list of housings can't tell. `ours` is null for whom we don't know.
    """

    category: Category
    reason: Reason | None
    effect: int
    theirs: TheirLine | None
    ours: OurSide | None


class ReconciledCounts(Described):
    """Persons of each category."""

    same: int
    only_there: int = Field(alias="only-there")
    only_here: int = Field(alias="only-here")
    other_date: int = Field(alias="other-date")
    other_period: int = Field(alias="other-period")
    returned: int


class Reconciliation(Told):
    """Their list beside ours: `ours` is the realised of row `code` of the realisation, ours + `effect` = theirs.

    In the order of their lines, then who is only ours in the order of journeys. `theirs` are the persons whose day lies
    in the half-year, not after `validOn`.
    """

    period: str
    municipality: str | None
    code: str
    theirs: int
    ours: int
    effect: int
    counts: ReconciledCounts
    items: list[ReconciledPerson]


class Difference(Described):
    """Our figure (persons; null where the table has none), and published less ours."""

    persons: int | None
    difference: int | None


class ThenDifference(Difference):
    """The same as it was known at the end of the day of publication, at that position of the log."""

    known_at: datetime
    position: int


class PublishedFigureItem(Described):
    """A figure as somebody published it, beside ours at the end of `comparedOn`.

    `on` is the day whose beginning it states; `comparedOn` the day before, within the half-year.
    `oursAtPublication` is null with knownBy=sender.
    """

    figure: PublishedFigure
    of: str
    name: str
    on: date
    persons: int
    published_on: date
    reference: str | None
    position: int
    source: str
    id: str
    recorded_at: datetime
    compared_on: date
    ours: Difference
    ours_at_publication: ThenDifference | None


class PublishedFigures(Told):
    """Figures of a half-year as published, by day, figure, code and day of publication; never merged with ours."""

    period: str
    items: list[PublishedFigureItem]


#: The body of a reconciliation: V-numbers never stand in an address.
LIST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "One line a person, below a header that names two columns, with commas or semicolons between them: "
            "`vNumber` (or `vnummer`; ten digits) or `journey` (or `traject`; our id), and `housedOn` (or "
            "`gehuisvestOp`, `datum`; like 2021-08-01). A byte order mark, a first line `sep=;` and empty rows are "
            "passed over. At most 100,000 persons and 8 MB, which may be compressed with gzip. Nothing of it is kept."
        ),
        "content": {
            "text/csv": {
                "schema": {"type": "string", "x-personal": True},
                "example": "vNumber,housedOn\n9999000001,2021-08-01\n9999000002,2021-09-15\n",
            }
        },
    }
}
