"""Grants: who may do what with a key besides what its policy says.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from penstock.access import Keys, Statement, parse_policy
from penstock.server import Params
from penstock.services.kms.keys.ciphertext import EncryptionContext, canonical
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

# Condition keys of this server alone: those of AWS's own names, of whatever case, are the same to a policy, and what a
# grant asks of an encryption context is not.
_PAIR = "penstock:EncryptionContextPair/"
_WHOLE = "penstock:EncryptionContext/"
_GRANT = "penstock:GrantId"
_TRUE = "true"


class Grant(NamedTuple):
    """One grant. ``settings`` are its Operations, Constraints, and who issued it, under AWS's names."""

    id: str
    key_id: str
    name: str
    grantee: str
    retiring: str
    settings: Mapping[str, Any]
    token: str
    created_ms: int

    @property
    def operations(self) -> Sequence[str]:
        """Returns the operations that it allows."""
        operations: Sequence[str] = self.settings["Operations"]
        return operations

    @property
    def constraints(self) -> Mapping[str, EncryptionContext]:
        """Returns what it asks of the encryption context."""
        return self.settings.get("Constraints") or {}


def context_keys(context: EncryptionContext) -> Keys:
    """Returns the condition keys of an encryption context that grants ask for."""
    pairs = {f"{_PAIR}{_digest({name: value})}": _TRUE for name, value in context.items()}
    return {**pairs, f"{_WHOLE}{_digest(context)}": _TRUE}


def constraint_keys(constraints: Mapping[str, EncryptionContext]) -> Keys:
    """Returns the same of a grant that is to be made: what it asks at least is what its maker's grant must ask."""
    whole = constraints.get("EncryptionContextEquals")
    if whole is not None:
        return context_keys(whole)
    subset = constraints.get("EncryptionContextSubset") or {}
    return {f"{_PAIR}{_digest({name: value})}": _TRUE for name, value in subset.items()}


def retiring_keys(grant: Grant) -> Keys:
    """Returns the condition key by which a grant lets itself be retired."""
    return {_GRANT: grant.id}


def statements_of(grants: Sequence[Grant]) -> tuple[Statement, ...]:
    """Returns what the grants allow, as statements."""
    found = [statement for grant in grants for statement in _statements(grant)]
    if not found:
        return ()
    # The older version knows no variables: what a grant says is meant literally.
    return parse_policy({"Version": "2008-10-17", "Statement": found}, kind="key").statements


def all_grants(tx: ReadTx, key_id: str, most: int) -> list[Grant]:
    """Returns the grants of a key."""
    return [grant_of(row) for row in tx.all(Q.find_grants, key_id, "", most)]


def grant_of(row: Row) -> Grant:
    """Returns the grant in a row."""
    id, key_id, name, grantee, retiring, settings, token, created_ms = row
    return Grant(id, key_id, name, grantee, retiring, orjson.loads(settings), token, created_ms)


def put_grant(tx: Tx, grant: Grant) -> None:
    """Stores the grant, which holds from now on."""
    settings = orjson.dumps(dict(grant.settings)).decode()
    tx.run(Q.add_grant, *grant[:5], settings, grant.token, grant.created_ms)
    tx.forget("kms.policy", grant.key_id)


def drop_grant(tx: Tx, grant: Grant) -> None:
    """Deletes the grant, which holds no more."""
    tx.run(Q.delete_grant, grant.id)
    tx.forget("kms.policy", grant.key_id)


def _statements(grant: Grant) -> list[Params]:
    asked = _asked(grant)
    found = []
    plain = [name for name in grant.operations if name not in ("CreateGrant", "RetireGrant")]
    cryptic = [name for name in plain if name not in _WITHOUT_CONTEXT]
    for names, conditions in (
        (cryptic, asked),
        ([name for name in plain if name in _WITHOUT_CONTEXT], {}),
    ):
        if names:
            found.append(_statement(grant.grantee, names, conditions))
    if "CreateGrant" in grant.operations:
        within = {"ForAllValues:StringEquals": {"kms:GrantOperations": list(grant.operations)}}
        found.append(_statement(grant.grantee, ["CreateGrant"], {**asked, **within}))
    retiring = {"StringEquals": {_GRANT: grant.id}}
    if "RetireGrant" in grant.operations:
        found.append(_statement(grant.grantee, ["RetireGrant"], retiring))
    if grant.retiring:
        found.append(_statement(grant.retiring, ["RetireGrant"], retiring))
    return found


_WITHOUT_CONTEXT = ("DescribeKey", "GetPublicKey", "GenerateMac", "Sign", "Verify", "VerifyMac")
"""Operations that have no encryption context, and are not constrained by one."""


def _statement(who: str, operations: Sequence[str], conditions: Params) -> Params:
    actions = [f"kms:{name}" for name in operations]
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": actions, "Resource": "*"}
    return {**statement, "Condition": conditions} if conditions else statement


def _asked(grant: Grant) -> Params:
    whole = grant.constraints.get("EncryptionContextEquals")
    if whole is not None:
        return {"StringEquals": {f"{_WHOLE}{_digest(whole)}": _TRUE}}
    subset = grant.constraints.get("EncryptionContextSubset")
    if not subset:
        return {}
    return {"StringEquals": {f"{_PAIR}{_digest({name: value})}": _TRUE for name, value in subset.items()}}


def _digest(context: EncryptionContext) -> str:
    return hashlib.sha256(canonical(context)).hexdigest()
