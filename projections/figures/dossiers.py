"""Is the file complete when somebody is linked, and when they are housed; and who has a home and cannot sign for it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.disclosure import STEP, round_share, rounded_from
from domain.rounding import Ratio
from projections.aggregates import Aggregate, Median, Share, Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, RowsOf, Select, times
from projections.states.links import MISSING
from projections.together import Together, Ways
from projections.units import Unit

#: Without these nobody signs a tenancy.
_TO_SIGN = MISSING["bsn"] | MISSING["iban"]


def parts(query: Query, rows: Rows) -> Select:
    """Links made in the window, persons housed in it, and persons linked on the day."""
    window = "BETWEEN $from AND $to"
    statement = f"""
        WITH made AS MATERIALIZED (
            SELECT stream, municipality, turn, started_on, missing, adapted_on
            FROM {rows("links")} WHERE started_on {window}),
        waiting AS MATERIALIZED (
            SELECT stream, municipality, link_on, document, missing
            FROM {rows("reception")} WHERE link_on IS NOT NULL)
        SELECT stream, municipality, turn, 'linked' AS part, started_on AS on_day, missing, NULL AS days FROM made
        UNION ALL
        SELECT stream, municipality, turn, 'adapted', started_on, missing, started_on - adapted_on
        FROM made WHERE adapted_on IS NOT NULL
        UNION ALL
        SELECT stream, municipality, turn, 'housed', on_day, missing, NULL
        FROM {rows("housings")} WHERE persons > 0 AND NOT undone AND on_day {window}
        UNION ALL
        SELECT stream, municipality, NULL, 'open', link_on, missing, NULL FROM waiting
        UNION ALL
        SELECT stream, municipality, NULL, 'cannot-sign', link_on, missing, NULL
        FROM (SELECT * FROM waiting WHERE NOT document OR missing & {_TO_SIGN} > 0)
        WHERE stream IN (
                SELECT stream FROM {rows("phases")} WHERE phase = 'departure'::phase AND ended_on IS NULL)
            OR (stream, link_on) IN (
                SELECT (stream, link_on) FROM {rows("offers")} WHERE link_on IS NOT NULL)"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


class _OneIsMissing(Together):
    """Links are complete, or lack one item or more: all these numbers together come to the links at the least."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The largest a step higher, where they would hardly come to the links."""
        names = ("completeAtLink", *_MISSING)
        found = {name: told[name] or 0 for name in names}
        while told["linked"] and sum(rounded_from(one)[-1] for one in found.values()) <= told["linked"]:
            found[max(names, key=found.__getitem__)] += STEP
        return found


