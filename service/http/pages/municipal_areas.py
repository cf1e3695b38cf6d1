"""Which municipalities there are on the day of a page, in which province each lies, and what is drawn of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from domain.municipality import PROVINCES, Handover, Municipality
from domain.places import Places
from service.http.pages.map.boundaries import shapes_on
from service.http.pages.map.shapes import Shapes
from service.http.pages.view import View
from service.storage.database import reading


async def places_of(view: View, codes: Iterable[str]) -> Places:
    """The municipalities, among which are all of these: those that the service ships, unless one came to be since."""
    shipped = Places.shipped()
    return shipped if all(map(shipped.known, codes)) else await every_place(view)


async def every_place(view: View) -> Places:
    """All municipalities there ever were as the API tells them, mergers that were posted among them; their inhabitants
    left out.
    """
    (answer,) = await view.ask(view.question("/v1/municipalities"))
    return _places(tuple(map(_municipality, answer.body["items"]))) if answer.ok else Places.shipped()


def province_name(code: str) -> str:
    """What a province is called."""
    return PROVINCES.get(code, code)


async def shapes_of(view: View, places: Places) -> Shapes:
    """What is drawn of the municipalities on the day of a page: their official boundaries where those were imported for
    its year, else hexagons.
    """
    return await asyncio.to_thread(_shapes, view, places)


def _shapes(view: View, places: Places) -> Shapes:
    with reading(view.request.app.state.context.engine) as connection:
        return shapes_on(connection, places, view.times.valid_on)


# The same municipalities are the same places, so that what they worked out once they need not again.
@lru_cache(maxsize=4)
def _places(municipalities: tuple[Municipality, ...]) -> Places:
    return Places(municipalities, {})


def _municipality(item: Mapping[str, Any]) -> Municipality:
    begins, ends = item["validFrom"], item["validUntil"]
    return Municipality(
        item["code"],
        item["name"],
        item["province"],
        begins and date.fromisoformat(begins),
        ends and date.fromisoformat(ends),
        tuple(Handover(one["municipality"], one["persons"]) for one in item["successors"]),
    )
