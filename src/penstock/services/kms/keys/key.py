"""A key as a value, without its material, and finding it by what callers call it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.services.kms.arns import KeyName, Place, key_arn
from penstock.services.kms.errors import (
    disabled,
    incompatible,
    invalid_state,
    invalid_usage,
    no_alias,
    no_key,
)
from penstock.services.kms.keys.specs import SPECS, SYMMETRIC, Spec
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``settings`` are what nothing else asks for, under AWS's names.

    ``has_material`` is False as long as material is to be imported; what was is good until ``expires_ms``, for ever
    when that is None. With ``delete_ms`` it waits to be deleted then. ``rotation_days`` is None while it is not rotated
    by itself, and ``rotate_ms`` when it is next.
    """

    id: str
    place: Place
    spec: str
    usage: str
    enabled: bool
    origin: str
    has_material: bool
    expires_ms: int | None
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    created_ms: int
    delete_ms: int | None
    rotation_days: int | None
    rotate_ms: int | None

    @property
    def arn(self) -> str:
        """Returns the key's ARN."""
        return key_arn(self.place, self.id)

    @property
    def state(self) -> str:
        """Returns its state in AWS's words."""
        if self.delete_ms is not None:
            return "PendingDeletion"
        if not self.has_material:
            return "PendingImport"
        return "Enabled" if self.enabled else "Disabled"

    @property
    def kind(self) -> Spec:
        """Returns what keys of its spec can do."""
        return SPECS[self.spec]

    @property
    def is_symmetric(self) -> bool:
        """Returns whether it encrypts what it alone can decrypt."""
        return self.spec == SYMMETRIC

    @property
    def is_aws_managed(self) -> bool:
        """Returns whether it is AWS's own, for one of its services."""
        return self.settings.get("KeyManager") == "AWS"

    def is_due(self, now_ms: int) -> bool:
        """Returns whether it is to be rotated by now."""
        return self.rotate_ms is not None and self.rotate_ms <= now_ms and self.state == "Enabled"

    def check_kept(self) -> None:
        """Returns unless it waits to be deleted; AwsError ``KMSInvalidStateException``."""
        if self.delete_ms is not None:
            raise invalid_state(self.arn, "is pending deletion")

    def check_material(self) -> None:
        """Returns unless its material has to be imported first; AwsError ``KMSInvalidStateException``."""
        if not self.has_material:
            raise invalid_state(self.arn, "is pending import")

    def check_enabled(self) -> None:
        """Returns when it may be used; AwsError ``DisabledException`` or ``KMSInvalidStateException``."""
        self.check_kept()
        self.check_material()
        if not self.enabled:
            raise disabled(self.arn)

    def check_usable(self, usage: str, operation: str) -> None:
        """Returns when it may be used, and is made for ``usage``; AwsError."""
        self.check_enabled()
        if self.usage != usage:
            raise invalid_usage(self.arn, self.usage, operation)

    def check_algorithm(self, algorithm: str, of: tuple[str, ...]) -> None:
        """Returns when ``algorithm`` is one ``of`` its spec's; AwsError ``InvalidKeyUsageException``."""
        if algorithm not in of:
            raise incompatible(algorithm, self.spec)


def find_key(tx: ReadTx, id: str) -> Key | None:
    """Returns the key; None when there is none, or its deletion is due."""
    row = tx.one(Q.find_key, id)
    key = _key_of(row, tx.now_ms) if row else None
    return None if key and key.delete_ms is not None and key.delete_ms <= tx.now_ms else key


def find_named(tx: ReadTx, name: KeyName) -> Key | None:
    """Returns the key that is called so, or None."""
    id = name.resource.removeprefix("key/")
    if name.is_alias:
        row = tx.one(Q.find_alias, *name.place, name.resource)
        if row is None:
            return None
        id = row[1]
    key = find_key(tx, id)
    return key if key and key.place == name.place else None


def get_named(tx: ReadTx, name: KeyName) -> Key:
    """Returns the key that is called so; AwsError ``NotFoundException``."""
    key = find_named(tx, name)
    if key is None:
        raise no_alias(name.arn) if name.is_alias else no_key(name.arn)
    return key


def get_key(tx: ReadTx, id: str, place: Place) -> Key:
    """Returns the key, which was there a moment ago; AwsError ``NotFoundException``."""
    return get_named(tx, KeyName(place, f"key/{id}"))


def put_settings(tx: Tx, key: Key, settings: Mapping[str, Any]) -> None:
    """Stores the settings."""
    tx.run(Q.put_settings, orjson.dumps(dict(settings)).decode(), key.id)


def drop_key(tx: Tx, id: str) -> None:
    """Deletes the key with all that it has; whatever it encrypted can never be decrypted again."""
    for statement in (
        Q.delete_materials,
        Q.delete_aliases,
        Q.delete_grants,
        Q.delete_key,
    ):
        tx.run(statement, id)
    tx.forget("kms.policy", id)


def _key_of(row: Row, now_ms: int) -> Key:
    id, account, region, spec, usage, enabled, origin, has_material, expires_ms, settings, tags, *times = row
    expired = expires_ms is not None and expires_ms <= now_ms
    return Key(
        id,
        (account, region),
        spec,
        usage,
        bool(enabled),
        origin,
        bool(has_material) and not expired,
        expires_ms,
        orjson.loads(settings),
        orjson.loads(tags),
        *times,
    )
