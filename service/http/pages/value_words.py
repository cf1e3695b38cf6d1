"""What stands in dimensions, choices and columns of text, in words: the values of the API are codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from domain.accommodation import ACCOMMODATION_WORDS
from projections.figure import Words
from service.http.pages.view import View
from service.queries.finding_words import FINDING_WORDS

#: The digits of an organisation's number.
_OIN = 20

VALUE_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        **FINDING_WORDS,
        **{str(kind): Words(words.label_en, words.label_nl) for kind, words in ACCOMMODATION_WORDS.items()},
        "any": Words("all", "alle"),
        "with": Words("with family reunification", "met nareis"),
        "without": Words("without family reunification", "zonder nareis"),
        "month": Words("by month", "per maand"),
        "day": Words("by day", "per dag"),
        "country": Words("country", "land"),
        "province": Words("provinces", "provincies"),
        "municipality": Words("municipalities", "gemeenten"),
        "linking": Words("linking", "koppelen"),
        "housing": Words("housing", "huisvesten"),
        "departure": Words("departure", "uitstromen"),
        "total": Words("total", "totaal"),
        "coa": Words("COA", "COA"),
        "coa-and-permit-holder": Words("COA and permit holder", "COA en vergunninghouder"),
        "chain": Words("the whole chain", "de hele keten"),
        "guest": Words("guest stay", "logeerregeling"),
        "unknown": Words("unknown", "onbekend"),
        "residence-document": Words("residence document", "verblijfsdocument"),
        "bsn": Words("BSN", "BSN"),
        "identity-document": Words("identity document", "identiteitsbewijs"),
        "iban": Words("bank account", "bankrekening"),
        "brp-registration": Words("registration in the BRP", "inschrijving in de BRP"),
        "wi2013": Words("Integration Act 2013", "Wet inburgering 2013"),
        "wi2021": Words("Integration Act 2021", "Wet inburgering 2021"),
        "green": Words("green", "groen"),
        "amber": Words("amber", "oranje"),
        "red": Words("red", "rood"),
        "adams": Words("Adams (rounded up)", "Adams (naar boven afgerond)"),
        "largest-remainder": Words("largest remainder", "grootste rest"),
        "nearest": Words("nearest", "naar dichtstbijzijnde"),
        "ceiling": Words("always up", "altijd naar boven"),
        "floor": Words("always down", "altijd naar beneden"),
        "dossier": Words("dossier", "dossier"),
        "document": Words("document", "document"),
        "family": Words("family reunification", "nareis"),
        "refusal": Words("refusal", "weigering"),
        "home": Words("home", "woning"),
        "unlinked": Words("not linked", "niet gekoppeld"),
        "leaving": Words("leaving reception", "uitstroom uit de opvang"),
    }
)


def word_of(view: View, value: Any) -> str:
    """A value of a dimension or of a column of text in words; a code that nobody gave words for stays what it is."""
    if isinstance(value, str) and value in VALUE_WORDS:
        return view.language.of(VALUE_WORDS[value])
    if isinstance(value, str) and len(value) == _OIN and (organisation := _organisation(view, value)) is not None:
        return organisation
    if isinstance(value, str) and len(value) == len("2021-01") and value[4:5] == "-" and value[5:].isdigit():
        return view.language.month(value)
    try:
        return view.language.day(date.fromisoformat(value))
    except (TypeError, ValueError):
        return str(value)


def _organisation(view: View, oin: str) -> str | None:
    found = view.request.app.state.context.registry(oin)
    return None if found is None else found.name
