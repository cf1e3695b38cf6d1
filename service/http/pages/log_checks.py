"""What a page can check of the log by itself: that what was signed fits what the log is now.

It asks what anybody can ask of the API, and reckons again. Who can change the log can change this page too: a check
that is worth more is made elsewhere, with a checkpoint and a key that were kept.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, NamedTuple

from service.evidence import tree
from service.evidence.checkpoints import Checkpoint, parse_checkpoint
from service.evidence.signed_notes import NoteRefused, VerifierKey, parse_verifier_key
from service.http.pages.address import ApiAddress
from service.http.pages.asking import Answer
from service.http.pages.view import View

_CHECKPOINT, _CONSISTENCY = ApiAddress("/v1/log/checkpoint"), "/v1/log/consistency"
_KEY, _READY, _HEAD = ApiAddress("/v1/log/key"), ApiAddress("/readyz"), ApiAddress("/v1/norm-sets")


class Check(NamedTuple):
    """One thing that was looked at: whether it is as it should be, and a sentence that says so."""

    well: bool
    said: str


class LogState(NamedTuple):
    """How the log stands: its size and when the last was recorded, what was signed of it, and what was checked.

    `size` is None where it is not told now, `newest` before the first checkpoint; `broken` is what the service itself
    says of evidence that it cannot give. `unready` are reasons not to trust that all is followed, `stopped` the
    projections that are stopped.
    """

    size: int | None
    recorded_at: datetime | str | None
    newest: Checkpoint | None
    key: VerifierKey | None
    checks: list[Check]
    unready: list[str]
    stopped: list[str]
    broken: str | None = None

    @property
    def well(self) -> bool:
        """Whether there is something signed, and all that was looked at is as it should be."""
        return self.newest is not None and self.broken is None and all(one.well for one in self.checks)

    @property
    def unsigned(self) -> int:
        """How many events no checkpoint covers."""
        return max(0, (self.size or 0) - (0 if self.newest is None else self.newest.size))

    @property
    def root(self) -> str:
        """The root that was signed, as the checkpoint has it."""
        return "" if self.newest is None else base64.b64encode(self.newest.root).decode()


async def read_log(view: View, kept: str) -> LogState:
    """The log as it is now, held against its first checkpoint, and against one that somebody kept (a note as text)."""
    head, ready, key_told, newest, first = await view.ask(
        _HEAD, _READY, _KEY, _CHECKPOINT, ApiAddress.of(_CHECKPOINT.path, {"position": 1})
    )
    size, recorded_at = (head.body["position"], head.body["knownAt"]) if head.ok else (None, None)
    state = ready.body if isinstance(ready.body, dict) else {}
    unready = [_why_unready(view, str(one["check"])) for one in state.get("reasons", ())]
    stopped = [str(one) for one in state.get("stoppedProjections", ())]
    broken = next((str(one.body["detail"]) for one in (newest, first) if one.status >= 500), None)
    key = parse_verifier_key(key_told.body.strip()) if key_told.ok else None
    checks: list[Check] = []
    signed = _signed(view, newest, key, checks)
    if signed is not None and key is not None:
        checks += await _continued(view, signed, key, first, kept)
    return LogState(size, recorded_at, signed, key, checks, unready, stopped, broken)


def _why_unready(view: View, check: str) -> str:
    """Why nothing should be asked now, by the name of what was found so (`/readyz`)."""
    say = view.gettext
    return {
        "lag": say("de cijfers lopen achter"),
        "figures": say("de cijfers worden nog geladen"),
        "stopping": say("de dienst stopt"),
    }.get(check, say("de database antwoordt niet zoals het moet"))


def _signed(view: View, told: Answer, key: VerifierKey | None, checks: list[Check]) -> Checkpoint | None:
    """The newest checkpoint, once its signature is verified."""
    if not told.ok or key is None:
        return None
    try:
        signed = parse_checkpoint(told.body.encode(), key)
    except NoteRefused:
        checks.append(Check(False, view.gettext("De handtekening onder het nieuwste controlepunt klopt niet.")))
        return None
    checks.append(Check(True, view.gettext("De handtekening onder het nieuwste controlepunt klopt.")))
    return signed


async def _continued(view: View, newest: Checkpoint, key: VerifierKey, first: Answer, kept: str) -> list[Check]:
    """Whether the log as it is continues the checkpoints that it gives itself, and the one that was kept."""
    say, number = view.gettext, view.language.number
    begun = _parsed(first.body, key) if first.ok else None
    mine = _parsed(kept, key) if kept else None
    wanted = {one.size for one in (begun, mine) if one is not None and 0 < one.size <= newest.size} | {newest.size}
    addresses = [ApiAddress.of(_CONSISTENCY, {"from": size, "to": newest.size}) for size in sorted(wanted)]
    proofs = dict(zip(sorted(wanted), await view.ask(*addresses), strict=True))
    same = _proves(proofs[newest.size], newest, newest)
    found = [
        Check(
            same,
            say("Het logboek geeft nu nog precies de wortel die is ondertekend.")
            if same
            else say("Het logboek geeft nu een andere wortel dan is ondertekend."),
        )
    ]
    if begun is not None and begun.size < newest.size:
        continued = _proves(proofs[begun.size], begun, newest)
        told = (
            say("Sinds het eerste controlepunt (%(size)s gebeurtenissen) is daarvan niets veranderd of weggehaald.")
            if continued
            else say("De eerste %(size)s gebeurtenissen zijn niet meer die van het eerste controlepunt.")
        )
        found.append(Check(continued, told % {"size": number(begun.size)}))
    if kept:
        found.append(_held_against(view, mine, newest, proofs))
    return found


def _held_against(view: View, mine: Checkpoint | None, newest: Checkpoint, proofs: dict[int, Answer]) -> Check:
    say, number = view.gettext, view.language.number
    if mine is None:
        return Check(False, say("Het bewaarde controlepunt is niet te lezen, of niet met deze sleutel ondertekend."))
    told = {"size": number(mine.size)}
    if mine.size > newest.size:
        return Check(
            False, say("Het bewaarde controlepunt telt %(size)s gebeurtenissen; het logboek is teruggezet.") % told
        )
    if _proves(proofs[mine.size], mine, newest):
        return Check(
            True, say("De eerste %(size)s gebeurtenissen zijn precies die van het bewaarde controlepunt.") % told
        )
    return Check(False, say("De eerste %(size)s gebeurtenissen zijn niet die van het bewaarde controlepunt.") % told)


def _proves(answer: Answer, first: Checkpoint, second: Checkpoint) -> bool:
    """Whether a proof leads from the root of the one to that of the other, both as they were signed."""
    if not answer.ok:
        return False
    body: dict[str, Any] = answer.body
    proof = [base64.b64decode(one) for one in body["proof"]]
    if first.size == second.size:
        # Nothing has to be proved but that the tree as it is now has the root that was signed.
        return base64.b64decode(body["toRoot"]) == second.root == first.root
    return tree.consistent(first.size, second.size, first.root, second.root, proof)


def _parsed(note: str, key: VerifierKey) -> Checkpoint | None:
    """A checkpoint from its text as it comes out of a form: with other ends of lines, or without the last."""
    text = note.replace("\r\n", "\n").strip("\n") + "\n"
    try:
        return parse_checkpoint(text.encode(), key)
    except NoteRefused:
        return None
