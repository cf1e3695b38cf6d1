"""Which reading of the norm a question means: one that is known, by its name, or one that it gives itself: what if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.norm_sets import DEFAULT_NORM, NormSet
from projections.norm_sets import read_norm_sets
from service.foundation.problems import invalid_parameter
from service.queries.question import Question


class AskedNorm(NamedTuple):
    """A reading of the norm as it was asked: the name of one, or the days of one that nothing is known of."""

    name: str | None
    given: NormSet | None = None

    def among(self, known: Mapping[str, NormSet]) -> NormSet:
        """The norm set that is meant; 400 where none of that name is known, or where both are asked."""
        if self.given is not None and self.name is not None:
            raise invalid_parameter("normSet", "disagrees", "is a norm set of its own: give norm or normSet")
        if self.given is not None:
            return self.given
        found = known.get(self.name or DEFAULT_NORM)
        if found is None:
            raise invalid_parameter("norm", "not-one-of", "is the name of no norm set that was known then")
        return found


def with_norm(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a table, with the norm set that is meant in the place of how it was asked."""
    return {
        name: value.among(read_norm_sets(question.tables, question.asked)) if isinstance(value, AskedNorm) else value
        for name, value in given.items()
    }
