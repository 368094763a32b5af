"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from penstock.server import Call, Params
from penstock.services.kms.errors import invalid_marker, limit_exceeded, unsupported
from penstock.services.kms.keys.authorize import key_operation, own_key_operation
from penstock.services.kms.keys.key import Key, get_key
from penstock.services.kms.keys.material import FIRST, current_number, material_id, rotate
from penstock.services.kms.keys.paging import behind, page
from penstock.services.kms.limits import PAGE, ROTATION_DAYS, ROTATIONS
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.kms.keys")

_DAY_MS = 86_400_000


@own_key_operation("EnableKeyRotation")
async def enable_key_rotation(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Lets the key be rotated by itself, from now on each ``RotationPeriodInDays``."""
    _check_rotatable(key)
    await state.store.write(_enable, key, params.get("RotationPeriodInDays"))


@own_key_operation("DisableKeyRotation")
async def disable_key_rotation(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Lets the key be rotated by itself no more."""
    _check_rotatable(key)
    await state.store.write(_disable, key)


@key_operation("GetKeyRotationStatus")
async def get_key_rotation_status(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns whether the key is rotated by itself, how often, and when next."""
    _check_symmetric(key)
    status: Params = {"KeyId": key.arn, "KeyRotationEnabled": key.rotation_days is not None}
    if key.rotation_days is None:
        return status
    return {**status, "RotationPeriodInDays": key.rotation_days, "NextRotationDate": key.rotate_ms}


@own_key_operation("RotateKeyOnDemand")
async def rotate_key_on_demand(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key, which has been rotated; when it is by itself does not change."""
    _check_rotatable(key)
    await state.store.write(_rotate, key)
    return {"KeyId": key.arn}


@own_key_operation("ListKeyRotations")
async def list_key_rotations(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the rotations, the oldest first; with the first material when all is asked for."""
    _check_symmetric(key)
    everything = params.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    marker = behind(params)
    if marker and not (marker.isdecimal() and len(marker) < 10):
        raise invalid_marker()
    after = int(marker) if marker else (0 if everything else FIRST)
    return await state.store.read(_list, key, after, params.get("Limit") or PAGE)


def _check_symmetric(key: Key) -> None:
    if not key.is_symmetric:
        raise unsupported(f"{key.arn} is of a spec that cannot be rotated.")


def _check_rotatable(key: Key) -> None:
    _check_symmetric(key)
    key.check_enabled()
    if key.origin == "EXTERNAL":
        raise unsupported(f"{key.arn} origin is EXTERNAL which is not valid for this operation.")


def _enable(tx: Tx, key: Key, days: int | None) -> None:
    there = get_key(tx, key.id, key.place)
    if there.rotation_days is not None and days in (None, there.rotation_days):
        return
    wanted = days or ROTATION_DAYS
    tx.run(Q.put_rotation, wanted, tx.now_ms + wanted * _DAY_MS, key.id)


def _disable(tx: Tx, key: Key) -> None:
    tx.run(Q.put_rotation, None, None, get_key(tx, key.id, key.place).id)


def _rotate(tx: Tx, key: Key) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_enabled()
    count = tx.one(Q.count_on_demand, key.id)
    if count and count[0] >= ROTATIONS:
        raise limit_exceeded(f"A key can be rotated on demand no more than {ROTATIONS} times.")
    rotate(tx, there, on_demand=True, at_ms=tx.now_ms)


def _list(tx: ReadTx, key: Key, after: int, limit: int) -> Params:
    rows = tx.all(Q.find_materials, key.id, after, limit + 1)
    last = current_number(tx, key)

    def entry(row: Row) -> Params:
        number, on_demand, created_ms = row
        shown = {
            "KeyId": key.id,
            "KeyMaterialId": material_id(key, number),
            "KeyMaterialState": "CURRENT" if number == last else "NON_CURRENT",
        }
        if number == FIRST:
            return shown
        kind = "ON_DEMAND" if on_demand else "AUTOMATIC"
        return {**shown, "RotationDate": created_ms, "RotationType": kind}

    return page("Rotations", rows, limit, entry, lambda row: str(row[0]))
