"""Deadlines as a calendar (RFC 5545): how many fall due on a day, of what kind and where, and never whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import Depends, Query, Request, Response
from icalendar import Calendar, Event

from domain.deadlines import DeadlineKind, DeadlineOwner
from domain.places import Places
from projections.deadlines import Deadline
from projections.figure import Words
from service.foundation.headers import accept_of, preferred_form
from service.foundation.version import NAME
from service.queries.files import in_language
from service.queries.formats import LIST_FORMS, MEDIA_TYPES, AskedLabels, Form, ListFormName, time_headers
from service.queries.times import AsOf

CALENDAR: Final = "text/calendar"
_NAMES: Mapping[str, ListFormName | Literal["ics"]] = {
    MEDIA_TYPES["json"]: "json",
    MEDIA_TYPES["csv"]: "csv",
    CALENDAR: "ics",
}
#: The forms besides JSON of a list of deadlines, for the description of its route.
DEADLINE_FORMS: Mapping[str, Any] = {**LIST_FORMS, CALENDAR: {"schema": {"type": "string"}}}

_KINDS: Mapping[DeadlineKind, Words] = {
    "housing-norm": Words("Last day to house within the norm", "Laatste dag om binnen de norm te huisvesten"),
    "temporary-stay": Words("Last day of a temporary stay", "Laatste dag van een tijdelijk verblijf"),
    "guest-stay": Words("Last day of a guest stay", "Laatste dag van een logeerregeling"),
    "integration-plan": Words(
        "Last day for an integration plan", "Laatste dag voor een plan inburgering en participatie"
    ),
    "integration-term": Words("A term for civic integration ends", "Een inburgeringstermijn eindigt"),
    "turning-18": Words("Unaccompanied minors turn 18 this month", "Amv worden deze maand 18 jaar"),
}
_OWNERS: Mapping[DeadlineOwner, Words] = {
    "municipality": Words("the municipality", "de gemeente"),
    "coa": Words("COA", "het COA"),
    "duo-and-permit-holder": Words("DUO and the permit holder", "DUO en de vergunninghouder"),
    "coa-and-nidos": Words("COA and Nidos", "het COA en Nidos"),
}
_NAME = Words("Deadlines of permit holders", "Termijnen van vergunninghouders")
_NOWHERE = Words("no municipality", "geen gemeente")
_WITHHELD = Words("Not told to who asks: {kinds}.", "Niet te lezen voor wie dit opvraagt: {kinds}.")
_TURN = Words("Whose turn: {owner}.", "Aan zet: {owner}.")


class DeadlineForm(NamedTuple):
    """A list of deadlines is wanted in the form of a list, or as a calendar."""

    of_list: Form
    is_calendar: bool


def deadline_form(
    request: Request,
    form: Annotated[
        Literal[ListFormName, "ics"] | None,
        Query(
            alias="format",
            description="In which form, whatever Accept says (default: what that wants, else JSON); ics is a calendar, "
            "in Dutch unless labels=en",
        ),
    ] = None,
    labels: AskedLabels = None,
) -> DeadlineForm:
    """The form in which deadlines are wanted: the one that is named, else the one that Accept would rather have."""
    wanted = form or _NAMES[preferred_form(tuple(_NAMES), accept_of(request.headers))]
    if wanted == "ics":
        return DeadlineForm(Form("json", labels or "nl"), is_calendar=True)
    return DeadlineForm(Form(wanted, labels), is_calendar=False)


AskedDeadlineForm = Annotated[DeadlineForm, Depends(deadline_form)]


def calendar_response(
    deadlines: Iterable[Deadline],
    withheld: Sequence[DeadlineKind],
    places: Places,
    labels: str | None,
    at: datetime | None,
    as_of: AsOf,
) -> Response:
    """A calendar as an answer, of what is known `at` an instant; both times and the position stand in its headers."""
    headers = time_headers(as_of)
    headers |= {"Content-Disposition": 'attachment; filename="deadlines.ics"', "Vary": "Accept"}
    made = write_calendar(deadlines, withheld, places, labels, at)
    return Response(made, headers=headers, media_type=f"{CALENDAR}; charset=utf-8")


def write_calendar(
    deadlines: Iterable[Deadline],
    withheld: Sequence[DeadlineKind],
    places: Places,
    labels: str | None,
    at: datetime | None,
) -> bytes:
    """An entry for each day, kind and municipality with deadlines, in their order, each with how many they are; kinds
    that are withheld, and have none, stand in its description.

    An entry keeps its UID for as long as there is one, so that a calendar that is fetched again replaces it.
    """
    made = Calendar()
    made.add("prodid", f"-//{NAME}//NL")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("name", in_language(_NAME, labels))
    if withheld:
        kinds = "; ".join(in_language(_KINDS[kind], labels) for kind in withheld)
        made.add("description", in_language(_WITHHELD, labels).format(kinds=kinds))
        # As most programs still read it.
        made.add("x-wr-caldesc", in_language(_WITHHELD, labels).format(kinds=kinds))
    counted = Counter((one.due_on, one.kind, one.owner, one.municipality) for one in deadlines)
    for (due_on, kind, owner, code), number in counted.items():
        place = in_language(_NOWHERE, labels) if code is None else places.name(code)
        entry = Event()
        entry.add("uid", f"{due_on}.{kind}.{code or 'none'}@ketenspoor")
        entry.add("dtstamp", at)
        entry.add("dtstart", due_on)
        if due_on < date.max:
            entry.add("dtend", due_on + timedelta(days=1))
        entry.add("summary", f"{in_language(_KINDS[kind], labels)}: {number} ({place})")
        entry.add("description", in_language(_TURN, labels).format(owner=in_language(_OWNERS[owner], labels)))
        entry.add("transp", "TRANSPARENT")
        made.add_component(entry)
    written: bytes = made.to_ical()
    return written
