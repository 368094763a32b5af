"""TagResource, UntagResource, ListTagsForResource, of buses and subscribers."""

from collections.abc import Mapping

import orjson

from penstock.server import Call, Params, merged_tags, operation, tag_keys
from penstock.services.events.custom.arns import BUS, member_of, named, new_of
from penstock.services.events.custom.bus import Bus, get_bus
from penstock.services.events.custom.errors import invalid, too_many
from penstock.services.events.custom.state import CustomState
from penstock.services.events.custom.subscriber import Subscriber, get_subscriber
from penstock.services.events.limits import MAX_TAGS
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def tag_context(state: object, call: Call, params: Params) -> Mapping[str, str | list[str]]:
    """Returns the condition keys of the tags that a call brings or takes away."""
    return tag_keys(params.get("Tags") or {}, params.get("TagKeys") or ())


async def check_may_tag(call: Call, kind: str, params: Params) -> None:
    """Returns when the caller may give what is to be made the tags that come with it; AccessDeniedException.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_eventbridge.html
    """
    if params.get("Tags"):
        context = tag_context(None, call, params)
        await call.authorize("events:TagResource", new_of(kind)(None, call, params), context)


@operation("TagResource", action="events:TagResource", resource=member_of("ResourceArn"), context=tag_context)
async def tag_resource(custom: CustomState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await custom.store.write(_change, params["ResourceArn"], params["Tags"], ())
    return {}


@operation(
    "UntagResource", action="events:UntagResource", resource=member_of("ResourceArn"), context=tag_context
)
async def untag_resource(custom: CustomState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys."""
    await custom.store.write(_change, params["ResourceArn"], {}, params["TagKeys"])
    return {}


@operation("ListTagsForResource", action="events:ListTagsForResource", resource=member_of("ResourceArn"))
async def list_tags_for_resource(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the tags."""
    return {"Tags": (await custom.store.read(tagged, params["ResourceArn"])).tags}


def tagged(tx: ReadTx, arn: str) -> Bus | Subscriber:
    """Returns the bus or subscriber; AwsError ``ResourceNotFoundException``."""
    name = named(arn)
    return get_bus(tx, arn) if name and name.kind == BUS else get_subscriber(tx, arn)


def checked_tags(old: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given; AwsError."""
    return merged_tags(
        old,
        [{"Key": key, "Value": value} for key, value in given.items()],
        MAX_TAGS,
        reserved=invalid("Tag keys that begin with aws: are reserved."),
        too_many=too_many(f"A resource can have no more than {MAX_TAGS} tags."),
    )


def _change(tx: Tx, arn: str, given: Mapping[str, str], taken: tuple[str, ...] | list[str]) -> None:
    found = tagged(tx, arn)
    tags = checked_tags({key: value for key, value in found.tags.items() if key not in taken}, given)
    statement = Q.put_bus_tags if isinstance(found, Bus) else Q.put_subscriber_tags
    tx.run(statement, orjson.dumps(tags).decode(), found.id)
