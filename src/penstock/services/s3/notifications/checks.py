"""From a notification configuration to rules: every check that needs nothing but the configuration itself."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from penstock.arn import Arn
from penstock.clock import Ids
from penstock.delivery import Rule
from penstock.server import Params
from penstock.services.s3.buckets.limits import MAX_FILTER_VALUE, MAX_NOTIFICATIONS
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.notifications import errors
from penstock.services.s3.notifications.event_bridge import is_bridge
from penstock.services.s3.notifications.events import EVENTS


class Kind(NamedTuple):
    """The list of a kind's configurations, and the ARN in one: as a member, and as the element that errors name."""

    configurations: str
    member: str
    element: str


KINDS = {
    "sns": Kind("TopicConfigurations", "TopicArn", "Topic"),
    "sqs": Kind("QueueConfigurations", "QueueArn", "Queue"),
    "lambda": Kind("LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction"),
}
"""By the service in the destination's ARN."""


def checked_rules(configuration: Params, ids: Ids) -> list[Rule]:
    """Returns the configuration's rules, with ids for those that have none; AwsError ``InvalidArgument``."""
    rules = [
        _rule(service, given, ids)
        for service, kind in KINDS.items()
        for given in configuration.get(kind.configurations) or []
    ]
    if len(rules) > MAX_NOTIFICATIONS:
        raise errors.too_many()
    _check_ids(rules)
    for one, other in combinations(rules, 2):
        if overlap(one, other):
            raise _overlap_error(one, other)
    return rules


def configuration_of(rules: list[Rule]) -> Params:
    """Returns the configuration that ``rules`` were made of."""
    configuration: Params = {}
    for rule in rules:
        if is_bridge(rule):
            configuration["EventBridgeConfiguration"] = {}
            continue
        kind = KINDS[Arn.parse(rule.arn).service]
        shown: Params = {
            "Id": rule.id,
            kind.member: rule.arn,
            "Events": [f"s3:{event}" for event in rule.events],
        }
        if filters := list(_filters(rule)):
            shown["Filter"] = {"Key": {"FilterRules": filters}}
        configuration.setdefault(kind.configurations, []).append(shown)
    return configuration


def overlap(one: Rule, other: Rule) -> bool:
    """Returns whether some event of some key would match both rules."""
    return (
        _either(one.prefix, other.prefix, str.startswith)
        and _either(one.suffix, other.suffix, str.endswith)
        and not _events(one).isdisjoint(_events(other))
    )


def _rule(service: str, given: dict[str, Any], ids: Ids) -> Rule:
    arn = given.get(KINDS[service].member)
    if not arn or not given.get("Events"):
        raise malformed_xml()
    _check_arn(service, arn)
    for event in given["Events"]:
        if event not in EVENTS:
            raise errors.unsupported_event(event)
    events = tuple(dict.fromkeys(event.removeprefix("s3:") for event in given["Events"]))
    affixes = _affixes(given.get("Filter") or {})
    empty = tuple(name for name, value in affixes.items() if not value)
    prefix, suffix = affixes.get("prefix", ""), affixes.get("suffix", "")
    return Rule(given.get("Id") or ids.uuid(), arn, events, prefix, suffix, empty)


def _check_arn(service: str, arn: str) -> None:
    element = KINDS[service].element
    try:
        parts = Arn.parse(arn)
    except ValueError:
        raise errors.malformed_arn(element, arn) from None
    if parts.partition != "aws" or parts.service != service or not (parts.region and parts.account):
        raise errors.malformed_arn(element, arn)


def _affixes(given: dict[str, Any]) -> dict[str, str]:
    """Returns ``prefix`` and ``suffix`` as far as they are given; names in either case, values as they are."""
    found: dict[str, str] = {}
    for rule in (given.get("Key") or {}).get("FilterRules") or []:
        name, value = rule.get("Name"), rule.get("Value")
        if name is None or value is None:
            raise malformed_xml()
        if name.lower() not in ("prefix", "suffix"):
            raise errors.filter_name(name)
        if name.lower() in found:
            raise errors.repeated_filter(name.lower())
        if len(value.encode()) > MAX_FILTER_VALUE:
            raise errors.long_filter(value)
        found[name.lower()] = value
    return found


def _check_ids(rules: list[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise errors.duplicate_id(rule.id)
        seen.add(rule.id)


def _overlap_error(one: Rule, other: Rule) -> Exception:
    if one.prefix or one.suffix or other.prefix or other.suffix:
        return errors.ambiguous_filters()
    first, second = next(
        (a, b) for a in one.events for b in other.events if EVENTS[f"s3:{a}"] & EVENTS[f"s3:{b}"]
    )
    return errors.overlapping_events(f"s3:{first}, s3:{second}")


def _events(rule: Rule) -> set[str]:
    return set().union(*(EVENTS[f"s3:{event}"] for event in rule.events))


def _either(one: str, other: str, affix: Any) -> bool:
    return bool(affix(one, other) or affix(other, one))


def _filters(rule: Rule) -> Iterator[dict[str, str]]:
    if rule.prefix or "prefix" in rule.empty:
        yield {"Name": "Prefix", "Value": rule.prefix}
    if rule.suffix or "suffix" in rule.empty:
        yield {"Name": "Suffix", "Value": rule.suffix}
