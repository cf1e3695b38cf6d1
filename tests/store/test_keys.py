"""Keys: journey ids that say nothing, journey keys that open only their own, sealed texts that can't be moved."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

import pytest

from service.log.keys import DEVELOPMENT_KEY, JourneyKey, Keyring, SealBroken, seal, unseal

MASTER = bytes(range(32))
KEYS = Keyring(MASTER)
V_NUMBER = "2876540913"
JOURNEY = KEYS.journey(V_NUMBER)
BOUND = "urn:nld:oin:00000099000000001000:x e-1"


def journey_key(keys: Keyring = KEYS, stream: UUID = JOURNEY) -> JourneyKey:
    return keys.issue(stream)[0]


def test_a_journey_id_is_an_hmac_of_the_v_number_marked_as_a_uuid_of_version_8() -> None:
    # HKDF-Expand (RFC 5869) to 32 bytes is one HMAC with a 1 behind the purpose.
    key = hmac.digest(MASTER, b"ketenspoor/1 journey ids\x01", hashlib.sha256)
    expected = bytearray(hmac.digest(key, V_NUMBER.encode(), hashlib.sha256)[:16])
    expected[6] = expected[6] & 0x0F | 0x80
    expected[8] = expected[8] & 0x3F | 0x80
    assert JOURNEY.bytes == bytes(expected)
    assert (JOURNEY.version, JOURNEY.variant) == (8, "specified in RFC 4122")


def test_a_journey_id_is_the_same_for_every_process_with_the_master_key() -> None:
    assert Keyring(bytes(range(32))).journey(V_NUMBER) == JOURNEY


def test_another_master_key_gives_another_journey_id() -> None:
    assert Keyring(bytes(32)).journey(V_NUMBER) != JOURNEY
    assert Keyring(DEVELOPMENT_KEY).journey(V_NUMBER) != JOURNEY


def test_neighbouring_v_numbers_have_unrelated_journey_ids() -> None:
    other = KEYS.journey("2876540914")
    assert (other.int ^ JOURNEY.int).bit_count() > 30


def test_the_wrapped_keys_of_two_journeys_differ() -> None:
    other = KEYS.journey("2876540914")
    assert KEYS.issue(JOURNEY)[1] != KEYS.issue(other)[1]
    assert journey_key().mac != journey_key(stream=other).mac


def test_a_wrapped_key_does_not_hold_what_it_wraps() -> None:
    key, wrapped = KEYS.issue(JOURNEY)
    assert key.mac not in wrapped
    assert len(wrapped) == 8 + 12 + 32 + 16  # name of the master key, nonce, key, tag


def test_a_wrapped_key_opens_for_its_own_journey_and_master_key_only() -> None:
    key, wrapped = KEYS.issue(JOURNEY)
    opened = KEYS.unwrap(JOURNEY, wrapped)
    assert opened.mac == key.mac
    assert unseal(opened, seal(key, {"reason": "ziek"}, BOUND), BOUND) == {"reason": "ziek"}
    with pytest.raises(SealBroken):
        KEYS.unwrap(KEYS.journey("2876540914"), wrapped)
    with pytest.raises(SealBroken):
        Keyring(bytes(32)).unwrap(JOURNEY, wrapped)


def test_what_was_sealed_opens_again() -> None:
    key = journey_key()
    personal = {"birthDate": "1990-05-06", "reason": "te ver van de café \N{HOUSE BUILDING}"}
    assert unseal(key, seal(key, personal, BOUND), BOUND) == personal


def test_the_same_fields_are_sealed_differently_every_time() -> None:
    key = journey_key()
    assert seal(key, {"birthDate": "1990-05-06"}, BOUND) != seal(key, {"birthDate": "1990-05-06"}, BOUND)


def test_a_sealed_text_names_its_algorithm_and_shows_nothing() -> None:
    sealed = seal(journey_key(), {"birthDate": "1990-05-06"}, BOUND)
    algorithm, _, text = sealed.partition(".")
    assert algorithm == "A256GCM"
    assert b"1990" not in base64.b64decode(text, validate=True)


@pytest.mark.parametrize("bound_to", ["", BOUND + "0", BOUND[:-1], BOUND.replace("e-1", "e-2")])
def test_a_sealed_text_moved_to_another_event_does_not_open(bound_to: str) -> None:
    key = journey_key()
    sealed = seal(key, {"birthDate": "1990-05-06"}, BOUND)
    with pytest.raises(SealBroken):
        unseal(key, sealed, bound_to)


def test_a_sealed_text_does_not_open_with_the_key_of_another_journey() -> None:
    sealed = seal(journey_key(), {"birthDate": "1990-05-06"}, BOUND)
    with pytest.raises(SealBroken):
        unseal(journey_key(stream=KEYS.journey("2876540914")), sealed, BOUND)


def test_a_sealed_text_with_one_bit_changed_does_not_open() -> None:
    key = journey_key()
    algorithm, _, text = seal(key, {"birthDate": "1990-05-06"}, BOUND).partition(".")
    sealed = base64.b64decode(text)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            unseal(key, f"{algorithm}.{base64.b64encode(changed).decode()}", BOUND)


@pytest.mark.parametrize("text", ["", "A256GCM", "A256GCM.", "A256GCM.AAAA", "A128GCM.{}", "none.{}", "A256GCM.é"])
def test_what_is_no_sealed_text_is_told_as_broken(text: str) -> None:
    key = journey_key()
    sealed = seal(key, {"birthDate": "1990-05-06"}, BOUND).partition(".")[2]
    with pytest.raises(SealBroken):
        unseal(key, text.format(sealed), BOUND)


def test_a_content_mac_is_made_under_the_key_of_the_journey() -> None:
    one, other = journey_key(), journey_key()
    assert KEYS.mac(one, b"content") == KEYS.mac(one, b"content")
    assert KEYS.mac(one, b"content") != KEYS.mac(one, b"contents")
    assert KEYS.mac(one, b"content") != KEYS.mac(other, b"content")
    assert KEYS.mac(one, b"content") != KEYS.mac(None, b"content")


def test_a_content_mac_without_a_person_depends_on_the_master_key() -> None:
    assert KEYS.mac(None, b"content") == Keyring(MASTER).mac(None, b"content")
    assert KEYS.mac(None, b"content") != Keyring(bytes(32)).mac(None, b"content")


def test_what_was_refused_is_kept_sealed() -> None:
    sealed = KEYS.seal_rejected(b'{"vNumber": "2876540913"}')
    assert b"2876540913" not in sealed
    assert KEYS.open_rejected(sealed) == b'{"vNumber": "2876540913"}'
    with pytest.raises(SealBroken):
        Keyring(bytes(32)).open_rejected(sealed)
    with pytest.raises(SealBroken):
        KEYS.open_rejected(sealed[:-1] + bytes([sealed[-1] ^ 1]))
