"""What the fan-out figures need on every server: queues, and the topics, buses and rules that lead to them."""

import json
from collections.abc import Iterator
from typing import Any

from bench.requests import queue_arn
from bench.servers import Server
from bench.setup import client
from bench.signing import ACCOUNT, REGION

WIDTHS = (1, 10, 100, 1000)
"""Queues that one change must reach."""

MOST_RULES = 100
"""Notification rules that AWS allows a bucket."""

_TARGETS = 5


def make_queues(server: Server, count: int) -> None:
    """Makes the queues ``q0`` and so on, which everybody may send to."""
    sqs = client(server, "sqs")
    for number in range(count):
        policy = _policy("sqs:SendMessage", queue_arn(f"q{number}"))
        sqs.create_queue(QueueName=f"q{number}", Attributes={"Policy": policy})


def queue_url(server: Server, name: str) -> str:
    """Returns where the server says that the queue is."""
    url: str = client(server, "sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return url


def topic_bucket(server: Server, width: int) -> str:
    """Returns a bucket whose changes a topic passes on to so many queues."""
    name = f"topic-{width}"
    arn = make_topic(server, name, width)
    rule = {"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}
    return _bucket(server, name, {"TopicConfigurations": [rule]})


def make_topic(server: Server, name: str, width: int) -> str:
    """Returns a topic that so many queues subscribe to, raw."""
    sns = client(server, "sns")
    policy = _policy("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
    arn: str = sns.create_topic(Name=name, Attributes={"Policy": policy})["TopicArn"]
    for number in range(width):
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn(f"q{number}"), Attributes=raw)
    return arn


def bus_bucket(server: Server, width: int) -> str:
    """Returns a bucket whose changes the default bus passes on to so many queues, five for each rule."""
    name, events = f"bus-{width}", client(server, "events")
    pattern = json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})
    for first in range(0, width, _TARGETS):
        rule = f"{name}-{first}"
        events.put_rule(Name=rule, EventPattern=pattern)
        events.put_targets(Rule=rule, Targets=list(_targets(range(first, min(first + _TARGETS, width)))))
    return _bucket(server, name, {"EventBridgeConfiguration": {}})


def ruled_bucket(server: Server, width: int) -> str:
    """Returns a bucket with a rule and a prefix for each of so many queues: ``p0/`` for ``q0`` and so on."""
    rules = [
        {
            "QueueArn": queue_arn(f"q{number}"),
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": f"p{number}/"}]}},
        }
        for number in range(width)
    ]
    return _bucket(server, f"rules-{width}", {"QueueConfigurations": rules})


def make_bus(server: Server, rules: int) -> str:
    """Returns a bus with so many rules, of which the last alone takes the events that are sent, for ``q0``."""
    name, events = f"patterns-{rules}", client(server, "events")
    events.create_event_bus(Name=name)
    for number in range(rules - 1):
        pattern = {
            "source": ["bench"],
            "detail-type": [f"other-{number}"],
            "detail": {"n": [{"prefix": "r"}]},
        }
        events.put_rule(Name=f"r{number}", EventBusName=name, EventPattern=json.dumps(pattern))
    wanted = {"source": ["bench"], "detail-type": ["wanted"]}
    events.put_rule(Name="wanted", EventBusName=name, EventPattern=json.dumps(wanted))
    events.put_targets(Rule="wanted", EventBusName=name, Targets=list(_targets(range(1))))
    return name


def fifo_queue(server: Server, name: str) -> str:
    """Returns the URL of a FIFO queue for high throughput."""
    attributes = {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "VisibilityTimeout": "600",
    }
    url: str = client(server, "sqs").create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"]
    return url


def _targets(numbers: range) -> Iterator[dict[str, str]]:
    for number in numbers:
        yield {"Id": str(number), "Arn": queue_arn(f"q{number}")}


def _bucket(server: Server, name: str, configuration: dict[str, Any]) -> str:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=configuration)
    return name


def _policy(action: str, resource: str) -> str:
    services = ["s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": action,
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
