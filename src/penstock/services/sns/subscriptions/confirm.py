"""ConfirmSubscription and Unsubscribe: links in messages lead here, so they may come without a signature.

Source: https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html and
https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
"""

from penstock.access import ANONYMOUS
from penstock.server import Call, Params, operation
from penstock.services.sns import limits
from penstock.services.sns.arns import Key, Named, named, own_topic, subscription_name
from penstock.services.sns.errors import invalid_parameter, invalid_token, no_such_topic, not_authorized
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.confirmation import digest, new_token, send_farewell
from penstock.services.sns.subscriptions.subscription import (
    State,
    Subscription,
    find_subscription,
    forget_subscription,
    topic_of,
)
from penstock.services.sns.topics.topic import find_topic
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("ConfirmSubscription", action=None)
async def confirm_subscription(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the ARN of the subscription that the token was sent for, which gets messages from now on."""
    name = named(str(params.get("TopicArn") or ""))
    if name is None or name.uid:
        raise invalid_parameter("TopicArn")
    if not params.get("Token"):
        raise invalid_token()
    signed = call.principal is not ANONYMOUS
    is_protected = str(params.get("AuthenticateOnUnsubscribe") or "").lower() == "true"
    if signed:
        await call.authorize("sns:ConfirmSubscription", own_topic(call, name.topic))
    owner = call.account if signed else None
    confirmed = await sns.store.write(
        _confirm, name.topic, str(params["Token"]), owner, is_protected and signed
    )
    return {"SubscriptionArn": confirmed.arn}


@operation("Unsubscribe", action=None)
async def unsubscribe(sns: SnsState, call: Call, params: Params) -> None:
    """Ends the subscription, if it is there. An endpoint that did not ask for it is told."""
    name = subscription_name(params.get("SubscriptionArn"))
    signed = call.principal is not ANONYMOUS
    if signed:
        await call.authorize("sns:Unsubscribe", own_topic(call, name.topic))
    await sns.store.write(_unsubscribe, sns, name, call.account if signed else None)


def _confirm(tx: Tx, topic_key: Key, token: str, owner: str | None, is_protected: bool) -> Subscription:
    topic = find_topic(tx, topic_key)
    if topic is None:
        raise no_such_topic()
    row = tx.one(Q.find_uid_of_token, digest(token))
    found = find_subscription(tx, row[0]) if row and row[1] + limits.TOKEN_MS > tx.now_ms else None
    if found is None or found.topic_id != topic.id:
        raise invalid_token()
    if found.state is State.CONFIRMED:
        return found
    signed = int(owner is not None)
    tx.run(Q.put_confirmed, signed, int(is_protected), owner or found.owner, tx.now_ms, found.id)
    forget_subscription(tx, found.topic_id, found.number, found.uid)
    return found


def _unsubscribe(tx: Tx, sns: SnsState, name: Named, account: str | None) -> None:
    found = find_subscription(tx, name.uid)
    if found is None or found.state is State.DELETED or named(found.topic_arn) != Named(name.topic, ""):
        return
    topic = topic_of(tx, found)
    if topic is None:
        return
    if account is None and found.is_protected:
        raise not_authorized("sns:Unsubscribe")
    if account is not None and account not in (found.owner, topic.key[0]):
        raise not_authorized("sns:Unsubscribe")
    token = new_token(tx)
    tx.run(Q.put_deleted, digest(token), tx.now_ms, tx.now_ms + limits.ENDED_MS, found.id)
    forget_subscription(tx, found.topic_id, found.number, found.uid)
    if found.state is State.CONFIRMED and (
        found.protocol.is_http or (found.protocol.is_mail and account != found.owner)
    ):
        send_farewell(tx, sns.delivery, topic, found, token)
