"""TagResource, UntagResource, ListTagsForResource, of buses and rules."""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from penstock.server import Call, Params, listed_tags, operation, requested_tags
from penstock.services.events.arns import Named, bus_arn, named, rule_arn
from penstock.services.events.buses.bus import get_bus, policy_text, put_bus
from penstock.services.events.buses.tag_list import checked_tags
from penstock.services.events.errors import validation
from penstock.services.events.rules.rule import get_rule
from penstock.services.events.rules.rule_set import forget_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.events.rules")


def tagged_resource(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the bus or rule, as AWS writes it: another spelling must not evade a policy; AwsError."""
    name = _named(params)
    return rule_arn(name.bus, name.rule) if name.rule else bus_arn(name.bus)


@operation("TagResource", action="events:TagResource", resource=tagged_resource, context=requested_tags)
async def tag_resource(events: EventsState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await events.store.write(_tag, _named(params), params["Tags"])


@operation("UntagResource", action="events:UntagResource", resource=tagged_resource, context=requested_tags)
async def untag_resource(events: EventsState, call: Call, params: Params) -> None:
    """Removes the tags with the keys."""
    await events.store.write(_untag, _named(params), frozenset(params["TagKeys"]))


@operation("ListTagsForResource", action="events:ListTagsForResource", resource=tagged_resource)
async def list_tags_for_resource(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the tags of a bus or rule."""
    return {"Tags": listed_tags(await events.store.read(_tags, _named(params)))}


def _named(params: Params) -> Named:
    name = named(params["ResourceARN"])
    if name is None or not (name.is_bus or name.is_rule):
        reason = "Provided Arn is not in correct format."
        raise validation(f"Parameter {params['ResourceARN']} is not valid. Reason: {reason}")
    return name


def _tags(tx: ReadTx, name: Named) -> Mapping[str, str]:
    return get_rule(tx, name.bus, name.rule).tags if name.rule else get_bus(tx, name.bus).tags


def _tag(tx: Tx, name: Named, given: list[dict[str, str]]) -> None:
    _put(tx, name, checked_tags(_tags(tx, name), given))


def _untag(tx: Tx, name: Named, keys: frozenset[str]) -> None:
    _put(tx, name, {key: value for key, value in _tags(tx, name).items() if key not in keys})


def _put(tx: Tx, name: Named, tags: dict[str, str]) -> None:
    if name.rule:
        rule = get_rule(tx, name.bus, name.rule)
        tx.run(Q.put_rule_tags, orjson.dumps(tags).decode(), rule.id)
        forget_rule(tx, name.bus, rule.id)
        return
    bus = get_bus(tx, name.bus)
    put_bus(tx, replace(bus, tags=tags), policy_text(bus))
