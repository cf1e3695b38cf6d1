"""Who is asking: the one place that says which organisation a request speaks for.

Development mode believes the OIN in an event's `source`. Other modes take it from a verified token and demand that
`source` names the same; they plug in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from domain.authority import Organisation
from domain.identifiers import oin_in
from domain.kinds import Fault
from service.organisations import Registry

#: Faults that are about who says something, not about what is said: 403 rather than 400 when there are no others.
ABOUT_WHO = frozenset({"unknown-organisation", "no-authority", "not-your-municipality", "not-yours-to-correct"})


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
