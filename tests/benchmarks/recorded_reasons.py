"""Reasons as they were told before figures were declared tables, and what is told of the same cells now.

A recorded reason is the question that was asked of an address that is gone (`/v1/realisation/_explanation`,
`/v1/norm-phases/_explanation`, `/v1/changes`) and what mattered of its answer: of an explanation the value, the sum of
what adds up and the positions of all events told; of a change report the same for every row that moved. The same cell
is asked of `/v1/figures/{figure}/_explanation` and `_changes`: it must have the same value, parts that come to it, and
the same events; of a change report those of journeys and half-years that come to something, since who came and went in
between is no part that differs. Sums over municipalities were told by municipality, and figures worked out from others
by those, both without events: they are told down to journeys now, so there may be more events, and no fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.benchmarks.recorded_service import Answering

Line = dict[str, Any]

_GOALS = {"interimGoal.reduction": "goalReduction", "interimGoal.goal": "goal", "interimGoal.above": "aboveGoal"}
#: What was worked out from other figures of the row.
_WORKED_OUT = frozenset({"percentage", "pace", "ahead"})
_DEFAULT_CODE = "NL"


def told(url: str, body: dict[str, Any]) -> Line:
    """What matters of a recorded answer, all its pages put together."""
    if url.startswith("/v1/changes"):
        rows = {item["code"]: {**item, "sum": 0, "events": []} for item in body["items"]}
        moved: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for change in body["changes"]:
            event, code = change["event"], change["code"]
            rows[code]["sum"] += change["amount"]
            whose = event["journey"] or event["period"] or "reference"
            moved.setdefault((code, whose), []).append((event["position"], change["amount"]))
        for (code, _), some in moved.items():
            if sum(amount for _, amount in some):
                rows[code]["events"] += [position for position, _ in some]
        told = [{**rows[code], "events": sorted({*rows[code]["events"]})} for code in sorted(rows)]
        return {"rows": [row for row in told if row["events"]]}
    parts = body["parts" if "parts" in body else "journeys"]
    events = sorted({event["position"] for part in parts for event in part.get("events", ())})
    found = {"value": body["value"], "events": events}
    if "journeys" in body:
        return {**found, "count": body["count"], "sum": body["sum"], "within": body["within"]}
    return {**found, "adds": body["adds"]}


def differences(line: Line, service: Answering) -> Iterator[str]:
    """In what the answer of today differs from a recorded reason."""
    asked = dict(parse_qsl(urlsplit(line["reason"]).query))
    asked.pop("limit", None)
    match urlsplit(line["reason"]).path:
        case "/v1/realisation/_explanation":
            yield from _of_realisation(line["told"], asked, service)
        case "/v1/norm-phases/_explanation":
            yield from _of_norm_phases(line["told"], asked, service)
        case _:
            yield from _of_changes(line["told"], asked, service)


def _of_realisation(was: Line, asked: dict[str, str], service: Answering) -> Iterator[str]:
    column, code = _column(asked.pop("figure")), _code(asked)
    cell, parts = _whole(
        service, f"/v1/figures/realisation/_explanation?{urlencode({**asked, **code, 'column': column})}"
    )
    yield from _unequal("value", was["value"], cell["value"])
    if cell["value"] is not None:
        if column in _WORKED_OUT:
            above, below = (sum(part[side] for part in parts) for side in ("numerator", "denominator"))
            yield from _unequal("ratio", round(cell["value"], 2), round(above / below + 1e-9, 2))
        else:
            yield from _unequal("sum", cell["value"], sum(part["adds"] for part in parts))
    of_one = code["code"].startswith("GM") and column not in _WORKED_OUT
    yield from _events(was["events"], parts, exactly=of_one)


def _of_norm_phases(was: Line, asked: dict[str, str], service: Answering) -> Iterator[str]:
    phase, figure = asked.pop("phase", ""), asked.pop("figure")
    which, _, name = figure.partition(".")
    column = figure if not name else f"{phase}{which.capitalize()}{name[0].upper()}{name[1:]}"
    code = _code(asked)
    url = f"/v1/figures/norm-phases/_explanation?{urlencode({**asked, **code, 'column': column})}"
    cell, parts = _whole(service, url)
    if cell is None:
        yield from _unequal("value", was["value"] or None, None)
        return
    yield from _unequal("value", was["value"], cell["value"])
    yield from _unequal("count", was["count"], len(parts))
    if name in ("mean", "median", "p90"):
        yield from _unequal("sum", was["sum"], sum(part["value"] for part in parts))
    elif name == "withinNorm":
        yield from _unequal("within", was["within"], sum(part["numerator"] for part in parts))
    else:
        yield from _unequal("sum", cell["value"], sum(part["adds"] for part in parts))
    yield from _events(was["events"], parts, exactly=True)


def _of_changes(was: Line, asked: dict[str, str], service: Answering) -> Iterator[str]:
    column = asked.pop("figure").replace("realisation", "realised")
    asked = {name: value for name, value in asked.items() if name not in ("groupBy", "municipality")}
    for row in was["rows"]:
        url = f"/v1/figures/realisation/_changes?{urlencode({**asked, 'code': row['code'], 'column': column})}"
        body, parts = _whole(service, url, of_changes=True)
        if body["cell"]["code"] != row["code"]:
            # A municipality that was merged in between is answered for by its successor, which has a row of its own.
            continue
        for name in ("then", "now", "difference"):
            yield from _unequal(f"{row['code']} {name}", row[name], body[name])
        yield from _unequal(f"{row['code']} sum", row["difference"], sum(part["adds"] for part in parts))
        yield from _events(row["events"], parts, exactly=False)


def _whole(service: Answering, url: str, *, of_changes: bool = False) -> tuple[Any, list[Any]]:
    """The cell of an answer, or all of a change report, and the parts on all its pages; None for a row not there."""
    answer = service.ask(f"{url}&limit=1000")
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None, []
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"{url} answers {answer.status_code}: {answer.text}")
    body: Any = answer.json()
    parts = list(body["parts"])
    while "next" in answer.links:
        answer = service.ask(answer.links["next"]["url"])
        parts += answer.json()["parts"]
    return (body if of_changes else body["cell"]), parts


def _column(figure: str) -> str:
    outer, _, kind = figure.partition(".")
    if outer == "realisedByAccommodation":
        return f"realised{''.join(word.capitalize() for word in kind.split('-'))}"
    return _GOALS.get(figure, figure)


def _code(asked: dict[str, str]) -> dict[str, str]:
    codes = [asked.pop(name) for name in ("municipality", "province") if name in asked]
    return {"code": codes[0] if codes else _DEFAULT_CODE}


def _events(was: list[int], parts: list[Any], *, exactly: bool) -> Iterator[str]:
    now = {event["position"] for part in parts for event in part["events"]}
    if lacking := sorted(set(was) - now):
        yield f"events no longer told: {lacking[:9]} of {len(was)}"
    if exactly and (more := sorted(now - set(was))):
        yield f"events told besides: {more[:9]}, {len(more)} in all"


def _unequal(what: str, was: Any, now: Any) -> Iterator[str]:
    if was != now:
        yield f"{what} was {was}, is {now}"
