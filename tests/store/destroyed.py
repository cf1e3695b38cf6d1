"""Journeys proposed by one person and destroyed by another, for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from service.evidence.signed_notes import Signer
from service.privacy.destruction import Destroyed, approve, destroy
from service.privacy.proposals import Proposal, propose
from tests.store.recording import KEYS, NOW

SIGNER = Signer("ketenspoor.example/log", KEYS.signing)
LATER = NOW + timedelta(hours=1)


def proposed(engine: Engine, v_numbers: Sequence[str], reason: str = "asked for by the person") -> Proposal:
    return propose(engine, "first", NOW, [KEYS.journey(one) for one in v_numbers], reason)


def destroyed(engine: Engine, *v_numbers: str) -> Destroyed:
    found = proposed(engine, v_numbers)
    approve(engine, "second", LATER, found.number, found.digest)
    return destroy(engine, KEYS, lambda: LATER, SIGNER, found.number)
