"""Two tasks, from the first page on and by clicks alone: an analyst's and a provincial supervisor's."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

MONTHS = ("september 2021", "oktober 2021")
#: Of a file as Chromium writes it: one for each sheet.
_PAGES = re.compile(rb"/Type\s*/Page\b")


def row_of(page: Page, name: str, caption: str) -> Locator:
    """The row of a table that begins with this name, within the region or the table that is called so."""
    region = page.get_by_role("region", name=caption)
    return region.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))


def test_the_analyst_finds_why_the_backlog_of_a_province_grew_in_october(page):
    page.goto("/")
    page.get_by_role("navigation", name="Halfjaar").get_by_role("link", name="2021-II").click()
    row_of(page, "Flevoland", "Provincies").get_by_role("link", name="Flevoland").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Flevoland")
    months = "Achterstand per maand"
    cells = [row_of(page, month, months).locator(".number").all_inner_texts() for month in MONTHS]
    assert cells == [["14", "7", "7"], ["16", "5", "11"]]

    # In which municipalities: of Lelystad more was asked, and two who were housed came back.
    row_of(page, "oktober 2021", months).get_by_role("link", name="oktober 2021", exact=True).click()
    where = "Gemeenten in oktober 2021"
    told = {name: row_of(page, name, where).locator(".number").all_inner_texts() for name in ("Lelystad", "Almere")}
    assert told == {"Lelystad": ["3", "5", "1", "0", "2", "5"], "Almere": ["6", "6", "3", "2", "3", "4"]}

    # And by which events.
    row_of(page, "oktober 2021", months).get_by_role("link", name=re.compile("wat veranderde")).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("12 oktober 2021")
    for on in ("5 oktober 2021", "19 oktober 2021"):
        expect(main).to_contain_text(on)


def test_the_supervisor_prints_the_page_of_a_municipality_that_is_one_short(page):
    page.goto("/")
    row_of(page, "Flevoland", "Provincies").get_by_role("link", name="Flevoland").click()
    judged = page.get_by_role("region", name="Gemeenten, wie het meest zelf kan doen eerst")
    rows = {row.get_by_role("rowheader").inner_text(): row for row in judged.locator("tbody tr").all()}
    short = [name for name, row in rows.items() if row.locator("[href*='column=gross']").inner_text() == "1"]
    assert short == ["Dronten"]
    told = rows["Dronten"].locator(".number").all_inner_texts()
    # One of its own, within a margin of one, of one left; 2 of 3 housed; on rung 1, on which it would stay.
    assert told[:3] == ["1", "1", "1"] and told[6:8] == ["2", "3"] and told[-2:] == ["1", "1"]
    expect(rows["Dronten"]).to_contain_text("oranje 2 van 3")
    expect(rows["Dronten"]).to_contain_text("1 15 feb 2022")

    rows["Dronten"].get_by_role("link", name="Dronten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dronten")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Hoofdmenu")).to_be_hidden()
    main = page.get_by_role("main")
    expect(main).to_contain_text("30 juni 2022")
    # Somebody who reads it on paper sees the task, and when and by what was known that is said.
    assert {"column=task", "column=realised", "column=remaining"} <= {
        found
        for one in main.locator("a.number:visible").all()
        if (found := (one.get_attribute("href") or "").split("&")[-1])
    }
    assert len(_PAGES.findall(page.pdf(format="A4", prefer_css_page_size=True))) <= 2
