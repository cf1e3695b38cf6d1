"""Dividing whole persons over municipalities or provinces so that the parts are whole and sum to exactly the total."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heapify, heapreplace
from typing import Literal

#: The ways in which a national number can be divided over municipalities.
Method = Literal["adams", "largest-remainder", "nearest", "ceiling", "floor"]


def divide(method: Method, persons: int, inhabitants: Mapping[str, int]) -> dict[str, int]:
    """A number of persons divided over inhabitants by a method, for every code of `inhabitants`, in its order.

    Only Adams' method and largest remainders sum to the number; their ties go to the larger municipality, then to the
    lower code. Raises ValueError for a negative number, and where there is nobody to divide persons over.
    """
    if persons < 0:
        raise ValueError("a number of persons to divide is not negative")
    total = sum(inhabitants.values())
    if persons and not total:
        raise ValueError("there are no inhabitants to divide persons over")
    if method == "adams":
        return adams(persons, inhabitants)
    if method == "largest-remainder":
        largest_first = sorted(inhabitants, key=lambda code: (-inhabitants[code], code))
        ranks = {f"{nth:09}": code for nth, code in enumerate(largest_first)}
        parts = largest_remainder(persons, {rank: inhabitants[code] for rank, code in ranks.items()})
        found = {code: parts[rank] for rank, code in ranks.items()}
        return {code: found[code] for code in inhabitants}
    return {code: _ROUNDED[method](persons * count, total or 1) for code, count in inhabitants.items()}


#: Each share rounded by itself: numerator, denominator.
_ROUNDED: Mapping[Method, Callable[[int, int], int]] = {
    "nearest": lambda share, of: (2 * share + of) // (2 * of),  # halves up
    "ceiling": lambda share, of: -(-share // of),
    "floor": lambda share, of: share // of,
}


def adams(persons: int, inhabitants: Mapping[str, int]) -> dict[str, int]:
    """Adams' method: every share is rounded up, with the one divisor for which the shares sum to `persons`.

    Put in sequence: every municipality gets one, and each next person goes to the municipality with the most
    inhabitants per person it has so far. A tie goes to the larger municipality, then to the lower code. Fewer persons
    than municipalities: one each to the largest. A municipality without inhabitants has no share to round up.
    The answer has every code of `inhabitants`, in its order.
    """
    if persons < 0:
        raise ValueError("a number of persons to divide is not negative")
    peopled = {code: count for code, count in inhabitants.items() if count > 0}
    if persons and not peopled:
        raise ValueError("there are no inhabitants to divide persons over")
    shares = dict.fromkeys(inhabitants, 0)
    if persons <= len(peopled):
        largest = sorted(peopled, key=lambda code: (-peopled[code], code))
        shares.update(dict.fromkeys(largest[:persons], 1))
        return shares

    # Rounding up adds less than one to each share, so with this divisor the sum stays below `persons`, by at most the
    # number of municipalities. A larger divisor only leaves persons out, so nobody has too many yet.
    spread, total = persons - len(peopled), sum(peopled.values())
    for code, count in peopled.items():
        shares[code] = -(-count * spread // total)

    # Two different fractions whose denominators are at most `persons` lie at least 1 / persons^2 apart: scaled by that
    # much and rounded down they are whole numbers in exactly the same order, equal only when the fractions are.
    scale = persons * persons
    heap = [(-(count * scale // shares[code]), -count, code) for code, count in peopled.items()]
    heapify(heap)
    for _ in range(persons - sum(shares.values())):
        _, negative_count, code = heap[0]
        shares[code] += 1
        heapreplace(heap, (-(-negative_count * scale // shares[code]), negative_count, code))
    return shares


def largest_remainder(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Pro rata to the weights: everyone the whole part of the share, the rest one each to the largest fractions.

    Ties go to the lower code. A negative total is divided like its absolute value. The weights are not negative and,
    unless the total is 0, not all 0. The answer has every code of `weights`, in its order.
    """
    sum_of_weights = sum(weights.values())
    if min(weights.values(), default=0) < 0:
        raise ValueError("a weight is not negative")
    if not total:
        return dict.fromkeys(weights, 0)
    if not sum_of_weights:
        raise ValueError("there is nothing to divide pro rata to")
    sign, amount = (1 if total > 0 else -1), abs(total)
    parts: dict[str, int] = {}
    rests: list[tuple[int, str]] = []
    for code, weight in weights.items():
        parts[code], rest = divmod(amount * weight, sum_of_weights)
        rests.append((-rest, code))
    for _, code in sorted(rests)[: amount - sum(parts.values())]:
        parts[code] += 1
    return {code: sign * part for code, part in parts.items()}
