"""LabelParameterVersion, UnlabelParameterVersion.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

import re

from penstock.server import Call, Params, operation
from penstock.services.ssm.api.put import named_parameter
from penstock.services.ssm.errors import too_many_labels
from penstock.services.ssm.limits import MAX_LABELS
from penstock.services.ssm.parameters.names import Key, asked
from penstock.services.ssm.parameters.parameter import Q, get_parameter, get_version
from penstock.services.ssm.state import SsmState
from penstock.store import Tx

_LABEL = re.compile(r"(?!\d|aws|ssm)[a-z0-9_.-]{1,100}", re.IGNORECASE)


@operation("LabelParameterVersion", action="ssm:LabelParameterVersion", resource=named_parameter)
async def label_parameter_version(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns which labels could not be; the others are on the version from now on, and on no other."""
    key, number = asked(call, params["Name"]).key, params.get("ParameterVersion")
    return await ssm.store.write(_label, key, number, params["Labels"])


@operation("UnlabelParameterVersion", action="ssm:UnlabelParameterVersion", resource=named_parameter)
async def unlabel_parameter_version(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns which labels were taken from the version, and which it had not."""
    key = asked(call, params["Name"]).key
    return await ssm.store.write(_unlabel, key, params["ParameterVersion"], params["Labels"])


def _label(tx: Tx, key: Key, number: int | None, labels: list[str]) -> Params:
    parameter = get_parameter(tx, key)
    version = get_version(tx, parameter, parameter.version if number is None else number)
    good = [label for label in labels if _LABEL.fullmatch(label)]
    if len({*version.labels, *good}) > MAX_LABELS:
        raise too_many_labels()
    for label in good:
        tx.run(Q.put_label, parameter.id, label, version.number)
    bad = [label for label in labels if label not in good]
    return {"InvalidLabels": bad, "ParameterVersion": version.number}


def _unlabel(tx: Tx, key: Key, number: int, labels: list[str]) -> Params:
    parameter = get_parameter(tx, key)
    version = get_version(tx, parameter, number)
    removed = [label for label in labels if tx.run(Q.delete_label, parameter.id, label, version.number)]
    return {"RemovedLabels": removed, "InvalidLabels": [label for label in labels if label not in removed]}
