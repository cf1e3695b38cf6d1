"""The two languages of the pages: their words (gettext catalogues), and how each writes numbers, days and durations.

The words in templates and modules are Dutch; `translations/` has what they are in English, one catalogue a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from projections.figure import Words
from projections.units import DECIMALS, Unit
from service.foundation.time import AMSTERDAM, parse_instant
from service.queries.formats import Labels

#: The language of a page, as files are labelled in one.
LanguageCode = Labels
_TRANSLATIONS = Path(__file__).parent / "translations"
#: What stands for a number that there is not, or that is not told.
NONE = "–"
_MINUS = "\u2212"
_WEEK = 7


class Language:
    """One language: `gettext` for words, and how it writes what is no word."""

    def __init__(self, code: LanguageCode, translations: NullTranslations) -> None:
        self.code: LanguageCode = code
        self.locale = Locale(code, "NL" if code == "nl" else "GB")
        self.translations = translations

    def gettext(self, message: str) -> str:
        """A Dutch text in this language."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, several: str, count: int) -> str:
        """A Dutch text for so many in this language."""
        return self.translations.ngettext(one, several, count)

    def of(self, words: Words) -> str:
        """Words that stand in both languages in a declaration."""
        return words.nl if self.code == "nl" else words.en

    def told(self, words: Mapping[str, str]) -> str:
        """The same as an answer of the API has them."""
        return words[self.code]

    def number(self, value: float | Decimal, decimals: int = 0, signed: bool = False, fixed: bool = False) -> str:
        """A number with its thousands apart: `12.858`, or `12,858` in English; with so many decimals, or at most so
        many where they are not `fixed`.
        """
        form = "#,##0" + ("." + ("0" if fixed else "#") * decimals if decimals else "")
        text = _formatted(abs(value), form, self.locale)
        return _MINUS + text if value < 0 else "+" + text if signed and value > 0 else text

    def measure(self, value: float | str | None, unit: Unit, signed: bool = False, exact: bool = False) -> str:
        """The value of a cell as people read it, beneath others of its column; the unit itself stands in the heading.

        Where there are decimals it is one, so that numbers stand beneath each other; `exact` has all there are.
        """
        if value is None:
            return NONE
        if unit == "date":
            return self.day(date.fromisoformat(str(value)))
        if isinstance(value, str):
            return value
        if unit == "share":
            percent = Decimal(str(value)) * 100
            return self.number(percent, 2 if exact else 1, signed, fixed=not exact) + "\u00a0%"
        decimals = DECIMALS.get(unit, 0)
        text = self.number(value, decimals if exact else min(decimals, 1), signed, fixed=not exact)
        return text + "\u00a0%" if unit == "percent" else text

    def day(self, day: date, form: str = "d MMMM y") -> str:
        """A day: `7 januari 2022`; not to be broken between day and month."""
        return format_date(day, form, self.locale).replace(" ", "\u00a0", 1)

    def short_day(self, day: date) -> str:
        """A day where there is little room: `7 jan 2022`."""
        return format_date(day, "d MMM y", self.locale).replace(".", "").replace(" ", "\u00a0")

    def month(self, written: str) -> str:
        """A month written as `2022-01`: `januari 2022`."""
        return format_date(date.fromisoformat(f"{written}-01"), "LLLL y", self.locale)

    def instant(self, instant: datetime | str) -> str:
        """An instant, in Amsterdam: `7 januari 2022, 14:05`."""
        found = parse_instant(instant) if isinstance(instant, str) else instant
        if found is None:
            return NONE
        return format_datetime(found.astimezone(AMSTERDAM), "d MMMM y, HH:mm", locale=self.locale).replace(
            " ", "\u00a0", 1
        )

    def duration(self, days: float) -> str:
        """Days as people say them: `19 weken en 3 dagen`."""
        weeks, rest = divmod(round(days), _WEEK)
        said = []
        if weeks:
            said.append(self.ngettext("%(num)s week", "%(num)s weken", weeks) % {"num": self.number(weeks)})
        if rest or not weeks:
            said.append(self.ngettext("%(num)s dag", "%(num)s dagen", rest) % {"num": rest})
        return self.gettext(" en ").join(said)


# Of thousands of numbers on a page few differ.
@lru_cache(maxsize=16_384)
def _formatted(value: float | Decimal, form: str, locale: Locale) -> str:
    # A float of an answer is the shortest that has these decimals; as text it is exact.
    return format_decimal(Decimal(str(value)), form, locale)


@cache
def language(code: LanguageCode) -> Language:
    """A language with its words; Dutch is what the words are written in."""
    return Language(code, NullTranslations() if code == "nl" else _catalogues(code))


def _catalogues(code: LanguageCode) -> GNUTranslations:
    """All catalogues of a language as one."""
    every = Catalog(code)
    for path in sorted((_TRANSLATIONS / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, code):
                if message.id:
                    every[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, every)
    compiled.seek(0)
    return GNUTranslations(compiled)
