"""Columns whose rounded numbers side by side would say more of persons than each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from domain.disclosure import fit_parts


class Together:
    """Columns that belong together, so that their rounded numbers side by side may say more than each does."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is told of some columns instead, by what a row would tell: columns and dimensions by name.

        It looks at nothing but that, and so says no more of who is in it than what would have been told.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Ways(Together):
    """A total of persons or events, rounded, and the ways in which these were counted once, in one or more manners.

    Without `every` there are others that are in none of the ways.
    """

    total: str
    manners: tuple[tuple[str, ...], ...]
    every: bool = True

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The ways of each manner as they fit the total."""
        if told[self.total] is None and all(told[name] is None for manner in self.manners for name in manner):
            return {}
        found = dict(told)
        for manner in self.manners:
            some = [name for name in manner if found[name] is not None]
            # Where one is not told the others need not come to the total.
            every = self.every and len(some) == len(manner)
            fitted = fit_parts(told[self.total] or 0, [found[name] for name in some], every=every)
            found |= zip(some, fitted, strict=True)
        return {name: found[name] for manner in self.manners for name in manner}


@dataclass(frozen=True)
class Nested(Together):
    """Columns of which each is among the next: persons within three, six and twelve months."""

    within: tuple[str, ...]

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """None more than the next, of which less may be told than its rounding."""
        found = {self.within[-1]: told[self.within[-1]]}
        for name, among in reversed(list(pairwise(self.within))):
            found[name] = None if found[among] is None else min(told[name] or 0, found[among])
        return found
