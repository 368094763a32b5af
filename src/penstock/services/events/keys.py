"""Keys of KMS that buses and archives have: EventBridge uses them by itself, so their policies must let it in.

A bus brings its ARN as the source; of its archives nothing but the account is known. Both have the context of the bus.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
"""

from penstock.access import Principal
from penstock.services.customer_keys import (
    CustomerKeys,
    EncryptionContext,
    KeyRefusal,
    KeyUser,
    is_sealed,
    seal,
    unseal,
)
from penstock.services.events.arns import SERVICE, Key, bus_arn
from penstock.services.events.errors import unusable_key
from penstock.store import ReadTx, Tx

_VENDOR = SERVICE.partition(".")[0]


def check_named(tx: ReadTx, keys: CustomerKeys, bus: Key, kms_key: str | None) -> None:
    """Returns when EventBridge knows the key that is named for the bus or for an archive of it; AwsError."""
    if kms_key:
        try:
            keys.keeper.weigh(tx, _user(bus, bus_arn(bus)), kms_key, "DescribeKey", {})
        except KeyRefusal as refusal:
            raise unusable_key(kms_key, refusal) from None


def weigh_bus(tx: ReadTx, keys: CustomerKeys, bus: Key, kms_key: str) -> None:
    """Returns when EventBridge may encrypt the bus's events, and read them again; KeyRefusal."""
    for action in ("GenerateDataKey", "Decrypt"):
        keys.keeper.weigh(tx, _user(bus, bus_arn(bus)), kms_key, action, _context(bus))


def weigh_archive(tx: ReadTx, keys: CustomerKeys, bus: Key, kms_key: str) -> None:
    """Returns when EventBridge may encrypt what an archive of the bus keeps; KeyRefusal."""
    keys.keeper.weigh(tx, _user(bus), kms_key, "GenerateDataKey", _context(bus))


def sealed(tx: Tx, keys: CustomerKeys, bus: Key, kms_key: str | None, text: str) -> str:
    """Returns an event as an archive of the bus keeps it, sealed if the archive has a key; KeyRefusal."""
    return seal(keys, tx, _user(bus), kms_key, _context(bus), text) if kms_key else text


def opened(tx: ReadTx, keys: CustomerKeys, bus: Key, stored: str) -> str:
    """Returns the event that an archive of the bus keeps; KeyRefusal."""
    return unseal(keys, tx, _user(bus), stored, _context(bus)) if is_sealed(stored) else stored


def _user(bus: Key, source_arn: str = "") -> KeyUser:
    account, region, _ = bus
    return KeyUser(Principal.of_service(SERVICE, account, source_arn), _VENDOR, account, region)


def _context(bus: Key) -> EncryptionContext:
    return {"aws:events:event-bus:arn": bus_arn(bus)}
