"""What goes wrong in recording: what is put right by corrections and withdrawals, looked into, or refused at once.

Each story takes a post that is true and gives posts whose effective history is that one truth again, so that no figure
changes once all of them are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

from domain.accommodation import Accommodation
from domain.period import Period
from domain.places import Places
from service.demo.simulation.chance import between, day_of, recorded
from service.demo.simulation.posts import COA, IND, Post, is_national, municipality_source

_RATE = 0.019
#: Recordings of who is housed when the half-year turns are checked most, and wrong most.
_RATE_AT_A_TURN = 0.07
_DAYS_AT_A_TURN = 8
#: One in so many is looked into once more, seconds after which that is recorded.
_LOOKED_INTO = 500
_A_WEEK = 7 * 86_400
_ACCOMMODATIONS: tuple[Accommodation, ...] = ("regular", "intermediate", "transit-home", "hotel")
_A_PERSON = "9999990001"  # no permit holder of the scenario
_FAULTY_OF_EACH = 5

#: What is posted, by whom; each has one thing wrong with it, which is said on its line.
_FAULTY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    # A municipality that never was.
    (COA, "linked.v1", {"vNumber": _A_PERSON, "municipality": "GM9999"}),
    # COA does not speak of homes that are ready.
    (COA, "home-ready.v1", {"vNumber": _A_PERSON, "municipality": "GM0344", "accommodation": "regular"}),
    # Nine digits are no V-number.
    (IND, "permit-granted.v1", {"vNumber": "999990001", "ground": "asylum"}),
    # The accommodation is missing.
    (COA, "housed.v1", {"vNumber": _A_PERSON, "municipality": "GM0344"}),
)


class Clerks:
    """Gives every post its id and makes the mistakes; remembers a few permit holders to mix others up with."""

    def __init__(self, rng: Random, places: Places, until: date) -> None:
        self._rng, self._places, self._until = rng, places, until
        self._numbers, self._looks = count(1), count(1)
        self._strangers: list[str] = []

    def record(self, posts: list[Post]) -> Iterator[Post]:
        """The posts as they were recorded, mistakes and all."""
        for post in posts:
            if self._rng.random() < self._rate(post):
                yield from self._wrong(post)
            else:
                right = self.numbered(post)
                yield right
                yield from self._looked_into(right)
        if posts and "vNumber" in posts[0].data:
            self._strangers = [*self._strangers[-99:], posts[0].data["vNumber"]]

    def _looked_into(self, post: Post) -> Iterator[Post]:
        """Of a few permit holders IND finds out that they had another V-number; a few links a municipality doubts, and
        COA answers that they stand. Told by their numbers, so that all else is as if nobody had looked.
        """
        if post.topic not in ("permit-granted.v1", "linked.v1"):
            return
        number, at, later = int(post.data["vNumber"]), post.at + _A_WEEK, post.at + 2 * _A_WEEK
        if number % _LOOKED_INTO or day_of(later) > self._until:
            return
        if post.topic == "permit-granted.v1":
            older = f"9999{900_000 + number % 100_000:06d}"
            yield self._about(post, at, "v-number-replaced.v1", post.source, {"replaces": older})
            return
        doubter = municipality_source(self._places.code_on(post.data["municipality"], day_of(at)))
        doubts = {"doubts": post.id, "doubtsSource": post.source, "reason": "Nobody here has heard of it"}
        doubt = self._about(post, at, "fact-doubted.v1", doubter, doubts)
        answers = {"doubt": doubt.id, "doubtSource": doubter, "upheld": False}
        yield doubt
        yield self._about(post, later, "doubt-answered.v1", post.source, answers)

    def _about(self, post: Post, at: int, topic: str, source: str, data: dict[str, Any]) -> Post:
        on = day_of(at)
        said = {"vNumber": post.data["vNumber"], "effectiveOn": str(on), **data}
        return Post(at, source, topic, on, said, f"look-{next(self._looks):07d}")

    def numbered(self, post: Post) -> Post:
        """The post under an id of its source; one that has its id keeps it."""
        if post.id:
            return post
        system = post.source.rpartition("-")[2]
        return post._replace(id=f"{system}-{next(self._numbers):07d}")

    def _rate(self, post: Post) -> float:
        # Of what others name by its id there is one.
        if "vNumber" not in post.data or post.id:
            return 0.0
        if post.topic == "housed.v1" and _days_to_a_turn(post.on) <= _DAYS_AT_A_TURN:
            return _RATE_AT_A_TURN
        return _RATE

    def _wrong(self, post: Post) -> Iterator[Post]:
        drawn = self._rng.random()
        if post.topic in ("housed.v1", "linked.v1"):
            if drawn < 0.15:
                return self._wrong_person(post)
            if drawn < 0.30:
                return self._wrong_field(post, "municipality", self._other_municipality(post))
            if drawn < 0.45:
                return self._twice(post)
        if "accommodation" in post.data and 0.45 <= drawn < 0.60:
            return self._wrong_field(post, "accommodation", self._other_accommodation(post))
        if drawn > 0.92:
            return self._taken_back_by_mistake(post)
        return self._wrong_day(post)

    # The stories.

    def _wrong_day(self, post: Post) -> Iterator[Post]:
        wrong_on = self._another_day(post)
        if wrong_on is None:
            yield self.numbered(post)
            return
        yield from self._corrected(post, post._replace(on=wrong_on, data={**post.data, "effectiveOn": str(wrong_on)}))

    def _wrong_field(self, post: Post, name: str, value: str) -> Iterator[Post]:
        return self._corrected(post, post._replace(data={**post.data, name: value}))

    def _corrected(self, post: Post, wrong: Post) -> Iterator[Post]:
        """First what is wrong, then what corrects it; now and then by way of a correction that is wrong as well."""
        first = self.numbered(wrong)
        yield first
        last = first
        if self._rng.random() < 0.15:
            last = self.numbered(self._correction(wrong, first, first.at))
            yield last
        names = last if self._rng.random() < 0.5 else first
        yield self.numbered(self._correction(post, names, last.at))

    def _correction(self, post: Post, corrected: Post, after: int) -> Post:
        at = self._later(after)
        source = self._source_on(post, day_of(at))
        data = {**post.data, "corrects": corrected.id}
        if source != corrected.source:
            data["correctsSource"] = corrected.source
        return post._replace(at=at, source=source, data=data)

    def _wrong_person(self, post: Post) -> Iterator[Post]:
        if not self._strangers:
            yield self.numbered(post)
            return
        stranger = self._rng.choice(self._strangers)
        wrong = self.numbered(post._replace(data={**post.data, "vNumber": stranger}))
        yield wrong
        back = self._withdrawal(wrong, "Recorded for the wrong person")
        yield back
        yield self.numbered(post._replace(at=back.at + 60))

    def _twice(self, post: Post) -> Iterator[Post]:
        """Recorded again some days later, as of a later day: the first counts. Some see it and withdraw the second."""
        yield (first := self.numbered(post))
        at = self._later(first.at)
        on = min(post.on + timedelta(days=between(self._rng, 1, 3)), day_of(at), self._until)
        again = self.numbered(post._replace(at=at, on=on, data={**post.data, "effectiveOn": str(on)}))
        if on == post.on or not self._places.exists(post.data["municipality"], on):
            return
        yield again
        if self._rng.random() < 0.5:
            yield self._withdrawal(again, "Recorded twice")

    def _taken_back_by_mistake(self, post: Post) -> Iterator[Post]:
        """Withdrawn though it was right, and the withdrawal withdrawn."""
        yield (right := self.numbered(post))
        back = self._withdrawal(right, "Recorded by mistake")
        restored = self._withdrawal(back, "The withdrawal was a mistake")
        if self._source_on(post, day_of(restored.at)) == post.source:
            yield back
            yield restored

    def _withdrawal(self, post: Post, reason: str) -> Post:
        at = self._later(post.at)
        on = day_of(at)
        data: dict[str, Any] = {"vNumber": post.data["vNumber"], "effectiveOn": str(on), "withdraws": post.id}
        return self.numbered(Post(at, post.source, "event-withdrawn.v1", on, {**data, "reason": reason}))

    # What to get wrong, and when it is put right.

    def _later(self, at: int) -> int:
        return recorded(self._rng, day_of(at) + timedelta(days=between(self._rng, 1, 21)))

    def _source_on(self, post: Post, day: date) -> str:
        """Who speaks on a day for who spoke then: a municipality that is no more has a successor."""
        code = post.data.get("municipality")
        if code is None or is_national(post.source):
            return post.source
        return municipality_source(self._places.code_on(code, day))

    def _another_day(self, post: Post) -> date | None:
        """A day not long before or after, recorded no earlier than it was; across the turn of the half-year if near."""
        number = between(self._rng, 1, 20)
        near = post.topic == "housed.v1" and _days_to_a_turn(post.on) <= _DAYS_AT_A_TURN
        if near:
            number += _DAYS_AT_A_TURN
        code = post.data.get("municipality")
        latest = min(day_of(post.at), self._until)
        for step in (number, -number):
            on = post.on + timedelta(days=step)
            if on <= latest and (code is None or self._places.exists(code, on)):
                return on
        return None

    def _other_municipality(self, post: Post) -> str:
        codes = [code for code in self._places.codes_on(post.on) if code != post.data["municipality"]]
        return self._rng.choice(codes)

    def _other_accommodation(self, post: Post) -> str:
        return self._rng.choice([each for each in _ACCOMMODATIONS if each != post.data["accommodation"]])


def _days_to_a_turn(day: date) -> int:
    """Days to the nearest first day of a half-year."""
    period = Period.of(day)
    return min((day - period.first).days, (period.last - day).days + 1)


def faulty_posts(rng: Random) -> Iterator[Post]:
    """Every kind a few times, on days throughout 2021."""
    for number in range(_FAULTY_OF_EACH):
        for source, topic, data in _FAULTY:
            on = date(2021, 1, 11) + timedelta(days=between(rng, 0, 60) + 60 * number)
            yield Post(recorded(rng, on), source, topic, on, {**data, "effectiveOn": str(on)})
