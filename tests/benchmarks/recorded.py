"""Record what the service answers, and later tell whether it still answers the same.

    python -m tests.benchmarks.recorded record FILE [--history messy|demonstration] [--engine sqlite|postgresql]
    python -m tests.benchmarks.recorded compare FILE [--engine sqlite|postgresql]
    python -m tests.benchmarks.recorded select FILE SMALLER

The first two make a history anew from its seed, by the same requests and the senders' clocks: every position and
recordedAt is the same each time. It is put on SQLite and on PostgreSQL (or on the engine that is given), followed by
the real follower, and asked over the application's own HTTP. Engines that differ from each other are a failure of
`record`. `compare` asks the questions that stand in FILE, tells each difference with its first place, and ends with 1
on any. `select` keeps some of the questions, and of long bodies only the digest: tests/api/recorded_answers.jsonl.gz,
which the tests compare, is made so of the messy history. After an answer was changed on purpose, record and select
anew.

FILE is gzip of JSON lines, in this order:

    {"recorded": "messy", "seed": 1, "now": "...", "events": 2200, "history": "<SHA-256 of what was posted>"}
    {"url": "/v1/realisation?...", "who": "coa", "status": 200, "sha256": "...", "body": "<the exact body, as text>"}
    {"reason": "/v1/changes?...", "told": {...}}

A smaller recording leaves out `body`, or some of them.

`who` is "development" (no token, every figure exact), "public" (no token either, doors locked), a role, or an
organisation. Lines with `url` are the figure tables: bodies must stay the same, byte for byte. Lines with `reason`
were recorded in development mode of addresses that made way for others; `recorded_reasons` compares them with what took
their place. The two whole recordings stand in tests/benchmarks/recordings, with digests in place of bodies.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

from rich.console import Console

from tests.benchmarks import recorded_reasons
from tests.benchmarks.recorded_histories import HISTORIES, History
from tests.benchmarks.recorded_questions import Asked, Asking
from tests.benchmarks.recorded_service import Answering, answering
from tests.benchmarks.stores import Kind, Stores, stores

QUESTIONS = 1_000
_SEED = 1
#: How many questions a selection has, and how many characters a body that it keeps.
SELECTED, _SHORT = 160, 6_000
ENGINES: tuple[Kind, ...] = get_args(Kind)
Line = dict[str, Any]
Telling = Callable[[str], None]


def record(path: Path, history: History, engines: Sequence[Kind], room: Stores, tell: Telling) -> None:
    """Write what is answered to the seeded questions; SystemExit where engines answer differently."""
    with ExitStack() as stack:
        services = [stack.enter_context(_told(history, engine, room, tell)) for engine in engines]
        one, *others = services
        asking = Asking(history, one.last, _SEED)
        lines: list[Line] = [{"recorded": history.name, "seed": _SEED, **identity(history, one)}]
        tell(f"asking {QUESTIONS} questions")
        lines += [_answered(one, asked) for asked in asking.figures(QUESTIONS)]
        for engine, other in zip(engines[1:], others, strict=True):
            tell(f"asking the same on {engine}")
            if different := list(differences(lines, other)):
                raise SystemExit("\n".join([f"{engine} answers differently than {engines[0]}:", *different]))
    write(path, lines)


def compare(path: Path, engines: Sequence[Kind], room: Stores, tell: Telling) -> list[str]:
    """Every difference between what is recorded and what is answered now."""
    lines = read(path)
    history = HISTORIES[lines[0]["recorded"]]
    found = []
    for engine in engines:
        with _told(history, engine, room, tell) as service:
            now = identity(history, service)
            if now != {name: lines[0][name] for name in now}:
                raise SystemExit(f"{path} was recorded of another history: {lines[0]}, and this one is {now}")
            tell(f"asking {sum('url' in line for line in lines)} questions on {engine}")
            found += [f"{engine}: {one}" for one in differences(lines, service)]
            told = [line for line in lines if "reason" in line]
            tell(f"asking for {len(told)} reasons on {engine}")
            for line in told:
                found += [f"{engine}: {line['reason']}: {one}" for one in recorded_reasons.differences(line, service)]
    return found


def differences(lines: Iterable[Line], service: Answering) -> Iterator[str]:
    """The questions over the figure tables that are answered otherwise than recorded, and where that shows first."""
    for line in lines:
        if "url" in line:
            now = _answered(service, Asked(line["url"], line["who"]))
            if any(now[name] != line[name] for name in line):
                yield f"{line['url']} ({line['who']}): {first_difference(line, now)}"


def selected(lines: Sequence[Line]) -> list[Line]:
    """A part that is small and quickly asked: one in so many questions, none of them by the clocks of the senders."""
    asked = [line for line in lines if "url" in line and "knownBy" not in line["url"]]
    kept = asked[:: max(1, len(asked) // SELECTED)][:SELECTED]
    short = ({**line, "body": line["body"] if len(line["body"]) <= _SHORT else None} for line in kept)
    return [lines[0], *({name: value for name, value in line.items() if value is not None} for line in short)]


def read(path: Path) -> list[Line]:
    """The lines of a recording; SystemExit where it is none."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if not lines or lines[0].get("recorded") not in HISTORIES:
        raise SystemExit(f"{path} is no recording")
    return lines


