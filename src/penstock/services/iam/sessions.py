"""Sessions: of roles, of users and root themselves, and of those whom users and root stand for."""

import base64
from dataclasses import dataclass, replace
from typing import Any

import orjson

from penstock.access import Credential, Policy, Principal, parse_policy
from penstock.arn import Arn
from penstock.identities import NewSession, Pairs, SessionKind
from penstock.services.iam.credentials import ID_ALPHABET, new_secret, user_principal
from penstock.services.iam.entities.identity import Identity, find_identity
from penstock.services.iam.entities.role import Role, get_role
from penstock.services.iam.entities.user import get_user
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_TOKEN_BYTES = 192
_KEPT_MS = 24 * 3600 * 1000  # after its end, so that a late request is told what happened

_EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
    kind="identity",
)
_NOTHING = Policy("identity", "", (), "", frozenset())
_NOBODY = frozenset[str]()
_NOT_WITHOUT_MFA = frozenset({"iam"})
"""What knows no session of a user or root without multi-factor authentication, and none of a federated user.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""


@dataclass(frozen=True, slots=True)
class _Session:
    """One row of ``iam_session``; ``holder`` is the id of the role or user, or root's account."""

    access_key_id: str
    secret: str
    token: str
    kind: SessionKind
    holder: str
    account: str
    arn: str
    name: str
    issued_ms: int
    expires_ms: int
    policy: Policy | None = None
    keys: Pairs = ()
    tags: Pairs = ()
    transitive: Pairs = ()


def session_credential(tx: ReadTx, access_key_id: str) -> Credential | None:
    """Returns the credential of a session, expired or not, with its holder's policies of this moment; or None.

    With its holder a session ends at once: a policy that names everybody, or the session itself, lets it in no more.
    """
    try:
        session = tx.cached("iam.session", access_key_id, _load)
    except KeyError:  # raised so that made-up keys are not remembered, and cannot crowd out what is
        return None
    holder = _holder(tx, session)
    if holder is None:
        return None
    unknown_to = _NOBODY if session.kind is SessionKind.ROLE else _NOT_WITHOUT_MFA
    return Credential(access_key_id, session.secret, session.token, session.expires_ms, holder, unknown_to)


def role_session(tx: ReadTx, role: Role, name: str) -> Principal | None:
    """Returns whom a session of ``role`` makes of who has it, without credentials; None when the role is gone."""
    identity = find_identity(tx, role.id)
    if identity is None:
        return None
    arn = _role_session_arn(role, name)
    without = _Session("", "", "", SessionKind.ROLE, role.id, role.account, arn, name, tx.now_ms, tx.now_ms)
    return _role_principal(identity, without)


def open_session(tx: Tx, session: NewSession) -> Credential:
    """Returns new credentials; AwsError ``NoSuchEntity`` when the holder has gone meanwhile."""
    tx.run(Q.delete_old_sessions, tx.now_ms - _KEPT_MS)
    access_key_id = "ASIA" + tx.ids.text(16, ID_ALPHABET)
    secret = new_secret(tx.ids)
    token = base64.b64encode(tx.ids.bytes(_TOKEN_BYTES)).decode()
    holder, account, arn = _opened_by(tx, session)
    tags = {"tags": dict(session.tags), "transitive": sorted(session.transitive)} if session.tags else None
    tx.run(
        Q.add_session,
        *(access_key_id, tx.sealer.seal(secret, access_key_id), token, session.kind.value),
        *(holder, account, arn, session.name, tx.now_ms, session.expires_ms, session.policy),
        *(_json(dict(session.keys)), _json(tags)),
    )
    tx.forget("iam.session", access_key_id)
    credential = session_credential(tx, access_key_id)
    assert credential is not None
    return credential


def _opened_by(tx: ReadTx, session: NewSession) -> tuple[str, str, str]:
    """Returns the holder's id, the account, and the ARN of the session."""
    parsed = Arn.parse(session.of)
    account, name = parsed.account, parsed.resource.rpartition("/")[2]
    if session.kind is SessionKind.ROLE:
        role = get_role(tx, account, name)
        return role.id, account, _role_session_arn(role, session.name)
    holder = account if parsed.resource == "root" else get_user(tx, account, name).id
    if session.kind is SessionKind.SELF:
        return holder, account, session.of
    return holder, account, f"arn:aws:sts::{account}:federated-user/{session.name}"


def _json(content: dict[str, Any] | None) -> str | None:
    return orjson.dumps(content).decode() if content else None


def _role_session_arn(role: Role, name: str) -> str:
    return f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}"


def _holder(tx: ReadTx, session: _Session) -> Principal | None:
    """Returns whom the session makes of who has it; None when the holder is gone."""
    if session.holder == session.account:
        return _of_root(session)
    identity = find_identity(tx, session.holder)
    if identity is None:
        return None
    if session.kind is SessionKind.ROLE:
        return _role_principal(identity, session)
    user = user_principal(session.holder, identity)
    return (
        replace(user, issued_ms=session.issued_ms) if session.kind is SessionKind.SELF else _of(user, session)
    )


def _of_root(session: _Session) -> Principal:
    root = Principal.root(session.account)
    if session.kind is SessionKind.SELF:
        return replace(root, issued_ms=session.issued_ms)
    return _of(replace(root, identity=(_EVERYTHING,)), session)


def _of(opener: Principal, session: _Session) -> Principal:
    """Returns the federated user for whom the session was opened: without a session policy it may nothing.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    """
    return replace(
        opener,
        kind="federated",
        arn=session.arn,
        user_id=f"{session.account}:{session.name}",
        role_arn=opener.arn,
        session=session.policy or _NOTHING,
        tags=_merged(opener.tags, session.tags),
        issued_ms=session.issued_ms,
    )


def _role_principal(identity: Identity, session: _Session) -> Principal:
    return Principal(
        "role",
        session.account,
        session.arn,
        f"{session.holder}:{session.name}",
        role_arn=identity.arn,
        identity=identity.policies,
        boundary=identity.boundary,
        session=session.policy,
        tags=_merged(identity.tags, session.tags) if session.tags else identity.tags,
        issued_ms=session.issued_ms,
        session_keys=session.keys,
        transitive=session.transitive,
    )


def _merged(held: Pairs, brought: Pairs) -> Pairs:
    """Returns the tags of the role or user, and those of the session, which go first; keys are the same in any case."""
    keys = {key.lower() for key, _ in brought}
    return (*((key, value) for key, value in held if key.lower() not in keys), *brought)


def _load(tx: ReadTx, access_key_id: str) -> _Session:
    row = tx.one(Q.find_session, access_key_id)
    if row is None:
        raise KeyError(access_key_id)
    sealed, token, kind, *columns, policy, keys, tagged = row
    compiled = parse_policy(policy, kind="identity") if policy else None
    carried = tuple(orjson.loads(keys).items()) if keys else ()
    found = orjson.loads(tagged) if tagged else {"tags": {}, "transitive": []}
    tags = tuple(found["tags"].items())
    transitive = tuple((key, value) for key, value in tags if key.lower() in found["transitive"])
    secret = tx.sealer.unseal(sealed, access_key_id)
    named = (access_key_id, secret, token, SessionKind(kind))
    return _Session(*named, *(*columns, compiled, carried, tags, transitive))
