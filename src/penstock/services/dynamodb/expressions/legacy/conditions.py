"""``Expected``, ``QueryFilter`` and ``ScanFilter``, with their ``ConditionalOperator``.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExpectedAttributeValue.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.ScanFilter.html
"""

from typing import Any

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Condition, Test
from penstock.services.dynamodb.expressions.legacy.comparisons import comparison
from penstock.services.dynamodb.values.invalid import invalid_value


def expected(attributes: dict[str, dict[str, Any]], operator: str | None) -> Condition | None:
    """Returns the condition of a write; None when there is none. ``operator``: ``AND`` (also None) or ``OR``."""
    return _connected([_expected(name, wanted) for name, wanted in attributes.items()], operator)


def filter_of(attributes: dict[str, dict[str, Any]], operator: str | None) -> Condition | None:
    """Returns the filter of a query or scan; None when there is none."""
    return _connected(
        [
            comparison(name, wanted["ComparisonOperator"], wanted.get("AttributeValueList", []))
            for name, wanted in attributes.items()
        ],
        operator,
    )


def _connected(parts: list[Test], operator: str | None) -> Condition | None:
    if operator is not None and len(parts) < 2:
        raise invalid_value(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )
    if not parts:
        return None
    return Condition(tests.Any(tuple(parts)) if operator == "OR" else tests.All(tuple(parts)))


def _expected(name: str, wanted: dict[str, Any]) -> Test:
    operator, values = wanted.get("ComparisonOperator"), wanted.get("AttributeValueList")
    exists, value = wanted.get("Exists"), wanted.get("Value")
    if values is not None and value is not None:
        raise _at(name, "Value and AttributeValueList cannot be used together")
    if operator is not None and exists is not None:
        raise _at(name, "Exists and ComparisonOperator cannot be used together")
    if operator is None and values is not None:
        raise _at(name, "AttributeValueList can only be used with a ComparisonOperator")
    if operator is not None:
        if values is None:
            values = [] if value is None else [value]
        return comparison(name, operator, values)
    return _exists(name, exists, value)


def _exists(name: str, exists: bool | None, value: Any) -> Test:
    if exists is False:
        if value is not None:
            raise _at(name, "Value cannot be used when Exists is false")
        return comparison(name, "NULL", [])
    if value is None:
        raise _at(name, f"Value must be provided when Exists is {'true' if exists else 'null'}")
    return comparison(name, "EQ", [value])


def _at(name: str, reason: str) -> AwsError:
    return invalid_value(f"{reason} for Attribute: {name}")
