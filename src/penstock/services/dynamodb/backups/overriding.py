"""What a restore is to make otherwise than it was: throughput, and which indexes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.server import Params
from penstock.services.dynamodb.errors import invalid, invalid_value
from penstock.services.dynamodb.tables.adding import Definition
from penstock.services.dynamodb.tables.create import refuse_absent
from penstock.services.dynamodb.tables.definition import checked_throughput
from penstock.services.dynamodb.tables.index import Kind

_MEMBERS = {Kind.GLOBAL: "GlobalSecondaryIndexOverride", Kind.LOCAL: "LocalSecondaryIndexOverride"}
_NOT_HERE = {"VectorIndexOverride": "Vector indexes are"}


def overridden(definition: Definition, params: Params) -> Definition:
    """Returns the definition of the new table; ValidationException."""
    refuse_absent(params, _NOT_HERE)
    if (params.get("SSESpecificationOverride") or {}).get("Enabled"):
        raise invalid(
            "SSESpecificationOverride cannot be used: a table gets its key when it is created here."
        )
    settings = dict(definition.settings)
    mode = params.get("BillingModeOverride") or settings["BillingMode"]
    given = params.get("ProvisionedThroughputOverride")
    if params.get("OnDemandThroughputOverride"):
        settings["OnDemandThroughput"] = params["OnDemandThroughputOverride"]
    if given or mode != settings["BillingMode"]:
        settings["ProvisionedThroughput"] = checked_throughput(mode == "PAY_PER_REQUEST", given, "")
    settings["BillingMode"] = mode
    indexes = [(kind, name, dict(found)) for kind, name, found in definition.indexes]
    for kind, member in _MEMBERS.items():
        if (wanted := params.get(member)) is not None:
            indexes = _kept(indexes, kind, wanted)
    for kind, name, found in indexes:
        if kind is Kind.GLOBAL:
            _set_throughput(name, found, params, on_demand=mode == "PAY_PER_REQUEST")
    return Definition(_with_used_definitions(settings, indexes), indexes)


def _kept(
    indexes: list[tuple[Kind, str, dict[str, Any]]], kind: Kind, wanted: list[Params]
) -> list[tuple[Kind, str, dict[str, Any]]]:
    """Returns the indexes without those of this kind that are not wanted; ValidationException for one that is new."""
    by_name = {index["IndexName"]: index for index in wanted}
    for index in wanted:
        if not any(_is_same(index, *found) for found in indexes if found[0] is kind):
            raise invalid_value(
                f"The index {index['IndexName']} does not match an index of the table that is restored"
            )
    return [found for found in indexes if found[0] is not kind or found[1] in by_name]


def _is_same(index: Params, kind: Kind, name: str, found: Mapping[str, Any]) -> bool:
    same = ("KeySchema", "Projection")
    return index["IndexName"] == name and all(index[member] == found[member] for member in same)


def _set_throughput(name: str, found: dict[str, Any], params: Params, *, on_demand: bool) -> None:
    given = {index["IndexName"]: index for index in params.get("GlobalSecondaryIndexOverride") or ()}.get(
        name, {}
    )
    present = found["ProvisionedThroughput"]
    if on_demand or given.get("ProvisionedThroughput") or not present["ReadCapacityUnits"]:
        units = given.get("ProvisionedThroughput")
        if not on_demand:
            units = units or params.get("ProvisionedThroughputOverride")
        found["ProvisionedThroughput"] = checked_throughput(on_demand, units, f" for index: {name}")


def _with_used_definitions(
    settings: dict[str, Any], indexes: list[tuple[Kind, str, dict[str, Any]]]
) -> dict[str, Any]:
    schemas = [settings["KeySchema"], *(found["KeySchema"] for _, _, found in indexes)]
    used = {element["AttributeName"] for schema in schemas for element in schema}
    definitions = [found for found in settings["AttributeDefinitions"] if found["AttributeName"] in used]
    return {**settings, "AttributeDefinitions": definitions}
