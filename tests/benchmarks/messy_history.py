"""A history in which everything goes wrong that can: seeded, so that it is the same events in the same order each time.

Lives of permit holders with corrections, withdrawals and what arrives late or early; municipalities that merge, are
split, or do not exist on the day; quotas that are forecast, published, revised, transferred and taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.api.reports import AMERSFOORT, AMSTERDAM, ENSCHEDE, UTRECHT, WEESP, Event, said, withdrawn

SEED = 457
PERSONS = 340
HENGELO, ALMELO, HAAREN, VUGHT, ZEIST, NEW = "GM0164", "GM0141", "GM0788", "GM0865", "GM0355", "GM9307"
#: The last two are no municipality on most days on which they are named: from 2022 on, and until 2021.
TOWNS = (UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, HAAREN, VUGHT, ZEIST, ENSCHEDE, HENGELO, ALMELO, "GM1982", "GM0003")
FIRST, LAST = date(2020, 7, 1), date(2022, 9, 30)
PERIODS = ("2020-II", "2021-I", "2021-II", "2022-I", "2022-II")

_HOMES = ("regular", "regular", "intermediate", "transit-home", "hotel", "gva", "minor-unit", "with-family")
_ITEMS = ("bsn", "identity-document", "iban", "medical", "income")
_NOT_BEFORE = datetime(2020, 6, 1, tzinfo=UTC)
#: Nothing is recorded from here on; what held may be of a later day.
UNTIL = datetime(2022, 12, 15, tzinfo=UTC)


def events(seed: int = SEED, persons: int = PERSONS) -> list[Event]:
    """The events in the order in which they arrive; `time` is when their sender recorded them."""
    return _Clerk(Random(seed)).arriving(persons)


class _Clerk:
    """Who writes down what happens: late, early, wrongly and again."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said = 0

    def arriving(self, persons: int) -> list[Event]:
        plain = [*self._periods(), *self._municipalities()]
        for number in range(persons):
            plain += self._life(f"99993{number:05d}", persons)
        every = [event for event in (*plain, *self._mistakes(plain)) if _time(event) < UNTIL]
        # A few are under way for so long that what was recorded after them arrives before them.
        under_way = [self._days(0, 9) if self._is(0.06) else timedelta() for _ in every]
        arrived = sorted(zip(every, under_way, strict=True), key=lambda one: (_time(one[0]) + one[1], one[0]["id"]))
        return [event for event, _ in arrived]

    def _is(self, share: float) -> bool:
        return self._rng.random() < share

    def _days(self, least: int, most: int) -> timedelta:
        return timedelta(days=self._rng.randint(least, most))

    def _day(self, first: date = FIRST, last: date = LAST) -> date:
        return first + self._days(0, (last - first).days)

    def _written_down(self, on: date) -> str:
        """When a fact of this day is recorded: mostly soon, sometimes months later, sometimes beforehand."""
        drawn, rng = self._rng.random(), self._rng
        days = 0 if drawn < 0.55 else rng.randint(1, 6) if drawn < 0.8 else rng.randint(7, 200) if drawn < 0.95 else -20
        # By the hour, so that some of a request are recorded at one instant, as one commit is.
        at = datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=days, hours=rng.randint(7, 18))
        return _instant(max(at, _NOT_BEFORE))

    def _tell(self, topic: str, day: date, v_number: str | None = None, /, **more: Any) -> Event:
        self._said += 1
        more.setdefault("at", self._written_down(day))
        return said(topic, day.isoformat(), v_number, id=f"m-{self._said:05d}", **more)

    def _life(self, v_number: str, persons: int) -> Iterator[Event]:
        rng, on, town = self._rng, self._day(last=date(2022, 6, 30)), self._rng.choice(TOWNS)
        if not self._is(0.05):
            more: dict[str, Any] = {"birthDate": rng.choice(["1990-01-01", "1985", "2004-06"])} if self._is(0.5) else {}
            if self._is(0.3):
                more["household"] = f"H-{rng.randrange(persons // 4)}"
            yield self._tell("permit-granted", on, v_number, ground=rng.choice(["asylum", "resettlement"]), **more)
        if self._is(0.3):
            yield from self._family(v_number, on)
        linked = on + self._days(-4, 40)
        yield self._tell("linked", linked, v_number, municipality=town)
        if self._is(0.2):
            ended = linked + self._days(3, 50)
            yield self._tell("link-ended", ended, v_number, reason=rng.choice(["reassigned", "departed", "other"]))
            if self._is(0.8):
                linked, town = ended + self._days(0, 20), rng.choice(TOWNS)
                yield self._tell("linked", linked, v_number, municipality=town)
        if self._is(0.3):
            yield self._tell("dossier-item-completed", linked + self._days(1, 60), v_number, item=rng.choice(_ITEMS))
        if self._is(0.15):
            yield self._tell(
                "offer-refused", linked + self._days(20, 70), v_number, municipality=town, reason="The stairs"
            )
            yield self._tell("refusal-assessed", linked + self._days(30, 90), v_number, justified=self._is(0.5))
        if self._is(0.12):
            yield from self._closing(v_number, linked + self._days(5, 120))
        if self._is(0.8):
            yield from self._housed(v_number, linked, town)
        if self._is(0.06):
            other = f"99993{rng.randrange(persons):05d}" if self._is(0.4) else f"99994{rng.randrange(90_000):05d}"
            if other != v_number:
                yield self._tell("v-number-replaced", self._day(), v_number, replaces=other)

    def _family(self, v_number: str, on: date) -> Iterator[Event]:
        persons = self._rng.randint(1, 5)
        yield self._tell("family-reunification-applied", on + self._days(0, 90), v_number, persons=persons)
        if self._is(0.5):
            decided = on + self._days(60, 200)
            yield self._tell("family-reunification-decided", decided, v_number, granted=persons, refused=0)
            yield self._tell("family-arrived", decided + self._days(10, 100), v_number, persons=persons)

    def _closing(self, v_number: str, on: date) -> Iterator[Event]:
        topic = self._rng.choice(["died", "left-unknown-destination", "permit-ended"])
        yield self._tell(topic, on, v_number, **({"reason": "withdrawn"} if topic == "permit-ended" else {}))

    def _housed(self, v_number: str, linked: date, town: str) -> Iterator[Event]:
        rng, home, ready = self._rng, self._rng.choice(_HOMES), linked + self._days(10, 160)
        # Housed in another municipality than the one of the link now and then.
        where = rng.choice(TOWNS) if self._is(0.07) else town
        if self._is(0.85):
            yield self._tell("home-ready", ready, v_number, municipality=where, accommodation=home)
        housed = ready + self._days(-3, 25)
        yield self._tell("housed", housed, v_number, municipality=where, accommodation=home)
        if self._is(0.12):
            back = housed + self._days(20, 150)
            yield self._tell("returned-to-reception", back, v_number)
            if self._is(0.7):
                again = back + self._days(5, 60)
                yield self._tell(
                    "housed", again, v_number, municipality=rng.choice(TOWNS), accommodation=rng.choice(_HOMES)
                )
        if home == "hotel" and self._is(0.5):
            yield self._tell("moved-to-permanent-home", housed + self._days(30, 120), v_number, municipality=where)

    def _mistakes(self, plain: list[Event]) -> Iterator[Event]:
        """Corrections, corrections of corrections, withdrawals, and withdrawals of withdrawals."""
        for event in plain:
            if self._is(0.1):
                corrected = self._corrected(event)
                yield corrected
                if self._is(0.25):
                    yield self._corrected(corrected)
                if self._is(0.1):
                    yield self._withdrawn(corrected)
            elif self._is(0.05) and event["type"] != "nl.ketenspoor.municipality-merged.v1":
                undone = self._withdrawn(event)
                yield undone
                if self._is(0.4):
                    yield self._withdrawn(undone)

    def _later(self, event: Event) -> str:
        return _instant(_time(event) + self._days(0, 150) + timedelta(hours=self._rng.randint(1, 12)))

    def _corrected(self, event: Event) -> Event:
        self._said += 1
        data = {**event["data"], "corrects": event["id"]}
        changed = self._rng.choice(sorted({"effectiveOn", "municipality", "accommodation", "persons"} & data.keys()))
        if changed == "municipality" and "home-ready" not in event["type"] and "offer" not in event["type"]:
            data["municipality"] = self._rng.choice(TOWNS)
        elif changed == "accommodation":
            data["accommodation"] = self._rng.choice(_HOMES)
        elif changed == "persons":
            data["persons"] += self._rng.randint(0, 9)
        else:
            moved = date.fromisoformat(data["effectiveOn"]) + self._days(-25, 25)
            data["effectiveOn"] = moved.isoformat()
        return {**event, "id": f"m-{self._said:05d}", "time": self._later(event), "data": data}

    def _withdrawn(self, event: Event) -> Event:
        self._said += 1
        data = event["data"]
        undone = withdrawn(data.get("vNumber"), event, at=self._later(event), id=f"m-{self._said:05d}")
        return {**undone, "data": {**undone["data"], **{name: data[name] for name in ("period",) if name in data}}}

    def _quota(self, topic: str, day: str, period: str, /, **more: Any) -> Event:
        return self._tell(topic, date.fromisoformat(day), period=period, **more)

    def _periods(self) -> Iterator[Event]:
        told = self._quota
        days = ("2020-07-01", "2020-11-03", "2021-03-29", "2021-10-01", "2022-04-01")
        for period, on in zip(PERIODS, days, strict=True):
            yield told("quota-forecast", "2020-07-01", period, persons=self._rng.randint(8_000, 14_000))
            yield told("quota-published", on, period, persons=self._rng.randint(9_000, 13_500), reference="Letter")
        # Of these no more than a forecast is known.
        yield told("quota-forecast", "2022-04-01", "2023-I", persons=21_500)
        yield told("quota-forecast", "2022-08-01", "2023-I", persons=20_200)
        for on, period, persons in (("2022-01-07", "2022-I", 10_100), ("2022-03-07", "2022-I", 10_350)):
            yield told("quota-revised", on, period, persons=persons, reason="Letter")
        for period, reduction in (("2021-II", 1_500), ("2022-I", 900)):
            yield told("interim-goal-set", "2021-07-01", period, reduction=reduction)
        for period, on in (("2020-II", "2020-07-01"), ("2021-II", "2021-07-01"), ("2022-I", "2022-01-01")):
            for town in self._rng.sample(TOWNS, 8):
                yield told(
                    "opening-balance-recorded", on, period, municipality=town, persons=self._rng.randint(-30, 60)
                )
        for period, on in (("2021-II", "2021-03-29"), ("2022-I", "2021-10-01"), ("2022-II", "2022-04-01")):
            for town in self._rng.sample(TOWNS, 5):
                yield told(
                    "municipal-quota-published", on, period, municipality=town, persons=self._rng.randint(10, 300)
                )
        for period, on in (("2021-I", "2021-02-10"), ("2021-II", "2021-09-01"), ("2022-I", "2022-03-01")):
            for _ in range(3):
                (giving, taking), persons = self._rng.sample(TOWNS[:10], 2), self._rng.randint(1, 12)
                moved = [{"municipality": taking, "persons": persons}, {"municipality": giving, "persons": -persons}]
                yield told("quota-transferred", on, period, by="ministry", transfers=moved)
        for of, persons in (("NL", 5_586), ("PV26", 812), (UTRECHT, 41)):
            yield told(
                "figure-published",
                "2021-07-10",
                "2021-II",
                by="ministry",
                figure="openingBalance",
                of=of,
                on="2021-07-01",
                persons=persons,
            )

    def _municipalities(self) -> Iterator[Event]:
        for town in TOWNS[:10]:
            for year in (2020, 2021, 2022):
                counted, persons = date(year, 1, 1), self._rng.randint(20_000, 400_000)
                yield self._tell(
                    "inhabitants-counted", counted, municipality=town, on=counted.isoformat(), persons=persons
                )
        for town, into, on, at, more in (
            (ALMELO, HENGELO, "2022-04-01", "2022-02-10T09:00:00Z", {}),
            (AMERSFOORT, NEW, "2022-07-01", "2022-08-20T09:00:00Z", {"name": "Eemstad", "province": "PV26"}),
            (ZEIST, UTRECHT, "2022-01-01", "2021-11-20T09:00:00Z", {"personsMoved": 9_000}),
        ):
            yield self._tell(
                "municipality-merged", date.fromisoformat(on), at=at, municipality=town, into=into, on=on, **more
            )


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
