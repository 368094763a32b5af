"""TagResource, UntagResource, ListTags."""

from typing import TYPE_CHECKING

import orjson

from penstock.arn import Arn
from penstock.server import Call, Params, operation
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.function import Function, cache_key, get_function
from penstock.services.lambda_.limits import MAX_TAGS
from penstock.services.lambda_.names import FunctionName, resolve
from penstock.store import Tx, queries

if TYPE_CHECKING:
    from penstock.services.lambda_.service import Lambda

Q = queries(__package__)


def _resource(service: object, call: Call, params: Params) -> str:
    return str(params["Resource"])


@operation("TagResource", action="lambda:TagResource", resource=_resource)
async def tag_resource(lambda_: "Lambda", call: Call, params: Params) -> None:
    """Adds tags, or gives them new values."""
    await lambda_.store.write(_change, _tagged(call, params), params["Tags"], [])


@operation("UntagResource", action="lambda:UntagResource", resource=_resource)
async def untag_resource(lambda_: "Lambda", call: Call, params: Params) -> None:
    """Removes the tags that are there."""
    await lambda_.store.write(_change, _tagged(call, params), {}, params["TagKeys"])


@operation("ListTags", action="lambda:ListTags", resource=_resource)
async def list_tags(lambda_: "Lambda", call: Call, params: Params) -> Params:
    """Returns the function's tags."""
    return {"Tags": (await lambda_.store.read(get_function, _tagged(call, params))).tags}


def check_tags(tags: dict[str, str]) -> dict[str, str]:
    """Returns ``tags``; AwsError when there are too many, or one is AWS's own."""
    if len(tags) > MAX_TAGS:
        raise invalid(f"The number of tags exceeds the limit of {MAX_TAGS}.")
    if any(key.startswith("aws:") for key in tags):
        raise invalid("Invalid tag key: system tags cannot be added or changed by requester")
    return tags


def _tagged(call: Call, params: Params) -> FunctionName:
    arn = Arn.parse(params["Resource"])
    if not arn.resource.startswith("function:"):
        raise invalid(f"Only functions have tags in this server: {params['Resource']}")
    name = resolve(params["Resource"], None, account=call.account, region=call.region)
    if name.qualifier:
        raise invalid(
            "Tags on function aliases and versions are not supported. Please specify either a function ARN."
        )
    return name


def _change(tx: Tx, name: FunctionName, added: dict[str, str], removed: list[str]) -> Function:
    function = get_function(tx, name)
    tags = check_tags({**function.tags, **added})
    kept = {key: value for key, value in tags.items() if key not in removed}
    tx.run(Q.set_tags, orjson.dumps(kept).decode(), function.id)
    tx.forget("lambda.function", cache_key(function))
    return function
