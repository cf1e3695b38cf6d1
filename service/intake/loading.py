"""Loading a file of events into a running service over HTTP, in portions that can be sent again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import httpx

from service.foundation import utf8
from service.intake.cloudevents import LINES
from service.intake.content_coding import NotGzip, unpacked

LINES_A_REQUEST = 10_000
#: How long it is tried again while a service is away, in seconds.
PATIENCE = 25.0
_TIMEOUT = httpx.Timeout(10.0, read=300.0)
#: What passes by itself; how long, the service may say.
_LATER = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})
_LONGEST_PAUSE = 60.0
_CHUNK = 1 << 20

#: Told how many lines have been answered.
Progress = Callable[[int], None]


class LoadingFailed(Exception):
    """The service could not be reached or did not take the lines; says where to go on."""


@dataclass(slots=True)
class Loaded:
    """What became of the lines; `refused` has line number (from 1), id and what was wrong, as far as listed."""

    lines: int = 0
    recorded: int = 0
    repeated: int = 0
    rejected: int = 0
    last_position: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str | None, str]] = field(default_factory=list)


@contextmanager
def lines_of(source: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, or of what an address answers; where that is gzip, of what is in it."""
    if source.startswith(("http://", "https://")):
        try:
            with httpx.stream("GET", source, timeout=_TIMEOUT) as response:
                if response.status_code != httpx.codes.OK:
                    raise LoadingFailed(f"{_named(source)} answers {response.status_code}")
                yield _lines(_unpacked(_named(source), response.iter_bytes()))
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise LoadingFailed(f"{_named(source)} can't be read: {type(fault).__name__}") from None
        return
    with Path(source).open("rb") as file:
        yield _lines(_unpacked(source, iter(partial(file.read, _CHUNK), b"")))


def count(path: Path) -> int:
    """How many lines a file has."""
    with lines_of(str(path)) as lines:
        return sum(1 for _ in lines)


def _unpacked(source: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What a source holds, of which these are the chunks: UTF-8, which may be packed as gzip."""
    name, whole = _begun(chunks)
    try:
        if name == "gzip":
            name, whole = _begun(unpacked(whole))
        if name is not None:
            raise LoadingFailed(f"{source} is {name}, and must be UTF-8, or that as gzip")
        yield from whole
    except NotGzip as fault:
        raise LoadingFailed(f"{source} {fault}") from None


def _begun(chunks: Iterable[bytes]) -> tuple[str | None, Iterator[bytes]]:
    """What chunks are if no UTF-8, and all of them."""
    rest, start = iter(chunks), b""
    while len(start) < utf8.DETECTION_BYTES and (chunk := next(rest, None)) is not None:
        start += chunk
    return utf8.detect_encoding(start), chain((start,), rest)


def _named(address: str) -> str:
    """An address without what may be secret in it."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return "the address"
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines as NDJSON has them: only a line feed ends one."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def load(
    lines: Iterable[bytes],
    to: str,
    from_line: int = 1,
    progress: Progress = lambda _: None,
    token: Path | None = None,
    patience: float = PATIENCE,
) -> Loaded:
    """Post lines to a service, from line `from_line` on; what was there already costs nothing.

    `token`: a file with an access token. It is read for each portion, so that it can be renewed while this runs.
    `patience`: for how many seconds a portion is tried again; pauses that the service asks for come on top.
    """
    loaded = Loaded(lines=from_line - 1)
    ahead = iter(lines)
    try:
        for _ in islice(ahead, from_line - 1):
            pass
        with httpx.Client(base_url=to, timeout=_TIMEOUT) as client:
            while portion := list(islice(ahead, LINES_A_REQUEST)):
                _take(loaded, _post(client, b"".join(portion), loaded.lines, token, patience))
                loaded.lines += len(portion)
                progress(loaded.lines)
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise LoadingFailed(f"{type(fault).__name__}; {_go_on(loaded.lines)}") from None
    except (OSError, UnicodeError) as fault:
        what = fault if isinstance(fault, utf8.NotUtf8) else "a file can't be read"
        raise LoadingFailed(f"{what}; {_go_on(loaded.lines)}") from None
    return loaded


def _go_on(done: int) -> str:
    return f"{done} lines are done, go on with --from-line {done + 1}"


def _post(client: httpx.Client, body: bytes, done: int, token: Path | None, patience: float) -> dict[str, Any]:
    """One portion, tried again while the service is away or busy: repeats cost nothing."""
    pause = 1.0
    while True:
        wanted = ""
        headers = {"Content-Type": LINES}
        if token is not None:
            headers["Authorization"] = f"Bearer {utf8.read_text(token).strip()}"
        try:
            response = client.post("/v1/events", content=body, headers=headers)
        except httpx.TransportError as fault:
            reason = f"{type(fault).__name__} at {client.base_url}"
        else:
            if response.status_code == httpx.codes.OK:
                return _answer(response)
            reason = f"the service answers {response.status_code}"
            if response.status_code not in _LATER:
                break
            wanted = response.headers.get("Retry-After", "")
        if patience < pause:
            break
        time.sleep(max(pause, min(float(wanted), _LONGEST_PAUSE) if wanted.isdecimal() else 0.0))
        patience -= pause
        pause = min(2 * pause, 10.0)
    raise LoadingFailed(f"{reason}; {_go_on(done)}")


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "lastPosition" not in answer:
        raise LoadingFailed(f"{response.url.copy_with(query=None)} is not this service")
    return answer


def _take(loaded: Loaded, answer: dict[str, Any]) -> None:
    loaded.recorded += answer["recorded"]
    loaded.repeated += answer["repeated"]
    loaded.rejected += answer["rejected"]
    loaded.last_position = max(loaded.last_position, answer["lastPosition"] or 0)
    for result in answer["results"]:
        if result["status"] != "rejected":
            continue
        errors = result["problem"].get("errors", [])
        loaded.codes.update(error["code"] for error in errors)
        what = "; ".join(f"{error['pointer'] or 'the line'} {error['detail']}" for error in errors)
        loaded.refused.append((loaded.lines + result["index"] + 1, result["id"], what))
