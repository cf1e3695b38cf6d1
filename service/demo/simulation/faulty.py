"""Lines that the service refuses, one fault each: the senders of the scenario are not without mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from service.demo.simulation import sources
from service.demo.simulation.chance import between, recorded
from service.demo.simulation.posts import Post

_A_PERSON = "9999990001"  # no permit holder of the scenario
_OF_EACH = 5

#: What is posted, by whom; each has one thing wrong with it, which is said on its line.
_FAULTY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    # A municipality that never was.
    (sources.COA, "linked.v1", {"vNumber": _A_PERSON, "municipality": "GM9999"}),
    # COA does not speak of homes that are ready.
    (sources.COA, "home-ready.v1", {"vNumber": _A_PERSON, "municipality": "GM0344", "accommodation": "regular"}),
    # Nine digits are no V-number.
    (sources.IND, "permit-granted.v1", {"vNumber": "999990001", "ground": "asylum"}),
    # The accommodation is missing.
    (sources.COA, "housed.v1", {"vNumber": _A_PERSON, "municipality": "GM0344"}),
)


def faulty_posts(rng: Random) -> Iterator[Post]:
    """Every kind a few times, on days throughout 2021."""
    for number in range(_OF_EACH):
        for source, topic, data in _FAULTY:
            on = date(2021, 1, 11) + timedelta(days=between(rng, 0, 60) + 60 * number)
            yield Post(recorded(rng, on), source, topic, on, {**data, "effectiveOn": str(on)})
