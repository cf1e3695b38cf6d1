"""What the parties of the chain post, in a few words: `linked("9999000001", "2021-03-10", GM0344)` is a CloudEvent.

Each event's sender, id and time follow from what is said unless a test says otherwise.
"""

from __future__ import annotations

from typing import Any

from domain.authority import AUTHORITY

UTRECHT, AMERSFOORT, AMSTERDAM, WEESP, ENSCHEDE = "GM0344", "GM0307", "GM0363", "GM0457", "GM0153"

Event = dict[str, Any]
_NATIONAL = {"ind": 1, "coa": 2, "duo": 3, "ministry": 4, "cbs": 5}


def source(kind: str, municipality: str = UTRECHT) -> str:
    """The source of an organisation of this kind, under its reserved test number."""
    number = _NATIONAL.get(kind) or {"municipality": 100_000_000 + int(municipality[2:]), "province": 200_000_026}[kind]
    return f"urn:nld:oin:00000099{number:09d}000:systeem:{kind}"


def said(
    topic: str,
    on: str,
    v_number: str | None = None,
    /,
    *,
    id: str = "",  # noqa: A002 - as the envelope names it
    at: str = "",
    by: str = "",
    **data: Any,
) -> Event:
    """One event, recorded at nine in the morning (UTC) of the day it held, or `at` another instant."""
    kinds = AUTHORITY[f"{topic}.v1"] or ("coa",)
    person = {} if v_number is None else {"vNumber": v_number}
    about = data.get("municipality") or data.get("area", "")
    municipality = about if about.startswith("GM") else ""
    return {
        "specversion": "1.0",
        "id": id or f"{topic} {v_number[-4:] if v_number else ''} {on} {about}".replace("  ", " ").strip(),
        "source": source(by or kinds[0], municipality or UTRECHT),
        "type": f"nl.ketenspoor.{topic}.v1",
        "time": at or f"{on}T09:00:00Z",
        "datacontenttype": "application/json",
        "data": {**person, "effectiveOn": on, **data},
    }


def granted(v_number: str, on: str, ground: str = "asylum", **more: Any) -> Event:
    return said("permit-granted", on, v_number, ground=ground, **more)


def linked(v_number: str, on: str, municipality: str = UTRECHT, **more: Any) -> Event:
    return said("linked", on, v_number, municipality=municipality, **more)


def link_ended(v_number: str, on: str, **more: Any) -> Event:
    return said("link-ended", on, v_number, reason="reassigned", **more)


def home_ready(
    v_number: str, on: str, municipality: str = UTRECHT, accommodation: str = "regular", **more: Any
) -> Event:
    return said("home-ready", on, v_number, municipality=municipality, accommodation=accommodation, **more)


def housed(v_number: str, on: str, municipality: str = UTRECHT, accommodation: str = "regular", **more: Any) -> Event:
    return said("housed", on, v_number, municipality=municipality, accommodation=accommodation, **more)


def returned(v_number: str, on: str, **more: Any) -> Event:
    return said("returned-to-reception", on, v_number, **more)


def withdrawn(v_number: str, withdraws: Event, at: str, **more: Any) -> Event:
    """Whoever sent an event takes it back."""
    event = said(
        "event-withdrawn",
        at[:10],
        v_number,
        at=at,
        withdraws=withdraws["id"],
        reason="Another person was meant",
        **more,
    )
    return {**event, "source": withdraws["source"]}


def quota(topic: str, on: str, period: str = "2021-II", **data: Any) -> Event:
    return said(topic, on, period=period, **data)


def worked_case(v_number: str) -> list[Event]:
    """Permit 1 March 2021, link 10 March, home ready 1 June, housed 10 June (contract, section 4)."""
    return [
        granted(v_number, "2021-03-01"),
        linked(v_number, "2021-03-10"),
        home_ready(v_number, "2021-06-01"),
        housed(v_number, "2021-06-10"),
    ]
