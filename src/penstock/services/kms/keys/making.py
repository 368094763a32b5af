"""Making keys: the customers' own, and those that AWS keeps for its services."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from penstock.services.kms.arns import KeyName, Place
from penstock.services.kms.keys.key import Key, drop_key, find_named, get_key
from penstock.services.kms.keys.material import FIRST, Material, add_material
from penstock.services.kms.keys.policies import aws_managed_policy
from penstock.services.kms.keys.secrets import make_secret, random_bytes
from penstock.services.kms.keys.specs import ENCRYPT, SYMMETRIC
from penstock.store import Tx, queries

Q = queries(__package__)

_AWS = "alias/aws/"
_MANAGED = frozenset({"dynamodb", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm"})
_YEAR_DAYS = 365
_DAY_MS = 86_400_000


class NewKey(NamedTuple):
    """A key that is to be; ``secret`` is its material, None when that is to be imported."""

    id: str
    place: Place
    spec: str
    usage: str
    settings: Mapping[str, Any]
    policy: str
    tags: Mapping[str, str]
    secret: bytes | None


def insert_key(tx: Tx, new: NewKey) -> Key:
    """Returns the key, stored with its first material."""
    tx.run(
        Q.add_key,
        new.id,
        *new.place,
        new.spec,
        new.usage,
        "EXTERNAL" if new.secret is None else "AWS_KMS",
        int(new.secret is not None),
        orjson.dumps(dict(new.settings)).decode(),
        new.policy,
        orjson.dumps(dict(new.tags)).decode(),
        tx.now_ms,
    )
    key = get_key(tx, new.id, new.place)
    if new.secret is not None:
        add_material(tx, key, Material(FIRST, new.secret), on_demand=False, at_ms=tx.now_ms)
    return key


def is_aws_alias(name: str) -> bool:
    """Returns whether the alias is one that AWS keeps to itself."""
    return name.startswith(_AWS)


def is_of_service(name: KeyName) -> bool:
    """Returns whether it is the alias of the key that AWS keeps for a service."""
    return service_of(name) in _MANAGED and is_aws_alias(name.resource)


def service_of(name: KeyName) -> str:
    """Returns which service AWS keeps the key for."""
    return name.resource.removeprefix(_AWS)


def make_aws_managed(tx: Tx, name: KeyName) -> Key:
    """Returns the key that AWS keeps for a service in an account and region, made when it is first asked for."""
    there = find_named(tx, name)
    if there is not None:
        return there
    service = service_of(name)
    settings = {
        "KeyManager": "AWS",
        "Description": f"Default key that protects my {service} data when no other key is defined",
    }
    secret = make_secret(SYMMETRIC, tx.ids.bytes(random_bytes(SYMMETRIC)))
    policy = aws_managed_policy(name.place, service)
    key = insert_key(tx, NewKey(tx.ids.uuid(), name.place, SYMMETRIC, ENCRYPT, settings, policy, {}, secret))
    tx.run(Q.put_rotation, _YEAR_DAYS, tx.now_ms + _YEAR_DAYS * _DAY_MS, key.id)
    point_alias(tx, name, key)
    return key


def point_alias(tx: Tx, name: KeyName, key: Key) -> None:
    """Stores a new alias of the key; one of a key that nobody has swept away yet goes with that key."""
    if row := tx.one(Q.find_alias, *name.place, name.resource):
        drop_key(tx, row[1])
    tx.run(Q.add_alias, *name.place, name.resource, key.id, tx.now_ms, tx.now_ms)
