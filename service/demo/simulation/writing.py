"""The scenario as CloudEvents in order of arrival, and written as NDJSON, one event a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random
from typing import Any, BinaryIO, NamedTuple

import msgspec

from domain.places import Places
from service.demo.simulation.areas import area_posts
from service.demo.simulation.chance import between, start_of
from service.demo.simulation.households import households
from service.demo.simulation.lives import life
from service.demo.simulation.mistakes import Clerks, faulty_posts
from service.demo.simulation.posts import Post, cloud_event
from service.demo.simulation.provinces import province_posts
from service.demo.simulation.quota import norm_set_post, period_posts, planned, reference_posts
from service.demo.simulation.scenario import SEED, UNTIL
from service.log.submission import OutcomeWord

#: Called with the households told so far and all of them.
Progress = Callable[[int, int], None]

_DELAYED_HOURS, _DELAYED_DAYS, _REPEATED = 0.010, 0.006, 0.00015


class Line(NamedTuple):
    """One line: the event, and what the service is expected to answer to it."""

    event: dict[str, Any]
    answer: OutcomeWord


class Summary(NamedTuple):
    """How many lines of a file get which answer, and how many events of each topic are recorded."""

    recorded: int
    repeated: int
    rejected: int
    conflicts: int
    by_topic: dict[str, int]

    @property
    def lines(self) -> int:
        """All lines of the file."""
        return self.recorded + self.repeated + self.rejected + self.conflicts


class _Delivery:
    """What is under way: posts by the instant at which they arrive, which for some is well after they were recorded."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._under_way: list[tuple[int, int, Post, OutcomeWord]] = []
        self._sent = 0
        self._conflict_sent = False

    def send(self, post: Post, answer: OutcomeWord = "recorded") -> None:
        """Puts a post on its way; a few are sent again, and one id is used for something else."""
        at, drawn = post.at, self._rng.random()
        if drawn < _DELAYED_DAYS:
            at += between(self._rng, 86_400, 864_000)
        elif drawn < _DELAYED_DAYS + _DELAYED_HOURS:
            at += between(self._rng, 1_800, 28_800)
        self._put(at, post, answer)
        if answer != "recorded":
            return
        if drawn > 1 - _REPEATED:
            self._put(at + between(self._rng, 600, 432_000), post, "repeated")
        if post.topic == "refusal-assessed.v1" and not self._conflict_sent:
            self._conflict_sent = True
            other = post._replace(data={**post.data, "justified": not post.data["justified"]})
            self._put(at + 3_600, other, "conflict")

    def _put(self, at: int, post: Post, answer: OutcomeWord) -> None:
        self._sent += 1
        heappush(self._under_way, (at, self._sent, post, answer))

    def arrived(self, before: int | None = None) -> Iterator[Line]:
        """What arrives before an instant, in that order; all that is left without one."""
        while self._under_way and (before is None or self._under_way[0][0] < before):
            _, _, post, answer = heappop(self._under_way)
            yield Line(cloud_event(post), answer)


def lines(seed: int = SEED, *, one_in: int = 1, progress: Progress | None = None) -> Iterator[Line]:
    """The scenario, line by line; with `one_in` only one in so many persons is housed (quotas and openings stay)."""
    rng = Random(seed)  # noqa: S311  # a simulation is repeatable
    places = Places.shipped()
    periods = planned(rng, places, one_in)
    clerks, delivery = Clerks(rng, places, UNTIL), _Delivery(rng)
    for post in (*period_posts(rng, periods, places), *reference_posts(rng, places)):
        delivery.send(clerks.numbered(post))
    for post in faulty_posts(rng):
        delivery.send(clerks.numbered(post), "rejected")
    planned_households = households(rng, periods, places, one_in)
    for post in (*area_posts(rng, planned_households, places), *province_posts(rng, periods, places)):
        delivery.send(clerks.numbered(post))
    # In order of permit, before which nothing is recorded: so all that precedes the next permit can go.
    every = [each for each in planned_households if each.permit_on <= UNTIL]
    for count, household in enumerate(every):
        yield from delivery.arrived(before=start_of(household.permit_on))
        for post in clerks.record(life(rng, household, places, UNTIL)):
            delivery.send(post)
        if progress is not None:
            progress(count + 1, len(every))
    delivery.send(clerks.numbered(norm_set_post(rng)))
    yield from delivery.arrived()


def events(seed: int = SEED, *, one_in: int = 1) -> Iterator[dict[str, Any]]:
    """The CloudEvents of the scenario, in order of arrival."""
    return (line.event for line in lines(seed, one_in=one_in))


def write(out: BinaryIO, seed: int = SEED, *, one_in: int = 1, progress: Progress | None = None) -> Summary:
    """Writes the scenario as NDJSON; the same seed gives the same bytes."""
    answers: Counter[str] = Counter()
    by_topic: Counter[str] = Counter()
    encode = msgspec.json.Encoder().encode
    for line in lines(seed, one_in=one_in, progress=progress):
        out.write(encode(line.event) + b"\n")
        answers[line.answer] += 1
        if line.answer == "recorded":
            by_topic[line.event["type"].removeprefix("nl.ketenspoor.")] += 1
    return Summary(
        answers["recorded"],
        answers["repeated"],
        answers["rejected"],
        answers["conflict"],
        dict(sorted(by_topic.items())),
    )
