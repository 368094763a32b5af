"""The condition keys of requests on items: which partitions, which attributes, what is to be returned.

They are worked out when a policy asks for one. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.access import Keys
from penstock.server import Call, Params
from penstock.services.dynamodb.arns import index_arn, table_arn
from penstock.services.dynamodb.expressions import condition, projection, update
from penstock.services.dynamodb.expressions.conditions import All, Equals
from penstock.services.dynamodb.expressions.operands import Attribute, Literal
from penstock.services.dynamodb.items.stating import Stated
from penstock.services.dynamodb.tables.names import table_key
from penstock.services.dynamodb.values import Value

_LEGACY_MAPS = ("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter")


def read_resource(dynamo: object, call: Call, params: Params) -> str:
    """Returns the ARN of the table, or of the index, that a Query or Scan reads."""
    key = table_key(call, params["TableName"])
    index = params.get("IndexName")
    return index_arn(key, index) if index else table_arn(key)


def item_keys(dynamo: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of a write of one item."""
    return {**asked_keys(call, params), "dynamodb:ReturnValues": params.get("ReturnValues") or "NONE"}


def get_keys(dynamo: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of GetItem."""
    return {**asked_keys(call, params), "dynamodb:Select": selected(params)}


def read_keys(dynamo: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of Query and Scan."""
    return {**asked_keys(call, params), "dynamodb:Select": params.get("Select") or selected(params)}


def asked_keys(call: Call, params: Params, enclosing: str = "") -> Keys:
    """Returns the condition keys that requests and the parts of transactions have in common."""
    keys: Keys = {"dynamodb:Attributes": sorted(_attributes(params))}
    if enclosing:
        keys["dynamodb:EnclosingOperation"] = enclosing
    if mode := params.get("ReturnConsumedCapacity"):
        keys["dynamodb:ReturnConsumedCapacity"] = mode
    leading = _leading_values(call, params)
    if leading:
        keys["dynamodb:LeadingKeys"] = leading
    return keys


def leading_keys(call: Call, table: str, items: Iterable[Mapping[str, Value]]) -> list[str]:
    """Returns the partition keys of items or keys, as policies compare them."""
    name = hash_name(call, table, None)
    found = (item.get(name) for item in items)
    return [_text(value) for value in found if value]


def _leading_values(call: Call, params: Params) -> list[str]:
    item = params.get("Item") or params.get("Key")
    if item is not None:
        return leading_keys(call, params["TableName"], [item])
    name = hash_name(call, params["TableName"], params.get("IndexName"))
    if legacy := (params.get("KeyConditions") or {}).get(name):
        return [_text(value) for value in legacy.get("AttributeValueList") or () if value]
    text = params.get("KeyConditionExpression")
    return [_text(value) for value in _compared(text, name, params)] if text else []


def _compared(text: str, name: str, params: Params) -> list[Value]:
    """Returns the values that a key condition compares the attribute ``name`` with."""
    test = condition(text, Stated(params)).test
    found: list[Value] = []
    for part in test.tests if isinstance(test, All) else (test,):
        if isinstance(part, Equals):
            sides = (part.left, part.right)
            named = [side for side in sides if isinstance(side, Attribute) and side.path.attribute == name]
            found += [side.content for side in sides if named and isinstance(side, Literal)]
    return found


def hash_name(call: Call, table: str, index: str | None) -> str:
    """Returns the attribute that partitions the table, or its index; nothing when there is no such."""
    identity: Any = call.seen.get(("dynamodb", table_key(call, table)))
    return dict(identity.hash_names).get(index or "", "") if identity else ""


def _text(value: Value) -> str:
    [content] = value.values()
    return b64encode(content).decode() if isinstance(content, bytes) else str(content)


def selected(params: Params) -> str:
    """Returns what of the items a request without ``Select`` wants."""
    if params.get("ProjectionExpression") or params.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if params.get("IndexName") else "ALL_ATTRIBUTES"


def _attributes(params: Params) -> set[str]:
    """Returns the attributes that a request names anywhere."""
    names = {*(params.get("Item") or ()), *(params.get("Key") or ()), *(params.get("AttributesToGet") or ())}
    for member in _LEGACY_MAPS:
        names.update(params.get(member) or ())
    stated = Stated(params)
    for member in ("ConditionExpression", "FilterExpression", "KeyConditionExpression"):
        if text := params.get(member):
            condition(text, stated)
    if text := params.get("UpdateExpression"):
        update(text, stated)
    if text := params.get("ProjectionExpression"):
        projection(text, stated)
    return names | set(stated.attributes)
