"""Says which priority and group key a rule of a bus, an event source mapping or a function has: by its tags."""

from typing import TYPE_CHECKING, Any

from penstock.access import Principal
from penstock.app.arguments import Args, needed
from penstock.arn import Arn
from penstock.delivery.turn import GROUP_KEY_TAG, PRIORITY_TAG, Precedence, asked_precedence
from penstock.errors import AwsError
from penstock.services.service import Ranked

if TYPE_CHECKING:
    from penstock.app.application import App


async def set_precedence(app: "App", args: Args) -> dict[str, Any]:
    """Returns the priority and the group key that ``resource`` has from now on; None: none.

    What ``args`` do not name stays as it is; null takes it away.
    """
    try:
        arn = Arn.parse(needed(args, "resource"))
        ranked = _ranked(app, arn)
    except ValueError:
        message = "resource must be the ARN of a rule of a bus, an event source mapping or a function."
        raise AwsError("ValidationError", message, status=400) from None
    resource = {ranked.member: str(args["resource"])}
    found = (await _call(app, arn, ranked.listing, resource))["Tags"]
    is_map = isinstance(found, dict)  # some services' tags are a map, others' a list
    tags = found if is_map else {tag["Key"]: tag["Value"] for tag in found}
    wanted = asked_precedence(args, Precedence.of_tags(tags))
    values = {PRIORITY_TAG: wanted.priority, GROUP_KEY_TAG: wanted.group_key}
    given = {name: str(value) for name, value in values.items() if value is not None}
    if gone := [name for name, value in values.items() if value is None and name in tags]:
        await _call(app, arn, "UntagResource", {**resource, "TagKeys": gone})
    if given:
        pairs = [{"Key": name, "Value": value} for name, value in given.items()]
        await _call(app, arn, "TagResource", {**resource, "Tags": given if is_map else pairs})
    return {"resource": str(args["resource"]), "priority": wanted.priority, "group_key": wanted.group_key}


def _ranked(app: "App", arn: Arn) -> Ranked:
    """Returns how the service of the resource tags it; ValueError when such a resource has no precedence."""
    for service in app.services:
        if service.name == arn.service and service.ranked and arn.resource.startswith(service.ranked.kinds):
            return service.ranked
    raise ValueError(arn.resource)


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
