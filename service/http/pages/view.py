"""What a page knows of who looks at it: their language, the two dates, as whom they ask, and the way to all else."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Engine, and_, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from domain.facts import EventWithdrawn
from domain.period import Period
from service.access.caller import ROLES, Caller, Role, caller_of
from service.access.looking_as import looks_as
from service.access.rules import extent, find_extent
from service.access.sessions import Session, session_of
from service.foundation.problems import Problem
from service.foundation.settings import Settings
from service.foundation.time import day_in_amsterdam, end_of, format_instant, parse_instant, today
from service.http.pages.address import (
    KEPT,
    KNOWN_AT,
    LOOK_AS,
    VALID_ON,
    ApiAddress,
    encoded_query,
    path_to_top,
    written,
)
from service.http.pages.asking import Answer, Api
from service.http.pages.charts.chart import Chart, DrawnChart
from service.http.pages.charts.drawing import ChartDrawer
from service.http.pages.forms import Form, form_token
from service.http.pages.lag import Behind
from service.http.pages.words import Language, LanguageCode, language
from service.log.recorder import EventRecorder
from service.storage.database import reading
from service.storage.service_tables import events

ENGLISH = "/en"
_A_MILLISECOND = timedelta(milliseconds=1)
#: Pages speak of days and half-years of these years: they look years back and ahead of them.
_YEARS = range(1900, 2200)


class Times(NamedTuple):
    """The two dates of a page.

    `valid_on` is the day it speaks of; `known_at` the instant by which it must have been recorded, as the API takes it,
    None for all that is known now. `latest` is what `valid_on` is where nobody chose: today, or with the senders' clock
    the last simulated day. `faults` are the names of those that could not be read. `recorded` are the first and the
    last day on which anything was recorded, where that is known.
    """

    valid_on: date
    known_at: str | None
    latest: date
    faults: tuple[str, ...] = ()
    recorded: tuple[date, date] | None = None

    @property
    def known_on(self) -> date | None:
        """The day on which it was known."""
        instant = None if self.known_at is None else parse_instant(self.known_at)
        return None if instant is None else day_in_amsterdam(instant)


class View:
    """One page as somebody looks at it."""

    def __init__(
        self, request: Request, of: LanguageCode, times: Times, api: Api, behind: Behind | None = None
    ) -> None:
        self.request = request
        self.language: Language = language(of)
        self.times = times
        self.api = api
        self.settings: Settings = request.app.state.context.settings
        #: How far the numbers are behind what was recorded; None where they are not.
        self.behind = behind
        #: The names of parameters whose values the page does not know: it is shown as if they were not there.
        self.unknown: set[str] = set(times.faults)
        #: What was sent with a form of the page; None where it is only looked at.
        self.form: Form | None = None
        #: The way back to where all pages of all languages begin.
        self.top = path_to_top(request.scope["path"])

    @property
    def query(self) -> QueryParams:
        """The parameters of the page."""
        return self.request.query_params

    @property
    def caller(self) -> Caller:
        """Who looks."""
        return caller_of(self.request.scope)

    @property
    def roles(self) -> list[Role]:
        """In what capacities they look."""
        return [role for role in ROLES if role in self.caller.roles]

    def may(self, operation: str) -> bool:
        """Whether the API answers this operation to who looks, of something at least."""
        return find_extent(operation, self.caller) is not None

    @property
    def session(self) -> Session | None:
        """The session of who is signed in."""
        return session_of(self.request.scope)

    @property
    def form_token(self) -> str | None:
        """What a form on the page shows when it is sent; None for who has no session, and needs none."""
        return None if self.session is None else form_token(self.session)

    @property
    def looks_as(self) -> str | None:
        """As whom one looks in development mode, where that was chosen."""
        return looks_as(self.request.scope)

    @property
    def reads_journeys(self) -> bool:
        """Whether who looks may read any journey at all."""
        try:
            extent("read_journey", self.caller)
        except Problem:
            return False
        return True

    @property
    def address(self) -> str:
        """The whole address of the page, as it stands on paper."""
        url = self.request.url
        begin = self.settings.public_url or f"{url.scheme}://{url.netloc}"
        return begin.rstrip("/") + url.path + (f"?{url.query}" if url.query else "")

    @cached_property
    def path(self) -> str:
        """The path of the page without its language and without the slash before it: what stands in `link`."""
        path: str = self.request.scope["path"]
        return path.removeprefix(ENGLISH).lstrip("/") if self.language.code == "en" else path.lstrip("/")

    @cached_property
    def period(self) -> Period:
        """The half-year that the page speaks of: that of its day, unless another was asked."""
        of_day, written = Period.of(self.times.valid_on), self.query.get("period")
        if not written:
            return of_day
        try:
            asked = Period.parse(written)
        except ValueError:
            asked = None
        if asked is None or asked.year not in _YEARS:
            self.unknown.add("period")
            return of_day
        return asked

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """What the address asks that the page does not know, besides dates, which have words of their own."""
        return [(name, self.query.get(name, "")) for name in sorted(self.unknown - set(self.times.faults))]

    def one_of(self, name: str, known: Container[str], otherwise: str = "") -> str:
        """The value of a parameter where it is one of those that are known, else another: the page says so."""
        asked = self.query.get(name) or otherwise
        if asked == otherwise or asked in known:
            return asked
        self.unknown.add(name)
        return otherwise

    @cached_property
    def kept(self) -> dict[str, str]:
        """What moves along to every other page."""
        chosen = {VALID_ON: self.times.valid_on.isoformat(), KNOWN_AT: self.query.get(KNOWN_AT), LOOK_AS: self.looks_as}
        there = {*self.query, LOOK_AS} - set(self.times.faults)
        return {name: value for name, value in chosen.items() if value and name in there}

    def link(self, path: str, /, **given: Any) -> str:
        """The address of another page, by its path without a slash before it; parameters go before those kept."""
        return self.link_with(path, given)

    def link_with(self, path: str, given: Mapping[str, Any]) -> str:
        """The same with parameters whose names Python has words for."""
        query = encoded_query(written({**{name: self.kept[name] for name in KEPT if name in self.kept}, **given}))
        return f"{self.top}{'en/' if self.language.code == 'en' else ''}{path}" + (f"?{query}" if query else "")

    def same(self, **given: Any) -> str:
        """The address of the same page with other parameters; None takes one away."""
        there = [(name, value) for name, value in self.query.multi_items() if name not in given]
        query = encoded_query([*there, *written(given), *self._role(there)])
        return f"{self.top}{'en/' if self.language.code == 'en' else ''}{self.path}" + (f"?{query}" if query else "")

    def now(self) -> str:
        """The address of the same page with all that is known now."""
        return self.same(knownAt=None)

    def _role(self, given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        named = any(name == LOOK_AS for name, _ in given)
        return [] if self.looks_as is None or named else [(LOOK_AS, self.looks_as)]

    def in_other_language(self) -> str:
        """The address of the same page in the other language, with all its parameters."""
        there = self.query.multi_items()
        query = encoded_query([*there, *self._role(there)])
        return f"{self.top}{'' if self.language.code == 'en' else 'en/'}{self.path}" + (f"?{query}" if query else "")

    def file(self, path: str) -> str:
        """The address of what is of no language: a file, the API, the documentation."""
        return self.top + path.lstrip("/")

    def as_asked(self, question: ApiAddress) -> ApiAddress:
        """A question as who looks asks it: in development mode its answer is another for who looks as somebody."""
        return question if self.looks_as is None else question.with_parameters(**{LOOK_AS: self.looks_as})

    def question(self, path: str, /, **given: Any) -> ApiAddress:
        """A question to the API with the two dates of the page, unless it has others."""
        return self.question_with(path, given)

    def question_with(self, path: str, given: Mapping[str, Any]) -> ApiAddress:
        """The same with parameters whose names Python has words for (`from`)."""
        times = {VALID_ON: self.times.valid_on, KNOWN_AT: self.times.known_at}
        return ApiAddress.of(path, {**given, **{name: value for name, value in times.items() if name not in given}})

    @property
    def draws_itself(self) -> bool:
        """Whether who asks has charts drawn already, and redraws them by what they are specified as."""
        return self.request.headers.get("ketenspoor-charts") == "specified"

    async def draw(self, *charts: Chart) -> list[DrawnChart | None]:
        """Some charts as SVG; None of one that can't be drawn, which leaves its table."""
        drawer: ChartDrawer = self.request.app.state.charts
        return list(await asyncio.gather(*map(drawer.draw, charts)))

    async def ask(self, *addresses: ApiAddress) -> list[Answer]:
        """What the API answers to some questions, as known at one position."""
        return await self.api.ask(*addresses)

    def gettext(self, message: str) -> str:
        """A Dutch text in the language of the page."""
        return self.language.gettext(message)


