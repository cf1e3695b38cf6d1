"""Whose family is to follow: applied for, decided, arrived; who has no home for them yet, and who waits in one."""

from __future__ import annotations

from domain.homes import PERSONS_A_BEDROOM
from projections.aggregates import Median, Sum
from projections.figure import Column, Figure, Query, Words
from projections.grouping import Grouped, Rows, Select, times
from projections.states.referents import AWAITED
from projections.together import Ways
from projections.units import Unit


def parts(query: Query, rows: Rows) -> Select:
    """Who has an application in force and is not gone."""
    statement = f"""
        SELECT *, (awaited > 0 AND NOT housed AND NOT home_ready)::INTEGER AS no_home,
            (awaited > 0 AND housed)::INTEGER AS waiting, $on - granted_on AS days
        FROM (
            SELECT *, greatest(0, applied::BIGINT - granted - refused) AS undecided,
                {AWAITED} AS awaited
            FROM {rows("referents")})"""
    return Select(statement, {**times(query), "on": query.asked.valid_on})


def _referents(name: str, en: str, nl: str, adds: str) -> Column:
    return Column(name, Words(en, nl), "persons", Sum(adds))


def _sum(name: str, en: str, nl: str, adds: str, unit: Unit = "persons") -> Column:
    """Of one referent perhaps several."""
    return Column(name, Words(en, nl), unit, Sum(adds, several="1"))


# A home is for the referent too.
_BEDROOMS = f"waiting * ((1::BIGINT + awaited + {PERSONS_A_BEDROOM - 1}) // {PERSONS_A_BEDROOM})"

FAMILY = Figure(
    name="family",
    questions=(36, 37, 38, 39),
    title=Words("Family that is to follow", "Nareis"),
    definition=Words(
        "Referents with an application for family reunification in force who did not die, leave or lose the permit: "
        "the family applied for, granted, refused and not decided, with a visa, arrived and still awaited; who of them "
        "awaits family and has no home yet, and who is housed and how many bedrooms that takes.",
        "Referenten met een lopende aanvraag voor gezinshereniging die niet overleden of vertrokken zijn en hun "
        "vergunning nog hebben: de gezinsleden die zijn aangevraagd, ingewilligd, afgewezen en nog niet beslist, met "
        "een visum, aangekomen en nog verwacht; wie van hen gezinsleden verwacht en nog geen woning heeft, en wie al "
        "gehuisvest is en hoeveel slaapkamers dat vraagt.",
    ),
    counts=Words(
        "Referents and their family, where the referent belongs.",
        "Referenten en hun gezinsleden, bij de gemeente waar de referent bij hoort.",
    ),
    columns=(
        _referents("referents", "Referents", "Referenten", "1"),
        _sum("applied", "Applied for", "Aangevraagd", "applied"),
        _sum("granted", "Granted", "Ingewilligd", "granted"),
        _sum("refused", "Refused", "Afgewezen", "refused"),
        _sum("undecided", "Not decided", "Nog niet beslist", "undecided"),
        _sum("visas", "With a visa", "Visum verleend", "visas"),
        _sum("arrived", "Arrived", "Aangekomen", "arrived"),
        _sum("awaited", "Awaited", "Nog verwacht", "awaited"),
        _referents("grantedNoHome", "Referents without a home", "Referenten zonder woning", "no_home"),
        Column(
            "medianSinceGrant",
            Words("Days since the decision (median)", "Dagen sinds de inwilliging (mediaan)"),
            "days",
            Median("CASE WHEN no_home > 0 THEN days END"),
            persons="grantedNoHome",
        ),
        _referents("housedAwaiting", "Housed and awaiting family", "Gehuisvest en in afwachting", "waiting"),
        _sum("bedroomsAwaited", "Bedrooms for these", "Slaapkamers voor dezen", _BEDROOMS, "bedrooms"),
        _sum("arrivedDirect", "Arrived straight into the home", "Direct in de woning aangekomen", "direct"),
        _sum("arrivedThroughReception", "Arrived by way of reception", "Via de opvang aangekomen", "through"),
        _sum(
            "arrivedUnstated", "Arrived, not stated how", "Aangekomen, niet vermeld hoe", "arrived - direct - through"
        ),
    ),
    table=Grouped(
        parts,
        "referents",
        aspects={
            **dict.fromkeys(("referents", "applied"), ("applied",)),
            **dict.fromkeys(("granted", "refused"), ("decided",)),
            "undecided": ("applied", "decided"),
            "visas": ("visas",),
            **dict.fromkeys(("arrived", "arrivedDirect", "arrivedThroughReception", "arrivedUnstated"), ("arrived",)),
            **dict.fromkeys(("awaited", "grantedNoHome", "medianSinceGrant"), ("decided", "arrived")),
            **dict.fromkeys(("housedAwaiting", "bedroomsAwaited"), ("decided", "arrived")),
        },
    ),
    reads=("referents",),
    audience="persons",
    together=(
        Ways("applied", (("granted", "refused", "undecided"),)),
        Ways("granted", (("arrived", "awaited"),)),
        Ways("arrived", (("arrivedDirect", "arrivedThroughReception", "arrivedUnstated"),)),
        Ways("referents", (("grantedNoHome", "housedAwaiting"),), every=False),
    ),
)
