"""What a transaction does, item by item, and whether the caller may."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from penstock.server import Call, Params
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import table_arn
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.circumstances import asked_keys
from penstock.services.dynamodb.items.long import prepared
from penstock.services.dynamodb.items.writes import Write, change_of, check_of, delete_of, put_of
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_items, table_key
from penstock.services.dynamodb.tables.schema import Place

_MAKERS: dict[str, tuple[str, Callable[[Mapping[str, Any]], Write]]] = {
    "ConditionCheck": ("dynamodb:ConditionCheckItem", check_of),
    "Put": ("dynamodb:PutItem", put_of),
    "Delete": ("dynamodb:DeleteItem", delete_of),
    "Update": ("dynamodb:UpdateItem", change_of),
}


class Action(NamedTuple):
    """One of a transaction's writes."""

    asked: Asked
    write: Write


class Circumstances(NamedTuple):
    """The condition keys of one part of a transaction, worked out when a policy asks for one."""

    call: Call
    params: Params
    request: Params

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""
        params = {**self.params, "ReturnConsumedCapacity": self.request.get("ReturnConsumedCapacity")}
        return asked_keys(self.call, params, self.call.operation).items()


async def action_of(dynamo: DynamoState, call: Call, item: Mapping[str, Any], request: Params) -> Action:
    """Returns a write of TransactWriteItems that the caller may do; ValidationException, AccessDeniedException."""
    kinds = [kind for kind in _MAKERS if item.get(kind) is not None]
    if len(kinds) != 1:
        raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    params = item[kinds[0]]
    action, make = _MAKERS[kinds[0]]
    if kinds[0] == "Update" and not params.get("UpdateExpression"):
        raise invalid("Invalid UpdateExpression: The expression can not be empty;")
    write = await prepared(call, make, params)
    return Action(await may(dynamo, call, action, params, request), write)


async def may(dynamo: DynamoState, call: Call, action: str, params: Params, request: Params) -> Asked:
    """Returns the table when the caller may do this part of the request; AccessDeniedException."""
    arn = table_arn(table_key(call, params["TableName"]))
    await call.authorize(action, arn, Circumstances(call, params, request))
    return asked_items(dynamo, call, params["TableName"])


def check_count(items: list[Any]) -> None:
    """Returns when a transaction can have so many items; ValidationException."""
    if len(items) > limits.MAX_TRANSACTION_ITEMS:
        raise invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limits.MAX_TRANSACTION_ITEMS}"
        )


def check_distinct(places: list[tuple[int, Place]]) -> None:
    """Returns when no item is named twice; ValidationException."""
    if len(set(places)) < len(places):
        raise invalid("Transaction request cannot include multiple operations on one item")
