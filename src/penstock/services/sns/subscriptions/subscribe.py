"""Subscribe.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sns import limits
from penstock.services.sns.errors import invalid_attribute, too_many_subscriptions
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.attributes import check_attributes
from penstock.services.sns.subscriptions.confirmation import digest, new_token, send_confirmation
from penstock.services.sns.subscriptions.endpoints import account_of, asked_protocol, check_endpoint
from penstock.services.sns.subscriptions.replays import put_replay
from penstock.services.sns.subscriptions.subscription import (
    Protocol,
    State,
    Subscription,
    find_subscription,
    forget_subscription,
)
from penstock.services.sns.topics.topic import Asked, Topic, asked_topic, requested_topic, topic_resource
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


class _Wanted(NamedTuple):
    protocol: Protocol
    endpoint: str
    owner: str
    principal: str
    attributes: Mapping[str, str]


def subscribe_context(sns: SnsState, call: Call, params: Params) -> dict[str, str | list[str]]:
    """Returns the condition keys of a call that subscribes an endpoint."""
    found = {"sns:Protocol": params.get("Protocol"), "sns:Endpoint": params.get("Endpoint")}
    return {key: str(value) for key, value in found.items() if value}


@operation("Subscribe", action="sns:Subscribe", resource=topic_resource, context=subscribe_context)
async def subscribe(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the subscription's ARN, or that its endpoint has been asked to confirm it."""
    wanted = _Wanted(
        asked_protocol(params.get("Protocol")),
        str(params.get("Endpoint") or ""),
        call.account,
        call.principal.role_arn or call.principal.arn,
        params.get("Attributes") or {},
    )
    made = await sns.store.write(_subscribe, sns, asked_topic(call, params.get("TopicArn")), wanted)
    is_shown = made.state is State.CONFIRMED or params.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": made.arn if is_shown else "pending confirmation"}


def _subscribe(tx: Tx, sns: SnsState, asked: Asked, wanted: _Wanted) -> Subscription:
    topic = requested_topic(tx, asked)
    check_endpoint(wanted.protocol, wanted.endpoint, fifo=topic.is_fifo)
    attributes = check_attributes(wanted.attributes, wanted.protocol, wanted.owner, topic, invalid_attribute)
    present = _present(tx, topic, wanted)
    if present is None:
        _check_room(tx, topic, wanted.protocol)
        return _make(tx, sns, topic, wanted, attributes)
    if any(present.attributes.get(name) != value for name, value in attributes.items()):
        raise invalid_attribute("Subscription already exists with different attributes")
    if present.state is State.PENDING:
        _ask_again(tx, sns, topic, present)
    return present


def _present(tx: ReadTx, topic: Topic, wanted: _Wanted) -> Subscription | None:
    for uid, state in tx.all(Q.find_uids_of_endpoint, topic.id, wanted.protocol.value, wanted.endpoint):
        if state != State.DELETED:
            return find_subscription(tx, uid)
    return None


def _check_room(tx: ReadTx, topic: Topic, protocol: Protocol) -> None:
    is_large = topic.max_bytes > limits.MAX_MESSAGE_BYTES
    if is_large and protocol not in (Protocol.SQS, Protocol.LAMBDA):
        raise invalid_attribute(
            f"A topic with a MaximumMessageSize above {limits.MAX_MESSAGE_BYTES} does not take {protocol} subscriptions"
        )
    if not (topic.is_fifo or is_large):
        return
    most = limits.MAX_FIFO_SUBSCRIPTIONS if topic.is_fifo else limits.MAX_LARGE_SUBSCRIPTIONS
    counts = [tx.all(Q.count_subscriptions, topic.id, state)[0][0] for state in ("confirmed", "pending")]
    if sum(counts) >= most:
        raise too_many_subscriptions(most)


def _make(
    tx: Tx, sns: SnsState, topic: Topic, wanted: _Wanted, attributes: Mapping[str, str]
) -> Subscription:
    # Whoever owns the endpoint and subscribes it need not be asked; an endpoint outside of AWS always is.
    confirmed = account_of(wanted.protocol, wanted.endpoint) == wanted.owner
    token = None if confirmed else new_token(tx)
    ((last,),) = tx.all(Q.find_last_number, topic.id)
    uid, number = tx.ids.uuid(), 0 if last is None else int(last) + 1
    tx.insert(
        Q.add_subscription,
        topic.id,
        number,
        uid,
        topic.arn,
        wanted.owner,
        wanted.principal,
        topic.key[1],
        wanted.protocol.value,
        wanted.endpoint,
        (State.CONFIRMED if confirmed else State.PENDING).value,
        orjson.dumps(attributes).decode(),
        int(confirmed),
        digest(token) if token else None,
        tx.now_ms if token else None,
        tx.now_ms + limits.TOKEN_MS if token else None,
        tx.now_ms,
    )
    forget_subscription(tx, topic.id, number, uid)
    made = find_subscription(tx, uid)
    assert made is not None
    if "ReplayPolicy" in attributes:
        put_replay(tx, sns.delivery, topic, made, attributes["ReplayPolicy"])
    if token:
        send_confirmation(tx, sns.delivery, topic, made, token)
    return made


def _ask_again(tx: Tx, sns: SnsState, topic: Topic, pending: Subscription) -> None:
    token = new_token(tx)
    tx.run(Q.put_token, digest(token), tx.now_ms, tx.now_ms + limits.TOKEN_MS, pending.id)
    send_confirmation(tx, sns.delivery, topic, pending, token)
