"""Who may post what: one table of topics and kinds of organisation, one function."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from domain.field_types import Fault

OrganisationKind = Literal["ind", "coa", "duo", "ministry", "cbs", "province", "municipality"]
#: Beside those that may post facts of their own, who posts for them only.
PartyKind = Literal[OrganisationKind, "intermediary"]
ORGANISATION_KINDS: tuple[OrganisationKind, ...] = get_args(OrganisationKind)


class Organisation(NamedTuple):
    """A party of the chain: its OIN, its kind, its name, and for a municipality or province its CBS code.

    An intermediary, as a supplier or a regional body is, says nothing of its own: it posts under mandates.
    """

    oin: str
    kind: PartyKind
    name: str
    code: str | None = None


class Mandate(NamedTuple):
    """That one organisation may post for another: who, for whom, which topics (None: all), on which days.

    `until` is the last day; None while no end was agreed.
    """

    holder: str
    of: str
    topics: frozenset[str] | None
    since: date
    until: date | None

    def covers(self, of: str, topic: str, today: date) -> bool:
        """Whether its holder may post this for that organisation today."""
        return (
            self.of == of
            and (self.topics is None or topic in self.topics)
            and self.since <= today
            and (self.until is None or today <= self.until)
        )


#: Topic to the kinds that may post it (contract, section 3). Empty: whoever sent the event it is about.
AUTHORITY: dict[str, tuple[OrganisationKind, ...]] = {
    "permit-granted.v1": ("ind",),
    "permit-ended.v1": ("ind",),
    "residence-document-issued.v1": ("ind",),
    "family-reunification-applied.v1": ("ind",),
    "family-reunification-decided.v1": ("ind",),
    "family-arrived.v1": ("ind",),
    "linked.v1": ("coa",),
    "link-ended.v1": ("coa",),
    "dossier-item-completed.v1": ("coa",),
    "dossier-item-lapsed.v1": ("coa",),
    "home-offered.v1": ("municipality",),
    "offer-accepted.v1": ("municipality",),
    "offer-refused.v1": ("municipality",),
    "refusal-assessed.v1": ("coa",),
    "home-ready.v1": ("municipality",),
    "housed.v1": ("coa",),
    "returned-to-reception.v1": ("coa",),
    "moved-to-permanent-home.v1": ("municipality",),
    "guest-stay-started.v1": ("coa",),
    "guest-stay-ended.v1": ("coa",),
    "left-unknown-destination.v1": ("coa",),
    "died.v1": ("ind", "coa", "municipality"),
    "integration-duty-started.v1": ("duo",),
    "intake-held.v1": ("municipality",),
    "integration-plan-established.v1": ("municipality",),
    "v-number-replaced.v1": ("ind",),
    "fact-doubted.v1": ORGANISATION_KINDS,
    # Whether it is who said what was doubted shows when both are there.
    "doubt-answered.v1": ORGANISATION_KINDS,
    "quota-forecast.v1": ("ministry",),
    "quota-published.v1": ("ministry",),
    "quota-revised.v1": ("ministry",),
    "municipal-quota-published.v1": ("ministry",),
    "opening-balance-recorded.v1": ("ministry",),
    "quota-transferred.v1": ("province", "ministry"),
    "interim-goal-set.v1": ("ministry",),
    "figure-published.v1": ("ministry", "province", "coa"),
    "inhabitants-counted.v1": ("cbs",),
    "municipality-merged.v1": ("cbs",),
    "event-withdrawn.v1": (),
}


def check_authority(
    organisation: Organisation, topic: str, municipality: Any, is_successor_of: Callable[[str, str], bool]
) -> list[Fault]:
    """Why this organisation may not post this; empty when it may.

    `municipality` is what the event names, if anything. A municipality posts for its own code, and for those of the
    municipalities it succeeded (`is_successor_of(code, earlier)`).
    """
    kinds = AUTHORITY[topic]
    if organisation.kind == "intermediary":
        return [Fault("/source", "no-authority", "an intermediary says nothing of its own, only for whom it may post")]
    if kinds and organisation.kind not in kinds:
        return [Fault("/source", "no-authority", f"{topic} is said by {' or '.join(kinds)} only")]
    if organisation.kind != "municipality" or not isinstance(municipality, str) or municipality == organisation.code:
        return []
    if organisation.code is not None and is_successor_of(organisation.code, municipality):
        return []
    return [Fault("/data/municipality", "not-your-municipality", "a municipality speaks for its own code only")]
