"""What policies may ask about rules and targets besides their ARNs.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

from typing import Any

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, resource_tag_keys, tag_keys
from penstock.services.events.arns import Key
from penstock.services.events.rules.rule import find_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx

_OF_PATTERN = {
    "events:source": ("source",),
    "events:detail-type": ("detail-type",),
    "events:detail.userIdentity.principalId": ("detail", "userIdentity", "principalId"),
    "events:detail.service": ("detail", "service"),
    "events:detail.eventTypeCode": ("detail", "eventTypeCode"),
}


def put_rule_keys(events: EventsState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of PutRule: what the pattern lists, and the tags of the rule."""
    keys = tag_keys({tag["Key"]: tag["Value"] for tag in params.get("Tags") or []})
    pattern = _pattern(params.get("EventPattern"))
    for key, names in _OF_PATTERN.items():
        if values := _listed(pattern, names):
            keys[key] = values if len(values) > 1 else values[0]
    return keys


def put_targets_keys(events: EventsState, call: Call, params: Params) -> Keys:
    """Returns the condition key of PutTargets: the ARNs of the targets."""
    arns = [target["Arn"] for target in params["Targets"]]
    return {"events:TargetArn": arns if len(arns) > 1 else arns[0]}


def rule_keys(tx: ReadTx, bus: Key, name: str) -> dict[str, str]:
    """Returns the condition keys that a rule brings: its tags, and the account that made it."""
    rule = find_rule(tx, bus, name)
    if rule is None:
        return {}
    return {"events:creatorAccount": rule.created_by, **resource_tag_keys(rule.tags)}


def _pattern(text: str | None) -> Any:
    try:
        return orjson.loads(text or "null")
    except (ValueError, RecursionError):
        return None  # the operation says what is wrong with it


def _listed(pattern: Any, names: tuple[str, ...]) -> list[str]:
    for name in names:
        pattern = pattern.get(name) if isinstance(pattern, dict) else None
    return [value for value in pattern if isinstance(value, str)] if isinstance(pattern, list) else []
