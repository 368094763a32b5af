"""One comparison of an attribute: a ``ComparisonOperator`` and its ``AttributeValueList``.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Condition.html
"""

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.operands import Attribute, Literal
from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.values import Value, check_value, compare, type_of
from penstock.services.dynamodb.values.compare import ORDERED_TYPES
from penstock.services.dynamodb.values.invalid import invalid, invalid_value

ORDERS = {"LE": "<=", "LT": "<", "GE": ">=", "GT": ">"}
_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2}
_SCALARS = ORDERED_TYPES | {"BOOL", "NULL"}
_TYPES = {
    **dict.fromkeys(ORDERS, ORDERED_TYPES),
    "IN": ORDERED_TYPES,
    "BETWEEN": ORDERED_TYPES,
    "BEGINS_WITH": frozenset({"S", "B"}),
    "CONTAINS": _SCALARS,
    "NOT_CONTAINS": _SCALARS,
}


def comparison(name: str, operator: str, given: list[Value]) -> Test:
    """Returns the test of the attribute; ValidationException when the operator does not go with the values."""
    values = [check_value(value) for value in given]
    _check(operator, values)
    attribute = Attribute(Path((name,)))
    literals = tuple(map(Literal, values))
    match operator:
        case "NULL":
            return tests.Not(tests.Exists(attribute))
        case "NOT_NULL":
            return tests.Exists(attribute)
        case "EQ":
            return tests.Equals(attribute, literals[0])
        case "NE":
            return tests.Not(tests.Equals(attribute, literals[0]))
        case "BETWEEN":
            return tests.Between(attribute, *literals)
        case "IN":
            return tests.OneOf(attribute, literals)
        case "BEGINS_WITH":
            return tests.BeginsWith(attribute, literals[0])
        case "CONTAINS":
            return tests.Contains(attribute, literals[0])
        case "NOT_CONTAINS":
            return tests.All((tests.Exists(attribute), tests.Not(tests.Contains(attribute, literals[0]))))
    return tests.Ordered(ORDERS[operator], attribute, literals[0])


def _check(operator: str, values: list[Value]) -> None:
    count = _COUNTS.get(operator, 1)
    if len(values) != count and not (operator == "IN" and values):
        raise invalid_value(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    for value in values:
        if type_of(value) not in _TYPES.get(operator, value):
            raise _unfit(operator, type_of(value))
    if len({type_of(value) for value in values}) > 1:
        raise invalid_value("AttributeValues inside AttributeValueList must be of same type")
    if operator == "BETWEEN" and compare(*values) == 1:
        raise invalid(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )


def _unfit(operator: str, kind: str) -> AwsError:
    return invalid_value(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
