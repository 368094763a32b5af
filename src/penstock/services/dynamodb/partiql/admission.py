"""Whether a caller may run a statement; the condition keys of one are worked out when a policy asks for one.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
"""

from collections.abc import Iterable
from typing import NamedTuple

from penstock.access import Keys
from penstock.server import Call, Params
from penstock.services.dynamodb.arns import index_arn, table_arn
from penstock.services.dynamodb.items.circumstances import hash_name, leading_keys
from penstock.services.dynamodb.partiql.language import (
    Delete,
    Insert,
    Select,
    Statement,
    Update,
    attributes_of,
)
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_items, table_key
from penstock.services.dynamodb.values import Item

_ACTIONS = {
    Select: "dynamodb:PartiQLSelect",
    Insert: "dynamodb:PartiQLInsert",
    Update: "dynamodb:PartiQLUpdate",
    Delete: "dynamodb:PartiQLDelete",
}
_EXISTS = "dynamodb:ConditionCheckItem"


async def admitted(dynamo: DynamoState, call: Call, statement: Statement, params: Params) -> Asked:
    """Returns the statement's table when the caller may run it there; AccessDeniedException."""
    key = table_key(call, statement.table)
    index = statement.index if isinstance(statement, Select) else None
    arn = index_arn(key, index) if index else table_arn(key)
    action = _ACTIONS.get(type(statement), _EXISTS)
    await call.authorize(action, arn, _Circumstances(call, statement, params))
    return asked_items(dynamo, call, statement.table)


class _Circumstances(NamedTuple):
    call: Call
    statement: Statement
    params: Params

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""
        return self._keys().items()

    def _keys(self) -> Keys:
        keys: Keys = {
            "dynamodb:Attributes": sorted(attributes_of(self.statement)),
            "dynamodb:EnclosingOperation": self.call.operation,
        }
        if leading := leading_keys(self.call, self.statement.table, self._partitions()):
            keys["dynamodb:LeadingKeys"] = leading
        if isinstance(self.statement, Select):
            keys["dynamodb:FullTableScan"] = "false" if self._partitions() else "true"
            whole = "ALL_PROJECTED_ATTRIBUTES" if self.statement.index else "ALL_ATTRIBUTES"
            keys["dynamodb:Select"] = "SPECIFIC_ATTRIBUTES" if self.statement.wanted.paths else whole
        if returning := getattr(self.statement, "returning", None):
            keys["dynamodb:ReturnValues"] = returning.name.replace("MODIFIED", "UPDATED")
        return keys

    def _partitions(self) -> list[Item]:
        """Returns the partition keys that the statement names."""
        if isinstance(self.statement, Insert):
            return [self.statement.item]
        index = self.statement.index if isinstance(self.statement, Select) else None
        name = hash_name(self.call, self.statement.table, index)
        values = self.statement.where.partitions(name) if self.statement.where else None
        return [{name: value} for value in values or ()]
