"""What tests of pipes need: a role that Pipes may assume, a pipe in one call, and what its target got."""

import json
from typing import Any

from penstock.testing import LocalServer
from tests.kit.functions import client, make_queue, make_role, receive

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ACTIONS = (
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sns:Publish",
    "events:PutEvents",
    "events:InvokeApiDestination",
    "lambda:InvokeFunction",
    "logs:PutLogEvents",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
)


class Line:
    """A pipe with a queue at its beginning, and by itself one at its end."""

    def __init__(self, server: LocalServer, name: str, target: str = "", **settings: Any) -> None:
        self.server, self.name = server, name
        self.url, self.source = make_queue(server, f"{name}-in")
        self.out, self.target = make_queue(server, f"{name}-out")
        self.role = make_role(server, f"{name}-role", *settings.pop("actions", ACTIONS), trust=TRUST)
        self.create(Target=target or self.target, **settings)

    def create(self, **settings: Any) -> dict[str, Any]:
        """Returns what CreatePipe answers."""
        given = {"Name": self.name, "Source": self.source, "RoleArn": self.role, **settings}
        made: dict[str, Any] = client(self.server, "pipes").create_pipe(**given)
        self.server.settle()
        return made

    def send(self, *bodies: Any) -> None:
        """Puts messages into the source; what is no text becomes JSON."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            client(self.server, "sqs").send_message(QueueUrl=self.url, MessageBody=text)
        self.server.settle()

    def got(self) -> list[Any]:
        """Returns what came to the queue at the end, parsed, and takes it out."""
        return [json.loads(message["Body"]) for message in receive(self.server, self.out)]

    def left(self) -> int:
        """Returns how many messages the source still holds, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = client(self.server, "sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def reason(self) -> str:
        """Returns why nothing goes through, "" when all is well."""
        found: str = client(self.server, "pipes").describe_pipe(Name=self.name).get("StateReason", "")
        return found
