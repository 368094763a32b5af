"""Key conditions: which items of a partition a query reads, as bounds of their keys' bytes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
"""

from dataclasses import dataclass, replace

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.operands import Attribute, Literal, Operand
from penstock.services.dynamodb.expressions.path import Step
from penstock.services.dynamodb.values import Value, key_bytes
from penstock.services.dynamodb.values.invalid import invalid, invalid_value


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """A part of a key: its name and its type, ``S``, ``N`` or ``B``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The range keys that are wanted: from ``low`` to ``high``, as bytes; None is no bound."""

    low: bytes | None = None
    high: bytes | None = None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """A partition, by the value of its hash key, and the range keys in it that are wanted."""

    hash_value: Value
    range: KeyRange

    @property
    def hash_bytes(self) -> bytes:
        """Returns the hash key as it is kept."""
        return key_bytes(self.hash_value)


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def key_condition_of(test: Test, hash_key: KeyAttribute, range_key: KeyAttribute | None) -> KeyCondition:
    """Returns the key condition that a condition is; ValidationException when it is none."""
    by_name: dict[str, Test] = {}
    for part in _parts(test):
        name = _attribute(part)
        if name in by_name:
            raise invalid("KeyConditionExpressions must only contain one condition per key")
        by_name[name] = part
    on_hash = by_name.pop(hash_key.name, None)
    if on_hash is None:
        raise invalid(f"Query condition missed key schema element: {hash_key.name}")
    if not isinstance(on_hash, tests.Equals):
        raise invalid("Query key condition not supported")
    on_range = by_name.pop(range_key.name, None) if range_key else None
    if by_name:
        raise _beside(hash_key, range_key, on_range)
    hash_value = _checked(_literals(on_hash)[0], hash_key)
    if on_range is None or range_key is None:
        return KeyCondition(hash_value, KeyRange())
    return KeyCondition(hash_value, _range(on_range, range_key))


def _beside(hash_key: KeyAttribute, range_key: KeyAttribute | None, on_range: Test | None) -> AwsError:
    if range_key is not None and on_range is None:
        return invalid(f"Query condition missed key schema element: {range_key.name}")
    return invalid("Query key condition not supported")


def _parts(test: Test) -> tuple[Test, ...]:
    parts = test.tests if isinstance(test, tests.All) else (test,)
    for part in parts:
        if operator := _refused_operator(part):
            raise invalid(f"Invalid operator used in KeyConditionExpression: {operator}")
    return parts


def _refused_operator(test: Test) -> str | None:
    match test:
        case tests.Equals() | tests.Ordered() | tests.Between() | tests.BeginsWith():
            return None
        case tests.Not(tests.Equals()):
            return "<>"
        case tests.Not(tests.Exists()):
            return "attribute_not_exists"
        case tests.Not():
            return "NOT"
        case tests.Any():
            return "OR"
        case tests.OneOf():
            return "IN"
        case tests.Exists():
            return "attribute_exists"
        case tests.HasType():
            return "attribute_type"
    return "contains"


def _operands(test: Test) -> tuple[Operand, ...]:
    match test:
        case tests.Equals(left, right) | tests.Ordered(_, left, right) | tests.BeginsWith(left, right):
            return left, right
        case tests.Between(operand, low, high):
            return operand, low, high
    raise AssertionError(test)  # the others have been refused


def _attribute(test: Test) -> str:
    """Returns the attribute that the test is on: exactly one, compared with literals."""
    found = [operand for operand in _operands(test) if isinstance(operand, Attribute)]
    if len(found) + len(_literals(test)) < len(_operands(test)):
        raise invalid("KeyConditionExpressions cannot contain nested operations")
    if not found:
        raise _no_condition("No key attribute specified")
    if len(found) > 1:
        raise _no_condition("Multiple attribute names used in one condition")
    [attribute] = found
    if len(attribute.path.steps) > 1:
        raise invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    return attribute.path.attribute


def _no_condition(reason: str) -> AwsError:
    return invalid(f"Invalid condition in KeyConditionExpression: {reason}")


def _literals(test: Test) -> list[Value]:
    return [operand.content for operand in _operands(test) if isinstance(operand, Literal)]


def range_of(test: Test, key: KeyAttribute) -> KeyRange | None:
    """Returns the bounds that the test sets to the key, which it compares with literals; None when it does not."""
    match test:
        case tests.Equals() | tests.Ordered() | tests.Between() | tests.BeginsWith():
            literals, names = _literals(test), _names(test)
        case _:
            return None
    if names != [(key.name,)] or len(literals) + 1 < len(_operands(test)):
        return None
    return _bounds(test, key) if all(key.type in value for value in literals) else None


def _names(test: Test) -> list[tuple[Step, ...]]:
    return [operand.path.steps for operand in _operands(test) if isinstance(operand, Attribute)]


def _range(test: Test, key: KeyAttribute) -> KeyRange:
    for value in _literals(test):
        _checked(value, key)
    bounds = _bounds(test, key)
    if bounds is None:
        raise invalid("Query key condition not supported")
    return bounds


def _bounds(test: Test, key: KeyAttribute) -> KeyRange | None:
    bounds = [key_bytes(value) for value in _literals(test)]
    match test:
        case tests.Equals():
            return KeyRange(bounds[0], bounds[0])
        case tests.Between(Attribute(), _, _):
            return KeyRange(bounds[0], bounds[1])
        case tests.BeginsWith(Attribute(), _) if key.type != "N":
            return KeyRange(bounds[0], _behind(bounds[0]), with_high=False)
        case tests.Ordered(operator, Attribute(), _):
            return _one_sided(operator, bounds[0])
        case tests.Ordered(operator, _, _):
            return _one_sided(_MIRRORED[operator], bounds[0])
    return None


def _one_sided(operator: str, bound: bytes) -> KeyRange:
    inclusive = operator.endswith("=")
    if operator.startswith("<"):
        return replace(KeyRange(), high=bound, with_high=inclusive)
    return replace(KeyRange(), low=bound, with_low=inclusive)


def _behind(prefix: bytes) -> bytes | None:
    """Returns the first bytes behind all that begin with ``prefix``; None when nothing can be behind them."""
    shorter = prefix.rstrip(b"\xff")
    return shorter[:-1] + bytes([shorter[-1] + 1]) if shorter else None


def _checked(value: Value, key: KeyAttribute) -> Value:
    if key.type not in value:
        raise invalid_value("Condition parameter type does not match schema type")
    if value[key.type] in ("", b""):
        kind = "string" if key.type == "S" else "binary"
        raise invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            f"cannot contain an empty {kind} value. Key: {key.name}"
        )
    return value
