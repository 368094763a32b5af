"""Log groups and streams as values: how they are named and found."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from penstock.access import Keys
from penstock.arn import Arn, arn
from penstock.delivery import Source
from penstock.server import Call, Params, resource_tag_keys, tag_keys
from penstock.services.logs.errors import exclusive, group_not_found, invalid_parameter, stream_not_found
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

SERVICE = "logs.amazonaws.com"

_DAY_MS = 86_400_000
_SENDER_ID = "AROAPENSTOCKLOGS00000:CloudWatchLogs"

Key = tuple[str, str, str]
"""Account, region and name."""

Place = tuple[str, str]
"""Account and region."""


class Group(NamedTuple):
    """One log group; ``retention_days`` None keeps events for ever. ``tag_keys`` are the condition keys of its tags.

    ``data_key`` is the row of what encrypts new events, None in a group without a key of KMS.
    """

    id: int
    key: Key
    log_class: str
    retention_days: int | None
    protected: bool
    created_ms: int
    tag_keys: Mapping[str, str]
    data_key: int | None

    def horizon_ms(self, now_ms: int) -> int:
        """Returns the time before which events are too old to be shown."""
        return now_ms - self.retention_days * _DAY_MS if self.retention_days else 0


def find_group(tx: ReadTx, key: Key) -> Group | None:
    """Returns the log group, or None."""
    return tx.cached("logs.group", key, _load_group)


def get_group(tx: ReadTx, key: Key) -> Group:
    """Returns the log group; AwsError ``ResourceNotFoundException``."""
    group = find_group(tx, key)
    if group is None:
        raise group_not_found()
    return group


def forget_group(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the group; call it in the transaction that changes it."""
    tx.forget("logs.group", key)
    tx.forget("logs.group_policy", key)


def find_stream(tx: ReadTx, group: Group, name: str) -> int | None:
    """Returns the stream's id, or None."""
    return tx.cached("logs.stream", (group.id, name), _load_stream)


def get_stream(tx: ReadTx, group: Group, name: str) -> int:
    """Returns the stream's id; AwsError ``ResourceNotFoundException``."""
    id = find_stream(tx, group, name)
    if id is None:
        raise stream_not_found()
    return id


def forget_stream(tx: Tx, group: int, name: str) -> None:
    """Drops what is remembered of the stream ``name`` of the group with that id."""
    tx.forget("logs.stream", (group, name))


def group_key(call: Call, params: Mapping[str, Any]) -> Key:
    """Returns which group ``logGroupName`` or ``logGroupIdentifier`` (a name or an ARN) is."""
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if name is not None and identifier is not None:
        raise exclusive("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    if name is None and identifier is None:
        raise invalid_parameter("You must include either logGroupIdentifier or logGroupName, but not both.")
    if name is not None:
        return call.account, call.region, str(name)
    return key_of_identifier(call, str(identifier))


def key_of_identifier(call: Call, identifier: str) -> Key:
    """Returns which group a name, or an ARN with or without ``:*``, names."""
    if not identifier.startswith("arn:"):
        return call.account, call.region, identifier
    key = key_of_arn(identifier)
    if key is None:
        raise invalid_parameter(f"The identifier {identifier} is not that of a log group.")
    return key


def key_of_arn(text: str) -> Key | None:
    """Returns the group's account, region and name; None when the ARN is not a log group's."""
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    kind, _, name = parts.resource.partition(":")
    if parts.service != "logs" or kind != "log-group" or not name:
        return None
    return parts.account, parts.region, name.removesuffix(":*")


def group_arn(key: Key) -> str:
    """Returns the group's ARN, without ``:*``."""
    account, region, name = key
    return arn("logs", region, account, f"log-group:{name}")


def group_source(key: Key, service: str = SERVICE) -> Source:
    """Returns CloudWatch Logs, sending for the group."""
    return Source.of_service(service, f"{group_arn(key)}:*", key[0], _SENDER_ID)


# AWS authorises log actions on the ARN of a stream, with an empty name where none is meant; so policies end in ``:*``.


def group_resource(logs: object, call: Call, params: Params) -> str:
    """Returns the ARN that an action on a group is authorised for."""
    return f"{group_arn(group_key(call, params))}:log-stream:"


def stream_resource(logs: object, call: Call, params: Params) -> str:
    """Returns the ARN that an action on a stream is authorised for."""
    return f"{group_arn(group_key(call, params))}:log-stream:{params.get('logStreamName', '')}"


def tagged_group(tx: ReadTx, resource: str) -> Group | None:
    """Returns the group whose tags count for actions on ``resource``: that it is, or that the stream is in.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_logs.html
    """
    key = key_of_arn(resource.partition(":log-stream:")[0])
    return find_group(tx, key) if key else None


def requested_tags(logs: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings."""
    return tag_keys(params.get("tags") or {})


def every_group_resource(logs: object, call: Call, params: Params) -> str:
    """Returns the ARN that listing the groups is authorised for."""
    return f"{group_arn((call.account, call.region, ''))}:log-stream:"


def _load_group(tx: ReadTx, key: Key) -> Group | None:
    row = tx.one(Q.find_group, *key)
    if row is None:
        return None
    id, log_class, retention_days, protected, created_ms, tags, data_key = row
    keys = resource_tag_keys(orjson.loads(tags))
    return Group(id, key, log_class, retention_days, bool(protected), created_ms, keys, data_key)


def _load_stream(tx: ReadTx, key: tuple[int, str]) -> int | None:
    row = tx.one(Q.find_stream, *key)
    return row[0] if row else None
