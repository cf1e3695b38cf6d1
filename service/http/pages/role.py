"""Who one is here: in what roles, for which organisation, what that lets one see; to sign in and out.

In development mode one may look as somebody else: a form whose answer is the same address with `as`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.places import PROVINCES
from service.access.caller import ROLES
from service.access.looking_as import NAMED
from service.access.rules import Extent, find_extent
from service.http.pages.rendering import Page
from service.http.pages.states import ROLE_WORDS, name_of_organisation, sign_in_address
from service.http.pages.view import View

_CLOSED = "closed"


class Sight(NamedTuple):
    """What there is to be seen, and how far somebody sees it."""

    what: str
    how: str
    page: str | None


class Choice(NamedTuple):
    """As whom one can look: its value in the address, and its words."""

    value: str
    words: str


async def show(view: View) -> Page:
    """Who looks."""
    organisation = view.caller.organisation
    development = view.settings.development and view.session is None
    shown = {
        "roles": [view.language.of(ROLE_WORDS[role]) for role in view.roles],
        "organisation": None if organisation is None else name_of_organisation(view, organisation),
        "sights": _sights(view),
        "looked_as": _words_of(view, view.looks_as),
        "choices": await _choices(view) if development else [],
        "sign_in": sign_in_address(view),
    }
    return Page("role.html.jinja", view.gettext("Wie kijkt"), shown)


def _sights(view: View) -> list[Sight]:
    say = view.gettext
    some = (
        ("read_figure_realisation", say("Taakstelling en huisvesting"), ""),
        ("read_figure_supervision", say("Toezicht op gemeenten"), "cijfers/supervision"),
        ("explain_figure_realisation", say("Waarom een cijfer zo is, tot op een traject"), "cijfers/realisation"),
        ("read_journey", say("Trajecten van vergunninghouders"), None),
        ("list_rejections", say("Geweigerde aanleveringen"), "aanleveren"),
        ("list_findings", say("Bevindingen om te herstellen"), "aanleveren"),
        ("read_checkpoint", say("Controlepunten van het logboek"), "controle"),
        ("list_audited", say("Wie wat heeft ingezien"), "controle"),
    )
    return [
        Sight(what, _how(view, operation), None if page is None else view.link(page)) for operation, what, page in some
    ]


def _how(view: View, operation: str) -> str:
    say = view.gettext
    words: dict[Extent | str, str] = {
        "all": say("alles"),
        "exact": say("precies"),
        "masked": say("zonder wat zegt wie iemand is"),
        "own": say("van de eigen organisatie precies, van andere afgerond")
        if operation.startswith("read_figure")
        else say("alleen van de eigen organisatie"),
        "rounded": say("kleine aantallen afgerond"),
        _CLOSED: say("niet"),
    }
    return words[find_extent(operation, view.caller) or _CLOSED]


def _words_of(view: View, looks_as: str | None) -> str | None:
    """As whom one looks, in words."""
    if looks_as is None:
        return None
    organisation = view.caller.organisation
    if organisation is not None:
        return name_of_organisation(view, organisation)
    return next((view.language.of(ROLE_WORDS[role]) for role in ROLES if role == looks_as), looks_as)


async def _choices(view: View) -> Sequence[tuple[str, Sequence[Choice]]]:
    """As whom one can look, by kind; municipalities as they are on the day of the page."""
    (answer,) = await view.ask(view.question("/v1/municipalities"))
    places: list[Any] = answer.body["items"] if answer.ok else []
    day = view.times.valid_on.isoformat()
    there = [one for one in places if _is_there(one, day)]
    say = view.gettext
    return [
        (say("Rollen"), [Choice(role, view.language.of(ROLE_WORDS[role])) for role in NAMED]),
        (say("Provincies"), [Choice(code, name) for code, name in sorted(PROVINCES.items(), key=lambda one: one[1])]),
        (say("Gemeenten"), [Choice(one["code"], one["name"]) for one in sorted(there, key=lambda one: one["name"])]),
    ]


def _is_there(place: Any, day: str) -> bool:
    return (place["validFrom"] or "") <= day and (place["validUntil"] is None or day < place["validUntil"])
