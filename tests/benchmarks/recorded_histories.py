"""The histories whose answers are recorded: how they are posted, and of which days, places and half-years they tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice, takewhile

from service.demo import simulation
from service.demo.demonstration import TURN
from service.intake.loading import LINES_A_REQUEST
from tests.benchmarks import messy_history
from tests.benchmarks.recorded_service import ndjson

_MESSY_LINES = 50
_FEW_PERSONS = 60


@dataclass(frozen=True)
class History:
    """A history by its name, and what questions of it are about."""

    name: str
    #: The present of every question: nothing was recorded later.
    now: datetime
    #: Days and instants from before its first event to after its last.
    first: date
    last: date
    periods: Sequence[str]
    #: Those in which most happened.
    busy: Sequence[str]
    towns: Sequence[str]
    #: How many questions are asked by the clocks of the senders, for which all of it is projected anew each time.
    as_sent: int
    #: How many figures of the whole country are explained: each journey of it is in the answer.
    whole_country: int
    #: How many of what explains a figure are on a page, where that is not as many as there may be.
    page: int
    #: Of how much of the log the changes of all rows are asked at most, from 0 to 1; those of one row of any part.
    span: float

    def requests(self) -> Iterator[bytes]:
        """Its events in order of arrival, as bodies of NDJSON."""
        if self.name == "demonstration":
            return _demonstration()
        return _messy(_FEW_PERSONS if self.name == "few" else messy_history.PERSONS)


def _messy(persons: int) -> Iterator[bytes]:
    events = messy_history.events(persons=persons)
    for start in range(0, len(events), _MESSY_LINES):
        yield ndjson(events[start : start + _MESSY_LINES])


def _demonstration() -> Iterator[bytes]:
    """The whole of it, in the portions in which `make demo` posts it."""
    told = simulation.events()
    first = list(takewhile(lambda event: event.get("time", "") < TURN, simulation.events()))
    for start in range(0, len(first), LINES_A_REQUEST):
        yield ndjson(first[start : start + LINES_A_REQUEST])
    rest = islice(told, len(first), None)
    while portion := list(islice(rest, LINES_A_REQUEST)):
        yield ndjson(portion)


_PERIODS = ("2020-I", *messy_history.PERIODS, "2023-I", "2023-II")
#: The four largest, some small ones, and those that the figures of the demonstration were published or merged of.
_TOWNS = ("GM0363", "GM0599", "GM0518", "GM0344", "GM0153", "GM0164", "GM0141", "GM0457", "GM0788", "GM0307", "GM0093")
HISTORIES = {
    one.name: one
    for one in (
        History(
            "messy",
            datetime(2022, 12, 15, 10, tzinfo=UTC),
            date(2020, 6, 1),
            date(2023, 1, 31),
            _PERIODS,
            messy_history.PERIODS[1:],
            (*messy_history.TOWNS, messy_history.NEW),
            as_sent=60,
            whole_country=40,
            page=40,
            span=1.0,
        ),
        History(
            "demonstration",
            datetime(2022, 11, 15, 10, tzinfo=UTC),
            date(2020, 6, 1),
            date(2022, 11, 15),
            _PERIODS,
            ("2021-I", "2021-II", "2022-I"),
            _TOWNS,
            as_sent=6,
            whole_country=20,
            page=500,
            span=0.04,
        ),
    )
}
#: So few persons that it is recorded in a second.
HISTORIES["few"] = replace(HISTORIES["messy"], name="few")
