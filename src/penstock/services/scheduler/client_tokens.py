"""ClientToken: a request that is sent twice under one token is done once.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import hashlib
from collections.abc import Callable

import orjson

from penstock.server import Call, Params
from penstock.services.scheduler.errors import token_used
from penstock.services.scheduler.limits import TOKEN_MS
from penstock.store import Tx, queries

Q = queries(__package__)

_TOKEN = "ClientToken"
_STEP = 500


def once(tx: Tx, call: Call, params: Params, work: Callable[[], Params]) -> Params:
    """Returns what ``work`` does, or has done under the same token; AwsError ``ConflictException``."""
    token = params.get(_TOKEN)
    if token is None:
        return work()
    place = (call.account, call.region, token)
    request = _digest(call, params)
    row = tx.one(Q.find_token, *place)
    if row is not None:
        if row[0] != request:
            raise token_used(token)
        answer: Params = orjson.loads(row[1])
        return answer
    answer = work()
    tx.run(Q.add_token, *place, request, orjson.dumps(answer).decode(), tx.now_ms)
    return answer


def forget_tokens(tx: Tx) -> bool:
    """Deletes some tokens that are too old, and returns whether there may be more."""
    rows = tx.all(Q.find_old_tokens, tx.now_ms - TOKEN_MS, _STEP)
    for place in rows:
        tx.run(Q.delete_token, *place)
    return bool(rows)


def _digest(call: Call, params: Params) -> str:
    asked = {name: value for name, value in params.items() if name != _TOKEN}
    text = orjson.dumps([call.operation, asked], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()
