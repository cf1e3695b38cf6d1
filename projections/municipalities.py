"""Municipalities as posted, as a table to join: which of those that are there on a day each counts for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from domain.places import Places
from projections.column_schema import municipality_number

_DAY = timedelta(days=1)

#: A condition on a column `municipality`, with the parameter of `numbers_asked`.
IS_ASKED = "($codes IS NULL OR list_contains($codes::SMALLINT[], municipality))"


def numbers_asked(places: Places, municipality: str | None, day: date) -> list[int] | None:
    """The numbers of the codes that count for a municipality on a day; None where none is asked for."""
    if municipality is None:
        return None
    return [municipality_number(code) for code in places.codes_counted_as(municipality, day)]


#: Behind FROM or JOIN, with the parameters of `of_municipalities`: a municipality as posted, and the place of its code.
OF_MUNICIPALITIES = "SELECT unnest($posted::SMALLINT[]) AS posted, unnest($nths::SMALLINT[]) AS nth"


def of_municipalities(
    places: Places, day: date, only: str | None = None
) -> tuple[Sequence[str], Mapping[str, list[int]]]:
    """The municipalities of a day, in code order, and the parameters that say which codes count for which of them.

    With `only`, one of them alone. A code that nobody knows is not there.
    """
    codes = [code for code in places.codes_on(day) if only in (None, code)]
    nth = {code: place for place, code in enumerate(codes)}
    found = [(posted, nth[code]) for posted, code in places.all_codes_on(day).items() if code in nth]
    return codes, {"posted": [municipality_number(posted) for posted, _ in found], "nths": [each for _, each in found]}


#: The same of what was said on some days: with the parameters of `of_municipalities_named`.
OF_MUNICIPALITIES_NAMED = (
    "SELECT unnest($posted::SMALLINT[]) AS posted, unnest($nths::SMALLINT[]) AS nth, "
    "unnest($since::DATE[]) AS since, unnest($until::DATE[]) AS until"
)


def of_municipalities_named(places: Places, first: date, last: date, day: date) -> Mapping[str, list[Any]]:
    """Which municipality of a day is meant by a code, by when it was said: it counts for whom it named then."""
    nth = {code: place for place, code in enumerate(places.codes_on(day))}
    found, since = [], first
    for until in places.days_before_changes(first, last):
        meant = {posted: places.code_on(code, day) for posted, code in places.all_codes_on(until).items()}
        found += [(municipality_number(one), nth[code], since, until) for one, code in meant.items() if code in nth]
        since = min(until, date.max - _DAY) + _DAY
    return dict(zip(("posted", "nths", "since", "until"), map(list, zip(*found, strict=True)), strict=True))
