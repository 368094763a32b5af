"""``KeyConditions``: which items of a partition a query reads.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.KeyConditions.html
"""

from typing import Any

from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.key_conditions import KeyAttribute, KeyCondition, key_condition_of
from penstock.services.dynamodb.expressions.legacy.comparisons import ORDERS, comparison
from penstock.services.dynamodb.values.invalid import invalid

_INDEXABLE = {"EQ", "BETWEEN", "BEGINS_WITH", *ORDERS}


def key_conditions(
    attributes: dict[str, dict[str, Any]], hash_key: KeyAttribute, range_key: KeyAttribute | None
) -> KeyCondition:
    """Returns the key condition for a table or index with such keys; ValidationException when it is none."""
    if not 1 <= len(attributes) <= 2:
        raise invalid("Conditions can be of length 1 or 2 only")
    parts = []
    for name, wanted in attributes.items():
        operator = wanted["ComparisonOperator"]
        part = comparison(name, operator, wanted.get("AttributeValueList", []))
        if operator not in _INDEXABLE:
            raise invalid("Attempted conditional constraint is not an indexable operation")
        parts.append(part)
    return key_condition_of(tests.All(tuple(parts)), hash_key, range_key)
