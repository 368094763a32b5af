"""The parameters that were there before expressions, as the same conditions, projections and updates.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from penstock.services.dynamodb.expressions.legacy.conditions import expected, filter_of
from penstock.services.dynamodb.expressions.legacy.keys import key_conditions
from penstock.services.dynamodb.expressions.legacy.projection import attributes_to_get
from penstock.services.dynamodb.expressions.legacy.updates import attribute_updates

__all__ = ["attribute_updates", "attributes_to_get", "expected", "filter_of", "key_conditions"]
