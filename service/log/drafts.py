"""What each event of a commit will be in the log, as far as no other commit can change it: made before the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from service.log.keys import JourneyKey, Keyring, bound_to, seal
from service.log.submission import Admitted

_JSON = msgspec.json.Encoder()


class Draft(NamedTuple):
    """An event with its content MAC and its data as text, what is personal in it sealed.

    `mac` is None when the journey was named by an id that was never issued.
    """

    event: Admitted
    mac: bytes | None
    data: str


class Issued(NamedTuple):
    """A key made for a new journey: open, wrapped, and the V-number sealed with it."""

    key: JourneyKey
    wrapped: bytes
    sealed_v_number: bytes


class Drafting:
    """Makes the drafts of one commit, in order, with the keys of its journeys."""

    def __init__(self, keyring: Keyring, known: Mapping[UUID, JourneyKey]) -> None:
        self._keyring = keyring
        self._known = dict(known)
        self.issued: dict[UUID, Issued] = {}

    def drafts(self, events: Iterable[Admitted]) -> list[Draft]:
        """One draft an event; a permit holder whose V-number is new gets a journey with a key."""
        return [self._draft(event) for event in events]

    def keyless(self, drafts: Iterable[Draft]) -> set[UUID]:
        """The journeys that had no key: another process may have given them one by now."""
        return {draft.event.stream for draft in drafts if draft.event.of_a_person} - self._known.keys()

    def again(self, drafts: Sequence[Draft], found: Mapping[UUID, JourneyKey]) -> list[Draft]:
        """The drafts anew where keys were found after all; those that were made are not needed then."""
        self._known |= found
        for stream in found:
            self.issued.pop(stream, None)
        return [self._draft(draft.event) if draft.event.stream in found else draft for draft in drafts]

    def _draft(self, event: Admitted) -> Draft:
        if not event.of_a_person:
            return Draft(event, self._keyring.mac(None, event.content), _JSON.encode(event.data).decode())
        key = self._known.get(event.stream) or self._issued(event)
        if key is None:
            return Draft(event, None, "")
        data = event.data
        if event.personal:
            data = {**data, "sealed": seal(key, event.personal, bound_to(event.source, event.id))}
        return Draft(event, self._keyring.mac(key, event.content), _JSON.encode(data).decode())

    def _issued(self, event: Admitted) -> JourneyKey | None:
        issued = self.issued.get(event.stream)
        if issued is None and event.v_number is not None:
            key, wrapped = self._keyring.issue(event.stream)
            sealed = seal(key, {"vNumber": event.v_number}, str(event.stream)).encode()
            issued = self.issued[event.stream] = Issued(key, wrapped, sealed)
        return issued and issued.key
