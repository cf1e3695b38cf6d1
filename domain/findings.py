"""Every code of what is missing or contradictory in a stream, and from which day on a finding is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from domain.doubts import UNDATED_FINDINGS, doubt_findings, doubted_event
from domain.effective import EffectiveEvents, Finding
from domain.facts import DoubtAnswered, EventKey, FactDoubted, FineCancelled, Recorded
from domain.fines import fine_findings
from domain.persons import PERSON_LINK_FINDINGS

#: Of what was corrected and withdrawn, of any stream.
AMENDMENT_CODES: Final = (
    "corrects-unknown-event",
    "corrections-in-a-ring",
    "withdraws-unknown-event",
    "withdrawals-in-a-ring",
)
#: Of what was said of a permit holder.
EVENT_CODES: Final = (
    "not-of-a-journey",
    "municipality-not-there-that-day",
    "permit-granted-again",
    "linked-again",
    "linked-after-housing",
    "no-link-to-end",
    "home-ready-elsewhere",
    "housed-twice",
    "housed-elsewhere",
    "no-housing-to-return-from",
    "moved-before-housing",
    "family-decided-before-application",
    "item-lapsed-before-completion",
    "no-refusal-to-assess",
    "refusal-assessed-again",
    "no-guest-stay-to-end",
    "cancels-unknown-fine",
    "fact-doubted",
    "doubt-upheld",
    "doubts-unknown-event",
    "answers-unknown-doubt",
    "doubt-answered-by-another",
    "v-number-replaced-twice",
    "v-numbers-in-a-ring",
)
#: Between the boundaries of the phases of a permit holder: seen at no event of its own.
PHASE_CODES: Final = (
    "no-permit",
    "housed-without-link",
    "housed-without-home-ready",
    "home-ready-after-housed",
    "negative-duration",
)
#: Of what was said of an area.
AREA_CODES: Final = ("area-not-there-that-day",)

#: Of what was said of a half-year.
PERIOD_CODES: Final = (
    "municipal-quota-for-no-municipality",
    "opening-for-no-municipality",
    "transfer-for-no-municipality",
)
#: All but a quota below zero, which half-years tell themselves: it follows from inhabitants as well.
FINDING_CODES: Final = (*AMENDMENT_CODES, *EVENT_CODES, *PHASE_CODES, *AREA_CODES, *PERIOD_CODES)

#: Findings about withdrawals, doubts and who is who, of which the day plays no part.
_UNDATED = {"withdraws-unknown-event", "withdrawals-in-a-ring", *UNDATED_FINDINGS} | PERSON_LINK_FINDINGS

_CLAIMS = {FactDoubted, DoubtAnswered, FineCancelled}


def told_from(finding: Finding) -> date:
    """The first day on which a finding is told: its own, or always."""
    return date.min if finding.code in _UNDATED else finding.on


def claims(known: Iterable[Recorded]) -> bool:
    """Whether anything is said of other events of a permit holder, besides what corrects or withdraws them."""
    return any(type(event.fact) in _CLAIMS for event in known)


def claim_findings(known: Iterable[Recorded], effective: EffectiveEvents) -> Iterator[Finding]:
    """What is doubted or answered of a permit holder, and fines cancelled that there are not."""
    yield from doubt_findings(known, effective)
    yield from fine_findings(known, effective)


def answerable_event(finding: Finding, by_key: dict[EventKey, Recorded]) -> Recorded | None:
    """The event that whoever said it is to set right: of a doubt what is doubted, else that of the finding."""
    event = by_key.get((finding.source, finding.id))
    if event is not None and finding.code in ("fact-doubted", "doubt-upheld"):
        return by_key[doubted_event(event)]
    return event