async def read_times(request: Request) -> Times:
    """The two dates as they are asked; `knownAt` is a day, to its end, or an instant."""
    context = request.app.state.context
    now: datetime = context.clock()
    latest = until = today(context.clock)
    if context.settings.clock == "sender":
        latest, until = await asyncio.to_thread(_last_simulated_days, context.engine, latest)
    since = await asyncio.to_thread(_first_day, context.engine)
    asked, known = request.query_params.get(VALID_ON), request.query_params.get(KNOWN_AT)
    valid_on, instant = read_day(asked), read_instant(known)
    faults = [
        name
        for name, text, value in ((VALID_ON, asked, valid_on), (KNOWN_AT, known, instant))
        if text and value is None
    ]
    # What is known by the end of today is what is known now.
    known_at = None if instant is None or instant >= now else format_instant(instant)
    recorded = None if since is None else (since, max(since, until))
    return Times(valid_on or latest, known_at, latest, tuple(faults), recorded)


def read_day(text: str | None) -> date | None:
    """A day as an address has it; None where it is none, or none that pages speak of."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day is not None and day.year in _YEARS else None


def read_instant(text: str | None) -> datetime | None:
    """An instant, or the end of a day, as an address has it; None for what can't be read or reckoned with."""
    day = read_day(text)
    instant = end_of(day) - _A_MILLISECOND if day is not None else parse_instant(text or "")
    return instant if instant is not None and instant.year in _YEARS else None


