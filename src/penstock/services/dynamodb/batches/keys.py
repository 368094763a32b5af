"""What a batch names: the tables, each as authorisation found it, and no item twice."""

from collections.abc import Iterable

from penstock.server import Call, Params
from penstock.services.dynamodb.arns import table_arn
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.circumstances import asked_keys, leading_keys, selected
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_items, table_key
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.values import Item


class Circumstances:
    """The condition keys of what a batch does with one table, worked out when a policy asks for one."""

    def __init__(self, call: Call, table: str, items: list[Item], params: Params) -> None:
        self._call = call
        self._table = table
        self._items = items
        self._params = params

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Returns the keys with their values."""
        keys = asked_keys(self._call, {"TableName": self._table, **self._params})
        names = {name for item in self._items for name in item}
        keys["dynamodb:Attributes"] = sorted({*keys["dynamodb:Attributes"], *names})
        if leading := leading_keys(self._call, self._table, self._items):
            keys["dynamodb:LeadingKeys"] = leading
        if self._call.operation == "BatchGetItem":
            keys["dynamodb:Select"] = selected(self._params)
        return keys.items()


async def admitted(
    dynamo: DynamoState, call: Call, action: str, table: str, items: list[Item], params: Params
) -> Asked:
    """Returns the table when the caller may do the batch's action with these of its items; AccessDeniedException."""
    context = Circumstances(call, table, items, params)
    await call.authorize(action, table_arn(table_key(call, table)), context)
    return asked_items(dynamo, call, table)


def check_distinct(places: list[Place]) -> None:
    """Returns when no item of a table is named twice; ValidationException."""
    if len(set(places)) < len(places):
        raise invalid("Provided list of item keys contains duplicates")
