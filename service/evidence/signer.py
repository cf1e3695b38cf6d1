"""The notary: under which name and key checkpoints are signed, where copies of them go, and by which clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from service.evidence.note import Signer, VerifierKey
from service.foundation.settings import Settings
from service.log.kept_keys import keyring
from service.log.keys import Keyring


def _now() -> datetime:
    return datetime.now(UTC)


class Notary(NamedTuple):
    """Who signs; `directory` is outside the database, or a database that was set back could not be noticed.

    `simulated`: recordedAt follows the senders' clocks, and checkpoints say so.
    """

    signer: Signer
    directory: Path | None = None
    simulated: bool = False
    clock: Callable[[], datetime] = _now

    @property
    def key(self) -> VerifierKey:
        """The key that verifies the checkpoints."""
        return self.signer.key


def notary(settings: Settings, clock: Callable[[], datetime] = _now, keys: Keyring | None = None) -> Notary:
    """The notary that the settings describe; it signs with a database's own keys where these are given."""
    signing = (keys or keyring(settings)).signing
    return Notary(Signer(settings.log_name, signing), settings.checkpoint_dir, settings.clock == "sender", clock)
