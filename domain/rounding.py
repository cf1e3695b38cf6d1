"""How an exact number is written down: half away from zero, whole numbers whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, overload

#: Of a share; other numbers have two.
SHARE_DECIMALS = 4


class Ratio(NamedTuple):
    """An exact number that need not be whole, neither reduced nor reckoned with; the denominator is positive."""

    numerator: int
    denominator: int


#: A number that need not be whole.
Exact = Fraction | Ratio


@overload
def rounded(value: None, places: int = 2) -> None: ...
@overload
def rounded(value: int, places: int = 2) -> int: ...
@overload
def rounded(value: Exact, places: int = 2) -> Decimal | int: ...
@overload
def rounded(value: Exact | int | None, places: int = 2) -> Decimal | int | None: ...


def rounded(value: Exact | int | None, places: int = 2) -> Decimal | int | None:
    """The value to so many decimals, without trailing zeros; whole after rounding is an int, None is None."""
    if value is None or isinstance(value, int):
        return value
    return _rounded(value.numerator, value.denominator, places)


# A table of figures has thousands of numbers, and many of them time and again.
@lru_cache(maxsize=8_192)
def _rounded(numerator: int, denominator: int, places: int) -> Decimal | int:
    whole, rest = divmod(abs(numerator) * 10**places, denominator)
    if 2 * rest >= denominator:
        whole += 1
    while places and whole % 10 == 0:
        whole, places = whole // 10, places - 1
    signed = whole if numerator >= 0 else -whole
    # Built from its digits: arithmetic on Decimal would round to the precision of the context.
    return signed if places == 0 else Decimal(f"{signed}E-{places}")
