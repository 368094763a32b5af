"""A version as a value, and where stages go.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson

from penstock.server import Params
from penstock.services.secretsmanager.errors import (
    invalid_parameter,
    invalid_request,
    limit_exceeded,
    no_version,
    token_in_use,
)
from penstock.services.secretsmanager.limits import MAX_STAGES, MAX_VALUE_BYTES, MAX_VERSIONS
from penstock.services.secretsmanager.secrets.cipher import Cipher, Value
from penstock.services.secretsmanager.secrets.secret import Secret
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

CURRENT = "AWSCURRENT"
PREVIOUS = "AWSPREVIOUS"

_REENCRYPTED = frozenset((CURRENT, "AWSPENDING", PREVIOUS))


class Version(NamedTuple):
    """One version of a secret, without its value."""

    id: int
    name: str
    stages: tuple[str, ...]
    created_ms: int
    accessed_ms: int


def given_value(params: Params) -> Value | None:
    """Returns the value among the parameters, None when there is none; AwsError."""
    given: Value = {name: params[name] for name in ("SecretString", "SecretBinary") if params.get(name)}
    if len(given) == 2:
        raise invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    for name, value in given.items():
        if len(value if isinstance(value, bytes) else value.encode()) > MAX_VALUE_BYTES:
            raise invalid_parameter(f"{name} can't be longer than {MAX_VALUE_BYTES} bytes.")
    return given or None


def add_version(
    tx: Tx, cipher: Cipher, secret: Secret, token: str, value: Value, stages: Collection[str]
) -> tuple[str, ...]:
    """Returns the stages of the version ``token``, stored with ``value`` and ``stages`` unless it was there with it."""
    there = find_version(tx, secret, token)
    if there is not None:
        return _again(tx, cipher, secret, there, value, stages)
    versions = all_versions(tx, secret)
    wanted = list(stages)
    if not versions and CURRENT not in wanted:
        wanted.append(CURRENT)  # the first version is the current one, whatever is said
    if len(wanted) > MAX_STAGES:
        raise limit_exceeded(f"A version can have no more than {MAX_STAGES} staging labels.")
    tx.insert(Q.add_version, secret.id, token, cipher.seal(tx, secret, token, value), tx.now_ms)
    for stage in wanted:
        move_stage(tx, secret, stage, token)
    tx.run(Q.put_secret_changed, tx.now_ms, secret.id)
    _forget_oldest(tx, versions)
    return get_version(tx, secret, token).stages


def add_empty_version(tx: Tx, secret: Secret, token: str, stage: str) -> None:
    """Makes a version that has no value yet, with the stage, unless there is one of its name."""
    if find_version(tx, secret, token) is None:
        tx.insert(Q.add_version, secret.id, token, "", tx.now_ms)
    move_stage(tx, secret, stage, token)


def move_stage(tx: Tx, secret: Secret, stage: str, to: str | None) -> None:
    """Takes the stage from whichever version has it, and gives it to the version ``to``, if one is named.

    The version that was current becomes the previous one.
    """
    versions = all_versions(tx, secret)
    former = holder(versions, stage)
    if former and former.name == to:
        return
    if former:
        _put_stages(tx, former, [kept for kept in former.stages if kept != stage])
    if to is not None:
        # The stages may have changed above, and the version may be that of a moment ago.
        target = get_version(tx, secret, to)
        _put_stages(tx, target, [*target.stages, stage])
    if stage == CURRENT and former:
        move_stage(tx, secret, PREVIOUS, former.name)


def holder(versions: Iterable[Version], stage: str) -> Version | None:
    """Returns the version that has the stage, or None."""
    return next((version for version in versions if stage in version.stages), None)


def find_version(tx: ReadTx, secret: Secret, name: str) -> Version | None:
    """Returns the version, or None."""
    row = tx.one(Q.find_version, secret.id, name)
    return _version_of(row) if row else None


def get_version(tx: ReadTx, secret: Secret, name: str) -> Version:
    """Returns the version; AwsError ``ResourceNotFoundException``."""
    version = find_version(tx, secret, name)
    if version is None:
        raise no_version(f"VersionId: {name}")
    return version


def all_versions(tx: ReadTx, secret: Secret) -> list[Version]:
    """Returns the versions, the oldest first: a hundred, and those that were made within a day."""
    return [_version_of(row) for row in tx.all(Q.find_versions, secret.id)]


def wanted_version(tx: ReadTx, secret: Secret, name: str | None, stage: str | None) -> Version:
    """Returns the version of that name or stage, the current one when neither is given; AwsError."""
    if name is None:
        stage = stage or CURRENT
        version = holder(all_versions(tx, secret), stage)
        if version is None:
            raise no_version(f"staging label: {stage}")
        return version
    version = get_version(tx, secret, name)
    if stage is not None and stage not in version.stages:
        raise invalid_request(
            f"You provided a VersionStage that is not associated to the provided VersionId: {stage}"
        )
    return version


def opened(tx: ReadTx, cipher: Cipher, secret: Secret, version: Version) -> Value:
    """Returns the version's value as it was given; AwsError."""
    row = tx.one(Q.find_value, version.id)
    if row is None or not row[0]:
        raise no_version(f"VersionId: {version.name}")
    return cipher.open(tx, secret, version.name, row[0])


def encrypt_again(tx: Tx, cipher: Cipher, former: Secret, secret: Secret) -> None:
    """Encrypts with the secret's new key the versions that are in use; the others keep the key that they have.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
    """
    for version in all_versions(tx, secret):
        row = tx.one(Q.find_value, version.id)
        if row and row[0] and not _REENCRYPTED.isdisjoint(version.stages):
            value = cipher.open(tx, former, version.name, row[0])
            tx.run(Q.put_value, cipher.seal(tx, secret, version.name, value), version.id)


def _again(
    tx: Tx, cipher: Cipher, secret: Secret, there: Version, value: Value, stages: Collection[str]
) -> tuple[str, ...]:
    """Returns the stages of a version that is there: a rotation's, which gets its value now, or one with this value."""
    row = tx.one(Q.find_value, there.id)
    if row is None or not row[0]:
        tx.run(Q.put_value, cipher.seal(tx, secret, there.name, value), there.id)
        for stage in stages:
            move_stage(tx, secret, stage, there.name)
        return get_version(tx, secret, there.name).stages
    if opened(tx, cipher, secret, there) != value:
        raise token_in_use(there.name, secret.arn)
    return there.stages


def _put_stages(tx: Tx, version: Version, stages: list[str]) -> None:
    tx.run(Q.put_stages, orjson.dumps(stages).decode(), version.id)


def _forget_oldest(tx: Tx, versions: list[Version]) -> None:
    """Deletes versions without a stage, the oldest first, when there are too many that are a day old."""
    day_ago_ms = tx.now_ms - 86_400_000
    old = [version for version in versions if not version.stages and version.created_ms < day_ago_ms]
    for version in old[: max(0, len(versions) + 1 - MAX_VERSIONS)]:
        tx.run(Q.delete_version, version.id)


def _version_of(row: Row) -> Version:
    id, name, stages, created_ms, accessed_ms = row
    return Version(id, name, tuple(orjson.loads(stages)), created_ms, accessed_ms)
