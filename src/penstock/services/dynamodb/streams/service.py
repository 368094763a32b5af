"""The service that reads streams. Its clients sign for ``dynamodb``, and its streams' ARNs are that service's."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations
from penstock.services.dynamodb.streams.kind import StreamKind
from penstock.services.service import Service
from penstock.services.source import SourceKind


class DynamoDbStreams(Service):
    """One server's DynamoDB Streams."""

    name: ClassVar[str] = "dynamodbstreams"
    model: ClassVar[str] = "dynamodbstreams"
    operations = Operations(__name__, "describing", "reading")
    validation_code: ClassVar[str | None] = "ValidationException"

    def sources(self) -> Mapping[str, SourceKind]:
        """Returns what functions can be fed from: a table's stream."""
        return {"dynamodb": StreamKind(self.state)}
