"""Access keys: users' long-term ones, and those of role sessions."""

import base64
from dataclasses import dataclass

import orjson

from penstock.access import Credential, Policy, Principal, parse_policy
from penstock.clock import Ids
from penstock.identities import NewSession
from penstock.services.iam.entities.identity import Identity, find_identity
from penstock.services.iam.entities.role import Role
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET_BYTES = 30
_TOKEN_BYTES = 192
_KEPT_MS = 24 * 3600 * 1000  # after its end, so that a late request is told what happened


@dataclass(frozen=True, slots=True)
class _Session:
    access_key_id: str
    secret: str
    token: str
    role_id: str
    account: str
    arn: str
    name: str
    issued_ms: int
    policy: Policy | None
    keys: tuple[tuple[str, str], ...]
    expires_ms: int


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


def add_key(tx: Tx, user_id: str) -> AccessKey:
    """Returns a new key of the user."""
    id = "AKIA" + tx.ids.text(16, ID_ALPHABET)
    secret = base64.b64encode(tx.ids.bytes(_SECRET_BYTES)).decode()
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
    return Credential(access_key_id, key.secret, None, None, _user_principal(key.user_id, identity))


def session_credential(tx: ReadTx, access_key_id: str) -> Credential | None:
    """Returns the credential of a role session, expired or not, with the role's policies of this moment; or None.

    With its role a session ends at once: a policy that names everybody, or the session itself, lets it in no more.
    """
    try:
        session = tx.cached("iam.session", access_key_id, _load_session)
    except KeyError:  # raised so that made-up keys are not remembered, and cannot crowd out what is
        return None
    identity = find_identity(tx, session.role_id)
    if identity is None:
        return None
    principal = Principal(
        "role",
        session.account,
        session.arn,
        f"{session.role_id}:{session.name}",
        role_arn=identity.arn,
        identity=identity.policies,
        session=session.policy,
        boundary=identity.boundary,
        tags=identity.tags,
        issued_ms=session.issued_ms,
        session_keys=session.keys,
    )
    return Credential(access_key_id, session.secret, session.token, session.expires_ms, principal)


def role_session(tx: ReadTx, role: Role, name: str) -> Principal | None:
    """Returns whom a session of ``role`` makes of who has it, without credentials; None when the role is gone."""
    identity = find_identity(tx, role.id)
    if identity is None:
        return None
    return Principal(
        "role",
        role.account,
        _session_arn(role, name),
        f"{role.id}:{name}",
        role_arn=identity.arn,
        identity=identity.policies,
        boundary=identity.boundary,
        tags=identity.tags,
        issued_ms=tx.now_ms,
    )


def open_session(tx: Tx, role: Role, session: NewSession) -> Credential:
    """Returns new credentials of ``role``."""
    tx.run(Q.delete_old_sessions, tx.now_ms - _KEPT_MS)
    access_key_id = "ASIA" + tx.ids.text(16, ID_ALPHABET)
    secret = base64.b64encode(tx.ids.bytes(_SECRET_BYTES)).decode()
    token = base64.b64encode(tx.ids.bytes(_TOKEN_BYTES)).decode()
    arn = _session_arn(role, session.name)
    tx.run(
        Q.add_session,
        *(
            access_key_id,
            tx.sealer.seal(secret, access_key_id),
            token,
            role.id,
            role.account,
            arn,
            session.name,
            tx.now_ms,
            session.policy,
            orjson.dumps(dict(session.keys)).decode() if session.keys else None,
            session.expires_ms,
        ),
    )
    tx.forget("iam.session", access_key_id)
    credential = session_credential(tx, access_key_id)
    assert credential is not None
    return credential


def _user_principal(user_id: str, identity: Identity) -> Principal:
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


def _session_arn(role: Role, name: str) -> str:
    return f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}"


def _load_session(tx: ReadTx, access_key_id: str) -> _Session:
    row = tx.one(Q.find_session, access_key_id)
    if row is None:
        raise KeyError(access_key_id)
    _, sealed, *columns, policy, keys, expires_ms = row
    secret = tx.sealer.unseal(sealed, access_key_id)
    compiled = parse_policy(policy, kind="identity") if policy else None
    carried = tuple(orjson.loads(keys).items()) if keys else ()
    return _Session(*(access_key_id, secret, *columns, compiled, carried, expires_ms))
