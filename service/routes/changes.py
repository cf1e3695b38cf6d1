"""Why did it change? A figure then, the figure now, and the recorded events in between that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from projections import reference
from projections.changes import Figure, Row, State, state
from projections.norm_phases import GroupBy
from projections.view import Asked
from service import streams
from service.answers import answer, written
from service.ledger import Clock
from service.problems import invalid_parameter
from service.question import Question, Times, asking, instant_of, moment
from service.reasons.because import event_told, said
from service.reasons.changed import Change, moving
from service.routes.described import answers
from service.routes.described import reasons as described
from service.routes.half_year import AskedPeriod
from service.routes.pages import AskedPage, Page
from service.routes.parameters import KnownMunicipality, known_municipality

router = APIRouter(tags=["reasons"])

_LAST = 2**53


@router.get("/changes", response_model=None, responses=answers(described.Changes))
def list_changes(
    request: Request,
    page: AskedPage,
    period: AskedPeriod,
    figure: Annotated[
        Literal["realised", "realisation", "quota", "transferred", "openingBalance", "task", "remaining"],
        Query(description="The figure, by its name in the table; realisation is realised"),
    ],
    since: Annotated[
        str | None,
        Query(
            alias="from", description="The figure as known at this instant", json_schema_extra={"format": "date-time"}
        ),
    ] = None,
    since_position: Annotated[
        int | None, Query(alias="fromPosition", ge=0, le=_LAST, description="A position of the log instead of from")
    ] = None,
    until: Annotated[
        str | None,
        Query(
            alias="to",
            description="And at this one (default: now); knownAt and atPosition say the same",
            json_schema_extra={"format": "date-time"},
        ),
    ] = None,
    group_by: Annotated[
        Literal["country", "province", "municipality"] | None,
        Query(alias="groupBy", description="Which rows (default: country, with municipality its row)"),
    ] = None,
    municipality: KnownMunicipality = None,
) -> Response:
    """A figure of the realisation at two moments of knowledge, and the events between them that moved it."""
    given = request.app.state.shell
    chosen: Figure = "realised" if figure == "realisation" else figure
    rows: GroupBy = group_by or ("country" if municipality is None else "municipality")
    if municipality is not None and rows != "municipality":
        raise invalid_parameter("groupBy", "disagrees", "with municipality only the rows of municipalities are asked")
    if (since is None) == (since_position is None):
        raise invalid_parameter("from", "required", "give from or fromPosition, one of the two")
    known_then = None if since is None else instant_of("from", since, given.clock)
    with asking(given.engine, _times(page, until, given.clock), given.clock) as question:
        known_municipality(municipality, question.places)
        position = question.asked.position
        then_position, then_at = moment(question.log.connection, known_then, since_position or 0)
        if then_position > position:
            raise invalid_parameter("from", "behind-to", "must not be after to")
        before = Asked(question.asked.valid_on, then_position)
        then_places = reference.places(question.connection, before)
        then = state(question.connection, before, chosen, period, rows, then_places)
        now = state(question.connection, question.asked, chosen, period, rows, question.places)
        only = _codes(municipality, then, now)
        every = moving(question.connection, then, now, (then_position, position), _place(page))
        some, more = page.cut(list(islice((one for one in every if only is None or one.code in only), page.limit + 1)))
        told = question.told()
        headers = page.links(told, f"{some[-1].position} {some[-1].code}") if more else {}
        body = {
            "period": str(period),
            "groupBy": rows,
            "figure": chosen,
            "then": {"knownAt": None if then_at is None else written(then_at), "position": then_position},
            "now": {"knownAt": told["knownAt"], "position": position},
            "items": _items(then, now, only),
            "changes": _changes(question, some),
        }
        return answer({**told, **body}, headers)


def _times(page: Page, until: str | None, clock: Clock) -> Times:
    """The times of the figure now."""
    if page.times.known_by == "sender":
        raise invalid_parameter("knownBy", "not-of-changes", "changes are told by when they were recorded")
    if until is None:
        return page.times
    for name in ("knownAt", "atPosition"):
        if name in page.request.query_params:
            raise invalid_parameter(name, "disagrees", "says the same as to: give one of them")
    return page.times._replace(known_at=instant_of("to", until, clock))


def _place(page: Page) -> tuple[int, str]:
    """Behind which change the page begins."""
    position, _, code = (page.after or "0 ").partition(" ")
    return int(position), code


def _codes(municipality: str | None, then: State, now: State) -> frozenset[str] | None:
    """The rows of a municipality: its own, and that of the one it counts for by what was known then, and is now."""
    if municipality is None:
        return None
    day = min(max(now.on, now.period.first), now.period.last)
    return frozenset(places.existing(municipality, day) for places in (then.places, now.places))


def _items(then: State, now: State, only: frozenset[str] | None) -> list[dict[str, Any]]:
    found = []
    for code in sorted({*then.rows, *now.rows}):
        if only is None or code in only:
            was, became = then.rows.get(code), now.rows.get(code)
            found.append(_item(code, was, became))
    return found


def _item(code: str, was: Row | None, became: Row | None) -> dict[str, Any]:
    before, after = (None if row is None else row.value for row in (was, became))
    name = next(row.name for row in (became, was) if row is not None)
    return {"code": code, "name": name, "then": before, "now": after, "difference": (after or 0) - (before or 0)}


def _changes(question: Question, some: Sequence[Change]) -> list[dict[str, Any]]:
    known = said(question.log, {one.event.stream for one in some}, question.asked.valid_on)
    told = []
    for code, amount, event in ((one.code, one.amount, one.event) for one in some):
        stands = known[event.stream].stands(event)
        period = getattr(event.fact, "period", None)
        of_journey = period is None and event.stream != streams.REFERENCE
        about = {"journey": event.stream if of_journey else None, "period": None if period is None else str(period)}
        told.append({"code": code, "amount": amount, "event": {**event_told(event, in_force=stands), **about}})
    return told
