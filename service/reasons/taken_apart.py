"""A figure taken apart: its parts as an auditor reads them, with the events that each rests on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from domain.places import Places
from domain.quota import PeriodFigures, quotas
from domain.reasons import Part, divisor
from domain.rounding import rounded
from projections.explanations import Explanation, OfFigure, OfGoal, OfJourney, OfMunicipality
from service.question import Question
from service.reasons.because import Journeys, Numbers


def taken_apart(question: Question, found: Explanation) -> list[dict[str, Any]]:
    """The parts as the answer has them, each with the events that it rests on."""
    numbers = Numbers(question.log, found.books.period, question.asked.valid_on)
    rows = [part for part in found.parts if isinstance(part, OfJourney)]
    behind = Journeys(question.log, {row.journey for row in rows}, question.asked.valid_on, question.places)
    told: list[dict[str, Any]] = []
    for part in found.parts:
        match part:
            case OfJourney():
                told.append(_counted(part, behind))
            case OfMunicipality(code, amount):
                told.append(
                    {"kind": "municipality", "amount": amount, "code": code, "name": question.places.name(code)}
                )
            case OfFigure(figure, amount):
                told.append({"kind": "figure", "amount": rounded(amount), "figure": figure})
            case OfGoal():
                told.append(_goal(part, numbers))
            case Part():
                told.append(_part(part, found, numbers, question.places))
    return told


def _counted(row: OfJourney, behind: Journeys) -> dict[str, Any]:
    return {
        # They take turns, and in what is left they count with their sign turned.
        "kind": "housed" if row.turn % 2 else "returned",
        "amount": row.amount,
        "journey": row.journey,
        "on": row.on,
        "municipality": row.municipality,
        "accommodation": row.accommodation,
        "events": behind.counted(row.journey, row.turn),
    }


def _goal(part: OfGoal, numbers: Numbers) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": "interim-goal", "amount": part.amount, "of": part.of}
    if part.openings is not None:
        told |= {"kind": "shared", "openingBalance": part.opening, "openingBalances": part.openings}
    return {**told, "events": numbers.number("interim-goal")}


def _part(part: Part, found: Explanation, numbers: Numbers, places: Places) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": part.kind, "amount": part.amount}
    if part.code is None:
        return {**told, "figure": part.figure}
    told |= {"of": part.of, "code": part.code, "name": places.name(part.code) if places.known(part.code) else None}
    books = found.books
    match part.kind:
        case "published":
            return {**told, "events": numbers.number("municipal", part.code)}
        case "recorded":
            return {**told, "events": numbers.number("opening", part.code)}
        case "transferred":
            line = part.line or 0
            return {**told, "on": books.said.transfers[line].on, "events": numbers.transfer(line)}
        case "counted":
            return {**told, "on": part.on, "events": numbers.counted(part.code, part.on)}
        case "carried":
            return {**told, "period": str(part.period), "figure": part.figure}
    inhabitants = places.inhabitants(books.period.year - 1, books.period.first)
    computed = quotas(books.period, PeriodFigures(books.said.national), places)
    return {
        **told,
        "method": "adams",
        "inhabitants": inhabitants[part.code],
        "national": books.said.national,
        "divisor": _decimal(divisor(computed, inhabitants)),
        "events": numbers.number("national"),
    }


def _decimal(divisor: Fraction | None) -> Decimal | int | None:
    """As it is: it was chosen with few decimals."""
    if divisor is None or divisor.denominator == 1:
        return None if divisor is None else divisor.numerator
    return Decimal(divisor.numerator) / Decimal(divisor.denominator)
