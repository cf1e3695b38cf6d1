"""Two moments of knowledge between which a number is compared: which there are usually, and how an address has them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from projections.figure import Figure
from service.foundation.time import day_in_amsterdam, end_of, format_instant, today
from service.http.pages.address import KNOWN_AT
from service.http.pages.cells import AskedCell
from service.http.pages.figures import CHANGED
from service.http.pages.view import View, read_day, read_instant

_A_MILLISECOND = timedelta(milliseconds=1)


class Moments(NamedTuple):
    """What is compared: as the API takes it, and the day of the earlier moment where it is one."""

    parameters: dict[str, Any]
    since: date | None


def names_of_moments(figure: Figure) -> tuple[str, str]:
    """What the two moments are called: a window of days has the names `from` and `to` already."""
    windowed = any(one.name == "from" for one in figure.parameters)
    return ("knownFrom", "knownTo") if windowed else ("from", "to")


def usual(view: View) -> list[tuple[str, date]]:
    """The moments that people compare with: words, and the day by whose end it was known."""
    day, known = view.times.valid_on, view.times.known_on
    end_of_month_before = day.replace(day=1) - timedelta(days=1)
    found = [
        (view.gettext("sinds de peildatum zelf"), day),
        (view.gettext("sinds het einde van de maand ervoor"), end_of_month_before),
        (view.gettext("sinds een jaar voor de peildatum"), _a_year_before(day)),
    ]
    latest = known or today(view.request.app.state.context.clock)
    return [(words, since) for words, since in found if since < latest]


def asked_moments(view: View, figure: Figure) -> Moments:
    """The two moments that the address names, else since the end of the month before the day of the page.

    The later one is what the page is known at, unless it is named.
    """
    first, last = names_of_moments(figure)
    asked, position, until = (view.query.get(name) for name in (first, "fromPosition", last))
    parameters: dict[str, Any] = {"fromPosition": position}
    since: date | None = None
    if position is None:
        since = read_day(asked) or (None if asked else default(view))
        parameters[first] = _instant(since) if since else asked
        if since is None and (instant := read_instant(asked)) is not None:
            since = day_in_amsterdam(instant)
    if until is not None:
        day = read_day(until)
        parameters |= {last: _instant(day) if day else until, KNOWN_AT: None}
    return Moments(parameters, since)


def default(view: View) -> date:
    """The end of the month before the day of the page, if that is before what the page is known at."""
    some = dict(usual(view))
    before = view.times.valid_on.replace(day=1) - timedelta(days=1)
    latest = view.times.known_on or today(view.request.app.state.context.clock)
    return before if before in some.values() else latest - timedelta(days=31)


def address(view: View, cell: AskedCell, since: date) -> str:
    """The page of what moved a cell since the end of a day."""
    first, _ = names_of_moments(cell.figure)
    return view.link_with(f"cijfers/{cell.figure.name}/{CHANGED}", {**cell.parameters, first: since})


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _instant(day: date) -> str:
    return format_instant(end_of(day) - _A_MILLISECOND)
