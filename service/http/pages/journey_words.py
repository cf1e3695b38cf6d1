"""Where one journey stands, in words: what is waited for, what falls due, what is known, what a role does not get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.norm_sets import PhaseName
from projections.figure import Words
from service.http.pages.view import View
from service.queries.sentences import LANGUAGES

Journey = Mapping[str, Any]
NameOf = Callable[[str | None], str]

PHASE_WORDS: Mapping[PhaseName, Words] = MappingProxyType(
    {
        "linking": Words("Linking", "Koppelen"),
        "housing": Words("Housing", "Huisvesten"),
        "departure": Words("Departure", "Vertrekken"),
        "total": Words("From permit to home", "Van vergunning tot woning"),
    }
)
CAUSE_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "family": Words("waiting for the decision on family reunification", "wacht op het besluit over nareis"),
        "refusal": Words("an offer was refused", "een aanbod is geweigerd"),
        "dossier": Words("the file is not complete", "het dossier is niet compleet"),
        "document": Words("waiting for the residence document", "wacht op de verblijfspas"),
        "unlinked": Words("waiting for a link to a municipality", "wacht op een koppeling aan een gemeente"),
        "home": Words("waiting for a home", "wacht op een woning"),
        "leaving": Words("a home is ready, waiting for the move", "de woning is gereed, wacht op de verhuizing"),
    }
)
CLOSED_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "died": Words("the permit holder died", "de vergunninghouder is overleden"),
        "left-unknown-destination": Words("left with unknown destination", "met onbekende bestemming vertrokken"),
        "permit-ended": Words("the permit ended", "de vergunning is geëindigd"),
    }
)
#: The parts of a journey that a role may not get, by their names in the API.
SECTION_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "household": Words("household", "huishouden"),
        "permit": Words("permit", "vergunning"),
        "documentOn": Words("residence document", "verblijfspas"),
        "region": Words("region of outflow", "uitstroomregio"),
        "adaptedNeeds": Words("need of an adapted home", "behoefte aan een aangepaste woning"),
        "phases": Words("phases and norms", "fasen en normen"),
        "links": Words("links", "koppelingen"),
        "homes": Words("homes that became ready", "woningen die gereed kwamen"),
        "returnedOn": Words("return to reception", "terugkeer in de opvang"),
        "permanentHomeOn": Words("move to a permanent home", "doorstroming naar een blijvende woning"),
        "registeredOn": Words("registration at an address", "inschrijving op een adres"),
        "handovers": Words("handovers", "overdrachten"),
        "guestSince": Words("begin of a guest stay", "begin van het logeren"),
        "guestUntil": Words("end of a guest stay", "einde van het logeren"),
        "family": Words("family reunification", "nareis"),
        "dossier": Words("file", "dossier"),
        "missingItems": Words("what the file lacks", "wat aan het dossier ontbreekt"),
        "refusals": Words("refusals", "weigeringen"),
        "temporaryStay": Words("temporary stay", "tijdelijk verblijf"),
        "comesOfAgeOn": Words("turning 18", "18 jaar worden"),
        "integration": Words("civic integration", "inburgering"),
        "fines": Words("fines", "boetes"),
        "causes": Words("causes of waiting", "oorzaken van wachten"),
        "causesByDay": Words("cause by day", "oorzaak per dag"),
        "findings": Words("findings", "bevindingen"),
    }
)


class Deadline(NamedTuple):
    """What falls due: what, whose turn, the last day, and the days that it is past."""

    what: str
    who: str
    due_on: date
    days_over: int


def state_in_words(view: View, journey: Journey, name_of: NameOf) -> tuple[str, str]:
    """What is the matter with a journey on the day: in a few words, and in a sentence."""
    say, day = view.gettext, view.language.day
    if closed := journey["closed"]:
        why = view.language.of(CLOSED_WORDS[closed["reason"]])
        return say("Gesloten zonder huisvesting"), say("Sinds %(day)s: %(why)s.") % {
            "day": day(_day(closed["on"])),
            "why": why,
        }
    if housing := journey["housing"]:
        told = {
            "day": day(_day(housing["on"])),
            "place": name_of(housing["municipality"]),
            "home": words(view, "accommodation", housing["accommodation"]),
        }
        return say("Gehuisvest in %(place)s") % told, say("Sinds %(day)s, in %(home)s.") % told
    waits = say("Wacht op een koppeling aan een gemeente")
    place = name_of(journey["municipality"])
    phases = journey.get("phases")
    open_phase = next((one for one in ("departure", "housing", "linking") if _is_open(phases, one)), None)
    if open_phase == "departure":
        waits = say("Wacht op de verhuizing naar %(place)s") % {"place": place}
    elif open_phase == "housing" or (phases is None and journey["link"]):
        waits = say("Wacht op een woning in %(place)s") % {"place": place}
    elif open_phase is None and phases is not None:
        return say("Nog geen fase loopt"), say("Er is voor deze dag geen vergunning of koppeling bekend.")
    if phases is None or open_phase is None:
        return waits, ""
    return waits, _against_norm(view, phases[open_phase])


def _is_open(phases: Mapping[str, Any] | None, phase: str) -> bool:
    return phases is not None and phases[phase]["state"] == "open"


def _against_norm(view: View, phase: Mapping[str, Any]) -> str:
    told = {
        "since": view.language.day(_day(phase["startedOn"])),
        "days": view.language.duration(phase["days"] or 0),
        "norm": view.language.duration(phase["norm"]),
        "over": view.language.duration(phase["daysOver"] or 0),
        "due": view.language.day(_day(phase["dueOn"])),
    }
    if phase["daysOver"]:
        return view.gettext("Sinds %(since)s, al %(days)s: %(over)s over de norm van %(norm)s.") % told
    return view.gettext("Sinds %(since)s, nu %(days)s; de norm is %(norm)s, tot en met %(due)s.") % told


def deadlines_of(view: View, journey: Journey) -> list[Deadline]:
    """What still falls due of a journey, earliest first."""
    return sorted(_deadlines(view, journey), key=lambda one: one.due_on)


def _deadlines(view: View, journey: Journey) -> Iterator[Deadline]:
    say, on = view.gettext, view.times.valid_on

    def due(what: str, who: str, last: str | None) -> Iterator[Deadline]:
        if last is not None:
            day = _day(last)
            yield Deadline(what, who, day, max(0, (on - day).days))

    phases = journey.get("phases")
    if _is_open(phases, "housing") and phases is not None:
        yield from due(say("binnen de norm een woning gereed"), say("de gemeente"), phases["housing"]["dueOn"])
    if stay := journey.get("temporaryStay"):
        guest = stay["kind"] == "guest"
        what = say("einde van het logeren") if guest else say("einde van het tijdelijke verblijf")
        yield from due(what, say("het COA") if guest else say("de gemeente"), stay["until"])
    integration = journey.get("integration")
    if integration and not integration["fulfilledOn"]:
        if not integration["firstPlanOn"]:
            yield from due(say("eerste plan inburgering en participatie"), say("de gemeente"), integration["planDueOn"])
        yield from due(
            say("einde van de inburgeringstermijn"), say("DUO en de vergunninghouder"), integration["termEndsOn"]
        )
    if journey.get("comesOfAgeOn"):
        yield from due(say("wordt in deze maand 18 jaar"), say("het COA en Nidos"), journey["comesOfAgeOn"])


def facts_of(view: View, journey: Journey, name_of: NameOf) -> list[tuple[str, str]]:
    """What is known of a journey besides, as names with values; what is not known is left out."""
    return [(name, told) for name, told in _facts(view, journey, name_of) if told]


def _facts(view: View, journey: Journey, name_of: NameOf) -> Iterator[tuple[str, str]]:
    say = view.gettext

    def on(text: str | None) -> str:
        return "" if text is None else view.language.day(_day(text))

    if permit := journey.get("permit"):
        minor = say(", alleenstaande minderjarige") if permit["unaccompaniedMinor"] else ""
        yield say("Vergunning"), f"{on(permit['on'])}: {words(view, 'ground', permit['ground'])}{minor}"
    if link := journey["link"]:
        yield (
            say("Gekoppeld"),
            say("aan %(place)s op %(day)s") % {"place": name_of(link["municipality"]), "day": on(link["on"])},
        )
    if len(links := journey.get("links", ())) > 1:
        yield (
            say("Eerdere koppelingen"),
            "; ".join(f"{name_of(one['municipality'])}, {on(one['on'])}" for one in links[:-1]),
        )
    yield say("Verblijfspas uitgereikt"), on(journey.get("documentOn"))
    yield say("Uitstroomregio"), words(view, "region", journey.get("region"))
    if needs := journey.get("adaptedNeeds"):
        yield say("Heeft nodig"), ", ".join(words(view, "kind", one["kind"]) for one in needs)
    if homes := journey.get("homes"):
        home = homes[-1]
        yield (
            say("Woning gereed"),
            say("%(day)s in %(place)s: %(home)s")
            % {
                "day": on(home["on"]),
                "place": name_of(home["municipality"]),
                "home": words(view, "accommodation", home["accommodation"]),
            },
        )
    yield say("Teruggekeerd in de opvang"), on(journey.get("returnedOn"))
    yield say("Blijvende woning"), on(journey.get("permanentHomeOn"))
    yield say("Ingeschreven op een adres"), on(journey.get("registeredOn"))
    yield (
        say("Overdracht"),
        "; ".join(f"{on(one['on'])}, {words(view, 'form', one['form'])}" for one in journey.get("handovers", ())),
    )
    yield (
        say("Weigeringen"),
        "; ".join(f"{on(one['on'])} ({name_of(one['municipality'])})" for one in journey.get("refusals", ())),
    )
    yield say("Nareis"), _family(view, journey.get("family"))
    if integration := journey.get("integration"):
        yield say("Inburgeringsplicht sinds"), on(integration["dutyOn"])
        yield say("Wet"), words(view, "law", integration["law"])
        yield say("Brede intake"), on(integration["intakeOn"])
        yield say("Plan inburgering en participatie"), on(integration["planOn"])
        yield say("Leerroute"), words(view, "route", integration["route"])
        yield say("Aan de inburgeringsplicht voldaan"), on(integration["fulfilledOn"])
    yield (
        say("Boetes"),
        "; ".join(f"€ {view.language.number(one['amount'])}, {on(one['on'])}" for one in journey.get("fines", ())),
    )


def _family(view: View, family: Mapping[str, Any] | None) -> str:
    if not family or not family["appliedOn"]:
        return ""
    told = {**family, "day": view.language.day(_day(family["appliedOn"]))}
    return (
        view.gettext(
            "aangevraagd op %(day)s voor %(persons)s: "
            "toegelaten %(granted)s, afgewezen %(refused)s, aangekomen %(arrived)s"
        )
        % told
    )


def words(view: View, field: str, value: Any) -> str:
    """The value of a field of an event in words, as the sentences of the history have it."""
    return "" if value is None else LANGUAGES[view.language.code].words[field].get(value, str(value))


def _day(text: str) -> date:
    return date.fromisoformat(text)
