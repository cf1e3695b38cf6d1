"""Seeded questions over the figure tables: every choice they have, at any two times, by whoever may ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.benchmarks.recorded_histories import History
from tests.benchmarks.recorded_service import ASKING, OPEN

GROUPS = ("country", "province", "municipality")
NORMS = ("permit-14", "permit-14", "link-14", "link-12")
FAMILIES = ("any", "any", "with", "without")
#: Days on which something turns: half-years, and municipalities that were merged or split.
_TURNS = (
    "2020-12-31",
    "2021-01-01",
    "2021-06-30",
    "2021-07-01",
    "2021-12-31",
    "2022-01-01",
    "2022-03-23",
    "2022-03-24",
)
_UNKNOWN_PERIODS = ("1999-I", "2030-II")
_UNKNOWN_TOWNS = ("GM9999", "GM0001")


class Asked(NamedTuple):
    """A question: its address with all parameters, and who asks."""

    url: str
    who: str


class Asking:
    """Draws questions of one history, of which `last` is the last position."""

    def __init__(self, history: History, last: int, seed: int) -> None:
        self.rng = Random(seed)
        self.history, self.last = history, last
        self._as_sent = history.as_sent

    def figures(self, count: int) -> Iterator[Asked]:
        """So many questions over the three tables."""
        for _ in range(count):
            kind = self.rng.choice(("realisation", "realisation", "norm-phases", "norm-phases", "backlog"))
            parameters = {"realisation": self._realisation, "norm-phases": self._norm_phases, "backlog": self._backlog}
            who = OPEN if self._is(0.4) else self.rng.choice(ASKING)
            yield Asked(address(kind, **parameters[kind](), **self.valid(), **self.known(sent=True)), who)

    def period(self) -> str:
        """A half-year, mostly one in which much happened, now and then one of which nothing is known."""
        drawn = self.rng.random()
        known = self.history.busy if drawn < 0.6 else self.history.periods
        return self.rng.choice(_UNKNOWN_PERIODS if drawn > 0.97 else known)

    def town(self) -> str:
        """A municipality of the history, now and then one that there is not."""
        return self.rng.choice(_UNKNOWN_TOWNS if self._is(0.04) else self.history.towns)

    def valid(self) -> dict[str, Any]:
        """The day it must have held: none, any, one on which something turns, before all, long after."""
        drawn = self.rng.random()
        if drawn < 0.3:
            return {}
        if drawn < 0.77:
            return {"validOn": self.day()}
        if drawn < 0.93:
            return {"validOn": self.rng.choice(_TURNS)}
        return {"validOn": self.rng.choice(("2019-03-01", "2020-05-31", "2035-01-01", "2099-12-31"))}

    def known(self, *, sent: bool = False) -> dict[str, Any]:
        """The moment it must have been known by: none, an instant, a position; some that are refused."""
        drawn = self.rng.random()
        if sent and self._as_sent and self._is(0.08):
            self._as_sent -= 1
            return {"knownAt": self.instant(), "knownBy": "sender"}
        if drawn < 0.4:
            return {}
        if drawn < 0.68:
            return {"knownAt": self.instant()}
        if drawn < 0.95:
            return {"atPosition": self.position()}
        if drawn < 0.98:
            return {"atPosition": self.rng.choice((0, 1, self.last))}
        refused = ({"knownAt": "2090-01-01T00:00:00Z"}, {"knownBy": "sender"}, {"atPosition": 10 * self.last})
        return self.rng.choice(refused)

    def day(self) -> date:
        """Any day of the history, the later the likelier: most of what there is to ask about has happened by then."""
        return self.history.first + timedelta(days=max(self.rng.randint(0, self._days) for _ in range(2)))

    def position(self) -> int:
        """Any position of the log, the later the likelier."""
        return max(self.rng.randint(1, self.last) for _ in range(2))

    def instant(self) -> str:
        """Any instant of the history until the present."""
        day = datetime.combine(self.day(), time(self.rng.randint(0, 23)), UTC)
        return min(written(day), self.present)

    @property
    def present(self) -> str:
        """Now, as the history has it."""
        return written(self.history.now)

    def window(self) -> dict[str, Any]:
        """First and last day: of all, a half-year, some days, one day, none; now and then in the wrong order."""
        first = self.history.first + timedelta(days=self.rng.randint(0, self._days))
        drawn = self.rng.random()
        if drawn < 0.2:
            return {"from": self.history.first, "to": self.history.last}
        if drawn < 0.5:
            start = date(self.rng.choice((2021, 2022)), self.rng.choice((1, 7)), 1)
            return {"from": start, "to": start + timedelta(days=180)}
        if drawn < 0.9:
            return {"from": first, "to": first + timedelta(days=self.rng.choice((0, 6, 30, 90, 365)))}
        if drawn < 0.96:
            return {"from": "2012-01-01", "to": "2013-12-31"}
        return {"from": first, "to": first - timedelta(days=3)}

    @property
    def _days(self) -> int:
        return (self.history.last - self.history.first).days

    def _is(self, share: float) -> bool:
        return self.rng.random() < share

    def _realisation(self) -> dict[str, Any]:
        return {"period": self.period(), **self._grouped()}

    def _norm_phases(self) -> dict[str, Any]:
        return {**self.window(), **self._grouped(), **self.normed()}

    def normed(self) -> dict[str, Any]:
        """The norm set and the family, where they are given."""
        asked = {"norm": self.rng.choice(NORMS), "family": self.rng.choice(FAMILIES)}
        return {name: value for name, value in asked.items() if self._is(0.8)}

    def _grouped(self) -> dict[str, Any]:
        return {} if self._is(0.05) else {"groupBy": self.rng.choice(GROUPS)}

    def _backlog(self) -> dict[str, Any]:
        place = {"municipality": self.town()} if self._is(0.6) else {}
        return {**self.window(), **place, **({"step": self.rng.choice(("day", "month"))} if self._is(0.7) else {})}


def written(instant: datetime) -> str:
    """An instant in UTC, as a question writes it; the later, the larger the text."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def address(path: str, **parameters: Any) -> str:
    """The address of a question."""
    return f"/v1/{path}?{urlencode(parameters)}"
