"""A secret as a value, without what it keeps secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.access import Policy, parse_policy
from penstock.services.secretsmanager.arns import Place, SecretId, secret_arn, without_suffix
from penstock.services.secretsmanager.errors import marked_for_deletion, no_secret
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret. ``settings`` are what nothing else asks for, under AWS's names.

    ``accessed_ms`` is the beginning of a day, 0 before the first access. With ``delete_ms`` it waits to be deleted
    then, since ``deleted_ms``.
    """

    id: int
    place: Place
    name: str
    suffix: str
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    policy: Policy | None
    created_ms: int
    changed_ms: int
    accessed_ms: int
    deleted_ms: int | None
    delete_ms: int | None

    @property
    def arn(self) -> str:
        """Returns the secret's ARN."""
        return secret_arn(self.place, self.name, self.suffix)

    @property
    def named(self) -> Mapping[str, str]:
        """Returns what most answers say of it: its ARN and name."""
        return {"ARN": self.arn, "Name": self.name}


def find_secret(tx: ReadTx, wanted: SecretId) -> Secret | None:
    """Returns the secret, also one that waits to be deleted; None when there is none."""
    if wanted.is_arn:
        name, suffix = without_suffix(wanted.name)
        if suffix and (secret := _by_name(tx, wanted.place, name)) and secret.suffix == suffix:
            return secret
    return _by_name(tx, wanted.place, wanted.name)


def find_by_arn(tx: ReadTx, arn: str) -> Secret | None:
    """Returns the secret whose whole ARN this is, or None."""
    *_, region, account, resource = arn.split(":", 5)
    secret = find_secret(tx, SecretId((account, region), resource.removeprefix("secret:"), is_arn=True))
    return secret if secret and secret.arn == arn else None


def get_secret(tx: ReadTx, wanted: SecretId) -> Secret:
    """Returns the secret; AwsError ``ResourceNotFoundException``."""
    secret = find_secret(tx, wanted)
    if secret is None:
        raise no_secret()
    return secret


def live(tx: ReadTx, wanted: SecretId) -> Secret:
    """Returns the secret, which does not wait to be deleted; AwsError."""
    secret = get_secret(tx, wanted)
    if secret.delete_ms is not None:
        raise marked_for_deletion()
    return secret


def put_settings(tx: Tx, secret: Secret, settings: Mapping[str, Any]) -> None:
    """Stores the settings, as a change of now."""
    tx.run(Q.put_settings, orjson.dumps(dict(settings)).decode(), tx.now_ms, secret.id)


def secret_of(tx: ReadTx, row: Row) -> Secret:
    """Returns the secret in a row."""
    id, account, region, name, suffix, settings, tags, policy, *times = row
    compiled = parse_policy(policy, kind="resource") if policy else None
    return Secret(
        id, (account, region), name, suffix, orjson.loads(settings), orjson.loads(tags), compiled, *times
    )


def _by_name(tx: ReadTx, place: Place, name: str) -> Secret | None:
    row = tx.one(Q.find_secret, *place, name)
    secret = secret_of(tx, row) if row else None
    if secret and secret.delete_ms is not None and secret.delete_ms <= tx.now_ms:
        return None
    return secret
