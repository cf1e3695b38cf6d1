"""Who writes down what happens, on days on which much turns, sometimes late and sometimes beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

Posted = dict[str, Any]

AMSTERDAM, WEESP, HAAREN, VUGHT, TILBURG = "GM0363", "GM0457", "GM0788", "GM0865", "GM0855"
UTRECHT, ZEIST, DE_BILT, NEW = "GM0344", "GM0355", "GM0310", "GM9307"
CUIJK, GRAVE, LAND_VAN_CUIJK = "GM1684", "GM0786", "GM1982"
PROVINCE = {AMSTERDAM: 27, WEESP: 27, UTRECHT: 26, ZEIST: 26, DE_BILT: 26, NEW: 26}
_NATIONAL = {"ind": 1, "coa": 2, "duo": 3, "ministry": 4, "cbs": 5}
#: Names of norm sets that a history may publish, or not.
NORM_SETS = ("pilot-7", "pilot-21")
PERIODS = ("2020-II", "2021-I", "2021-II", "2022-I", "2022-II")
FIRST, LAST = date(2020, 7, 1), date(2022, 9, 30)
#: Days at which something turns, so that much falls on them and on those beside them.
TURNING = tuple(
    date.fromisoformat(day)
    for day in (
        "2020-12-31", "2021-01-01", "2021-03-31", "2021-04-01", "2021-06-30", "2021-07-01", "2021-09-01", "2021-10-01",
        "2021-12-31", "2022-01-01", "2022-03-23", "2022-03-24", "2022-04-01", "2022-06-30", "2022-07-01",
    )
)  # fmt: skip
TEMPORARY = ("intermediate", "transit-home", "transit-location", "hotel", "gva")
HOMES = ("regular", "regular", *TEMPORARY, "minor-unit", "with-family")
BATCHES = tuple(datetime.fromisoformat(f"{day}T10:00:00+00:00") for day in ("2021-11-10", "2022-03-25", "2022-06-20"))
#: When the questions are asked.
NOW = datetime(2022, 7, 15, 10, 0, tzinfo=UTC)


def by(kind: str, code: str = "") -> str:
    """The source of an organisation."""
    number = _NATIONAL.get(kind)
    if number is None:
        number = 100_000_000 + int(code[2:]) if kind == "municipality" else 200_000_000 + int(code[2:])
    return f"urn:nld:oin:00000099{number:09d}000:systeem:{kind}"


@dataclass
class Clerk:
    rng: Random
    towns: list[str]
    #: Whether many wait for long in few municipalities, as where supervision looks.
    crowded: bool = False
    #: Whether nearly everybody is housed in the end.
    settled: bool = False
    said: list[Posted] = field(default_factory=list)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def day(self, first: date = FIRST, last: date = LAST) -> date:
        near = [one + timedelta(days=self.rng.randint(-1, 1)) for one in TURNING if first <= one <= last]
        if near and self.chance(0.45):
            return self.rng.choice(near)
        return first + timedelta(days=self.rng.randint(0, max(0, (last - first).days)))

    def after(self, on: date, least: int, most: int) -> date:
        """A day some time later, now and then the same day or one on which something turns."""
        last = min(on + timedelta(days=most), LAST)
        turning = [one for one in TURNING if on <= one <= last]
        if self.chance(0.1):
            return on
        if turning and self.chance(0.25):
            return self.rng.choice(turning)
        return min(on + timedelta(days=self.rng.randint(least, most)), LAST)

    def time(self, on: date) -> str:
        # By the hour, so that some were said at one instant, and not always after the day.
        at = datetime(on.year, on.month, on.day, 8, tzinfo=UTC) + timedelta(
            days=self.rng.choice((0, 0, 0, 1, 2, 30, -20)), hours=self.rng.randint(0, 3)
        )
        return f"{min(at, BATCHES[0] - timedelta(hours=self.rng.randint(1, 4))):%Y-%m-%dT%H:%M:%SZ}"

    def tell(self, topic: str, on: date, source: str, /, **data: Any) -> Posted:
        # No more than 400 days after the first batch.
        on = min(on, date(2022, 12, 14))
        event = {
            "specversion": "1.0",
            "id": f"p-{self.rng.randrange(10**6):06d}-{len(self.said)}",
            "source": source,
            "type": f"nl.ketenspoor.{topic}.v1",
            "time": self.time(on),
            "datacontenttype": "application/json",
            "data": {"effectiveOn": on.isoformat(), **{key: value for key, value in data.items() if value is not None}},
        }
        self.said.append(event)
        return event

    def maybe(self, share: float, values: Any) -> Any:
        return self.rng.choice(values) if self.chance(share) else None