def _last_simulated_days(engine: Engine, today: date) -> tuple[date, date]:
    """The last day of which anything was told by the time the last was recorded, and the day of that; what was recorded
    late has its day long before. A withdrawal has none of its own.
    """
    with reading(engine) as connection:
        head = EventRecorder(connection).head()
    if head.recorded_at is None:
        return today, today
    recorded_on = day_in_amsterdam(head.recorded_at)
    return _last_day(engine, head.position, recorded_on) or today, recorded_on


def _first_day(engine: Engine) -> date | None:
    """The day on which the first event was recorded; None where there is none, or where the database does not answer,
    which a page has other ways to tell.
    """
    try:
        return _day_of_first(engine)
    except (SQLAlchemyError, _NothingRecorded):
        return None


class _NothingRecorded(Exception):
    """There is no first event yet."""


@lru_cache(maxsize=4)
def _day_of_first(engine: Engine) -> date:
    """The same, once it is known for good; raises where it is not, which is not remembered."""
    with reading(engine) as connection:
        at = connection.execute(select(events.c.recorded_at).where(events.c.position == 1)).scalar_one_or_none()
    if at is None:
        raise _NothingRecorded
    return day_in_amsterdam(at)


@lru_cache(maxsize=4)
def _last_day(engine: Engine, position: int, recorded_on: date) -> date | None:
    told = and_(
        events.c.topic != EventWithdrawn.TOPIC, events.c.effective_on <= recorded_on, events.c.position <= position
    )
    with reading(engine) as connection:
        found: date | None = connection.execute(select(func.max(events.c.effective_on)).where(told)).scalar_one()
        return found
