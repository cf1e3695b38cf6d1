"""The script that draws charts in a browser comes from the service, once and for ever."""

from __future__ import annotations

import httpx
import pytest

from service.http.pages.static_files import CHART_SCRIPT


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_the_script_is_there_under_an_address_that_never_changes(pages_address, coding):
    answer = httpx.get(f"{pages_address}/{CHART_SCRIPT}", headers={"Accept-Encoding": coding}, timeout=60)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers.get("content-encoding", "identity") == coding
    assert "window.vegaEmbed=" in answer.text[-100:]


def test_another_address_of_it_is_not_there(pages_address):
    assert httpx.get(f"{pages_address}/{CHART_SCRIPT.replace('vega.', 'vega.0')}", timeout=60).status_code == 404
