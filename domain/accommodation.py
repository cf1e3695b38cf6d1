"""The kinds of accommodation that somebody can live in, which of them count for the quota, and what each is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

#: Those that nobody stays in: who lives there still needs a lasting home.
TemporaryAccommodation = Literal["intermediate", "transit-home", "transit-location", "hotel", "gva"]
Accommodation = Literal["regular", TemporaryAccommodation, "minor-unit", "with-family"]

#: Those that count for the quota, and end the wait for a home. A home of any other kind that is ready, or lived in,
#: ends no phase: like a guest, who lives there is still in reception, and a later housing counts.
COUNTED: frozenset[Accommodation] = frozenset(get_args(Accommodation))


class AccommodationWords(NamedTuple):
    """What a kind is called as the label of a number, and within a sentence, in English and in Dutch."""

    label_en: str
    label_nl: str
    phrase_en: str
    phrase_nl: str


ACCOMMODATION_WORDS: Mapping[Accommodation, AccommodationWords] = {
    "regular": AccommodationWords("regular home", "reguliere woning", "a regular home", "een reguliere woning"),
    "intermediate": AccommodationWords(
        "intermediate home", "tussenvoorziening", "an intermediate facility", "een tussenvoorziening"
    ),
    "transit-home": AccommodationWords("transit home", "doorstroomwoning", "a transit home", "een doorstroomwoning"),
    "transit-location": AccommodationWords(
        "transit location", "doorstroomlocatie", "a transit location", "een doorstroomlocatie"
    ),
    "hotel": AccommodationWords(
        "hotel",
        "hotel",
        "a place under the hotel and accommodation arrangement",
        "een verblijf onder de hotel- en accommodatieregeling",
    ),
    "gva": AccommodationWords(
        "gva",
        "gemeentelijk versnellingsarrangement (gva)",
        "a place under the municipal acceleration arrangement",
        "een verblijf onder het gemeentelijk versnellingsarrangement",
    ),
    "minor-unit": AccommodationWords(
        "unit for minors",
        "kleinschalige opvang",
        "a small unit for minors",
        "een kleinschalige opvang voor minderjarigen",
    ),
    "with-family": AccommodationWords("with family", "bij familie", "a home with family", "een woning bij familie"),
}
