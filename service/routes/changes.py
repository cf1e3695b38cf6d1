"""Why did it change? A figure then, the figure now, and the recorded events in between that moved it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from domain.facts.quota import BalanceFigure
from domain.totals import GroupBy, name_of
from projections import reference
from projections.catalogue import OF_REALISATION
from projections.changes import State, state
from projections.view import Asked
from service import streams
from service.accountability import access_log
from service.answers import answer, written
from service.problems import ParameterFault, invalid_parameter, parameter
from service.question import Question, Since, asking, in_the_future, moment
from service.reasons.because import event_told, said
from service.reasons.changed import Change, moving
from service.routes.described import answers
from service.routes.described import reasons as described
from service.routes.half_year import AskedPeriod
from service.routes.pages import AskedPage, Page
from service.routes.parameters import REQUIRED_UNLESS, KnownMunicipality
from service.spelling import Instant, Position

router = APIRouter(tags=["reasons"])


@router.get("/changes", response_model=None, responses=answers(described.Changes))
def list_changes(
    request: Request,
    page: AskedPage,
    period: AskedPeriod,
    figure: Annotated[
        Literal[BalanceFigure, "realisation"],
        Query(description="The figure, by its name in the table; realisation is realised"),
    ],
    since: Annotated[
        Instant | None,
        Query(
            alias="from",
            description="The figure as known at this instant",
            json_schema_extra={REQUIRED_UNLESS: ["fromPosition"]},
        ),
    ] = None,
    since_position: Annotated[
        Position | None, Query(alias="fromPosition", description="A position of the log instead of from")
    ] = None,
    until: Annotated[
        Instant | None,
        Query(alias="to", description="And at this one (default: now); knownAt and atPosition say the same"),
    ] = None,
    group_by: Annotated[
        GroupBy | None,
        Query(alias="groupBy", description="Which rows (default: country, with municipality its row)"),
    ] = None,
    municipality: KnownMunicipality = None,
) -> Response:
    """A figure of the realisation at two moments of knowledge, and the events between them that moved it."""
    given = request.app.state.shell
    chosen: BalanceFigure = "realised" if figure == "realisation" else figure
    rows: GroupBy = group_by or ("country" if municipality is None else "municipality")
    faults = [
        *_faults(page, until),
        *in_the_future("from", since, given.clock),
        *in_the_future("to", until, given.clock),
    ]
    if municipality is not None and rows != "municipality":
        faults.append(parameter("groupBy", "disagrees", "with municipality only the rows of municipalities are asked"))
    if (since is None) == (since_position is None):
        faults.append(parameter("from", "required", "give from or fromPosition, one of the two"))
    earlier = Since(since, since_position or 0)
    times = page.times if until is None else page.times._replace(known_at=until)
    with asking(given.engine, times, given.clock, faults, municipality, earlier, OF_REALISATION) as question:
        position = question.asked.position
        then_position, then_at = moment(question.log.connection, earlier)
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
        changes = _changes(question, some)
        journeys = [change["event"]["journey"] for change in changes]
        access_log.consulted(request, filter(None, journeys), "explained a change of a figure")
        body = {
            "period": str(period),
            "groupBy": rows,
            "figure": chosen,
            "then": {"knownAt": None if then_at is None else written(then_at), "position": then_position},
            "now": {"knownAt": told["knownAt"], "position": position},
            "items": _items(then, now, only, some),
            "changes": changes,
        }
        return answer({**told, **body}, headers)


def _faults(page: Page, until: datetime | None) -> list[ParameterFault]:
    """What is wrong with how the figure now is asked."""
    found: list[ParameterFault] = []
    if page.times.known_by == "sender":
        found.append(parameter("knownBy", "not-of-changes", "changes are told by when they were recorded"))
    if until is not None:
        found += [
            parameter(name, "disagrees", "says the same as to: give one of them")
            for name in ("knownAt", "atPosition")
            if name in page.request.query_params
        ]
    return found


def _place(page: Page) -> tuple[int, str]:
    """Behind which change the page begins."""
    position, _, code = (page.after or "0 ").partition(" ")
    return int(position), code


def _codes(municipality: str | None, then: State, now: State) -> frozenset[str] | None:
    """The rows of a municipality: its own, and that of the one it counts for by what was known then, and is now."""
    if municipality is None:
        return None
    day = now.period.nearest(now.on)
    return frozenset(places.existing(municipality, day) for places in (then.places, now.places))


def _items(then: State, now: State, only: frozenset[str] | None, some: Sequence[Change]) -> list[dict[str, Any]]:
    """The rows then and now, and those that only came and went in between, on the page that tells of them."""
    codes = {code for code in (*then.rows, *now.rows) if only is None or code in only}
    return [_item(code, then, now) for code in sorted(codes | {one.code for one in some})]


def _item(code: str, then: State, now: State) -> dict[str, Any]:
    was, became = then.rows.get(code), now.rows.get(code)
    before, after = (None if row is None else row.value for row in (was, became))
    name = next((row.name for row in (became, was) if row is not None), None) or name_of(code, now.places)
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
