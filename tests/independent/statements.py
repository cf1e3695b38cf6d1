"""What areas state, and whose it is after a merger (part 2, *statements of a merged area*)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tests.independent.land import Land
from tests.independent.record import Event, effective_order


def in_effect(
    said: list[Event], land: Land, rows_on: date, key: Callable[[Event], object]
) -> dict[tuple[str, object], list[Event]]:
    """By municipality of `rows_on` and key the statements that stand there, one or several beside one another."""
    told: dict[tuple[str, object], list[Event]] = {}
    for one in {key(event) for event in said}:
        own: dict[str, tuple[date, Event]] = {}
        for event in sorted((event for event in said if key(event) == one), key=effective_order):
            code, day = whose(event, land)
            if day <= rows_on:
                own[code] = (day, event)
        for code in land.codes(rows_on):
            standing = _standing(code, own, land, rows_on)
            if standing:
                told[code, one] = standing
    return told


def whose(event: Event, land: Land) -> tuple[str, date]:
    """Whose own statement this is, and from which day on: an area that does not exist yet states on its first day."""
    area = event.data["area"]
    one = land.municipalities[area]
    if one.first is not None and event.on < one.first:
        return area, one.first
    return land.code_on(area, event.on), event.on


def _standing(code: str, own: dict[str, tuple[date, Event]], land: Land, on: date) -> list[Event]:
    mine = own.get(code)
    standing = [] if mine is None else [mine[1]]
    for ended in sorted({s.ended for s in land.successions if s.on <= on}):
        merged_on = land.municipalities[ended].until
        if merged_on is None or merged_on > on or land.code_on(ended, merged_on) != code:
            continue
        if mine is None or mine[0] < merged_on:
            standing += _standing(ended, own, land, merged_on)
    return standing
