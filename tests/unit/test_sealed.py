"""Sealed values open with their key, for their owner, and not otherwise."""

import pytest

from penstock.clock import Ids
from penstock.errors import SealError
from penstock.sealed import Sealer, unsealed_bytes

KEY = bytes(range(32))


def sealer(key: bytes = KEY) -> Sealer:
    return Sealer(key, Ids())


def test_a_sealed_text_opens_and_does_not_show() -> None:
    sealed = sealer().seal("wJalrXUtnFEMI/é", "owner")
    assert sealed.startswith(f"penstock:1:{sealer().key_id}:") and "wJalr" not in sealed
    assert sealer().unseal(sealed, "owner") == "wJalrXUtnFEMI/é"
    assert sealer().seal("wJalrXUtnFEMI/é", "owner") != sealed


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "é" * 50])
def test_how_long_a_sealed_text_is_is_known_without_opening_it(text: str) -> None:
    assert unsealed_bytes(sealer().seal(text, "owner")) == len(text.encode())


def test_what_was_stored_before_values_were_sealed_is_read_as_it_is() -> None:
    assert sealer().unseal("plain", "owner") == "plain"


def test_a_sealed_text_that_was_moved_to_another_row_does_not_open() -> None:
    sealed = sealer().seal("text", "one")
    with pytest.raises(SealError, match="not what was sealed"):
        sealer().unseal(sealed, "another")


@pytest.mark.parametrize("end", ["AAAA", "A", "!", ""])
def test_a_sealed_text_that_was_changed_does_not_open(end: str) -> None:
    sealed = sealer().seal("text", "owner")
    with pytest.raises(SealError, match="not what was sealed"):
        sealer().unseal(sealed[:-6] + end, "owner")


def test_another_keys_text_is_named() -> None:
    sealed = sealer(bytes(32)).seal("text", "owner")
    with pytest.raises(SealError, match=f"key {sealer(bytes(32)).key_id}"):
        sealer().unseal(sealed, "owner")


def test_neither_a_sealer_nor_a_keys_id_tells_the_key() -> None:
    assert repr(KEY)[2:-1] not in repr(sealer()) and KEY.hex()[:8] not in sealer().key_id
