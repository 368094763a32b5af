"""CreateSecret, DescribeSecret, UpdateSecret, DeleteSecret, RestoreSecret, TagResource, UntagResource."""

from dataclasses import replace
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.secretsmanager.arns import SUFFIX, SUFFIX_ALPHABET, SecretId, bare_arn, is_name
from penstock.services.secretsmanager.errors import (
    invalid_name,
    invalid_parameter,
    invalid_request,
    not_implemented,
    secret_exists,
)
from penstock.services.secretsmanager.limits import MIN_RECOVERY_DAYS, RECOVERY_DAYS
from penstock.services.secretsmanager.secrets.authorize import requested, secret_operation
from penstock.services.secretsmanager.secrets.cipher import Cipher, Value
from penstock.services.secretsmanager.secrets.rotation import find_rotation
from penstock.services.secretsmanager.secrets.secret import (
    Secret,
    find_secret,
    get_secret,
    live,
    put_settings,
)
from penstock.services.secretsmanager.secrets.shown import described
from penstock.services.secretsmanager.secrets.sweep import drop
from penstock.services.secretsmanager.secrets.tag_list import checked_tags
from penstock.services.secretsmanager.secrets.version import (
    CURRENT,
    add_version,
    all_versions,
    encrypt_again,
    given_value,
)
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.secretsmanager.secrets")

_SETTINGS = ("Description", "KmsKeyId")
_REPLICAS = ("AddReplicaRegions", "CrossAccountPrimaryARN")
_DAY_MS = 86_400_000


def _new_arn(state: SecretsState, call: Call, params: Params) -> str:
    return bare_arn((call.account, call.region), params["Name"])


@operation("CreateSecret", action="secretsmanager:CreateSecret", resource=_new_arn, context=requested)
async def create_secret(state: SecretsState, call: Call, params: Params) -> Params:
    """Returns the ARN of the new secret, and its version when it was given a value.

    Repeated with the same token and value it returns what it returned before.
    """
    if not is_name(params["Name"]):
        raise invalid_name()
    _refuse_lacking(params)
    value = given_value(params)
    token = params.get("ClientRequestToken") or state.ids.uuid()
    wanted = SecretId((call.account, call.region), params["Name"], is_arn=False)
    return await state.store.write(_create, Cipher.of(state, call), wanted, token, value, params)


@secret_operation("DescribeSecret")
async def describe_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns what the secret is, also when it waits to be deleted; nothing of its values."""
    return await state.store.read(_describe, wanted)


@secret_operation("UpdateSecret")
async def update_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret with what is given; a value becomes its current version."""
    _refuse_lacking(params)
    token = params.get("ClientRequestToken") or state.ids.uuid()
    return await state.store.write(
        _update, Cipher.of(state, call), wanted, token, given_value(params), params
    )


