"""PutParameter, DeleteParameter, DeleteParameters.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation, requested_tags
from penstock.services.ssm.errors import (
    not_implemented,
    oldest_is_labelled,
    other_type,
    parameter_exists,
    too_many_parameters,
    validation,
)
from penstock.services.ssm.limits import (
    ADVANCED_BYTES,
    MAX_ADVANCED,
    MAX_STANDARD,
    MAX_VERSIONS,
    STANDARD_BYTES,
)
from penstock.services.ssm.parameters.cipher import Cipher
from penstock.services.ssm.parameters.names import Key, asked, check_name, parameter_arn
from penstock.services.ssm.parameters.parameter import (
    DEFAULT_KEY,
    SECURE,
    Parameter,
    find_parameter,
    get_parameter,
)
from penstock.services.ssm.parameters.patterns import check_value
from penstock.services.ssm.parameters.tag_list import checked_tags
from penstock.services.ssm.state import SsmState
from penstock.store import Tx, queries

Q = queries("penstock.services.ssm.parameters")

_KEPT = ("Type", "Description", "AllowedPattern", "KeyId", "Tier", "DataType")
_TOO_LONG = (
    "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
    "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)
_TAGS_AND_OVERWRITE = (
    "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
    "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
    "RemoveTagsFromResource."
)


def named_parameter(ssm: SsmState, call: Call, params: Params) -> str:
    """Returns the ARN of the parameter that ``Name`` says."""
    return parameter_arn(asked(call, params["Name"]).key)


def _circumstances(ssm: SsmState, call: Call, params: Params) -> Keys:
    overwrites = "true" if params.get("Overwrite") else "false"
    policies: Keys = {"ssm:Policies": params["Policies"]} if "Policies" in params else {}
    return {"ssm:Overwrite": overwrites, **policies, **requested_tags(ssm, call, params)}


@operation("PutParameter", action="ssm:PutParameter", resource=named_parameter, context=_circumstances)
async def put_parameter(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the number of the new version: 1 of a new parameter."""
    key = asked(call, params["Name"]).key
    check_name(key[2])
    _refuse_lacking(params)
    if params.get("Tags") and params.get("Overwrite"):
        raise validation(_TAGS_AND_OVERWRITE)
    if params.get("Tags"):
        await call.authorize("ssm:AddTagsToResource", parameter_arn(key), requested_tags(ssm, call, params))
    return await ssm.store.write(_put, Cipher.of(ssm, call), key, call.principal.arn, params)


@operation("DeleteParameter", action="ssm:DeleteParameter", resource=named_parameter)
async def delete_parameter(ssm: SsmState, call: Call, params: Params) -> None:
    """Deletes the parameter with all its versions; AwsError ``ParameterNotFound``."""
    await ssm.store.write(_delete, asked(call, params["Name"]).key)


@operation("DeleteParameters", action=None)
async def delete_parameters(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns which parameters are deleted, and which there are not."""
    keys = {name: asked(call, name).key for name in params["Names"]}
    for key in keys.values():
        await call.authorize("ssm:DeleteParameters", parameter_arn(key))
    deleted = await ssm.store.write(_delete_found, keys)
    return {"DeletedParameters": deleted, "InvalidParameters": [name for name in keys if name not in deleted]}


def _refuse_lacking(params: Params) -> None:
    if params.get("Policies"):
        raise not_implemented("Parameter policies are")
    if params.get("DataType", "text") not in ("text", ""):
        raise not_implemented(f"The data type {params['DataType']} is")


def _put(tx: Tx, cipher: Cipher, key: Key, user: str, params: Params) -> Params:
    there = find_parameter(tx, key)
    if there is not None and not params.get("Overwrite"):
        raise parameter_exists()
    settings = _settings(there, params)
    check_value(settings, params["Value"])
    parameter = there or _add(tx, key, user, settings, params)
    number = parameter.version + 1
    _make_room(tx, parameter, number)
    stored = orjson.dumps(settings).decode()
    tx.run(
        Q.add_version,
        parameter.id,
        number,
        cipher.seal(tx, key, settings, params["Value"]),
        stored,
        tx.now_ms,
        user,
    )
    tx.run(Q.put_parameter, number, stored, tx.now_ms, user, parameter.id)
    return {"Version": number, "Tier": settings["Tier"]}


def _settings(there: Parameter | None, params: Params) -> dict[str, Any]:
    former: Mapping[str, Any] = there.settings if there else {}
    settings = {**former, **{name: params[name] for name in _KEPT if params.get(name)}}
    if "Type" not in settings:
        raise validation("A parameter type is required when you create a parameter.")
    if there and settings["Type"] != former["Type"]:
        raise other_type()
    if settings["Type"] == SECURE:
        settings.setdefault("KeyId", DEFAULT_KEY)
    elif params.get("KeyId"):
        raise validation("KeyId is not required for non-SecureString type parameter.")
    settings["DataType"] = "text"
    settings["Tier"] = _tier(former, params)
    return settings


def _tier(former: Mapping[str, Any], params: Params) -> str:
    """Returns the tier; AwsError when the value is too long for it. An advanced parameter does not become standard."""
    size = len(params["Value"].encode())
    wanted = params.get("Tier") or former.get("Tier") or "Standard"
    if wanted == "Intelligent-Tiering":
        wanted = "Advanced" if size > STANDARD_BYTES else "Standard"
    if former.get("Tier") == "Advanced" and wanted == "Standard":
        raise validation(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    if wanted == "Standard" and size > STANDARD_BYTES:
        raise validation(_TOO_LONG)
    if size > ADVANCED_BYTES:
        raise validation("Advanced tier parameters support a maximum parameter value of 8192 characters.")
    return str(wanted)


def _add(tx: Tx, key: Key, user: str, settings: Mapping[str, Any], params: Params) -> Parameter:
    limit = MAX_STANDARD if settings["Tier"] == "Standard" else MAX_ADVANCED
    if tx.one(Q.find_nth, *key[:2], limit - 1):
        raise too_many_parameters()
    tags = checked_tags({}, params.get("Tags") or [])
    texts = (orjson.dumps(settings).decode(), orjson.dumps(tags).decode())
    tx.insert(Q.add_parameter, *key, *texts, tx.now_ms, user)
    return get_parameter(tx, key)


def _make_room(tx: Tx, parameter: Parameter, number: int) -> None:
    """Deletes the oldest version when there would be one too many; AwsError when it has a label."""
    oldest = number - MAX_VERSIONS
    if oldest < 1:
        return
    if tx.all(Q.find_labels, parameter.id, oldest):
        raise oldest_is_labelled(parameter.name, oldest)
    tx.run(Q.delete_version, parameter.id, oldest)


def _delete(tx: Tx, key: Key) -> None:
    parameter = get_parameter(tx, key)
    for statement in (Q.delete_labels, Q.delete_versions, Q.delete_parameter):
        tx.run(statement, parameter.id)


def _delete_found(tx: Tx, keys: Mapping[str, Key]) -> list[str]:
    found = [name for name, key in keys.items() if find_parameter(tx, key)]
    for name in found:
        _delete(tx, keys[name])
    return found
