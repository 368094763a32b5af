"""Which table a call names: by name, or by ARN."""

import re
from typing import NamedTuple

from penstock.server import Call, Params
from penstock.services.dynamodb.arns import Key, named, table_arn
from penstock.services.dynamodb.errors import in_use, invalid, no_such_table, table_not_found
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.keying import Opener
from penstock.services.dynamodb.tables.table import Identity, Table, find_table
from penstock.store import ReadTx

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_PATTERN = "[a-zA-Z0-9_.-]+"


class Asked(NamedTuple):
    """The table that a call names, and which one authorisation found under that name (None: there was none).

    ``opener`` is who wants its items.
    """

    key: Key
    uid: str | None
    opener: Opener | None = None


def table_key(call: Call, text: str) -> Key:
    """Returns which table a name or an ARN names; ValidationException when it is none of this region."""
    if not text.startswith("arn:"):
        return call.account, call.region, checked_name(text)
    found = named(text)
    if found is None or found.kind or not _NAME.fullmatch(found.table[2]):
        raise invalid(
            "TableArn validation: Invalid table ARN: it must be of the form "
            "arn:aws:dynamodb:<region>:<account>:table/<table name>"
        )
    if found.table[1] != call.region:
        raise invalid(
            f"TableArn validation: Invalid region in ARN. Region: {found.table[1]}, expected: {call.region}"
        )
    return found.table


def checked_name(text: str) -> str:
    """Returns the name of a table; ValidationException when it cannot be one."""
    if not 3 <= len(text) <= 255:
        raise invalid("TableName must be at least 3 characters long and at most 255 characters long")
    if not _NAME.fullmatch(text):
        raise invalid(
            f"1 validation error detected: Value '{text}' at 'tableName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {_PATTERN}"
        )
    return text


def table_resource(dynamo: object, call: Call, params: Params) -> str:
    """Returns the ARN of the table that ``TableName`` names."""
    return table_arn(table_key(call, params["TableName"]))


def asked_table(call: Call, text: str) -> Asked:
    """Returns the table that is named, as authorisation found it."""
    return asked_key(call, table_key(call, text))


def asked_items(dynamo: DynamoState, call: Call, text: str) -> Asked:
    """Returns the table that is named, for its items."""
    return asked_table(call, text)._replace(opener=Opener(dynamo.keys, call.principal))


def asked_key(call: Call, key: Key) -> Asked:
    """Returns the table with this key, as authorisation found it."""
    identity = call.seen.get(("dynamodb", key))
    return Asked(key, identity.uid if isinstance(identity, Identity) else None)


def requested_table(tx: ReadTx, asked: Asked) -> Table:
    """Returns the table that the caller was authorised for; AwsError in the words of operations on tables."""
    table = find_table(tx, asked.key)
    if table is None or table.uid != asked.uid:
        raise no_such_table(asked.key[2])
    return table


def ready_table(tx: ReadTx, asked: Asked) -> Table:
    """Returns the table that the caller was authorised for, to change it; ResourceInUseException before it is ready."""
    table = requested_table(tx, asked)
    if not table.is_ready:
        raise in_use(f"Table is being created: {table.name}")
    return table


def items_table(tx: ReadTx, asked: Asked) -> Table:
    """Returns the table that the caller was authorised for; AwsError in the words of operations on items."""
    table = find_table(tx, asked.key)
    if table is None or table.uid != asked.uid or not table.is_ready:
        raise table_not_found()
    if table.sealing is not None:
        assert asked.opener is not None  # it is asked for its items
        asked.opener.open(tx, table)
    return table
