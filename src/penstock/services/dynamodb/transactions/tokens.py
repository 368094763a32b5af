"""Client request tokens: a transaction that comes again within ten minutes is done once.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from penstock.server import Call, Params
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import mismatched_token
from penstock.services.dynamodb.items.codec import encode
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

Consumed = list[dict[str, Any]]


class Token(NamedTuple):
    """A token with the account and region that it counts in, and a digest of the request that it came with."""

    account: str
    region: str
    token: str
    request: bytes


def token_of(call: Call, params: Params, member: str = "TransactItems") -> Token | None:
    """Returns the request's token; None when it has none. ``member`` says what is to be done."""
    token = params.get("ClientRequestToken")
    if not token:
        return None
    request = {member: params[member]}
    return Token(call.account, call.region, token, sha256(encode(request)).digest())


def find_outcome(tx: ReadTx, token: Token) -> Consumed | None:
    """Returns what a transaction with this token consumed; None when there was none.

    AwsError ``IdempotentParameterMismatchException`` when it was another.
    """
    row = tx.one(Q.find_token, token.account, token.region, token.token)
    if row is None or row[2] <= tx.now_ms:
        return None
    if row[0] != token.request:
        raise mismatched_token()
    found: Consumed = orjson.loads(row[1])
    return found


def keep_outcome(tx: Tx, token: Token, consumed: Consumed) -> None:
    """Remembers the transaction for ten minutes."""
    text = orjson.dumps(consumed).decode()
    tx.run(Q.put_token, *token, text, tx.now_ms + limits.TOKEN_MS)
