"""What a page shows where it can't show what was asked: why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.authority import Organisation
from projections.figure import Words
from service.access.caller import ROLES, Role
from service.access.rules import RULES
from service.foundation import tracing
from service.foundation.problems import Problem
from service.http.pages.address import ApiAddress, encoded_query
from service.http.pages.asking import Answer
from service.http.pages.rendering import Page
from service.http.pages.view import ENGLISH, View

ROLE_WORDS: Mapping[Role, Words] = MappingProxyType(
    {
        "public": Words("everybody", "iedereen"),
        "ind": Words("IND", "IND"),
        "coa": Words("COA", "COA"),
        "duo": Words("DUO", "DUO"),
        "municipality": Words("municipality", "gemeente"),
        "province": Words("province", "provincie"),
        "intermediary": Words("intermediary", "intermediair"),
        "ministry": Words("ministry", "ministerie"),
        "cbs": Words("Statistics Netherlands (CBS)", "CBS"),
        "analyst": Words("analyst", "analist"),
        "auditor": Words("auditor", "auditor"),
        "administrator": Words("administrator", "beheerder"),
    }
)


class State(NamedTuple):
    """Why something is not shown: what is the matter, what to do about it, and what was wrong with the question."""

    kind: str
    title: str
    text: str
    faults: tuple[tuple[str, str], ...] = ()
    #: What can be done here: words and the address they lead to.
    ways: tuple[tuple[str, str], ...] = ()


def state_of(view: View, answer: Answer, operation: str | None = None) -> State:
    """Why an answer of the API can't be shown; `operation` is the rule that says who may see it."""
    body: Mapping[str, Any] = answer.body if isinstance(answer.body, dict) else {}
    return _state(view, answer.status, body, operation)


def problem_page(view: View, problem: Problem) -> Page:
    """A whole page for a refusal."""
    shown = _of_signing_in(view, problem.status) or _state(view, problem.status, problem.body(), None)
    return _page(view, shown, problem.status, [])


def answer_page(view: View, answer: Answer, operation: str | None = None) -> Page:
    """A whole page for an answer that is a refusal."""
    return _page(view, state_of(view, answer, operation), answer.status, [answer.address])


def _page(view: View, shown: State, status: int, questions: Sequence[ApiAddress]) -> Page:
    ids = tracing.current.get()
    trace = None if ids is None or status < 500 else ids.trace
    return Page("state.html.jinja", shown.title, {"state": shown, "trace": trace}, questions, status=status)


def names_of_roles(view: View, roles: Iterable[Role]) -> str:
    """Roles as words, in a row."""
    some = set(roles)
    return ", ".join(view.language.of(ROLE_WORDS[role]) for role in ROLES if role in some)


def name_of_organisation(view: View, organisation: Organisation) -> str:
    """An organisation as people call it: `gemeente Utrecht`."""
    if organisation.kind in {"municipality", "province"}:
        return f"{view.language.of(ROLE_WORDS[organisation.kind])} {organisation.name}"
    return organisation.name


def sign_in_address(view: View) -> str | None:
    """Where to sign in, where one can and did not; the first page is where one comes back."""
    if view.settings.oidc_issuer is None or view.session is not None:
        return None
    home = f"{ENGLISH}/" if view.language.code == "en" else "/"
    return view.file("sign-in?" + encoded_query([("returnTo", home)]))


def _ways_in(view: View) -> tuple[tuple[str, str], ...]:
    """What may let somebody see more."""
    address = sign_in_address(view)
    sign_in = () if address is None else ((view.gettext("Inloggen"), address),)
    return (*sign_in, (view.gettext("Wie kijkt, en wat die rol ziet"), view.link("rol")))


