"""A task by clicks alone: a municipal officer finds who waits longest for a home, and what they lack."""

from __future__ import annotations

import re

from playwright.sync_api import expect


def test_the_officer_finds_who_waits_longest_and_what_they_lack(page):
    page.goto("/?as=GM0034")
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name="Gemeenten").click()
    page.get_by_role("main").get_by_role("link", name="Almere", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Almere")

    waiting = page.get_by_role("region", name="Wie het langst op een woning wacht")
    expect(waiting).to_be_in_viewport(ratio=1)
    rows = [row.locator("td").all_inner_texts() for row in waiting.locator("tbody tr").all()]
    # Linked on 18 October 2021, 28 February and 27 June 2022; a home must be there within 70 days.
    assert rows == [
        ["255", "+185", "bankrekening, verblijfsdocument, besluit over nareis (2 personen)"],
        ["122", "+52", "bankrekening"],
        ["3", "nog 67", "BSN, identiteitsbewijs, bankrekening, verblijfsdocument"],
    ]

    waiting.locator("tbody tr").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/trajecten/[0-9a-f-]{36}\?as=GM0034$"))
    expect(page.get_by_role("main")).to_contain_text("18 oktober 2021")


def test_what_an_officer_must_know_of_next_week_is_seen_without_scrolling(page):
    page.goto("/gemeenten/GM0034?as=GM0034")
    headings = (
        "De taak in 2022-I",
        "Wie het langst op een woning wacht",
        "Wat er verloopt",
        "Wie er in twee maanden komt",
    )
    for heading in headings:
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_in_viewport(ratio=1)
    for region in headings[1:]:
        expect(page.get_by_role("region", name=region)).to_be_in_viewport(ratio=1)
    expect(page.locator(".the-task svg:visible")).to_be_in_viewport(ratio=1)


def test_persons_are_not_on_paper_for_a_council(page):
    page.goto("/gemeenten/GM0034?as=GM0034")
    journeys = page.locator("main a[href*='trajecten/']")
    assert journeys.count() >= 3
    page.emulate_media(media="print")
    assert [one for one in journeys.all() if one.is_visible()] == []
    expect(page.get_by_role("heading", name="Wat aan de gemeente zelf ligt")).to_be_visible()
