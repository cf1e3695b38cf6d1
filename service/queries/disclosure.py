"""Which rows of a figure table the caller reads exactly, and which with small numbers rounded; the answer says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from fastapi import Request

from domain.disclosure import EXACT, ROUNDED, Writing
from domain.places import PROVINCES, Places
from service.access.caller import caller_of
from service.access.rules import extent_of
from service.foundation.time import today
from service.queries.visibility import rows_of


class Disclosure(NamedTuple):
    """The rule of one answer: everything exactly, or what is the caller's own.

    A municipality reads its own row exactly, and those of the municipalities that became it; a province its own and
    those of its municipalities.
    """

    everything: bool
    own: frozenset[str]

    @classmethod
    def of(cls, request: Request, places: Places, day: date) -> Disclosure:
        """The rule for who asks for the rows of a day."""
        how_far = extent_of(request)
        organisation = caller_of(request.scope).organisation
        own: frozenset[str] = frozenset()
        if how_far == "own" and organisation is not None and organisation.code is not None:
            if organisation.code in PROVINCES:
                own = frozenset(code for code in places.codes if places.province(code) == organisation.code)
                own |= {organisation.code}
            else:
                own = rows_of(organisation.code, places, day, today(request.app.state.shell.clock))
        return cls(how_far in ("all", "exact"), own)

    def exact(self, code: str) -> bool:
        """Whether the row of this code is told exactly."""
        return self.everything or code in self.own

    def writing(self, code: str) -> Writing:
        """How the numbers of this row are written."""
        return EXACT if self.exact(code) else ROUNDED

    def told(self, codes: Iterable[str]) -> dict[str, Any]:
        """The rule as the answer states it, with those of its rows that are exact all the same."""
        if self.everything:
            return {"rule": EXACT.rule, "exactFor": []}
        return {"rule": ROUNDED.rule, "exactFor": [code for code in codes if self.exact(code)]}
