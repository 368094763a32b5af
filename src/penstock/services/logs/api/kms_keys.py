"""AssociateKmsKey and DisassociateKmsKey.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
"""

from penstock.server import Call, Params, operation
from penstock.services.logs.errors import invalid_parameter
from penstock.services.logs.group import Key, get_group, group_arn, group_key, key_of_arn
from penstock.services.logs.sealing import associate, check_key_arn, disassociate, make_data_key
from penstock.services.logs.state import LogsState
from penstock.store import Tx


def _resource(logs: LogsState, call: Call, params: Params) -> str:
    return f"{group_arn(_asked(call, params))}:log-stream:"


@operation("AssociateKmsKey", action="logs:AssociateKmsKey", resource=_resource)
async def associate_kms_key(logs: LogsState, call: Call, params: Params) -> None:
    """Encrypts what the group takes from now on with the key; what is there stays as it is."""
    check_key_arn(params["kmsKeyId"])
    await logs.store.write(_associate, logs, _asked(call, params), params["kmsKeyId"])


@operation("DisassociateKmsKey", action="logs:DisassociateKmsKey", resource=_resource)
async def disassociate_kms_key(logs: LogsState, call: Call, params: Params) -> None:
    """Encrypts what the group takes from now on with no key; what is there takes its key still."""
    await logs.store.write(_disassociate, _asked(call, params))


def _asked(call: Call, params: Params) -> Key:
    resource = params.get("resourceIdentifier")
    if (resource is None) == (params.get("logGroupName") is None):
        raise invalid_parameter("You must specify either logGroupName or resourceIdentifier, but not both.")
    if resource is None:
        return group_key(call, params)
    key = key_of_arn(resource)
    if key is None or key[:2] != (call.account, call.region):
        raise invalid_parameter(f"The identifier {resource} is not that of a log group.")
    return key


def _associate(tx: Tx, logs: LogsState, key: Key, name: str) -> None:
    group = get_group(tx, key)
    associate(tx, group.id, key, make_data_key(tx, logs.keys, key, name))


def _disassociate(tx: Tx, key: Key) -> None:
    disassociate(tx, get_group(tx, key))