@secret_operation("DeleteSecret")
async def delete_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns when the secret will be gone: at the end of its recovery window, or now when forced."""
    force, days = params.get("ForceDeleteWithoutRecovery"), params.get("RecoveryWindowInDays")
    if force and days is not None:
        raise invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not MIN_RECOVERY_DAYS <= days <= RECOVERY_DAYS:
        raise invalid_parameter(
            f"The RecoveryWindowInDays value must be between {MIN_RECOVERY_DAYS} and {RECOVERY_DAYS} days (inclusive)."
        )
    if force:
        return await state.store.write(_delete_now, wanted)
    return await state.store.write(_delete_later, wanted, RECOVERY_DAYS if days is None else days)


@secret_operation("RestoreSecret")
async def restore_secret(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> Params:
    """Returns the secret, which does not wait to be deleted any more."""
    return await state.store.write(_restore, wanted)


@secret_operation("TagResource")
async def tag_resource(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await state.store.write(_tag, wanted, params["Tags"])


@secret_operation("UntagResource")
async def untag_resource(state: SecretsState, call: Call, wanted: SecretId, params: Params) -> None:
    """Removes the tags with the keys."""
    await state.store.write(_untag, wanted, frozenset(params["TagKeys"]))


def _refuse_lacking(params: Params) -> None:
    if any(params.get(member) for member in _REPLICAS):
        raise not_implemented("Replicas of secrets are")
    if params.get("Type"):
        raise not_implemented("Secrets that partners manage are")


def _create(
    tx: Tx, cipher: Cipher, wanted: SecretId, token: str, value: Value | None, params: Params
) -> Params:
    there = find_secret(tx, wanted)
    if there is not None:
        return _again(tx, cipher, there, token, value)
    if gone := tx.one(Q.find_secret, *wanted.place, wanted.name):
        drop(tx, gone[0])  # its recovery window is over, and nobody has swept yet
    suffix = tx.ids.text(SUFFIX, SUFFIX_ALPHABET)
    tags = checked_tags({}, params.get("Tags") or [])
    settings = {name: params[name] for name in _SETTINGS if params.get(name)}
    texts = (orjson.dumps(settings).decode(), orjson.dumps(tags).decode())
    tx.insert(Q.add_secret, *wanted.place, wanted.name, suffix, *texts, tx.now_ms, tx.now_ms)
    secret = get_secret(tx, wanted)
    if value is None:
        return {**secret.named}
    add_version(tx, cipher, secret, token, value, [CURRENT])
    return {**secret.named, "VersionId": token}


def _again(tx: Tx, cipher: Cipher, secret: Secret, token: str, value: Value | None) -> Params:
    if secret.delete_ms is not None:
        raise invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion."
        )
    if value is None or token not in {version.name for version in all_versions(tx, secret)}:
        raise secret_exists(secret.name)
    add_version(tx, cipher, secret, token, value, [CURRENT])
    return {**secret.named, "VersionId": token}


def _describe(tx: ReadTx, wanted: SecretId) -> Params:
    secret = get_secret(tx, wanted)
    stages = {version.name: list(version.stages) for version in all_versions(tx, secret) if version.stages}
    rotation = find_rotation(tx, secret.id)
    shown = described(secret) | (rotation.shown() if rotation else {})
    if secret.delete_ms is not None:
        shown["DeletedDate"] = secret.delete_ms
    return {**shown, "VersionIdsToStages": stages} if stages else shown


def _update(
    tx: Tx, cipher: Cipher, wanted: SecretId, token: str, value: Value | None, params: Params
) -> Params:
    secret = live(tx, wanted)
    given: dict[str, Any] = {name: params[name] for name in _SETTINGS if name in params}
    former, secret = secret, replace(secret, settings={**secret.settings, **given})
    put_settings(tx, secret, secret.settings)
    if secret.settings.get("KmsKeyId", "") != former.settings.get("KmsKeyId", ""):
        encrypt_again(tx, cipher, former, secret)
    if value is None:
        return {**secret.named}
    add_version(tx, cipher, secret, token, value, [CURRENT])
    return {**secret.named, "VersionId": token}


def _delete_later(tx: Tx, wanted: SecretId, days: int) -> Params:
    secret = live(tx, wanted)
    due_ms = tx.now_ms + days * _DAY_MS
    tx.run(Q.put_deletion, tx.now_ms, due_ms, secret.id)
    return {**secret.named, "DeletionDate": due_ms}


def _delete_now(tx: Tx, wanted: SecretId) -> Params:
    # Without the secret it succeeds, too: so that whoever has no answer can ask again.
    secret = find_secret(tx, wanted)
    if secret is None:
        return {"ARN": bare_arn(wanted.place, wanted.name), "Name": wanted.name, "DeletionDate": tx.now_ms}
    drop(tx, secret.id)
    return {**secret.named, "DeletionDate": tx.now_ms}


def _restore(tx: Tx, wanted: SecretId) -> Params:
    secret = get_secret(tx, wanted)
    tx.run(Q.put_deletion, None, None, secret.id)
    return {**secret.named}


def _tag(tx: Tx, wanted: SecretId, given: list[dict[str, str]]) -> None:
    secret = live(tx, wanted)
    _put_tags(tx, secret, checked_tags(secret.tags, given))


def _untag(tx: Tx, wanted: SecretId, keys: frozenset[str]) -> None:
    secret = live(tx, wanted)
    _put_tags(tx, secret, {key: value for key, value in secret.tags.items() if key not in keys})


def _put_tags(tx: Tx, secret: Secret, tags: dict[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), tx.now_ms, secret.id)
