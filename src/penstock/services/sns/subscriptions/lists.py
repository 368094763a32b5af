"""ListSubscriptions and ListSubscriptionsByTopic, a hundred at a time."""

from heapq import merge
from itertools import islice
from typing import Any

from penstock.digits import whole_number
from penstock.server import Call, Params, operation, page_token
from penstock.services.sns import limits
from penstock.services.sns.arns import all_arns
from penstock.services.sns.errors import invalid_parameter
from penstock.services.sns.paging import page_after
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.subscription import State, shown_arn
from penstock.services.sns.topics.topic import Asked, asked_topic, requested_topic, topic_resource
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)


@operation("ListSubscriptions", action="sns:ListSubscriptions", resource=all_arns)
async def list_subscriptions(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the account's subscriptions."""
    rows = await sns.store.read(_of_owner, call.account, call.region, _after(params))
    return _page(rows)


@operation("ListSubscriptionsByTopic", action="sns:ListSubscriptionsByTopic", resource=topic_resource)
async def list_subscriptions_by_topic(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the topic's subscriptions."""
    asked = asked_topic(call, params.get("TopicArn"))
    return _page(await sns.store.read(_of_topic, asked, _after(params)))


def _after(params: Params) -> int:
    token = page_after(params.get("NextToken"))
    number = whole_number(token) if token else -1
    if number is None:
        raise invalid_parameter("NextToken")
    return number


def _of_owner(tx: ReadTx, owner: str, region: str, after: int) -> list[Row]:
    walks = [
        tx.all(Q.find_subscriptions_of_owner, owner, region, state.value, after, limits.PAGE + 1)
        for state in (State.CONFIRMED, State.PENDING)
    ]
    return list(islice(merge(*walks), limits.PAGE + 1))


def _of_topic(tx: ReadTx, asked: Asked, after: int) -> list[Row]:
    return tx.all(Q.find_subscriptions_of_topic, requested_topic(tx, asked).id, after, limits.PAGE + 1)


def _page(rows: list[Row]) -> Params:
    result: Params = {"Subscriptions": [_shown(row) for row in rows[: limits.PAGE]]}
    if len(rows) > limits.PAGE:
        result["NextToken"] = page_token(str(rows[limits.PAGE - 1][0]))
    return result


def _shown(row: Row) -> dict[str, Any]:
    _, uid, owner, protocol, endpoint, state, topic_arn = row
    return {
        "SubscriptionArn": shown_arn(topic_arn, uid, state),
        "Owner": owner,
        "Protocol": protocol,
        "Endpoint": endpoint,
        "TopicArn": topic_arn,
    }
