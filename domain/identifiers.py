"""V-numbers, BSNs, IBANs, OINs and CBS codes: recognised once, here, and never guessed."""

from __future__ import annotations

import re

_V_NUMBER = re.compile(r"[0-9]{10}", re.ASCII)
_MUNICIPALITY = re.compile(r"GM[0-9]{4}", re.ASCII)
_PROVINCE = re.compile(r"PV[0-9]{2}", re.ASCII)
_TWELVE_PROVINCES = re.compile(r"PV(2[0-9]|3[01])", re.ASCII)
_REGION = re.compile(rf"NL|{_TWELVE_PROVINCES.pattern}|GM[0-9]{{4}}", re.ASCII)
_OIN = re.compile(r"[0-9]{20}", re.ASCII)
_OIN_IN_SOURCE = re.compile(r"(?<![0-9])[0-9]{20}(?![0-9])", re.ASCII)
# What is read as one word, in this order: an instant with a fraction (ISO 8601, basic or extended), which is nobody's;
# a decimal number, of which only what stands before its point may be somebody's; digits that stand alone. A comma parts
# words, but for nine digits at most within an instant or behind a nought. What has more points is a row of words.
_NUMBER = re.compile(
    r"""
    (?<![0-9]) [0-9]{4} (?: -?[0-9]{2}-?[0-9]{2} | -?[0-9]{3} | -?W[0-9]{2}-?[0-9] )
    [Tt\ ] [0-9]{2} (?: :?[0-9]{2} ){0,2} (?: \.[0-9]+ | ,[0-9]{1,9} (?![0-9,]) )
    (?: [Zz] | [+-][0-9]{2} (?: :?[0-9]{2} )? )? (?! \.?[0-9A-Za-z] )
    | (?: (?<![0-9A-Za-z.]) ([0-9]+)\. | (?<!\S) [+-]?\. | (?<![0-9A-Za-z.,]) 0, (?![0-9]{10}|[0-9]+,) )
      [0-9]+ (?! \.?[0-9A-Za-z] )
    | (?<![0-9A-Za-z]) ([0-9]{9,10}) (?![0-9A-Za-z])
    """,
    re.ASCII | re.VERBOSE,
)
_SERIAL = "00000"
# A look-ahead, so that matches may overlap: an IBAN can stand behind another word in capitals.
_IBAN = re.compile(r"(?<![0-9A-Za-z])(?=([A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30})(?![0-9A-Za-z]))", re.ASCII)
# Every personal number has one of these: what has neither needs no closer look, and few texts that are posted have.
_SUSPECT = re.compile(r"[0-9]{9}|[A-Z]{2}[0-9]{2}", re.ASCII)
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def is_v_number(text: str) -> bool:
    """Ten digits; no check digit is published (Vreemdelingencirculaire A1)."""
    return _V_NUMBER.fullmatch(text) is not None


def is_municipality_code(text: str) -> bool:
    """Shape only (CBS: `GM` and four digits); whether it exists is asked of `domain.places`."""
    return _MUNICIPALITY.fullmatch(text) is not None


def is_province_code(text: str) -> bool:
    """Shape only (CBS: `PV` and two digits)."""
    return _PROVINCE.fullmatch(text) is not None


def is_one_of_the_provinces(text: str) -> bool:
    """The code of one of the twelve provinces."""
    return _TWELVE_PROVINCES.fullmatch(text) is not None


def is_region_code(text: str) -> bool:
    """The country (`NL`), one of the twelve provinces, or what has the shape of a municipality's code."""
    return _REGION.fullmatch(text) is not None


def is_oin(text: str) -> bool:
    """Twenty digits, as in the OIN-Stelsel."""
    return _OIN.fullmatch(text) is not None


def oin_in(source: str) -> str | None:
    """The one OIN that a CloudEvents `source` names; None when it names none or more than one."""
    found = set(_OIN_IN_SOURCE.findall(source))
    return found.pop() if len(found) == 1 else None


def passes_eleven_test(text: str) -> bool:
    """The eleven-test of a BSN: nine digits, weights 9..2 and -1, a multiple of eleven, not all zero."""
    if len(text) != 9 or not text.isascii() or not text.isdigit() or text == "000000000":
        return False
    return sum(weight * int(digit) for weight, digit in zip(_BSN_WEIGHTS, text, strict=True)) % 11 == 0


def passes_mod_97(text: str) -> bool:
    """The check of an IBAN (ISO 13616): first four characters to the end, letters as numbers, remainder 1."""
    compact = text.replace(" ", "")
    if not 15 <= len(compact) <= 34 or not compact.isascii() or not compact.isalnum():
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def holds_personal_number(text: str) -> bool:
    """Whether a text that will stand in the open holds a V-number, BSN or IBAN standing alone (contract, section 6)."""
    if _SUSPECT.search(text) is None:
        return False
    for whole, digits in _NUMBER.findall(text):
        if (is_v_number(run := whole or digits) and not run.startswith(_SERIAL)) or passes_eleven_test(run):
            return True
    # An IBAN may be written in groups, so what follows it looks like one more group: it may end wherever a word ends.
    for match in _IBAN.finditer(text):
        words = match[1].split(" ")
        if any(passes_mod_97("".join(words[: count + 1])) for count in range(len(words))):
            return True
    return False
