"""Says which priority and group key a rule of a bus, an event source mapping or a function has: by its tags."""

from typing import TYPE_CHECKING, Any

from penstock.access import Principal
from penstock.app.arguments import Args, needed
from penstock.arn import Arn
from penstock.delivery.turn import GROUP_KEY_TAG, PRIORITY_TAG, Precedence, asked_precedence
from penstock.errors import AwsError

if TYPE_CHECKING:
    from penstock.app.application import App

_TAGGED = {
    "lambda": ("ListTags", "Resource", ("function:", "event-source-mapping:")),
    "events": ("ListTagsForResource", "ResourceARN", ("rule/",)),
}
"""By service: what lists the tags, the member that names what has them, and how the resources begin."""


async def set_precedence(app: "App", args: Args) -> dict[str, Any]:
    """Returns the priority and the group key that ``resource`` has from now on; None: none.

    What ``args`` do not name stays as it is; null takes it away.
    """
    try:
        arn = Arn.parse(needed(args, "resource"))
        operation, member, kinds = _TAGGED[arn.service]
        if not arn.resource.startswith(kinds):
            raise ValueError(arn.resource)
    except (KeyError, ValueError):
        message = "resource must be the ARN of a rule of a bus, an event source mapping or a function."
        raise AwsError("ValidationError", message, status=400) from None
    resource = {member: str(args["resource"])}
    tags = _tags(await _call(app, arn, operation, resource))
    wanted = asked_precedence(args, Precedence.of_tags(tags))
    values = {PRIORITY_TAG: wanted.priority, GROUP_KEY_TAG: wanted.group_key}
    given = {name: str(value) for name, value in values.items() if value is not None}
    if gone := [name for name, value in values.items() if value is None and name in tags]:
        await _call(app, arn, "UntagResource", {**resource, "TagKeys": gone})
    if given:
        await _call(app, arn, "TagResource", {**resource, "Tags": _as(arn.service, given)})
    return {"resource": str(args["resource"]), "priority": wanted.priority, "group_key": wanted.group_key}


async def _call(app: "App", arn: Arn, operation: str, params: dict[str, Any]) -> dict[str, Any]:
    root = Principal.root(arn.account)
    call = app.gateway(
        arn.service,
        operation,
        params,
        principal=root,
        account=arn.account,
        region=arn.region or app.config.region,
    )
    return await call or {}


def _tags(answer: dict[str, Any]) -> dict[str, str]:
    found = answer.get("Tags") or {}
    return found if isinstance(found, dict) else {tag["Key"]: tag["Value"] for tag in found}


def _as(service: str, tags: dict[str, str]) -> dict[str, str] | list[dict[str, str]]:
    if service == "lambda":
        return tags
    return [{"Key": key, "Value": value} for key, value in tags.items()]
