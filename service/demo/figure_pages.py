"""A page for every table of figures: what it says, who may see it, how it is asked, and what it answers.

All but the answers comes from the catalogue; they are those of the service itself, to a little history that anybody
can load.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from domain.totals import GroupBy
from service.access.caller import ROLES, Role
from service.access.rules import RULES, Extent
from service.demo.small_service import Ask, answering
from service.queries.figure_tables import FIGURES_ADDRESS, DeclaredColumn, DeclaredParameter, DeclaredTable

#: The history that the answers are of, beside the pages, and the instant at which they were given.
HISTORY = "history.ndjson"
_ASKED_AT = datetime(2022, 9, 15, 10, 0, tzinfo=UTC)
_VALID_ON = "2022-06-30"
#: A value for every parameter that must be there, and for a window that need not.
_GIVEN = {"period": "2022-I", "from": "2022-01-01", "to": "2022-06-30"}
#: The rows that a page shows: of a municipality, or where a table has none, of its province, or of the country.
_SHOWN = {"municipality": "GM0344", "province": "PV26", "country": "NL"}
_FINEST: Sequence[str] = tuple(_SHOWN)
#: How far a role may read a table, and the parts of a cell.
_ROWS: Mapping[Extent, str] = {"exact": "exactly", "own": "their own exactly, others rounded", "rounded": "rounded"}
_PARTS: Mapping[Extent, str] = {
    "all": "everything",
    "own": "their own",
    "masked": "without what tells who somebody is",
    "exact": "everything",
}
#: The rows that are a role's own.
_OWN_ROWS: Mapping[Role, frozenset[GroupBy]] = {
    "municipality": frozenset({"municipality"}),
    "province": frozenset({"municipality", "province"}),
}

_INDEX = """\
# Tables of figures

Made by `ketenspoor figures` from the declarations of the tables; a test compares. Every page has the definition of a
table, who may see it, how it is asked, what its columns are, and an answer of the service. What it answers to is
[a little history](history.ndjson) of made-up persons in and around Utrecht, with numbers so small that each can be
found back in it. To ask it yourself, in two terminals:

```
export KETENSPOOR_DATABASE_URL=sqlite:///little.db KETENSPOOR_CLOCK=sender
.venv/bin/ketenspoor migrate
.venv/bin/ketenspoor serve

.venv/bin/ketenspoor import docs/figures/history.ndjson
```

Who gets rounded numbers is told a judgement, such as a light, as it follows from those, and not from the exact ones.

`Q` and a number are the questions of the chain that a table answers.
"""
_WHY = """\
Why a cell is so, with its parts and the events behind them, and why it changed between two moments, is told at the same
address followed by `/_explanation` and `/_changes`, with the `code` of the row, the `column` and every dimension.
Every answer is to be had as CSV, XLSX and Parquet with `format=` or `Accept`.
"""


def pages(history: bytes) -> dict[str, str]:
    """Every page by the name of its file, the index first; DemonstrationFailed where the history is refused."""
    with answering(history, _ASKED_AT) as ask:
        tables: list[DeclaredTable] = ask(FIGURES_ADDRESS)["items"]
        return {
            "README.md": "\n".join(_index(tables)),
            **{f"{one['figure']}.md": "\n".join(_page(one, ask)) for one in tables},
        }


def request_of(table: DeclaredTable) -> str:
    """The request that the page of a table shows the answer to."""
    given = {one["name"]: _GIVEN[one["name"]] for one in table["parameters"] if one["name"] in _GIVEN}
    return f"{table['href']}?{urlencode({**given, 'groupBy': _rows_shown(table), 'validOn': _VALID_ON})}"


def shown(table: DeclaredTable, answered: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with the rows that its page shows: those that are of one place, or that name it."""
    place = _SHOWN[_rows_shown(table)]
    return {**answered, "items": [row for row in answered["items"] if place in row.values()]}


def _rows_shown(table: DeclaredTable) -> str:
    return next(name for name in _FINEST if name in table["groupBy"])


def _index(tables: Iterable[DeclaredTable]) -> Iterator[str]:
    yield _INDEX
    rows = [
        (f"[{one['figure']}]({one['figure']}.md)", one["title"]["en"], one["title"]["nl"], ", ".join(one["questions"]))
        for one in tables
    ]
    yield from _table(("Table", "Title", "Titel", "Questions"), rows)
    yield ""


