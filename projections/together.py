"""Columns whose rounded numbers side by side would say more of persons than each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
        found = dict(told)
        for manner in self.manners:
            fitted = fit_parts(told[self.total] or 0, [found[name] or 0 for name in manner], every=self.every)
            found |= zip(manner, fitted, strict=True)
        return {name: found[name] for manner in self.manners for name in manner}
