"""What stands in dimensions, choices and columns of text, in words: the values of the API are codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.accommodation import ACCOMMODATION_WORDS
from projections.figure import Words
from service.queries.finding_words import FINDING_WORDS

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
