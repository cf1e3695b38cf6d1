"""How a column is made of the parts of a table: each in the words of a query over the parts."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Sum(NamedTuple):
    """The sum of what the parts add; `adds` is an expression over a part. Where it is `of_some`, a row of which no part
    has a number has none. `several` counts those behind it, of whom one may add more than one: it is told rounded only
    where they are not too few.
    """

    adds: str
    of_some: bool = False
    several: Literal["", "1", "DISTINCT stream"] = ""


class Mean(NamedTuple):
    """The mean of a number that the parts have."""

    of: str


class Median(NamedTuple):
    """The median of a number that the parts have, interpolated between ranks."""

    of: str


class P90(NamedTuple):
    """The 90th percentile of a number that the parts have, interpolated between ranks."""

    of: str


class Share(NamedTuple):
    """What one number of the parts adds up to, of what another does."""

    within: str
    of: str


class Latest(NamedTuple):
    """The latest day that the parts have."""

    of: str


class Said(NamedTuple):
    """A text that all parts of a row have alike."""

    of: str


Aggregate = Sum | Mean | Median | P90 | Share | Latest | Said
