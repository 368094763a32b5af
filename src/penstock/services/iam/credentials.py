"""Long-term access keys of users."""

import base64
from dataclasses import dataclass

from penstock.access import Credential, Principal
from penstock.clock import Ids
from penstock.services.iam.entities.identity import Identity, find_identity
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_BYTES = 30


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A user's long-term key."""

    id: str
    user_id: str
    secret: str
    is_active: bool
    created_ms: int


def new_id(ids: Ids, prefix: str) -> str:
    """Returns an id of 21 characters as AWS makes them: ``AROA…`` for a role, ``ANPA…`` for a policy."""
    return prefix + ids.text(17, ID_ALPHABET)


def new_secret(ids: Ids) -> str:
    """Returns a secret of 40 characters."""
    return base64.b64encode(ids.bytes(_SECRET_BYTES)).decode()


def add_key(tx: Tx, user_id: str) -> AccessKey:
    """Returns a new key of the user."""
    id = "AKIA" + tx.ids.text(16, ID_ALPHABET)
    secret = new_secret(tx.ids)
    tx.run(Q.add_access_key, id, user_id, tx.sealer.seal(secret, id), tx.now_ms)
    forget_key(tx, id)
    return AccessKey(id, user_id, secret, True, tx.now_ms)


def find_key(tx: ReadTx, access_key_id: str) -> AccessKey | None:
    """Returns a user's key, active or not, or None."""
    row = tx.one(Q.find_access_key, access_key_id)
    return _key_of(tx, row) if row else None


def keys_of(tx: ReadTx, user_id: str) -> list[AccessKey]:
    """Returns the user's keys, by id."""
    return [_key_of(tx, row) for row in tx.all(Q.find_access_keys, user_id)]


def forget_key(tx: Tx, access_key_id: str) -> None:
    """To be called by whoever changes or deletes a key."""
    tx.forget("iam.key", access_key_id)


def user_credential(tx: ReadTx, access_key_id: str) -> Credential | None:
    """Returns the credential of a user with the policies of this moment; None when there is none, or it is inactive."""
    try:
        key = tx.cached("iam.key", access_key_id, _load_key)
    except KeyError:
        return None
    identity = find_identity(tx, key.user_id)
    if identity is None:
        return None
    return Credential(access_key_id, key.secret, None, None, user_principal(key.user_id, identity))


def user_principal(user_id: str, identity: Identity) -> Principal:
    """Returns who the user is and what it may."""
    account = identity.arn.split(":")[4]
    return Principal(
        "user",
        account,
        identity.arn,
        user_id,
        identity=identity.policies,
        boundary=identity.boundary,
        tags=identity.tags,
    )


def _load_key(tx: ReadTx, access_key_id: str) -> AccessKey:
    key = find_key(tx, access_key_id)
    if key is None or not key.is_active:
        raise KeyError(access_key_id)  # so that made-up keys are not remembered
    return key


def _key_of(tx: ReadTx, row: Row) -> AccessKey:
    id, user_id, sealed, active, created_ms = row
    return AccessKey(id, user_id, tx.sealer.unseal(sealed, id), bool(active), created_ms)