def write(path: Path, lines: Iterable[Line]) -> None:
    """The same lines give the same bytes."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        for line in lines:
            packed.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _told(history: History, engine: Kind, room: Stores, tell: Telling) -> Any:
    tell(f"recording the history {history.name} on {engine}")
    return answering(room.new(engine), history.requests(), history.now)


def identity(history: History, service: Answering) -> Line:
    """By what a history is known again: the present, what was posted, and how much of it was recorded."""
    digest = hashlib.sha256()
    for body in history.requests():
        digest.update(body)
    return {"now": history.now.isoformat(), "events": service.last, "history": digest.hexdigest()}


def _answered(service: Answering, asked: Asked) -> Line:
    answer = service.ask(asked.url, asked.who)
    digest = hashlib.sha256(answer.content).hexdigest()
    return {**asked._asdict(), "status": answer.status_code, "sha256": digest, "body": answer.content.decode()}


def first_difference(before: Line, now: Line) -> str:
    """The first place at which an answer differs from the recorded one."""
    if before["status"] != now["status"]:
        return f"status was {before['status']}, is {now['status']}"
    if "body" not in before:
        return "the body is another than the one whose digest is recorded"
    try:
        place = _place(json.loads(before["body"]), json.loads(now["body"]))
    except ValueError:
        place = None
    if place is not None:
        return place
    pairs = enumerate(zip(before["body"], now["body"], strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(before["body"]), len(now["body"])))
    was, became = (body[max(0, at - 20) : at + 40] for body in (before["body"], now["body"]))
    return f"at character {at} was {was!r}, is {became!r}"


def _place(before: Any, now: Any, where: str = "") -> str | None:
    """The first place at which two values of JSON differ; None where only how they are written differs."""
    if isinstance(before, dict) and isinstance(now, dict) and before.keys() == now.keys():
        each: Iterable[tuple[Any, Any, Any]] = ((name, before[name], now[name]) for name in before)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        each = zip(range(len(before)), before, now, strict=True)
    else:
        return None if before == now else f"{where or '/'} was {_short(before)}, is {_short(now)}"
    places = (_place(was, becomes, f"{where}/{name}") for name, was, becomes in each)
    return next((place for place in places if place is not None), None)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    size = f" ({len(value)} in all)" if isinstance(value, (list, dict)) else ""
    return (text if len(text) <= 100 else f"{text[:100]}…") + size


def main() -> None:
    """Record or compare, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("record", "compare", "select"))
    parser.add_argument("file", type=Path)
    parser.add_argument("smaller", type=Path, nargs="?", help="where to write the selection")
    parser.add_argument("--history", choices=sorted(HISTORIES), default="messy", help="which history to record")
    parser.add_argument("--engine", choices=ENGINES, help="only on this one (default: on both)")
    given = parser.parse_args()
    engines: Sequence[Kind] = ("sqlite", "postgresql") if given.engine is None else (given.engine,)

    errors = Console(stderr=True)

    def tell(what: str) -> None:
        errors.print(what, highlight=False)

    if (given.smaller is not None) != (given.what == "select"):
        parser.error("select takes two files, and the others one")
    if given.what == "select":
        write(given.smaller, selected(read(given.file)))
        return
    with stores() as room:
        if given.what == "record":
            record(given.file, HISTORIES[given.history], engines, room, tell)
            tell(f"{given.file}: {given.file.stat().st_size:,} bytes")
            return
        different = compare(given.file, engines, room, tell)
    for one in (*different, f"{len(different)} differences"):
        Console().print(one, highlight=False, markup=False, soft_wrap=True)
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
