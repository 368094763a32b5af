"""The material of keys: sealed, numbered, and never forgotten before its key is."""

import base64
import hashlib
from typing import NamedTuple

from penstock.services.kms.errors import no_key
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.secrets import random_bytes
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

FIRST = 1

_DAY_MS = 86_400_000
_STEP = 50  # rotations that one transaction catches up with


class Material(NamedTuple):
    """One number of a key's material. ``secret`` is what must not be told."""

    number: int
    secret: bytes


def material_id(key: Key, number: int) -> str:
    """Returns AWS's name of the material: 64 digits that tell nothing of it."""
    return hashlib.sha256(f"{key.arn}:{number}".encode()).hexdigest()


def add_material(tx: Tx, key: Key, material: Material, *, on_demand: bool, at_ms: int) -> None:
    """Stores new material, which is in use from now on."""
    text = base64.b64encode(material.secret).decode()
    sealed = tx.sealer.seal(text, _owner(key, material.number))
    tx.run(Q.add_material, key.id, material.number, sealed, int(on_demand), at_ms)


def current(tx: ReadTx, key: Key) -> Material:
    """Returns the material that is in use; AwsError ``NotFoundException`` when the key has just gone."""
    found = opened(tx, key, current_number(tx, key))
    if found is None:
        raise no_key(key.arn)
    return found


def current_number(tx: ReadTx, key: Key) -> int:
    """Returns the number of the material that is in use; 0 when the key has just gone."""
    row = tx.one(Q.find_last_material, key.id)
    return row[0] if row else 0


def opened(tx: ReadTx, key: Key, number: int) -> Material | None:
    """Returns the material of that number; None when there is none."""
    row = tx.one(Q.find_secret, key.id, number)
    if row is None:
        return None
    return Material(number, base64.b64decode(tx.sealer.unseal(row[0], _owner(key, number))))


def rotate(tx: Tx, key: Key, *, on_demand: bool, at_ms: int) -> None:
    """Puts new material into use; what was encrypted before can be decrypted still."""
    material = Material(current_number(tx, key) + 1, tx.ids.bytes(random_bytes(key.spec)))
    add_material(tx, key, material, on_demand=on_demand, at_ms=at_ms)


def catch_up(tx: Tx, key: Key) -> bool:
    """Rotates the key as often as it was due; returns whether it is due again."""
    due_ms, days = key.rotate_ms, key.rotation_days
    assert due_ms is not None and days is not None
    for _ in range(_STEP):
        if due_ms > tx.now_ms:
            break
        rotate(tx, key, on_demand=False, at_ms=due_ms)
        due_ms += days * _DAY_MS
    tx.run(Q.put_rotation, days, due_ms, key.id)
    return due_ms <= tx.now_ms


def _owner(key: Key, number: int) -> str:
    return f"{key.arn}:{number}"
