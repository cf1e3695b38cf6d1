"""The page of what-if: what it supposes is answered by the API's tables as they are and as they would be."""

from __future__ import annotations

import re
from html import unescape

from tests.api.service_under_test import Service
from tests.pages.history import ALMERE, DRONTEN, LAST_DAY

_NORM = {"linking": "14", "housing": "35", "departure": "14", "total": "63", "totalStarts": "link"}
_WRITTEN = "14,35,14,63,link"


def html(service: Service, **asked: str) -> str:
    answer = service.get("/wat-als", **asked)
    assert answer.status_code == 200
    return answer.text


def shown(service: Service, **asked: str) -> str:
    """The text of the page without its tags, each run of white space one space."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html(service, **asked))))


def beside(page: str, label: str) -> list[str]:
    """What stands beside a figure: as it is, as it would be."""
    row = re.search(rf"<tr><th scope=\"row\">{re.escape(label)}.*?</tr>", page, re.DOTALL)
    assert row, label
    return re.findall(r'data-value="([^"]*)"', row[0])


def rows(service: Service, name: str, **asked: str) -> dict[tuple[str, str], dict[str, object]]:
    items = service.told(f"/v1/figures/{name}", validOn=LAST_DAY, **asked)["items"]
    return {(one["code"], one.get("phase", "")): one for one in items}


def test_another_norm_says_who_waits_too_long_by_it_as_the_api_does(told):
    page = html(told, **_NORM)
    before = rows(told, "waiting")["NL", "total"]["overNorm"]
    after = rows(told, "waiting", normSet=_WRITTEN)["NL", "total"]["overNorm"]
    assert before != after
    assert beside(page, "Wacht te lang: totaal") == [str(before), str(after)]
    told_in_words = shown(told, **_NORM)
    assert f"{after} personen wachten langer dan de norm in plaats van {before}" in told_in_words


def test_it_is_told_for_one_municipality(told):
    page = html(told, **_NORM, code="Almere")
    before = rows(told, "waiting", groupBy="municipality")[ALMERE, "housing"]["overNorm"]
    after = rows(told, "waiting", groupBy="municipality", normSet=_WRITTEN)[ALMERE, "housing"]["overNorm"]
    assert beside(page, "Wacht te lang: huisvesten") == [str(before), str(after)]


def test_it_begins_with_a_norm_that_is_known(told):
    assert 'name="totalStarts"' in html(told) and '<option value="link" selected>' in html(told)


def test_another_number_is_divided_by_another_method_as_the_api_does(told):
    asked = {"vraag": "taakstelling", "persons": "20000", "method": "ceiling", "code": ALMERE}
    page = html(told, **asked)
    published = rows(told, "realisation", period="2022-I", groupBy="municipality")[ALMERE, ""]["quota"]
    question = {"period": "2022-I", "persons": "20000", "method": "ceiling", "groupBy": "municipality"}
    computed = rows(told, "quota-methods", **question)[ALMERE, ""]["computed"]
    assert published == 4
    assert beside(page, "Taakstelling") == ["4", str(computed)]


def test_other_margins_say_which_municipalities_would_have_another_light(told):
    asked = {"period": "2022-I", "groupBy": "municipality"}
    before, after = rows(told, "supervision", **asked), rows(told, "supervision", **asked, marginPersons="3")
    differ = [code for code in before if any(before[code][name] != after[code][name] for name in ("light", "proposed"))]
    page = shown(told, vraag="toezicht", marginPersons="3")
    assert f"Van {len(differ)} gemeente" in page
    assert beside(html(told, vraag="toezicht", marginPersons="3", code=DRONTEN), "Marge") == ["1", "3"]


def test_margins_as_they_are_change_nothing(told):
    page = shown(told, vraag="toezicht", marginPersons="1")
    assert "Van geen gemeente zou het licht of de voorgestelde trede anders zijn." in page


def test_who_gets_rounded_numbers_is_told_in_what_steps_to_suppose(told):
    page = shown(told, **{**_NORM, "linking": "13", "as": "public"})
    assert "Dit is te fijn voor afgeronde cijfers" in page and "alleen veelvouden van 7 dagen" in page
    assert "Wacht te lang: totaal" in shown(told, **_NORM, **{"as": "public"})


def test_what_cannot_be_a_norm_is_told_and_the_form_stays(told):
    page = html(told, **{**_NORM, "linking": "veel"})
    assert "De vraag klopt niet" in page and 'value="veel"' in page


def test_nothing_is_stored(told):
    before = told.position()
    for question in ("norm", "taakstelling", "toezicht"):
        assert "Niets hiervan wordt bewaard" in shown(told, vraag=question, persons="1")
    assert told.position() == before


def test_before_anything_is_recorded_there_is_nothing_to_compare(empty):
    for question in ("norm", "taakstelling", "toezicht"):
        assert empty.get("/wat-als", vraag=question).status_code == 200
