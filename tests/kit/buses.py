"""What tests of event buses need: a queue that rules may send to, rules in one line, and what came."""

import json
from typing import Any

from penstock.testing import LocalServer
from tests.kit.functions import client, make_function, make_queue, receive
from tests.kit.policies import ACCOUNT, document

REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def rule_arn(name: str, bus: str = "default") -> str:
    """Returns the ARN of a rule of the default account."""
    path = name if bus == "default" else f"{bus}/{name}"
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{path}"


def bus_arn(name: str = "default", account: str = ACCOUNT, region: str = REGION) -> str:
    """Returns the ARN of a bus."""
    return f"arn:aws:events:{region}:{account}:event-bus/{name}"


def events_may_send(rule: str = "*") -> str:
    """Returns the policy of a queue that takes what EventBridge sends for the rule."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:SourceArn": rule}},
        }
    )


class Inbox:
    """A queue that rules may send to, and what is in it."""

    def __init__(self, server: LocalServer, name: str, rule: str = "*", **attributes: str) -> None:
        self._server = server
        self.url, self.arn = make_queue(server, name, Policy=events_may_send(rule), **attributes)

    def messages(self) -> list[dict[str, Any]]:
        """Returns what has come, and takes it out."""
        return receive(self._server, self.url)

    def bodies(self) -> list[Any]:
        """Returns what has come, parsed, and takes it out."""
        return [json.loads(message["Body"]) for message in self.messages()]


def put_rule(server: LocalServer, name: str, *targets: dict[str, Any], **settings: Any) -> str:
    """Returns the ARN of a rule with targets; it takes what says that its source is the rule's name."""
    events = client(server, "events")
    pattern = settings.pop("pattern", {"source": [name]})
    bus = settings.get("EventBusName", "default")
    arn: str = events.put_rule(Name=name, EventPattern=json.dumps(pattern), **settings)["RuleArn"]
    if targets:
        numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)
    return arn


def put_event(server: LocalServer, source: str, detail: Any = None, **members: Any) -> str:
    """Returns the id of an event."""
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail or {}), **members}
    answer = client(server, "events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer
    id: str = answer["Entries"][0]["EventId"]
    return id


def make_listener(server: LocalServer, name: str) -> str:
    """Returns the ARN of a function that rules may invoke: its events are carried, and wait when it is busy."""
    arn: str = make_function(server, name, "def handler(event, context):\n    pass\n")["FunctionArn"]
    client(server, "lambda").add_permission(
        FunctionName=name,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    return arn
