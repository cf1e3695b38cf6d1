"""The demonstration's log as digests: its rows, the tree over them, its checkpoints, and every projection of it.

Its events are posted to the application in process, in the portions of `make demo` and by the senders' clocks, with
keys and chance set (`requests_answered`); after each portion the log is signed. What is compared is told by the
commands `export-log` and `verify`, so nothing here knows how the service is made.

    {"requests": 28, "answers": "<SHA-256 over all answers to what was posted>",
     "log": {"events": ..., "sha256": "...", "open": "..."}, "hashes": "<...>",
     "checkpoints": ["353089 <its root> <SHA-256 of it with its signature>", ...], "key": "<SHA-256>",
     "projections": ["journeys ... rows sha256 ...", ...]}

`log.sha256` is over every leaf as it stands; `log.open` over the leaves without MACs and sealed values, which tells a
log that says something else from one that was sealed with other keys.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.api.service_under_test import Service, serving
from tests.benchmarks.recorded_histories import HISTORIES, History
from tests.benchmarks.requests_answered import fixed_chance, trace
from tests.processes import environment

_SEALED = "sealed"
Telling = Callable[[str], None]


def digests(url: str, tell: Telling, history: History = HISTORIES["demonstration"]) -> dict[str, Any]:
    """Post the whole history to a migrated, empty database; what it comes to."""
    with fixed_chance(), serving(url, history.now, clock="sender") as service:
        posted, answers = _posted(service, history, tell)
        tell("projecting")
        service.follow()
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder) / "log"
        tell("exporting the log")
        _command(url, "export-log", str(exported))
        told = _of_export(exported)
    tell("verifying the projections")
    projections = [line for line in _command(url, "verify").splitlines() if "sha256" in line]
    return {"requests": posted, "answers": answers, **told, "projections": projections}


def differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """Each part that is another than it was, to its first place."""
    for name in sorted({*before, *now}):
        was, became = before.get(name), now.get(name)
        if isinstance(was, list) and isinstance(became, list) and len(was) == len(became):
            yield from (
                f"{name}: was {one}, is {other}" for one, other in zip(was, became, strict=True) if one != other
            )
        elif was != became:
            yield f"{name}: was {was}, is {became}"


def _posted(service: Service, history: History, tell: Telling) -> tuple[int, str]:
    """How many requests it took, and a digest of all their answers."""
    digest, number = hashlib.sha256(), 0
    for number, body in enumerate(history.requests(), 1):
        headers = {"Content-Type": "application/x-ndjson", "traceparent": trace(number)}
        random.seed(number)
        service.clock.forward(seconds=1)
        answer = service.request("POST", "/v1/events", content=body, headers=headers)
        signed = service.request("POST", "/v1/log/checkpoint")
        for one in (answer, signed):
            if one.status_code != 200:
                raise RuntimeError(f"posting answers {one.status_code}: {one.text[:500]}")
            digest.update(one.content)
        tell(f"posted {number}")
    return number, digest.hexdigest()


def _of_export(folder: Path) -> dict[str, Any]:
    whole, without, events = hashlib.sha256(), hashlib.sha256(), 0
    with (folder / "log.ndjson").open("rb") as lines:
        for line in lines:
            events += 1
            whole.update(line)
            leaf = json.loads(line)
            data = json.loads(leaf["data"])
            data.pop(_SEALED, None)
            without.update(json.dumps({**leaf, "contentMac": None, "data": data}, sort_keys=True).encode())
    checkpoints = (one.read_bytes() for one in (folder / "checkpoints").iterdir())
    return {
        "log": {"events": events, "sha256": whole.hexdigest(), "open": without.hexdigest()},
        "hashes": _digest((folder / "hashes").read_bytes()),
        "checkpoints": sorted(map(_checkpoint, checkpoints), key=lambda one: int(one.split()[0])),
        "key": _digest((folder / "key").read_bytes()),
    }


def _checkpoint(note: bytes) -> str:
    _, size, root, *_ = note.decode().split("\n")
    return f"{size} {root} {_digest(note)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _command(url: str, *arguments: str) -> str:
    """What a command tells; RuntimeError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env=environment(url, clock="sender"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} ends with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr
