"""How a sentence is put together, in any language: what happened, what it changed, what became of it, who said so.

A language is data: templates and words. Nothing personal can come into a sentence, because no template names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple, get_args

from domain.codec import Field, fields_of
from domain.facts import Fact, Homes, Recorded, Transfer, TransferDecision
from domain.field_types import Persons, PositivePersons, SignedPersons
from domain.period import Period
from domain.places import PROVINCES, Places
from projections.timeline import Change, Entry
from service.foundation.organisations import Registry
from service.foundation.time import AMSTERDAM

#: Numbers of other fields count no persons.
_OF_PERSONS = frozenset(get_args(each)[1] for each in (Persons, PositivePersons, SignedPersons))


class Names(NamedTuple):
    """Who is who: the municipalities as they are known, and the registry of organisations."""

    places: Places
    registry: Registry

    def place(self, code: str) -> str:
        """The name of a municipality or province; the code itself where nobody knows it."""
        return self.places.name(code) if self.places.known(code) else PROVINCES.get(code, code)


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language; what stands in braces is filled in.

    `facts` and `labels` are by topic: what happened, with the fields of the fact, and what such an event is called.
    `words` has the values of a field in words, `lists` what stands around those that are several, `optional` what
    stands around one that may be left out. `changes` has what a fact changed, for one phase and for several.
    """

    months: Sequence[str]
    thousands: str
    persons: tuple[str, str, str]  # none, one, more
    days: tuple[str, str]
    halves: tuple[str, str]
    conjunction: str
    facts: Mapping[str, str]
    labels: Mapping[str, str]
    words: Mapping[str, Mapping[Any, str]]
    lists: Mapping[str, str]
    optional: Mapping[str, str]
    phases: Mapping[str, str]
    changes: Mapping[str, tuple[str, str]]
    organisations: Mapping[str, str]  # by kind
    unknown_organisation: str
    happened: str
    changed: str
    on_another_day: str
    within: str
    over: str
    event: str
    unknown_event: str
    corrects: str
    void: str
    no_more: str
    corrected: str
    withdrawn: str
    said: str

    # What every language says in its own way.

    def day(self, on: date) -> str:
        """A day in words, like 21 November 2021."""
        return f"{on.day} {self.months[on.month - 1]} {on.year}"

    def number(self, count: int) -> str:
        """A number with its thousands apart."""
        return f"{count:,}".replace(",", self.thousands).replace("-", "−")

    def counted_persons(self, count: int) -> str:
        """So many persons."""
        none, one, many = self.persons
        return none if count == 0 else f"{self.number(count)} {one if abs(count) == 1 else many}"

    def counted_days(self, count: int) -> str:
        """So many days."""
        return f"{self.number(count)} {self.days[count != 1]}"

    def month(self, written: str) -> str:
        """A month in words, like October 2021."""
        year, month = written.split("-")
        return f"{self.months[int(month) - 1]} {year}"

    def half_year(self, period: Period) -> str:
        """A half-year in words."""
        return self.halves[period.half - 1].format(year=period.year)

    def joined(self, parts: Sequence[str]) -> str:
        """A, B and C."""
        return f" {self.conjunction} ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def sentence(entry: Entry, language: Language, names: Names) -> str:
    """One sentence that tells an event to whoever reads the history."""
    clauses = [
        language.happened.format(day=language.day(entry.event.effective_on), what=_fact(entry, language, names)),
        _changed(entry, language, names),
        _corrects(entry, language),
        language.void if entry.void and entry.in_force else "",
        _became(entry, language),
        _said(entry.event, language, names),
    ]
    return "; ".join(filter(None, clauses)) + "."


def _fact(entry: Entry, language: Language, names: Names) -> str:
    fact: Fact = entry.event.fact
    told = {
        field.name: _value(field, getattr(fact, field.name), language, names)
        for field in fields_of(type(fact))
        if not field.type.personal
    }
    if "withdraws" in told:
        told["withdraws"] = _event(entry.withdraws, told["withdraws"], language)
    for name in {"doubts", "doubt", "fine"} & told.keys():
        told[name] = _event(entry.about, told[name], language)
    return language.facts[fact.TOPIC].format(**told)


def _value(field: Field, value: Any, language: Language, names: Names) -> str:
    """The value of a field in words; nothing where it was left out."""
    told = _told(field, value, language, names)
    return language.optional[field.name].format(told) if told and field.name in language.optional else told


def _told(field: Field, value: Any, language: Language, names: Names) -> str:
    name = field.name
    if name in language.lists:
        several = language.joined([language.words[name][one] for one in value])
        return language.lists[name].format(several) if value else ""
    if value in language.words.get(name, ()):
        return language.words[name][value]
    match value:
        case None:
            return ""
        case int():
            return language.counted_persons(value) if field.type in _OF_PERSONS else language.number(value)
        case date():
            return language.day(value)
        case Period():
            return language.half_year(value)
        case str() if name == "month":
            return language.month(value)
        case tuple() if name == "homes":
            return language.joined([_homes(one, language) for one in value]) or language.number(0)
        case tuple():
            return language.joined([_part(one, language, names) for one in value])
        case Mapping():
            return language.joined([f"{age}: {language.number(count)}" for age, count in value.items()])
        case _:
            return names.place(value)


