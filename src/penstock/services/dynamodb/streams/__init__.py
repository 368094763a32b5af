"""DynamoDB's streams: the changes of tables, to be read in their order for a day."""

from penstock.services.dynamodb.streams.service import DynamoDbStreams

__all__ = ["DynamoDbStreams"]
