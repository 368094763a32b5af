"""A function's role: whether Lambda may assume it, and what it may do then."""

from dataclasses import replace
from functools import partial

from penstock.access import Policy, Principal, decide, parse_policy
from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.credentials import assume_role
from penstock.services.lambda_.functions.function import Function
from penstock.services.service import Parts


async def check_role(parts: Parts, call: Call, role: str, name: str) -> Principal:
    """Returns whom the role makes of a function; AwsError when it may not be passed on, or Lambda not assume it."""
    if Arn.parse(role).account != call.account:
        raise invalid("Cross-account pass role is not allowed.")
    await call.authorize("iam:PassRole", role, {"iam:PassedToService": "lambda.amazonaws.com"})
    try:
        return await role_principal(parts, call.account, call.region, name, role)
    except AwsError:
        raise invalid("The role defined for the function cannot be assumed by Lambda.") from None


async def role_principal(parts: Parts, account: str, region: str, name: str, role: str) -> Principal:
    """Returns whom the role makes of the function ``name``; AwsError when Lambda may not assume it."""
    credentials = await assume_role(parts, account, region, name, role)
    return await parts.call.identify(credentials["AccessKeyId"], credentials["SessionToken"])


async def check_may(call: Call, principal: Principal, action: str, arn: str) -> None:
    """Raises AwsError when ``principal`` may not do ``action`` (``sqs:SendMessage``) on a queue's ARN."""
    try:
        await replace(call, principal=principal).authorize(action, arn)
    except AwsError:
        operation = action.partition(":")[2]
        raise invalid(
            f"The provided execution role does not have permissions to call {operation} on SQS"
        ) from None


async def may_send(parts: Parts, function: Function, queue_arn: str) -> bool:
    """Returns whether the function's role may send to the queue now, by its own policies and the queue's."""
    queue = Arn.parse(queue_arn)
    try:
        principal = await role_principal(
            parts, function.account, function.region, function.name, function.role
        )
        policy = await _queue_policy(parts, queue)
    except AwsError:
        return False
    return decide(principal, "sqs:SendMessage", queue_arn, {}, policy, queue.account).allowed


async def _queue_policy(parts: Parts, queue: Arn) -> Policy | None:
    call = partial(
        parts.call, "sqs", principal=Principal.root(queue.account), account=queue.account, region=queue.region
    )
    url = await call("GetQueueUrl", {"QueueName": queue.resource})
    found = await call("GetQueueAttributes", {"QueueUrl": url["QueueUrl"], "AttributeNames": ["Policy"]})
    text = (found.get("Attributes") or {}).get("Policy")
    return parse_policy(text, kind="resource") if text else None
