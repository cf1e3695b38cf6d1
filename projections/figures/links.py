"""How many links were made and by which criteria, and how many were lost before anybody was housed?"""

from __future__ import annotations

from domain.facts.linking import Criterion
from projections.aggregates import Sum
from projections.figure import WINDOW, Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.states.links import CRITERIA, REPLACED
from projections.together import Ways
from projections.units import Unit


def parts(query: Query, rows: Rows) -> Select:
    """Links that began in the window, and those that ended in it with no housing before."""
    window = "BETWEEN $from AND $to"
    statement = f"""
        SELECT * FROM (
            SELECT stream, municipality, turn, started_on, ended_on, end_reason, criteria,
                (started_on {window})::INTEGER AS made,
                coalesce(ended_on {window} AND NOT after_housing, false)::INTEGER AS ended,
                coalesce(ended_on - started_on, 0) AS days
            FROM {rows("links")})
        WHERE made + ended > 0"""
    return Select(statement, {**times(query), "from": query.given["from"], "to": query.given["to"]})


def _links(name: str, en: str, nl: str, adds: str, unit: Unit = "links", persons: str | None = None) -> Column:
    return Column(name, Words(en, nl), unit, Sum(adds), persons=persons)


def _named(criterion: Criterion) -> str:
    """Whether a link that was made names a criterion."""
    return f"made * (criteria & {CRITERIA[criterion]} > 0)::INTEGER"


def _by(reason: str) -> str:
    """Whether a link that ended did so for a reason."""
    return f"ended * (end_reason = '{reason}')::INTEGER"


_CRITERIA = ("work", "education", "families", "medical", "network")
_REASONS = ("reassigned", "foundOwnHome", "movedInWithFamily", "departed", "permitEnded", "other", "replaced")

LINKS = Figure(
    name="links",
    questions=(20, 23),
    title=Words("Links made and lost", "Koppelingen gemaakt en vervallen"),
    definition=Words(
        "Links whose first day is in the window, by the criteria that they name, and links that ended in it with no "
        "housing before, by why they ended and the days that they stood.",
        "Koppelingen waarvan de eerste dag in het venster ligt, naar de criteria die zij noemen, en koppelingen die "
        "daarin eindigden zonder huisvesting ervoor, naar de reden en de dagen dat zij stonden.",
    ),
    counts=Words("Links, where the link is.", "Koppelingen, bij de gemeente van de koppeling."),
    parameters=WINDOW,
    columns=(
        _links("made", "Made", "Gemaakt", "made"),
        _links("work", "For work", "Om werk", _named("work")),
        _links("education", "For education", "Om opleiding", _named("education")),
        _links("families", "For family", "Om familie", _named("family")),
        _links("medical", "For medical reasons", "Om medische redenen", _named("medical")),
        _links("network", "For a network", "Om netwerk", _named("network")),
        _links("withoutCriteria", "Without criteria", "Zonder criteria", "made * (criteria = 0)::INTEGER"),
        _links("ended", "Ended without housing", "Beëindigd zonder huisvesting", "ended"),
        _links("reassigned", "Reassigned", "Herplaatst", _by("reassigned")),
        _links("foundOwnHome", "Found a home themselves", "Zelf woning gevonden", _by("found-own-home")),
        _links("movedInWithFamily", "Moved in with family", "Bij familie ingetrokken", _by("moved-in-with-family")),
        _links("departed", "Departed", "Vertrokken", _by("departed")),
        _links("permitEnded", "Permit ended", "Vergunning beëindigd", _by("permit-ended")),
        _links("other", "For another reason", "Om een andere reden", _by("other")),
        _links("replaced", "Replaced by another link", "Vervangen door een andere koppeling", _by(REPLACED)),
        _links("daysLost", "Days lost", "Verloren dagen", "ended * days", "days", "ended"),
    ),
    table=Grouped(
        parts,
        "links",
        ("turn",),
        details={"started_on": "startedOn", "ended_on": "endedOn", "days": "days"},
    ),
    reads=("links",),
    audience="persons",
    together=(
        # A link may name several criteria, and names none or some.
        Ways("made", tuple((name, "withoutCriteria") for name in _CRITERIA), every=False),
        Ways("ended", (_REASONS,)),
    ),
)
