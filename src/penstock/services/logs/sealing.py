"""Messages of log groups that have a key of KMS: sealed with a data key of the group, one since each association.

CloudWatch Logs uses the key by itself: the key's policy must let ``logs.REGION.amazonaws.com`` do so.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from penstock.access import Principal
from penstock.arn import Arn
from penstock.sealed import Sealer, unsealed_bytes
from penstock.services.customer_keys import CustomerKeys, DataKey, KeyRefusal, KeyUser
from penstock.services.logs.errors import invalid_parameter, key_refused, not_associable
from penstock.services.logs.group import Group, Key, forget_group, group_arn
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

Timed = list[tuple[int, str]]
"""Events: times in milliseconds, and messages."""


class Opened(NamedTuple):
    """A data key at hand; ``arn`` names the group for which it was made."""

    sealer: Sealer
    arn: str

    def seal(self, message: str) -> str:
        """Returns the message as it is stored."""
        return self.sealer.seal(message, self.arn)

    def unseal(self, stored: str) -> str:
        """Returns the message as it came; SealError."""
        return self.sealer.unseal(stored, self.arn)


def check_key_arn(text: str) -> None:
    """Returns when it is the ARN of a key; AwsError ``InvalidParameterException``."""
    try:
        parsed = Arn.parse(text)
    except ValueError:
        raise invalid_parameter(f"The specified KMS key ARN is not valid: {text}") from None
    if parsed.service != "kms" or not parsed.resource.startswith("key/"):
        raise invalid_parameter(f"The specified KMS key ARN is not valid: {text}")


def make_data_key(tx: Tx, keys: CustomerKeys, key: Key, name: str) -> DataKey:
    """Returns a data key for the group under the key that is called ``name``; AwsError when Logs may not use it."""
    arn = group_arn(key)
    try:
        return keys.keeper.generate_data_key(tx, _user(arn), name, _context(arn))
    except KeyRefusal as refusal:
        raise not_associable(arn, refusal) from None


def associate(tx: Tx, id: int, key: Key, made: DataKey) -> None:
    """Encrypts what the group with that id takes from now on with a data key that was made for it."""
    tx.run(Q.put_key, made.key_arn, tx.insert(Q.add_key, id, group_arn(key), made.blob), id)
    forget_group(tx, key)


def disassociate(tx: Tx, group: Group) -> None:
    """Encrypts no more; what is there stays as it is."""
    tx.run(Q.put_key, None, None, group.id)
    forget_group(tx, group.key)


def check_key(tx: ReadTx, keys: CustomerKeys, group: Group) -> None:
    """Returns when the group can take events; AwsError when its key cannot be used."""
    if group.data_key is not None:
        _open(tx, keys, group.data_key)


def sealed(tx: ReadTx, keys: CustomerKeys, group: Group, events: Timed) -> Timed:
    """Returns the events as the group stores them; AwsError when its key cannot be used."""
    if group.data_key is None:
        return events
    key = _open(tx, keys, group.data_key)
    return [(time_ms, key.seal(message)) for time_ms, message in events]


def opened_keys(tx: ReadTx, keys: CustomerKeys, ids: Iterable[int | None]) -> Mapping[int, Opened]:
    """Returns the data keys that messages were sealed with, each once; AwsError when one cannot be used."""
    return {id: _open(tx, keys, id) for id in set(ids) if id is not None}


def stored_message_bytes(stored: str, sealed_by: int | None) -> int:
    """Returns how long a message was when it came."""
    return len(stored.encode()) if sealed_by is None else unsealed_bytes(stored)


def _open(tx: ReadTx, keys: CustomerKeys, id: int) -> Opened:
    row = tx.one(Q.find_key, id)
    assert row is not None  # it goes after the events that it encrypts
    arn, blob = row
    try:
        secret = keys.keeper.decrypt(tx, _user(arn), bytes(blob), _context(arn))
    except KeyRefusal as refusal:
        raise key_refused(arn, refusal) from None
    return Opened(tx.sealer.under(secret), arn)


def _user(arn: str) -> KeyUser:
    place = Arn.parse(arn)
    service = Principal.of_service(f"logs.{place.region}.amazonaws.com", place.account, arn)
    return KeyUser(service, "logs", place.account, place.region)


def _context(arn: str) -> dict[str, str]:
    return {"aws:logs:arn": arn}
