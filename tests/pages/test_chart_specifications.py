"""What stands in a chart and in the table under it follows from its rows, in the words of its language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.http.pages import palette
from service.http.pages.charts.chart import ChartWords
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
from service.http.pages.charts.specifications.frame import WIDE, apart, round_numbers
from service.http.pages.charts.specifications.frame import months as months_of
from service.http.pages.words import language
from tests.pages.charts import CHARTS, months_chart, pace_chart

DUTCH, ENGLISH = language("nl"), language("en")


@pytest.mark.parametrize("name", CHARTS)
def test_every_row_of_a_table_has_a_cell_for_every_head(name):
    chart = CHARTS[name]()
    assert chart.rows
    assert {len(row) for row in chart.rows} == {len(chart.words.heads)}
    assert all(all(row) for row in chart.rows)


@pytest.mark.parametrize("name", CHARTS)
def test_both_sizes_hold_the_same_words_but_for_what_there_is_no_room_for(name):
    chart = CHARTS[name]()
    assert chart.wide["width"] + sum(chart.wide["padding"][side] for side in ("left", "right")) == 640
    assert chart.narrow["width"] + sum(chart.narrow["padding"][side] for side in ("left", "right")) == 320


def test_a_chart_is_known_by_all_that_can_be_seen_or_heard_of_it():
    chart = pace_chart()
    assert chart.digest() == pace_chart().digest()
    others = [
        pace_chart(task=1),
        pace_chart("en"),
        months_chart(),
        chart._replace(words=chart.words._replace(title="Anders")),
        chart._replace(words=chart.words._replace(sentence="Anders.")),
    ]
    assert len({chart.digest(), *(other.digest() for other in others)}) == 6


def test_pace_goes_from_nothing_to_the_task_and_its_table_has_the_ends_of_months():
    chart = pace.chart(
        words("dag", "gehuisvest", "schema", "eerder"),
        DUTCH,
        begins=date(2026, 1, 1),
        ends=date(2026, 6, 30),
        task=1_800,
        housed=[(date(2026, 1, 15), 100), (date(2026, 2, 10), 1_250)],
        earlier=[(date(2025, 7, 1), 5), (date(2025, 12, 31), 1_640)],
    )
    assert rows_of(chart.wide, "line", at=0) == [{"day": 0, "persons": 0}, {"day": 180, "persons": 1_800}]
    # The half-year before has 184 days, and ends where this one does.
    assert rows_of(chart.wide, "line", at=1)[-1] == {"day": 180, "persons": 1_640}
    assert [tuple(row.values()) for row in rows_of(chart.wide, "line", at=2)] == [(0, 0), (14, 100), (40, 1_250)]
    assert chart.rows == (
        ("31\u00a0januari 2026", "100", "300", "5"),
        ("10\u00a0februari 2026", "1.250", "400", "5"),
        ("28\u00a0februari 2026", "–", "580", "5"),
        ("31\u00a0maart 2026", "–", "890", "5"),
        ("30\u00a0april 2026", "–", "1.190", "5"),
        ("31\u00a0mei 2026", "–", "1.500", "5"),
        ("30\u00a0juni 2026", "–", "1.800", "1.640"),
    )


def test_a_phase_without_journeys_has_no_bar_and_says_so_in_its_table():
    chart = phases.chart(
        words("fase", "groep", "helft", "negen van tien", "norm"),
        DUTCH,
        phases=[phases.Phase("Koppeling", "alleen", None, None, 14), phases.Phase("Koppeling", "gezin", 20, 31, None)],
        unit="dagen",
    )
    assert chart.rows == (("Koppeling", "alleen", "–", "–", "14"), ("Koppeling", "gezin", "20", "31", "–"))
    assert [row["median"] for row in rows_of(chart.wide, "rect", colour=palette.ACCENT)] == [20]
    assert [row["norm"] for row in rows_of(chart.wide, "rule", colour=palette.INK)] == [14]


def test_a_waterfall_begins_every_bar_where_the_last_one_ended():
    steps = [("Begin", -20, "total"), ("Taak", 120, "change"), ("Gehuisvest", -60, "change"), ("Over", 40, "total")]
    chart = waterfall.chart(
        words("stap", "personen"),
        ENGLISH,
        steps=[waterfall.Step(*step) for step in steps],  # type: ignore[arg-type]
    )
    bars = [(row["from"], row["to"], row["colour"]) for row in rows_of(chart.narrow, "rect")]
    assert bars == [
        (-20, 0, palette.ACCENT),
        (-20, 100, palette.EARLIER),
        (40, 100, palette.AHEAD),
        (0, 40, palette.ACCENT),
    ]
    assert chart.rows == (("Begin", "−20"), ("Taak", "+120"), ("Gehuisvest", "−60"), ("Over", "40"))


def test_who_waits_as_long_as_the_norm_or_longer_has_another_colour_and_both_are_counted():
    chart = queue.chart(
        words("weken", "personen"),
        DUTCH,
        weeks=[700, 600, 5, 0, 2],
        norm=2,
        within="binnen",
        over="langer",
        unit="weken",
    )
    bars = [(row["persons"], row["colour"]) for row in rows_of(chart.wide, "rect")]
    assert bars == [(700, palette.ACCENT), (600, palette.ACCENT), (5, palette.BEHIND), (2, palette.BEHIND)]
    assert {tuple(row["text"]) for row in texts(chart.wide) if isinstance(row["text"], list)} == {
        ("binnen", "1.300"),
        ("langer", "7"),
    }
    assert chart.rows == (("0–1", "700"), ("1–2", "600"), ("2–3", "5"), ("3–4", "0"), ("4+", "2"))


def test_what_is_expected_of_a_month_stands_upon_what_has_come():
    chart = months.chart(
        words("maand", "aangekomen", "verwacht"),
        DUTCH,
        months=[
            months.Month(date(2025, 12, 1), 1_200, None),
            months.Month(date(2026, 1, 1), 300, 500),
            months.Month(date(2026, 2, 1), None, 900),
        ],
    )
    columns = [(row["arrived"], row["persons"], row["text"]) for row in rows_of(chart.wide, "rect", at=0)]
    assert columns == [(1_200, 1_200, "1.200"), (300, 800, "800"), (0, 900, "900")]
    assert chart.rows == (
        ("december 2025", "1.200", "–"),
        ("januari 2026", "300", "500"),
        ("februari 2026", "–", "900"),
    )


def test_a_journey_shows_what_of_a_phase_was_longer_than_its_norm():
    chart = journey.chart(
        words("fase", "van", "tot", "duurde", "norm"),
        DUTCH,
        spans=[
            journey.Span("Koppeling", date(2026, 1, 1), date(2026, 1, 21), 14, "20 dagen"),
            journey.Span("Aanbod", date(2026, 1, 21), None, None, "10 dagen"),
        ],
        today=date(2026, 1, 31),
    )
    within = [(row["from"], row["to"]) for row in rows_of(chart.wide, "rect", colour=palette.ACCENT)]
    over = [(row["from"], row["to"]) for row in rows_of(chart.wide, "rect", colour=palette.BEHIND)]
    assert (within, over) == ([(0, 14), (20, 30)], [(14, 20)])
    assert chart.rows == (
        ("Koppeling", "1\u00a0januari 2026", "21\u00a0januari 2026", "20 dagen", "14"),
        ("Aanbod", "21\u00a0januari 2026", "–", "10 dagen", "–"),
    )


def test_days_of_an_earlier_stretch_are_taken_from_the_norm_of_a_phase():
    spans = [journey.Span("Aanbod", date(2026, 1, 1), date(2026, 1, 11), 14, "16 dagen", earlier=6)]
    chart = journey.chart(words("fase", "van", "tot", "duurde", "norm"), DUTCH, spans=spans, today=date(2026, 2, 1))
    within = [(row["from"], row["to"]) for row in rows_of(chart.wide, "rect", colour=palette.ACCENT)]
    over = [(row["from"], row["to"]) for row in rows_of(chart.wide, "rect", colour=palette.BEHIND)]
    assert (within, over) == ([(0, 8)], [(8, 10)])
    assert chart.rows == (("Aanbod", "1\u00a0januari 2026", "11\u00a0januari 2026", "16 dagen", "14"),)


def test_what_was_known_then_is_the_last_number_before_that_instant():
    known = [(datetime(2026, 1, day, 12, tzinfo=UTC), 1_000.0 + day) for day in (1, 8, 20)]
    chart = then_and_now.chart(
        words("bekend", "aantal"),
        DUTCH,
        known=known,
        then=datetime(2026, 1, 19, tzinfo=UTC),
        now=datetime(2026, 1, 31, 12, tzinfo=UTC),
    )
    said = {tuple(row["text"]) for row in texts(chart.wide)}
    assert said == {("19\u00a0jan\u00a02026", "1.008"), ("31\u00a0jan\u00a02026", "1.020")}
    assert [row["value"] for row in rows_of(chart.wide, "line")] == [1_001, 1_008, 1_020, 1_020]
    assert chart.rows[1] == ("8\u00a0januari 2026, 13:00", "1.008")


def test_every_province_is_drawn_on_the_same_scales():
    panels = [
        provinces.Panel("Drenthe", [(0.5, 0.25)], "behind", "25 %"),
        provinces.Panel("Utrecht", [(0.5, 0.5)], "pace", "50 %"),
    ]
    chart = provinces.chart(words("provincie", "gedaan", "schema"), DUTCH, panels=panels)
    heights: dict[int, list[float]] = {}
    for row in rows_of(chart.wide, "line"):
        heights.setdefault(row["one"], []).append(row["y"])
    # A panel is 76 high, and all of a task is as high as that.
    assert [places[0] - places[-1] for places in heights.values()] == [19, 38]
    assert chart.rows == (("Drenthe", "25 %", "50\u00a0%"), ("Utrecht", "50 %", "50\u00a0%"))


def test_what_if_tells_the_difference_with_its_sign():
    chart = what_if.chart(
        words("plaats", "nu", "straks", "verschil"),
        DUTCH,
        places=[what_if.Place("Drenthe", 1_000, 1_212), what_if.Place("Utrecht", 7, 7), what_if.Place("Zeeland", 9, 2)],
    )
    assert [row[3] for row in chart.rows] == ["+212", "0", "−7"]
    assert [row["text"] for row in texts(chart.wide)][:3] == ["+212", "0", "−7"]


@pytest.mark.parametrize(
    ("highest", "lowest", "found"),
    [
        (12_858, 0, [0, 5_000, 10_000]),
        (3, 0, [0, 1, 2, 3]),
        (0, 0, [0]),
        (100, 0, [0, 25, 50, 75, 100]),
        (99, 0, [0, 25, 50, 75]),
        (1_120, 940, [950, 1_000, 1_050, 1_100]),
        (20, -35, [-20, 0, 20]),
    ],
)
def test_an_axis_has_round_numbers_within_its_bounds(highest, lowest, found):
    assert round_numbers(highest, lowest) == found


def test_an_axis_of_shares_has_parts_of_one():
    assert round_numbers(1, whole=False) == [0, 0.5, 1]
    assert round_numbers(0.43, 0.31, whole=False) == [0.35, 0.4]
    assert round_numbers(0.0, whole=False) == [0]


def test_a_share_is_written_as_the_page_writes_it():
    chart = then_and_now.chart(
        words("bekend", "aandeel"),
        DUTCH,
        known=[(datetime(2026, 1, 1, tzinfo=UTC), 0.431), (datetime(2026, 1, 9, tzinfo=UTC), 0.5)],
        then=datetime(2026, 1, 3, tzinfo=UTC),
        now=datetime(2026, 1, 20, tzinfo=UTC),
        write=lambda value: DUTCH.measure(value, "share"),
    )
    assert [row[1] for row in chart.rows] == ["43,1\u00a0%", "50,0\u00a0%"]
    assert {row["text"][1] for row in texts(chart.wide)} == {"43,1\u00a0%", "50,0\u00a0%"}


def test_labels_are_moved_apart_no_more_than_needed():
    assert apart([10, 50], 20, 0, 100) == [10, 50]
    assert apart([50, 45], 20, 0, 100) == [65, 45]
    assert apart([95, 98], 20, 0, 100) == [80, 100]
    assert apart([1, 2, 3], 10, 0, 15) == [0, 5, 15]
    assert apart([], 10, 0, 15) == []


def test_months_stand_as_close_as_there_is_room_and_a_january_has_its_year():
    begins, ends = date(2025, 10, 15), date(2026, 3, 20)
    assert months_of(begins, ends, DUTCH, 9) == [
        (17, "nov"),
        (47, "dec"),
        (78, ["jan", "2026"]),
        (109, "feb"),
        (137, "mrt"),
    ]
    assert [word for _, word in months_of(begins, ends, ENGLISH, 3)] == ["Nov", ["Jan", "2026"], "Mar"]
    assert WIDE.width_of("abc", bold=True) > WIDE.width_of("abc")


def words(*heads: str) -> ChartWords:
    return ChartWords("Titel", "Zin.", heads)


def layers(specification: dict[str, Any]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The marks and rows of every layer, the lowest first."""
    found = []
    for layer in specification["layer"]:
        mark = layer["mark"] if isinstance(layer["mark"], dict) else {"type": layer["mark"]}
        found.append((mark, layer["data"]["values"]))
    return found


def rows_of(specification: dict[str, Any], kind: str, at: int = 0, colour: str | None = None) -> list[dict[str, Any]]:
    """The rows of one layer of a kind of mark."""
    fit = [rows for mark, rows in layers(specification) if mark["type"] == kind and colour in {None, mark.get("color")}]
    return fit[at]


def texts(specification: dict[str, Any]) -> list[dict[str, Any]]:
    """What is written beside something, without the rims."""
    return [
        row
        for mark, rows in layers(specification)
        if mark["type"] == "text" and "stroke" not in mark
        for row in rows
        if "colour" in row
    ]
