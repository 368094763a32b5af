"""Requests as they go over the wire, signed before the clock starts: what a plan of the load generator sends."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from bench.signing import ACCOUNT, REGION, Signer


class Kind(StrEnum):
    """What is sent."""

    PUT = "put"
    PUBLISH = "publish"
    EVENT = "event"
    FIFO = "fifo"
    INVOKE = "invoke"
    INVOKE_LATER = "invoke-later"
    LINES = "lines"
    PUT_ITEM = "put item"
    GET_ITEM = "get item"
    QUERY = "query"
    TRANSACT = "transact"


@dataclass(frozen=True)
class Plan:
    """What to send: ``limit`` requests at most of ``size`` bytes each, for so many seconds.

    PUTs go to new keys below ``prefix`` of the bucket ``to``, messages to the topic, bus or queue ``to``; those of a
    FIFO queue in ``groups`` groups. ``to`` is the function of invocations. Log lines of ``size`` characters go to the
    log group ``to``, ``groups`` at a time. Requests on items go to the table ``to``, which has ``groups`` items.
    """

    host: str
    port: int
    to: str
    prefix: str
    size: int
    seconds: float
    limit: int
    connections: int
    kind: Kind = Kind.PUT
    groups: int = 1


def requests_of(plan: Plan) -> list[bytes]:
    """Returns the plan's requests."""
    match plan.kind:
        case Kind.PUT:
            return list(_puts(plan))
        case Kind.PUBLISH:
            return list(_publishes(plan))
        case Kind.EVENT:
            return list(_events(plan))
        case Kind.INVOKE | Kind.INVOKE_LATER:
            return [_invocation(plan)] * plan.limit
        case Kind.LINES:
            return list(_lines(plan))
        case Kind.FIFO:
            return list(_sends(plan))
        case _:
            return list(_items(plan))


def call(host: str, service: str, target: str, params: dict[str, object]) -> bytes:
    """Returns one request of a service that speaks JSON."""
    version = "1.0" if service in ("sqs", "dynamodb") else "1.1"
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    return Signer(host, service).request("POST", "/", json.dumps(params).encode(), headers=headers)


def _puts(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "s3")
    body = bytes(i * 31 % 251 for i in range(plan.size))
    digest = hashlib.sha256(body).hexdigest()
    path = f"/{plan.to}/{plan.prefix}"
    for i in range(plan.limit):
        yield signer.head("PUT", f"{path}{i:07d}", payload_hash=digest, length=len(body)) + body


def _publishes(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "sns")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for i in range(plan.limit):
        text = f"{plan.prefix}{i}".ljust(plan.size, "x")
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": plan.to, "Message": text}
        yield signer.request("POST", "/", urlencode(form).encode(), headers=headers)


def _events(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "events")
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents"}
    for i in range(plan.limit):
        detail = json.dumps({"n": f"{plan.prefix}{i}", "text": "x" * plan.size})
        entry = {"Source": "bench", "DetailType": "wanted", "Detail": detail, "EventBusName": plan.to}
        yield signer.request("POST", "/", json.dumps({"Entries": [entry]}).encode(), headers=headers)


def _sends(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "sqs")
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
    for i in range(plan.limit):
        message = {
            "QueueUrl": plan.to,
            "MessageBody": "x" * plan.size,
            "MessageGroupId": f"g{i % plan.groups}",
            "MessageDeduplicationId": f"{plan.prefix}{i}",
        }
        yield signer.request("POST", "/", json.dumps(message).encode(), headers=headers)


def _lines(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "logs")
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.PutLogEvents"}
    now_ms = round(time.time() * 1000)
    lines = [
        f"{'ERROR' if n % 10 == 0 else 'INFO'} {plan.prefix} {n}".ljust(plan.size, "x")
        for n in range(plan.groups)
    ]
    events = [{"timestamp": now_ms, "message": line} for line in lines]
    body = json.dumps({"logGroupName": plan.to, "logStreamName": "s", "logEvents": events}).encode()
    for _ in range(plan.limit):
        yield signer.request("POST", "/", body, headers=headers)


ROWS = 20
"""Items of each partition of a table."""


def item(number: int, size: int) -> dict[str, dict[str, str]]:
    """Returns an item of about that many bytes; twenty that follow each other are of one partition."""
    return {**item_key(number), "text": {"S": "x" * size}}


def item_key(number: int) -> dict[str, dict[str, str]]:
    """Returns the key of an item."""
    return {"pk": {"S": f"p{number // ROWS}"}, "sk": {"N": str(number % ROWS)}}


def _items(plan: Plan) -> Iterator[bytes]:
    signer = Signer(f"{plan.host}:{plan.port}", "dynamodb")
    for i in range(plan.limit):
        # A stride that is coprime with the number of items: no item comes twice before all others have.
        operation, params = _on_item(plan, i * 7919 % plan.groups)
        target = f"DynamoDB_20120810.{operation}"
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": target}
        yield signer.request("POST", "/", json.dumps(params).encode(), headers=headers)


def _on_item(plan: Plan, number: int) -> tuple[str, dict[str, object]]:
    match plan.kind:
        case Kind.PUT_ITEM:
            return "PutItem", {"TableName": plan.to, "Item": item(number, plan.size)}
        case Kind.GET_ITEM:
            return "GetItem", {"TableName": plan.to, "Key": item_key(number), "ConsistentRead": True}
        case Kind.QUERY:
            values = {":p": item_key(number)["pk"]}
            about = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values}
            return "Query", {"TableName": plan.to, **about}
        case _:
            other = (number + 1) % plan.groups
            puts = [{"Put": {"TableName": plan.to, "Item": item(n, plan.size)}} for n in (number, other)]
            return "TransactWriteItems", {"TransactItems": puts}


def queue_arn(name: str) -> str:
    """Returns the ARN of a queue of the account that everything here belongs to."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def _invocation(plan: Plan) -> bytes:
    """Returns one request: the same bytes may be sent again and again."""
    kind = "Event" if plan.kind == Kind.INVOKE_LATER else "RequestResponse"
    path = f"/2015-03-31/functions/{plan.to}/invocations"
    signer = Signer(f"{plan.host}:{plan.port}", "lambda")
    return signer.request("POST", path, b"{}", headers={"x-amz-invocation-type": kind})
