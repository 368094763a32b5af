"""The service that reads streams. Its clients sign for ``dynamodb``, and its streams' ARNs are that service's."""

from typing import ClassVar

from penstock.server import Operation, collect
from penstock.services.dynamodb.streams import describing, reading
from penstock.services.service import Service


class DynamoDbStreams(Service):
    """One server's DynamoDB Streams."""

    name: ClassVar[str] = "dynamodbstreams"
    model: ClassVar[str] = "dynamodbstreams"
    operations: ClassVar[dict[str, Operation]] = collect(describing, reading)
    validation_code: ClassVar[str | None] = "ValidationException"
