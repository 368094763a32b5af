"""Shard iterators: where a reader stands, as text that lasts for fifteen minutes.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
"""

from typing import NamedTuple

import orjson

from penstock.server.page_token import page_token, read_page_token
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.errors import invalid

LASTS_MS = 15 * 60 * 1000


class Iterator(NamedTuple):
    """Where a reader stands: in which stream and shard, before which sequence number; when it was told."""

    arn: str
    shard: str
    sequence: int
    given_ms: int

    def __str__(self) -> str:
        return f"{self.arn}|1|{page_token(orjson.dumps(self[1:]).decode())}"


def read_iterator(text: str) -> Iterator:
    """Returns the iterator; ValidationException when the text is none."""
    arn, _, rest = text.partition("|1|")
    found = named(arn)
    try:
        shard, sequence, given_ms = orjson.loads(read_page_token(rest) or "")
    except (ValueError, TypeError):
        raise invalid("Invalid ShardIterator") from None
    whole = isinstance(sequence, int) and isinstance(given_ms, int) and 0 <= sequence < 1 << 62
    if found is None or found.kind != "stream" or not isinstance(shard, str) or not whole:
        raise invalid("Invalid ShardIterator")
    return Iterator(arn, shard, sequence, given_ms)
