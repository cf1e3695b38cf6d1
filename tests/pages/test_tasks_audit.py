"""What an auditor comes to do, by clicks and keys alone: a figure as known on 31 December, and the events since."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_the_auditor_sees_the_figure_as_known_on_31_december_and_the_events_since(page: Page):
    page.goto("/?as=auditor")
    page.get_by_role("link", name="Controle").click()
    page.get_by_label("Peildatum").fill("2021-12-31")
    page.get_by_label("Bekend op", exact=True).fill("2021-12-31")
    page.locator("#times").get_by_role("button", name="Toon").click()
    expect(page.locator(".then-said")).to_contain_text("zoals bekend op 31\u00a0december 2021")
    place = page.get_by_label("Gebied")
    place.fill("Flevoland")
    place.press("Tab")
    expect(page.get_by_role("heading", name="Flevoland: resterend")).to_be_visible()
    expect(page.locator("#then")).to_have_text("8")
    expect(page.locator("#now")).to_have_text("6")
    expect(page.locator(".difference")).to_contain_text("−2 personen")

    page.get_by_role("link", name="Wat het veranderde").click()
    rows = page.get_by_role("region", name="Wat het sindsdien veranderde").locator("tbody tr")
    told = rows.all_inner_texts()
    for at in ("5\u00a0januari 2022", "12\u00a0januari 2022", "17\u00a0januari 2022", "21\u00a0februari 2022"):
        assert any(at in row for row in told), at
    page.get_by_role("link", name="Alles wat dit getal veranderde").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wat veranderde dit getal?")
    expect(page.locator("main")).to_contain_text("17\u00a0januari 2022")


def test_the_slider_moves_the_same_page_through_recorded_time_by_keys_and_says_what_moved(page: Page):
    page.goto("/controle?as=auditor&validOn=2021-12-31&period=2021-II&code=PV24&knownAt=2021-12-31")
    slider = page.get_by_label("schuif door de dagen")
    slider.focus()
    # On the fifth day the housing of person 5 was recorded.
    for _ in range(5):
        slider.press("ArrowRight")
    expect(page.locator("#moved-said")).to_have_text("1 getal veranderde")
    expect(page.locator("#then .has-moved")).to_have_text("7 (was 8)")
    assert page.evaluate("document.activeElement.type") == "range"
    assert "knownAt=2022-01-05" in page.url
    assert page.get_by_label("Bekend op", exact=True).input_value() == "2022-01-05"
    assert slider.get_attribute("aria-valuetext") == "5 januari 2022"
    expect(page.get_by_role("status").filter(has_text="1 getal veranderde")).to_have_count(1)
    # At the end stands all that is known now.
    slider.press("End")
    expect(page.locator(".now-said")).to_be_visible()
    assert "knownAt" not in page.url
    assert slider.get_attribute("aria-valuetext") == "alles wat nu bekend is"


def test_without_script_there_is_no_slider_and_the_button_moves_the_page(browser, pages_address: str):
    context = browser.new_context(base_url=pages_address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/controle?as=auditor&code=PV24&validOn=2021-12-31")
    expect(page.get_by_label("schuif door de dagen")).to_be_hidden()
    page.get_by_label("Bekend op", exact=True).fill("2021-12-31")
    page.locator("#times").get_by_role("button", name="Toon").click()
    expect(page.locator("#then")).to_have_text("8")
    expect(page.locator("#now")).to_have_text("6")
    context.close()


def test_what_is_supposed_is_computed_and_drawn_while_it_is_typed(page: Page):
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto("/wat-als?code=NL")
    before = page.locator(".outcome").inner_text()
    chart = page.locator("#provincies-grafiek")
    drawn, title = chart.locator(".chart-wide svg").inner_html(), chart.locator("figcaption").inner_text()
    total = page.get_by_label("totaal, dagen")
    total.fill("7")
    expect(page.locator(".outcome")).not_to_have_text(before)
    assert "total=7" in page.url
    assert page.evaluate("document.activeElement.name") == "total"
    # The same chart stands in the same place, drawn anew here: no drawing was sent.
    expect(chart.locator("figcaption")).not_to_have_text(title)
    assert chart.locator(".chart-wide svg").inner_html() != drawn
    assert complaints == []
