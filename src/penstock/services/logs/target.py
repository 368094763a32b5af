"""Log groups as destinations: what is delivered becomes a log event in the transaction that delivers it.

A sender's events of one day go to one stream. A document of a timestamp and a message, which is what an input
transformer for a log group makes, says both; of anything else the message is the whole text and the time is now.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-cloudwatch-logs.html
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.delivery import (
    DestinationError,
    ForbiddenDestination,
    Message,
    MissingDestination,
    Source,
    Standing,
    Target,
    Undeliverable,
)
from penstock.errors import AwsError
from penstock.services.logs import limits
from penstock.services.logs.api.resource_policies import policy_of
from penstock.services.logs.group import Group, find_group, find_stream, forget_stream, group_arn, key_of_arn
from penstock.services.logs.page import stored_bytes
from penstock.services.logs.sealing import check_key
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
_DAY_MS = 86_400_000


class LogsTarget(Target):
    """Delivery's way into the log groups."""

    def __init__(self, logs: LogsState) -> None:
        self._logs = logs

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may write to the log group ``arn`` now; else raises DestinationError."""
        self._group_for(tx, arn, source, _stream_name(source, tx.now_ms))

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Writes the message and returns the name of its stream; raises DestinationError, having stored nothing."""
        stream = _stream_name(source, tx.now_ms)
        from penstock.services.logs.storing import (
            store_one,
        )  # loaded with the first event: patterns take their time

        group = self._group_for(tx, arn, source, stream)
        event = _event(message.body, tx.now_ms)
        _check(arn, group, event, tx.now_ms)
        if find_stream(tx, group, stream) is None:
            tx.insert(Q.add_stream, group.id, stream, tx.now_ms)
            forget_stream(tx, group.id, stream)
        store_one(tx, self._logs, group.key, stream, event)
        return stream

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether the log group would let ``source`` in now, and what the statements of the policies say."""
        found = super().explain(tx, arn, source, message, wanted)
        key = key_of_arn(arn)
        if key is None or find_group(tx, key) is None:
            return found
        policy, stream = policy_of(tx, key), _stream_name(source, tx.now_ms)
        resource = f"{group_arn(key)}:log-stream:{stream}"
        weighed = (source.weigh(action, resource, policy, key[0]) for action in _ACTIONS)
        return found._replace(policies=tuple(text for texts in weighed for text in texts))

    def _group_for(self, tx: ReadTx, arn: str, source: Source, stream: str) -> Group:
        group = _group_for(tx, arn, source, stream)
        try:
            check_key(tx, self._logs.keys, group)
        except AwsError as refusal:
            raise ForbiddenDestination(f"The log group {arn} takes no events: {refusal.message}") from None
        return group


def _group_for(tx: ReadTx, arn: str, source: Source, stream: str) -> Group:
    key = key_of_arn(arn)
    if key is None:
        raise DestinationError(f"{arn} is not the ARN of a log group.")
    group = find_group(tx, key)
    if group is None:
        raise MissingDestination(f"The log group {arn} does not exist.")
    policy, resource = policy_of(tx, key), f"{group_arn(key)}:log-stream:{stream}"
    if not all(source.may(action, resource, policy, key[0]).allowed for action in _ACTIONS):
        raise ForbiddenDestination(f"No resource policy lets {source.name} write to the log group {arn}.")
    return group


def _stream_name(source: Source, now_ms: int) -> str:
    h = hashlib.sha256(f"{source.arn}/{now_ms // _DAY_MS}".encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"


def _event(body: bytes, now_ms: int) -> dict[str, Any]:
    try:
        text = body.decode()
        found = orjson.loads(body)
    except UnicodeDecodeError:
        raise Undeliverable("A log group takes text, and this is none.") from None
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict) and found.keys() == {"timestamp", "message"}:
        time_ms, told = _time_ms(found["timestamp"]), found["message"]
        if time_ms is not None and isinstance(told, str):
            return {"timestamp": time_ms, "message": told}
    return {"timestamp": now_ms, "message": text}


def _time_ms(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _check(arn: str, group: Group, event: dict[str, Any], now_ms: int) -> None:
    oldest_ms = max(now_ms - limits.MAX_AGE_MS, group.horizon_ms(now_ms))
    if not oldest_ms <= event["timestamp"] <= now_ms + limits.MAX_FUTURE_MS:
        raise Undeliverable(f"The log group {arn} does not take an event of that time.")
    if not event["message"] or stored_bytes(event["message"]) > limits.MAX_EVENT_BYTES:
        raise Undeliverable(f"The log group {arn} does not take an event that is empty or so long.")
