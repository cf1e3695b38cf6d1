"""One of every chart there is, as pages make them: for tests of all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from service.http.pages.charts.chart import Chart, ChartWords
from service.http.pages.charts.specifications import (
    journey,
    months,
    pace,
    phases,
    provinces,
    queue,
    then_and_now,
    waterfall,
    what_if,
)
from service.http.pages.words import LanguageCode, language

PROVINCES = (
    "Groningen",
    "Fryslân",
    "Drenthe",
    "Overijssel",
    "Flevoland",
    "Gelderland",
    "Utrecht",
    "Noord-Holland",
    "Zuid-Holland",
    "Zeeland",
    "Noord-Brabant",
    "Limburg",
)


def words(title: str, *heads: str) -> ChartWords:
    return ChartWords(title, f"{title}; < & > \" '.", heads)


def pace_chart(code: LanguageCode = "nl", task: int = 12_858, days: int = 106) -> Chart:
    return pace.chart(
        words("Sinds april onder het schema", "Dag", "Gehuisvest", "Schema", "Vorig halfjaar"),
        language(code),
        begins=date(2026, 1, 1),
        ends=date(2026, 6, 30),
        task=task,
        housed=[(date(2026, 1, 1) + timedelta(days=day), 51 * day) for day in range(days + 1)],
        earlier=[(date(2025, 7, 1) + timedelta(days=day), 61 * day) for day in range(184)],
    )


def phases_chart() -> Chart:
    return phases.chart(
        words("Koppelen duurt te lang", "Fase", "Groep", "Helft binnen", "90% binnen", "Norm"),
        language("nl"),
        phases=[
            phases.Phase("Vergunning tot koppeling", "alleen", 11, 31, 14),
            phases.Phase("Vergunning tot koppeling", "met gezin", 18, 49, 14),
            phases.Phase("Koppeling tot woning", "alleen", 61, 140, 70),
            phases.Phase("Koppeling tot woning", "met gezin", 92, None, None),
            phases.Phase("Hele traject", "alleen", None, None, 98),
        ],
        unit="dagen",
    )


def waterfall_chart(opening: int = 180) -> Chart:
    return waterfall.chart(
        words("Nog 217 te huisvesten", "Stap", "Personen"),
        language("nl"),
        steps=[
            waterfall.Step("Achterstand bij het begin", opening, "total"),
            waterfall.Step("Taakstelling", 402),
            waterfall.Step("Gehuisvest", -365),
            waterfall.Step("Nog te huisvesten", opening + 37, "total"),
        ],
    )


def queue_chart() -> Chart:
    return queue.chart(
        words("Een op de vijf wacht te lang", "Weken", "Personen"),
        language("nl"),
        weeks=[900 - 28 * week for week in range(30)] + [412],
        norm=14,
        within="Binnen de norm",
        over="Langer dan 14 weken",
        unit="weken",
    )


def provinces_chart() -> Chart:
    return provinces.chart(
        words("Vijf provincies lopen achter", "Provincie", "Gedaan", "Schema"),
        language("nl"),
        panels=[
            provinces.Panel(
                name,
                [(0.022 * week, 0.022 * week * (0.6 + at / 15)) for week in range(27)],
                ("behind", "pace", "ahead")[at % 3],
                f"{30 + at}\u00a0%",
            )
            for at, name in enumerate(PROVINCES)
        ],
    )


def months_chart(count: int = 9) -> Chart:
    begins = [date(2025 + (9 + at) // 12, (9 + at) % 12 + 1, 1) for at in range(count)]
    return months.chart(
        words("In april komen er meer dan in een jaar", "Maand", "Aangekomen", "Verwacht"),
        language("nl"),
        months=[
            months.Month(day, 800 + 90 * at if at < 7 else None, 1_000 + 20 * at if at >= 6 else None)
            for at, day in enumerate(begins)
        ],
    )


def journey_chart() -> Chart:
    return journey.chart(
        words("Een fase duurde te lang", "Fase", "Van", "Tot", "Duurde", "Norm"),
        language("nl"),
        spans=[
            journey.Span("Vergunning tot koppeling", date(2025, 9, 3), date(2025, 9, 29), 14, "3 weken en 5 dagen"),
            journey.Span("Koppeling tot aanbod", date(2025, 9, 29), date(2025, 9, 29), 56, "0 dagen"),
            journey.Span("Aanbod tot verhuizing", date(2025, 9, 29), None, None, "23 weken, loopt nog"),
        ],
        today=date(2026, 3, 9),
    )


def then_and_now_chart(then: datetime = datetime(2026, 2, 10, 12, tzinfo=UTC)) -> Chart:
    return then_and_now.chart(
        words("In februari waren het er 60 minder", "Bekend vanaf", "Wachtenden"),
        language("nl"),
        known=[(datetime(2025, 11, 3, 9, tzinfo=UTC) + timedelta(days=9 * at), 980 + 7 * at) for at in range(18)],
        then=then,
        now=datetime(2026, 4, 17, 12, tzinfo=UTC),
    )


def what_if_chart() -> Chart:
    return what_if.chart(
        words("Groningen zou er 212 meer huisvesten", "Provincie", "Nu", "Volgens Adams", "Verschil"),
        language("nl"),
        places=[
            what_if.Place(name, 250 + 200 * at, 250 + 200 * at + (212, -130, 0)[at % 3])
            for at, name in enumerate(PROVINCES)
        ],
    )


CHARTS: dict[str, Callable[[], Chart]] = {
    "pace": pace_chart,
    "phases": phases_chart,
    "waterfall": waterfall_chart,
    "queue": queue_chart,
    "provinces": provinces_chart,
    "months": months_chart,
    "journey": journey_chart,
    "then and now": then_and_now_chart,
    "what if": what_if_chart,
}
