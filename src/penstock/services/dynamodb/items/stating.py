"""The expressions of one request, and what must be so of them together.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions import (
    Condition,
    Kind,
    Placeholders,
    Projection,
    Update,
    condition,
    legacy,
    projection,
    update,
)
from penstock.services.dynamodb.expressions.path import Path, PathSyntax

_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_CONNECTED = ("Expected", "QueryFilter", "ScanFilter")
"""The former parameters whose conditions ``ConditionalOperator`` connects."""

_LEGACY = (
    "AttributeUpdates",
    "AttributesToGet",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
)
_PLACEHOLDERS = ("ExpressionAttributeNames", "ExpressionAttributeValues")
_MEMBERS = frozenset((*_EXPRESSIONS, *_LEGACY, *_PLACEHOLDERS))


class Stated(Placeholders):
    """The names and values of one request; it remembers the attributes that its expressions name."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        """ValidationException when the request mixes expressions with the parameters that they replace."""
        if not _MEMBERS.isdisjoint(params):
            _check_together(params)
        super().__init__(params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues"))
        self.attributes: list[str] = []

    def path(self, syntax: PathSyntax) -> Path:
        """Returns the path that is meant."""
        found = super().path(syntax)
        self.attributes.append(found.attribute)
        return found


def stated_condition(params: Mapping[str, Any], stated: Stated) -> Condition | None:
    """Returns the condition of a write, None when it has none; ValidationException."""
    if (attributes := params.get("Expected")) is not None:
        return legacy.expected(attributes, params.get("ConditionalOperator"))
    text = params.get("ConditionExpression")
    return condition(text, stated) if text else None


def stated_filter(params: Mapping[str, Any], stated: Stated) -> Condition | None:
    """Returns the filter of a Query or Scan, None when it has none; ValidationException."""
    attributes = params.get("QueryFilter") or params.get("ScanFilter")
    if attributes is not None:
        stated.attributes += attributes
        return legacy.filter_of(attributes, params.get("ConditionalOperator"))
    text = params.get("FilterExpression")
    return condition(text, stated, Kind.FILTER) if text else None


def stated_projection(params: Mapping[str, Any], stated: Stated) -> Projection | None:
    """Returns what is wanted of items, None when that is everything; ValidationException."""
    if (names := params.get("AttributesToGet")) is not None:
        return legacy.attributes_to_get(names)
    text = params.get("ProjectionExpression")
    return projection(text, stated) if text else None


def stated_update(params: Mapping[str, Any], stated: Stated) -> Update | None:
    """Returns the update, None when there is none; ValidationException."""
    if (attributes := params.get("AttributeUpdates")) is not None:
        return legacy.attribute_updates(attributes) if attributes else None
    text = params.get("UpdateExpression")
    return update(text, stated) if text else None


def _check_together(params: Mapping[str, Any]) -> None:
    given = [name for name in _EXPRESSIONS if params.get(name) is not None]
    others = [name for name in _PLACEHOLDERS if params.get(name) is not None]
    if former := [name for name in _LEGACY if params.get(name) is not None]:
        if given or others:
            raise invalid(
                "Can not use both expression and non-expression parameters in the same request: "
                f"Non-expression parameters: {{{', '.join(former)}}} "
                f"Expression parameters: {{{', '.join((*given, *others))}}}"
            )
    elif others and not given:
        raise invalid(f"{others[0]} can only be specified when using expressions")
    if params.get("ConditionalOperator") and not any(params.get(name) for name in _CONNECTED):
        raise invalid("ConditionalOperator cannot be used without Filter or Expected")
    for name in given:
        if not params[name]:
            raise invalid(f"Invalid {name}: The expression can not be empty;")