class _Shares(Together):
    """Shares beside both numbers that they are made of, and days of persons who are told to be none."""

    def instead(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """The shares that the rounded numbers have."""
        found: dict[str, Any] = {}
        for share, part, total in _SHARES:
            above, below = min(told[part], told[total]), told[total]
            found[share] = round_share(Ratio(above, below), below) if below else None
        return found


_MISSING = ("missingBsn", "missingIdentity", "missingIban")
_SHARES = (
    ("shareAtLink", "completeAtLink", "linked"),
    ("shareAtHousing", "completeAtHousing", "housed"),
    ("shareNow", "completeNow", "open"),
)
_COMPLETE = "(missing = 0)::INTEGER"


def _of(part: str, name: str, en: str, nl: str, aggregate: Aggregate, unit: Unit = "persons", **more: Any) -> Column:
    return Column(name, Words(en, nl), unit, aggregate, {"part": part}, **more)


def _lacking(item: str) -> Sum:
    return Sum(f"(missing & {MISSING[item]} > 0)::INTEGER")  # type: ignore[index]


DOSSIERS = Figure(
    name="dossiers",
    questions=(32, 34, 35),
    title=Words("Files at the link and at the housing", "Dossiers bij koppeling en huisvesting"),
    definition=Words(
        "Links made in the window, by whether the bsn, the identity document and the account were complete at the end "
        "of their first day, and when the need of an adapted home was known; persons housed in it, with a complete "
        "file that day or not; persons linked on the day, with a complete file or not, and who of them could move in "
        "and cannot sign because the residence document, the bsn or the account lacks.",
        "Koppelingen van het venster, naar of het bsn, het identiteitsdocument en de rekening aan het einde van de "
        "eerste dag compleet waren, en naar wanneer bekend was dat een aangepaste woning nodig is; personen die erin "
        "gehuisvest zijn, met die dag een compleet dossier of niet; personen die op de peildatum gekoppeld zijn, met "
        "een compleet dossier of niet, en wie van hen een woning heeft en niet kan tekenen omdat de verblijfspas, het "
        "bsn of de rekening ontbreekt.",
    ),
    counts=Words(
        "Links and persons, where they are linked or housed.",
        "Koppelingen en personen, waar zij gekoppeld of gehuisvest zijn.",
    ),
    parameters=WINDOW,
    columns=(
        _of("linked", "linked", "Links made", "Koppelingen", Sum("1"), "links"),
        _of("linked", "completeAtLink", "Complete at the link", "Compleet bij koppeling", Sum(_COMPLETE), "links"),
        _of("linked", "missingBsn", "Without a bsn", "Zonder bsn", _lacking("bsn"), "links"),
        _of(
            "linked",
            "missingIdentity",
            "Without an identity document",
            "Zonder identiteitsdocument",
            _lacking("identity-document"),
            "links",
        ),
        _of("linked", "missingIban", "Without an account", "Zonder rekening", _lacking("iban"), "links"),
        _of(
            "linked",
            "shareAtLink",
            "Share complete at the link",
            "Aandeel compleet bij koppeling",
            Share(_COMPLETE, "1"),
            "share",
            persons="linked",
        ),
        _of("housed", "housed", "Housed", "Gehuisvest", Sum("1")),
        _of(
            "housed",
            "completeAtHousing",
            "Complete at the housing",
            "Compleet bij huisvesting",
            Sum(_COMPLETE),
            among="housed",
        ),
        _of(
            "housed",
            "shareAtHousing",
            "Share complete at the housing",
            "Aandeel compleet bij huisvesting",
            Share(_COMPLETE, "1"),
            "share",
            persons="housed",
        ),
        _of("open", "open", "Linked on the day", "Gekoppeld op de peildatum", Sum("1")),
        _of("open", "completeNow", "Complete on the day", "Compleet op de peildatum", Sum(_COMPLETE)),
        _of(
            "open",
            "shareNow",
            "Share complete on the day",
            "Aandeel compleet op de peildatum",
            Share(_COMPLETE, "1"),
            "share",
            persons="open",
        ),
        _of("adapted", "adapted", "Adapted home needed", "Aangepaste woning nodig", Sum("1"), "links"),
        _of(
            "adapted",
            "adaptedBefore",
            "Known at the link",
            "Bekend bij koppeling",
            Sum("(days >= 0)::INTEGER"),
            "links",
        ),
        _of(
            "adapted",
            "adaptedDays",
            "Days that it was known before the link (median)",
            "Dagen dat het vóór de koppeling bekend was (mediaan)",
            Median("days"),
            "days",
            persons="adapted",
        ),
        _of("cannot-sign", "cannotSign", "Cannot sign", "Kan niet tekenen", Sum("1")),
    ),
    table=Grouped(
        parts,
        facets=("part",),
        details={"on_day": "on", "days": "days"},
        sources={
            "linked": RowsOf("links", ("turn",), ("dossier",)),
            "adapted": RowsOf("links", ("turn",), ("adapted",)),
            "housed": RowsOf("housings", ("turn",), ("dossier",)),
            "open": RowsOf("reception", (), ("dossier",)),
            "cannot-sign": RowsOf("reception", (), ("home", "dossier", "document")),
        },
    ),
    reads=("links", "reception", "housings", "phases", "offers"),
    audience="persons",
    together=(
        # A link of which an item lacks is not complete.
        Ways(
            "linked",
            tuple(("completeAtLink", name) for name in _MISSING),
            every=False,
        ),
        _OneIsMissing(),
        _Shares(),
    ),
)
