"""GetSubscriptionAttributes and SetSubscriptionAttributes."""

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sns.arns import Named, named, subscription_name, topic_of_subscription
from penstock.services.sns.delivery_policy import effective, effective_text
from penstock.services.sns.errors import invalid_parameter, no_such_subscription, not_authorized
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.attributes import check_attributes
from penstock.services.sns.subscriptions.replays import put_replay
from penstock.services.sns.subscriptions.subscription import (
    State,
    Subscription,
    filter_scope,
    find_subscription,
    forget_subscription,
    topic_of,
)
from penstock.services.sns.topics.topic import Topic
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation(
    "GetSubscriptionAttributes", action="sns:GetSubscriptionAttributes", resource=topic_of_subscription
)
async def get_subscription_attributes(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the subscription's attributes to its owner or its topic's."""
    name = subscription_name(params.get("SubscriptionArn"))
    return {"Attributes": await sns.store.read(_get, name, call.account)}


@operation(
    "SetSubscriptionAttributes", action="sns:SetSubscriptionAttributes", resource=topic_of_subscription
)
async def set_subscription_attributes(sns: SnsState, call: Call, params: Params) -> None:
    """Sets one attribute; only the subscription's owner may."""
    name = subscription_name(params.get("SubscriptionArn"))
    attribute, value = str(params.get("AttributeName") or ""), str(params.get("AttributeValue") or "")
    await sns.store.write(_set, sns, name, call.account, attribute, value)


def _find(tx: ReadTx, name: Named) -> tuple[Subscription, Topic]:
    found = find_subscription(tx, name.uid)
    if found is None or found.state is State.DELETED or named(found.topic_arn) != Named(name.topic, ""):
        raise no_such_subscription()
    topic = topic_of(tx, found)
    if topic is None:
        raise no_such_subscription()
    return found, topic


def _get(tx: ReadTx, name: Named, account: str) -> dict[str, str]:
    found, topic = _find(tx, name)
    if account not in (found.owner, topic.key[0]):
        raise not_authorized("SNS:GetSubscriptionAttributes")
    shown = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic_arn,
        "Owner": found.owner,
        "SubscriptionPrincipal": found.principal,
        "Protocol": found.protocol.value,
        "Endpoint": found.endpoint,
        "PendingConfirmation": str(found.state is State.PENDING).lower(),
        "ConfirmationWasAuthenticated": str(found.is_authenticated).lower(),
        "RawMessageDelivery": "false",
        **found.attributes,
    }
    if "FilterPolicy" in shown:
        shown["FilterPolicyScope"] = filter_scope(shown).value
    if found.replay:
        shown["ReplayStatus"] = found.replay.status.value
    if found.protocol.is_http:
        shown["EffectiveDeliveryPolicy"] = effective_text(
            effective(topic.delivery_policy, found.delivery_policy)
        )
    return shown


def _set(tx: Tx, sns: SnsState, name: Named, account: str, attribute: str, value: str) -> None:
    found, topic = _find(tx, name)
    if account != found.owner:
        raise not_authorized("SNS:SetSubscriptionAttributes")
    wanted = {**found.attributes, attribute: value}
    checked = check_attributes(wanted, found.protocol, found.owner, topic, _refuse)
    tx.run(Q.put_attributes, orjson.dumps(checked).decode(), tx.now_ms, found.id)
    forget_subscription(tx, found.topic_id, found.number, found.uid)
    if attribute == "ReplayPolicy":
        put_replay(tx, sns.delivery, topic, found, checked.get("ReplayPolicy"))


def _refuse(reason: str) -> Exception:
    return invalid_parameter("AttributeName" if reason.startswith("Unknown attribute") else reason)
