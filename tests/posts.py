"""Events as the parties of the chain post them, for the tests of the intake.

No value in them is one that an explanation gives as an example, so an answer can be searched for what was posted.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

IND = "urn:nld:oin:00000099000000001000:systeem:indigo"
COA = "urn:nld:oin:00000099000000002000:systeem:plaatsing"
DUO = "urn:nld:oin:00000099000000003000:systeem:inburgering"
MINISTRY = "urn:nld:oin:00000099000000004000:systeem:taakstelling"
CBS = "urn:nld:oin:00000099000000005000:systeem:bevolking"
ENSCHEDE = "urn:nld:oin:00000099100000153000:systeem:wonen"
HENGELO = "urn:nld:oin:00000099100000164000:systeem:wonen"
OVERIJSSEL = "urn:nld:oin:00000099200000023000:systeem:toezicht"
NOBODY = "urn:nld:oin:00000004003214345000:systeem:vreemd"

V_NUMBER = "2876540913"
ANOTHER_V_NUMBER = "2876540914"
BSN = "111222333"
IBAN = "NL91ABNA0417164300"

Event = dict[str, Any]
_ABSENT = object()
ABSENT: Any = _ABSENT


def event(topic: str, source: str, id: str = "e-1", **data: Any) -> Event:  # noqa: A002  the name in CloudEvents
    """One event, effective on 12 April 2021 unless told otherwise."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": f"nl.ketenspoor.{topic}.v1",
        "time": "2021-04-12T09:30:00+02:00",
        "datacontenttype": "application/json",
        "data": {"effectiveOn": "2021-04-12", **data},
    }


def linked(id: str = "l-1", v_number: str = V_NUMBER, municipality: str = "GM0153", **data: Any) -> Event:  # noqa: A002
    """COA links a permit holder to a municipality."""
    return event("linked", COA, id, vNumber=v_number, municipality=municipality, **data)


def permit(id: str = "p-1", v_number: str = V_NUMBER, **data: Any) -> Event:  # noqa: A002
    """IND grants a permit."""
    return event("permit-granted", IND, id, **{"vNumber": v_number, "ground": "asylum", **data})


def but(posted: Mapping[str, Any], **changes: Any) -> Event:
    """The same event with other values: `data__period` is the period in the data; ABSENT leaves it out."""
    changed = copy.deepcopy(dict(posted))
    for path, value in changes.items():
        *outer, last = path.split("__")
        where = changed
        for name in outer:
            where = where[name]
        if value is _ABSENT:
            del where[last]
        else:
            where[last] = value
    return changed


def body(posted: Any) -> bytes:
    """As JSON."""
    return json.dumps(posted).encode()


def lines(posted: Any) -> bytes:
    """As NDJSON."""
    return b"".join(body(one) + b"\n" for one in posted)


def values(posted: Any) -> Iterator[str]:
    """Every string and number in what was posted, as text."""
    if isinstance(posted, dict):
        for value in posted.values():
            yield from values(value)
    elif isinstance(posted, list):
        for value in posted:
            yield from values(value)
    elif isinstance(posted, str) or (isinstance(posted, int | float) and not isinstance(posted, bool)):
        yield str(posted)
