"""How often one client may ask: so many requests a second with room for a burst, kept by this process alone."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from service.access.caller import ANYONE, Caller
from service.foundation.problems import Problem

#: So many clients are remembered; of more the one that asked longest ago is forgotten, and may begin anew.
MOST_CLIENTS = 20_000
#: Who rested may ask at once what would be due in so many seconds.
_BURST_SECONDS = 2.0
#: What one subscriber is given at the least in IPv6.
_NETWORK_OF_ONE = 64


class Rate(NamedTuple):
    """Requests a second; 0 is without limit."""

    a_second: float

    @property
    def interval(self) -> float:
        """Seconds that one request takes up."""
        return 1 / self.a_second

    @property
    def patience(self) -> float:
        """How many seconds ahead of its pace a client may be."""
        return max(_BURST_SECONDS, self.interval)


class Limits:
    """What each client has used up. For each only the instant is kept until which it did, as if it had kept its pace:
    a bucket that leaks, in one number."""

    def __init__(
        self,
        known: float,
        unknown: float,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_CLIENTS,
    ) -> None:
        """`known`: requests a second of who showed who they are, each; `unknown`: of one network address without."""
        self._known, self._unknown = Rate(known), Rate(unknown)
        self._clock = clock
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()

    def wait(self, caller: Caller, origin: str) -> float:
        """How many seconds too early this request is; 0 when it may go on, and then it counts."""
        if caller is ANYONE or caller.open:
            return self._take(f"at {network_of(origin)}", self._unknown)
        return self._take(f"by {caller.actor}", self._known)

    def refused(self, origin: str) -> float:
        """The same for a request that showed something that was refused: it counts for its address."""
        return self._take(f"at {network_of(origin)}", self._unknown)

    def _take(self, who: str, rate: Rate) -> float:
        if not rate.a_second:
            return 0.0
        now = self._clock()
        until = max(self._until.get(who, now), now) + rate.interval
        early = until - now - rate.patience
        if early > 1e-9:  # sums of fractions
            return early
        self._until[who] = until
        self._until.move_to_end(who)
        if len(self._until) > self._most:
            self._until.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._until)


def too_often(seconds: float) -> Problem:
    """Come back in so many seconds."""
    headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return Problem(429, "Too many requests", "This client asks more often than it may; wait and go on.", (), headers)


@lru_cache(maxsize=4_096)
def network_of(origin: str) -> str:
    """The address that is counted: of IPv6 the network, in which one subscriber has addresses without number."""
    if ":" not in origin:
        return origin
    try:
        address = ipaddress.IPv6Address(origin.partition("%")[0])
    except ValueError:
        return origin
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, _NETWORK_OF_ONE), strict=False))
