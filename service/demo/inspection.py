"""What an auditor does with the demonstration: ask the past again, have a change accounted for, hold proofs to it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from rich import box
from rich.console import Console
from rich.table import Table

from service.evidence import tree
from service.evidence.checkpoints import Checkpoint, checkpoint_files, parse_checkpoint, read_file
from service.evidence.signed_notes import VerifierKey, parse_verifier_key

#: The half-year that was published as 12,858 in January 2022, on its last day, as known at three moments.
FIGURE = {"period": "2021-II", "validOn": "2021-12-31"}
MOMENTS = (("31 December 2021", "2021-12-31T22:59:59.999Z"), ("31 January 2022", "2022-01-31T22:59:59.999Z"))
_MOST = 1_000


class InspectionFailed(Exception):
    """What the service says does not hold; says what."""


class Known(NamedTuple):
    """The figure as known at a moment (None: now), and the position of the log that it rests on."""

    name: str
    at: str | None
    persons: int
    position: int


def inspect(address: str, demonstrated: Path, console: Console) -> None:
    """Inspect the service of the demonstration, whose signed checkpoints were kept in `demonstrated`."""
    with httpx.Client(base_url=address, timeout=60.0) as client:
        known = [_known(client, name, at) for name, at in (*MOMENTS, ("now", None))]
        _show_known(known, console)
        for before, after in pairwise(known):
            moved = list(_changes(client, before.at, after.at))
            _accounted_for(moved, before, after)
            _show_moved(moved, f"Between {before.name} and {after.name}", console)
        _hold_to_proof(client, demonstrated, known[0].position, console)


def _known(client: httpx.Client, name: str, at: str | None) -> Known:
    answer = _get(client, "/v1/realisation", **FIGURE, **({} if at is None else {"knownAt": at}))
    return Known(name, at, answer["items"][0]["realised"], answer["position"])


def _changes(client: httpx.Client, since: str | None, until: str | None) -> Iterator[dict[str, Any]]:
    """All parts of the figure that came, went or differ between two moments, page after page."""
    cell = {**FIGURE, "code": "NL", "column": "realised"}
    asked = {**cell, "from": since, "limit": _MOST, **({} if until is None else {"to": until})}
    response = _answered(client.get("/v1/figures/realisation/_changes", params=asked))
    while True:
        yield from response.json()["parts"]
        following = response.links.get("next")
        if following is None:
            return
        response = _answered(client.get(following["url"]))


def _accounted_for(moved: list[dict[str, Any]], before: Known, after: Known) -> None:
    total, difference = sum(part["adds"] for part in moved), after.persons - before.persons
    if total != difference:
        raise InspectionFailed(
            f"between {before.name} and {after.name} the figure changed by {difference}, and its parts say {total}"
        )


def _show_known(known: list[Known], console: Console) -> None:
    table = Table("as known on", title="Realised in 2021-II, the country, on 31 December 2021", box=box.SIMPLE)
    table.add_column("persons", justify="right")
    for one in known:
        table.add_row(one.name, f"{one.persons:,}")
    console.print(table)


def _show_moved(moved: list[dict[str, Any]], title: str, console: Console) -> None:
    """The journeys that moved the figure, by what was recorded of them last and whether that put something right."""
    table = Table("recorded", title=title, box=box.SIMPLE)
    for column in ("journeys", "persons"):
        table.add_column(column, justify="right")
    journeys: Counter[str] = Counter()
    persons: Counter[str] = Counter()
    for part in moved:
        kind = _kind(part["events"][-1])
        journeys[kind] += 1
        persons[kind] += part["adds"]
    for kind in sorted(journeys):
        table.add_row(kind, f"{journeys[kind]:,}", f"{persons[kind]:+,}")
    table.add_section()
    table.add_row("together, which is the difference", f"{len(moved):,}", f"{sum(persons.values()):+,}")
    console.print(table)


def _kind(event: dict[str, Any]) -> str:
    name = event["type"].removeprefix("nl.ketenspoor.")
    return f"{name}, correcting" if event["corrects"] else name


def _hold_to_proof(client: httpx.Client, demonstrated: Path, position: int, console: Console) -> None:
    """What was signed at the turn of the year, and kept outside the database, against the log as it is now."""
    written = _answered(client.get("/v1/log/key")).text
    (demonstrated / "log.key").write_text(written, "ascii")
    key = parse_verifier_key(written.strip())
    first, newest = _kept(demonstrated / "checkpoints", position, key), _signed(client, key)
    proof = _get(client, "/v1/log/consistency", **{"from": first.size, "to": newest.size})
    if not tree.consistent(first.size, newest.size, first.root, newest.root, _hashes(proof)):
        raise InspectionFailed(f"the log of {newest.size} events does not begin with the {first.size} signed before")
    included = _get(client, "/v1/log/inclusion", position=first.size, size=newest.size)
    leaf = tree.leaf_hash(included["leaf"].encode())
    if not tree.includes(first.size - 1, newest.size, leaf, _hashes(included), newest.root):
        raise InspectionFailed(f"the event at position {first.size} is not in the log that was signed")
    console.print(
        f"Signed by {key.name}: a checkpoint of {first.size:,} events, kept outside the database at the turn of 2021, "
        f"and one of {newest.size:,}. {len(proof['proof'])} hashes prove that the first is the beginning of the "
        f"second, {len(included['proof'])} that the event at position {first.size:,} is in it.\n"
    )


def _kept(kept: Path, size: int, key: VerifierKey) -> Checkpoint:
    for path in checkpoint_files(kept):
        if (found := read_file(path, key)).size == size:
            return found
    raise InspectionFailed(f"no checkpoint of {size} events was kept")


def _hashes(answer: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(step) for step in answer["proof"]]


def _signed(client: httpx.Client, key: VerifierKey) -> Checkpoint:
    return parse_checkpoint(_answered(client.get("/v1/log/checkpoint")).content, key)


def _get(client: httpx.Client, path: str, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = _answered(client.get(path, params=asked)).json()
    return answer


def _answered(response: httpx.Response) -> httpx.Response:
    if response.status_code != httpx.codes.OK:
        raise InspectionFailed(f"{response.url.path} answers {response.status_code}")
    return response
