"""Whom an event comes from: the organisation that its source names, and whether who posts it may speak for that one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from domain.authority import Organisation
from domain.field_types import Fault
from domain.identifiers import oin_in
from service.access.caller import Caller
from service.foundation.organisations import Registry

#: Faults that are about who says something, not about what is said: 403 rather than 400 when there are no others.
ABOUT_WHO = frozenset(
    {"unknown-organisation", "not-your-source", "no-authority", "not-your-municipality", "not-yours-to-correct"}
)

_NOT_YOUR_SOURCE = Fault(
    "/source", "not-your-source", "names an organisation that is not yours, nor one that you may post this for today"
)


class Poster(NamedTuple):
    """Who posts, and in which trace."""

    caller: Caller
    trace: bytes | None = None

    @property
    def oin(self) -> str | None:
        """Of whom posts, where that is not left to the source."""
        organisation = self.caller.organisation
        return None if organisation is None else organisation.oin


_LONGEST_REMEMBERED = 256  # characters; a valid source is no longer


def sender(source: str, registry: Registry) -> tuple[Organisation | None, Sequence[Fault]]:
    """The organisation that an event comes from, or why that can't be said."""
    return (_remembered if len(source) <= _LONGEST_REMEMBERED else _found)(source, registry)


def _found(source: str, registry: Registry) -> tuple[Organisation | None, Sequence[Fault]]:
    oin = oin_in(source)
    if oin is None:
        return None, (Fault("/source", "no-oin", "must name one OIN, as in urn:nld:oin:<OIN>:systeem:<name>"),)
    organisation = registry(oin)
    if organisation is None:
        return None, (Fault("/source", "unknown-organisation", "names an OIN that is not in the registry"),)
    return organisation, ()


# Few systems post, each under one source, and a registry does not change while it is in use.
_remembered = lru_cache(maxsize=4_096)(_found)


def posted_by(
    poster: Poster, organisation: Organisation, topic: str | None, today: date
) -> tuple[str | None, Sequence[Fault]]:
    """Who posts for this organisation, None when that is itself; or why nobody else may."""
    caller = poster.caller
    own = poster.oin
    if own == organisation.oin or caller.open:
        return None, ()
    mandates = caller.mandates.get(organisation.oin, ())
    if topic is not None and any(mandate.covers(organisation.oin, topic, today) for mandate in mandates):
        return own, ()
    return None, (_NOT_YOUR_SOURCE,)
