"""GetKeyPolicy, PutKeyPolicy, ListKeyPolicies.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
"""

from penstock.server import Call, Params
from penstock.services.kms.errors import no_policy
from penstock.services.kms.keys.authorize import own_key_operation
from penstock.services.kms.keys.key import Key, get_key
from penstock.services.kms.keys.policies import (
    NAME,
    check_no_lockout,
    check_policy,
    policy_of,
    put_policy,
)
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, Tx


@own_key_operation("GetKeyPolicy")
async def get_key_policy(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key's policy."""
    _check_name(params)
    return {"Policy": await state.store.read(_get, key), "PolicyName": NAME}


@own_key_operation("PutKeyPolicy")
async def put_key_policy(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Puts another policy in the place of the key's."""
    _check_name(params)
    policy = check_policy(params["Policy"])
    if not params.get("BypassPolicyLockoutSafetyCheck"):
        check_no_lockout(call, policy, key.arn)
    await state.store.write(_put, key, params["Policy"])


@own_key_operation("ListKeyPolicies")
async def list_key_policies(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the name of the only policy that a key has."""
    return {"PolicyNames": [NAME], "Truncated": False}


def _check_name(params: Params) -> None:
    if params.get("PolicyName", NAME) != NAME:
        raise no_policy()


def _get(tx: ReadTx, key: Key) -> str:
    return policy_of(tx, get_key(tx, key.id, key.place).id).text


def _put(tx: Tx, key: Key, text: str) -> None:
    put_policy(tx, get_key(tx, key.id, key.place).id, text)
