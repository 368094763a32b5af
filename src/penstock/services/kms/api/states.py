"""EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from penstock.server import Call, Params
from penstock.services.kms.errors import invalid_state, validation
from penstock.services.kms.keys.authorize import own_key_operation
from penstock.services.kms.keys.key import Key, get_key
from penstock.services.kms.limits import MIN_WINDOW_DAYS, WINDOW_DAYS
from penstock.services.kms.state import KmsState
from penstock.store import Tx, queries

Q = queries("penstock.services.kms.keys")

_DAY_MS = 86_400_000


@own_key_operation("EnableKey")
async def enable_key(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Lets the key be used."""
    await state.store.write(_put_enabled, key, 1)


@own_key_operation("DisableKey")
async def disable_key(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Lets the key be used no more, until it is enabled again."""
    await state.store.write(_put_enabled, key, 0)


@own_key_operation("ScheduleKeyDeletion")
async def schedule_key_deletion(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns when the key will be gone; until then it cannot be used, and the deletion can be cancelled."""
    days = params.get("PendingWindowInDays", WINDOW_DAYS)
    if not MIN_WINDOW_DAYS <= days <= WINDOW_DAYS:
        raise validation(f"PendingWindowInDays must be between {MIN_WINDOW_DAYS} and {WINDOW_DAYS}")
    due_ms = await state.store.write(_schedule, key, days)
    return {
        "KeyId": key.arn,
        "DeletionDate": due_ms,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


@own_key_operation("CancelKeyDeletion")
async def cancel_key_deletion(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key, which is disabled and stays."""
    await state.store.write(_cancel, key)
    return {"KeyId": key.arn}


def _put_enabled(tx: Tx, key: Key, enabled: int) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_kept()
    there.check_material()
    tx.run(Q.put_enabled, enabled, key.id)


def _schedule(tx: Tx, key: Key, days: int) -> int:
    get_key(tx, key.id, key.place).check_kept()
    due_ms = tx.now_ms + days * _DAY_MS
    tx.run(Q.put_deletion, due_ms, key.id)
    return due_ms


def _cancel(tx: Tx, key: Key) -> None:
    if get_key(tx, key.id, key.place).delete_ms is None:
        raise invalid_state(key.arn, "is not pending deletion")
    tx.run(Q.put_deletion, None, key.id)
