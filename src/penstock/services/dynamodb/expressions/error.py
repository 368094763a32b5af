"""A complaint about an expression, before it is known of which parameter it is."""

from enum import Enum

from penstock.errors import AwsError
from penstock.services.dynamodb.values.invalid import invalid


class Kind(Enum):
    """The parameter that an expression is in."""

    CONDITION = "ConditionExpression"
    FILTER = "FilterExpression"
    KEY_CONDITION = "KeyConditionExpression"
    PROJECTION = "ProjectionExpression"
    UPDATE = "UpdateExpression"


class ExpressionError(Exception):
    """The expression is not one, or does not go with its names and values; the message is AWS's."""

    def of(self, kind: Kind) -> AwsError:
        """Returns the answer to the caller who gave such an expression."""
        return invalid(f"Invalid {kind.value}: {self}")
