"""Which facts of a journey are in doubt: until they are corrected, withdrawn, or answered by the organisation that
posted them.

A doubt is about what is recorded and not about a day, so the day on which it was raised plays no part: its finding has
the day of the event that it doubts. It changes no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.effective import EffectiveEvents, Finding
from domain.facts import DoubtAnswered, EventKey, FactDoubted, Recorded

#: Findings shown whatever the day: the event that they name is not known, and so no day of it is.
UNDATED_FINDINGS = {"doubts-unknown-event", "answers-unknown-doubt", "doubt-answered-by-another"}


def doubt_findings(known: Iterable[Recorded], effective: EffectiveEvents) -> Iterator[Finding]:
    """The doubts that are open and the answers to none, by what is known of a journey and what of that is in effect."""
    doubts = {event.key: event for event in effective.events if isinstance(event.fact, FactDoubted)}
    answers = [event for event in effective.events if isinstance(event.fact, DoubtAnswered)]
    if not doubts and not answers:
        return
    every = list(known)
    by_key = {event.key: event for event in every}
    gone = {*effective.replaced_by, *effective.withdrawn_by}
    answered: dict[EventKey, Recorded] = {}
    for answer in sorted(answers, key=lambda event: (event.sent_at, event.source, event.id)):
        named = answered_doubt(answer)
        doubt = doubts.get(effective.replaced_by.get(named, named))
        if doubt is None:
            if named not in effective.withdrawn_by:
                yield Finding("answers-unknown-doubt", answer.source, answer.id, answer.effective_on)
        elif (doubted := by_key.get(doubted_event(doubt))) is not None:
            if answer.recorded_by in _posted_by(doubted, every, effective):
                # The newest answer is the one that counts.
                answered[doubt.key] = answer
            else:
                yield Finding("doubt-answered-by-another", answer.source, answer.id, answer.effective_on)
    for key, doubt in doubts.items():
        target = doubted_event(doubt)
        if target not in by_key:
            yield Finding("doubts-unknown-event", doubt.source, doubt.id, doubt.effective_on)
        elif target not in gone:
            last = answered.get(key)
            if last is None:
                yield Finding("fact-doubted", doubt.source, doubt.id, by_key[target].effective_on)
            elif isinstance(last.fact, DoubtAnswered) and last.fact.upheld:
                # Its organisation agrees that it is not right, and has not corrected it yet.
                yield Finding("doubt-upheld", doubt.source, doubt.id, by_key[target].effective_on)


def doubted_event(doubt: Recorded) -> EventKey:
    """The source and id of what a doubt is about."""
    fact = doubt.fact
    return (fact.doubts_source, fact.doubts) if isinstance(fact, FactDoubted) else ("", "")


def answered_doubt(answer: Recorded) -> EventKey:
    """The source and id of the doubt that an answer is about."""
    fact = answer.fact
    return (fact.doubt_source, fact.doubt) if isinstance(fact, DoubtAnswered) else ("", "")


def _posted_by(doubted: Recorded, every: Iterable[Recorded], effective: EffectiveEvents) -> set[str]:
    """The organisations that posted any version of the event: a successor may answer for the one before it."""
    version = effective.replaced_by.get(doubted.key, doubted.key)
    return {event.recorded_by for event in every if effective.replaced_by.get(event.key, event.key) == version}
