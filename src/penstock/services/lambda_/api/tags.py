"""TagResource, UntagResource, ListTags."""

import orjson

from penstock.arn import Arn
from penstock.delivery.turn import PRECEDENCE_TAGS
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.condition_keys import changed_tag_keys
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.function import Function, cache_key, get_function
from penstock.services.lambda_.limits import MAX_TAGS
from penstock.services.lambda_.names import FunctionName, resolve
from penstock.services.lambda_.sources.mapping import Mapping, get_mapping, mapping_arn
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def _resource(service: object, call: Call, params: Params) -> str:
    found = _named(call, params["Resource"])
    return found.arn if isinstance(found, FunctionName) else mapping_arn(call.region, call.account, found)


@operation("TagResource", action="lambda:TagResource", resource=_resource, context=changed_tag_keys)
async def tag_resource(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Adds tags, or gives them new values."""
    await _changed(lambda_, call, params["Resource"], params["Tags"], [])


@operation("UntagResource", action="lambda:UntagResource", resource=_resource, context=changed_tag_keys)
async def untag_resource(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Removes the tags that are there."""
    await _changed(lambda_, call, params["Resource"], {}, params["TagKeys"])


@operation("ListTags", action="lambda:ListTags", resource=_resource)
async def list_tags(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the tags of a function or of an event source mapping."""
    return {"Tags": (await lambda_.store.read(_tagged, call, params["Resource"])).tags}


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Returns ``tags``; AwsError when there are too many, or one is AWS's own."""
    if len(tags) > MAX_TAGS:
        raise invalid("Number of tags exceeds resource tag limit.")
    if any(key.startswith("aws:") for key in tags):
        raise invalid("Invalid tag key: system tags cannot be added or changed by requester")
    return tags


def _tagged(tx: ReadTx, call: Call, arn: str) -> Function | Mapping:
    found = _named(call, arn)
    if isinstance(found, FunctionName):
        return get_function(tx, found)
    return get_mapping(tx, call.account, call.region, found)


def _named(call: Call, arn: str) -> FunctionName | str:
    """Returns the function that is meant, or the id of the event source mapping."""
    try:
        kind, _, rest = Arn.parse(arn).resource.partition(":")
    except ValueError:
        raise invalid(f"The resource is not an ARN: {arn}") from None
    if kind == "event-source-mapping":
        return rest
    if kind != "function":
        raise invalid(f"Only functions and event source mappings have tags in this server: {arn}")
    name = resolve(arn, None, account=call.account, region=call.region)
    if name.qualifier:
        raise invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN."
        )
    return name


async def _changed(
    lambda_: LambdaState, call: Call, arn: str, added: dict[str, str], removed: list[str]
) -> None:
    former = await lambda_.store.write(_change, call, arn, added, removed)
    if isinstance(former, Mapping) and PRECEDENCE_TAGS & {*added, *removed}:
        await lambda_.sources.follow(former.uuid)


def _change(tx: Tx, call: Call, arn: str, added: dict[str, str], removed: list[str]) -> Function | Mapping:
    """Returns what has been tagged, as it was before."""
    tagged = _tagged(tx, call, arn)
    tags = check_tags({**tagged.tags, **added})
    text = orjson.dumps({key: value for key, value in tags.items() if key not in removed}).decode()
    if isinstance(tagged, Mapping):
        tx.run(Q.put_mapping_tags, text, tagged.uuid)
    else:
        tx.run(Q.put_tags, text, tagged.id)
        tx.forget("lambda.function", cache_key(tagged))
    return tagged
