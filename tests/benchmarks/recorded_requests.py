"""Record what every operation answers to every caller, and later tell whether it still answers the same.

    python -m tests.benchmarks.recorded_requests record FILE [--small] [--engine sqlite|postgresql]
    python -m tests.benchmarks.recorded_requests compare FILE [--engine sqlite|postgresql]
    python -m tests.benchmarks.recorded_requests demonstration record|compare FILE [--engine sqlite|postgresql]

A history is recorded anew each time, from its seed and with clock, keys and chance set (`requests_answered`). Then
requests are asked one after another: reads, posts, whatever is wrong, of every operation, by every role and by who is
not let in (`requests_drawn`). Each may change what the next one is answered, so `compare` asks all of FILE in order.
It tells each difference and ends with 1 on any. After an answer was changed on purpose, record anew.

FILE is gzip of JSON lines:

    {"recorded": "messy", "now": "...", "history": "<SHA-256 of what was posted>", "requests": 1200}
    {"method": "GET", "url": "/v1/session", "who": "coa", "status": 200, "told": ["api-version: 0.1.0", ...],
     "sha256": "<of the body>", "body": "<the body, where it is short>"}

with `headers` and `content` of the request where it has any; `content` in base64 where that is no UTF-8.

Compared are status, headers and body, byte for byte. LEFT_OUT names what is not, and why. `demonstration` posts the
events of the demonstration and compares digests of the log, of the projections and of the checkpoints.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks import recorded_demonstration
from tests.benchmarks.recorded import ENGINES, first_difference, read, write
from tests.benchmarks.recorded_histories import HISTORIES, History
from tests.benchmarks.recorded_questions import Asking
from tests.benchmarks.requests_answered import Answer, Answering, Asked, answering
from tests.benchmarks.requests_drawn import Drawing
from tests.benchmarks.stores import Kind, Stores, stores

_SEED, _ROUNDS = 1, 2
#: How many characters a body has at most that is kept as it is.
_SHORT = 1_500
Line = dict[str, Any]
Telling = Callable[[str], None]


def _metrics(body: str) -> str:
    """How long things took, and how much there was of it, is another each time: the names and labels are the same."""
    lines = [line for line in body.splitlines() if not line.startswith("python_info{")]  # its labels are versions
    names = {line if line.startswith("#") else line.rpartition(" ")[0] for line in lines}
    return "\n".join(sorted(names))


def _registry(body: str) -> str:
    """The issuer of the tokens answers at a port that was free."""
    return re.sub(r"(http://127\.0\.0\.1:)[0-9]+", r"\1port", body)


#: Of these addresses the body is compared without what is another each time, and its length is not.
LEFT_OUT: dict[str, Callable[[str], str]] = {"/metrics": _metrics, "/v1/registry": _registry}


def record(path: Path, history: History, engine: Kind, room: Stores, tell: Telling, *, small: bool = False) -> None:
    """Write what is answered to the seeded requests."""
    lines: list[Line] = []
    with answering(room.new(engine), history) as service:

        def ask(asked: Asked) -> Answer:
            answer = service.ask(asked)
            lines.append({**_written(asked), **_told(asked, answer)})
            return answer

        document = json.loads(service.ask(Asked("GET", "/v1/openapi.json")).content)
        drawing = Drawing(ask, Asking(history, service.last, _SEED), document, service.destroyed)
        if small:
            drawing.few()
        else:
            drawing.every(_ROUNDS)
    write(path, [{"recorded": history.name, **identity(history), "requests": len(lines)}, *lines])
    statuses = Counter(line["status"] for line in lines)
    tell(f"{len(lines)} requests, by status {dict(sorted(statuses.items()))}")


def compare(path: Path, engine: Kind, room: Stores) -> list[str]:
    """Every difference between what is recorded and what is answered now."""
    about, *lines = read(path)
    history = HISTORIES[about["recorded"]]
    if identity(history) != {name: about[name] for name in identity(history)}:
        raise SystemExit(f"{path} was recorded of another history")
    with answering(room.new(engine), history) as service:
        return list(differences(lines, service))


def differences(lines: Iterable[Line], service: Answering) -> Iterator[str]:
    """The requests that are answered otherwise than recorded, and where that shows first."""
    # The description, which tells what can be asked, was asked first.
    service.ask(Asked("GET", "/v1/openapi.json"))
    for line in lines:
        asked = _asked(line)
        now = _told(asked, service.ask(asked))
        if any(now[name] != line[name] for name in now if name in line or name != "body"):
            yield f"{asked.method} {asked.url} ({asked.who}): {_difference(line, now)}"


def identity(history: History) -> Line:
    """By what a history is known again: the present, and what was posted."""
    digest = hashlib.sha256()
    for body in history.requests():
        digest.update(body)
    return {"now": history.now.isoformat(), "history": digest.hexdigest()}


def _written(asked: Asked) -> Line:
    line: Line = {"method": asked.method, "url": asked.url, "who": asked.who}
    if asked.headers:
        line["headers"] = asked.headers
    if asked.content is not None:
        try:
            line["content"] = asked.content.decode()
        except UnicodeDecodeError:
            line["base64"] = base64.b64encode(asked.content).decode()
    return line


def _asked(line: Line) -> Asked:
    content = line["content"].encode() if "content" in line else None
    if "base64" in line:
        content = base64.b64decode(line["base64"])
    return Asked(line["method"], line["url"], line["who"], line.get("headers", {}), content)


def _told(asked: Asked, answer: Answer) -> Line:
    content, headers = answer.content, answer.headers
    rule = LEFT_OUT.get(asked.url.partition("?")[0])
    if rule is not None and answer.status == 200:
        content = rule(content.decode()).encode()
        headers = [header for header in headers if header[0] != "content-length"]
    told = [f"{name}: {value}" for name, value in headers]
    line = {"status": answer.status, "told": told, "sha256": hashlib.sha256(content).hexdigest()}
    if 0 < len(content) <= _SHORT:
        with suppress(UnicodeDecodeError):
            line["body"] = content.decode()
    return line


def _difference(before: Line, now: Line) -> str:
    if before["status"] != now["status"]:
        return f"status was {before['status']}, is {now['status']}"
    if before["told"] != now["told"]:
        was, became = ([one for one in some if one not in others] for some, others in _both(before, now))
        return f"headers were {was}, are {became}"
    if "body" not in now:
        return "the body is another than the one whose digest is recorded"
    return first_difference(before, now)


def _both(before: Line, now: Line) -> Sequence[tuple[list[str], list[str]]]:
    return (before["told"], now["told"]), (now["told"], before["told"])


def demonstration(what: str, path: Path, engine: Kind, room: Stores, tell: Telling) -> list[str]:
    """Record what the demonstration comes to, or tell how it differs from what is recorded."""
    now = recorded_demonstration.digests(room.new(engine), tell)
    if what == "compare":
        return list(recorded_demonstration.differences(json.loads(path.read_text("utf-8")), now))
    path.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return []


def main() -> None:
    """Record or compare, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", metavar="record|compare", help="`demonstration` may stand before it")
    parser.add_argument("file", type=Path)
    parser.add_argument("--small", action="store_true", help="record a part that is quickly asked, for the tests")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite", help="on which engine")
    given = parser.parse_args()
    *of, what = given.what
    if of not in ([], ["demonstration"]) or what not in ("record", "compare"):
        parser.error("record or compare, with or without demonstration before it")
    errors = Console(stderr=True)

    def tell(what: str) -> None:
        errors.print(what, highlight=False)

    with stores() as room:
        if of:
            different = demonstration(what, given.file, given.engine, room, tell)
        elif what == "record":
            history = HISTORIES["few" if given.small else "messy"]
            record(given.file, history, given.engine, room, tell, small=given.small)
            different = []
        else:
            different = compare(given.file, given.engine, room)
    if what == "record":
        tell(f"{given.file}: {given.file.stat().st_size:,} bytes")
        return
    for one in (*different, f"{len(different)} differences"):
        Console().print(one, highlight=False, markup=False, soft_wrap=True)
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
