"""The streams that tables have had: one begins when it is switched on, and is read for a day after it has ended."""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.services.dynamodb.arns import Key
from penstock.store import Tx, queries

Q = queries(__package__)


def begin_stream(
    tx: Tx, table_id: int, key: Key, key_schema: list[dict[str, str]], view: str
) -> dict[str, Any]:
    """Returns the new stream as the table's settings keep it."""
    at_ms = tx.now_ms
    while tx.one(Q.find_stream, *key, _label(at_ms)):
        at_ms += 1  # it was switched off and on within a millisecond
    label, document = _label(at_ms), {"version": 1, "KeySchema": key_schema, "StreamViewType": view}
    id = tx.insert(Q.add_stream, table_id, *key, label, orjson.dumps(document).decode(), tx.now_ms)
    return {"id": id, "label": label, "view": view}


def end_stream(tx: Tx, stream_id: int) -> None:
    """Ends the stream: no change is written to it any more."""
    tx.run(Q.put_stream_ended, tx.now_ms, stream_id)


def _label(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
