"""AddTagsToResource, RemoveTagsFromResource, ListTagsForResource, of parameters."""

import orjson

from penstock.server import Call, Params, listed_tags, operation, requested_tags
from penstock.services.ssm.errors import no_resource, not_implemented
from penstock.services.ssm.parameters.names import Key, asked, parameter_arn
from penstock.services.ssm.parameters.parameter import Parameter, Q, find_parameter
from penstock.services.ssm.parameters.tag_list import checked_tags
from penstock.services.ssm.state import SsmState
from penstock.store import ReadTx, Tx


def tagged_parameter(ssm: SsmState, call: Call, params: Params) -> str:
    """Returns the ARN of the parameter that has the tags."""
    return parameter_arn(asked(call, params["ResourceId"]).key)


@operation(
    "AddTagsToResource", action="ssm:AddTagsToResource", resource=tagged_parameter, context=requested_tags
)
async def add_tags_to_resource(ssm: SsmState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await ssm.store.write(_tag, _key(call, params), params["Tags"])


@operation(
    "RemoveTagsFromResource",
    action="ssm:RemoveTagsFromResource",
    resource=tagged_parameter,
    context=requested_tags,
)
async def remove_tags_from_resource(ssm: SsmState, call: Call, params: Params) -> None:
    """Removes the tags with the keys."""
    await ssm.store.write(_untag, _key(call, params), frozenset(params["TagKeys"]))


@operation("ListTagsForResource", action="ssm:ListTagsForResource", resource=tagged_parameter)
async def list_tags_for_resource(ssm: SsmState, call: Call, params: Params) -> Params:
    """Returns the tags of a parameter."""
    return {"TagList": listed_tags((await ssm.store.read(_parameter, _key(call, params))).tags)}


def _key(call: Call, params: Params) -> Key:
    if params["ResourceType"] != "Parameter":
        raise not_implemented(f"The resource type {params['ResourceType']} is")
    return asked(call, params["ResourceId"]).key


def _parameter(tx: ReadTx, key: Key) -> Parameter:
    parameter = find_parameter(tx, key)
    if parameter is None:
        raise no_resource(key[2])
    return parameter


def _tag(tx: Tx, key: Key, given: list[dict[str, str]]) -> None:
    parameter = _parameter(tx, key)
    _put(tx, parameter, checked_tags(parameter.tags, given))


def _untag(tx: Tx, key: Key, keys: frozenset[str]) -> None:
    parameter = _parameter(tx, key)
    _put(tx, parameter, {name: value for name, value in parameter.tags.items() if name not in keys})


def _put(tx: Tx, parameter: Parameter, tags: dict[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), parameter.id)
