"""What a part of a number is, as one plain sentence, made of its kind and its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from domain.accommodation import ACCOMMODATION_WORDS, Accommodation
from domain.findings import FINDING_CODES
from domain.period import Period
from projections.figure import Words
from service.http.pages.value_words import VALUE_WORDS
from service.http.pages.words import Language
from service.queries.finding_words import FINDING_WORDS

#: By the kind of the part, and after a slash the fields by which one kind says several things (`_kind`).
PART_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        # Numbers of a half-year, and what they are made of.
        "published": Words(
            "The quota that was published for {name} for {stream}: {of}.",
            "De taakstelling die voor {name} is bekendgemaakt voor {stream}: {of}.",
        ),
        "computed": Words(
            "The share of {name} in the national number of {national}: its {inhabitants} inhabitants divided by "
            "{divisor}, rounded up, is {of} (Adams’ method).",
            "Het aandeel van {name} in het landelijke getal van {national}: de {inhabitants} inwoners gedeeld door "
            "{divisor} en naar boven afgerond, is {of} (methode Adams).",
        ),
        "computed/tie": Words(
            "The share of {name}, with {inhabitants} inhabitants, in the national number of {national}: {of} "
            "(Adams’ method, in which a tie was settled).",
            "Het aandeel van {name}, met {inhabitants} inwoners, in het landelijke getal van {national}: {of} "
            "(methode Adams, waarbij een gelijke stand is beslist).",
        ),
        "computed/method": Words(
            "The share of {name}, with {inhabitants} inhabitants, in the number of {national}: {of} "
            "(method: {method}).",
            "Het aandeel van {name}, met {inhabitants} inwoners, in het getal van {national}: {of} "
            "(rekenwijze: {method}).",
        ),
        "transferred": Words(
            "What the transfer of {on} moves for {name}: {of}.",
            "Wat de herverdeling van {on} verplaatst voor {name}: {of}.",
        ),
        "recorded": Words(
            "The opening balance that was recorded for {name} for {stream}: {of}.",
            "Het beginsaldo dat voor {name} is vastgelegd voor {stream}: {of}.",
        ),
        "carried": Words(
            "Carried over from {period}, where {name} came to {of}.",
            "Meegenomen uit {period}: daar kwam {name} uit op {of}.",
        ),
        "counted": Words("{of} inhabitants of {name}, counted on {on}.", "{of} inwoners van {name}, geteld op {on}."),
        "counted/all": Words("All inhabitants of {name}.", "Alle inwoners van {name}."),
        "rounding": Words(
            "What rounding to whole persons moves where a municipality was split.",
            "Wat het afronden op hele personen verplaatst waar een gemeente is gesplitst.",
        ),
        "national": Words("The national number for {stream}.", "Het landelijke getal voor {stream}."),
        "supposed": Words(
            "The national number that is supposed here.", "Het landelijke getal dat hier wordt aangenomen."
        ),
        "published-first": Words(
            "The national number for {stream} as it was first published.",
            "Het landelijke getal voor {stream} zoals het het eerst is bekendgemaakt.",
        ),
        "forecast": Words("The number that was forecast for {stream}.", "Het getal dat voor {stream} was voorspeld."),
        "forecast/days": Words(
            "The forecast of {of} permits, for {days} of its days.",
            "De prognose van {of} vergunningen, voor {days} van haar dagen.",
        ),
        "forecast/window": Words(
            "The forecast of {of} permits from {startedOn} up to and including {endedOn}, for {days} of these days.",
            "De prognose van {of} vergunningen van {startedOn} tot en met {endedOn}, voor {days} van die dagen.",
        ),
        "expected": Words(
            "The number that was expected for {stream} before the last one was published.",
            "Het getal dat voor {stream} werd verwacht voordat het laatste bekend werd.",
        ),
        "resettlement": Words(
            "Those of {stream} who come by resettlement.", "Wie van {stream} voor hervestiging komt."
        ),
        "interim-goal": Words(
            "The interim goal for {stream}: the backlog is to fall by {of}.",
            "Het tussendoel voor {stream}: de achterstand moet met {of} afnemen.",
        ),
        "shared": Words(
            "The share in the interim goal for {stream} by which the backlog is to fall by {of}: with an opening "
            "balance of {openingBalance} out of {openingBalances} for all provinces.",
            "Het aandeel in het tussendoel voor {stream}, waarmee de achterstand met {of} moet afnemen: met een "
            "beginsaldo van {openingBalance} van de {openingBalances} van alle provincies.",
        ),
        "municipality/remaining": Words(
            "{name} is counted, with {remaining} left to house.",
            "{name} telt mee, met nog {remaining} te huisvesten.",
        ),
        "municipality/ahead": Words(
            "{name} is counted, {remaining} ahead of its task.", "{name} telt mee, {remaining} voor op de opgave."
        ),
        "months": Words(
            "{months} of the 6 months of {stream} are completed.",
            "{months} van de 6 maanden van {stream} zijn voorbij.",
        ),
        # Persons.
        "housed": Words(
            "Housed in {place} on {on}, in {accommodation}.", "Gehuisvest in {place} op {on}, in {accommodation}."
        ),
        "returned": Words(
            "Returned to reception from {place} on {on}, and no longer counted there.",
            "Op {on} uit {place} teruggekeerd in de opvang, en daar niet meer meegeteld.",
        ),
        "linked": Words("Linked to {place} since {startedOn}.", "Gekoppeld aan {place} sinds {startedOn}."),
        "linked/cause": Words(
            "Linked to {place} since {startedOn}; not housed because of: {cause}.",
            "Gekoppeld aan {place} sinds {startedOn}; niet gehuisvest door: {cause}.",
        ),
        "offered": Words("A home was offered in {place} on {on}.", "Op {on} is in {place} een woning aangeboden."),
        "accepted": Words("The home in {place} was accepted on {on}.", "Op {on} is de woning in {place} aanvaard."),
        "refused": Words("The home in {place} was refused on {on}.", "Op {on} is de woning in {place} geweigerd."),
        "refused/events": Words("Events refused on {on}.", "Berichten geweigerd op {on}."),
        "granted": Words("Permit granted on {on}.", "Vergunning verleend op {on}."),
        "days": Words("The days that the forecasts are set against.", "De dagen waartegen de prognoses zijn afgezet."),
        # What municipalities and provinces state, and what is estimated.
        "stated/homes": Words(
            "Homes that {name} stated as available, with {bedrooms}.",
            "Woningen die {name} als beschikbaar heeft opgegeven, met {bedrooms}.",
        ),
        "stated/adapted": Words(
            "Adapted homes that {name} stated as available, with {bedrooms}.",
            "Aangepaste woningen die {name} als beschikbaar heeft opgegeven, met {bedrooms}.",
        ),
        "stated/places": Words(
            "Places that {name} stated, each {accommodation}.",
            "Plaatsen die {name} heeft opgegeven, elk {accommodation}.",
        ),
        "stated/reception": Words(
            "Extra reception places in {place}, stated on {on}.", "Extra opvangplaatsen in {place}, opgegeven op {on}."
        ),
        "announced": Words(
            "Links to {name} that COA announced for {month}.",
            "Koppelingen aan {name} die het COA heeft aangekondigd voor {month}.",
        ),
        "needed": Words(
            "Persons still to be linked to the municipalities of this row: {persons}.",
            "Personen die nog aan de gemeenten van deze rij te koppelen zijn: {persons}.",
        ),
        "needed-elsewhere": Words(
            "Persons still to be linked to all other municipalities: {persons}.",
            "Personen die nog aan alle andere gemeenten te koppelen zijn: {persons}.",
        ),
        "spread": Words(
            "What the spread of the estimate adds to this bound.",
            "Wat de spreiding van de schatting aan deze grens toevoegt.",
        ),
        "goal": Words("The goal for {place}, in places.", "Het doel voor {place}, in plaatsen."),
        "bounded": Words(
            "What keeps the rest of {place} at 0 or more, and at no more than the goal.",
            "Wat de rest van {place} op 0 of meer houdt, en op niet meer dan het doel.",
        ),
        # Supervision.
        "decided": Words(
            "The decision of the province on {on}, on the assessment of {period}.",
            "Het besluit van de provincie op {on}, bij de beoordeling van {period}.",
        ),
        "step": Words(
            "The step from the rung decided to the rung proposed.",
            "De stap van de trede die is besloten naar de trede die wordt voorgesteld.",
        ),
        "suspended": Words("The assessment of {period} is suspended.", "De beoordeling van {period} is opgeschort."),
        "margin": Words(
            "The margin of {name}: a part of its quota of {of}.",
            "De marge van {name}: een deel van de taakstelling van {of}.",
        ),
        "half-year": Words("{period} is counted.", "{period} telt mee."),
        **{code: FINDING_WORDS[code] for code in FINDING_CODES},
    }
)
#: Of whom nobody is named: who is of another municipality by now, or was destroyed.
UNNAMED = Words(
    "Somebody who is counted and not named: the journey is not open to this role any more, or was destroyed.",
    "Iemand die meetelt en niet wordt genoemd: het traject is voor deze rol niet meer te zien, of het is vernietigd.",
)
_PERSON = Words("Somebody who counts here.", "Iemand die hier meetelt.")
_IN = Words("counts for {place}", "telt voor {place}")
_LESS = Words(" Of this {amount} counts here.", " Daarvan telt {amount} hier mee.")

#: What is told of a journey besides its kind, in this order; a clause is told where all its fields are there.
_CLAUSES: tuple[tuple[tuple[str, ...], Words], ...] = (
    (("startedOn", "endedOn"), Words("From {startedOn} to {endedOn}", "Van {startedOn} tot {endedOn}")),
    (("startedOn",), Words("Since {startedOn}", "Sinds {startedOn}")),
    (("endedOn",), Words("Ended on {endedOn}", "Geëindigd op {endedOn}")),
    (("on",), Words("On {on}", "Op {on}")),
    (("days",), Words("{days_told}", "{days_told}")),
    (("earlierDays",), Words("{earlier_told} in an earlier stretch", "{earlier_told} in een eerdere periode")),
    (("withinNorm",), Words("{norm_told}", "{norm_told}")),
    (("dueOn",), Words("first plan due by {dueOn}", "eerste plan uiterlijk op {dueOn}")),
    (("endsOn",), Words("term ends on {endsOn}", "termijn eindigt op {endsOn}")),
)
_WITHIN = Words("within the norm", "binnen de norm")
_OVER = Words("over the norm", "over de norm")
_BEDROOMS = (Words("no bedroom", "geen slaapkamer"), Words("1 bedroom", "1 slaapkamer"))
_MORE_BEDROOMS = Words("{0} bedrooms", "{0} slaapkamers")
_HALVES = (
    Words("the first half of {year}", "de eerste helft van {year}"),
    Words("the second half of {year}", "de tweede helft van {year}"),
)
_SHARES = frozenset({"published", "computed", "transferred", "recorded", "carried", "counted"})

Part = Mapping[str, Any]


def sentence_of(language: Language, part: Part, row: str, name_of: Callable[[str], str]) -> str:
    """What a part is of a cell in the row of this code; `name_of` gives a municipality or province by its code."""
    if "journey" in part and part["journey"] is None:
        return language.of(UNNAMED)
    told = _fields(language, part, name_of)
    if "kind" not in part:
        return _of_journey(language, part, row, told)
    text = language.of(PART_WORDS[kind_of(part)]).format_map(told)
    amount, whole = part.get("adds"), part.get("of")
    if part["kind"] in _SHARES and None not in (amount, whole) and abs(amount or 0) != abs(whole or 0):
        text += language.of(_LESS).format(amount=language.number(abs(amount or 0)))
    return text[:1].upper() + text[1:]


def kind_of(part: Part) -> str:
    """The name in `PART_WORDS` of what a part is."""
    kind: str = part["kind"]
    match kind:
        case "computed":
            return kind + ("/method" if part["method"] != "adams" else "" if part["divisor"] is not None else "/tie")
        case "counted":
            return kind if part.get("on") else f"{kind}/all"
        case "forecast":
            return kind + ("/window" if part.get("startedOn") else "/days" if "days" in part else "")
        case "municipality":
            return f"{kind}/ahead" if part["remaining"] < 0 else f"{kind}/remaining"
        case "linked":
            return f"{kind}/cause" if part.get("cause") else kind
        case "refused":
            return kind if "journey" in part else f"{kind}/events"
        case "stated":
            if "bedrooms" in part:
                return f"{kind}/adapted" if part["adapted"] else f"{kind}/homes"
            return f"{kind}/places" if "accommodation" in part else f"{kind}/reception"
    return kind


def half_year(language: Language, written: str) -> str:
    """A half-year in words; what is none as it is."""
    try:
        period = Period.parse(written)
    except ValueError:
        return written
    return language.of(_HALVES[period.half - 1]).format(year=period.year)


def _of_journey(language: Language, part: Part, row: str, told: Mapping[str, str]) -> str:
    clauses: list[str] = []
    said: set[str] = set()
    for fields, words in _CLAUSES:
        if said.isdisjoint(fields) and all(told.get(name) for name in fields):
            clauses.append(language.of(words).format_map(told))
            said.update(fields)
    if part.get("municipality") not in (None, row):
        clauses.append(language.of(_IN).format_map(told))
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}." if text else language.of(_PERSON)


def _fields(language: Language, part: Part, name_of: Callable[[str], str]) -> dict[str, str]:
    """The fields of a part in words."""
    told = {name: _value(language, name, value) for name, value in part.items() if name not in {"events", "cell"}}
    if part.get("code"):
        told["name"] = part.get("name") or name_of(part["code"])
    where = part.get("municipality") or part.get("stream")
    told["place"] = name_of(where) if where else told.get("name", "")
    told.setdefault("name", told["place"])
    told["stream"] = half_year(language, part.get("stream") or "")
    if part.get("days") is not None:
        told["days_told"] = language.duration(part["days"]) if part["days"] >= 0 else language.number(part["days"])
    if part.get("earlierDays"):
        told["earlier_told"] = language.duration(part["earlierDays"])
    else:
        told["earlierDays"] = ""
    if part.get("withinNorm") is not None:
        told["norm_told"] = language.of(_WITHIN if part["withinNorm"] else _OVER)
    if isinstance(rooms := part.get("bedrooms"), int):
        told["bedrooms"] = language.of(_BEDROOMS[rooms]) if rooms < 2 else language.of(_MORE_BEDROOMS).format(rooms)
    if part.get("remaining") is not None:
        told["remaining"] = language.number(abs(part["remaining"]))
    return told


def _value(language: Language, name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in {"method", "cause"} and value in VALUE_WORDS:
        return language.of(VALUE_WORDS[value])
    if name == "accommodation" and value in ACCOMMODATION_WORDS:
        words = ACCOMMODATION_WORDS[cast(Accommodation, value)]
        return language.of(Words(words.phrase_en, words.phrase_nl))
    if name == "month":
        return language.month(value)
    if name == "period":
        return half_year(language, value)
    if name.endswith("On") or name == "on":
        return language.day(date.fromisoformat(value))
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return language.number(value, 6)
    return str(value)
