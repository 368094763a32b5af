"""Checks what CreateTable and UpdateTable say of keys and indexes, in AWS's words.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, invalid_value, too_many
from penstock.services.dynamodb.tables.table import types_of

Elements = list[dict[str, str]]


def checked_types(definitions: Elements) -> dict[str, str]:
    """Returns the attributes' types by name; ValidationException when one is defined twice."""
    types = types_of(definitions)
    if len(types) < len(definitions):
        names = [definition["AttributeName"] for definition in definitions]
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid_value(f"Duplicate attribute in AttributeDefinitions: {twice}")
    return types


def check_keys(elements: Elements, types: Mapping[str, str]) -> None:
    """Returns when ``KeySchema`` can be a key; ValidationException."""
    if len(elements) > 2:
        raise invalid(
            f"1 validation error detected: Value '{_shown(elements)}' at 'keySchema' failed to satisfy constraint: "
            "Member must have length less than or equal to 2"
        )
    names = [element["AttributeName"] for element in elements]
    if elements[0]["KeyType"] != "HASH":
        raise invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(elements) == 2:
        if names[0] == names[1]:
            raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
        if elements[1]["KeyType"] != "RANGE":
            raise invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if missing := [name for name in names if name not in types]:
        raise invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(missing)}], AttributeDefinitions: [{', '.join(types)}]"
        )


def check_local(index: Mapping[str, Any], table_keys: Elements, types: Mapping[str, str]) -> None:
    """Returns when the local index can be; ValidationException."""
    name, elements = index["IndexName"], index["KeySchema"]
    check_keys(elements, types)
    if len(table_keys) < 2:
        raise invalid_value(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    if len(elements) < 2:
        raise invalid_value(f"Index KeySchema does not have a range key for index: {name}")
    own, other = elements[0]["AttributeName"], table_keys[0]["AttributeName"]
    if own != other:
        raise invalid_value(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {own}, table hash key: {other}"
        )
    check_projection(index["Projection"])


def check_projection(projection: Mapping[str, Any]) -> None:
    """Returns when the projection can be; ValidationException."""
    kind, attributes = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid_value("Unknown ProjectionType: null")
    if kind == "INCLUDE":
        if not attributes:
            raise invalid_value("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
        if len(set(attributes)) < len(attributes):
            raise invalid_value(f"Duplicate attribute in NonKeyAttributes: [{', '.join(attributes)}]")
    elif attributes is not None:
        raise invalid_value(f"ProjectionType is {kind}, but NonKeyAttributes is specified")


def check_used(types: Mapping[str, str], schemas: Sequence[Elements]) -> None:
    """Returns when every attribute that is defined is part of some key; ValidationException."""
    used = {element["AttributeName"] for elements in schemas for element in elements}
    if types.keys() == used:
        return
    if len(schemas) == 1:
        raise invalid_value(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
        )
    raise invalid_value(
        f"Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(types)}], "
        f"keys used: [{', '.join(sorted(used))}]"
    )


def check_numbers(local: Sequence[Mapping[str, Any]], global_: Sequence[Mapping[str, Any]]) -> None:
    """Returns when a table can have so many indexes, with names of their own; ValidationException."""
    if len(local) > limits.MAX_LOCAL_INDEXES:
        raise invalid_value(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.MAX_LOCAL_INDEXES}"
        )
    if len(global_) > limits.MAX_GLOBAL_INDEXES:
        raise invalid_value(
            f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.MAX_GLOBAL_INDEXES}"
        )
    names = [index["IndexName"] for index in (*local, *global_)]
    for name in names:
        if names.count(name) > 1:
            raise invalid_value(f"Duplicate index name: {name}")
    named = sum(len(index["Projection"].get("NonKeyAttributes") or ()) for index in (*local, *global_))
    if named > limits.MAX_PROJECTED:
        raise invalid_value(
            "Total number of projected attributes across all indexes exceeds the per-table limit of "
            f"{limits.MAX_PROJECTED}. Number of projected attributes: {named}"
        )


def checked_throughput(on_demand: bool, given: Mapping[str, int] | None, whose: str) -> dict[str, int]:
    """Returns the throughput of a table or an index, ``whose`` in AWS's words; ValidationException."""
    if on_demand:
        if given:
            raise invalid_value(
                f"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified{whose} when BillingMode is "
                "PAY_PER_REQUEST"
            )
        return {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    if not given:
        raise invalid_value(
            f"ReadCapacityUnits and WriteCapacityUnits must both be specified{whose} when BillingMode is PROVISIONED"
        )
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if given[name] > limits.MAX_TABLE_UNITS:
            raise too_many(
                f"Subscriber limit exceeded: Provisioned throughput increases are limited to {limits.MAX_TABLE_UNITS} "
                f"{name} for one table"
            )
    return {name: given[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def checked_stream(specification: Mapping[str, Any] | None) -> str | None:
    """Returns the view of the stream that is to be, None when there is to be none; ValidationException."""
    if not specification:
        return None
    view = specification.get("StreamViewType")
    if specification["StreamEnabled"]:
        if view is None:
            raise invalid_value("StreamViewType is required when StreamEnabled is true")
        return str(view)
    if view is not None:
        raise invalid_value("StreamViewType cannot be specified when StreamEnabled is false")
    return None


def _shown(elements: Elements) -> str:
    shown = (
        f"KeySchemaElement(attributeName={element['AttributeName']}, keyType={element['KeyType']})"
        for element in elements
    )
    return f"[{', '.join(shown)}]"
