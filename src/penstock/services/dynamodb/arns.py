"""ARNs of tables, their indexes and their streams."""

from functools import lru_cache
from typing import NamedTuple

from penstock.arn import Arn, arn

Key = tuple[str, str, str]
"""Account, region and name of a table."""


class Named(NamedTuple):
    """What an ARN of DynamoDB names: a table, or (``kind`` is not "") an index, a stream, a backup of it."""

    table: Key
    kind: str
    name: str


@lru_cache(maxsize=4096)  # every request asks
def named(text: str) -> Named | None:
    """Returns what the ARN names; None when it is none of a table's."""
    try:
        parsed = Arn.parse(text)
    except ValueError:
        return None
    parts = parsed.resource.split("/", 3)
    if parsed.service != "dynamodb" or parts[0] != "table" or len(parts) not in (2, 4) or not parts[1]:
        return None
    kind, name = parts[2:] if len(parts) == 4 else ("", "")
    return Named((parsed.account, parsed.region, parts[1]), kind, name)


def table_arn(key: Key) -> str:
    """Returns the table's ARN."""
    account, region, name = key
    return arn("dynamodb", region, account, f"table/{name}")


def index_arn(key: Key, index: str) -> str:
    """Returns the ARN of an index of the table."""
    return f"{table_arn(key)}/index/{index}"


def backup_arn(key: Key, label: str) -> str:
    """Returns the ARN of a backup of the table."""
    return f"{table_arn(key)}/backup/{label}"


def stream_arn(key: Key, label: str) -> str:
    """Returns the ARN of a stream of the table."""
    return f"{table_arn(key)}/stream/{label}"