def _part(part: Transfer | TransferDecision, language: Language, names: Names) -> str:
    """What one municipality has to do with a transfer."""
    place = names.place(part.municipality)
    if isinstance(part, TransferDecision):
        return f"{place}, {language.day(part.on)}"
    return f"{place} {_signed(part.persons, language)}"


def _homes(homes: Homes, language: Language) -> str:
    """So many homes of one size."""
    adapted = language.words["adapted"][homes.adapted]
    return f"{language.number(homes.number)} × {homes.bedrooms}{adapted}"


def _signed(persons: int, language: Language) -> str:
    return ("+" if persons > 0 else "") + language.number(persons)


def _changed(entry: Entry, language: Language, names: Names) -> str:
    parts = list(_changes(entry, language, names))
    return language.changed.format(what=language.joined(parts)) if parts else ""


#: What is said of a phase that this happened to and that ended at once.
_AT_ONCE = {"phase-reopened": "phase-counted-anew", "phase-started": "phase-passed"}


def _changes(entry: Entry, language: Language, names: Names) -> Iterator[str]:
    """What a fact changed, the phases that fared alike together; what the fact says itself is not said again."""
    # A phase that reopens and ends at once is counted anew; one that starts and ends at once is told in one go.
    ended = {change.phase for change in entry.changes if change.kind == "phase-ended"}
    before = {one.phase: one.kind for one in entry.changes if one.kind in _AT_ONCE and one.phase in ended}
    told = [
        change._replace(kind=_AT_ONCE[before[change.phase]])
        if change.kind == "phase-ended" and change.phase in before
        else change
        for change in entry.changes
        if change.kind != "link-began" and before.get(change.phase) != change.kind
    ]
    for _, alike in groupby(told, key=_likeness):
        changes = list(alike)
        one, several = language.changes[_name(changes[0])]
        yield (one if len(changes) == 1 else several).format(**_details(changes, entry, language, names))


def _likeness(change: Change) -> tuple[object, ...]:
    """What those have in common that are told together: phases that fared alike, but every end by itself."""
    of_its_own = change.phase is None or change.days is not None
    return change.kind, change.on, (change.phase, change.municipality, change.persons) if of_its_own else None


def _name(change: Change) -> str:
    return "discounted" if change.kind == "counted" and (change.persons or 0) < 0 else change.kind


def _details(changes: Sequence[Change], entry: Entry, language: Language, names: Names) -> dict[str, str]:
    change = changes[0]
    place = change.counts_for if change.kind == "counted" and change.counts_for else change.municipality
    phases = [
        language.phases[one.phase].format(municipality=names.place(one.municipality or ""))
        for one in changes
        if one.phase is not None
    ]
    over = change.days_over or 0
    judged = language.over if over else language.within
    another = change.on != entry.event.effective_on
    began = {one.phase: one.on for one in entry.changes if one.kind == "phase-started"}.get(change.phase, change.on)
    return {
        "phases": language.joined(phases),
        "municipality": names.place(place or ""),
        "period": "" if change.period is None else language.half_year(change.period),
        "persons": language.counted_persons(abs(change.persons or 0)),
        "days": language.counted_days(change.days or 0),
        "judged": judged.format(over=language.counted_days(over), norm=language.counted_days(change.norm or 0)),
        "since": language.on_another_day.format(day=language.day(began)) if began != change.on else "",
        "then": language.on_another_day.format(day=language.day(change.on)) if another else "",
    }


def _corrects(entry: Entry, language: Language) -> str:
    named = entry.event.corrects
    return "" if named is None else language.corrects.format(event=_event(entry.corrects, named, language))


def _became(entry: Entry, language: Language) -> str:
    """By what it was corrected or withdrawn."""
    by = ((language.corrected, entry.corrected_by), (language.withdrawn, entry.withdrawn_by))
    parts = [
        how.format(event=_event(event, event.id, language), day=_recorded(event, language))
        for how, event in by
        if event is not None
    ]
    return language.no_more.format(why=language.joined(parts)) if parts else ""


def _event(event: Recorded | None, named: str, language: Language) -> str:
    """Another event of the journey, by what it is called, its day and its position; by its id if it is not there."""
    if event is None:
        return language.unknown_event.format(id=named)
    label = language.labels[event.fact.TOPIC]
    return language.event.format(label=label, day=language.day(event.effective_on), position=event.position)


def _said(event: Recorded, language: Language, names: Names) -> str:
    known = names.registry(event.recorded_by)
    who = language.unknown_organisation if known is None else language.organisations[known.kind]
    return language.said.format(
        who=who.format(name="" if known is None else known.name, oin=event.recorded_by),
        source=event.source,
        day=_recorded(event, language),
    )


def _recorded(event: Recorded, language: Language) -> str:
    """The calendar day on which it was recorded, in the Netherlands."""
    return language.day(event.recorded_at.astimezone(AMSTERDAM).date())