def _of_signing_in(view: View, status: int) -> State | None:
    """Why somebody is not signed in; None for all other pages."""
    if not view.request.scope["path"].startswith("/sign-in"):
        return None
    say = view.gettext
    again = (
        (say("Opnieuw beginnen met inloggen"), view.file("sign-in")),
        (say("Verder zonder inloggen"), view.link("")),
    )
    if status == 403:
        return State(
            "closed",
            say("Ingelogd, maar zonder rol"),
            say(
                "De eigen organisatie gaf geen rol voor deze dienst mee. "
                "Vraag de beheerder van de eigen organisatie om een rol, en log dan opnieuw in."
            ),
            ways=again,
        )
    if status == 503:
        return State(
            "behind",
            say("De inlogdienst antwoordt niet"),
            say("Inloggen gaat bij de eigen organisatie, en die is nu niet te bereiken. Probeer het over een minuut."),
            ways=again,
        )
    return State(
        "invalid",
        say("Inloggen is niet gelukt"),
        say(
            "Deze poging kan niet worden afgemaakt: zij duurde te lang, was al gebruikt of begon in een andere "
            "browser. Er is niets gebeurd; begin opnieuw."
        ),
        ways=again,
    )


def _of_a_form(view: View) -> State:
    say = view.gettext
    return State(
        "invalid",
        say("Dit formulier is niet aangenomen"),
        say(
            "Een formulier geldt voor wie het opende, op een pagina van deze dienst. "
            "Misschien is intussen in- of uitgelogd. Er is niets gebeurd; open de pagina opnieuw."
        ),
        ways=((say("Naar de pagina"), view.same()),),
    )


def _closed(view: View, operation: str | None) -> State:
    say = view.gettext
    title = say("Niet te zien in deze rol")
    if operation is None or operation not in RULES:
        text = say("Inloggen met een andere rol kan helpen; toegang regelt de beheerder van de eigen organisatie.")
        return State("closed", title, text, ways=_ways_in(view))
    extents = RULES[operation].extents
    if any(extents.get(role) == "own" for role in view.roles):
        text = say("Deze rol ziet alleen wat van de eigen organisatie is. De rest ziet: %(who)s.")
        extents = {role: extent for role, extent in extents.items() if extent != "own"}
    else:
        text = say("Dit is te zien voor: %(who)s. Toegang regelt de beheerder van de eigen organisatie.")
    return State("closed", title, text % {"who": names_of_roles(view, extents)}, ways=_ways_in(view))


def _state(view: View, status: int, body: Mapping[str, Any], operation: str | None) -> State:
    say = view.gettext
    if view.request.method == "POST" and status in {400, 403, 413, 415}:
        return _of_a_form(view)
    if status in {401, 403}:
        return _closed(view, operation)
    if status == 404:
        return State(
            "nothing",
            say("Niet gevonden"),
            say(
                "Op dit adres staat niets, of niets dat voor deze rol te zien is. "
                "Controleer het adres of begin bij het land."
            ),
            ways=((say("Alle cijfers"), view.link("cijfers")), (say("Gemeenten"), view.link("gemeenten"))),
        )
    if status == 410:
        return State(
            "destroyed",
            say("Vernietigd"),
            say(
                "Dit traject is vernietigd omdat de bewaartermijn voorbij was, of op verzoek. "
                "Wat ervan over is, dient alleen nog de cijfers."
            ),
        )
    if status == 429:
        return State(
            "behind",
            say("Even wachten"),
            say("Er wordt van hier vaker iets gevraagd dan mag. Probeer het over een paar seconden opnieuw."),
            ways=((say("Opnieuw proberen"), view.same()),),
        )
    if status == 503:
        return State(
            "behind",
            say("Nog niet beschikbaar"),
            say(
                "De cijfers worden bijgewerkt of de dienst is druk. "
                "Er gaat niets verloren; probeer het over een paar seconden opnieuw."
            ),
            ways=((say("Opnieuw proberen"), view.same()),),
        )
    if status >= 500:
        return State(
            "failed",
            say("Er ging iets mis"),
            say(
                "De fout ligt bij de dienst en is vastgelegd. Probeer het opnieuw; meld het volgnummer als het blijft."
            ),
            ways=((say("Opnieuw proberen"), view.same()),),
        )
    faults = tuple((one.get("parameter", one.get("pointer", "")), one["detail"]) for one in body.get("errors", ()))
    return State("invalid", say("De vraag klopt niet"), say("Verbeter wat hieronder staat en vraag opnieuw."), faults)
