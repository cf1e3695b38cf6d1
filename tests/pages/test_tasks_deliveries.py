"""The integrator finds the fault of a refused event and the corrected form of it, by clicks alone."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from playwright.sync_api import Page

from tests.pages.history import corrected, refused


@pytest.fixture
def opened(page: Page) -> Page:
    """The event that Almere sent without its accommodation, as the integrator comes to it."""
    page.goto("/")
    page.get_by_role("link", name="Aanleveren").first.click()
    page.get_by_label("Organisatie").select_option(label="gemeente Almere")
    page.get_by_role("button", name="Toon").last.click()
    page.wait_for_url("**organisation=*")
    lacking = page.locator(".faults li", has_text="Een veld ontbreekt").filter(has_text="/data/accommodation")
    lacking.get_by_role("link").click()
    page.wait_for_url("**rejection=*")
    return page


def test_the_integrator_finds_the_fault_and_the_corrected_form(opened):
    first = refused()[0]
    assert opened.locator("#event-title").inner_text() == f"Geweigerde gebeurtenis {first['id']}"
    assert "← ontbreekt" in opened.locator(".event .lacking").inner_text()

    taken = opened.get_by_label("De gebeurtenis zoals zij wordt aangenomen")
    event = json.loads(re.sub(r" ← .*", "", taken.inner_text()))
    # It was put right two days later, by the same event but for its time.
    assert {**event, "time": ""} == {**corrected(), "time": ""}


def test_what_the_page_shows_is_taken(opened, pages_address):
    taken = opened.get_by_label("De gebeurtenis zoals zij wordt aangenomen")
    event = json.loads(re.sub(r" ← .*", "", taken.inner_text()))
    headers = {"Content-Type": "application/cloudevents+json"}
    answer = httpx.post(f"{pages_address}/v1/events", json=event, headers=headers)

    # It stands in the log already but for its time: not one fault is found in it.
    assert answer.status_code == 409, answer.text
    assert [one["code"] for one in answer.json()["errors"]] == ["conflict"]


def test_the_numbers_and_the_faults_are_seen_without_scrolling(page):
    page.goto("/aanleveren?organisation=00000099100000034000")
    for words in ("Vastgelegd", "Geweigerd", "Herhaald"):
        box = page.locator(".arrived dt", has_text=words).bounding_box()
        assert box is not None and box["y"] + box["height"] < 800
    box = page.locator(".faults li").nth(1).bounding_box()
    assert box is not None and box["y"] + box["height"] < 800
