"""Who may post what: one table of topics and kinds of organisation, one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    "adapted-home-needed.v1": ("coa",),
    "reception-placed.v1": ("coa",),
    "family-visa-issued.v1": ("ind",),
    "registered-at-address.v1": ("municipality",),
    "handover-held.v1": ("coa", "municipality"),
    "integration-notice-sent.v1": ("duo",),
    "integration-term-set.v1": ("duo",),
    "integration-term-extended.v1": ("duo",),
    "integration-loan-stated.v1": ("duo",),
    "integration-exempted.v1": ("duo",),
    "integration-fulfilled.v1": ("duo",),
    "fine-imposed.v1": ("duo",),
    "fine-cancelled.v1": ("duo",),
    "quota-forecast.v1": ("ministry",),
    "quota-published.v1": ("ministry",),
    "quota-revised.v1": ("ministry",),
    "municipal-quota-published.v1": ("ministry",),
    "opening-balance-recorded.v1": ("ministry",),
    "quota-transferred.v1": ("province", "ministry"),
    "interim-goal-set.v1": ("ministry",),
    "figure-published.v1": ("ministry", "province", "coa"),
    "permits-forecast-published.v1": ("ind", "ministry"),
    "links-announced.v1": ("coa",),
    "homes-stated.v1": ("municipality",),
    "temporary-places-stated.v1": ("municipality",),
    "reception-places-stated.v1": ("province", "coa"),
    "ladder-step-decided.v1": ("province",),
    "assessment-suspended.v1": ("province", "ministry"),
    "inhabitants-counted.v1": ("cbs",),
    "municipality-merged.v1": ("cbs",),
    "norm-set-published.v1": ("ministry",),
    "event-withdrawn.v1": (),
}


def check_authority(
    organisation: Organisation,
    topic: str,
    data: Mapping[str, Any],
    is_successor_of: Callable[[str, str], bool],
    province_of: Callable[[str], str | None],
) -> list[Fault]:
    """Why this organisation may not post this; empty when it may.

    `data` is what the event says, of which only what it names is looked at. A municipality posts for its own code, and
    for those of the municipalities it succeeded (`is_successor_of(code, earlier)`); a province for itself, and of
    areas for the municipalities in it (`province_of(code)` on the day that the event held, None for what is no
    municipality). Whose an event is that is withdrawn shows by its source, not by the area it was about.
    """
    kinds = AUTHORITY[topic]
    if organisation.kind == "intermediary":
        return [Fault("/source", "no-authority", "an intermediary says nothing of its own, only for whom it may post")]
    if kinds and organisation.kind not in kinds:
        return [Fault("/source", "no-authority", f"{topic} is said by {' or '.join(kinds)} only")]
    own, municipality = organisation.code, data.get("municipality")
    area = data.get("area") if kinds else None
    faults = []
    if organisation.kind == "municipality":
        for name, code in (("municipality", municipality), ("area", area)):
            if isinstance(code, str) and code != own and not (own is not None and is_successor_of(own, code)):
                detail = "a municipality speaks for its own code only"
                faults.append(Fault(f"/data/{name}", "not-your-municipality", detail))
    elif organisation.kind == "province" and isinstance(area, str) and area != own and province_of(area) != own:
        detail = "a province speaks for itself and for the municipalities in it"
        faults.append(Fault("/data/area", "not-your-area", detail))
    return faults
