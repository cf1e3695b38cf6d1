"""Which municipality an address names, and whether there is one of that name on the day of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from domain.municipality import PROVINCES
from service.foundation.problems import nothing_there
from service.http.pages.asking import Answer
from service.http.pages.rendering import Page
from service.http.pages.view import View

_CODE = re.compile(r"GM[0-9]{4}", re.ASCII)


class Place(NamedTuple):
    """A municipality: its code and name, its province, and the days from and until which there is one; none where that
    is before or after all that is known.
    """

    code: str
    name: str
    province: str
    province_name: str
    begins: date | None
    ends: date | None


class Neighbour(NamedTuple):
    """A municipality that it became, or came from: its name and the address of its page."""

    name: str
    address: str


def asked_code(view: View) -> str:
    """The code in the address; refused where it can be none."""
    code: str = view.request.path_params["code"]
    if not _CODE.fullmatch(code):
        raise nothing_there()
    return code


def place_of(code: str, answer: Answer) -> Place:
    """The municipality of a code, of whatever time; refused where there never was one."""
    found = next((one for one in answer.body["items"] if one["code"] == code), None)
    if found is None:
        raise nothing_there()
    province = found["province"]
    return Place(
        code, found["name"], province, PROVINCES[province], _day(found["validFrom"]), _day(found["validUntil"])
    )


def absent_page(view: View, place: Place, answer: Answer) -> Page | None:
    """What is shown of a municipality on a day on which there is none: what it became, or what it came from; None
    where there is one.
    """
    day = view.times.valid_on
    if place.ends is not None and day >= place.ends:
        return _page(view, place, answer, _successors(place, answer), place.ends - timedelta(1))
    if place.begins is not None and day < place.begins:
        return _page(view, place, answer, _predecessors(place, answer), place.begins)
    return None


def _page(view: View, place: Place, answer: Answer, others: list[Mapping[str, Any]], day: date) -> Page:
    neighbours = [Neighbour(one["name"], view.link(f"gemeenten/{one['code']}")) for one in others]
    gone = place.ends is not None and view.times.valid_on >= place.ends
    shown = {"place": place, "gone": gone, "others": neighbours, "day": day}
    return Page("municipality_absent.html.jinja", place.name, shown, [answer.address])


def _successors(place: Place, answer: Answer) -> list[Mapping[str, Any]]:
    (own,) = (one for one in answer.body["items"] if one["code"] == place.code)
    codes = {one["municipality"] for one in own["successors"]}
    return [one for one in answer.body["items"] if one["code"] in codes]


def _predecessors(place: Place, answer: Answer) -> list[Mapping[str, Any]]:
    return [
        one for one in answer.body["items"] if any(each["municipality"] == place.code for each in one["successors"])
    ]


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
