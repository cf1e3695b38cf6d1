"""Which facts of a journey are in doubt: until they are corrected, withdrawn, or answered for by who said them.

A doubt is about what is recorded and not about a day, so that the day on which it was raised plays no part: it shows
from the day of what it doubts on. It changes no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.effective import Finding, Force, Key
from domain.facts import DoubtAnswered, FactDoubted, Recorded

#: Findings of which the day plays no part: what they name is not here, so that no day is known.
WHATEVER_THE_DAY = {"doubts-unknown-event", "answers-unknown-doubt", "doubt-answered-by-another"}


def findings(known: Iterable[Recorded], told: Force) -> Iterator[Finding]:
    """The doubts that stand and the answers that answer nothing, in what is known of a journey and in force of it."""
    doubts = {_key(event): event for event in told.speaking if isinstance(event.fact, FactDoubted)}
    answers = [event for event in told.speaking if isinstance(event.fact, DoubtAnswered)]
    if not doubts and not answers:
        return
    every = list(known)
    by_key = {_key(event): event for event in every}
    out = {*told.replaced_by, *told.withdrawn_by}
    answered: dict[Key, Recorded] = {}
    for answer in sorted(answers, key=lambda event: (event.sent_at, event.source, event.id)):
        named = answered_doubt(answer)
        doubt = doubts.get(told.replaced_by.get(named, named))
        if doubt is None:
            if named not in told.withdrawn_by:
                yield Finding("answers-unknown-doubt", answer.source, answer.id, answer.effective_on)
        elif (doubted := by_key.get(doubted_event(doubt))) is not None:
            if answer.recorded_by in _said_by(doubted, every, told):
                # The newest answer is the one that counts.
                answered[_key(doubt)] = answer
            else:
                yield Finding("doubt-answered-by-another", answer.source, answer.id, answer.effective_on)
    for key, doubt in doubts.items():
        target = doubted_event(doubt)
        if target not in by_key:
            yield Finding("doubts-unknown-event", doubt.source, doubt.id, doubt.effective_on)
        elif target not in out:
            last = answered.get(key)
            if last is None:
                yield Finding("fact-doubted", doubt.source, doubt.id, by_key[target].effective_on)
            elif isinstance(last.fact, DoubtAnswered) and last.fact.upheld:
                # Who said it agrees that it is not right, and has not set it right yet.
                yield Finding("doubt-upheld", doubt.source, doubt.id, by_key[target].effective_on)


def doubted_event(doubt: Recorded) -> Key:
    """The source and id of what a doubt is about."""
    fact = doubt.fact
    return (fact.doubts_source, fact.doubts) if isinstance(fact, FactDoubted) else ("", "")


def answered_doubt(answer: Recorded) -> Key:
    """The source and id of the doubt that an answer is about."""
    fact = answer.fact
    return (fact.doubt_source, fact.doubt) if isinstance(fact, DoubtAnswered) else ("", "")


def _said_by(doubted: Recorded, every: Iterable[Recorded], told: Force) -> set[str]:
    """The organisations that said any version of what is doubted: who succeeded another speaks for that one too."""
    speaker = told.replaced_by.get(_key(doubted), _key(doubted))
    return {event.recorded_by for event in every if told.replaced_by.get(_key(event), _key(event)) == speaker}


def _key(event: Recorded) -> Key:
    return event.source, event.id