def _page(table: DeclaredTable, ask: Ask) -> Iterator[str]:
    request = request_of(table)
    answered = ask(request)
    part = shown(table, answered)
    yield f"# {table['title']['en']}"
    yield ""
    version, questions = table["version"], ", ".join(table["questions"])
    yield f"*{table['title']['nl']}* · `{table['figure']}`, version {version} · {questions}"
    yield ""
    yield table["definition"]["en"]
    yield ""
    yield f"> {table['definition']['nl']}"
    yield ""
    yield f"What counts: {table['counts']['en']} *{table['counts']['nl']}*"
    yield ""
    yield from _readers(table)
    yield from _request(table)
    yield from _columns(table)
    yield "## An answer"
    yield ""
    yield f"To [{HISTORY}]({HISTORY}): `GET {request}`"
    yield ""
    if (rows := len(answered["items"])) > len(part["items"]):
        yield f"Of its {rows} rows those of {_SHOWN[_rows_shown(table)]}."
        yield ""
    yield "```json"
    yield json.dumps(part, indent=2, ensure_ascii=False)
    yield "```"
    yield ""
    yield _WHY


def _readers(table: DeclaredTable) -> Iterator[str]:
    """Who may see its rows, and how, and who may see why."""
    yield "## Who may see it"
    yield ""
    name = table["figure"].replace("-", "_")
    for what, rule, words in (
        ("The table", f"read_figure_{name}", _ROWS),
        ("Why a cell is so", f"explain_figure_{name}", _PARTS),
    ):
        by_extent: dict[Extent, list[str]] = {}
        for role in ROLES:
            if (extent := _extent(table, rule, role)) is not None:
                by_extent.setdefault(extent, []).append(role)
        everybody = by_extent.get("exact", []) == [*ROLES]
        readers = "; ".join(f"{', '.join(roles)}: {words[extent]}" for extent, roles in by_extent.items())
        yield f"- {what}: {'everybody, exactly' if everybody else readers}."
    yield ""


def _extent(table: DeclaredTable, rule: str, role: Role) -> Extent | None:
    """How far a role gets with a table that perhaps has no row of its own: then the parts of its own are none."""
    extent = RULES[rule].extents.get(role)
    if extent != "own" or not _OWN_ROWS[role].isdisjoint(table["groupBy"]):
        return extent
    return "rounded" if rule.startswith("read_") else None


def is_page(name: str, text: str) -> bool:
    """Whether a file of this name and text was written as the page of a table, be it of one that is no more."""
    return f" · `{name.removesuffix('.md')}`, version " in text


def _request(table: DeclaredTable) -> Iterator[str]:
    """The address, and the parameters that are its own."""
    yield "## Request"
    yield ""
    yield f"`GET {table['href']}`, with `groupBy` {_listed(table['groupBy'])} (the first where none is given), and the"
    yield "times of the question `validOn`, `knownAt` or `atPosition`. " + (
        "All rows are kept." if table["allRows"] else "Rows of nothing but zeros are left out."
    )
    yield ""
    if table["parameters"]:
        rows = [
            (f"`{one['name']}`", one["kind"], _default(one), one["description"]["en"], one["description"]["nl"])
            for one in table["parameters"]
        ]
        yield from _table(("Parameter", "Kind", "Default", "What it is", "Wat het is"), rows)
        yield ""


def _default(parameter: DeclaredParameter) -> str:
    if parameter["required"]:
        return "required"
    return "" if parameter["default"] is None else f"`{parameter['default']}`"


def _columns(table: DeclaredTable) -> Iterator[str]:
    """Its dimensions and columns, after the code and the name of the municipality, province or country."""
    yield "## Columns"
    yield ""
    rows = [
        (f"`{one['name']}`", one["label"]["en"], one["label"]["nl"], f"dimension{_values(one['values'])}")
        for one in table["dimensions"]
    ]
    rows += [
        (f"`{one['name']}`", one["label"]["en"], one["label"]["nl"], f"{_unit(one)}{_only(one, table)}")
        for one in table["columns"]
    ]
    yield from _table(("Column", "Label", "Naam", "What it is"), rows)
    yield ""


def _unit(column: DeclaredColumn) -> str:
    """What it measures, and to how many decimals it is written."""
    return f"{column['unit']}, {column['decimals']} decimals" if column["decimals"] else column["unit"]


def _values(values: Sequence[str]) -> str:
    return f": {_listed(values)}" if values else ""


def _only(column: DeclaredColumn, table: DeclaredTable) -> str:
    """The rows that have the column, where not all do."""
    missing = [one for one in table["groupBy"] if one not in column["groupBy"]]
    return f", only by {_listed([one for one in table['groupBy'] if one not in missing])}" if missing else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
